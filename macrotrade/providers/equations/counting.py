"""How many derivations a grammar has, without deriving them."""

from __future__ import annotations

from math import prod
from typing import TypeAlias

from macrotrade.errors import SettingsError
from macrotrade.providers.equations.expression import Constant, Fixed, Sum
from macrotrade.providers.equations.grammar.productions import Body, Grammar, Lags, Symbol

__all__ = ["count_derivations"]

_ByTerms: TypeAlias = tuple[int, ...]
"""How many derivations add up 0, 1, 2, ... terms; all of them in the one entry where terms are not counted."""


def count_derivations(grammar: Grammar, start: str) -> int:
    """How many ways there are to derive an equation from `start`, within ``max_terms`` and ``max_depth``.

    Counted level by level: derivations with at most n productions one within another follow from those with n - 1. A
    sum's derivations are counted by their number of terms, as coefficients of a polynomial in it.

    Raises
    ------
    SettingsError
        If there is no limit to them.
    """
    counter = _Counter(grammar)
    needed = counter.needed(start)
    # The path of a finite derivation meets a symbol at most once for each number of terms still to come.
    longest = (len(needed) + 1) * ((grammar.max_terms or 0) + 2)
    enough = longest if grammar.max_depth is None else grammar.max_depth
    for _ in range(enough):
        before = dict(counter.counts)
        counter.deepen(needed)
        if counter.counts == before:
            break
    else:
        if grammar.max_depth is None and counter.grows(needed):
            raise SettingsError(_endless(grammar, counter, needed))
    return sum(counter.counts[start, True])


def _endless(grammar: Grammar, counter: _Counter, needed: frozenset[tuple[str, bool]]) -> str:
    before = dict(counter.counts)
    counter.deepen(needed)
    symbol = next(symbol for (symbol, mode), count in counter.counts.items() if count != before[symbol, mode])
    what = "%max_depth" if grammar.max_terms is not None else "%max_terms or %max_depth"
    return f"There is no end to what can be derived from {symbol!r}; limit it with {what}."


class _Counter:
    """Counts by symbol and by whether it stands in the equation's sum (terms are counted) or inside a term."""

    def __init__(self, grammar: Grammar) -> None:
        self.grammar = grammar
        self.n_entries = 1 if grammar.max_terms is None else grammar.max_terms + 1
        self.counts: dict[tuple[str, bool], _ByTerms] = {
            (symbol, mode): (0,) * (self.n_entries if mode else 1)
            for symbol in grammar.alternatives
            for mode in (True, False)
        }

    def needed(self, start: str) -> frozenset[tuple[str, bool]]:
        """The counts that the start's count depends on."""
        found: set[tuple[str, bool]] = set()
        waiting = [(start, True)]
        while waiting:
            symbol, mode = waiting.pop()
            if (symbol, mode) not in found:
                found.add((symbol, mode))
                for body in self.grammar.alternatives[symbol]:
                    waiting += _uses(body, mode)
        return frozenset(found)

    def deepen(self, needed: frozenset[tuple[str, bool]]) -> None:
        """One production more."""
        self.counts |= {(symbol, mode): self._of_symbol(symbol, mode) for symbol, mode in needed}

    def grows(self, needed: frozenset[tuple[str, bool]]) -> bool:
        """Whether one production more gives more derivations."""
        return any(self._of_symbol(symbol, mode) != self.counts[symbol, mode] for symbol, mode in needed)

    def _of_symbol(self, symbol: str, mode: bool) -> _ByTerms:
        bodies = self.grammar.alternatives[symbol]
        if not mode:
            return (sum(map(self._inside, bodies)),)
        return tuple(map(sum, zip(*map(self._in_sum, bodies), strict=True)))

    def _in_sum(self, body: Body) -> _ByTerms:
        match body.head:
            case Sum():
                total = self._terms(1, 0)
                for part in body.parts:
                    total = self._convolved(total, self._in_sum(part))
                return total
            case Symbol(name=name):
                return self.counts[name, True]
            case Constant() | Fixed():
                return self._terms(1, 0)
            case _:
                return self._terms(self._inside(body), 1)

    def _inside(self, body: Body) -> int:
        match body.head:
            case Symbol(name=name):
                return self.counts[name, False][0]
            case Lags():
                return len(body.head.variables)
            case _:
                return prod(map(self._inside, body.parts))

    def _terms(self, count: int, n_terms: int) -> _ByTerms:
        """`count` derivations of `n_terms` terms."""
        place = n_terms if self.grammar.max_terms is not None else 0
        return tuple(count if entry == place else 0 for entry in range(self.n_entries))

    def _convolved(self, left: _ByTerms, right: _ByTerms) -> _ByTerms:
        return tuple(sum(left[k] * right[entry - k] for k in range(entry + 1)) for entry in range(self.n_entries))


def _uses(body: Body, mode: bool) -> list[tuple[str, bool]]:
    """Symbols of a body, and whether each stands in the sum."""
    if isinstance(body.head, Symbol):
        return [(body.head.name, mode)]
    inner = mode and isinstance(body.head, Sum)
    return [use for part in body.parts for use in _uses(part, inner)]

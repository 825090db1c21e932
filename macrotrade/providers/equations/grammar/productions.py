"""A grammar of equations: symbols, and what each may be replaced by."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TypeAlias

from macrotrade.errors import SettingsError, near_misses
from macrotrade.providers.equations.expression import Expression, Lagged
from macrotrade.providers.equations.variables import Variable

__all__ = ["Body", "Grammar", "Lags", "Production", "Symbol"]


@dataclass(frozen=True)
class Symbol:
    """A nonterminal: stands for any one of its production's alternatives.

    Parameters
    ----------
    name
        Left side of its production.
    """

    name: str


@dataclass(frozen=True)
class Lags:
    """Any one lag of a series, written ``pi[1..2]``.

    Parameters
    ----------
    name
        The series.
    first, last
        Shortest and longest lag, inclusive.
    """

    name: str
    first: int
    last: int

    @property
    def variables(self) -> tuple[Variable, ...]:
        """The variables to choose from."""
        return tuple(Variable(self.name, lag) for lag in range(self.first, self.last + 1))


Head: TypeAlias = Expression | Symbol | Lags
"""Of a body: an expression's node without its parts, or something still to be chosen."""


@dataclass(frozen=True)
class Body:
    """A tree of expression nodes with choices among its leaves.

    Parameters
    ----------
    head
        The node at the root; its own parts are ignored.
    parts
        What stands in their places.
    """

    head: Head
    parts: tuple[Body, ...] = ()

    def walk(self) -> Iterator[Head]:
        """Every head, parents first, left to right."""
        yield self.head
        for part in self.parts:
            yield from part.walk()

    @property
    def symbols(self) -> tuple[str, ...]:
        """Names of the nonterminals in it, in reading order."""
        return tuple(head.name for head in self.walk() if isinstance(head, Symbol))


@dataclass(frozen=True)
class Production:
    """What a symbol may be replaced by.

    Parameters
    ----------
    symbol
        The left side.
    alternatives
        The right sides, at least one.
    """

    symbol: str
    alternatives: tuple[Body, ...]


@dataclass(frozen=True)
class Grammar:
    """Which equations may be considered.

    Attributes
    ----------
    productions
        The first one's symbol is where every equation starts, unless ``targets`` says otherwise.
    max_terms
        Most terms of an equation beside its constant; None where the grammar itself bounds them.
    max_depth
        Most productions applied one within another; None where the grammar is not recursive but in its sums.
    ordered
        Whether V W and W V are two equations; products are symmetric otherwise.
    targets
        Pairs of a series and the symbol its equations start from.
    """

    productions: tuple[Production, ...]
    max_terms: int | None = None
    max_depth: int | None = None
    ordered: bool = False
    targets: tuple[tuple[str, str], ...] = field(default=())

    @cached_property
    def alternatives(self) -> dict[str, tuple[Body, ...]]:
        """Right sides by symbol."""
        return {production.symbol: production.alternatives for production in self.productions}

    @property
    def starts(self) -> tuple[str, ...]:
        """Symbols that equations start from."""
        return tuple(dict.fromkeys(symbol for _, symbol in self.targets)) or (self.productions[0].symbol,)

    def start(self, target: str | None = None) -> str:
        """Symbol from which the equations of `target` start.

        Raises
        ------
        SettingsError
            If the grammar names its targets and this is none of them.
        """
        named = dict(self.targets)
        if not named:
            return self.productions[0].symbol
        if target not in named:
            asked = "no target was named" if target is None else f"there is none for {target!r}"
            raise SettingsError(
                f"The grammar has equations by target, and {asked}. {near_misses(target or '', list(named))}"
            )
        return named[target]

    @cached_property
    def variables(self) -> tuple[Variable, ...]:
        """Every variable it names, in the order of the text: also the order of terms in a canonical equation."""
        return self.variables_from(*self.starts)

    def variables_from(self, *starts: str) -> tuple[Variable, ...]:
        """The variables that equations from these symbols may read, in the order of the text."""
        reached = self.reachable(starts)
        found: dict[Variable, None] = {}
        for production in self.productions:
            if production.symbol in reached:
                for head in (head for body in production.alternatives for head in body.walk()):
                    if isinstance(head, Lagged):
                        found[head.variable] = None
                    elif isinstance(head, Lags):
                        found.update(dict.fromkeys(head.variables))
        return tuple(found)

    def reachable(self, starts: Collection[str]) -> set[str]:
        """Symbols that a derivation from any of these may meet."""
        reached: set[str] = set()
        waiting = list(starts)
        while waiting:
            symbol = waiting.pop()
            if symbol not in reached:
                reached.add(symbol)
                waiting += [name for body in self.alternatives[symbol] for name in body.symbols]
        return reached

    def check_columns(self, columns: Collection[str]) -> None:
        """Raise SettingsError if a variable is of a series that is not among the columns."""
        for variable in self.variables:
            if not variable.is_time and variable.name not in columns:
                raise SettingsError(
                    f"The grammar reads {variable}, but the data have no series {variable.name!r}. "
                    f"{near_misses(variable.name, columns)}"
                )

    def without(self, unwanted: Collection[Variable]) -> Grammar:
        """The grammar less every alternative that cannot do without one of these variables.

        Raises
        ------
        SettingsError
            If nothing is left to start from.
        """
        pruned = {symbol: _pruned(bodies, unwanted) for symbol, bodies in self.alternatives.items()}
        while True:
            empty = {symbol for symbol, bodies in pruned.items() if not bodies}
            kept = {
                symbol: tuple(body for body in bodies if not empty & set(body.symbols))
                for symbol, bodies in pruned.items()
                if bodies
            }
            if kept == pruned:
                break
            pruned = kept
        gone = [symbol for symbol in self.starts if symbol not in kept]
        if gone:
            names = ", ".join(map(str, unwanted))
            raise SettingsError(f"Without {names} the grammar has no equation left that starts from {gone[0]!r}.")
        left = tuple(Production(symbol, bodies) for symbol, bodies in kept.items())
        grammar = replace(self, productions=left)
        reached = grammar.reachable(grammar.starts)
        return replace(grammar, productions=tuple(one for one in left if one.symbol in reached))

    def __str__(self) -> str:
        from macrotrade.providers.equations.grammar.written import grammar_text

        return grammar_text(self)

    def fingerprint(self) -> str:
        """SHA-256 of the grammar's text without its comments."""
        return hashlib.sha256(str(self).encode()).hexdigest()


def _pruned(bodies: tuple[Body, ...], unwanted: Collection[Variable]) -> tuple[Body, ...]:
    """The alternatives that can do without the unwanted, lag ranges split where only some lags are."""
    return tuple(kept for body in bodies for kept in _without(body, unwanted))


def _without(body: Body, unwanted: Collection[Variable]) -> tuple[Body, ...]:
    heads = list(body.walk())
    if any(isinstance(head, Lagged) and head.variable in unwanted for head in heads):
        return ()
    for head in heads:
        if isinstance(head, Lags) and set(head.variables) & set(unwanted):
            return _pruned(tuple(_split(body, head)), unwanted)
    return (body,)


def _split(body: Body, lags: Lags) -> Iterator[Body]:
    """The body with the first occurrence of a lag range replaced by each of its variables."""
    for variable in lags.variables:
        yield _replaced(body, lags, Body(Lagged(variable)))[0]


def _replaced(body: Body, lags: Lags, by: Body) -> tuple[Body, bool]:
    """The body with the first occurrence replaced, and whether there was one."""
    if body.head == lags:
        return by, True
    for place, part in enumerate(body.parts):
        changed, found = _replaced(part, lags, by)
        if found:
            return Body(body.head, (*body.parts[:place], changed, *body.parts[place + 1 :])), True
    return body, False

"""How many terms of which source a derivation adds up, and what a source can be."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from math import inf

from macrotrade.providers.equations.expression import Constant, Expression, Fixed, Lagged, Sum, rebuilt
from macrotrade.providers.equations.grammar.productions import Body, Grammar, Lags, Symbol

__all__ = ["Skeleton", "Source", "expansions", "skeletons"]


@dataclass(frozen=True)
class Source:
    """Bodies that give one term of a sum each.

    Parameters
    ----------
    bodies
        What the term may be; none is a sum.
    depth
        How many productions deep its symbols may go; None where there is no limit.
    """

    bodies: tuple[Body, ...]
    depth: int | None


@dataclass(frozen=True)
class Skeleton:
    """A sum before its terms are chosen.

    Parameters
    ----------
    sources
        One for each term, sorted so that equal skeletons are equal.
    numbers
        Constants and numbers that stand in the sum by themselves, each once.
    """

    sources: tuple[Source, ...]
    numbers: tuple[Constant | Fixed, ...]

    @property
    def n_terms(self) -> int:
        """Terms beside the numbers."""
        return len(self.sources)


def skeletons(grammar: Grammar, start: str) -> tuple[Skeleton, ...]:
    """Every skeleton of the equations from `start`, fewer terms first.

    The grammar must have finitely many derivations.
    """
    return _Skeletons(grammar).of_symbol(start)


def expansions(grammar: Grammar, source: Source) -> Iterator[Expression]:
    """Every expression that the source can be, some perhaps more than once."""
    for body in source.bodies:
        yield from _expanded(grammar, body, source.depth)


class _Skeletons:
    def __init__(self, grammar: Grammar) -> None:
        self.grammar = grammar
        self.order: dict[Source, int] = {}
        self.known: dict[str, frozenset[Skeleton]] = dict.fromkeys(grammar.alternatives, frozenset())

    def of_symbol(self, start: str) -> tuple[Skeleton, ...]:
        """Level by level: what one production more can give, until nothing new comes or the depth is reached."""
        level = 0
        while self.grammar.max_depth is None or level < self.grammar.max_depth:
            level += 1
            depth = None if self.grammar.max_depth is None else level - 1
            after = {symbol: self._of_bodies(symbol, depth) for symbol in self.grammar.alternatives}
            if after == self.known and depth is None:
                break
            self.known = after
        return tuple(sorted(self.known[start], key=self._key))

    def _of_bodies(self, symbol: str, depth: int | None) -> frozenset[Skeleton]:
        bodies = self.grammar.alternatives[symbol]
        if self._gives_terms(symbol):  # one source, so that its alternatives are counted together
            return self._of_source(bodies, depth)
        return frozenset(skeleton for body in bodies for skeleton in self._of_body(body, depth))

    def _gives_terms(self, symbol: str) -> bool:
        return all(
            not isinstance(body.head, Sum | Constant | Fixed | Symbol) for body in self.grammar.alternatives[symbol]
        )

    def _of_body(self, body: Body, depth: int | None) -> frozenset[Skeleton]:
        match body.head:
            case Sum():
                found = frozenset({Skeleton((), ())})
                for part in body.parts:
                    found = frozenset(
                        self._skeleton(one.sources + other.sources, one.numbers + other.numbers)
                        for one in found
                        for other in self._of_body(part, depth)
                        if self._fits(one.n_terms + other.n_terms)
                    )
                return found
            case Symbol(name=name):
                return self.known[name]
            case Constant() | Fixed():
                return frozenset({Skeleton((), (body.head,))})
            case _:
                return self._of_source((body,), depth)

    def _of_source(self, bodies: tuple[Body, ...], depth: int | None) -> frozenset[Skeleton]:
        """A single term, if the depth lets it be anything; the depth is dropped where it limits nothing."""
        possible = tuple(body for body in bodies if depth is None or self._least(body) <= depth)
        limits = depth is not None and any(self._most(body, ()) > depth for body in possible)
        return frozenset({self._skeleton((Source(possible, depth if limits else None),), ())} if possible else ())

    def _least(self, body: Body) -> float:
        """Productions one within another that the body needs at least."""
        return max((self._shallowest[symbol] for symbol in body.symbols), default=0.0)

    @cached_property
    def _shallowest(self) -> dict[str, float]:
        least = dict.fromkeys(self.grammar.alternatives, inf)
        while True:
            after = {
                symbol: 1 + min(max((least[name] for name in body.symbols), default=0.0) for body in bodies)
                for symbol, bodies in self.grammar.alternatives.items()
            }
            if after == least:
                return least
            least = after

    def _most(self, body: Body, above: tuple[str, ...]) -> float:
        """Productions one within another that the body can take; infinite where it leads back to itself."""
        deepest = 0.0
        for symbol in body.symbols:
            if symbol in above:
                return inf
            inner = (self._most(one, (*above, symbol)) for one in self.grammar.alternatives[symbol])
            deepest = max(deepest, 1 + max(inner))
        return deepest

    def _fits(self, n_terms: int) -> bool:
        return self.grammar.max_terms is None or n_terms <= self.grammar.max_terms

    def _skeleton(self, sources: tuple[Source, ...], numbers: tuple[Constant | Fixed, ...]) -> Skeleton:
        listed = sorted(map(self._listed, sources), key=self.order.__getitem__)
        return Skeleton(tuple(listed), tuple(sorted(set(numbers), key=repr)))

    def _listed(self, source: Source) -> Source:
        self.order.setdefault(source, len(self.order))
        return source

    def _key(self, skeleton: Skeleton) -> tuple[object, ...]:
        return (skeleton.n_terms, tuple(self.order[source] for source in skeleton.sources), repr(skeleton.numbers))


def _expanded(grammar: Grammar, body: Body, depth: int | None) -> Iterator[Expression]:
    match body.head:
        case Symbol(name=name):
            if depth is None or depth > 0:
                for alternative in grammar.alternatives[name]:
                    yield from _expanded(grammar, alternative, None if depth is None else depth - 1)
        case Lags():
            yield from map(Lagged, body.head.variables)
        case head:
            choices = [tuple(_expanded(grammar, part, depth)) for part in body.parts]
            for parts in product(*choices):
                yield rebuilt(head, parts) if parts else head

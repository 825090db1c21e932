"""Which of many good equations say something different."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from macrotrade.providers.equations.expression import Constant, Expression, Sum, children, rebuilt

__all__ = ["distinct_places", "structural_distance", "terms_of"]


def distinct_places(expressions: Sequence[Expression], min_distance: int, n_most: int | None = None) -> list[int]:
    """Places of the expressions that differ enough from every one kept before them.

    Parameters
    ----------
    expressions
        The best first.
    min_distance
        Terms in which two that are kept must differ, see :func:`structural_distance`.
    n_most
        How many to keep at most; all that differ by default.
    """
    kept: list[int] = []
    found: list[Counter[Expression]] = []
    for place, expression in enumerate(expressions):
        if n_most is not None and len(kept) >= n_most:
            break
        terms = terms_of(expression)
        if all(_distance(terms, other) >= min_distance for other in found):
            kept.append(place)
            found.append(terms)
    return kept


def structural_distance(one: Expression, other: Expression) -> int:
    """Fewest terms to add, take away or put in another's place to make one equation's structure the other's."""
    return _distance(terms_of(one), terms_of(other))


def terms_of(expression: Expression) -> Counter[Expression]:
    """The terms of the sum and how often each occurs, constants without their numbers; lone constants left out."""
    terms = expression.terms if isinstance(expression, Sum) else (expression,)
    return Counter(_blank(term) for term in terms if not isinstance(term, Constant))


def _distance(one: Counter[Expression], other: Counter[Expression]) -> int:
    return max((one - other).total(), (other - one).total())


def _blank(node: Expression) -> Expression:
    if isinstance(node, Constant):
        return replace(node, index=0, initial=None)
    parts = children(node)
    return rebuilt(node, tuple(map(_blank, parts))) if parts else node

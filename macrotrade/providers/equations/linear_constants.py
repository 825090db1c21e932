"""Which constants an expression is linear in, all at once."""

from __future__ import annotations

from collections import Counter

from macrotrade.providers.equations.expression import Constant, Expression, Product, Ratio, Sum, walk

__all__ = ["linear_constants"]


def linear_constants(expression: Expression) -> tuple[int, ...]:
    """Indices of free constants that can be solved for together by linear least squares, given the others.

    In a product only one factor's constants are taken, for two would multiply each other. Bounded constants are left
    to the search, which keeps to bounds.

    >>> linear_constants(Sum((Constant(0), Product((Constant(1), Constant(2))))))
    (0, 1)
    """
    occurrences = Counter(node.index for node in walk(expression) if isinstance(node, Constant))
    return tuple(sorted(index for index in _linear(expression) if occurrences[index] == 1))


def _linear(node: Expression) -> tuple[int, ...]:
    match node:
        case Constant(index=index) if node.is_free:
            return (index,)
        case Sum(terms=terms):
            return tuple(index for term in terms for index in _linear(term))
        case Product(factors=factors):
            return max(map(_linear, factors), key=len)  # the first of the richest
        case Ratio(numerator=above):
            return _linear(above)
        case _:
            return ()

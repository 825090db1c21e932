"""Terms of the fast fit's library and expressions, each as the other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from macrotrade.providers.equations.canonical import SumTerm
from macrotrade.providers.equations.expression import (
    Apply,
    Constant,
    Expression,
    Lagged,
    Product,
    Sum,
    numbered,
    sine,
)
from macrotrade.providers.equations.library import Term, TermLibrary
from macrotrade.providers.equations.variables import Variable

__all__ = ["expression_of", "library_term"]

_C = Constant()


def expression_of(library: TermLibrary, structure: Iterable[int]) -> Expression:
    """The right-hand side of a structure of the library.

    Parameters
    ----------
    library
        Its variables are written as :class:`~macrotrade.providers.equations.variables.Variable` prints them.
    structure
        Codes of its terms; -1 for none.

    Returns
    -------
    Expression
        The constant, then the terms in the order of the structure. Constants are numbered in reading order: 0 the
        constant; then for each term its coefficient, and after it for each of its sines the multiplier and the phase.
    """
    variables = [Variable.parse(name) for name in library.variables]
    terms = [_written(library.terms[code], variables) for code in structure if code >= 0]
    return numbered(Sum((_C, *terms)) if terms else _C)


def library_term(kind: SumTerm, places: Mapping[Variable, int]) -> Term | None:
    """The library's term of this kind, or None if it has none: every constant must be free."""
    if kind.coefficient != _C or kind.body is None:
        return None
    match kind.body:
        case Lagged(variable=variable):
            return Term("variable", places[variable])
        case Product(factors=(Lagged(variable=first), Lagged(variable=second))):
            return Term("product", *sorted((places[first], places[second])))
        case Product(factors=(Lagged(variable=outer), Apply() as wave)) if (inner := _inside(wave)) is not None:
            return Term("variable_sine", places[outer], places[inner])
        case Product(factors=(Apply() as one, Apply() as other)):
            first_inner, second_inner = _inside(one), _inside(other)
            if first_inner is None or second_inner is None:
                return None
            return Term("sine_sine", *sorted((places[first_inner], places[second_inner])))
        case Apply() as wave if (inner := _inside(wave)) is not None:
            return Term("sine", places[inner])
        case _:
            return None


def _inside(wave: Apply) -> Variable | None:
    """V of sin(c V + c), or None if it is another function."""
    match wave:
        case Apply(function="sin", argument=Sum(terms=(Product(factors=(a, Lagged(variable=inner))), b))):
            return inner if a == _C and b == _C else None
        case _:
            return None


def _written(term: Term, variables: list[Variable]) -> Expression:
    first, second = variables[term.first], variables[term.second]
    match term.kind:
        case "variable":
            return Product((_C, Lagged(first)))
        case "product":
            return Product((_C, Lagged(first), Lagged(second)))
        case "variable_sine":
            return Product((_C, Lagged(first), sine(_C, second, _C)))
        case "sine_sine":
            return Product((_C, sine(_C, first, _C), sine(_C, second, _C)))
        case "sine":
            return Product((_C, sine(_C, first, _C)))

"""An equation in anybody's words as a structure of a term library, with its constants."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from macrotrade._typing import FloatArray, IntArray
from macrotrade.errors import SettingsError
from macrotrade.providers.equations.expression import Apply, Constant, Expression, Fixed, Lagged, Product, Sum
from macrotrade.providers.equations.library import Term, TermKind, TermLibrary
from macrotrade.providers.equations.variables import Variable
from macrotrade.providers.equations.writing import text_of

__all__ = ["Draft", "read_draft"]

_KINDS: dict[tuple[int, int], TermKind] = {
    (1, 0): "variable",
    (2, 0): "product",
    (1, 1): "variable_sine",
    (0, 2): "sine_sine",
    (0, 1): "sine",
}
"""By how many variables and how many sines a term multiplies."""


@dataclass(frozen=True, eq=False)
class Draft:
    """A structure and its constants.

    Attributes
    ----------
    structure
        Canonical row of codes, (max_terms,).
    constant
        The term that is a number alone.
    blocks
        Of every term, in the structure's order: its code, and its constants as ``parameters`` orders them.
    """

    structure: IntArray
    constant: float
    blocks: tuple[tuple[int, tuple[float, ...]], ...]

    @property
    def parameters(self) -> FloatArray:
        """All constants, in order."""
        return np.array([self.constant, *(value for _, block in self.blocks for value in block)])


def read_draft(library: TermLibrary, expression: Expression, parameters: FloatArray) -> Draft:
    """The equation as the library has it.

    Parameters
    ----------
    library
        Its variables are written as :class:`~macrotrade.providers.equations.variables.Variable` prints them.
    expression, parameters
        A sum of numbers and of the library's terms, factors in any order.

    Raises
    ------
    SettingsError
        If a term is not in the library, or there are too many.
    """
    constant, blocks = 0.0, []
    for term in expression.terms if isinstance(expression, Sum) else (expression,):
        if isinstance(term, Constant | Fixed):
            constant += _number(term, parameters)
        else:
            blocks.append(_block(library, term, parameters))
    blocks.sort(key=lambda block: block[0])
    return Draft(library.canonical(code for code, _ in blocks), constant, tuple(blocks))


def _block(library: TermLibrary, term: Expression, parameters: FloatArray) -> tuple[int, tuple[float, ...]]:
    coefficient = 1.0
    outer: list[int] = []
    waves: list[tuple[int, float, float]] = []
    for factor in term.factors if isinstance(term, Product) else (term,):
        match factor:
            case Constant() | Fixed():
                coefficient *= _number(factor, parameters)
            case Lagged(variable=variable):
                outer.append(_place(library, variable))
            case Apply(function="sin", argument=argument):
                waves.append(_wave(library, argument, parameters))
            case _:
                raise _stranger(term, parameters)
    kind = _KINDS.get((len(outer), len(waves)))
    if kind is None:
        raise _stranger(term, parameters)
    outer.sort()
    waves.sort()
    places = [*outer, *(place for place, _, _ in waves), -1][:2]
    found = Term(kind, places[0], places[1])
    if found not in library.terms:
        raise _stranger(term, parameters)
    return library.terms.index(found), (coefficient, *(value for _, a, b in waves for value in (a, b)))


def _wave(library: TermLibrary, argument: Expression, parameters: FloatArray) -> tuple[int, float, float]:
    """Place of V, a and b of sin(a V + b)."""
    phase, place, multiplier = 0.0, None, 1.0
    for term in argument.terms if isinstance(argument, Sum) else (argument,):
        if isinstance(term, Constant | Fixed):
            phase += _number(term, parameters)
            continue
        if place is not None:
            raise _stranger(argument, parameters)
        for factor in term.factors if isinstance(term, Product) else (term,):
            if isinstance(factor, Constant | Fixed):
                multiplier *= _number(factor, parameters)
            elif isinstance(factor, Lagged) and place is None:
                place = _place(library, factor.variable)
            else:
                raise _stranger(argument, parameters)
    if place is None:
        raise _stranger(argument, parameters)
    return place, multiplier, phase


def _number(node: Constant | Fixed, parameters: FloatArray) -> float:
    return float(parameters[node.index]) if isinstance(node, Constant) else node.value


def _place(library: TermLibrary, variable: Variable) -> int:
    if str(variable) not in library.variables:
        raise SettingsError(f"The draft reads {variable}; the language has {', '.join(library.variables)}.")
    return library.variables.index(str(variable))


def _stranger(term: Expression, parameters: FloatArray) -> SettingsError:
    return SettingsError(f"The language has no term like {text_of(term, parameters)}.")

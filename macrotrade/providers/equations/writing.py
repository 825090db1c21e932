"""Expressions written out: as text, as LaTeX, and as sympy."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from macrotrade._typing import FloatArray
from macrotrade.errors import SettingsError
from macrotrade.providers.equations.expression import (
    Apply,
    Constant,
    Expression,
    Fixed,
    Lagged,
    Power,
    Product,
    Ratio,
    Sum,
)
from macrotrade.providers.equations.functions import FUNCTIONS
from macrotrade.providers.equations.variables import Variable

__all__ = ["latex_of", "latex_variable", "sympy_of", "sympy_variable", "text_of"]


def text_of(expression: Expression, parameters: FloatArray | None = None, digits: int = 4) -> str:
    """The expression as text, its constants' values in `digits` significant digits, or ``c`` without `parameters`.

    >>> text_of(Sum((Constant(0), Product((Constant(1), Lagged(Variable("pi", 1)))))), np.array([-0.51, 0.89]))
    '-0.51 + 0.89 pi[-1]'
    """
    return _written(expression, _text_notation(_constants(parameters, digits), digits))


def latex_of(expression: Expression, parameters: FloatArray | None = None, digits: int = 4) -> str:
    """The same as LaTeX, without delimiters."""
    return _written(expression, _latex_notation(_constants(parameters, digits), digits))


def latex_variable(name: str, lag: int) -> str:
    r"""A series as LaTeX at time t less `lag`; Greek letters by their names.

    >>> latex_variable("pi", 1)
    '\\pi_{t-1}'
    """
    return rf"{_latex_name(name)}_{{t-{lag}}}" if lag else rf"{_latex_name(name)}_{{t}}"


def sympy_of(expression: Expression, parameters: FloatArray | None = None) -> Any:
    """The expression in sympy; without `parameters` its constants are symbols c_0, c_1, ..."""
    import sympy

    def number(constant: Constant) -> Any:
        return sympy.Symbol(f"c_{constant.index}") if parameters is None else sympy.Float(parameters[constant.index])

    def converted(node: Expression) -> Any:
        match node:
            case Constant():
                return number(node)
            case Fixed(value=value):
                return sympy.Integer(int(value)) if value == int(value) else sympy.Float(value)
            case Lagged(variable=variable):
                return sympy_variable(variable)
            case Sum(terms=terms):
                return sympy.Add(*map(converted, terms))
            case Product(factors=factors):
                return sympy.Mul(*map(converted, factors))
            case Ratio(numerator=above, denominator=below):
                return converted(above) / converted(below)
            case Power(base=base, exponent=exponent):
                return converted(base) ** exponent
            case Apply(function="step", argument=argument):
                return sympy.Heaviside(converted(argument), 0)
            case Apply(function=name, argument=argument):
                return getattr(sympy, name)(converted(argument))

    return converted(expression)


def sympy_variable(variable: Variable) -> Any:
    """Symbol of a variable, real, such as ``pi_{t-1}``; time is ``t``."""
    import sympy

    return sympy.Symbol("t" if variable.is_time else f"{variable.name}_{{t-{variable.lag}}}", real=True)


_Number = Callable[[Constant], tuple[bool, str]]


@dataclass(frozen=True)
class _Notation:
    """How the leaves and operators of an expression are written."""

    number: _Number
    fixed: Callable[[float], tuple[bool, str]]
    variable: Callable[[Variable], str]
    function: Callable[[str], str]
    ratio: Callable[[str, str], str]
    times: str
    left: str
    right: str


def _text_notation(number: _Number, digits: int) -> _Notation:
    return _Notation(
        number, lambda value: _signed(value, digits), str, str, lambda above, below: f"{above} / {below}", " ", "(", ")"
    )


def _latex_notation(number: _Number, digits: int) -> _Notation:
    def constant(node: Constant) -> tuple[bool, str]:
        negative, text = number(node)
        return negative, _latex_number(text)

    def fixed(value: float) -> tuple[bool, str]:
        negative, text = _signed(value, digits)
        return negative, _latex_number(text)

    return _Notation(
        constant,
        fixed,
        lambda variable: "t" if variable.is_time else latex_variable(variable.name, variable.lag),
        lambda name: FUNCTIONS[name].latex,
        lambda above, below: rf"\frac{{{above}}}{{{below}}}",
        r"\,",
        r"\left(",
        r"\right)",
    )


def _constants(parameters: FloatArray | None, digits: int) -> _Number:
    if parameters is None:
        return lambda _: (False, "c")
    return lambda constant: _signed(float(parameters[constant.index]), digits)


def _signed(value: float, digits: int) -> tuple[bool, str]:
    if not np.isfinite(value):
        raise SettingsError(f"{value} cannot be written as a constant of an equation.")
    return value < 0, f"{abs(value):.{digits}g}"


def _written(node: Expression, notation: _Notation) -> str:
    negative, text = _term(node, notation)
    return f"-{text}" if negative else text


def _term(node: Expression, notation: _Notation) -> tuple[bool, str]:
    """Whether the node is written with a minus before it, and the rest."""
    match node:
        case Constant():
            return notation.number(node)
        case Fixed(value=value):
            return notation.fixed(value)
        case Lagged(variable=variable):
            return False, notation.variable(variable)
        case Sum(terms=terms):
            return False, _sum(terms, notation)
        case Product(factors=factors):
            return _product(factors, notation)
        case Ratio(numerator=above, denominator=below):
            return False, _ratio(above, below, notation)
        case Power(base=base, exponent=exponent):
            return False, f"{_inside(base, notation, (Lagged,))}^{exponent}"
        case Apply(function=name, argument=argument):
            return False, f"{notation.function(name)}{notation.left}{_written(argument, notation)}{notation.right}"


def _sum(terms: tuple[Expression, ...], notation: _Notation) -> str:
    text = ""
    for place, term in enumerate(terms):
        negative, written = _term(term, notation)
        if isinstance(term, Sum):
            written = f"{notation.left}{written}{notation.right}"
        sign = "-" if negative else "+"
        text += f" {sign} {written}" if place else ("-" if negative else "") + written
    return text


def _product(factors: tuple[Expression, ...], notation: _Notation) -> tuple[bool, str]:
    """Factors side by side; the sign of a leading number goes before the whole, and a leading 1 is left unsaid."""
    negative, first = _factor(factors[0], notation)
    written = [first, *(_after_the_first(factor, notation) for factor in factors[1:])]
    if len(written) > 1 and first == "1" and isinstance(factors[0], Fixed):
        written = written[1:]
    return negative, notation.times.join(written)


def _after_the_first(factor: Expression, notation: _Notation) -> str:
    negative, text = _factor(factor, notation)
    return f"{notation.left}-{text}{notation.right}" if negative else text


def _factor(factor: Expression, notation: _Notation) -> tuple[bool, str]:
    negative, text = _term(factor, notation)
    if isinstance(factor, Sum | Product | Ratio):
        return False, f"{notation.left}{'-' if negative else ''}{text}{notation.right}"
    return negative, text


def _ratio(above: Expression, below: Expression, notation: _Notation) -> str:
    if notation.left != "(":  # a fraction's bar brackets by itself
        return notation.ratio(_written(above, notation), _written(below, notation))
    return notation.ratio(
        _inside(above, notation, (Lagged, Apply, Power, Product)), _inside(below, notation, (Lagged, Apply, Power))
    )


def _inside(node: Expression, notation: _Notation, bare: tuple[type, ...]) -> str:
    """The node, in brackets unless it is of a kind that stands for itself or a number without sign."""
    negative, text = _term(node, notation)
    stands = isinstance(node, (*bare, Constant, Fixed)) and not negative
    return text if stands else f"{notation.left}{'-' if negative else ''}{text}{notation.right}"


_GREEK = "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau phi chi psi omega"


def _latex_name(name: str) -> str:
    if name in _GREEK.split():
        return rf"\{name}"
    return name if len(name) == 1 else r"\mathrm{" + re.sub(r"([_&%#$])", r"\\\1", name) + "}"


def _latex_number(text: str) -> str:
    mantissa, _, exponent = text.partition("e")
    return rf"{mantissa} \times 10^{{{int(exponent)}}}" if exponent else text

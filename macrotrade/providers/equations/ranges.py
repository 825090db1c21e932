"""Where a fit may put each constant, and where it starts looking."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from macrotrade._typing import FloatArray
from macrotrade.providers.equations.expression import (
    Apply,
    Constant,
    Expression,
    Product,
    Sum,
    children,
    constants,
    count_constants,
    evaluate,
    variables_of,
)
from macrotrade.providers.equations.variables import Variable

__all__ = ["ConstantRange", "ranges_of"]

_SLOWEST = 0.1  # least change of a sine's argument over the range of what it reads, in radians
_LEVEL_CYCLES, _TREND_CYCLES = 3, 9  # most periods of a sine over that range
_PERIODIC = ("sin", "cos")
_STEEPEST = 30.0  # largest multiplier inside another function, in 1 / sd of what it multiplies
_LARGEST_SHIFT = 100.0  # largest constant added to such a product
_FARTHEST = 10.0  # how many ranges of x beyond x the b of f(x + b) may lie


@dataclass(frozen=True, eq=False)
class ConstantRange:
    """One constant's bounds and starts.

    Attributes
    ----------
    lower, upper
        What the fit may choose between.
    low, high
        Between which random starts are drawn, evenly.
    points
        Shape (n_points,): starts to go through instead, for a threshold, where no derivative leads the way.
    """

    lower: float
    upper: float
    low: float
    high: float
    points: FloatArray | None = None


def ranges_of(
    expression: Expression, values: Mapping[Variable, FloatArray], target: FloatArray
) -> tuple[ConstantRange, ...]:
    """Range of each constant by index.

    ==============================  =====================================================================
    a in sin(a x + b)               0.1 / range(x) to 2 pi m / range(x); m is 3, or 9 where x is time
    b in sin(a x + b)               any; starts in (-pi, pi)
    a in f(a x + b), f another      within 30 / sd(x) of 0; starts within 3 / sd(x)
    b in f(a x + b), f another      within 100 of 0; starts within 3
    b in f(x + b), f another        up to ten times the range of x beyond it; starts within one
    b in step(x + b)                every number that parts the sample between two values of x
    elsewhere                       any; starts within 3 sd(target) / sd(rest of the product) of 0
    ==============================  =====================================================================

    Without such bounds a function could be stretched until only its limit, a line or a step, were left. Bounds that
    the grammar gives replace these, and starts are then drawn inside them.

    Parameters
    ----------
    expression
        Constants numbered from 0.
    values
        Each variable in the sample.
    target
        What is explained, in the sample.
    """
    found: dict[int, ConstantRange] = {}
    _visit(expression, values, float(target.std()) or 1.0, found)
    return tuple(_bounded(constant, found[constant.index]) for constant in constants(expression))


def _visit(
    node: Expression, values: Mapping[Variable, FloatArray], scale: float, found: dict[int, ConstantRange]
) -> None:
    match node:
        case Apply(function=name, argument=argument):
            terms = argument.terms if isinstance(argument, Sum) else (argument,)
            rest = tuple(term for term in terms if not isinstance(term, Constant))
            for term in terms:
                if isinstance(term, Constant):
                    found[term.index] = _offset(name, rest, values)
                elif (inside := _multiplied(term)) is not None:
                    found[inside[0].index] = _multiplier(name, inside[1], values)
                else:
                    _visit(term, values, 1.0, found)
        case Product(factors=factors):
            own = [factor for factor in factors if isinstance(factor, Constant)]
            plain = tuple(factor for factor in factors if not count_constants(factor))
            size = _size(_value(Product(plain), values)) if plain else 1.0
            for constant in own:
                found[constant.index] = _about_zero(3.0 * scale / size)
            for factor in factors:
                if not isinstance(factor, Constant):
                    _visit(factor, values, 1.0, found)
        case Constant(index=index):
            found[index] = _about_zero(3.0 * scale)
        case _:
            for part in children(node):
                _visit(part, values, scale, found)


def _multiplied(term: Expression) -> tuple[Constant, Expression] | None:
    """The constant and the rest of a product of one constant and no other, or None."""
    if not isinstance(term, Product) or count_constants(term) != 1:
        return None
    own = [factor for factor in term.factors if isinstance(factor, Constant)]
    rest = tuple(factor for factor in term.factors if not isinstance(factor, Constant))
    return (own[0], Product(rest)) if own and rest else None


def _multiplier(name: str, rest: Expression, values: Mapping[Variable, FloatArray]) -> ConstantRange:
    x = _value(rest, values)
    if name not in _PERIODIC:
        return _about_zero(3.0 / _size(x - x.mean()), _STEEPEST / _size(x - x.mean()))
    width = float(np.ptp(x)) or 1.0
    cycles = _TREND_CYCLES if all(variable.is_time for variable in variables_of(rest)) else _LEVEL_CYCLES
    lower, upper = _SLOWEST / width, 2.0 * math.pi * cycles / width
    return ConstantRange(lower, upper, lower, upper)


def _offset(name: str, rest: tuple[Expression, ...], values: Mapping[Variable, FloatArray]) -> ConstantRange:
    if name in _PERIODIC:
        return ConstantRange(-math.inf, math.inf, -math.pi, math.pi)
    if not rest or any(count_constants(term) for term in rest):
        return _about_zero(3.0, _LARGEST_SHIFT)
    x = _value(Sum(rest), values)
    low, high = -float(x.max()), -float(x.min())
    if name == "step":
        levels = np.unique(-x)
        between = 0.5 * (levels[1:] + levels[:-1])
        return ConstantRange(low, high, low, high, between if between.size else None)
    width = (high - low) or 1.0
    return ConstantRange(low - _FARTHEST * width, high + _FARTHEST * width, low - width, high + width)


def _about_zero(reach: float, limit: float = math.inf) -> ConstantRange:
    return ConstantRange(-limit, limit, -reach, reach)


def _bounded(constant: Constant, default: ConstantRange) -> ConstantRange:
    """The default within the constant's own bounds, where the grammar gives any."""
    if constant.is_free:
        return default
    lower, upper = constant.lower, constant.upper
    width = default.high - default.low
    low = lower if math.isfinite(lower) else min(default.low, upper - width)
    high = upper if math.isfinite(upper) else max(default.high, lower + width)
    points = default.points
    if points is not None:
        points = points[(points >= lower) & (points <= upper)]
    return ConstantRange(lower, upper, low, high, points if points is not None and points.size else None)


def _value(expression: Expression, values: Mapping[Variable, FloatArray]) -> FloatArray:
    value = evaluate(expression, values, np.empty(0))
    known = value[np.isfinite(value)] if value.ndim else np.atleast_1d(value)
    return known if known.size else np.zeros(1)


def _size(x: FloatArray) -> float:
    """Root mean square, or 1 where that is 0."""
    return float(np.sqrt(np.mean(x**2))) or 1.0

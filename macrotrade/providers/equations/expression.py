"""The right-hand side of an equation as a tree, and its value on arrays.

Nodes are frozen and compare by content. Constants are numbered; their values live elsewhere, in an array, so one tree
serves every fit of it. :func:`evaluate` is the plain reading that every faster one is checked against.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np

from macrotrade._typing import FloatArray
from macrotrade.errors import DataError, SettingsError
from macrotrade.providers.equations.functions import FUNCTIONS, FunctionName
from macrotrade.providers.equations.variables import Variable

__all__ = [
    "Apply",
    "Constant",
    "Expression",
    "Fixed",
    "Lagged",
    "Power",
    "Product",
    "Ratio",
    "Sum",
    "children",
    "constants",
    "count_constants",
    "depth",
    "evaluate",
    "length",
    "numbered",
    "rebuilt",
    "sine",
    "variables_of",
    "walk",
]


@dataclass(frozen=True)
class Constant:
    """A number that fitting chooses.

    Parameters
    ----------
    index
        Its place in the array of parameters.
    lower, upper
        What the fit may choose between, inclusive; infinite where free.
    initial
        Where the first start puts it, if the grammar says.
    """

    index: int = 0
    lower: float = -math.inf
    upper: float = math.inf
    initial: float | None = None

    @property
    def is_free(self) -> bool:
        """Whether any number may be chosen."""
        return math.isinf(self.lower) and math.isinf(self.upper)


@dataclass(frozen=True)
class Fixed:
    """A number that fitting leaves alone.

    Parameters
    ----------
    value
        The number.
    """

    value: float


@dataclass(frozen=True)
class Lagged:
    """A variable: a series some periods back, or time.

    Parameters
    ----------
    variable
        Which.
    """

    variable: Variable


@dataclass(frozen=True)
class Sum:
    """terms[0] + terms[1] + ...

    Parameters
    ----------
    terms
        At least one.
    """

    terms: tuple[Expression, ...]


@dataclass(frozen=True)
class Product:
    """factors[0] * factors[1] * ...

    Parameters
    ----------
    factors
        At least one.
    """

    factors: tuple[Expression, ...]


@dataclass(frozen=True)
class Ratio:
    """numerator / denominator; without value (NaN) where the denominator is 0.

    Parameters
    ----------
    numerator, denominator
        Any expressions.
    """

    numerator: Expression
    denominator: Expression


@dataclass(frozen=True)
class Power:
    """base ** exponent.

    Parameters
    ----------
    base
        Any expression.
    exponent
        A whole number, 2 or more.
    """

    base: Expression
    exponent: int


@dataclass(frozen=True)
class Apply:
    """A function of :data:`~macrotrade.providers.equations.functions.FUNCTIONS` applied to an argument.

    Parameters
    ----------
    function
        Its name.
    argument
        Any expression.
    """

    function: FunctionName
    argument: Expression


Expression: TypeAlias = Constant | Fixed | Lagged | Sum | Product | Ratio | Power | Apply


def sine(multiplier: Expression, variable: Variable, phase: Expression) -> Apply:
    """sin(multiplier * variable + phase)."""
    return Apply("sin", Sum((Product((multiplier, Lagged(variable))), phase)))


def evaluate(expression: Expression, values: Mapping[Variable, FloatArray], parameters: FloatArray) -> FloatArray:
    """Value of the expression, by plain recursion over the tree.

    Parameters
    ----------
    expression
        Its constants' indices point into `parameters`.
    values
        Each variable's array; all broadcast together.
    parameters
        Shape (n_constants, ...): a scalar or array each, broadcast against the values.

    Returns
    -------
    FloatArray
        NaN where a value is missing or outside the domain of a function.

    Raises
    ------
    DataError
        If a variable has no values.
    """
    with np.errstate(all="ignore"):
        value = _value(expression, values, np.asarray(parameters, dtype=np.float64))
        return np.asarray(np.where(np.isfinite(value), value, np.nan), dtype=np.float64)


def _value(node: Expression, values: Mapping[Variable, FloatArray], parameters: FloatArray) -> FloatArray:
    match node:
        case Constant(index=index):
            return np.asarray(parameters[index])
        case Fixed(value=number):
            return np.asarray(number)
        case Lagged(variable=variable):
            if variable not in values:
                known = ", ".join(map(str, values)) or "none"
                raise DataError(f"The expression reads {variable}, which has no values; there are values of {known}.")
            return values[variable]
        case Sum(terms=terms):
            return np.asarray(sum(_value(term, values, parameters) for term in terms))
        case Product(factors=factors):
            product = np.asarray(1.0)
            for factor in factors:
                product = product * _value(factor, values, parameters)
            return product
        case Ratio(numerator=above, denominator=below):
            divisor = _value(below, values, parameters)
            return _value(above, values, parameters) / np.where(divisor == 0.0, np.nan, divisor)
        case Power(base=base, exponent=exponent):
            return _value(base, values, parameters) ** exponent
        case Apply(function=name, argument=argument):
            return FUNCTIONS[name].value(_value(argument, values, parameters))


def children(node: Expression) -> tuple[Expression, ...]:
    """Direct parts of a node, in reading order."""
    match node:
        case Sum(terms=parts) | Product(factors=parts):
            return parts
        case Ratio(numerator=above, denominator=below):
            return (above, below)
        case Power(base=part) | Apply(argument=part):
            return (part,)
        case _:
            return ()


def rebuilt(node: Expression, parts: tuple[Expression, ...]) -> Expression:
    """The node with other direct parts."""
    match node:
        case Sum():
            return Sum(parts)
        case Product():
            return Product(parts)
        case Ratio():
            return Ratio(parts[0], parts[1])
        case Power():
            return Power(parts[0], node.exponent)
        case Apply():
            return Apply(node.function, parts[0])
        case _:
            return node


def walk(expression: Expression) -> Iterator[Expression]:
    """Every node, parents before their parts, left to right."""
    yield expression
    for part in children(expression):
        yield from walk(part)


def constants(expression: Expression) -> tuple[Constant, ...]:
    """The constants by index, each once; indices must be 0, 1, 2, ... without gaps."""
    found = {node.index: node for node in walk(expression) if isinstance(node, Constant)}
    if sorted(found) != list(range(len(found))):
        raise SettingsError(f"The constants are numbered {sorted(found)}; number them from 0 without gaps.")
    return tuple(found[index] for index in range(len(found)))


def count_constants(expression: Expression) -> int:
    """How many numbers a fit chooses."""
    return len({node.index for node in walk(expression) if isinstance(node, Constant)})


def variables_of(expression: Expression) -> tuple[Variable, ...]:
    """The variables it reads, each once, in reading order."""
    return tuple(dict.fromkeys(node.variable for node in walk(expression) if isinstance(node, Lagged)))


def depth(expression: Expression) -> int:
    """Nodes on the longest way from the root to a leaf."""
    return 1 + max((depth(part) for part in children(expression)), default=0)


def length(expression: Expression) -> int:
    """Symbols it takes to write the expression down: leaves, functions, and operators between parts."""
    parts = children(expression)
    own = len(parts) - 1 if isinstance(expression, Sum | Product) else 1
    return own + sum(length(part) for part in parts)


def numbered(expression: Expression) -> Expression:
    """The same tree, every occurrence of a constant made its own and numbered 0, 1, 2, ... in reading order."""
    return _numbered(expression, iter(range(sum(isinstance(node, Constant) for node in walk(expression)))))


def _numbered(node: Expression, indices: Iterator[int]) -> Expression:
    if isinstance(node, Constant):
        return replace(node, index=next(indices))
    parts = children(node)
    return rebuilt(node, tuple(_numbered(part, indices) for part in parts)) if parts else node

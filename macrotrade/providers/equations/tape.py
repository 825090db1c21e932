"""Expressions compiled to tapes, which one function reads fast."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from macrotrade._typing import FloatArray, IntArray
from macrotrade.errors import DataError
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
    count_constants,
)
from macrotrade.providers.equations.functions import FUNCTIONS
from macrotrade.providers.equations.kernels.tape import (
    ADD,
    APPLY,
    CONSTANT,
    DIVIDE,
    MULTIPLY,
    NUMBER,
    POWER,
    VARIABLE,
    play,
)
from macrotrade.providers.equations.variables import Variable

__all__ = ["Tape", "tape_of"]


@dataclass(frozen=True, eq=False)
class Tape:
    """An expression as the compiled function reads it.

    Attributes
    ----------
    steps
        Shape (n_steps, 2): what each step does, and to what.
    numbers
        Shape (n_fixed,): the fixed numbers.
    variables
        Rows of the values it is given.
    n_constants
        How many constants it has.
    height
        Most rows on the stack at once.
    """

    steps: IntArray
    numbers: FloatArray
    variables: tuple[Variable, ...]
    n_constants: int
    height: int

    def value(self, values: FloatArray, parameters: FloatArray) -> FloatArray:
        """The expression's value, shape (n,), NaN where it has none; `values` is (n_variables, n)."""
        return self._played(values, parameters, slopes=False)[0]

    def value_and_slopes(self, values: FloatArray, parameters: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Value, (n,), and derivative by each constant, (n_constants, n)."""
        return self._played(values, parameters, slopes=True)

    def at(self, values: FloatArray, parameters: FloatArray) -> float:
        """The value where the variables have these values, (n_variables,)."""
        return float(self.value(values[:, None], parameters)[0])

    def _played(self, values: FloatArray, parameters: FloatArray, *, slopes: bool) -> tuple[FloatArray, FloatArray]:
        n = values.shape[1]
        stack = np.empty((self.height, n))
        slope = np.zeros((self.height, self.n_constants, n if slopes else 0))
        live = np.zeros((self.height, self.n_constants), dtype=np.bool_)
        play(
            self.steps,
            self.numbers,
            np.ascontiguousarray(values, dtype=np.float64),
            np.asarray(parameters, dtype=np.float64),
            stack,
            slope,
            live,
            slopes,
        )
        slope[0][~live[0]] = 0.0
        return np.where(np.isfinite(stack[0]), stack[0], np.nan), slope[0]


def tape_of(expression: Expression, variables: Sequence[Variable]) -> Tape:
    """The expression compiled; `variables` names the rows of the values it will be given.

    Raises
    ------
    DataError
        If the expression reads a variable that is not among them.
    """
    numbers: list[float] = []
    steps = list(_steps(expression, {variable: row for row, variable in enumerate(variables)}, numbers))
    height = level = 0
    for code, _ in steps:
        level += 1 if code <= VARIABLE else -1 if code < POWER else 0
        height = max(height, level)
    return Tape(
        np.array(steps, dtype=np.int64), np.array(numbers), tuple(variables), count_constants(expression), height
    )


def _steps(node: Expression, rows: dict[Variable, int], numbers: list[float]) -> Iterator[tuple[int, int]]:
    match node:
        case Constant(index=index):
            yield CONSTANT, index
        case Fixed(value=value):
            numbers.append(value)
            yield NUMBER, len(numbers) - 1
        case Lagged(variable=variable):
            if variable not in rows:
                known = ", ".join(map(str, rows)) or "none"
                raise DataError(f"The expression reads {variable}, which is not among the variables: {known}.")
            yield VARIABLE, rows[variable]
        case Sum(terms=parts) | Product(factors=parts):
            for place, part in enumerate(parts):
                yield from _steps(part, rows, numbers)
                if place:
                    yield (ADD if isinstance(node, Sum) else MULTIPLY), 0
        case Ratio(numerator=above, denominator=below):
            yield from _steps(above, rows, numbers)
            yield from _steps(below, rows, numbers)
            yield DIVIDE, 0
        case Power(base=base, exponent=exponent):
            yield from _steps(base, rows, numbers)
            yield POWER, exponent
        case Apply(function=name, argument=argument):
            yield from _steps(argument, rows, numbers)
            yield APPLY + FUNCTIONS[name].code, 0

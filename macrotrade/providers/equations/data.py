"""What equations are fitted to, and the same as kernels read it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from macrotrade._typing import FloatArray
from macrotrade.errors import DataError
from macrotrade.providers.equations.kernels.problem import Problem, padded
from macrotrade.providers.equations.library import TermLibrary

__all__ = ["AMPLITUDE_CAP", "EquationData", "problem_of"]

AMPLITUDE_CAP = 20.0
"""Largest amplitude of a sine term, in standard deviations of the target."""

_SLOWEST = 0.1  # least change of a sine's argument over the range of its variable, in radians


@dataclass(frozen=True, eq=False)
class EquationData:
    """A target and the variables that may explain it, without gaps.

    Attributes
    ----------
    name
        Of the target.
    target
        Its values, (n,).
    variables
        Names of the lagged variables.
    values
        Their values, (n, n_variables), each row what was known when the row's target was to be forecast.

    Raises
    ------
    DataError
        Shapes that do not agree, a value that is not finite, or a target or variable that never varies.
    """

    name: str
    target: FloatArray
    variables: tuple[str, ...]
    values: FloatArray

    def __post_init__(self) -> None:
        object.__setattr__(self, "target", np.ascontiguousarray(self.target, dtype=np.float64))
        object.__setattr__(self, "values", np.ascontiguousarray(self.values, dtype=np.float64))
        if self.values.shape != (self.target.size, len(self.variables)):
            raise DataError(
                f"{self.target.size} values of {self.name!r} and {len(self.variables)} variables need values of shape "
                f"({self.target.size}, {len(self.variables)}); {self.values.shape} came"
            )
        for name, column in zip((self.name, *self.variables), (self.target, *self.values.T), strict=True):
            if not np.isfinite(column).all():
                raise DataError(f"{name!r} has values that are not numbers; leave out the periods that lack one")
            if not np.ptp(column) > 0.0:
                raise DataError(
                    f"{name!r} never varies over {column.size} periods; leave it out or take a longer sample"
                )

    @property
    def n(self) -> int:
        """How many observations there are."""
        return int(self.target.size)

    def until(self, end: int) -> EquationData:
        """The first ``end`` observations."""
        return EquationData(self.name, self.target[:end], self.variables, self.values[:end])

    def of(self, variables: Sequence[str]) -> EquationData:
        """The same with these variables, in this order."""
        places = [self.variables.index(name) for name in variables]
        return EquationData(self.name, self.target, tuple(variables), self.values[:, places])


def problem_of(library: TermLibrary, data: EquationData, centres: FloatArray | None = None) -> Problem:
    """What the kernels read of the data, with the bounds that follow from it.

    A frequency runs from 0.1 / range to 2 pi m / range of its variable, m the library's cycles. An amplitude is at most
    20 standard deviations of the target; that of c V sin(d W + e) times the root mean square of V is.

    Parameters
    ----------
    library
        Whose terms may be fitted; its variables must be those of the data.
    data
        What to fit them to.
    centres
        What is subtracted from each variable inside sines; the means by default.

    Raises
    ------
    DataError
        The data's variables are not the library's.
    """
    if data.variables != library.variables:
        raise DataError(
            f"the library is over {', '.join(library.variables)}; the data have {', '.join(data.variables)}"
        )
    n, width = data.n, padded(data.n)
    values = np.zeros((len(library.variables), width))
    values[:, :n] = data.values.T
    inner = values.copy()
    inner[:, :n] -= (centres_of(data) if centres is None else centres)[:, None]
    ones = np.zeros((1, width))
    ones[0, :n] = 1.0
    target = np.zeros(width)
    target[:n] = data.target
    linear = [values[list(term.variables)].prod(axis=0) for term in library.terms[: library.n_linear]]
    ranges = np.ptp(data.values, axis=0)
    largest = AMPLITUDE_CAP * float(data.target.std())
    sizes = np.sqrt((data.values**2).mean(axis=0))
    table = library.term_table
    return Problem(
        n,
        target,
        np.array(linear).reshape(-1, width),
        inner,
        np.concatenate([values, ones]),
        _SLOWEST / ranges,
        2.0 * np.pi * np.array(library.cycles) / ranges,
        np.append(largest / sizes, largest),
        table[:, 0].copy(),
        table[:, 1].copy(),
        table[:, 2].copy(),
    )


def centres_of(data: EquationData) -> FloatArray:
    """Mean of each variable; (n_variables,)."""
    return np.asarray(data.values.mean(axis=0), dtype=np.float64)

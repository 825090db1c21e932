"""Equations iterated from many origins at once: each forecast is the next one's lag.

From the origin after row e - 1, for steps h = 0, 1, ...::

    x[e + h] = f(x[e + h - 1], ..., z[e + h - 1], ..., e + h)

where a value that is known already stands as it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from macrotrade._typing import BoolArray, FloatArray, IntArray
from macrotrade.providers.equations.equation import Equation
from macrotrade.providers.equations.expression import Expression, evaluate, variables_of
from macrotrade.providers.equations.variables import Variable

__all__ = ["Law", "Limits", "Simulated", "Windows", "law_of", "simulate", "windows_of"]

Limits = Mapping[str, tuple[FloatArray | float, FloatArray | float]]
"""By series, the least and the largest value that a step may have; a number, or one for each origin."""


@dataclass(frozen=True, eq=False)
class Law:
    """How one series moves.

    Attributes
    ----------
    target
        The series.
    expression
        Right-hand side.
    parameters
        Shape (n_constants,), or (n_constants, n_origins) where each origin has its own.
    t_origin
        Ordinal of the period at which t = 0.
    """

    target: str
    expression: Expression
    parameters: FloatArray
    t_origin: int

    @property
    def variables(self) -> tuple[Variable, ...]:
        """What it reads."""
        return variables_of(self.expression)


@dataclass(frozen=True, eq=False)
class Windows:
    """Series around several origins.

    Attributes
    ----------
    series
        By name, shape (n_origins, n_lags + n_steps): what came before each origin, and what is known after it.
    first
        Shape (n_origins,): ordinal of each origin's first step.
    n_lags, n_steps
        How far they reach back and forth.
    """

    series: Mapping[str, FloatArray]
    first: IntArray
    n_lags: int
    n_steps: int

    def without(self, targets: Iterable[str]) -> Windows:
        """The same, nothing of the targets known after the origins."""
        series = dict(self.series)
        for target in targets:
            series[target] = series[target].copy()
            series[target][:, self.n_lags :] = np.nan
        return Windows(series, self.first, self.n_lags, self.n_steps)


@dataclass(frozen=True, eq=False)
class Simulated:
    """Paths from every origin.

    Attributes
    ----------
    paths
        By target, shape (n_origins, n_steps); NaN from where the equation has no value.
    clipped
        By target, same shape: whether the step stood beyond its limits.
    """

    paths: Mapping[str, FloatArray]
    clipped: Mapping[str, BoolArray]


def law_of(equation: Equation) -> Law:
    """The equation as something to iterate."""
    return Law(equation.target, equation.expression, equation.parameters, equation.t_origin.ordinal)


def windows_of(frame: pd.DataFrame, names: Iterable[str], ends: Sequence[int], n_lags: int, n_steps: int) -> Windows:
    """The rows around each origin; NaN past the frame's last row.

    Parameters
    ----------
    frame
        A row a period, without gaps.
    names
        Columns.
    ends
        Row of each origin's first step, at least `n_lags`.
    n_lags, n_steps
        How far to reach back and forth.
    """
    rows = np.asarray(ends, dtype=np.int64)[:, None] + np.arange(-n_lags, n_steps)
    values = {}
    for name in names:
        column = np.append(frame[name].to_numpy(dtype=np.float64), np.nan)
        values[name] = column[np.minimum(rows, len(frame))]
    periods = frame.index
    assert isinstance(periods, pd.PeriodIndex)
    first = np.asarray(ends, dtype=np.int64) + int(periods.asi8[0])
    return Windows(values, first, n_lags, n_steps)


def simulate(laws: Sequence[Law], windows: Windows, limits: Limits | None = None) -> Simulated:
    """Paths of the laws' targets from every origin, iterated together.

    Parameters
    ----------
    laws
        One a target.
    windows
        With everything that the laws read; a target's values after an origin are computed where they are NaN.
    limits
        Where a step beyond them is brought back to, by target; none by default.
    """
    table = dict(windows.series)
    for law in laws:
        table[law.target] = table[law.target].copy()
    clipped = {law.target: np.zeros((len(windows.first), windows.n_steps), dtype=np.bool_) for law in laws}
    for step in range(windows.n_steps):
        column = windows.n_lags + step
        for law in laws:
            lagged = {one: _read(one, law, table, windows.first, column, step) for one in law.variables}
            value = np.broadcast_to(evaluate(law.expression, lagged, law.parameters), windows.first.shape)
            known = table[law.target][:, column]
            unknown = np.isnan(known)
            if limits is not None:
                low, high = limits[law.target]
                kept = np.clip(value, low, high)
                clipped[law.target][:, step] = unknown & (kept != value) & ~np.isnan(value)
                value = kept
            table[law.target][:, column] = np.where(unknown, value, known)
    return Simulated({law.target: table[law.target][:, windows.n_lags :] for law in laws}, clipped)


def _read(
    variable: Variable, law: Law, table: Mapping[str, FloatArray], first: IntArray, column: int, step: int
) -> FloatArray:
    if variable.is_time:
        return np.asarray(first + step - law.t_origin, dtype=np.float64)
    return table[variable.name][:, column - variable.lag]

"""The rows an equation is fitted to: a target beside the lagged variables that explain it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from macrotrade._typing import FloatArray
from macrotrade.errors import DataError, near_misses
from macrotrade.providers.equations.variables import Variable, time_index

if TYPE_CHECKING:
    from macrotrade.providers.equations.data import EquationData

__all__ = ["Sample", "lagged_values", "sample_of"]


@dataclass(frozen=True, eq=False)
class Sample:
    """Complete rows of one target and its variables.

    Attributes
    ----------
    target
        Name of the series explained.
    variables
        Columns of `regressors`.
    response
        Shape (n_periods,): the target, reported units.
    regressors
        Shape (n_periods, n_variables): each variable in the row of the period it explains; nothing is missing.
    periods
        Period explained by each row, without gaps.
    t_origin
        Period at which t = 0.
    """

    target: str
    variables: tuple[Variable, ...]
    response: FloatArray
    regressors: FloatArray
    periods: pd.PeriodIndex
    t_origin: pd.Period

    @property
    def n_periods(self) -> int:
        """Rows."""
        return len(self.response)

    @property
    def values(self) -> Mapping[Variable, FloatArray]:
        """Column of each variable, as :func:`~macrotrade.providers.equations.expression.evaluate` takes them."""
        return {variable: self.regressors[:, column] for column, variable in enumerate(self.variables)}

    @property
    def data(self) -> EquationData:
        """The same as fits take it, each variable by its written name."""
        from macrotrade.providers.equations.data import EquationData  # brings the compiled kernels

        return EquationData(self.target, self.response, tuple(map(str, self.variables)), self.regressors)

    def fingerprint(self) -> str:
        """SHA-256 of every number and label: equal samples, equal fingerprints."""
        labels = [self.target, *map(str, self.variables), str(self.periods[0]), str(self.t_origin)]
        digest = hashlib.sha256("|".join(labels).encode())
        for array in (self.response, self.regressors):
            digest.update(np.ascontiguousarray(array, dtype=np.float64).tobytes())
        return digest.hexdigest()


def sample_of(
    frame: pd.DataFrame,
    target: str,
    variables: Sequence[Variable],
    *,
    first: pd.Period | str | None = None,
    last: pd.Period | str | None = None,
    t_origin: pd.Period | str | None = None,
) -> Sample:
    """The complete rows between two periods.

    Parameters
    ----------
    frame
        Series in columns, one row a period (PeriodIndex without gaps), NaN where unknown.
    target, variables
        What is explained and by what.
    first, last
        First and last period explained; by default the first and last with everything known.
    t_origin
        Where t = 0; by default the first row of the frame.

    Raises
    ------
    DataError
        If a series is not in the frame, the frame's rows are no succession of periods, no row is complete, or a value
        is missing between the first and last complete rows.
    """
    periods = _periods(frame)
    origin = periods[0] if t_origin is None else _period(t_origin, periods)
    values = lagged_values(frame, variables, origin)
    response = _column(frame, target)
    regressors = np.column_stack([np.empty((len(frame), 0)), *(values[variable] for variable in variables)])
    rows = _rows(np.isfinite(response) & np.isfinite(regressors).all(axis=1), periods, first, last)
    return Sample(target, tuple(variables), response[rows], regressors[rows], periods[rows], origin)


def lagged_values(
    frame: pd.DataFrame, variables: Sequence[Variable], t_origin: pd.Period
) -> dict[Variable, FloatArray]:
    """Each variable in the row of the period it explains, shape (n_periods,); NaN before the data begins."""
    periods = _periods(frame)
    values = {}
    for variable in variables:
        if variable.is_time:
            values[variable] = time_index(periods, t_origin)
        else:
            column = np.full(len(frame), np.nan)
            column[variable.lag :] = _column(frame, variable.name)[: max(len(frame) - variable.lag, 0)]
            values[variable] = column
    return values


def _rows(
    complete: np.ndarray, periods: pd.PeriodIndex, first: pd.Period | str | None, last: pd.Period | str | None
) -> slice:
    inside = np.ones(len(periods), dtype=bool)
    if first is not None:
        inside &= periods >= _period(first, periods)
    if last is not None:
        inside &= periods <= _period(last, periods)
    found = np.flatnonzero(complete & inside)
    if found.size == 0:
        raise DataError(f"No period from {first or periods[0]} to {last or periods[-1]} has every value known.")
    rows = slice(int(found[0]), int(found[-1]) + 1)
    gaps = np.flatnonzero(~complete[rows])
    if gaps.size:
        raise DataError(f"A value is missing in {periods[rows.start + gaps[0]]}, inside the sample.")
    return rows


def _periods(frame: pd.DataFrame) -> pd.PeriodIndex:
    periods = frame.index
    if not isinstance(periods, pd.PeriodIndex) or len(periods) == 0 or (np.diff(periods.asi8) != 1).any():
        raise DataError("Equations need a frame with a row for each period, a PeriodIndex without gaps.")
    return periods


def _period(moment: pd.Period | str, periods: pd.PeriodIndex) -> pd.Period:
    return pd.Period(moment, freq=periods.freqstr) if isinstance(moment, str) else moment


def _column(frame: pd.DataFrame, name: str) -> FloatArray:
    if name not in frame.columns:
        raise DataError(f"Series {name!r} is not in the data. {near_misses(name, map(str, frame.columns))}")
    return frame[name].to_numpy(dtype=np.float64)

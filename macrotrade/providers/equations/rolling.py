"""What equations would have forecast inside the sample: fitted to its first part, judged on what came next.

At every origin an equation's constants are those of the observations before it; the series that it reads and does not
explain are carried on by their autoregressions from the same observations. Nothing after the sample is seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from macrotrade._typing import FloatArray
from macrotrade.errors import DataError
from macrotrade.providers.equations.autoregressive import carried_on
from macrotrade.providers.equations.candidates import Candidates
from macrotrade.providers.equations.expression import variables_of
from macrotrade.providers.equations.guards import limits_of
from macrotrade.providers.equations.sample import Sample
from macrotrade.providers.equations.simulation import Law, Windows, simulate, windows_of

__all__ = ["RollingErrors", "RollingScores", "rolling_ends", "rolling_scores"]

_EARLIEST = 0.5  # share of the sample before the first origin
_FEWEST = 16


@dataclass(frozen=True, eq=False)
class RollingErrors:
    """Errors of recursive forecasts, NaN where the outcome lies beyond the sample.

    Attributes
    ----------
    errors
        Shape (n_origins, n_steps): forecast less outcome, infinite from where an equation has no value.
    """

    errors: FloatArray

    @property
    def recursive(self) -> float:
        """Root mean squared error over all origins and steps."""
        return float(np.sqrt(np.nanmean(self.errors**2)))

    @property
    def one_step(self) -> float:
        """The same of the first step alone."""
        return float(np.sqrt(np.nanmean(self.errors[:, 0] ** 2)))


@dataclass(frozen=True, eq=False)
class RollingScores:
    """What every candidate would have erred.

    Attributes
    ----------
    ends
        Sample sizes at the origins, ascending.
    candidates
        Of each candidate.
    anchor
        Of the autoregression of order 2.
    """

    ends: tuple[int, ...]
    candidates: tuple[RollingErrors, ...]
    anchor: RollingErrors


def rolling_ends(n_periods: int, horizon: int, n_origins: int) -> tuple[int, ...]:
    """Sample sizes at evenly spaced origins between half of the sample and `horizon` periods before its end.

    >>> rolling_ends(100, 8, 4)
    (50, 64, 78, 92)

    Raises
    ------
    DataError
        If half of the sample is too short for a fit, or leaves no room for the horizon.
    """
    first, last = int(np.ceil(_EARLIEST * n_periods)), n_periods - horizon
    if first < _FEWEST or last < first:
        raise DataError(
            f"Rolling origins need {_FEWEST} periods in the first half of the sample and {horizon} after the last "
            f"origin; there are {n_periods} in all. Take a longer sample, a shorter horizon, or rank by bic."
        )
    return tuple(int(end) for end in np.unique(np.linspace(first, last, n_origins).round()))


def rolling_scores(
    candidates: Candidates, frame: pd.DataFrame, horizon: int, n_origins: int, margin: float
) -> RollingScores:
    """Errors of recursive forecasts from rolling origins inside the sample.

    Parameters
    ----------
    candidates
        With the sample.
    frame
        Of which the sample was taken.
    horizon
        Steps ahead.
    n_origins
        Most origins.
    margin
        How far beyond the history before an origin a step may go, as a share of its range.
    """
    sample = candidates.sample
    ends = rolling_ends(sample.n_periods, horizon, n_origins)
    known = frame.loc[: sample.periods[-1]]
    start = len(known) - sample.n_periods
    rows = [start + end for end in ends]
    windows, outcome = _windows(known, sample, rows, horizon)
    limits = _limits(known, sample.target, rows, margin)
    found = []
    for expression, parameters in zip(candidates.expressions, candidates.refit(ends), strict=True):
        law = Law(sample.target, expression, parameters.T, sample.t_origin.ordinal)
        needed = {one.name for one in variables_of(expression) if not one.is_time} | {sample.target}
        some = Windows({name: windows.series[name] for name in needed}, windows.first, windows.n_lags, horizon)
        path = simulate([law], some, {sample.target: limits}).paths[sample.target]
        found.append(_errors(path, outcome))
    series = known[sample.target].to_numpy(dtype=np.float64)
    anchor = np.array([carried_on(series[:row], horizon) for row in rows])
    return RollingScores(ends, tuple(found), _errors(np.clip(anchor, *(end[:, None] for end in limits)), outcome))


def _windows(known: pd.DataFrame, sample: Sample, rows: Sequence[int], horizon: int) -> tuple[Windows, FloatArray]:
    """Windows at the origins, other series carried on from there; and what came of the target."""
    n_lags = max([1, *(variable.lag for variable in sample.variables)])
    names = {sample.target, *(one.name for one in sample.variables if not one.is_time)}
    windows = windows_of(known, names, rows, n_lags, horizon)
    outcome = windows.series[sample.target][:, n_lags:].copy()
    windows = windows.without(names)
    for name in names - {sample.target}:
        values = known[name].to_numpy(dtype=np.float64)
        windows.series[name][:, n_lags:] = [carried_on(values[:row], horizon) for row in rows]
    return windows, outcome


def _limits(known: pd.DataFrame, target: str, rows: Sequence[int], margin: float) -> tuple[FloatArray, FloatArray]:
    values = known[target].to_numpy(dtype=np.float64)
    ends = np.array([limits_of(values[:row], margin) for row in rows])
    return ends[:, 0], ends[:, 1]


def _errors(path: FloatArray, outcome: FloatArray) -> RollingErrors:
    return RollingErrors(np.where(np.isnan(outcome), np.nan, np.where(np.isnan(path), np.inf, path - outcome)))

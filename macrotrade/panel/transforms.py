"""The seven FRED-MD transformations to stationarity, and the way back to reported units.

McCracken and Ng (2016), FRED-MD: A Monthly Database for Macroeconomic Research, appendix. With x the reported level::

    1  x[t]                            5  ln x[t] - ln x[t-1]
    2  x[t] - x[t-1]                   6  (ln x[t] - ln x[t-1]) - (ln x[t-1] - ln x[t-2])
    3  (x[t] - x[t-1]) - (x[t-1] - x[t-2])
    4  ln x[t]                         7  (x[t]/x[t-1] - 1) - (x[t-1]/x[t-2] - 1)
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias, cast, get_args

import numpy as np
import pandas as pd

from macrotrade._typing import FloatArray, Frequency
from macrotrade.errors import DataError
from macrotrade.panel.panel import Panel

__all__ = ["LOST_ROWS", "Tcode", "integrated", "integrated_frame", "stationary", "transformed", "transformed_frame"]

Tcode: TypeAlias = Literal[1, 2, 3, 4, 5, 6, 7]

LOST_ROWS: dict[int, int] = {1: 0, 2: 1, 3: 2, 4: 0, 5: 1, 6: 2, 7: 2}
"""Rows at the start that each transformation cannot fill."""

_LOGARITHMIC = (4, 5, 6)


def transformed(levels: FloatArray, tcode: Tcode) -> FloatArray:
    """Transformed levels, of the same shape.

    Parameters
    ----------
    levels
        Shape (n_periods, ...), time along the first axis, reported units; above zero for codes 4 to 6.
    tcode
        See the module's table. Growth (5, 6, 7) is decimal per period.

    Returns
    -------
    ndarray
        NaN in the first `LOST_ROWS` rows, wherever a level that enters is NaN, and for the logarithm of what is not
        above zero.
    """
    levels = np.asarray(levels, dtype=np.float64)
    if tcode in _LOGARITHMIC:
        levels = np.log(np.where(levels > 0.0, levels, np.nan))
    if tcode == 7:
        levels = _growth(levels)
    for _ in range({1: 0, 2: 1, 3: 2, 4: 0, 5: 1, 6: 2, 7: 1}[tcode]):
        levels = _difference(levels)
    return levels


def integrated(path: FloatArray, last_levels: FloatArray, tcode: Tcode) -> FloatArray:
    """Levels in reported units that a path of transformed values leads to.

    The inverse of :func:`transformed`: for levels x of n periods and any split s of at least two,
    ``integrated(transformed(x)[s:], x[s-2:s])`` is ``x[s:]``.

    Parameters
    ----------
    path
        Shape (n_horizons, ...), transformed values of the periods that follow the last level, without gaps.
    last_levels
        Shape (2, ...), the last two known levels, the latest last. Codes 1 and 4 need neither, 2 and 5 the latest.
    tcode
        See the module's table.

    Returns
    -------
    ndarray
        Shape of `path`. NaN from the first NaN of the path on (codes other than 1 and 4).

    Notes
    -----
    The level of a mean is not the mean of levels: integrate draws or quantiles of a one-step path where that matters.
    """
    path = np.asarray(path, dtype=np.float64)
    before, latest = np.asarray(last_levels, dtype=np.float64)
    match tcode:
        case 1:
            return path
        case 2:
            return np.asarray(latest + path.cumsum(axis=0))
        case 3:
            return np.asarray(latest + ((latest - before) + path.cumsum(axis=0)).cumsum(axis=0))
        case 4:
            return np.exp(path)
        case 5:
            return np.asarray(latest * np.exp(path.cumsum(axis=0)))
        case 6:
            growth = np.log(latest / before) + path.cumsum(axis=0)
            return np.asarray(latest * np.exp(growth.cumsum(axis=0)))
        case 7:
            growth = (latest / before - 1.0) + path.cumsum(axis=0)
            return np.asarray(latest * (1.0 + growth).cumprod(axis=0))


def stationary(panel: Panel, frequency: Frequency = "M") -> pd.DataFrame:
    """The panel's frame of one frequency, each series transformed by its own code.

    Raises
    ------
    DataError
        If a series has no transformation code, or a logarithm is asked of a level not above zero.
    """
    frame = panel.frame(frequency)
    return transformed_frame(frame, {str(name): panel.series[str(name)].tcode for name in frame.columns})


def transformed_frame(levels: pd.DataFrame, tcodes: Mapping[str, int | None]) -> pd.DataFrame:
    """Transformed levels: periods x series, rows and columns as given, NaN where rows were lost.

    Raises
    ------
    DataError
        Naming the series (and the period) without a code 1 to 7, or not above zero where its logarithm is asked.
    """
    columns = {}
    for name in levels.columns:
        tcode = _tcode_of(str(name), tcodes)
        _require_positive(levels[name], tcode)
        columns[name] = transformed(levels[name].to_numpy(np.float64), tcode)
    return pd.DataFrame(columns, index=levels.index)


def integrated_frame(forecasts: pd.DataFrame, levels: pd.DataFrame, tcodes: Mapping[str, int | None]) -> pd.DataFrame:
    """Forecasts of transformed series as levels in reported units, each from its own last known levels.

    Parameters
    ----------
    forecasts
        Periods x series, transformed. The forecasts of a series start in the period after its last known level (the
        ragged edge: not the same period for every series); NaN before.
    levels
        Periods x series, reported units; may hold more series.
    tcodes
        Code of each series.

    Returns
    -------
    pandas.DataFrame
        As `forecasts`.

    Raises
    ------
    DataError
        If a series' forecasts do not start right after its last known level, or its last two levels are not both known.
    """
    columns = {}
    for name in forecasts.columns:
        tcode = _tcode_of(str(name), tcodes)
        path = forecasts[name].dropna()
        last = levels[name].loc[: levels[name].last_valid_index()].iloc[-2:]
        _require_joined(str(name), path, last, tcode)
        two = np.append(np.nan, last.to_numpy(np.float64))[-2:]
        columns[name] = pd.Series(integrated(path.to_numpy(np.float64), two, tcode), path.index)
    return pd.DataFrame(columns, index=forecasts.index, columns=forecasts.columns)


def _difference(levels: FloatArray) -> FloatArray:
    changes = np.full_like(levels, np.nan)
    changes[1:] = levels[1:] - levels[:-1]
    return changes


def _growth(levels: FloatArray) -> FloatArray:
    growth = np.full_like(levels, np.nan)
    before = np.where(levels[:-1] == 0.0, np.nan, levels[:-1])
    growth[1:] = levels[1:] / before - 1.0
    return growth


def _tcode_of(name: str, tcodes: Mapping[str, int | None]) -> Tcode:
    tcode = tcodes.get(name)
    if tcode not in get_args(Tcode):
        raise DataError(f"Series {name!r} has the transformation code {tcode}; give one from 1 to 7.")
    return cast("Tcode", tcode)


def _require_positive(series: pd.Series, tcode: Tcode) -> None:
    low = series[series <= 0.0] if tcode in _LOGARITHMIC else series.iloc[:0]
    if len(low):
        raise DataError(
            f"Series {series.name!r} is {low.iloc[0]:g} in {low.index[0]}, and code {tcode} takes its logarithm; "
            f"use code {tcode - 3} for this series or correct the number."
        )


def _require_joined(name: str, path: pd.Series, last: pd.Series, tcode: Tcode) -> None:
    needed = LOST_ROWS[tcode]
    if needed and last.iloc[-needed:].notna().sum() < needed:
        raise DataError(
            f"Series {name!r}: code {tcode} goes on from its last {needed} levels, and they are not all known."
        )
    if not needed or not len(path):
        return
    periods = pd.PeriodIndex([last.index[-1], *path.index])
    skipped = np.flatnonzero(np.diff(periods.asi8) != 1)
    if skipped.size:
        k = int(skipped[0])
        raise DataError(
            f"Series {name!r}: the forecast of {periods[k + 1]} does not follow on {periods[k]}; forecasts must "
            "start in the period after the last known level and leave none out."
        )

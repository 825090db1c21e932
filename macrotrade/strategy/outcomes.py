"""What happened after each forecast, from the series as last or as first reported."""

from __future__ import annotations

from typing import Literal, TypeAlias

import numpy as np
import pandas as pd

from macrotrade._typing import FloatArray, Frequency
from macrotrade.panel.vintages import History

__all__ = ["Reported", "with_outcomes"]

Reported: TypeAlias = Literal["last", "first"]
"""``last``: numbers after all revisions. ``first``: the edition in which the forecast period first appeared."""

_Known: TypeAlias = dict[tuple[pd.Timestamp, str], pd.Period]


def with_outcomes(
    forecasts: pd.DataFrame, history: History, frequency: Frequency = "M", reported: Reported = "last"
) -> pd.DataFrame:
    """The tidy forecasts with a column ``outcome``: the realised value of the forecast measure; NaN while unknown.

    Changes since the origin count from the last period known at the origin, the value that the column ``origin`` holds.
    Both ends of a change are taken from one edition of the series, so that a change of base year is no change.

    Parameters
    ----------
    forecasts
        Tidy, as :func:`macrotrade.forecast.tidy` gives them.
    history
        Whose numbers came.
    frequency
        Of the forecast periods.
    reported
        Which edition of a macro series counts; market series have one only. Units that change between editions, as when
        dollars become thousands, are no error with ``first``.
    """
    if forecasts.empty:
        return forecasts.assign(outcome=np.empty(0))
    macro = ~forecasts["series"].isin(history.market.columns).to_numpy()
    known = _last_known(history, forecasts[macro], frequency)
    if reported == "last" or not macro.any():
        return _measured(forecasts, history.as_last_reported(frequency), known, frequency)
    parts = []
    if not macro.all():
        parts.append(_measured(forecasts[~macro], history.as_last_reported(frequency), known, frequency))
    editions = _first_editions(forecasts[macro], history, frequency)
    for day, rows in forecasts[macro].groupby(editions, sort=False):
        parts.append(_measured(rows, history.as_of(pd.Timestamp(day)).frame(frequency), known, frequency))
    unknown = forecasts[macro][editions.isna().to_numpy()]
    return pd.concat([*parts, unknown.assign(outcome=np.nan)]).sort_index()


def _measured(forecasts: pd.DataFrame, numbers: pd.DataFrame, known: _Known, frequency: Frequency) -> pd.DataFrame:
    """Outcomes of these forecasts by one table of numbers, periods x series."""
    parts = [
        part.assign(outcome=_outcome(part, numbers[str(name)], _known_until(part, known, frequency), frequency))
        for name, part in forecasts.groupby("series", sort=False)
    ]
    return pd.concat(parts).sort_index()


def _outcome(part: pd.DataFrame, series: pd.Series, known_until: pd.PeriodIndex, frequency: Frequency) -> FloatArray:
    period = pd.PeriodIndex(part["period"], freq=frequency)
    end = _at(series, period)
    since_origin, one_before = _at(series, known_until), _at(series, period - 1)
    measure = part["measure"].to_numpy(dtype=object)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.select(
            [measure == "level", measure == "change", measure == "log_change", measure == "one_period_change"],
            [end, end - since_origin, np.log(end / since_origin), end - one_before],
            np.log(end / one_before),
        )


def _first_editions(forecasts: pd.DataFrame, history: History, frequency: Frequency) -> pd.Series:
    """Day on which the period of each forecast was first reported; NaT where it has not been."""
    table = history.releases[frequency]
    wanted = forecasts["series"].unique()
    rows = np.flatnonzero(np.isin(table.series, [table.names.index(str(name)) for name in wanted]))
    first = (
        pd.DataFrame({"series": table.series[rows], "period": table.period[rows], "released": table.released[rows]})
        .groupby(["series", "period"])["released"]
        .min()
    )
    codes = forecasts["series"].map({str(name): table.names.index(str(name)) for name in wanted})
    ordinals = pd.PeriodIndex(forecasts["period"], freq=frequency).asi8
    day = first.reindex(pd.MultiIndex.from_arrays([codes, ordinals])).to_numpy()
    return pd.Series(pd.to_datetime(day, unit="D"), index=forecasts.index)


def _last_known(history: History, forecasts: pd.DataFrame, frequency: Frequency) -> _Known:
    """Last period of each macro series that was known at each origin."""
    names = [str(name) for name in forecasts["series"].unique()]
    known = {}
    for origin in forecasts["as_of"].unique():
        frame = history.as_of(origin).frame(frequency)
        present = frame.notna().to_numpy()
        last = len(frame) - 1 - np.argmax(present[::-1], axis=0)
        known.update(
            {(origin, name): frame.index[last[frame.columns.get_loc(name)]] for name in names if name in frame}
        )
    return known


def _known_until(part: pd.DataFrame, last_known: _Known, frequency: Frequency) -> pd.PeriodIndex:
    """Last known period at each row's origin: the last complete one, unless the series was published later."""
    complete = pd.PeriodIndex(part["period"], freq=frequency) - part["horizon"].to_numpy()
    name = str(part["series"].iloc[0])
    return pd.PeriodIndex([last_known.get((o, name), c) for o, c in zip(part["as_of"], complete, strict=True)])


def _at(series: pd.Series, periods: pd.PeriodIndex) -> FloatArray:
    return series.reindex(periods).to_numpy(dtype=np.float64)

"""What happened after each forecast, from the series as last or as first reported."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from macrotrade._typing import AnyArray, FloatArray, Frequency
from macrotrade.panel.vintages import History

__all__ = ["Reported", "with_outcomes"]

Reported: TypeAlias = Literal["last", "first"]
"""``last``: numbers after all revisions. ``first``: the edition in which the forecast period first appeared."""

_Ordinals: TypeAlias = npt.NDArray[np.int64]
"""Periods as whole numbers, as pandas counts them."""


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
    asked = _asked(forecasts, history, frequency)
    last_reported = history.as_last_reported(frequency)
    macro = ~forecasts["series"].isin(history.market.columns).to_numpy()
    if reported == "last" or not macro.any():
        return forecasts.assign(outcome=_outcomes(asked, last_reported))
    outcome = np.full(len(forecasts), np.nan)
    outcome[~macro] = _outcomes(asked.at(np.flatnonzero(~macro)), last_reported)
    for day, rows in _first_editions(asked.at(np.flatnonzero(macro)), history, frequency):
        places = np.flatnonzero(macro)[rows]
        outcome[places] = _outcomes(asked.at(places), history.as_of(day).frame(frequency))
    return forecasts.assign(outcome=outcome)


@dataclass(frozen=True)
class _Asked:
    """What is to be looked up for each forecast, arrays of shape (n_forecasts,).

    Attributes
    ----------
    series, measure
        Names.
    period, known_until
        Ordinals of the period forecast, and of the last one known at the origin.
    """

    series: AnyArray
    measure: AnyArray
    period: _Ordinals
    known_until: _Ordinals

    def at(self, places: npt.NDArray[np.intp]) -> _Asked:
        """Some of the forecasts."""
        return _Asked(self.series[places], self.measure[places], self.period[places], self.known_until[places])


def _asked(forecasts: pd.DataFrame, history: History, frequency: Frequency) -> _Asked:
    codes, labels = pd.factorize(forecasts["period"])
    period = pd.PeriodIndex(labels, freq=frequency).asi8[codes]
    return _Asked(
        forecasts["series"].to_numpy(dtype=object),
        forecasts["measure"].to_numpy(dtype=object),
        period,
        _known_until(forecasts, period - forecasts["horizon"].to_numpy(dtype=np.int64), history, frequency),
    )


def _known_until(forecasts: pd.DataFrame, complete: _Ordinals, history: History, frequency: Frequency) -> _Ordinals:
    """Last known period at each forecast's origin: for market series the last complete one."""
    known = complete.copy()
    macro = np.flatnonzero(~forecasts["series"].isin(history.market.columns).to_numpy())
    series = forecasts["series"].to_numpy(dtype=object)[macro]
    origin, days = pd.factorize(forecasts["as_of"].iloc[macro])
    for number, day in enumerate(pd.DatetimeIndex(days)):
        frame = history.as_of(day).frame(frequency)
        present = frame.notna().to_numpy()
        last = pd.PeriodIndex(frame.index).asi8[len(frame) - 1 - np.argmax(present[::-1], axis=0)]
        rows = np.flatnonzero(origin == number)
        column = frame.columns.get_indexer(pd.Index(series[rows]))
        known[macro[rows]] = np.where(column >= 0, last[column], complete[macro[rows]])
    return known


def _outcomes(asked: _Asked, numbers: pd.DataFrame) -> FloatArray:
    """Outcomes by one table of numbers, periods x series; NaN where it has none."""
    end, since_origin, one_before = (
        _values(numbers, asked.series, period) for period in (asked.period, asked.known_until, asked.period - 1)
    )
    measure = asked.measure
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.select(
            [measure == "level", measure == "change", measure == "log_change", measure == "one_period_change"],
            [end, end - since_origin, np.log(end / since_origin), end - one_before],
            np.log(end / one_before),
        )


def _values(numbers: pd.DataFrame, series: AnyArray, period: _Ordinals) -> FloatArray:
    row = pd.Index(pd.PeriodIndex(numbers.index).asi8).get_indexer(pd.Index(period))
    column = numbers.columns.get_indexer(pd.Index(series))
    found = numbers.to_numpy(dtype=np.float64)[row, column]
    return np.where((row >= 0) & (column >= 0), found, np.nan)


def _first_editions(
    asked: _Asked, history: History, frequency: Frequency
) -> list[tuple[pd.Timestamp, npt.NDArray[np.intp]]]:
    """Days on which periods were first reported, each with the places of their forecasts; the unreported have none."""
    table = history.releases[frequency]
    first = (
        pd.DataFrame({"series": table.series, "period": table.period, "released": table.released})
        .groupby(["series", "period"])["released"]
        .min()
    )
    code = pd.Index(table.names).get_indexer(pd.Index(asked.series))
    day = first.reindex(pd.MultiIndex.from_arrays([code, asked.period])).to_numpy(dtype=np.float64)
    return [
        (pd.Timestamp(int(each), unit="D"), np.flatnonzero(day == each)) for each in np.unique(day[np.isfinite(day)])
    ]

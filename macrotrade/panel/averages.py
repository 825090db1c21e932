"""Month averages of daily series, as monthly series of their own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from macrotrade.errors import DataError, near_misses
from macrotrade.panel.panel import SeriesInfo
from macrotrade.panel.releases import Releases
from macrotrade.panel.vintages import History

__all__ = ["with_monthly_averages"]

_FEWEST_SESSIONS = 10


def with_monthly_averages(history: History, averages: Mapping[str, str]) -> History:
    """The history with monthly series that are averages of daily ones, known at the close of the month's last day.

    Publishers give yields both ways: FRED's ``DGS30`` by day and ``GS30`` as the average of the month. An average over
    the days of a month lags their end by half a month.

    Parameters
    ----------
    history
        To join.
    averages
        Name of the average to the daily series; a monthly series of that name is replaced.

    Raises
    ------
    DataError
        If the history holds no such daily series, or no month of it has ten sessions.
    """
    if not averages:
        return history
    frame = pd.DataFrame({name: _average(history, daily) for name, daily in averages.items()})
    # A decision on the last day of a month knows the closes of that day, and so their average.
    added = Releases.from_final("M", frame, dict.fromkeys(averages, 0))
    monthly = _without(history.releases["M"], set(averages)) if "M" in history.releases else None
    info = {
        name: replace(
            history.series[daily],
            name=name,
            frequency="M",
            kind="macro",
            delay_days=0,
            description=f"Average of {daily} over the month's sessions",
        )
        for name, daily in averages.items()
    }
    series: dict[str, SeriesInfo] = {**history.series, **info}
    notes = tuple(f"{name} is the average of {daily} over the month's sessions" for name, daily in averages.items())
    return replace(
        history,
        releases={**history.releases, "M": monthly.joined(added) if monthly is not None else added},
        series=series,
        notes=(*history.notes, *notes),
    )


def _average(history: History, daily: str) -> pd.Series:
    if daily not in history.market.columns:
        raise DataError(
            f"History {history.name!r} holds no daily {daily!r} to average. "
            f"{near_misses(daily, map(str, history.market.columns))}"
        )
    quoted = history.market[daily].dropna()
    by_month = quoted.groupby(pd.DatetimeIndex(quoted.index).to_period("M"))
    # Months of which only the end is quoted have no average.
    whole = by_month.mean()[by_month.size() >= _FEWEST_SESSIONS]
    if whole.empty:
        raise DataError(f"No month of {daily!r} has {_FEWEST_SESSIONS} sessions to average; give daily quotes.")
    return whole


def _without(table: Releases, names: set[str]) -> Releases:
    gone = [place for place, name in enumerate(table.names) if name in names]
    if not gone:
        return table
    kept = table.subset(~np.isin(table.series, gone))
    left = tuple(name for name in table.names if name not in names)
    place = np.array([left.index(name) if name in left else -1 for name in table.names])
    return replace(kept, names=left, series=place[kept.series].astype(np.int16))

"""Whole vintages put among others: each number with the days on which it stood."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from macrotrade.sources.live.realtime import sorted_versions

__all__ = ["held_vintages", "numbers_on", "with_editions"]


def with_editions(stored: pd.DataFrame | None, editions: Mapping[pd.Timestamp, pd.DataFrame]) -> pd.DataFrame:
    """Table of vintages in which each edition stands from its day to the day before the next one.

    Parameters
    ----------
    stored
        Table at hand, or None.
    editions
        Day on which it became public to the numbers of a vintage, months x series, NaN where it had none. An edition of
        a day that `stored` has replaces what it says of that day.

    Notes
    -----
    Only what stands from the first new day on is written anew: adding the newest vintage takes the time of one.
    """
    first = min(editions)
    later = {} if stored is None else {day: numbers_on(stored, day) for day in _days_of(stored) if day > first}
    to_write = {**later, **editions}
    days = sorted(to_write)
    before = _as_of(stored, first - pd.Timedelta(days=1)) if stored is not None else None
    names = sorted({str(name) for day in days for name in to_write[day].columns} | _names(before))
    months = _months(to_write, before)
    standing = np.full((len(months), len(names)), np.nan)
    since = np.zeros(standing.shape, dtype="datetime64[D]")
    if before is not None:
        rows = months.get_indexer(pd.PeriodIndex(before["period"].dt.to_period("M")))
        columns = pd.Index(names).get_indexer(pd.Index(before["series"].astype(str)))
        standing[rows, columns] = before["value"].to_numpy(np.float64)
        since[rows, columns] = before["realtime_start"].to_numpy("datetime64[D]")
    pieces = [] if stored is None else [_ended(stored, first)]
    first_days = months.to_timestamp()
    for day in days:
        arrived = to_write[day].reindex(index=months, columns=names).to_numpy(np.float64)
        changed = ~((arrived == standing) | (np.isnan(arrived) & np.isnan(standing)))
        pieces.append(_rows(changed & ~np.isnan(standing), standing, since, first_days, names, day))
        standing[changed] = arrived[changed]
        since[changed] = day.to_datetime64().astype("datetime64[D]")
    pieces.append(_rows(~np.isnan(standing), standing, since, first_days, names, None))
    return sorted_versions(pd.concat([piece for piece in pieces if len(piece)], ignore_index=True))


def numbers_on(table: pd.DataFrame, day: pd.Timestamp) -> pd.DataFrame:
    """What stood on that day, months x series."""
    standing = _as_of(table, day)
    wide = standing.assign(series=standing["series"].astype(str)).pivot_table(
        index="period", columns="series", values="value", sort=False
    )
    return wide.sort_index().set_axis(pd.DatetimeIndex(wide.sort_index().index).to_period("M"))


def held_vintages(table: pd.DataFrame) -> list[pd.Period]:
    """Vintage months in the table: each is one month after the last month with numbers on some release day."""
    newest = table.groupby("realtime_start")["period"].max().cummax()
    return sorted({pd.Period(last, "M") + 1 for last in newest})


def _as_of(table: pd.DataFrame, day: pd.Timestamp) -> pd.DataFrame:
    return table[(table["realtime_start"] <= day) & (table["realtime_end"].isna() | (table["realtime_end"] >= day))]


def _ended(table: pd.DataFrame, day: pd.Timestamp) -> pd.DataFrame:
    """Versions that were over before that day."""
    return table[table["realtime_end"] < day - pd.Timedelta(days=1)]


def _days_of(table: pd.DataFrame) -> list[pd.Timestamp]:
    return [pd.Timestamp(day) for day in sorted(table["realtime_start"].unique())]


def _names(table: pd.DataFrame | None) -> set[str]:
    return set() if table is None else set(map(str, table["series"].unique()))


def _months(editions: Mapping[pd.Timestamp, pd.DataFrame], before: pd.DataFrame | None) -> pd.PeriodIndex:
    starts = [numbers.index[0] for numbers in editions.values()]
    ends = [numbers.index[-1] for numbers in editions.values()]
    if before is not None and len(before):
        starts.append(pd.Period(before["period"].min(), "M"))
        ends.append(pd.Period(before["period"].max(), "M"))
    return pd.period_range(min(starts), max(ends), freq="M")


def _rows(
    cells: np.ndarray,
    standing: np.ndarray,
    since: np.ndarray,
    first_days: pd.DatetimeIndex,
    names: list[str],
    replaced: pd.Timestamp | None,
) -> pd.DataFrame:
    """Rows of the versions in these cells, which were replaced on a day or stand still."""
    rows, columns = np.nonzero(cells)
    end = pd.NaT if replaced is None else replaced - pd.Timedelta(days=1)
    return pd.DataFrame(
        {
            "series": np.array(names, dtype=object)[columns],
            "period": first_days[rows],
            "value": standing[rows, columns],
            "realtime_start": pd.DatetimeIndex(since[rows, columns]),
            "realtime_end": pd.DatetimeIndex([end] * rows.size),
        }
    )

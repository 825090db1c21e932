"""Monthly series of what was known at the end of each month, of series of any frequency: ratios and balances."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from macrotrade._typing import FloatArray, Frequency
from macrotrade.errors import DataError, near_misses
from macrotrade.panel.panel import SeriesInfo
from macrotrade.panel.releases import Releases, days
from macrotrade.panel.vintages import History

__all__ = ["AsKnown", "as_known", "with_as_known"]

_MONTHS: dict[Frequency, int] = {"M": 1, "Q": 3}
# A quarter's number is the newest until the next is out, two quarters after its own with the usual delay.
_LONGEST_CARRIED: dict[Frequency, int] = {"M": 6, "Q": 3}


@dataclass(frozen=True)
class AsKnown:
    """A sum of series, over another if one is named, as both were last known at the end of a month.

    A number enters on the day of its release, not before, and stands until the next one is released; the month in which
    the series is read is that of knowing, not the period that the number describes. So a quarterly series can be read
    every month, and nothing in a month is revised later. Quarterly numbers are carried for three quarters after
    their own, monthly ones for six months, quotes not at all: a series that has ended is not continued.

    Attributes
    ----------
    name, group, tcode, description
        Of the series that is made; see :class:`macrotrade.panel.panel.SeriesInfo`.
    parts
        Series to the sign with which each enters the sum, all of one frequency; the sum is taken of the last period in
        which all are known.
    over
        Series by which the sum is divided: of the same period where both are published at one frequency, else as last
        known, and so is a price.
    periods
        Number of the last periods that are summed, such as 12 for a year of a seasonal flow.
    units
        Of the result, which is multiplied by `times`.
    times
        100 for per cent.
    """

    name: str
    parts: Mapping[str, int]
    over: str = ""
    group: str = ""
    tcode: int = 1
    periods: int = 1
    times: float = 100.0
    units: str = "per cent"
    description: str = ""

    @property
    def needs(self) -> tuple[str, ...]:
        """Every series that it is made of."""
        return tuple(dict.fromkeys([*self.parts, *([self.over] if self.over else [])]))


def with_as_known(history: History, made: Sequence[AsKnown], source: History | None = None) -> History:
    """The history with further monthly series, each value public on the last day of its month.

    Parameters
    ----------
    history
        To join.
    made
        What to make, of the series of `source`; `history` by default.

    Raises
    ------
    DataError
        If a series is not there, those of a sum are of several frequencies, or a name is taken.
    """
    taken = [one.name for one in made if one.name in history.series]
    if taken:
        raise DataError(f"History {history.name!r} has a series {taken[0]!r} already; name the new one otherwise.")
    if not made:
        return history
    frame = as_known(source or history, made)
    added = Releases.from_final("M", frame, dict.fromkeys(frame.columns, 0))
    info = {
        one.name: SeriesInfo(one.name, "M", "macro", one.tcode, one.group, one.units, 0, one.description)
        for one in made
    }
    monthly = history.releases["M"].joined(added) if "M" in history.releases else added
    return replace(history, releases={**history.releases, "M": monthly}, series={**history.series, **info})


def as_known(history: History, made: Sequence[AsKnown]) -> pd.DataFrame:
    """Months x series, each as known at the end of the month; NaN before anything was, and after it has ended."""
    months = pd.period_range(history.first_day, history.last_day, freq="M")
    if months[-1].end_time.normalize() > history.last_day:
        months = months[:-1]  # not over: what will be known at its end is not at hand
    deepest = max(one.periods for one in made)
    read = {name: _recent(history, name, months, deepest) for one in made for name in one.needs}
    return pd.DataFrame({one.name: _values(one, read) for one in made}, index=months).dropna(how="all")


@dataclass(frozen=True, eq=False)
class _Recent:
    """The last numbers of one series, as they stood at the end of each month.

    Attributes
    ----------
    frequency
        Of its periods; a market series is read by month.
    numbers
        Shape (n_months, n_back): of the period that holds the month, the one before it, and so on; NaN if not released.
    carried
        Periods after its own for which a number is carried.
    """

    frequency: Frequency
    numbers: FloatArray
    carried: int


def _recent(history: History, name: str, months: pd.PeriodIndex, deepest: int) -> _Recent:
    table = _versions(history, name)
    carried = _LONGEST_CARRIED[table.frequency]
    per = _MONTHS[table.frequency]
    end_days = days(months.end_time.normalize())
    values = np.full((len(months), carried + deepest), np.nan)
    for back in range(values.shape[1]):
        for month_of_period in range(per):
            at = (table.period.astype(np.int64) + back) * per + month_of_period - months[0].ordinal
            inside = (at >= 0) & (at < len(months))
            day = end_days[np.where(inside, at, 0)]
            stands = inside & (table.released <= day) & (day < table.superseded)
            values[at[stands], back] = table.value[stands]
    return _Recent(table.frequency, values, 0 if name in history.market.columns else carried)


def _versions(history: History, name: str) -> Releases:
    if name in history.market.columns:
        quoted = history.market[name].dropna()
        closes = quoted.groupby(pd.DatetimeIndex(quoted.index).to_period("M")).last()
        return Releases.from_final("M", closes.to_frame(name), {name: 0})
    for frequency, table in history.releases.items():
        if name in table.names and frequency in _MONTHS:
            return table.subset(table.series == table.names.index(name))
    known = [*history.market.columns, *(each for table in history.releases.values() for each in table.names)]
    raise DataError(f"History {history.name!r} has no series {name!r} to read. {near_misses(name, map(str, known))}")


def _values(one: AsKnown, read: Mapping[str, _Recent]) -> FloatArray:
    """Shape (n_months,)."""
    parts = [read[name] for name in one.parts]
    if len({part.frequency for part in parts}) > 1:
        raise DataError(f"{one.name}: {', '.join(one.parts)} are of several frequencies and cannot be summed.")
    sums = sum(
        (sign * _summed(part.numbers, one.periods) for part, sign in zip(parts, one.parts.values(), strict=True)),
        start=np.zeros(1),
    )
    carried = min(part.carried for part in parts)
    if not one.over:
        return one.times * _newest(sums, carried)
    under = read[one.over]
    if under.frequency == parts[0].frequency and carried and under.carried:
        return one.times * _newest(sums / under.numbers[:, : sums.shape[1]], min(carried, under.carried))
    return one.times * _newest(sums, carried) / _newest(under.numbers, under.carried)


def _summed(values: FloatArray, periods: int) -> FloatArray:
    """Sum of each number and of those of the `periods` - 1 periods before it; NaN where one is missing."""
    return np.asarray(np.lib.stride_tricks.sliding_window_view(values, periods, axis=1).sum(axis=2))


def _newest(values: FloatArray, carried: int) -> FloatArray:
    """First number of each row that is there, of the first `carried` + 1; NaN where none is."""
    within = values[:, : carried + 1]
    first = (~np.isnan(within)).argmax(axis=1)
    return np.asarray(within[np.arange(len(within)), first])

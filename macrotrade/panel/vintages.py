"""A History: every version of every number with the day it became public, cut to a Panel at any day."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

import numpy as np
import pandas as pd

from macrotrade._typing import Frequency
from macrotrade.errors import DataError, near_misses
from macrotrade.panel.grid import PeriodGrid, period_grid
from macrotrade.panel.panel import Panel, SeriesInfo, Vintages, counted
from macrotrade.panel.releases import NEVER, Releases, days
from macrotrade.schedule import last_complete_period

__all__ = ["NEVER", "History", "Releases", "days"]


@dataclass(frozen=True, eq=False)
class History:
    """Vintages and prices: all that a source knows, from which any day's Panel is cut.

    Attributes
    ----------
    name
        Source, for reports.
    vintages
        ``true`` or ``pseudo``; see :data:`macrotrade.panel.panel.Vintages`.
    releases
        Frequency to :class:`Releases`: the macro numbers.
    market
        Daily yields (per cent) and prices, DatetimeIndex of sessions x series; known at the close, never revised.
        NaN where a series did not trade.
    series
        Name to :class:`SeriesInfo`, macro and market.
    notes
        What was spliced, renamed or left out on the way in.
    """

    name: str
    vintages: Vintages
    releases: Mapping[Frequency, Releases]
    market: pd.DataFrame
    series: Mapping[str, SeriesInfo]
    notes: tuple[str, ...] = ()
    _cache: dict[str, object] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        listed = {name for table in self.releases.values() for name in table.names} | set(map(str, self.market.columns))
        undescribed = sorted(listed - set(self.series))
        if undescribed:
            raise DataError(
                f"History {self.name!r}: no SeriesInfo for {', '.join(undescribed[:5])}; describe every series."
            )
        if not self.market.index.is_monotonic_increasing or self.market.index.has_duplicates:
            raise DataError(
                f"History {self.name!r}: market dates must rise without duplicates; sort and drop duplicates."
            )

    def __repr__(self) -> str:
        return f"History(name={self.name!r}, vintages={self.vintages!r}, series={counted(self.series)})"

    def as_of(self, moment: str | pd.Timestamp) -> Panel:
        """Panel of what was public at the end of the day `moment`.

        Of each (series, period) the version last released on or before that day; market series up to that day, and
        in the monthly and quarterly frames up to the last complete period.

        Raises
        ------
        DataError
            If nothing at all was public by then.
        """
        as_of = _day_of(moment)
        day = int(days([as_of])[0])
        frames: dict[Frequency, pd.DataFrame] = {}
        n_sessions = int(self.market.index.searchsorted(as_of, side="right"))
        daily = self.market.iloc[:n_sessions]
        if daily.shape[1]:
            frames["D"] = daily
        for frequency in self._period_frequencies:
            grid = self._grid(frequency)
            if self._weekend_session_follows(n_sessions):
                grid = period_grid(frequency, self.releases.get(frequency), daily)
            frames[frequency] = grid.frame(day, last_complete_period(as_of, frequency).ordinal)
        present = {str(name) for frame in frames.values() for name in frame.columns}
        if not any(len(frame) for frame in frames.values()):
            raise DataError(
                f"History {self.name!r} holds nothing public by {as_of:%Y-%m-%d}; it starts {self.first_day}."
            )
        series = {name: info for name, info in self.series.items() if name in present}
        return Panel(as_of, self.vintages, series, frames, self.notes)

    def as_last_reported(self, frequency: Frequency = "M") -> pd.DataFrame:
        """Every series as it was last reported, periods x series: what outcomes are measured by.

        A discontinued series, which no panel of today holds, stands as in its last edition.
        """
        table = self.releases.get(frequency)
        whole = self._grid(frequency).frame(
            int(days([self.last_day])[0]), last_complete_period(self.last_day, frequency).ordinal
        )
        if table is None:
            return whole
        rows = table.last_standing()
        macro = pd.DataFrame(
            {"period": table.period[rows], "series": table.series[rows], "value": table.value[rows]}
        ).pivot_table(index="period", columns="series", values="value")
        macro.index = pd.PeriodIndex([pd.Period(ordinal=int(at), freq=frequency) for at in macro.index], name="period")
        macro.columns = pd.Index([table.names[int(place)] for place in macro.columns])
        market = whole[[name for name in whole.columns if name not in table.names]]
        return macro.join(market, how="outer")

    def prices(self, symbols: Sequence[str] | None = None) -> pd.DataFrame:
        """Daily prices or excess-return indices of these symbols, sessions x symbols; NaN where one did not trade."""
        known = [name for name, info in self.series.items() if info.kind == "price" and name in self.market.columns]
        wanted = list(symbols) if symbols is not None else known
        for symbol in wanted:
            if symbol not in known:
                raise DataError(f"History {self.name!r} has no price {symbol!r}. {near_misses(symbol, known)}")
        return self.market[wanted].dropna(how="all")

    def truncated(self, moment: str | pd.Timestamp) -> History:
        """The same source as it stood at the end of that day: everything later is gone."""
        as_of = pd.Timestamp(moment).normalize()
        day = int(days([as_of])[0])
        releases = {frequency: table.truncated(day) for frequency, table in self.releases.items()}
        return replace(self, releases=releases, market=self.market.loc[:as_of])

    def fingerprint(self) -> str:
        """SHA-256 of every number, label and release day: equal histories, equal fingerprints."""
        if "fingerprint" not in self._cache:
            digest = hashlib.sha256(f"{self.vintages}|{'|'.join(self.market.columns)}".encode())
            digest.update(days(pd.DatetimeIndex(self.market.index)).tobytes())
            digest.update(np.ascontiguousarray(self.market.to_numpy(np.float64)).tobytes())
            for frequency in sorted(self.releases):
                table = self.releases[frequency]
                digest.update("|".join([frequency, *table.names]).encode())
                for column in (table.series, table.period, table.released, table.superseded, table.value):
                    digest.update(np.ascontiguousarray(column).tobytes())
            self._cache["fingerprint"] = digest.hexdigest()
        return str(self._cache["fingerprint"])

    def panel_fingerprint(self, moment: str | pd.Timestamp) -> str:
        """SHA-256 of the panel of that day: what is added to the source later does not change it."""
        key = f"panel of {_day_of(moment):%Y-%m-%d}"
        if key not in self._cache:
            self._cache[key] = self.as_of(moment).fingerprint()
        return str(self._cache[key])

    def told_earlier(self, months: int) -> History:
        """The same numbers as if each had been released `months` months before, on the same day of the month at most.

        For designs that count horizons from the last month of data, not from the day of the decision: what such a
        forecast calls one month ahead is, on that day, the month that has just ended.
        """
        releases = {frequency: table.told_earlier(months) for frequency, table in self.releases.items()}
        note = f"every release is taken as {months} month(s) earlier than it was: horizons count from the data"
        return replace(self, releases=releases, notes=(*self.notes, note))

    def with_tables(self, releases: Mapping[Frequency, Releases], market: pd.DataFrame) -> History:
        """The same source with other numbers."""
        return replace(self, releases=releases, market=market)

    @property
    def first_day(self) -> pd.Timestamp:
        """First day on which anything was public."""
        starts = [int(table.released.min()) for table in self.releases.values() if table.released.size]
        first = [pd.Timestamp(min(starts), unit="D")] if starts else []
        return self._one_of(min, [*first, *self.market.index[:1]])

    @property
    def last_day(self) -> pd.Timestamp:
        """Last day on which anything became public."""
        ends = [int(table.released.max()) for table in self.releases.values() if table.released.size]
        last = [pd.Timestamp(max(ends), unit="D")] if ends else []
        return self._one_of(max, [*last, *self.market.index[-1:]])

    def _one_of(self, choose: Callable[[list[pd.Timestamp]], pd.Timestamp], days: list[pd.Timestamp]) -> pd.Timestamp:
        if not days:
            raise DataError(
                f"History {self.name!r} holds nothing public at all; load data that reach the days asked for."
            )
        return pd.Timestamp(choose(days))

    @property
    def _period_frequencies(self) -> tuple[Frequency, ...]:
        wanted: list[Frequency] = ["M"] if self.market.shape[1] else []
        return tuple(dict.fromkeys([*wanted, *self.releases]))

    def _weekend_session_follows(self, n_sessions: int) -> bool:
        """Whether the next session is on a weekend: a month that is over on its last weekday may close after it."""
        return n_sessions < len(self.market) and self.market.index[n_sessions].weekday() >= 5

    def _grid(self, frequency: Frequency) -> PeriodGrid:
        """Grid of one frequency; kept, since it does not depend on the day of the cut."""
        if frequency not in self._cache:
            self._cache[frequency] = period_grid(frequency, self.releases.get(frequency), self.market)
        grid = self._cache[frequency]
        assert isinstance(grid, PeriodGrid)
        return grid


def _day_of(moment: object) -> pd.Timestamp:
    """The calendar day meant; a number, a missing date, a zone or words that are no date are refused."""
    if not isinstance(moment, str | date | np.datetime64) or pd.isna(moment):
        raise DataError(f"as_of={moment!r} is no day; give a date, or text such as '2008-12-31'.")
    try:
        day = pd.Timestamp(moment)
    except ValueError:
        raise DataError(f"as_of={moment!r} is no day; write it as YYYY-MM-DD.") from None
    if day.tzinfo is not None:
        raise DataError(f"as_of={moment!r} has a time zone; give a plain date, the end of that day is meant.")
    return day.normalize()

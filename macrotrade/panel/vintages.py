"""A History: every version of every number with the day it became public, cut to a Panel at any day."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd

from macrotrade._typing import FloatArray, Frequency
from macrotrade.errors import DataError, near_misses
from macrotrade.panel.panel import Panel, SeriesInfo, Vintages
from macrotrade.schedule import last_complete_period

__all__ = ["NEVER", "History", "Releases", "days"]

NEVER = np.iinfo(np.int32).max
"""Day number of a release that no later one has replaced."""


def days(dates: pd.DatetimeIndex | Sequence[pd.Timestamp]) -> npt.NDArray[np.int32]:
    """Days since 1970-01-01 of each date."""
    index = pd.DatetimeIndex(list(dates)) if not isinstance(dates, pd.DatetimeIndex) else dates
    return index.to_numpy(dtype="datetime64[D]").astype(np.int32)


@dataclass(frozen=True, eq=False)
class Releases:
    """Versions of macro numbers of one frequency, a row each: (series, period, released, superseded, value).

    Attributes
    ----------
    frequency
        ``M`` or ``Q``.
    names
        Series, in column order.
    series
        Shape (n_rows,), index into `names`.
    period
        Shape (n_rows,), pandas period ordinal that the number describes.
    released, superseded
        Shape (n_rows,), days since 1970-01-01: the version is public from the end of `released` until the day before
        `superseded`, which is `NEVER` for a version that still stands.
    value
        Shape (n_rows,), reported units. NaN never appears: a withdrawn number is a row that ends.
    """

    frequency: Frequency
    names: tuple[str, ...]
    series: npt.NDArray[np.int16]
    period: npt.NDArray[np.int32]
    released: npt.NDArray[np.int32]
    superseded: npt.NDArray[np.int32]
    value: FloatArray

    @classmethod
    def from_versions(cls, frequency: Frequency, versions: pd.DataFrame) -> Releases:
        """From a frame of columns series, period, released, value: each release replaces the one before it.

        A NaN value withdraws the number from its release on.
        """
        table = versions.assign(
            period=_ordinals(versions["period"], frequency), released=days(pd.DatetimeIndex(versions["released"]))
        ).sort_values(["series", "period", "released"], kind="stable")
        if table.duplicated(["series", "period", "released"]).any():
            row = table[table.duplicated(["series", "period", "released"])].iloc[0]
            raise DataError(
                f"Series {row['series']!r} has two values released on the same day for one period "
                f"({pd.Period(ordinal=int(row['period']), freq=frequency)}); keep the later one."
            )
        same_cell = (table["series"] == table["series"].shift(-1)) & (table["period"] == table["period"].shift(-1))
        superseded = np.where(same_cell, table["released"].shift(-1, fill_value=0), NEVER)
        names, codes = _codes(table["series"])
        keep = table["value"].notna().to_numpy()
        return cls(
            frequency,
            names,
            codes[keep],
            table["period"].to_numpy(np.int32)[keep],
            table["released"].to_numpy(np.int32)[keep],
            superseded.astype(np.int32)[keep],
            table["value"].to_numpy(np.float64)[keep],
        )

    @classmethod
    def from_final(cls, frequency: Frequency, frame: pd.DataFrame, delay_days: Mapping[str, int]) -> Releases:
        """From final numbers (PeriodIndex x series): a value is public `delay_days` after its period ends."""
        values = frame.to_numpy(np.float64)
        rows, columns = np.nonzero(~np.isnan(values))
        missing = [str(name) for name in frame.columns if str(name) not in delay_days]
        if missing:
            raise DataError(f"No publication delay for {', '.join(missing[:5])}; give delay_days for every series.")
        period_end = days(pd.PeriodIndex(frame.index).end_time.normalize())
        delay = np.array([delay_days[str(name)] for name in frame.columns], dtype=np.int32)
        released = period_end[rows] + delay[columns]
        return cls(
            frequency,
            tuple(map(str, frame.columns)),
            columns.astype(np.int16),
            pd.PeriodIndex(frame.index).asi8[rows].astype(np.int32),
            released.astype(np.int32),
            np.full(rows.size, NEVER, dtype=np.int32),
            values[rows, columns],
        )

    @cached_property
    def period_span(self) -> tuple[int, int]:
        """First and last period ordinal of any version."""
        return int(self.period.min()), int(self.period.max())

    def known(self, day: int) -> npt.NDArray[np.intp]:
        """Rows that stood at the end of that day."""
        return np.flatnonzero((self.released <= day) & (self.superseded > day))

    def subset(self, rows: npt.NDArray[np.intp] | npt.NDArray[np.bool_]) -> Releases:
        """These rows only."""
        return replace(
            self,
            series=self.series[rows],
            period=self.period[rows],
            released=self.released[rows],
            superseded=self.superseded[rows],
            value=self.value[rows],
        )

    def truncated(self, day: int) -> Releases:
        """What an archivist had at the end of that day: no later release, and nothing replaced later."""
        kept = self.subset(self.released <= day)
        return replace(kept, superseded=np.where(kept.superseded > day, NEVER, kept.superseded).astype(np.int32))


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

    def as_of(self, moment: str | pd.Timestamp) -> Panel:
        """Panel of what was public at the end of the day `moment`.

        Of each (series, period) the version last released on or before that day; market series up to that day, and
        in the monthly and quarterly frames up to the last complete period.

        Raises
        ------
        DataError
            If nothing at all was public by then.
        """
        as_of = pd.Timestamp(moment)
        if as_of.tzinfo is not None:
            raise DataError(f"as_of={moment!r} has a time zone; give a plain date, the end of that day is meant.")
        as_of = as_of.normalize()
        day = int(days([as_of])[0])
        frames: dict[Frequency, pd.DataFrame] = {}
        daily = self.market.iloc[: self.market.index.searchsorted(as_of, side="right")]
        if daily.shape[1]:
            frames["D"] = daily
        for frequency in self._period_frequencies:
            frames[frequency] = self._period_frame(frequency, as_of, day)
        present = {str(name) for frame in frames.values() for name in frame.columns}
        if not any(len(frame) for frame in frames.values()):
            raise DataError(
                f"History {self.name!r} holds nothing public by {as_of:%Y-%m-%d}; it starts {self.first_day}."
            )
        series = {name: info for name, info in self.series.items() if name in present}
        return Panel(as_of, self.vintages, series, frames, self.notes)

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

    def with_tables(self, releases: Mapping[Frequency, Releases], market: pd.DataFrame) -> History:
        """The same source with other numbers."""
        return replace(self, releases=releases, market=market)

    @property
    def first_day(self) -> pd.Timestamp:
        """First day on which anything was public."""
        starts = [int(table.released.min()) for table in self.releases.values() if table.released.size]
        first = [pd.Timestamp(min(starts), unit="D")] if starts else []
        return pd.Timestamp(min([*first, *self.market.index[:1]]))

    @property
    def last_day(self) -> pd.Timestamp:
        """Last day on which anything became public."""
        ends = [int(table.released.max()) for table in self.releases.values() if table.released.size]
        last = [pd.Timestamp(max(ends), unit="D")] if ends else []
        return pd.Timestamp(max([*last, *self.market.index[-1:]]))

    @property
    def _period_frequencies(self) -> tuple[Frequency, ...]:
        wanted: list[Frequency] = ["M"] if self.market.shape[1] else []
        return tuple(dict.fromkeys([*wanted, *self.releases]))

    def _market_by_period(self, frequency: Frequency) -> pd.DataFrame:
        """Last quote of each market series in each period; cached, since it does not depend on the day of the cut."""
        if frequency not in self._cache:
            market = self.market
            by_period = market.groupby(pd.DatetimeIndex(market.index).to_period(frequency)).last()
            full = (
                pd.period_range(by_period.index[0], by_period.index[-1], freq=frequency)
                if len(by_period)
                else by_period.index
            )
            self._cache[frequency] = by_period.reindex(full).astype(np.float64)
        table = self._cache[frequency]
        assert isinstance(table, pd.DataFrame)
        return table

    def _period_frame(self, frequency: Frequency, as_of: pd.Timestamp, day: int) -> pd.DataFrame:
        complete = last_complete_period(as_of, frequency).ordinal
        market = self._market_by_period(frequency) if self.market.shape[1] else pd.DataFrame()
        market_first = int(market.index[0].ordinal) if len(market) else complete + 1
        market_rows = max(0, min(len(market), complete - market_first + 1))
        table = self.releases.get(frequency)
        rows = table.known(day) if table is not None else np.empty(0, dtype=np.intp)
        names = (table.names if table is not None else ()) + tuple(map(str, market.columns))
        firsts, lasts = [], []
        if market_rows:
            firsts.append(market_first)
            lasts.append(market_first + market_rows - 1)
        if rows.size and table is not None:
            period = table.period[rows]
            firsts.append(int(period.min()))
            lasts.append(int(period.max()))
        if not firsts:
            return pd.DataFrame(index=pd.PeriodIndex([], freq=frequency))
        first, last = min(firsts), max(lasts)
        values = np.full((last - first + 1, len(names)), np.nan)
        if rows.size and table is not None:
            values[period - first, table.series[rows]] = table.value[rows]
        if market_rows:
            start = market_first - first
            values[start : start + market_rows, len(names) - market.shape[1] :] = market.to_numpy()[:market_rows]
        present = np.flatnonzero(~np.isnan(values).all(axis=0))
        index = pd.period_range(pd.Period(ordinal=first, freq=frequency), periods=last - first + 1, name="period")
        return pd.DataFrame(values[:, present], index=index, columns=pd.Index([names[column] for column in present]))


def _ordinals(periods: pd.Series, frequency: Frequency) -> npt.NDArray[np.int32]:
    return pd.PeriodIndex(periods, freq=frequency).asi8.astype(np.int32)


def _codes(series: pd.Series) -> tuple[tuple[str, ...], npt.NDArray[np.int16]]:
    codes, names = pd.factorize(series)
    return tuple(map(str, names)), codes.astype(np.int16)

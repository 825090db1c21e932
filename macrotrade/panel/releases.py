"""Releases: every version of every macro number, with the days on which it was the public one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd

from macrotrade._typing import FloatArray, Frequency
from macrotrade.errors import DataError

__all__ = ["NEVER", "Releases", "days"]

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

    def last_standing(self) -> npt.NDArray[np.intp]:
        """Rows of each series' last edition: those that stand still, or stood on the day before it was discontinued."""
        ended = np.zeros(len(self.names), dtype=np.int64)
        np.maximum.at(ended, self.series, self.superseded.astype(np.int64))
        return np.flatnonzero(self.superseded >= ended[self.series])

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

    def joined(self, other: Releases) -> Releases:
        """Versions of both tables, which are of one frequency and have no series in common."""
        return replace(
            self,
            names=(*self.names, *other.names),
            series=np.concatenate([self.series, other.series + len(self.names)]).astype(np.int16),
            period=np.concatenate([self.period, other.period]),
            released=np.concatenate([self.released, other.released]),
            superseded=np.concatenate([self.superseded, other.superseded]),
            value=np.concatenate([self.value, other.value]),
        )

    def told_earlier(self, months: int) -> Releases:
        """The same versions as if each had been released, and replaced, `months` months before."""
        stands = self.superseded == NEVER
        moved = _months_before(np.concatenate([self.released, self.superseded[~stands]]), months)
        superseded = self.superseded.copy()
        superseded[~stands] = moved[len(self.released) :]
        return replace(self, released=moved[: len(self.released)], superseded=superseded)

    def truncated(self, day: int) -> Releases:
        """What an archivist had at the end of that day: no later release, and nothing replaced later."""
        kept = self.subset(self.released <= day)
        return replace(kept, superseded=np.where(kept.superseded > day, NEVER, kept.superseded).astype(np.int32))


def _ordinals(periods: pd.Series, frequency: Frequency) -> npt.NDArray[np.int32]:
    return pd.PeriodIndex(periods, freq=frequency).asi8.astype(np.int32)


def _codes(series: pd.Series) -> tuple[tuple[str, ...], npt.NDArray[np.int16]]:
    codes, names = pd.factorize(series)
    return tuple(map(str, names)), codes.astype(np.int16)


def _months_before(day_numbers: npt.NDArray[np.int32], months: int) -> npt.NDArray[np.int32]:
    """Each day moved back; the last day of a month stays a last day, so that vintages of a month stay in order."""
    distinct, place = np.unique(day_numbers, return_inverse=True)
    dates = pd.DatetimeIndex(pd.to_datetime(distinct, unit="D"))
    moved = dates - pd.DateOffset(months=months)
    month_ends = dates.is_month_end
    moved = moved.where(~month_ends, moved + pd.offsets.MonthEnd(0))
    return days(moved)[place]

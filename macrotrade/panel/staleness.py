"""Which series are too old for a decision today, and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pandas as pd

from macrotrade._typing import Frequency
from macrotrade.errors import DataError
from macrotrade.panel.panel import Panel, SeriesInfo
from macrotrade.panel.vintages import History

__all__ = ["Stale", "days_in_words", "max_age_days", "stale"]

_PERIOD_DAYS: dict[Frequency, int] = {"D": 1, "M": 31, "Q": 92}
_GRACE_DAYS: dict[Frequency, int] = {"D": 9, "M": 31, "Q": 45}
"""Days a release may be late. Daily: a long weekend and a holiday, with the days a publisher then takes. Monthly: what
comes with a monthly collection such as FRED-MD waits for its end. Quarterly: a first estimate that is put off."""
_UNKNOWN_DELAY_DAYS = 45


@dataclass(frozen=True)
class Stale:
    """A series whose last value is older than it may be.

    Attributes
    ----------
    series
        Name.
    at
        Day at which it was looked at.
    last
        Last session of a daily series, or last day of the last known period of any other; NaT where it has no value.
    limit
        Largest age, in days.
    """

    series: str
    at: pd.Timestamp
    last: pd.Timestamp
    limit: int

    @property
    def age(self) -> int | None:
        """Days from the last value to `at`; None where there is no value."""
        return None if pd.isna(self.last) else (self.at - self.last).days

    @property
    def reason(self) -> str:
        """What is wrong, in words.

        >>> Stale("DGS10", pd.Timestamp("2026-11-30"), pd.Timestamp("2026-11-03"), 10).reason
        'DGS10 was last known for 2026-11-03, 27 days before 2026-11-30; at most 10 days allowed'
        """
        if self.age is None:
            return f"{self.series} has no value by {self.at:%Y-%m-%d}"
        return (
            f"{self.series} was last known for {self.last:%Y-%m-%d}, {days_in_words(self.age)} before "
            f"{self.at:%Y-%m-%d}; at most {days_in_words(self.limit)} allowed"
        )


def stale(
    known: History | Panel,
    series: Iterable[str],
    at: str | pd.Timestamp,
    limits: Mapping[str, int] | None = None,
) -> tuple[Stale, ...]:
    """Those of the series whose last value known at the end of the day `at` is older than it may be then.

    Parameters
    ----------
    known
        A history, cut at `at`, or a panel that was.
    series
        Names; each once.
    limits
        Series to largest age in days, in place of :func:`max_age_days`.

    Raises
    ------
    DataError
        For a series that a history does not know at all.
    """
    day = pd.Timestamp(at).normalize()
    panel = known.as_of(day) if isinstance(known, History) else known
    infos = known.series
    found = []
    for name in dict.fromkeys(series):
        if isinstance(known, History) and name not in infos:
            raise DataError(f"History {known.name!r} has no series {name!r}, so nobody can say how old it is.")
        info = infos.get(name, SeriesInfo(name))
        limit = (limits or {}).get(name, max_age_days(info))
        last = _last_day(panel, name, info.frequency)
        if pd.isna(last) or (day - last).days > limit:
            found.append(Stale(name, day, last, limit))
    return tuple(found)


def max_age_days(info: SeriesInfo) -> int:
    """Largest age, in days from the end of its period, that the last value of a series has when all is well.

    The value of the period after it is due one period and `info.delay_days` later (45 days where the delay is not
    known), and may be late by a grace: 9 days for daily series, 31 for monthly and 45 for quarterly ones.

    >>> max_age_days(SeriesInfo("UNRATE", delay_days=7)), max_age_days(SeriesInfo("DGS10", "D", "yield", delay_days=0))
    (69, 10)
    """
    usual = 0 if info.frequency == "D" else _UNKNOWN_DELAY_DAYS
    delay = info.delay_days if info.delay_days is not None else usual
    return _PERIOD_DAYS[info.frequency] + delay + _GRACE_DAYS[info.frequency]


def days_in_words(number: int) -> str:
    """A number of days.

    >>> days_in_words(1), days_in_words(2)
    ('1 day', '2 days')
    """
    return f"{number} day" if number == 1 else f"{number} days"


def _last_day(panel: Panel, name: str, frequency: Frequency) -> pd.Timestamp:
    """Last session, or last day of the last period, with a value; NaT where there is none."""
    for each in dict.fromkeys((frequency, "D", "M", "Q")):
        if each in panel.frames and name in panel.frames[each].columns:
            known = panel.frames[each][name].dropna().index
            if len(known):
                last = known[-1]
                return pd.Timestamp(last.end_time.normalize() if isinstance(last, pd.Period) else last)
    return pd.NaT  # type: ignore[return-value]

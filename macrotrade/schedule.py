"""When we decide, when we refit, and which periods are over by then."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, TypeAlias

import pandas as pd

from macrotrade._typing import Frequency
from macrotrade.errors import SettingsError, near_misses

__all__ = ["Decide", "Schedule", "last_complete_period", "month_end_sessions"]

Decide: TypeAlias = Literal["daily", "weekly", "monthly", "quarterly"]

_CALENDAR: dict[str, str] = {"daily": "B", "weekly": "W-FRI", "monthly": "ME", "quarterly": "QE-DEC"}


@dataclass(frozen=True)
class Schedule:
    """The dates on which a decision is taken, and how often a provider is fitted again.

    Attributes
    ----------
    decide
        ``monthly`` decides on the last calendar day of each month, ``quarterly`` likewise, ``weekly`` on Fridays,
        ``daily`` on weekdays. A decision uses what was public by the end of that day, closing prices included.
    refit_every
        Number of origins between fits; 1 fits anew at every origin. Between fits the last fitted forecaster reads
        the new panel. None leaves it to each provider's class, most of which are fitted at every origin.
    """

    decide: Decide = "monthly"
    refit_every: int | None = None

    def __post_init__(self) -> None:
        if self.decide not in _CALENDAR:
            raise SettingsError(f"decide={self.decide!r} is not a schedule. {near_misses(self.decide, _CALENDAR)}")
        if self.refit_every is not None and self.refit_every < 1:
            raise SettingsError(f"refit_every must be at least 1 origin, not {self.refit_every}.")

    def origins(self, start: str | pd.Timestamp, end: str | pd.Timestamp) -> pd.DatetimeIndex:
        """Decision days from `start` to `end`, both included.

        >>> list(Schedule().origins("2007-12", "2008-02-29").strftime("%Y-%m-%d"))
        ['2007-12-31', '2008-01-31', '2008-02-29']
        """
        return pd.date_range(pd.Timestamp(start), pd.Timestamp(end), freq=_CALENDAR[self.decide], name="origin")

    @property
    def decisions_a_year(self) -> float:
        """Decisions in a year: 252, 52, 12 or 4."""
        return {"daily": 252.0, "weekly": 52.0, "monthly": 12.0, "quarterly": 4.0}[self.decide]


@lru_cache(maxsize=4096)
def last_complete_period(as_of: pd.Timestamp, frequency: Frequency) -> pd.Period:
    """Last day, month or quarter whose trading was over at the end of `as_of`.

    A month is over on its last weekday, so a decision taken on Friday 30 May sees May as complete.

    >>> last_complete_period(pd.Timestamp("2008-01-31"), "M")
    Period('2008-01', 'M')
    >>> last_complete_period(pd.Timestamp("2008-01-15"), "M")
    Period('2007-12', 'M')
    """
    if frequency == "D":
        return pd.Period(as_of, freq="D")
    period = pd.Period(as_of, freq=frequency)
    last_day = period.end_time.normalize()
    last_weekday = last_day - pd.Timedelta(days=max(0, last_day.weekday() - 4))
    return period if as_of.normalize() >= last_weekday else period - 1


def month_end_sessions(sessions: pd.DatetimeIndex) -> pd.DatetimeIndex:
    """Last of the given sessions in each month."""
    months = sessions.to_period("M")
    last = months[1:] != months[:-1]
    return sessions[[*last, True]] if len(sessions) else sessions

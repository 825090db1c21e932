"""How often a price is quoted: the bar, its year, and the days its labels stand for.

vectorbt divides a year by the length of a bar to annualise. A calendar frequency ("ME") has no length, "MS" is read as
milliseconds, and a daily bar is given 365 to the year unless told otherwise, so both lengths are always stated here.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from macrotrade.errors import DataError

__all__ = ["BARS", "Bar", "bar_of", "days_of"]


@dataclass(frozen=True)
class Bar:
    """One frequency of quotation.

    Attributes
    ----------
    name
        ``daily``, ``weekly``, ``monthly`` or ``quarterly``.
    length, year
        Lengths whose ratio is the number of bars in a year, exactly.
    calendar
        pandas period in which two dates belong to the same bar.
    gap_days
        Range of the median distance between labels by which the bar is known.
    longest_gap
        Missing closes in a row that are holidays; more means that trading stopped.
    """

    name: str
    length: pd.Timedelta
    year: pd.Timedelta
    calendar: str
    gap_days: tuple[int, int]
    longest_gap: int

    @property
    def periods_per_year(self) -> float:
        """Bars in a year: 252, 52, 12 or 4."""
        return float(self.year / self.length)


def _bar(name: str, length: float, year: float, calendar: str, gap_days: tuple[int, int], longest_gap: int) -> Bar:
    return Bar(name, pd.Timedelta(days=length), pd.Timedelta(days=year), calendar, gap_days, longest_gap)


BARS: tuple[Bar, ...] = (
    _bar("daily", 1, 252, "D", (1, 4), 5),
    _bar("weekly", 7, 364, "W-SUN", (5, 10), 0),
    _bar("monthly", 30.4375, 365.25, "M", (25, 35), 0),
    _bar("quarterly", 91.3125, 365.25, "Q-DEC", (80, 100), 0),
)
"""The frequencies known."""


def bar_of(index: pd.Index) -> Bar:
    """Bar of an index of sessions, known by the median distance of its labels; a single session is a day.

    >>> bar_of(pd.date_range("2000-01-31", periods=24, freq="ME")).periods_per_year
    12.0
    """
    days = days_of(index, "prices")
    if len(days) < 2:
        return BARS[0]
    gap = float(np.median(np.diff(days.to_numpy(dtype="datetime64[D]").astype(np.int64))))
    for bar in BARS:
        if bar.gap_days[0] <= gap <= bar.gap_days[1]:
            return bar
    raise DataError(
        f"Prices are typically {gap:g} days apart; give daily, weekly, monthly or quarterly closes, one a bar."
    )


def days_of(index: pd.Index, what: str) -> pd.DatetimeIndex:
    """Calendar days that the labels show, without time or zone; they must rise without repeats.

    A label such as 2020-01-02 00:00 in New York stands for 2 January, wherever it is read.

    Raises
    ------
    DataError
        If labels are not dates, fall back, or name a day twice.
    """
    if not isinstance(index, pd.DatetimeIndex):
        raise DataError(
            f"The rows of {what} must be dates (DatetimeIndex), not {type(index).__name__}; "
            "a PeriodIndex becomes dates by .to_timestamp(how='end')."
        )
    days = index.tz_localize(None).normalize()
    if days.hasnans or not days.is_monotonic_increasing:
        raise DataError(f"The dates of {what} must rise; sort the rows first.")
    if days.has_duplicates:
        twice = days[days.duplicated()][0]
        raise DataError(f"{what.capitalize()} have two rows on {twice:%Y-%m-%d}; keep one a day, the close.")
    return days

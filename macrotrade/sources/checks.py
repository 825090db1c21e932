"""Checks at the door: each raises a DataError that names the file, the series, the date and the remedy.

Nothing is repaired here. What passes is dated, sorted, numeric and finite; missing values stay NaN.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypeAlias

import numpy as np
import pandas as pd

from macrotrade._typing import Frequency
from macrotrade.errors import DataError, near_misses

__all__ = [
    "MISSING",
    "YieldUnits",
    "as_dates",
    "as_numbers",
    "as_per_cent",
    "require_columns",
    "require_every_period",
    "require_past",
    "require_positive",
    "require_rising_dates",
    "require_some_value",
    "require_variation",
]

YieldUnits: TypeAlias = Literal["per cent", "decimal", "basis points"]

MISSING = frozenset({"", ".", "NA", "N/A", "#N/A", "NaN", "nan", "null", "None"})
"""Texts that mean a missing value."""

_WORDS: dict[str, str] = {"D": "daily", "M": "monthly", "Q": "quarterly"}
_PER_CENT_OF_ONE: dict[str, float] = {"per cent": 1.0, "decimal": 100.0, "basis points": 0.01}


def require_columns(table: pd.DataFrame, wanted: Sequence[str], file: str) -> None:
    """Refuse a table without one of the wanted columns, offering the nearest names."""
    for name in wanted:
        if name not in table.columns:
            raise DataError(
                f"{file}: has no column {name!r}. {near_misses(name, map(str, table.columns))} "
                "Rename the column or say which one is meant."
            )


def as_dates(cells: pd.Series, file: str, date_format: str | None = None) -> pd.DatetimeIndex:
    """Dates (without time zone) of text or date cells.

    Parameters
    ----------
    date_format
        As for :func:`datetime.datetime.strptime`; None reads ISO 8601 (2008-01-31, 2008-01, with or without a time).
        A time zone is dropped: the clock time of the file's own zone stands.
    """
    if pd.api.types.is_datetime64_any_dtype(cells.dtype):
        return pd.DatetimeIndex(cells).tz_localize(None)
    text = cells.astype(str).str.strip().str.replace(r"(\d)(Z|[+-]\d\d:?\d\d)$", r"\1", regex=True)
    parsed = pd.to_datetime(text, format=date_format or "ISO8601", errors="coerce")
    wrong = np.flatnonzero(parsed.isna().to_numpy())
    if wrong.size:
        raise DataError(
            f"{file}: row {wrong[0] + 1} has the date {cells.iloc[wrong[0]]!r}, which is not "
            f"{date_format or 'YYYY-MM-DD'}; write dates as YYYY-MM-DD or give date_format."
        )
    return pd.DatetimeIndex(parsed)


def require_rising_dates(dates: pd.DatetimeIndex, file: str) -> None:
    """Refuse dates that repeat or go back."""
    doubled = dates[dates.duplicated()]
    if len(doubled):
        raise DataError(
            f"{file}: the date {doubled[0]:%Y-%m-%d} stands in more than one row; keep one row a date "
            f"({len(doubled)} to remove)."
        )
    steps_back = np.flatnonzero(np.diff(dates.asi8) < 0)
    if steps_back.size:
        k = int(steps_back[0])
        raise DataError(
            f"{file}: dates do not rise: {dates[k + 1]:%Y-%m-%d} comes after {dates[k]:%Y-%m-%d}; "
            "sort the rows by date, oldest first."
        )


def require_every_period(dates: pd.DatetimeIndex, frequency: Frequency, file: str) -> pd.PeriodIndex:
    """Periods of the dates, refused unless each month (or quarter) from first to last has exactly one row."""
    periods = dates.to_period(frequency)
    word = _WORDS[frequency]
    doubled = np.flatnonzero(periods.duplicated())
    if doubled.size:
        k = int(doubled[0])
        raise DataError(
            f"{file}: is not {word}: {periods[k]} has more than one row, the second dated {dates[k]:%Y-%m-%d}; give "
            f"one row a {'quarter' if frequency == 'Q' else 'month'} or the right frequency."
        )
    absent = pd.period_range(periods.min(), periods.max(), freq=frequency).difference(periods)
    if absent.size:
        raise DataError(
            f"{file}: is not {word}: {absent[0]} has no row ({absent.size} periods absent); add the row, with blank "
            "cells where nothing was published."
        )
    return periods


def require_past(dates: pd.DatetimeIndex, file: str, today: pd.Timestamp | None = None) -> None:
    """Refuse a date later than `today` (the clock's day where None)."""
    now = (pd.Timestamp.now() if today is None else today).normalize()
    late = dates[dates > now]
    if len(late):
        raise DataError(
            f"{file}: the date {late[0]:%Y-%m-%d} lies in the future (today is {now:%Y-%m-%d}); forecasts or a wrong "
            "date format? Remove these rows or give date_format."
        )


def as_numbers(cells: pd.Series, labels: pd.Index, file: str) -> pd.Series:
    """Cells as finite numbers, NaN where a mark in `MISSING` stands; `labels` (dates or periods) name the rows.

    Raises
    ------
    DataError
        For text that is no number, and for infinities.
    """
    if pd.api.types.is_numeric_dtype(cells.dtype):
        numbers = cells.to_numpy(np.float64, na_value=np.nan)
    else:
        text = cells.astype(str).str.strip()
        blank = text.isin(MISSING) | cells.isna()
        parsed = pd.to_numeric(text.where(~blank, None), errors="coerce")
        wrong = np.flatnonzero((parsed.isna() & ~blank).to_numpy())
        if wrong.size:
            k = int(wrong[0])
            raise DataError(
                f"{file}: series {cells.name!r} holds {text.iloc[k]!r} at {_label(labels[k])}, which is not a number; "
                "write plain decimals (1234.5), without separators or units, and leave missing cells blank."
            )
        numbers = parsed.to_numpy(np.float64, na_value=np.nan)
    infinite = np.flatnonzero(np.isinf(numbers))
    if infinite.size:
        raise DataError(
            f"{file}: series {cells.name!r} is infinite at {_label(labels[int(infinite[0])])}, often the trace of a "
            "division by zero; correct it or leave it blank."
        )
    return pd.Series(numbers, index=labels, name=cells.name)


def require_some_value(series: pd.Series, file: str) -> None:
    """Refuse a series without a single number."""
    if not series.notna().any():
        raise DataError(f"{file}: series {series.name!r} has no value at all; leave the column out.")


def require_variation(series: pd.Series, file: str) -> None:
    """Refuse a series of one and the same number, three times or more; an empty one too."""
    require_some_value(series, file)
    known = series.dropna()
    if len(known) > 2 and known.min() == known.max():
        raise DataError(
            f"{file}: series {series.name!r} is {known.iloc[0]:g} from {_label(known.index[0])} to "
            f"{_label(known.index[-1])} and never changes; nothing can be learnt from it. Leave the column out."
        )


def require_positive(series: pd.Series, file: str) -> None:
    """Refuse a price of zero or below."""
    low = series[series <= 0]
    if len(low):
        raise DataError(
            f"{file}: price {series.name!r} is {low.iloc[0]:g} at {_label(low.index[0])} ({len(low)} not positive); "
            "prices must be above zero. An additively back-adjusted price cannot be used: give the contracts, which "
            "are then joined by ratio, or leave wrong quotes blank."
        )


def as_per_cent(series: pd.Series, file: str, units: YieldUnits | None = None) -> pd.Series:
    """Yields in per cent a year.

    Parameters
    ----------
    units
        What the file holds; it is converted. None expects per cent and refuses what looks like anything else: a median
        size above 50 (basis points), or no value as large as 0.3 with digits finer than the 0.01 in which per cent
        yields are published (decimals).
    """
    if units is not None:
        return series * _PER_CENT_OF_ONE[units]
    size = series.dropna().abs()
    if size.median() > 50.0:
        raise DataError(
            f"{file}: yield {series.name!r} is {series.dropna().iloc[0]:g} at {_label(series.dropna().index[0])}, "
            "which looks like basis points where per cent is meant; divide by 100 or give units='basis points'."
        )
    if size.max() < 0.3 and (np.abs(size * 100.0 - (size * 100.0).round()) > 1e-6).any():
        raise DataError(
            f"{file}: yield {series.name!r} is {series.dropna().iloc[0]:g} at {_label(series.dropna().index[0])} and "
            f"never above {size.max():g}, which looks like decimals where per cent is meant; multiply by 100 or give "
            "units='decimal' (units='per cent' if the yields are that low)."
        )
    return series


def _label(label: object) -> str:
    return f"{label:%Y-%m-%d}" if isinstance(label, pd.Timestamp) else str(label)

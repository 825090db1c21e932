"""How old the tables of a cache are, in words."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from macrotrade.sources.cache.manifest import TableRecord

__all__ = ["age_in_words", "age_notes", "clock_note"]

_CLOCKS_DIFFER = timedelta(hours=1)


def age_notes(records: Iterable[TableRecord], now: datetime) -> tuple[str, ...]:
    """A note for each source: when all of its tables were last fetched, or found unchanged, and how long ago.

    Parameters
    ----------
    records
        Of the tables in use.
    now
        The moment, UTC.
    """
    asked: dict[str, datetime] = {}
    used = list(records)
    for record in used:
        asked[record.source] = min(record.checked_at, asked.get(record.source, record.checked_at))
    ages = (f"{source} fetched {at:%Y-%m-%d}, {age_in_words(at, now)}" for source, at in asked.items())
    return (*ages, *clock_note(used, now))


def clock_note(records: Iterable[TableRecord], now: datetime) -> tuple[str, ...]:
    """A note where the clock says a time before some table was fetched; no note otherwise."""
    newest = max((record.checked_at for record in records), default=None)
    if newest is None or newest <= now + _CLOCKS_DIFFER:
        return ()
    return (
        f"the clock says {now:%Y-%m-%d %H:%M} UTC, but the cache was written {newest:%Y-%m-%d %H:%M} UTC: one of the "
        "two is wrong, so how old the data are is not known; set the clock and run 'macrotrade data update'",
    )


def age_in_words(at: datetime, now: datetime) -> str:
    """How long before `now` a moment was.

    >>> age_in_words(datetime(2026, 11, 3, 23), datetime(2026, 11, 4, 1))
    '1 day ago'
    """
    n_days = (now.date() - at.date()).days
    if n_days == 0:
        return "today"
    if n_days < 0:
        return "later than the clock says it is"
    return f"{n_days} day{'s' if n_days > 1 else ''} ago"

"""Bring the cache up to date: table by table, and only what changed.

For each table of the plan the publisher is asked for what is newer than the table at hand (``sources.live``); what
arrives is written whole (``store``); what fails leaves the table as it was and does not stop the others,
unless it shows that their publisher cannot be reached, wants fewer requests, or refuses the key.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, TypeAlias

import pandas as pd

from macrotrade.errors import DataError, MacrotradeError, SourceError
from macrotrade.sources.cache.age import clock_note
from macrotrade.sources.cache.secrecy import without_secrets
from macrotrade.sources.cache.store import Cache, CacheWriter
from macrotrade.sources.cache.table_file import date_range
from macrotrade.sources.live.credentials import KEY_VARIABLE, has_fred_key
from macrotrade.sources.live.fetched import QUOTES, VINTAGES, Fetched, require_shape
from macrotrade.sources.live.tables import LiveTable

__all__ = ["Kind", "Outcome", "Update", "changed_rows", "update"]

Kind: TypeAlias = Literal["new", "changed", "unchanged", "skipped", "failed"]


@dataclass(frozen=True)
class Outcome:
    """What became of one table.

    Attributes
    ----------
    table
        Name.
    kind
        ``new``, ``changed``, ``unchanged``, ``skipped`` (something it needs is lacking) or ``failed``.
    rows
        Rows of the table now, 0 where there is none.
    rows_changed
        Rows that came or are another number than before.
    last
        Last period or day of the table now.
    reason
        Why it was skipped or failed, or what was mended.
    """

    table: str
    kind: Kind
    rows: int = 0
    rows_changed: int = 0
    last: str = ""
    reason: str = ""

    def __str__(self) -> str:
        told = {
            "new": f"new, {self.rows} rows to {self.last}",
            "changed": f"changed, {self.rows_changed} of {self.rows} rows, to {self.last}",
            "unchanged": f"unchanged, to {self.last}",
            "skipped": f"skipped: {self.reason}",
            "failed": f"failed: {self.reason}",
        }
        return f"{self.table}: {told[self.kind]}"


@dataclass(frozen=True)
class Update:
    """What an update did.

    Attributes
    ----------
    outcomes
        One for each table, in order.
    notes
        What to know besides: a clock that was set back.
    """

    outcomes: tuple[Outcome, ...]
    notes: tuple[str, ...] = ()

    @property
    def failed(self) -> tuple[Outcome, ...]:
        """Tables that could not be fetched or written."""
        return tuple(outcome for outcome in self.outcomes if outcome.kind == "failed")

    @property
    def anything_new(self) -> bool:
        """Whether any table is other than before."""
        return any(outcome.kind in ("new", "changed") for outcome in self.outcomes)


def update(
    wanted: Iterable[LiveTable],
    cache: Cache,
    *,
    wait_seconds: float = 60.0,
    now: datetime | None = None,
    tell: Callable[[Outcome], None] | None = None,
) -> Update:
    """Fetch what is new of the tables wanted, and keep it.

    Parameters
    ----------
    wanted
        Tables, such as :meth:`macrotrade.sources.cache.plan.LivePlan.live_tables` gives. What needs a FRED API key is
        skipped where the environment holds none.
    cache
        Where they are kept.
    wait_seconds
        How long to wait for another update to end.
    now
        The moment, UTC; the clock's by default.
    tell
        Called with each outcome as soon as it is known.

    Raises
    ------
    DataError
        If another process keeps writing, the folder cannot be written, or its manifest is broken. What goes wrong with
        one table is an outcome instead.
    """
    moment = (now or datetime.now(UTC)).replace(microsecond=0)
    outcomes: list[Outcome] = []
    out: dict[str, str] = {}
    with cache.writing(wait_seconds) as writer:
        notes = clock_note(writer.manifest.tables.values(), moment)
        for each in wanted:
            outcomes.append(_brought_up_to_date(each, cache, writer, out))
            if tell is not None:
                tell(outcomes[-1])
        same = [outcome.table for outcome in outcomes if outcome.kind == "unchanged"]
        if same:
            writer.confirm(same, moment)
    return Update(tuple(outcomes), notes)


def changed_rows(before: pd.DataFrame, after: pd.DataFrame) -> int:
    """Rows that are only in one of two tables of the same columns, those of the larger side; their order is nothing."""
    if before.equals(after):
        return 0
    one, other = _marks(before), _marks(after)
    return max(int((~one.isin(other)).sum()), int((~other.isin(one)).sum()))


def _marks(table: pd.DataFrame) -> pd.Series:
    """A 64-bit mark of each row, the same for equal rows whatever the categories and the resolution of its dates."""
    dates = {str(name): column.dt.as_unit("ns") for name, column in table.items() if column.dtype.kind == "M"}
    return pd.util.hash_pandas_object(table.assign(**dates), index=False)


def _brought_up_to_date(each: LiveTable, cache: Cache, writer: CacheWriter, out: dict[str, str]) -> Outcome:
    """What becomes of one table; `out` holds publishers that would fail for any other, by the table that showed it."""
    stored = _at_hand(each.name, cache, writer)
    if each.needs_key and not has_fred_key():
        return _outcome(each.name, "skipped", stored, f"needs a FRED API key, and {KEY_VARIABLE} is not set")
    if each.publisher in out:
        series = each.name.partition("-")[2]
        reason = f"{series} was not asked for: what {out[each.publisher]} met would meet it too"
        return _outcome(each.name, "failed", stored, reason)
    try:
        found = each.fetch(stored)
        _require_table(found, each.name)
        rows = len(found.frame) if stored is None else changed_rows(stored.frame, found.frame)
        if stored is not None and rows == 0 and _version(found) == _version(stored):
            return _outcome(each.name, "unchanged", stored)
        record = writer.put(found)
    # Whatever a publisher's answer or the disk breaks in one table must not keep the others from their turn.
    except Exception as error:
        if isinstance(error, SourceError) and error.for_all:
            out[each.publisher] = each.name
        return _outcome(each.name, "failed", stored, without_secrets(_words(error)))
    kind: Kind = "new" if stored is None else "changed"
    return Outcome(each.name, kind if rows else "unchanged", record.rows, rows, record.last, found.note)


def _at_hand(name: str, cache: Cache, writer: CacheWriter) -> Fetched | None:
    """The table as it was; None where there is none or its file is damaged, so that it is fetched whole."""
    if name not in writer.manifest.tables:
        return None
    try:
        return cache.table(name)
    except DataError:
        return None


def _version(table: Fetched) -> tuple[object, ...]:
    """What a later fetch is told of a table, besides its rows."""
    return table.url, table.etag or "", table.last_modified or "", table.note, dict(table.frame.attrs)


def _require_table(found: Fetched, name: str) -> None:
    if found.name != name:
        raise DataError(f"the fetch of {name!r} gave a table {found.name!r}")
    require_shape(found.frame, QUOTES if "date" in found.frame else VINTAGES, name)


def _outcome(name: str, kind: Kind, stored: Fetched | None, reason: str = "") -> Outcome:
    if stored is None:
        return Outcome(name, kind, reason=reason)
    return Outcome(name, kind, len(stored.frame), 0, date_range(stored.frame)[1], reason)


def _words(error: Exception) -> str:
    words = str(error)
    return words if isinstance(error, MacrotradeError) else f"{type(error).__name__}: {words}"

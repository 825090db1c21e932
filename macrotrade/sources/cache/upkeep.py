"""Look after a cache: what is wrong or too old, what mends it, what can go."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd

from macrotrade.errors import DataError, SettingsError
from macrotrade.sources.cache.age import age_in_words, clock_note
from macrotrade.sources.cache.leftovers import leftovers, rebuilt
from macrotrade.sources.cache.lock import one_writer
from macrotrade.sources.cache.store import Cache, CacheWriter
from macrotrade.sources.live.fetched import Fetched
from macrotrade.sources.live.tables import live_table

__all__ = ["Pruned", "cached_tables", "damage", "outdated", "prune", "repair"]


def cached_tables(cache: Cache, now: datetime | None = None) -> pd.DataFrame:
    """What the cache holds, a row for each table: source, rows, first and last period, when fetched, and its age."""
    moment = now or datetime.now(UTC)
    rows = {
        name: [
            record.source.partition(",")[0],
            record.rows,
            record.first,
            record.last,
            f"{record.fetched_at:%Y-%m-%d %H:%M}",
            age_in_words(record.checked_at, moment),
        ]
        for name, record in cache.manifest().tables.items()
    }
    columns = ["source", "rows", "first", "last", "fetched (UTC)", "last asked"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("table")


def damage(cache: Cache) -> tuple[str, ...]:
    """What of the cache cannot be read, a sentence each: a broken manifest, tables absent, altered or of old format."""
    try:
        manifest = cache.manifest()
    except DataError as error:
        return (str(error),)
    found = []
    for name in manifest.tables:
        try:
            cache.table(name)
        except DataError as error:
            found.append(str(error))
    remedy = "was written by an older macrotrade; 'macrotrade data update' fetches it anew"
    return (*found, *(f"{name}: {remedy}" for name in manifest.outdated))


def outdated(cache: Cache, now: datetime | None = None) -> tuple[str, ...]:
    """Tables whose newest number is older than its publisher's rhythm explains, and a clock that was set back.

    Tables that cannot be read are left to :func:`damage`.
    """
    moment = now or datetime.now(UTC)
    today = pd.Timestamp(moment).tz_localize(None).normalize()
    with suppress(DataError):
        records = cache.manifest().tables
        told = [_too_old(cache, name, today) for name in records]
        return (*(words for words in told if words), *clock_note(records.values(), moment))
    return ()


def repair(cache: Cache, wait_seconds: float = 60.0) -> tuple[str, ...]:
    """Mend the manifest, so that it names whole tables only; what was done, a sentence each.

    A manifest that cannot be read is made anew from the tables, which say themselves what they are. Damaged tables are
    taken out: the next update fetches them whole.

    Raises
    ------
    DataError
        If another process keeps writing, or the folder cannot be written.
    """
    done: list[str] = []
    with one_writer(cache.folder, wait_seconds):
        try:
            manifest = cache.manifest()
        except DataError:
            manifest = rebuilt(cache.folder)
            done.append(f"made the manifest anew from {len(manifest.tables)} tables")
            CacheWriter(cache.folder, manifest).rewrite()
        writer = CacheWriter(cache.folder, manifest)
        damaged = [name for name in manifest.tables if not _is_readable(cache, name)]
        if damaged:
            writer.drop(damaged)
            done += [f"took out {name}, whose file is damaged or absent" for name in damaged]
    return tuple(done)


@dataclass(frozen=True)
class Pruned:
    """What was removed, or would be.

    Attributes
    ----------
    files
        Files that the manifest does not name.
    freed
        Bytes of those files.
    versions
        Table to how many versions of its numbers were taken out, that ended before the day asked for.
    """

    files: tuple[Path, ...]
    freed: int
    versions: dict[str, int]


def prune(
    cache: Cache,
    vintages_before: str | pd.Timestamp | None = None,
    *,
    dry_run: bool = False,
    wait_seconds: float = 60.0,
) -> Pruned:
    """Remove files that no reader opens, and, if asked, versions of numbers that no longer stood on a day.

    Parameters
    ----------
    vintages_before
        Versions that were replaced before this day go; a history then starts there. None keeps all.
    dry_run
        Say what would go, and remove nothing.
    wait_seconds
        How long to wait for another writer.

    Raises
    ------
    DataError
        If the manifest is broken, another process keeps writing, or the folder cannot be written.
    """
    day = None if vintages_before is None else _day(vintages_before)
    if dry_run:
        files = leftovers(cache.folder, cache.manifest())
        versions = {name: old for name, (_, old) in _without_old_versions(cache, day).items()}
        return Pruned(files, _size(files), versions)
    with one_writer(cache.folder, wait_seconds):
        writer = CacheWriter(cache.folder, cache.manifest(), cache.at_stage)
        shortened = _without_old_versions(cache, day)
        for table, _ in shortened.values():
            writer.put(table)
        files = leftovers(cache.folder, writer.manifest)
        freed = _size(files)
        try:
            for path in files:
                path.unlink(missing_ok=True)
        except OSError as error:
            raise DataError(f"{error.filename}: cannot be removed ({error.strerror}); allow writing there.") from error
    return Pruned(files, freed, {name: old for name, (_, old) in shortened.items()})


def _without_old_versions(cache: Cache, day: pd.Timestamp | None) -> dict[str, tuple[Fetched, int]]:
    """Tables of vintages without the versions that ended before a day, and how many those are."""
    if day is None:
        return {}
    found = {}
    for name, table in cache.tables().items():
        if "realtime_end" not in table.frame:
            continue
        old = (table.frame["realtime_end"] < day).to_numpy()
        if old.any():
            frame = table.frame[~old].reset_index(drop=True)
            frame.attrs = dict(table.frame.attrs)
            note = f"{table.note}; versions replaced before {day:%Y-%m-%d} were pruned".removeprefix("; ")
            found[name] = (replace(table, frame=frame, note=note), int(old.sum()))
    return found


def _day(given: str | pd.Timestamp) -> pd.Timestamp:
    try:
        return pd.Timestamp(given).normalize()
    except ValueError:
        raise SettingsError(f"{given!r} is no day; write YYYY-MM-DD.") from None


def _too_old(cache: Cache, name: str, today: pd.Timestamp) -> str:
    try:
        last, limit = cache.table(name).last_day, live_table(name).max_age_days
    except (DataError, SettingsError):
        return ""
    age = (today - last).days
    if age <= limit:
        return ""
    return f"{name}: its newest number is of {last:%Y-%m-%d}, {age} days ago; at most {limit} days are usual"


def _is_readable(cache: Cache, name: str) -> bool:
    try:
        cache.table(name)
    except DataError:
        return False
    return True


def _size(files: Iterable[Path]) -> int:
    return sum(path.stat().st_size for path in files if path.exists())

"""Is the ledger whole? The chain, its guards, its order, and a head that was noted elsewhere."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from macrotrade.errors import DataError, SettingsError
from macrotrade.ledger.chain import COLUMNS, FORM, digest, genesis, row_hash
from macrotrade.ledger.file import explained, opened_to_read, version_of
from macrotrade.ledger.ledger import Head
from macrotrade.ledger.place import ledger_path
from macrotrade.ledger.schema import objects_of, objects_wanted

__all__ = ["Verification", "verify"]


@dataclass(frozen=True)
class Verification:
    """What a check of a ledger found.

    Attributes
    ----------
    path, version
        File, and version of its tables.
    rows, head
        How many rows it has, and the last of them.
    problems
        What is broken, the first broken row first; empty where the ledger is whole.
    notes
        What is worth knowing and no proof of harm, such as a clock that was set back.
    """

    path: Path
    version: int
    rows: int
    head: Head
    problems: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def whole(self) -> bool:
        """Whether nothing is broken."""
        return not self.problems


def verify(path: str | Path | None = None, head: str | None = None) -> Verification:
    """Check every row of a ledger; reads only.

    Parameters
    ----------
    path
        File; see :func:`macrotrade.ledger.place.ledger_path` for the default.
    head
        A head noted elsewhere, ``ROW:HASH`` or the hash alone, at least 16 of its digits. A chain by itself cannot
        show that its last rows were removed, nor that all of it was written anew; a head that somebody else kept can.

    Raises
    ------
    DataError
        If the file is absent, is no ledger, or is of a later version.
    """
    place = ledger_path(path)
    with explained(place, "verified"):
        connection = opened_to_read(place)
        try:
            # One view of the file, whoever writes meanwhile.
            connection.execute("BEGIN")
            return _verified(place, connection, head)
        finally:
            connection.close()


def _verified(place: Path, connection: sqlite3.Connection, head: str | None) -> Verification:
    version = version_of(connection)
    if version == 0:
        raise DataError(f"{place} is empty: a ledger that was never written, or one that was emptied.")
    walk = _Walk(connection)
    problems = [*walk.problems(), *_guards(connection, version), *_texts(connection), *_damage(connection)]
    if head is not None:
        problems += _against(head, walk)
    return Verification(place, version, walk.rows, Head(walk.rows, walk.previous), tuple(problems), tuple(walk.notes))


class _Walk:
    """One pass over all rows, which stops at the first that is broken."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self.rows = 0
        self.notes: list[str] = []
        self.hashes: list[str] = []
        births = connection.execute("SELECT identifier, created FROM births").fetchall()
        self.previous = genesis(*births[0]) if births else ""

    def problems(self) -> list[str]:
        try:
            for row in self._stored():
                follows = row[_SEQUENCE] == self.rows + 1 and row[_PREVIOUS] == self.previous and row[0] == FORM
                if not follows or row_hash(row[:-1]) != row[-1]:
                    return [self._problem(row), *self._unread()]
                self._step(row)
        except (ValueError, TypeError, OverflowError) as error:
            return [f"Row {self.rows + 1} holds a value that no row can hold: {error}."]
        return []

    def _stored(self) -> Iterator[tuple[Any, ...]]:
        self._latest = ""
        yield from self._connection.execute(f"SELECT {', '.join(COLUMNS)} FROM entries ORDER BY sequence")

    def _problem(self, row: tuple[Any, ...]) -> str:
        """What is wrong with a row that does not fit, the plainest reason first."""
        if row[_SEQUENCE] != self.rows + 1:
            return f"Row {self.rows + 1} is missing: row {row[_SEQUENCE]} follows row {self.rows}."
        if row[0] != FORM:
            return f"{_named(row)} has form {row[0]}, which this macrotrade does not know; upgrade it."
        if row_hash(row[:-1]) != row[-1]:
            return (
                f"{_named(row)} was changed after it was written: its columns have the hash "
                f"{row_hash(row[:-1])[:16]}..., and it states {row[-1][:16]}..."
            )
        return (
            f"{_named(row)} does not follow row {self.rows}: it names {row[_PREVIOUS][:16]}... as the hash before it, "
            f"which is {self.previous[:16] or 'missing'}... The row before it was changed and hashed anew, removed, or "
            "comes from another ledger."
        )

    def _step(self, row: tuple[Any, ...]) -> None:
        self.rows += 1
        self.previous = row[-1]
        self.hashes.append(row[-1])
        if row[_WRITTEN] < self._latest:
            self.notes.append(
                f"Row {self.rows} is written at {row[_WRITTEN]}, before the row that precedes it "
                f"({self._latest}): the clock was set back. The order of rows is the chain's, and holds."
            )
        self._latest = row[_WRITTEN]

    def _unread(self) -> list[str]:
        total = int(self._connection.execute("SELECT count(*) FROM entries").fetchone()[0])
        later = total - self.rows - 1
        return [f"The {later} rows after it were not checked: the chain ends there."] if later > 0 else []


_SEQUENCE, _WRITTEN, _PREVIOUS = (COLUMNS.index(name) for name in ("sequence", "written", "previous"))


def _named(row: tuple[Any, ...]) -> str:
    """A row in words."""
    value = dict(zip(COLUMNS, row, strict=True))
    return (
        f"Row {value['sequence']} ({value['as_of']}, {value['instrument']}, {value['provider']}, {value['rule']}, "
        f"position {value['position']}, written {value['written']})"
    )


def _guards(connection: sqlite3.Connection, version: int) -> list[str]:
    """Whether tables, guards and indexes are those that this version made."""
    found, wanted = objects_of(connection), objects_wanted(version)
    missing, strange = sorted(wanted.keys() - found.keys()), sorted(found.keys() - wanted.keys())
    changed = sorted(name for name in wanted.keys() & found.keys() if wanted[name] != found[name])
    return [
        f"{', '.join(names)} {'is' if len(names) == 1 else 'are'} {what}: somebody has worked on the file by hand. "
        "Restore it from a backup."
        for names, what in ((missing, "missing"), (strange, "not macrotrade's"), (changed, "changed"))
        if names
    ]


def _texts(connection: sqlite3.Connection) -> list[str]:
    """Whether the texts that rows name are there and unchanged, and corrections are of the thing they correct."""
    problems = []
    for table, column in (("settings", "settings"), ("environments", "environment")):
        for key, text in connection.execute(f"SELECT hash, text FROM {table}"):
            if digest(text) != key:
                problems.append(f"The text {key[:16]}... in {table} was changed after it was written.")
        lost = connection.execute(
            f"SELECT min(sequence) FROM entries WHERE {column} NOT IN (SELECT hash FROM {table})"
        ).fetchone()[0]
        if lost is not None:
            problems.append(f"Row {lost} names a text of {table} that is missing.")
    same = " AND ".join(
        f"old.{name} = new.{name}" for name in ("as_of", "strategy", "instrument", "provider", "rule", "ahead")
    )
    astray = connection.execute(
        "SELECT min(new.sequence) FROM entries AS new LEFT JOIN entries AS old ON old.sequence = new.corrects "
        f"AND old.sequence < new.sequence AND {same} WHERE new.corrects IS NOT NULL AND old.sequence IS NULL"
    ).fetchone()[0]
    return problems if astray is None else [*problems, f"Row {astray} corrects a row that is not of the same thing."]


def _damage(connection: sqlite3.Connection) -> list[str]:
    """What SQLite itself finds wrong with the file."""
    found = [str(row[0]) for row in connection.execute("PRAGMA quick_check(5)")]
    return [] if found == ["ok"] else [f"SQLite finds the file damaged: {'; '.join(found)}."]


def _against(head: str, walk: _Walk) -> list[str]:
    """Whether a head noted elsewhere is a row of this chain, and the right one."""
    number, _, noted = head.strip().lower().rpartition(":")
    if not re.fullmatch(r"[0-9a-f]{16,64}", noted) or not re.fullmatch(r"\d*", number):
        raise SettingsError(
            f"head {head!r} is no head; give ROW:HASH as it was printed, or 16 digits of the hash or more."
        )
    at = int(number) if number else None
    if at == 0 and not walk.hashes and walk.previous.startswith(noted):
        return []
    place = next((row for row, each in enumerate(walk.hashes, start=1) if each.startswith(noted)), None)
    if place is not None and at in (None, place):
        return []
    if at is not None and at > walk.rows:
        return [f"The head noted elsewhere is row {at}, and the ledger has {walk.rows} whole rows: rows were removed."]
    where = f"row {at}" if at is not None else "any row"
    return [
        f"The head noted elsewhere, {noted[:16]}..., is not the hash of {where}: the ledger was cut short, written "
        "anew, or is another one."
    ]

"""The ledger: opened, appended to, read."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from macrotrade.errors import DataError
from macrotrade.ledger.chain import COLUMNS, canonical, digest, genesis
from macrotrade.ledger.entry import SAID, Entry, Key
from macrotrade.ledger.environment import environment
from macrotrade.ledger.file import explained, opened_to_read, opened_to_write, transaction
from macrotrade.ledger.place import ledger_path
from macrotrade.ledger.rows import framed, row_of, said, said_of
from macrotrade.ledger.secrecy import without_secrets

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Appended", "Head", "Ledger", "Turned"]


@dataclass(frozen=True)
class Head:
    """The last row of a ledger: what to note elsewhere, since it stands for all rows before it.

    Attributes
    ----------
    sequence
        Number of the row, 0 of a ledger without rows.
    hash
        Its hash.
    """

    sequence: int
    hash: str

    def __str__(self) -> str:
        return f"{self.sequence}:{self.hash}"


@dataclass(frozen=True)
class Turned:
    """A correction that gives another position than the row it corrects.

    Attributes
    ----------
    row, corrects
        Numbers of the correction and of the row it corrects.
    instrument, provider, rule
        What it is about.
    before, after
        Position of the row corrected, and of the correction; None where that is the refusal of a whole run.
    """

    row: int
    corrects: int
    instrument: str
    provider: str
    rule: str
    before: float | None
    after: float | None


@dataclass(frozen=True)
class Appended:
    """What an append did.

    Attributes
    ----------
    new
        Numbers of the rows written, in the order of their entries.
    corrections
        Those among them that correct an earlier row.
    already
        Numbers of the rows that already said what an entry says.
    head
        Last row afterwards; print it where it is kept by somebody else, such as the mail of cron.
    turned
        Corrections with another position.
    """

    new: tuple[int, ...]
    corrections: tuple[int, ...]
    already: tuple[int, ...]
    head: Head
    turned: tuple[Turned, ...] = ()

    @property
    def last_row(self) -> int:
        """Number of the last row that says what the entries say; 0 of no entries."""
        return max((*self.new, *self.already), default=0)


class Ledger:
    """An append-only file of what was said and when; use :meth:`open` to write and :meth:`read` to read.

    One process may write while others read; two writers wait for each other. The file must lie on a local disk, since
    SQLite's write-ahead log does not work over a network.

    Examples
    --------
    ::

        with Ledger.open() as ledger:
            appended = ledger.append(entries_of(strategy, decide(strategy, history), history))
        print(appended.head)
    """

    def __init__(self, path: Path, connection: sqlite3.Connection, clock: Callable[[], datetime]) -> None:
        self.path = path
        self._connection = connection
        self._clock = clock

    @classmethod
    def open(
        cls, path: str | Path | None = None, *, clock: Callable[[], datetime] | None = None, busy_seconds: float = 30.0
    ) -> Ledger:
        """Ledger to append to, made where it does not exist, brought to the present version where it is older.

        Parameters
        ----------
        path
            File; see :func:`macrotrade.ledger.place.ledger_path` for the default.
        clock
            Gives the moment of a row, with a time zone; the system's clock by default.
        busy_seconds
            How long to wait for another writer.

        Raises
        ------
        DataError
            Naming file and remedy: read-only, not a ledger, of a later version, damaged, busy.
        """
        place, clock = ledger_path(path), clock or _now
        with explained(place, "opened"):
            return cls(place, opened_to_write(place, _stamp(clock()), busy_seconds), clock)

    @classmethod
    def read(cls, path: str | Path | None = None) -> Ledger:
        """Ledger to read only; refused where there is no file."""
        place = ledger_path(path)
        with explained(place, "read"):
            return cls(place, opened_to_read(place), _now)

    def __enter__(self) -> Ledger:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; the journal beside it goes with the last process that has it open."""
        self._connection.close()

    def append(self, entries: Iterable[Entry]) -> Appended:
        """Write what has not been said, in one transaction: all of it is on the disk afterwards, or none.

        An entry whose thing (decision day, strategy, instrument, provider, rule, periods ahead) was last said to be
        the same is left out; one that says something else is written as a correction that names the row it corrects.

        Raises
        ------
        DataError
            Naming file and remedy; the ledger is as it was before.
        """
        wanted = tuple(entries)
        with explained(self.path, "written"), transaction(self._connection):
            return self._append(wanted)

    def frame(
        self,
        *,
        instrument: str | None = None,
        provider: str | None = None,
        strategy: str | None = None,
        kind: str | None = None,
        since: str | pd.Timestamp | None = None,
        until: str | pd.Timestamp | None = None,
        last: int | None = None,
    ) -> pd.DataFrame:
        """Rows in order, a column for each of :data:`macrotrade.ledger.chain.COLUMNS`.

        Parameters
        ----------
        instrument, provider, strategy, kind
            Equal to these; `provider` is a label or a registered name.
        since, until
            First and last decision day.
        last
            So many of the last rows that are left.
        """
        conditions: list[tuple[str, Any]] = [
            ("instrument = ?", instrument),
            ("? IN (provider, provider_name)", provider),
            ("strategy = ?", strategy),
            ("kind = ?", kind),
            ("as_of >= ?", _day(since)),
            ("as_of <= ?", _day(until)),
        ]
        given = [(words, value) for words, value in conditions if value is not None]
        where = f" WHERE {' AND '.join(words for words, _ in given)}" if given else ""
        query = f"SELECT {', '.join(COLUMNS)} FROM entries{where} ORDER BY sequence DESC LIMIT ?"
        values = [*(value for _, value in given), -1 if last is None else max(last, 0)]
        with explained(self.path, "read"):
            return framed(reversed(self._connection.execute(query, values).fetchall()))

    def head(self) -> Head:
        """The last row, or the birth of the ledger where there is none."""
        with explained(self.path, "read"):
            return self._head()

    def texts(self, table: str) -> dict[str, str]:
        """Texts by their hash: of ``settings`` or of ``environments``, as the columns of these names refer to them."""
        if table not in ("settings", "environments"):
            raise DataError(f"The ledger keeps texts of settings and environments, not of {table!r}.")
        with explained(self.path, "read"):
            return dict(self._connection.execute(f"SELECT hash, text FROM {table}"))

    def _append(self, entries: tuple[Entry, ...]) -> Appended:
        written, head = _stamp(self._clock()), self._head()
        computed_with = self._kept("environments", canonical(environment())) if entries else ""
        settings: dict[str, str] = {}
        latest: dict[Key, tuple[int, tuple[Any, ...]]] = {}
        rows: list[tuple[Any, ...]] = []
        already, corrections, turned = [], [], []
        sequence, previous = head.sequence, head.hash
        for entry in entries:
            before = latest.get(entry.key) or self._last_said(entry.key)
            if before is not None and before[1] == said(entry):
                already.append(before[0])
                continue
            if entry.settings not in settings:
                settings[entry.settings] = self._kept("settings", without_secrets(entry.settings))
            sequence += 1
            corrects = before[0] if before is not None else None
            row = row_of(entry, sequence, written, settings[entry.settings], computed_with, corrects, previous)
            previous = row[-1]
            latest[entry.key] = (sequence, said(entry))
            rows.append(row)
            if before is not None:
                corrections.append(sequence)
                held = before[1][SAID.index("position")]
                if held != entry.position:
                    place = (entry.instrument, entry.provider, entry.rule)
                    turned.append(Turned(sequence, before[0], *place, held, entry.position))
        self._connection.executemany(_INSERT, rows)
        new = tuple(range(head.sequence + 1, sequence + 1))
        return Appended(new, tuple(corrections), tuple(already), Head(sequence, previous), tuple(turned))

    def _head(self) -> Head:
        row = self._connection.execute("SELECT sequence, hash FROM entries ORDER BY sequence DESC LIMIT 1").fetchone()
        if row is not None:
            return Head(*row)
        birth = self._connection.execute("SELECT identifier, created FROM births").fetchone()
        return Head(0, genesis(*birth) if birth is not None else "")

    def _last_said(self, key: Key) -> tuple[int, tuple[Any, ...]] | None:
        row = self._connection.execute(_LAST_SAID, key).fetchone()
        return (row[0], said_of(row[1:])) if row is not None else None

    def _kept(self, table: str, text: str) -> str:
        """Hash of a text, which is kept where it is not yet."""
        key = digest(text)
        if self._connection.execute(f"SELECT 1 FROM {table} WHERE hash = ?", (key,)).fetchone() is None:
            self._connection.execute(f"INSERT INTO {table} VALUES (?, ?)", (key, text))
        return key


_INSERT = f"INSERT INTO entries ({', '.join(COLUMNS)}) VALUES ({', '.join('?' * len(COLUMNS))})"

_LAST_SAID = (
    f"SELECT sequence, {', '.join(SAID)}, reasons FROM entries WHERE as_of = ? AND strategy = ? AND instrument = ? "
    "AND provider = ? AND rule = ? AND ahead = ? ORDER BY sequence DESC LIMIT 1"
)


def _now() -> datetime:
    return datetime.now(UTC)


def _stamp(moment: datetime) -> str:
    """A moment in UTC to the microsecond, of one width, so that its text sorts as time does."""
    if moment.tzinfo is None:
        raise DataError(f"The clock gave {moment} without a time zone; the ledger keeps UTC.")
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}Z"


def _day(given: Any) -> str | None:
    if given is None:
        return None
    import pandas as pd

    return f"{pd.Timestamp(given):%Y-%m-%d}"

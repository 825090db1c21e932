"""Opening the file: to write or to read, and what SQLite's errors mean to a person."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from macrotrade.errors import DataError
from macrotrade.ledger.schema import APPLICATION, VERSION, upgrade

__all__ = ["explained", "opened_to_read", "opened_to_write", "transaction", "version_of"]

_ELSEWHERE = "give another file with --ledger or MACROTRADE_LEDGER"

_REMEDIES = {
    "SQLITE_FULL": "the disk is full, or the file may not grow. Nothing was written and the ledger is as before; "
    "free space and run again",
    "SQLITE_IOERR": "the disk refused. Nothing was written and the ledger is as before; free space or look at the "
    "disk, and run again",
    "SQLITE_READONLY": f"file or folder is read-only. Make both writable (SQLite keeps a journal beside it), or "
    f"{_ELSEWHERE}",
    "SQLITE_CANTOPEN": f"it cannot be opened. The folder must exist and be writable, or {_ELSEWHERE}",
    "SQLITE_PERM": f"no permission. Make file and folder writable, or {_ELSEWHERE}",
    "SQLITE_BUSY": "another process is writing and did not end in time. Run again when it has",
    "SQLITE_NOTADB": f"it is not an SQLite file. Move it away, or {_ELSEWHERE}",
    "SQLITE_CORRUPT": "the file is damaged. Restore it from a backup, and compare `macrotrade ledger verify` with the "
    "last head that was noted",
    "SQLITE_CONSTRAINT": "the guards of the ledger refused",
}


@contextmanager
def explained(path: Path, doing: str) -> Iterator[None]:
    """Errors of SQLite inside the body become a :class:`~macrotrade.errors.DataError` that names file and remedy."""
    try:
        yield
    except sqlite3.Error as error:
        remedy = next((words for code, words in _REMEDIES.items() if _is(error, code)), "")
        raise DataError(
            f"Ledger {path} could not be {doing}: {remedy or error}{f' ({error})' if remedy else ''}."
        ) from error
    except OSError as error:
        raise DataError(f"Ledger {path} could not be {doing}: {error.strerror}; {_ELSEWHERE}.") from error


def opened_to_write(path: Path, moment: str, busy_seconds: float) -> sqlite3.Connection:
    """Connection to a ledger that is made, or brought to the present version, where needed.

    Write-ahead logging lets others read while one writes; synchronous FULL has a commit on the disk before it returns.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(path, timeout=busy_seconds, isolation_level=None)
    try:
        _check(connection, path)
        _log_ahead(connection, busy_seconds)
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        if version_of(connection) < VERSION:
            with transaction(connection):
                # Another process may have done it meanwhile.
                upgrade(connection, version_of(connection), moment)
    except BaseException:
        connection.close()
        raise
    return connection


def opened_to_read(path: Path) -> sqlite3.Connection:
    """Connection that cannot write; also where file and folder are read-only, once the writer has closed the ledger."""
    if not path.is_file():
        raise DataError(
            f"There is no ledger at {path}. `macrotrade signal` writes one; or name another file with --ledger or "
            "MACROTRADE_LEDGER."
        )
    address = path.absolute().as_uri()
    connection = sqlite3.connect(f"{address}?mode=ro", uri=True, isolation_level=None, timeout=30.0)
    try:
        _check(connection, path)
    except sqlite3.OperationalError as error:
        connection.close()
        log = path.with_name(f"{path.name}-wal")
        if not _is(error, "SQLITE_CANTOPEN", "SQLITE_READONLY") or (log.exists() and log.stat().st_size):
            raise
        # No journal can be made beside the file, and none is needed: nobody is writing.
        connection = sqlite3.connect(f"{address}?mode=ro&immutable=1", uri=True, isolation_level=None)
        _check(connection, path)
    except BaseException:
        connection.close()
        raise
    return connection


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """All of the body or nothing; takes the write lock at once, so that two writers stand in line."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def version_of(connection: sqlite3.Connection) -> int:
    """Version of the tables; 0 of an empty file."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _check(connection: sqlite3.Connection, path: Path) -> None:
    """Refuse another program's file, and a ledger of a later version."""
    found, application = version_of(connection), connection.execute("PRAGMA application_id").fetchone()[0]
    empty = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0
    if not empty and application != APPLICATION:
        raise DataError(f"{path} is an SQLite file of another program, not a ledger; {_ELSEWHERE}.")
    if found > VERSION:
        raise DataError(
            f"Ledger {path} has version {found}, and this macrotrade knows versions up to {VERSION}. Upgrade "
            "macrotrade; nothing was changed."
        )


def _log_ahead(connection: sqlite3.Connection, busy_seconds: float) -> None:
    """Switch to write-ahead logging; while another process does the same SQLite says busy without waiting."""
    until = time.monotonic() + busy_seconds
    while connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if not _is(error, "SQLITE_BUSY") or time.monotonic() > until:
                raise
            time.sleep(0.02)


def _is(error: sqlite3.Error, *codes: str) -> bool:
    """Whether an error of SQLite is one of these, refinements such as SQLITE_BUSY_RECOVERY included."""
    return str(getattr(error, "sqlite_errorname", "")).startswith(codes)

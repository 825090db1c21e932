"""Tables of a ledger, the guards that keep them append-only, and the steps from one version to the next."""

from __future__ import annotations

import secrets
import sqlite3

from macrotrade import __version__

__all__ = ["APPLICATION", "MIGRATIONS", "VERSION", "objects_of", "objects_wanted", "upgrade"]

APPLICATION = 0x6D746C67
"""``PRAGMA application_id`` of a ledger: "mtlg"."""

_ENTRIES = """CREATE TABLE entries (
    form INTEGER NOT NULL,
    sequence INTEGER PRIMARY KEY,
    written TEXT NOT NULL,
    as_of TEXT NOT NULL,
    strategy TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('decision', 'refusal', 'correction')),
    instrument TEXT NOT NULL,
    provider TEXT NOT NULL,
    provider_name TEXT NOT NULL,
    rule TEXT NOT NULL,
    ahead INTEGER NOT NULL CHECK (ahead >= 1),
    driver TEXT NOT NULL,
    measure TEXT NOT NULL,
    origin REAL, point REAL, low REAL, high REAL, spread REAL, probability_up REAL, score REAL, position REAL,
    reasons TEXT NOT NULL,
    source TEXT NOT NULL,
    vintages TEXT NOT NULL,
    data_hash TEXT NOT NULL,
    data_until TEXT NOT NULL,
    settings TEXT NOT NULL REFERENCES settings (hash),
    environment TEXT NOT NULL REFERENCES environments (hash),
    seed INTEGER NOT NULL,
    corrects INTEGER REFERENCES entries (sequence) CHECK ((corrects IS NOT NULL) = (kind = 'correction')),
    previous TEXT NOT NULL,
    hash TEXT NOT NULL CHECK (length(hash) = 64)
) STRICT"""


def _text_table(name: str) -> str:
    return f"CREATE TABLE {name} (hash TEXT PRIMARY KEY CHECK (length(hash) = 64), text TEXT NOT NULL) STRICT"


def _guards(table: str, next_only: str) -> tuple[str, ...]:
    """No change, no removal, and no insert that would replace a row or leave a gap.

    The last is needed because INSERT OR REPLACE removes a row without asking the guard of DELETE.
    """
    return (
        f"CREATE TRIGGER {table}_are_not_changed BEFORE UPDATE ON {table} "
        f"BEGIN SELECT RAISE(ABORT, 'the ledger is append-only: {table} are not changed'); END",
        f"CREATE TRIGGER {table}_are_not_removed BEFORE DELETE ON {table} "
        f"BEGIN SELECT RAISE(ABORT, 'the ledger is append-only: {table} are not removed'); END",
        f"CREATE TRIGGER {table}_follow BEFORE INSERT ON {table} WHEN {next_only} "
        f"BEGIN SELECT RAISE(ABORT, 'the ledger is append-only: this does not follow its {table}'); END",
    )


MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        "CREATE TABLE births (identifier TEXT PRIMARY KEY, created TEXT NOT NULL) STRICT",
        "CREATE TABLE migrations (version INTEGER PRIMARY KEY, applied TEXT NOT NULL, macrotrade TEXT NOT NULL) STRICT",
        _text_table("settings"),
        _text_table("environments"),
        _ENTRIES,
        *_guards("births", "EXISTS (SELECT 1 FROM births)"),
        *_guards("migrations", "NEW.version IS NOT (SELECT coalesce(max(version), 0) + 1 FROM migrations)"),
        *_guards("settings", "EXISTS (SELECT 1 FROM settings WHERE hash = NEW.hash)"),
        *_guards("environments", "EXISTS (SELECT 1 FROM environments WHERE hash = NEW.hash)"),
        *_guards(
            "entries",
            "NEW.sequence IS NOT (SELECT coalesce(max(sequence), 0) + 1 FROM entries) "
            "OR NEW.previous IS NOT coalesce((SELECT hash FROM entries ORDER BY sequence DESC LIMIT 1), NEW.previous)",
        ),
    ),
    # What was said last of one thing, found without reading all rows.
    ("CREATE INDEX entries_by_key ON entries (as_of, strategy, instrument, provider, rule, ahead)",),
)
"""Statements that lead from each version to the next; version n has had the first n. Never edited, only added to."""

VERSION = len(MIGRATIONS)
"""``PRAGMA user_version`` of a ledger written by this version of macrotrade."""


def upgrade(connection: sqlite3.Connection, found: int, moment: str) -> None:
    """Bring a ledger from version `found` to the present one; inside the caller's transaction.

    Version 0 is an empty file, which becomes a ledger with a name of its own.
    """
    for number, statements in enumerate(MIGRATIONS[found:], start=found + 1):
        for statement in statements:
            connection.execute(statement)
        if number == 1:
            connection.execute(f"PRAGMA application_id = {APPLICATION}")
            connection.execute("INSERT INTO births VALUES (?, ?)", (secrets.token_hex(16), moment))
        connection.execute("INSERT INTO migrations VALUES (?, ?, ?)", (number, moment, __version__))
        connection.execute(f"PRAGMA user_version = {number}")


def objects_of(connection: sqlite3.Connection) -> dict[str, str]:
    """Tables, guards and indexes of a ledger: name to the statement that made each."""
    listed = connection.execute("SELECT name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'")
    return {str(name): str(statement) for name, statement in listed}


def objects_wanted(version: int) -> dict[str, str]:
    """What :func:`objects_of` gives of an untouched ledger of that version."""
    statements = [statement for step in MIGRATIONS[:version] for statement in step]
    connection = sqlite3.connect(":memory:")
    try:
        for statement in statements:
            connection.execute(statement)
        return objects_of(connection)
    finally:
        connection.close()

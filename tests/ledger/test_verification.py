"""Whatever is changed after the fact is found and named."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from macrotrade.errors import DataError, SettingsError
from macrotrade.ledger import Ledger, verify
from macrotrade.ledger.chain import COLUMNS
from macrotrade.ledger.schema import MIGRATIONS
from macrotrade.ledger.shown import shown
from tests.ledger.conftest import Clock, an_entry

GUARDS = [statement for step in MIGRATIONS for statement in step if statement.startswith("CREATE TRIGGER")]


def by_hand(path: Path, *statements: str, guards_after: bool = True) -> None:
    """Work on the file as somebody who takes the guards off first, and may put them back."""
    connection = sqlite3.connect(path, isolation_level=None)
    for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        connection.execute(f"DROP TRIGGER {name}")
    for statement in statements:
        connection.execute(statement)
    for guard in GUARDS if guards_after else ():
        connection.execute(guard)
    connection.close()


def test_a_ledger_as_it_was_written_is_whole(filled: Path) -> None:
    found = verify(filled)

    assert found.whole
    assert (found.rows, found.problems, found.notes) == (12, (), ())
    assert verify(filled, str(found.head)).whole


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE entries SET position = -1.0 WHERE sequence = 5",
        "DELETE FROM entries WHERE sequence = 12",
        "INSERT OR REPLACE INTO entries SELECT * FROM entries WHERE sequence = 5",
        "INSERT INTO entries SELECT * FROM entries WHERE sequence = 5 ON CONFLICT DO UPDATE SET position = -1.0",
        "UPDATE settings SET text = '{}'",
        "DELETE FROM settings",
        "INSERT OR REPLACE INTO settings SELECT hash, '{}' FROM settings",
        "UPDATE environments SET text = '{}'",
        "DELETE FROM environments",
        "UPDATE births SET created = 'yesterday'",
        "INSERT INTO births VALUES ('another', 'birth')",
        "DELETE FROM births",
        "DELETE FROM migrations",
        "INSERT OR REPLACE INTO migrations SELECT version, 'yesterday', macrotrade FROM migrations",
    ],
)
def test_the_guards_refuse_every_change(filled: Path, statement: str) -> None:
    connection = sqlite3.connect(filled, isolation_level=None)
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        connection.execute(statement)
    connection.close()

    assert verify(filled).whole


@pytest.mark.parametrize(
    ("column", "value"),
    [("position", "-1.0"), ("reasons", "'[]'"), ("written", "'2025-01-01T00:00:00.000000Z'"), ("ahead", "2")],
)
def test_a_changed_value_names_its_row(filled: Path, column: str, value: str) -> None:
    by_hand(filled, f"UPDATE entries SET {column} = {value} WHERE sequence = 5")

    problem, unread = verify(filled).problems

    assert problem.startswith("Row 5 (2026-02-28, ZB, AR(12), long_short, position ")
    assert "was changed after it was written" in problem
    assert "The 7 rows after it" in unread


def test_a_row_that_is_hashed_anew_breaks_the_next(filled: Path) -> None:
    connection = sqlite3.connect(filled)
    row = list(connection.execute(f"SELECT {', '.join(COLUMNS[:-1])} FROM entries WHERE sequence = 5").fetchone())
    connection.close()
    row[COLUMNS.index("position")] = -1.0
    anew = hashlib.sha256(json.dumps(row, separators=(",", ":")).encode()).hexdigest()

    by_hand(filled, f"UPDATE entries SET position = -1.0, hash = '{anew}' WHERE sequence = 5")

    assert verify(filled).problems[0].startswith("Row 6 ")
    assert "does not follow row 5" in verify(filled).problems[0]


def test_a_row_removed_from_the_middle_is_missed(filled: Path) -> None:
    by_hand(filled, "DELETE FROM entries WHERE sequence = 5")

    assert verify(filled).problems[0] == "Row 5 is missing: row 6 follows row 4."


def test_rows_cut_off_at_the_end_show_only_against_a_head_noted_elsewhere(filled: Path) -> None:
    noted, earlier = verify(filled).head, "9:"
    with Ledger.read(filled) as ledger:
        earlier += str(ledger.frame()["hash"].iloc[8])

    by_hand(filled, "DELETE FROM entries WHERE sequence > 10")

    assert verify(filled).whole
    assert "row 12, and the ledger has 10 whole rows: rows were removed" in verify(filled, str(noted)).problems[0]
    assert "is not the hash of any row" in verify(filled, noted.hash[:16]).problems[0]
    assert verify(filled, earlier).whole


def test_a_ledger_written_anew_does_not_hold_the_head_that_was_noted(filled: Path, clock: Clock) -> None:
    noted = str(verify(filled).head)
    filled.unlink()
    with Ledger.open(filled, clock=clock) as ledger:
        ledger.append([an_entry(instrument=f"I{number}") for number in range(12)])

    assert verify(filled).whole
    assert "is not the hash of row 12" in verify(filled, noted).problems[0]


@pytest.mark.parametrize("head", ["12", "12:xyz", "row:0123456789abcdef", "0123456789abcde"])
def test_a_head_that_is_none_is_refused(filled: Path, head: str) -> None:
    with pytest.raises(SettingsError, match="is no head"):
        verify(filled, head)


def test_a_row_of_another_ledger_does_not_fit(filled: Path, tmp_path: Path) -> None:
    with Ledger.open(tmp_path / "other.sqlite") as other:
        other.append([an_entry()])

    by_hand(
        filled,
        "PRAGMA foreign_keys = OFF",
        f"ATTACH '{tmp_path / 'other.sqlite'}' AS other",
        "DELETE FROM entries",
        "INSERT INTO entries SELECT * FROM other.entries",
    )

    assert "comes from another ledger" in verify(filled).problems[0]


@pytest.mark.parametrize(
    ("statements", "words"),
    [
        (["UPDATE settings SET text = '{}'"], "in settings was changed after it was written"),
        (["DELETE FROM environments"], "Row 1 names a text of environments that is missing"),
        (["CREATE TRIGGER quiet AFTER INSERT ON entries BEGIN DELETE FROM entries; END"], "quiet is not macrotrade's"),
        (["DROP INDEX entries_by_key"], "entries_by_key is missing"),
    ],
)
def test_what_stands_beside_the_rows_is_checked_too(filled: Path, statements: list[str], words: str) -> None:
    by_hand(filled, *statements)

    assert words in "\n".join(verify(filled).problems)


def test_guards_that_were_taken_off_are_missed(filled: Path) -> None:
    by_hand(filled, guards_after=False)

    (problem,) = verify(filled).problems
    assert "entries_are_not_changed" in problem
    assert "by hand" in problem


def test_a_clock_set_back_is_reported_and_no_fault(path: Path, clock: Clock) -> None:
    with Ledger.open(path, clock=clock) as ledger:
        ledger.append([an_entry()])
        clock.now = datetime(2025, 1, 1, tzinfo=UTC)
        ledger.append([an_entry(instrument="ZB")])

    found = verify(path)

    assert found.whole
    assert found.notes[0].startswith("Row 2 is written at 2025-01-01")
    assert "the clock was set back" in found.notes[0]


def test_the_hour_that_comes_twice_in_autumn_keeps_its_order_and_is_told_apart(path: Path, clock: Clock) -> None:
    """Clocks in New York went from 02:00 back to 01:00 on 2 November 2025."""
    zone = ZoneInfo("America/New_York")
    with Ledger.open(path, clock=clock) as ledger:
        for fold, symbol in enumerate(("ZN", "ZB")):
            clock.now = datetime(2025, 11, 2, 1, 30, fold=fold, tzinfo=zone)
            ledger.append([an_entry(instrument=symbol)])
        rows = ledger.frame()

    assert verify(path).notes == ()
    assert list(shown(rows, zone)["written"]) == ["2025-11-02 01:30-0400", "2025-11-02 01:30-0500"]
    assert list(rows["written"].dt.strftime("%H:%M")) == ["05:30", "06:30"]


def test_the_chain_is_what_its_description_says(filled: Path) -> None:
    """Checked from the bytes of the file alone, by another writing of the rule."""
    connection = sqlite3.connect(filled)
    identifier, created = connection.execute("SELECT * FROM births").fetchone()
    rows = connection.execute("SELECT * FROM entries ORDER BY sequence").fetchall()
    names = [column[1] for column in connection.execute("PRAGMA table_info(entries)")]
    connection.close()

    def hashed(values: list[object]) -> str:
        text = "[" + ",".join(json.dumps(value, ensure_ascii=True) for value in values) + "]"
        return hashlib.sha256(text.encode("ascii")).hexdigest()

    previous = hashed(["macrotrade ledger", identifier, created])
    assert tuple(names) == COLUMNS
    for row in rows:
        assert row[-2] == previous
        previous = hashed(list(row[:-1]))
        assert row[-1] == previous


@pytest.mark.parametrize("damage", [lambda raw: raw[:6000], lambda raw: raw[:4096] + bytes(4096) + raw[8192:]])
def test_a_damaged_file_is_named(filled: Path, damage: Callable[[bytes], bytes]) -> None:
    filled.write_bytes(damage(filled.read_bytes()))

    try:
        problems = verify(filled).problems
    except DataError as error:
        problems = (str(error),)

    assert problems
    assert "damaged" in "\n".join(problems)

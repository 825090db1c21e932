"""What is said is written once, read back to the bit, and never changed."""

from __future__ import annotations

import math
import multiprocessing
import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from macrotrade.errors import DataError
from macrotrade.ledger import Ledger, ledger_path, verify
from macrotrade.ledger.entry import NUMBERS
from tests.ledger.conftest import Clock, an_entry

numbers = st.none() | st.floats(allow_infinity=False)
words = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30, deadline=None)
@given(values=st.tuples(*[numbers] * (len(NUMBERS) - 2)), position=numbers, label=words, reason=st.text())
def test_what_is_written_is_read_back_to_the_bit(
    tmp_path_factory: pytest.TempPathFactory, values: tuple[Any, ...], position: Any, label: str, reason: str
) -> None:
    path = tmp_path_factory.mktemp("ledger") / "ledger.sqlite"
    said = dict(zip(NUMBERS[:-2], values, strict=True))
    entry = an_entry(**said, position=position, provider=label, reasons=(reason,))

    with Ledger.open(path) as ledger:
        ledger.append([entry])
        again = ledger.append([entry])
        row = ledger.frame().iloc[0]

    for name in NUMBERS:
        wanted = getattr(entry, name)
        assert math.isnan(row[name]) if wanted is None else row[name] == wanted, name
    assert (row["provider"], row["reasons"], row["data_until"]) == (label, (reason,), {"DGS10": "2026-01-30"})
    assert again.new == ()
    assert verify(path).whole


def test_minus_zero_is_zero_and_infinity_is_refused() -> None:
    assert math.copysign(1.0, an_entry(position=-0.0).position or 0.0) == 1.0
    with pytest.raises(DataError, match="point of AR\\(12\\) on ZN is infinite"):
        an_entry(point=math.inf)
    with pytest.raises(DataError, match="a refusal has none"):
        an_entry(kind="refusal")


def test_saying_the_same_twice_adds_nothing(path: Path, clock: Clock) -> None:
    with Ledger.open(path, clock=clock) as ledger:
        first = ledger.append([an_entry(), an_entry(instrument="ZB")])
    clock.now = datetime(2026, 2, 1, 9, 0, tzinfo=UTC)
    with Ledger.open(path, clock=clock) as ledger:
        again = ledger.append([an_entry(reasons=("the same in other words",)), an_entry(instrument="ZB")])

    assert (first.new, first.already) == ((1, 2), ())
    assert (again.new, again.already, again.head) == ((), (1, 2), first.head)


def test_saying_otherwise_is_a_correction_of_what_was_said_last(path: Path) -> None:
    with Ledger.open(path) as ledger:
        ledger.append([an_entry(), an_entry(position=-1.0, score=-0.1)])
        last = ledger.append([an_entry()])
        rows = ledger.frame()

    assert last.corrections == (3,)
    assert list(rows["kind"]) == ["decision", "correction", "correction"]
    assert list(rows["corrects"].fillna(0)) == [0, 1, 2]
    assert list(rows["position"]) == [1.0, -1.0, 1.0]


def test_a_decision_that_follows_a_refusal_corrects_it(path: Path) -> None:
    nothing = dict.fromkeys(NUMBERS)
    refused = an_entry(kind="refusal", reasons=("stale",), **nothing)
    with Ledger.open(path) as ledger:
        ledger.append([refused])
        same = ledger.append([refused])
        other = ledger.append([an_entry(kind="refusal", reasons=("staler",), **nothing)])
        decided = ledger.append([an_entry()])

    assert same.already == (1,)
    assert (other.corrections, decided.corrections) == ((2,), (3,))


def test_an_append_that_fails_leaves_nothing_behind(path: Path) -> None:
    with Ledger.open(path) as ledger:
        before = ledger.append([an_entry()]).head
        with pytest.raises(DataError, match="could not be written"):
            ledger.append([an_entry(instrument="ZB"), an_entry(instrument="ZF", seed="seven")])

        assert ledger.head() == before
        assert ledger.append([an_entry(instrument="ZB")]).new == (2,)
    assert verify(path).whole


def test_rows_are_chosen_by_what_they_are_about(filled: Path) -> None:
    with Ledger.read(filled) as ledger:
        assert list(ledger.frame(instrument="ZB")["sequence"]) == [2, 5, 8, 11]
        assert list(ledger.frame(last=2)["sequence"]) == [11, 12]
        assert list(ledger.frame(since="2026-03-01", until="2026-03-31")["sequence"]) == [7, 8, 9]
        assert len(ledger.frame(provider="autoregression")) == len(ledger.frame(provider="AR(12)")) == 12
        assert ledger.frame(strategy="another").empty
        assert ledger.frame(kind="correction").empty
        moment = ledger.frame(last=1)["written"].iloc[0]
    assert moment == pd.Timestamp("2026-04-28 22:00", tz="UTC")


def test_the_file_is_the_one_given_else_the_variable_else_the_users_own(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("MACROTRADE_LEDGER", str(tmp_path / "mine.sqlite"))
    assert ledger_path("other.sqlite") == Path("other.sqlite")
    assert ledger_path() == tmp_path / "mine.sqlite"
    monkeypatch.delenv("MACROTRADE_LEDGER")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert ledger_path().name == "ledger.sqlite"
    assert "macrotrade" in ledger_path().parts


def write_many(path: Path, name: str, n_appends: int, rows: int) -> None:
    for number in range(n_appends):
        with Ledger.open(path) as ledger:
            ledger.append([an_entry(strategy=f"{name} {number}", instrument=f"I{row}") for row in range(rows)])


def test_two_writers_at_once_leave_one_whole_chain(path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=write_many, args=(path, name, 8, 7)) for name in ("one", "other")]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)

    assert [writer.exitcode for writer in writers] == [0, 0]
    found = verify(path)
    assert found.whole
    assert found.rows == 2 * 8 * 7
    with Ledger.read(path) as ledger:
        rows = ledger.frame()
    assert (rows.groupby("strategy")["sequence"].agg(lambda numbers: numbers.max() - numbers.min()) == 6).all()


def test_a_reader_sees_the_last_whole_append_while_another_is_under_way(filled: Path) -> None:
    writer = sqlite3.connect(filled, isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")
    try:
        with Ledger.read(filled) as ledger:
            assert len(ledger.frame()) == 12
        assert verify(filled).whole
        with Ledger.open(filled, busy_seconds=0.05) as second, pytest.raises(DataError, match="another process"):
            second.append([an_entry(instrument="ES")])
    finally:
        writer.execute("ROLLBACK")
        writer.close()


def test_a_clock_without_a_time_zone_is_refused(path: Path) -> None:
    with pytest.raises(DataError, match="without a time zone"):
        Ledger.open(path, clock=lambda: datetime(2026, 1, 1))


def test_a_commit_is_on_the_disk_before_it_returns_and_every_table_is_strict(path: Path) -> None:
    with Ledger.open(path) as ledger:
        told = {
            name: ledger._connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous")
        }
        tables = ledger._connection.execute("SELECT name, strict FROM pragma_table_list WHERE schema = 'main'")
        strict = {name: bool(yes) for name, yes in tables if not name.startswith("sqlite_")}

    assert told == {"journal_mode": "wal", "synchronous": 2}
    assert strict == dict.fromkeys(("births", "entries", "environments", "migrations", "settings"), True)


def test_a_correction_with_another_position_is_told_with_both(path: Path) -> None:
    with Ledger.open(path) as ledger:
        ledger.append([an_entry(position=1.0), an_entry(instrument="ZB", position=1.0)])
        corrected = ledger.append(
            [an_entry(position=-1.0, score=-0.2), an_entry(instrument="ZB", position=1.0, score=0.01)]
        )

    assert corrected.corrections == (3, 4)
    (turned,) = corrected.turned
    assert (turned.row, turned.corrects, turned.instrument, turned.before, turned.after) == (3, 1, "ZN", 1.0, -1.0)
    assert corrected.last_row == 4

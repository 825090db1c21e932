"""``macrotrade ledger`` as a person types it."""

from __future__ import annotations

import json
import sqlite3
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from macrotrade.__main__ import main
from macrotrade.ledger import Ledger, entries_of, refusal
from macrotrade.strategy.decide import decide
from macrotrade.strategy.spec import Strategy

Typed = Callable[..., tuple[int, str, str]]
COMMANDS = ("show", "verify", "replay", "score", "export")


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two months of one strategy: the first issued on its day, the second a year later."""
    path = tmp_path_factory.mktemp("ledger") / "ledger.sqlite"
    strategy = Strategy(
        name="notes", providers=("naive", "autoregression"), instruments=("ZN",), start="2010-01-31", coin_flips=5
    )
    history = strategy.data.load()
    for day, moment in (("2014-01-31", datetime(2014, 1, 31, 23)), ("2014-02-28", datetime(2015, 2, 28))):
        with Ledger.open(path, clock=lambda moment=moment: moment.replace(tzinfo=UTC)) as ledger:
            ledger.append(entries_of(strategy, decide(strategy, history, day), history))
    return path


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Typed:
    """Exit code and what was printed."""

    def type_(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["macrotrade", "ledger", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return int(ended.value.code or 0), said.out, said.err

    return type_


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example(typed: Typed, command: str) -> None:
    code, said, _ = typed(command, "--help")

    assert code == 0
    assert f"Example: macrotrade ledger {command}" in " ".join(said.split())


def test_rows_are_shown_as_a_table_or_as_json(typed: Typed, book: Path) -> None:
    code, said, _ = typed("show", "--provider", "naive", "--last", "1", "--ledger", str(book))
    assert code == 0
    assert "1 of 8 rows" in said
    assert " bp" in said
    assert "head 8:" in said

    code, said, _ = typed("show", "--instrument", "ZN", "--since", "2014-02-01", "--json", "--ledger", str(book))
    rows = json.loads(said)
    assert [row["sequence"] for row in rows] == [5, 6, 7, 8]
    assert rows[0]["written"] == "2015-02-28T00:00:00.000000Z"


def test_the_variable_names_the_ledger(typed: Typed, book: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MACROTRADE_LEDGER", str(book))

    assert typed("verify")[0] == 0


@pytest.mark.parametrize("words", [("show",), ("replay",), ("score",), ("export", "rows.csv")], ids=" ".join)
def test_without_a_ledger_there_is_nothing_to_do(typed: Typed, tmp_path: Path, words: tuple[str, ...]) -> None:
    code, _, said = typed(*words, "--ledger", str(tmp_path / "none.sqlite"))

    assert code == 4
    assert "There is no ledger at" in said
    assert not (tmp_path / "none.sqlite").exists()


def test_rows_that_are_not_there_are_nothing_to_show(typed: Typed, book: Path) -> None:
    assert typed("show", "--instrument", "ES", "--ledger", str(book))[0] == 4
    assert typed("replay", "--strategy", "stocks", "--ledger", str(book))[0] == 4


def test_a_whole_ledger_is_told_with_its_head_and_a_broken_one_refused(
    typed: Typed, book: Path, tmp_path: Path
) -> None:
    code, said, _ = typed("verify", "--ledger", str(book))
    head = said.split("head ")[1].strip()
    assert code == 0
    assert "is whole: 8 rows" in said
    assert "holds the head that was noted" in typed("verify", "--head", head, "--ledger", str(book))[1]

    broken = tmp_path / "broken.sqlite"
    broken.write_bytes(book.read_bytes())
    connection = sqlite3.connect(broken, isolation_level=None)
    connection.execute("DROP TRIGGER entries_are_not_changed")
    connection.execute("UPDATE entries SET position = 0.5 WHERE sequence = 3")
    connection.close()
    code, _, said = typed("verify", "--ledger", str(broken))
    assert code == 3
    assert "Row 3 (2014-01-31, ZN, autoregression, long_flat, position 0.5" in said
    assert "entries_are_not_changed is missing" in said
    assert typed("verify", "--ledger", str(tmp_path / "none.sqlite"))[0] == 3
    assert typed("verify", "--head", "nonsense", "--ledger", str(book))[0] == 2


def test_decisions_are_computed_again(typed: Typed, book: Path) -> None:
    code, said, _ = typed("replay", "--ledger", str(book))
    assert code == 0
    assert "8 rows computed again, 0 differ" in said


def test_a_decision_that_comes_out_otherwise_is_named_with_its_cause(typed: Typed, tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    strategy = Strategy(name="notes", providers=("naive",), instruments=("ZN",), start="2010-01-31")
    history = strategy.data.load()
    first, second = entries_of(strategy, decide(strategy, history, "2014-01-31"), history)
    with Ledger.open(path) as ledger:
        ledger.append([first, replace(second, point=1e-9)])

    code, said, _ = typed("replay", "--ledger", str(path))

    assert code == 3
    assert "2 rows computed again, 1 differ" in said
    assert "unexplained" in said
    assert typed("replay", "--tolerance", "1e-8", "--ledger", str(path))[0] == 0


def test_data_that_have_moved_are_asked_for_where_they_lie_now(typed: Typed, tmp_path: Path) -> None:
    path, gone = tmp_path / "ledger.sqlite", tmp_path / "gone.csv"
    strategy = Strategy(
        name="notes",
        providers=("naive",),
        instruments=("ZN",),
        start="2010-01-31",
        data={"source": "fred-md", "path": "elsewhere.csv"},
    )
    with Ledger.open(path) as ledger:
        then = [replace(entry, data_hash="d" * 64) for entry in refusal(strategy, "2014-01-31", "too old")]
        ledger.append(then)

    code, _, said = typed("replay", "--data", str(gone), "--ledger", str(path))

    assert code == 3
    assert "rows 1 to 2 were not computed again" in said
    assert "gone.csv" in said


def test_what_was_issued_is_judged_and_what_was_written_later_is_not(typed: Typed, book: Path, tmp_path: Path) -> None:
    code, said, _ = typed("score", "--out", str(tmp_path / "report"), "--ledger", str(book))
    assert code == 0
    assert "rows: 4 counts, 4 written later" in said
    assert "notes, as issued" in said
    assert (tmp_path / "report" / "report.html").exists()

    code, said, _ = typed("score", "--later", "--ledger", str(book))
    assert "written later, 2014-02-28" in said
    code, said, _ = typed("score", "--within", "400", "--ledger", str(book))
    assert "rows: 8 counts" in said
    assert typed("score", "--strategy", "stocks", "--ledger", str(book))[0] == 2


@pytest.mark.parametrize("ending", ["csv", "jsonl", "parquet"])
def test_rows_are_exported(typed: Typed, book: Path, tmp_path: Path, ending: str) -> None:
    file = tmp_path / f"rows.{ending}"

    code, said, _ = typed("export", str(file), "--ledger", str(book))

    assert (code, said) == (0, f"wrote 8 rows to {file}\n")
    assert file.stat().st_size > 0

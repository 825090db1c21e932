"""``macrotrade signal`` on a machine that does its worst: what was decided stands, and the next run completes it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from macrotrade.__main__ import main
from macrotrade.ledger import Ledger, ledger, verify

DAY = ("--as-of", "2013-06-30", "--ledger", "ledger.sqlite")
WATCHLIST = """
name = "small list"
providers = ["autoregression", "naive"]
rule = "long_short"
[[watch]]
instrument = "ZN"
[[watch]]
instrument = "SPX"
"""
N_ROWS = 6  # two instruments, two providers and the vote

Typed = Callable[..., int]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of one's own, with a watchlist."""
    (tmp_path / "list.toml").write_text(WATCHLIST, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def signal(place: Path, monkeypatch: pytest.MonkeyPatch) -> Typed:
    """Type the command, in `place`; gives its exit code."""
    del place

    def run(*words: str) -> int:
        monkeypatch.setattr(sys, "argv", ["macrotrade", "signal", "list.toml", *words])
        with pytest.raises(SystemExit) as stopped:
            main()
        return int(stopped.value.code or 0)

    return run


def rows(place: Path) -> int:
    found = verify(place / "ledger.sqlite")
    assert found.whole
    return found.rows


@contextmanager
def files_no_longer_than(n_bytes: int) -> Iterator[None]:
    """The kernel refuses to write past a limit, as a full disk does."""
    resource = pytest.importorskip("resource", reason="limits are set as POSIX has them")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (n_bytes, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def as_anybody() -> list[str]:
    """What stands before a command that is to be refused where writing is not allowed, as root is not."""
    if not hasattr(os, "geteuid"):
        pytest.skip("permissions are tried as POSIX has them")
    if os.geteuid() != 0:
        return []
    if shutil.which("setpriv") is None:
        pytest.skip("root needs setpriv to give up its privilege to write everywhere")
    return ["setpriv", "--bounding-set", "-dac_override"]


def test_a_disk_that_is_full_at_the_ledger_leaves_none_of_the_decision_and_the_next_run_all(
    place: Path, signal: Typed, capsys: pytest.CaptureFixture[str]
) -> None:
    assert signal(*DAY) == 0
    first = rows(place)

    with files_no_longer_than(12_000):
        assert signal("--as-of", "2013-07-31", *DAY[2:]) == 3

    assert "Nothing was written and the ledger is as before" in capsys.readouterr().err
    assert rows(place) == first
    assert signal("--as-of", "2013-07-31", *DAY[2:]) == 0
    assert rows(place) == 2 * first


def test_a_disk_that_is_full_at_the_page_costs_the_page_alone(
    place: Path, signal: Typed, capsys: pytest.CaptureFixture[str]
) -> None:
    with files_no_longer_than(1_000_000):
        assert signal(*DAY) == 3

    said = capsys.readouterr()
    assert "decided on 2013-06-30" in said.out
    assert f"ledger: {N_ROWS} new rows, head {N_ROWS}:" in said.out
    assert "signal.html could not be written (File too large)" in said.err
    assert "Make room or give another folder with --out, and run again" in said.err
    assert rows(place) == N_ROWS
    folder = place / "runs" / "list"
    assert not [file for file in folder.rglob("*") if file.name.startswith(".part")]
    assert signal(*DAY) == 0
    said = capsys.readouterr()
    assert "decided on 2013-06-30" in said.out
    assert f"ledger: nothing new, head {N_ROWS}:" in said.out
    assert (folder / "signal.html").exists()
    assert signal(*DAY) == 4


@pytest.mark.parametrize("lost", ["results.json", "signal.html", "another day"])
def test_a_run_that_told_nobody_is_told_by_the_next(
    place: Path, signal: Typed, capsys: pytest.CaptureFixture[str], lost: str
) -> None:
    assert signal(*DAY) == 0
    if lost == "another day":
        assert signal("--as-of", "2013-07-31", *DAY[2:]) == 0
    else:
        (place / "runs" / "list" / lost).unlink()
    capsys.readouterr()

    assert signal(*DAY) == 0

    assert "decided on 2013-06-30" in capsys.readouterr().out
    assert signal(*DAY) == 4


@pytest.mark.parametrize(("closed", "told"), [("book", "MACROTRADE_LEDGER"), ("runs", "Permission denied")])
def test_a_folder_that_is_read_only_is_named_with_what_to_do(place: Path, closed: str, told: str) -> None:
    for name in ("book", "runs"):
        (place / name).mkdir()
    (place / closed).chmod(0o555)
    words = [sys.executable, "-m", "macrotrade", "signal", "list.toml", *DAY[:2], "--ledger", "book/ledger.sqlite"]

    run = subprocess.run([*as_anybody(), *words], cwd=place, capture_output=True, text=True, timeout=240, check=False)

    assert run.returncode in (2, 3), run.stderr
    assert run.stderr.startswith("macrotrade: ")
    assert closed in run.stderr
    assert told in run.stderr


def test_of_two_runs_at_once_both_complete_and_one_has_nothing_new_to_say(place: Path) -> None:
    command = [sys.executable, "-m", "macrotrade", "signal", "list.toml", *DAY]

    runs = [subprocess.Popen(command, cwd=place, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(2)]
    said = [run.communicate(timeout=240) for run in runs]

    assert sorted(run.returncode for run in runs) == [0, 4], said
    assert rows(place) == N_ROWS


@pytest.mark.parametrize("harm", ["cut", "emptied", "another format"])
def test_forecasts_that_an_older_run_left_half_written_are_made_anew(
    place: Path, signal: Typed, capsys: pytest.CaptureFixture[str], harm: str
) -> None:
    assert signal(*DAY) == 0
    results = place / "runs" / "list" / "results.json"
    first = json.loads(results.read_text(encoding="utf-8"))
    kept = sorted((place / "runs" / "list" / "forecasts").iterdir())
    assert {file.suffix for file in kept} == {".npz", ".json"}
    for file in kept:
        content = file.read_bytes()
        other = b'[{"provider": "naive"}]' if file.suffix == ".json" else b"PK\x03\x04 of old"
        file.write_bytes({"cut": content[: len(content) // 2], "emptied": b"", "another format": other}[harm])
    (kept[0].parent / ".part-0123456789abcdef.npz").write_bytes(b"half of a for")
    capsys.readouterr()

    assert signal(*DAY, "--again") == 4

    assert json.loads(results.read_text(encoding="utf-8")) == first
    assert rows(place) == N_ROWS


def test_a_clock_that_was_set_back_is_noted_and_breaks_nothing(
    place: Path, signal: Typed, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert signal(*DAY) == 0
    monkeypatch.setattr(ledger, "_now", lambda: datetime(2014, 1, 1, tzinfo=UTC))

    assert signal("--as-of", "2013-07-31", *DAY[2:]) == 0
    assert signal("--as-of", "2013-07-31", *DAY[2:]) == 4

    found = verify(place / "ledger.sqlite")
    assert found.whole
    assert found.rows == 2 * N_ROWS
    assert "the clock was set back" in found.notes[0]
    with Ledger.read(place / "ledger.sqlite") as book:
        assert list(book.frame()["sequence"]) == list(range(1, 2 * N_ROWS + 1))

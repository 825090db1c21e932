"""What happens to a ledger when the machine does its worst."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from macrotrade.errors import DataError
from macrotrade.ledger import Ledger, schema, verify
from macrotrade.ledger.file import version_of
from macrotrade.ledger.schema import MIGRATIONS, VERSION
from tests.ledger.conftest import an_entry

ROOT = Path(__file__).resolve().parents[2]


def run(script: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", script, *map(str, arguments)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_a_ledger_survives_being_killed_at_any_point_of_an_append(tmp_path: Path) -> None:
    """Ten kills; `python -m benchmarks ledger` does two hundred."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks._kills", "10", "1", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["survived"] == 10


def test_a_file_that_may_not_grow_keeps_what_it_had(filled: Path) -> None:
    with Ledger.open(filled) as ledger:
        before = ledger.head()
        pages = ledger._connection.execute("PRAGMA page_count").fetchone()[0]
        ledger._connection.execute(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(DataError, match=r"ledger\.sqlite could not be written: the disk is full.*as before"):
            ledger.append([an_entry(strategy=f"s{number}") for number in range(200)])
        assert ledger.head() == before
        ledger._connection.execute("PRAGMA max_page_count = 100000")
        assert len(ledger.append([an_entry(strategy=f"s{number}") for number in range(200)]).new) == 200

    assert verify(filled).whole


def test_a_disk_that_fills_up_keeps_what_it_had(filled: Path) -> None:
    """The kernel refuses to write past a limit, as a full disk does."""
    script = """
import resource, sys
from macrotrade.errors import DataError
from macrotrade.ledger import Ledger
from tests.ledger.conftest import an_entry

resource.setrlimit(resource.RLIMIT_FSIZE, (150_000, 150_000))
try:
    with Ledger.open(sys.argv[1]) as ledger:
        ledger.append([an_entry(strategy=f"s{number}") for number in range(2000)])
except DataError as error:
    print(error)
"""
    refused = run(script, filled)

    assert "Nothing was written and the ledger is as before" in refused.stdout, refused.stderr
    assert verify(filled).rows == 12
    with Ledger.open(filled) as ledger:
        assert ledger.append([an_entry(instrument="ES")]).new == (13,)


@pytest.fixture
def public_folder() -> Iterator[Path]:
    """A folder that any user can reach."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    folder.chmod(0o755)
    shutil.rmtree(folder)


AS_ANYBODY = """
import os, sys
from macrotrade.errors import DataError
from macrotrade.ledger import Ledger, verify
from macrotrade.ledger.environment import environment
from tests.ledger.conftest import an_entry

environment()
if os.getuid() == 0:
    os.setgid(65534)
    os.setuid(65534)
try:
    with Ledger.open(sys.argv[1]) as ledger:
        ledger.append([an_entry(instrument="ES")])
except DataError as error:
    print(error)
if len(sys.argv) > 2:
    print(verify(sys.argv[1]).rows)
"""


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="permissions are tried as POSIX has them")
def test_a_read_only_folder_is_named_and_its_ledger_can_still_be_read(filled: Path, public_folder: Path) -> None:
    copy = public_folder / "ledger.sqlite"
    shutil.copy(filled, copy)
    copy.chmod(0o444)
    public_folder.chmod(0o555)

    tried = run(AS_ANYBODY, copy, "verify")

    assert f"Ledger {copy} could not be" in tried.stdout, tried.stderr
    assert "MACROTRADE_LEDGER" in tried.stdout
    assert tried.stdout.splitlines()[-1] == "12"


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="permissions are tried as POSIX has them")
def test_a_folder_in_which_nothing_can_be_made_is_named(public_folder: Path) -> None:
    public_folder.chmod(0o555)

    tried = run(AS_ANYBODY, public_folder / "below" / "ledger.sqlite")

    assert "ledger.sqlite could not be opened" in tried.stdout, tried.stderr
    assert "--ledger" in tried.stdout


def of_version(path: Path, version: int) -> None:
    """A ledger with one row, as an earlier macrotrade would have left it."""
    with Ledger.open(path) as ledger:
        ledger.append([an_entry()])
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("DROP TRIGGER migrations_are_not_removed")
    connection.execute("DELETE FROM migrations WHERE version > ?", (version,))
    connection.execute(next(each for each in MIGRATIONS[0] if "migrations_are_not_removed" in each))
    connection.execute("DROP INDEX entries_by_key")
    connection.execute(f"PRAGMA user_version = {version}")
    connection.close()


def test_a_file_of_an_older_version_is_read_as_it_is_and_upgraded_when_written(path: Path) -> None:
    of_version(path, 1)

    assert (verify(path).whole, verify(path).version) == (True, 1)
    with Ledger.open(path) as ledger:
        assert ledger.append([an_entry()]).already == (1,)
    assert (verify(path).whole, verify(path).version) == (True, VERSION)


def test_an_upgrade_that_fails_leaves_the_file_as_it_was(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    of_version(path, 1)
    broken = (*MIGRATIONS[:1], ("CREATE TABLE half (way INTEGER) STRICT", "CREATE TABLE and then no further"))
    monkeypatch.setattr(schema, "MIGRATIONS", broken)

    with pytest.raises(DataError, match="could not be opened"):
        Ledger.open(path)

    monkeypatch.undo()
    assert (verify(path).whole, verify(path).version) == (True, 1)


def test_a_file_of_a_later_version_is_refused_and_not_touched(filled: Path) -> None:
    connection = sqlite3.connect(filled, isolation_level=None)
    connection.execute(f"PRAGMA user_version = {VERSION + 5}")
    for attempt in (Ledger.open, Ledger.read, verify):
        with pytest.raises(DataError, match=rf"version {VERSION + 5}.*Upgrade\s+macrotrade"):
            attempt(filled)
    assert version_of(connection) == VERSION + 5
    connection.close()


@pytest.mark.parametrize("attempt", [Ledger.open, Ledger.read, verify])
def test_what_is_no_ledger_is_refused_by_name(tmp_path: Path, attempt: Callable[[Path], object]) -> None:
    text, other, absent = tmp_path / "notes.txt", tmp_path / "other.sqlite", tmp_path / "absent.sqlite"
    text.write_text("buy low, sell high\n" * 100, encoding="utf-8")
    connection = sqlite3.connect(other)
    connection.execute("CREATE TABLE tracks (name TEXT)")
    connection.close()

    with pytest.raises(DataError, match=r"notes\.txt.*not an SQLite file"):
        attempt(text)
    with pytest.raises(DataError, match=r"other\.sqlite is an SQLite file of another program"):
        attempt(other)
    if attempt != Ledger.open:
        with pytest.raises(DataError, match="There is no ledger at"):
            attempt(absent)
        assert not absent.exists()
    assert text.read_text(encoding="utf-8").startswith("buy low")


def test_an_empty_file_is_a_ledger_to_be_and_no_ledger_to_verify(path: Path) -> None:
    path.touch()

    with pytest.raises(DataError, match="is empty"):
        verify(path)
    with Ledger.open(path) as ledger:
        assert ledger.append([an_entry()]).new == (1,)
    assert verify(path).whole

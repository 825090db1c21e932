"""Whatever goes wrong while the cache is written, it is as before or complete; never half."""

from __future__ import annotations

import errno
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from threading import Timer

import pandas as pd
import pytest

from macrotrade.errors import DataError
from macrotrade.sources.cache.live import load_live
from macrotrade.sources.cache.manifest import FORMAT, MANIFEST
from macrotrade.sources.cache.store import Cache
from macrotrade.sources.cache.update import update
from macrotrade.sources.cache.upkeep import damage, prune, repair
from macrotrade.sources.live.fetched import Fetched
from macrotrade.sources.live.tables import LiveTable

Make = Callable[..., Fetched]
Held = Callable[[Cache], dict[str, bytes]]

STAGES = [f"{what} {stage}" for what in ("table", "manifest") for stage in ("begun", "written", "named")]
COMMITTED = "manifest named"

# For each line it is told, forks a child that writes a table of day after day and says each day once it is kept; the
# child dies at a stage if told to. The parent does nothing but wait, so that forking it is safe.
WRITER = """
import json, os, signal, sys
from pathlib import Path
import pandas as pd
import pyarrow.parquet
import filelock
from macrotrade.sources.cache.store import Cache
from macrotrade.sources.live.fetched import Fetched

def write(folder, first, die_at):
    def at_stage(stage):
        if stage == die_at and day > first:
            os.kill(os.getpid(), signal.SIGKILL)
    with Cache(Path(folder), at_stage).writing() as writer:
        for day in range(first, 100_000):
            dates = pd.date_range("2000-01-01", periods=1000 + day)
            frame = pd.DataFrame({"date": dates, "value": [float(day)] * len(dates)})
            writer.put(Fetched("yahoo-SPX", frame, "Yahoo Finance", pd.Timestamp("2026-11-03", tz="UTC"), "https://x"))
            os.write(1, f"day {day}\\n".encode())

for line in sys.stdin:
    child = os.fork()
    if child == 0:
        os.write(1, f"writer {os.getpid()}\\n".encode())
        write(*json.loads(line))
        os._exit(0)
    ended = os.waitpid(child, 0)[1]
    os.write(1, f"ended {os.WTERMSIG(ended)}\\n".encode())
"""


class Writers:
    """Processes that write one table after another until they are killed, one at a time."""

    def __init__(self, parent: subprocess.Popen[str]) -> None:
        self.parent = parent
        self.pid = 0

    def start(self, folder: Path, first: int = 0, die_at: str = "") -> None:
        assert self.parent.stdin is not None
        self.parent.stdin.write(json.dumps([str(folder), first, die_at]) + "\n")
        self.parent.stdin.flush()
        word, self.pid = self.said()
        assert word == "writer"

    def said(self) -> tuple[str, int]:
        """The next word that is said, with its number."""
        assert self.parent.stdout is not None
        word, number = self.parent.stdout.readline().split()
        return word, int(number)

    def ended(self) -> tuple[int, int]:
        """The last day that was said, -1 for none, and the signal that ended the writer."""
        day = -1
        while True:
            word, number = self.said()
            if word == "ended":
                return day, number
            day = number


@pytest.fixture(scope="module")
def writers() -> Iterator[Writers]:
    if not hasattr(os, "fork"):
        pytest.skip("needs to fork")
    with subprocess.Popen(
        [sys.executable, "-c", WRITER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as it:
        yield Writers(it)
        it.kill()


def kept_day(cache: Cache) -> int:
    """Which day's table the cache holds, all of it."""
    frame = cache.table("yahoo-SPX").frame
    assert (frame["value"] == frame["value"].iloc[0]).all()
    day = int(frame["value"].iloc[0])
    assert len(frame) == 1000 + day
    return day


def fails_at(stage: str, error: Exception) -> Callable[[str], None]:
    def at_stage(passed: str) -> None:
        if passed == stage:
            raise error

    return at_stage


@pytest.mark.parametrize("stage", STAGES)
def test_a_process_killed_between_stages_leaves_the_table_before_or_the_one_after(
    cache: Cache, writers: Writers, stage: str
) -> None:
    writers.start(cache.folder, die_at=stage)

    assert writers.ended() == (0, signal.SIGKILL)
    assert kept_day(cache) == (1 if stage == COMMITTED else 0)
    assert damage(cache) == ()


def test_ten_kills_at_random_moments_leave_a_cache_that_reads_and_goes_on(cache: Cache, writers: Writers) -> None:
    moments = random.Random(7)
    day = 0
    for _ in range(10):
        writers.start(cache.folder, first=day)
        assert writers.said() == ("day", day)
        time.sleep(moments.uniform(0.0, 0.05))
        os.kill(writers.pid, signal.SIGKILL)
        told = max(day, writers.ended()[0])
        found = kept_day(cache)
        assert told <= found <= told + 1  # what was said is kept; at most one more, kept and not yet said
        assert damage(cache) == ()
        day = found + 1

    prune(cache)

    assert sorted(path.name for path in cache.folder.iterdir() if path.name != ".lock") == [MANIFEST, "tables"]
    assert len(list((cache.folder / "tables").iterdir())) == 1


@pytest.mark.parametrize("stage", STAGES)
def test_a_full_disk_at_any_stage_leaves_the_cache_whole(tmp_path: Path, quotes: Make, held: Held, stage: str) -> None:
    cache = Cache(tmp_path / "cache")
    with cache.writing() as writer:
        writer.put(quotes(last="2026-11-02"))
    before = held(cache)
    full = Cache(cache.folder, fails_at(stage, OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))))

    with (
        pytest.raises(DataError, match=r"cannot be written \(No space left on device\).*Make room"),
        full.writing() as writer,
    ):
        writer.put(quotes(last="2026-11-03"))

    if stage == COMMITTED:
        assert cache.table("yahoo-SPX").last_day == pd.Timestamp("2026-11-03")
    else:
        assert held(cache) == before
    assert damage(cache) == ()


def test_a_file_size_limit_of_the_system_leaves_the_cache_byte_for_byte(cache: Cache, quotes: Make, held: Held) -> None:
    resource = pytest.importorskip("resource")
    with cache.writing() as writer:
        writer.put(quotes(n_rows=10))
    before = held(cache)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, limits[1]))
    try:
        with pytest.raises(DataError, match="cannot be written"), cache.writing() as writer:
            writer.put(quotes(n_rows=4000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)

    assert held(cache) == before
    assert len(cache.table("yahoo-SPX").frame) == 10


@pytest.fixture
def as_a_guest(tmp_path: Path) -> Iterator[None]:
    """Without the privilege to write where writing is not allowed."""
    if os.name == "nt":
        pytest.skip("permissions of POSIX")
    if os.geteuid() != 0:
        yield
        return
    for folder in (tmp_path, *tmp_path.parents):
        if not folder.stat().st_mode & 0o010 and folder.stat().st_uid == 0:
            folder.chmod(folder.stat().st_mode | 0o055)
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


def test_a_read_only_folder_is_read_and_refuses_to_be_written(
    tmp_path: Path, quotes: Make, held: Held, request: pytest.FixtureRequest
) -> None:
    cache = Cache(tmp_path / "cache")
    with cache.writing() as writer:
        writer.put(quotes())
    before = held(cache)
    for path in (cache.folder, *cache.folder.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)
    request.getfixturevalue("as_a_guest")

    assert list(cache.tables()) == ["yahoo-SPX"]
    with pytest.raises(DataError, match=r"cannot be written \(Permission denied\).*MACROTRADE_CACHE"):
        update([LiveTable("yahoo-ES", "", False, 6, lambda _: quotes("yahoo-ES"))], cache)

    assert held(cache) == before


def test_a_second_writer_says_who_holds_the_cache_and_one_that_waits_gets_its_turn(
    cache: Cache, quotes: Make, writers: Writers
) -> None:
    writers.start(cache.folder)
    writers.said()
    with (
        pytest.raises(DataError, match=rf"process {writers.pid} on .* is writing this cache; waited 0.1 seconds"),
        cache.writing(wait_seconds=0.1),
    ):
        pass
    reads = [kept_day(cache) for _ in range(20)]  # while it writes
    Timer(0.3, os.kill, (writers.pid, signal.SIGTERM)).start()
    with cache.writing(wait_seconds=30.0) as writer:
        writer.put(quotes("yahoo-ES"))
    writers.ended()

    assert reads == sorted(reads)
    assert set(cache.tables()) == {"yahoo-SPX", "yahoo-ES"}


@pytest.mark.parametrize("text", ["", "{", '{"tables": {}}', '{"format": 1, "tables": {"a": 3}}', "\x00" * 300])
def test_a_broken_manifest_is_refused_and_made_anew_from_the_tables(
    cache: Cache, quotes: Make, vintages: Make, text: str
) -> None:
    with cache.writing() as writer:
        writer.put(quotes())
        writer.put(vintages())
    before = cache.manifest()
    (cache.folder / MANIFEST).write_text(text, encoding="utf-8")

    with pytest.raises(DataError, match=r"manifest.json: is not a whole manifest .*data check --repair"):
        cache.tables()
    with pytest.raises(DataError, match="is not a whole manifest"), cache.writing():
        pass
    assert repair(cache) == ("made the manifest anew from 2 tables",)

    assert cache.manifest() == before


def test_an_absent_manifest_is_made_anew_by_the_next_writer(cache: Cache, quotes: Make) -> None:
    with cache.writing() as writer:
        writer.put(quotes())
    (cache.folder / MANIFEST).unlink()

    with cache.writing() as writer:
        writer.put(quotes("yahoo-ES"))

    assert set(cache.tables()) == {"yahoo-SPX", "yahoo-ES"}


@pytest.mark.parametrize("harm", ["cut", "altered", "emptied", "gone"])
def test_a_damaged_table_is_refused_with_its_file_and_the_remedy_and_the_next_update_fetches_it_whole(
    cache: Cache, quotes: Make, harm: str
) -> None:
    with cache.writing() as writer:
        path = cache.folder / "tables" / writer.put(quotes()).file
        writer.put(quotes("yahoo-ES"))
    content = path.read_bytes()
    harmed = {"cut": content[: len(content) // 2], "altered": content[:-50] + b"?" + content[-49:], "emptied": b""}
    path.write_bytes(harmed[harm]) if harm in harmed else path.unlink()
    asked_with: list[Fetched | None] = []

    def fetch(stored: Fetched | None) -> Fetched:
        asked_with.append(stored)
        return quotes()

    with pytest.raises(DataError, match=rf"{path.name}.*data check --repair.*data update"):
        cache.tables()
    assert [path.name in problem for problem in damage(cache)] == [True]
    done = update([LiveTable("yahoo-SPX", "", False, 6, fetch)], cache)

    assert asked_with == [None]
    assert [outcome.kind for outcome in done.outcomes] == ["new"]
    assert damage(cache) == ()


def test_repair_takes_out_what_is_damaged_and_leaves_the_rest(cache: Cache, quotes: Make) -> None:
    with cache.writing() as writer:
        path = cache.folder / "tables" / writer.put(quotes()).file
        writer.put(quotes("yahoo-ES"))
    path.write_bytes(b"<html>")

    assert repair(cache) == ("took out yahoo-SPX, whose file is damaged or absent",)

    assert list(cache.tables()) == ["yahoo-ES"]
    assert repair(cache) == ()


def test_tables_of_an_older_format_are_not_read_and_are_fetched_anew(cache: Cache, quotes: Make) -> None:
    with cache.writing() as writer:
        old_file = cache.folder / "tables" / writer.put(quotes()).file
    manifest = cache.folder / MANIFEST
    entries = json.loads(manifest.read_text(encoding="utf-8"))
    manifest.write_text(json.dumps({**entries, "format": FORMAT - 1}), encoding="utf-8")
    (cache.folder / ".part-0123.parquet").write_bytes(b"half of a ta")

    assert cache.manifest().outdated == ("yahoo-SPX",)
    with pytest.raises(DataError, match="'yahoo-SPX' was written by an older macrotrade; 'macrotrade data update'"):
        cache.table("yahoo-SPX")
    failed = update([LiveTable("yahoo-SPX", "", False, 6, refuse)], cache)
    assert failed.failed
    assert old_file.exists()
    update([LiveTable("yahoo-SPX", "", False, 6, lambda _: quotes(n_rows=600))], cache)
    prune(cache)

    assert len(cache.table("yahoo-SPX").frame) == 600
    assert not old_file.exists()
    assert not (cache.folder / ".part-0123.parquet").exists()


def test_a_cache_of_a_newer_format_is_left_alone(cache: Cache, held: Held) -> None:
    cache.folder.mkdir()
    (cache.folder / MANIFEST).write_text(json.dumps({"format": FORMAT + 1, "tables": {}}), encoding="utf-8")
    before = held(cache)

    with pytest.raises(DataError, match=r"of a newer macrotrade than this .* upgrade macrotrade"), cache.writing():
        pass

    assert held(cache) == before


def test_a_clock_set_back_is_said_by_the_update_and_by_the_history(cache: Cache, vintages: Make) -> None:
    table = LiveTable("alfred-UNRATE", "", False, 60, lambda _: vintages())
    update([table], cache, now=datetime(2026, 11, 3, 7, tzinfo=UTC))
    earlier = datetime(2026, 10, 1, tzinfo=UTC)

    done = update([table], cache, now=earlier)
    told = load_live(cache.folder, now=datetime(2026, 9, 1, tzinfo=UTC)).notes

    words = "the clock says 2026-10-01 00:00 UTC, but the cache was written 2026-11-03 07:00 UTC"
    assert [words in note for note in done.notes] == [True]
    assert [note for note in told if note.startswith("the clock says 2026-09-01")]
    assert not [note for note in load_live(cache.folder, now=datetime(2027, 1, 1, tzinfo=UTC)).notes if "clock" in note]


def refuse(stored: Fetched | None) -> Fetched:
    raise DataError("the publisher answers with a web page")

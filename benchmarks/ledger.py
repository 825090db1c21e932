"""Appending to the ledger durably, checking it whole, and killing the writer."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter

from benchmarks._kills import entry
from benchmarks._table import Row, seconds
from macrotrade.ledger import Ledger, verify
from macrotrade.ledger.chain import COLUMNS

_APPENDS = 1000
_ROWS = 100_000
_KILLS = 200


def rows() -> list[Row]:
    """One run of many rows, many runs of one row, a check of many rows, and two hundred kills."""
    with tempfile.TemporaryDirectory(dir=os.environ.get("MACROTRADE_BENCHMARK_FOLDER")) as folder:
        place = Path(folder)
        return [_one_run(place), _many_runs(place), _check(place), _killed(place)]


def _one_run(place: Path) -> Row:
    """A signal run is one transaction, however many rows it has."""
    count = iter(range(1000))

    def ours() -> None:
        name = f"run {next(count)}"
        with Ledger.open(place / "one.sqlite") as ledger:
            ledger.append([entry(strategy=name, instrument=f"I{number}") for number in range(_APPENDS)])

    plain = seconds(lambda: _plain_inserts(place / "plain.sqlite"))
    took = seconds(ours)
    return Row(
        f"{_APPENDS:,} rows appended by one run, on the disk",
        "sqlite3: the same columns, no chain, no guards",
        plain,
        took,
        _target(took, 1.0),
        note="one transaction; entries made, file opened and closed",
    )


def _plain_inserts(file: Path) -> None:
    connection = sqlite3.connect(file, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute(f"CREATE TABLE IF NOT EXISTS entries ({', '.join(COLUMNS)})")
    values = [[str(value) for value in range(len(COLUMNS))] for _ in range(_APPENDS)]
    connection.execute("BEGIN IMMEDIATE")
    connection.executemany(f"INSERT INTO entries VALUES ({', '.join('?' * len(COLUMNS))})", values)
    connection.execute("COMMIT")
    connection.close()


def _many_runs(place: Path) -> Row:
    """Each run waits for the disk, so the disk sets the time."""
    entries = [entry(strategy=f"s{number}") for number in range(_APPENDS)]
    with Ledger.open(place / "many.sqlite") as ledger:
        began = perf_counter()
        for each in entries:
            ledger.append([each])
        took = perf_counter() - began
    floor = _waiting_for_the_disk(place / "disk")
    return Row(
        f"{_APPENDS:,} rows appended one by one, each on the disk before the next",
        f"{_APPENDS:,} writes of 16 KB to a plain file, each followed by fsync",
        floor,
        took,
        note="one transaction a row; no signal run does this",
    )


def _waiting_for_the_disk(file: Path) -> float:
    with file.open("wb") as plain:
        began = perf_counter()
        for _ in range(_APPENDS):
            plain.write(bytes(16384))
            plain.flush()
            os.fsync(plain.fileno())
        return perf_counter() - began


def _check(place: Path) -> Row:
    path = place / "large.sqlite"
    with Ledger.open(path) as ledger:
        for start in range(0, _ROWS, 20_000):
            ledger.append([entry(strategy=f"s{number}") for number in range(start, start + 20_000)])
    found = verify(path)
    assert found.whole
    assert found.rows == _ROWS
    took = seconds(lambda: verify(path))
    size = path.stat().st_size / 1e6
    return Row(
        f"verify a ledger of {_ROWS:,} rows",
        "",
        None,
        took,
        _target(took, 2.0),
        note=f"{size:.0f} MB; every hash, link, guard, text and page",
    )


def _killed(place: Path) -> Row:
    folder = place / "killed"
    folder.mkdir()
    began = perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks._kills", str(_KILLS), "7", str(folder)],
        check=True,
        capture_output=True,
        text=True,
    )
    took, found = perf_counter() - began, json.loads(done.stdout)
    survived = found["survived"]
    return Row(
        f"{_KILLS} processes killed at random points of an append",
        "",
        None,
        took,
        f"{_KILLS} of {_KILLS} ledgers whole: {survived} {'reached' if survived == _KILLS else 'MISSED'}",
        note=f"{found['killed before the first append returned']} of them before the first append returned",
    )


def _target(measured: float, limit: float) -> str:
    return f"under {limit:g} s: {'reached' if measured < limit else 'MISSED'}"

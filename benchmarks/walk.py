"""What the walk itself costs beside the cut of a panel, and how long the demo takes."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from typing import Any

import macrotrade as mt
from benchmarks._table import Row
from macrotrade.providers.registry import load
from macrotrade.strategy.walk_forward import walk_forward


def rows() -> list[Row]:
    """Overhead of the walk for each origin with the naive provider, and the demo as a command, warm."""
    return [_overhead(), _demo()]


def _overhead() -> Row:
    history, target = (
        mt.load("embedded"),
        mt.Target(("DGS10", "DGS30", "SPX"), (1,), ("change", "change", "log_change")),
    )
    origins = mt.Schedule().origins("2000-01-31", "2017-02-28")
    naive = load("naive")
    cut = min(_seconds(lambda: [history.as_of(origin) for origin in origins]) for _ in range(5))
    walked = min(_seconds(lambda: walk_forward(naive, history, target, origins).table()) for _ in range(5))
    each = (walked - cut) / len(origins)
    note = f"{len(origins)} origins, 3 series, table included; as_of itself {1e3 * cut / len(origins):.1f} ms an origin"
    return Row(
        "walk-forward overhead an origin, naive",
        "",
        None,
        each,
        f"under 0.002 s: {'reached' if each < 0.002 else 'MISSED'}",
        "",
        note,
    )


def _demo() -> Row:
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "macrotrade", "demo", "--out", folder]
        seconds = _seconds(lambda: subprocess.run(command, check=True, capture_output=True))
    reached = "reached" if seconds < 60.0 else "MISSED"
    note = "report written; two processes"
    return Row("macrotrade demo, compiled before", "", None, seconds, f"under 60 s: {reached}", "", note)


def _seconds(work: Callable[[], Any]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started

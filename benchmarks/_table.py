"""What a benchmark measures, how it is timed, and how it is printed."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

__all__ = ["Row", "machine", "markdown", "seconds"]

_HEADER = ("part", "instead", "instead, s", "ours, s", "times faster", "target", "equal to", "note")


@dataclass(frozen=True)
class Row:
    """One part, timed.

    Attributes
    ----------
    part
        What is done, and how much of it.
    naive_label
        What a user would do instead; empty where there is nothing to compare with.
    naive_seconds, ours_seconds
        Best time of each, warm; `naive_seconds` is None without a comparison.
    target
        The figure to reach, in words, and whether it was.
    equal_to
        How near the two results are: checked before timing.
    note
        Cold time, memory, threads: whatever else is needed to read the figures.
    """

    part: str
    naive_label: str
    naive_seconds: float | None
    ours_seconds: float
    target: str = ""
    equal_to: str = ""
    note: str = ""

    @property
    def ratio(self) -> float | None:
        """Naive time over ours."""
        return None if self.naive_seconds is None else self.naive_seconds / self.ours_seconds


def seconds(work: Callable[[], Any], repeats: int = 5, warm_up: int = 1, at_most: float = 20.0) -> float:
    """Best wall-clock time of `work` in seconds, after `warm_up` untimed calls; stops early after `at_most` seconds."""
    for _ in range(warm_up):
        work()
    best, started = float("inf"), time.perf_counter()
    for _ in range(repeats):
        begin = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - begin)
        if time.perf_counter() - started > at_most:
            break
    return best


def machine() -> str:
    """Date, processor, cores and thread settings, in one line."""
    settings = ", ".join(
        f"{name}={os.environ[name]}"
        for name in ("OMP_NUM_THREADS", "NUMBA_NUM_THREADS", "OPENBLAS_NUM_THREADS", "OPENBLAS_CORETYPE")
        if name in os.environ
    )
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    stamp = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    words = f"{stamp}, {_processor()}, {cores} cores, Python {platform.python_version()}"
    return f"{words}, {settings}" if settings else words


def markdown(rows: Iterable[Row]) -> str:
    """Rows as a Markdown table."""
    lines = ["| " + " | ".join(_HEADER) + " |", "|" + "---|" * len(_HEADER)]
    return "\n".join([*lines, *("| " + " | ".join(_cells(row)) + " |" for row in rows)])


def _cells(row: Row) -> tuple[str, ...]:
    ratio = "" if row.ratio is None else f"{row.ratio:.1f}"
    naive = "" if row.naive_seconds is None else _duration(row.naive_seconds)
    return row.part, row.naive_label, naive, _duration(row.ours_seconds), ratio, row.target, row.equal_to, row.note


def _duration(value: float) -> str:
    return f"{value:.3g}"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()

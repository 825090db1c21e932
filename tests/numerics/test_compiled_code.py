"""Machine code is made again when a file changed that the compiled function only calls into."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

INNER = """
from numba import njit


@njit
def inner(x):
    return x + {}
"""
OUTER = """
from inner import inner
from numba import njit

from macrotrade.numerics.compiled_code import known_by_its_folder


@njit(cache=True)
@known_by_its_folder
def outer(x):
    return 10.0 * inner(x)
"""


def answer(folder: Path) -> tuple[float, int]:
    """What a new process gets from `outer` at 1, and how much compiled code it found on disk."""
    code = "from outer import outer; print(outer(1.0), sum(outer.stats.cache_hits.values()))"
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(folder / "cache"), "PYTHONPATH": str(folder)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    value, hits = done.stdout.split()
    return float(value), int(hits)


def test_a_change_of_a_called_file_is_noticed_and_none_is_not(tmp_path: Path) -> None:
    (tmp_path / "outer.py").write_text(OUTER, encoding="utf-8")
    (tmp_path / "inner.py").write_text(INNER.format(1.0), encoding="utf-8")

    before = [answer(tmp_path), answer(tmp_path)]
    (tmp_path / "inner.py").write_text(INNER.format(2.0), encoding="utf-8")

    assert before == [(20.0, 0), (20.0, 1)]
    assert answer(tmp_path) == (30.0, 0)

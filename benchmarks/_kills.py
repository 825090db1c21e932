"""Kill a process at random points of an append, many times, and look at what is left.

``python -m benchmarks._kills N SEED FOLDER`` prints how many of N ledgers survived, as JSON. Survived means: every row
whose append had returned is there, no append is there by half, the chain is whole, and the next run completes.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from pathlib import Path
from typing import Any

import pandas as pd

from macrotrade.errors import DataError
from macrotrade.ledger import Entry, Ledger, verify

__all__ = ["ROWS", "entry", "survivals"]

ROWS = 20
"""Rows of one append."""

_NEW_FILE_EVERY = 4
_APPENDS_LONG = 5
"""A process lives at most as long as so many appends take."""


def survivals(n_runs: int, seed: int, folder: Path) -> dict[str, Any]:
    """How many of `n_runs` kills a ledger survived, and when appends were cut short.

    Every fourth run starts with a new file, so that its birth is cut short too. The process forks, so it must have one
    thread.
    """
    draws = random.Random(seed)
    survived, interrupted, longest = 0, 0, _APPENDS_LONG * _one_append(folder / "measured.sqlite")
    for number in range(n_runs):
        path = folder / f"ledger {number // _NEW_FILE_EVERY}.sqlite"
        heads = _killed(path, number, draws.uniform(0.0, longest))
        interrupted += not heads
        survived += _is_whole(path, heads, number)
    return {"runs": n_runs, "survived": survived, "killed before the first append returned": interrupted}


def entry(**changes: Any) -> Entry:
    """A decision of usual length."""
    fields: dict[str, Any] = {
        "as_of": pd.Timestamp("2026-01-31"),
        "strategy": "watchlist",
        "kind": "decision",
        "instrument": "ZN",
        "provider": "AR(12)",
        "provider_name": "autoregression",
        "rule": "long_short",
        "ahead": 1,
        "settings": json.dumps({"name": "watchlist", "providers": ["autoregression"] * 40}),
        "driver": "DGS10",
        "measure": "one_period_change",
        "origin": 4.26,
        "point": -0.016064190133642908,
        "low": -0.36197910995767496,
        "high": 0.32985072969038914,
        "spread": 0.2699188461269868,
        "probability_up": 0.5237289965564795,
        "score": 0.04745799311295906,
        "position": 1.0,
        "reasons": ("DGS10: autoregression of order 12 in differences, 593 rows to 2026-01.",),
        "source": "embedded",
        "vintages": "pseudo",
        "data_hash": "2c6ff9964f10bba070a59c7189e1470eb5a448412c0dd57bf0ddecf2f1fff18e",
        "data_until": {"DGS10": "2026-01-30", "ZN": "2026-01-30"},
    }
    return Entry(**{**fields, **changes})


def _one_append(path: Path) -> float:
    """Seconds that an append takes on this disk, opening the file included."""
    began = time.perf_counter()
    for number in range(5):
        with Ledger.open(path) as ledger:
            ledger.append([entry(strategy=f"{number}", instrument=f"I{row}") for row in range(ROWS)])
    return (time.perf_counter() - began) / 5


def _killed(path: Path, number: int, after: float) -> list[str]:
    """Heads that a process told of before it was killed, `after` so many seconds."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        _append_for_ever(path, number, writing)
    os.close(writing)
    time.sleep(after)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    with os.fdopen(reading) as told:
        return told.read().split()


def _append_for_ever(path: Path, number: int, writing: int) -> None:
    count = 0
    while True:
        with Ledger.open(path) as ledger:
            rows = [entry(strategy=f"{number} {count}", instrument=f"I{row}") for row in range(ROWS)]
            head = ledger.append(rows).head
        os.write(writing, f"{head}\n".encode())
        count += 1


def _is_whole(path: Path, heads: list[str], number: int) -> bool:
    try:
        found = verify(path, heads[-1] if heads else None)
    except DataError:
        # Killed before the tables were there; nothing had been said.
        if heads or (path.exists() and path.stat().st_size and number % _NEW_FILE_EVERY):
            return False
    else:
        if not found.whole or found.rows % ROWS:
            return False
    with Ledger.open(path) as ledger:
        new = ledger.append([entry(strategy=f"after {number}", instrument=f"I{row}") for row in range(ROWS)]).new
    return len(new) == ROWS and verify(path).whole


if __name__ == "__main__":
    print(json.dumps(survivals(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]))))

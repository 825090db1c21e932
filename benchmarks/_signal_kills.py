"""Killing whole signal runs: fetch from a publisher, fit, append to the ledger, write the page.

``python -m benchmarks._signal_kills RUNS SEED FOLDER`` prints what survived, as JSON; the publisher is the one that the
environment names. Survived means: the cache reads and nothing in it is damaged, the ledger verifies and holds all of a
decision or none, and the next run completes with the ledger as if nothing had happened. The stages take turns, and the
moment within a stage is drawn, since a moment of the whole run would nearly always fall into the longest.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from collections import Counter
from importlib import import_module
from pathlib import Path
from typing import Any

import pandas as pd

from macrotrade.errors import DataError
from macrotrade.ledger import verify
from macrotrade.ledger.watched import record
from macrotrade.report.watch_page import watch_report
from macrotrade.sources.cache.plan import LivePlan
from macrotrade.sources.cache.store import Cache
from macrotrade.sources.cache.update import update
from macrotrade.sources.cache.upkeep import damage
from macrotrade.strategy.watch import watch_source
from macrotrade.strategy.watchlist import watchlist_of

__all__ = ["N_ROWS", "survivals"]

N_ROWS = 3
"""Rows of one decision: two providers and the vote."""

_STAGES = ("fetch", "fit", "append", "page")
_LAST = "done"
_NEEDED = (
    "exchange_calendars", "filelock", "fredapi", "jinja2", "macrotrade.providers.benchmarks.autoregression",
    "macrotrade.providers.benchmarks.naive", "macrotrade.sources.live.fred_md", "pyarrow.parquet", "stamina",
)  # fmt: skip
"""Imported before the process forks, so that a run is as short as its work."""
_MONTHS_A_FOLDER = 4
_LOOK_BACK = 3


def survivals(n_runs: int, seed: int, folder: Path) -> dict[str, Any]:
    """How many of `n_runs` kills were survived, and in which stage they fell.

    Every fourth run starts in an empty folder; the others find what the run before left, and decide the next month. The
    process forks, so it must have one thread.
    """
    for name in _NEEDED:
        import_module(name)
    draws, killed_in, survived = random.Random(seed), Counter[str](), 0
    longest = [_lengths(folder / "measured", month) for month in range(2)]
    for number in range(n_runs):
        place, month = folder / f"run {number // _MONTHS_A_FOLDER}", number % _MONTHS_A_FOLDER
        # Every month of a folder meets every stage.
        stage = _STAGES[(number + number // _MONTHS_A_FOLDER) % len(_STAGES)]
        killed_in[_killed(place, month, stage, draws.uniform(0.0, longest[min(month, 1)][stage]))] += 1
        survived += _survived(place, month)
    return {"runs": n_runs, "survived": survived, "killed in": {stage: killed_in[stage] for stage in (*_STAGES, _LAST)}}


def _lengths(place: Path, month: int) -> dict[str, float]:
    """Stage to its seconds in a run that nobody kills."""
    reading, writing = os.pipe()
    child = _forked(place, month, writing)
    os.close(writing)
    with os.fdopen(reading) as told:
        begun = {line.strip(): time.perf_counter() for line in told}
    assert os.waitpid(child, 0)[1] == 0
    moments = [begun[stage] for stage in (*_STAGES, _LAST)]
    return {stage: moments[place + 1] - moments[place] for place, stage in enumerate(_STAGES)}


def _run(place: Path, month: int, tell: int | None = None) -> None:
    """One signal run, as the commands of crontab do it."""

    def begun(stage: str) -> None:
        if tell is not None:
            os.write(tell, f"{stage}\n".encode())

    begun("fetch")
    plan = LivePlan("current", ("DGS3MO", "DGS10"), (), ())
    done = update(plan.live_tables(), Cache(place / "cache"))
    assert not done.failed, done
    begun("fit")
    watched = watch_source(watchlist_of(_table(place)), _day(month), look_back=_LOOK_BACK, store=place / "forecasts")
    assert not watched.refused, watched.refused
    begun("append")
    head = record(watched, place / "ledger.sqlite").head
    begun("page")
    watch_report(watched, str(head)).save(place / "signal.html")
    begun(_LAST)


def _table(place: Path) -> dict[str, Any]:
    live = {"fred_md": "current", "fred": ["DGS3MO", "DGS10"], "alfred": [], "yahoo": []}
    return {
        "name": "killed",
        "providers": ["naive", {"name": "autoregression", "n_lags": 2}],
        "rule": "long_flat",
        "instrument": "ZN",
        "data": {"source": "live", "path": str(place / "cache"), "live": live},
        "max_age_days": 800,
    }


def _day(month: int) -> pd.Timestamp:
    """End of a month of a year ago and after."""
    return (pd.Timestamp.now().to_period("M") - 12 + month).end_time.normalize()


def _forked(place: Path, month: int, tell: int | None = None) -> int:
    """Process number of a run."""
    child = os.fork()
    if child:
        return child
    try:
        _run(place, month, tell)
    except BaseException as error:
        os.write(2, f"{error!r}\n".encode())
        os._exit(1)
    os._exit(0)


def _killed(place: Path, month: int, stage: str, after: float) -> str:
    """The stage in which a run was when it was killed, `after` so many seconds of `stage`."""
    reading, writing = os.pipe()
    child = _forked(place, month, writing)
    os.close(writing)
    with os.fdopen(reading) as told:
        said = [told.readline().strip()]
        while said[-1] not in (stage, ""):
            said.append(told.readline().strip())
        time.sleep(after)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        said += told.read().split()
    return [each for each in said if each][-1]


def _survived(place: Path, month: int) -> bool:
    cache, ledger = Cache(place / "cache"), place / "ledger.sqlite"
    if damage(cache):
        return False
    cache.tables()
    if ledger.exists() and ledger.stat().st_size:
        try:
            found = verify(ledger)
        except DataError:
            # Killed before the tables were there; nothing had been said.
            found = None
        if (found is None and month) or (found is not None and not (found.whole and found.rows % N_ROWS == 0)):
            return False
    if os.waitpid(_forked(place, month), 0)[1] != 0:
        return False
    after = verify(ledger)
    return after.whole and after.rows == N_ROWS * (month + 1) and not damage(cache) and (place / "signal.html").exists()


if __name__ == "__main__":
    print(json.dumps(survivals(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]))))

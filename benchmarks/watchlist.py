"""A watchlist of five instruments: decided anew and from saved forecasts, and what a warm update of FRED-MD moves.

The watchlist is strategies/watchlist.toml on the embedded data, so nothing is fetched; publishers are played by the
tests' own server on the loopback.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from time import perf_counter
from typing import Any

import pandas as pd

from benchmarks._table import Row
from macrotrade.sources.cache.plan import LivePlan
from macrotrade.sources.cache.store import Cache
from macrotrade.sources.cache.update import update
from macrotrade.sources.embedded import load_embedded
from macrotrade.strategy.watchlist import read_watchlist
from tests.sources.live.present import post_fred_md, post_small
from tests.sources.live.server import PublisherServer

_ROOT = Path(__file__).resolve().parents[1]
_LIST = _ROOT / "strategies" / "watchlist.toml"
_DAY = "2017-03-31"
_LOOK_BACK = 13
_KILLS = 200


def rows() -> list[Row]:
    """Refitted, from saved forecasts, and quiet; a warm update; two hundred kills."""
    with tempfile.TemporaryDirectory(dir=os.environ.get("MACROTRADE_BENCHMARK_FOLDER")) as folder:
        return [*_signals(Path(folder)), _update(Path(folder) / "cache"), _killed(Path(folder) / "killed")]


def _signals(place: Path) -> list[Row]:
    """The command as cron starts it, the interpreter's own start included."""
    anew, processor = _signal(place, 0)
    again = min(_signal(place, 4, "--again")[0] for _ in range(5))
    quiet = min(_signal(place, 4)[0] for _ in range(5))
    what = f"signal on 5 instruments by {len(read_watchlist(_LIST).strategies[0].providers)} providers"
    size = f"K = {_n_series()} series, {_LOOK_BACK} decisions each, {_cores()} cores"
    return [
        Row(
            f"{what}, all refitted",
            "",
            None,
            anew,
            _target(anew, 180.0),
            note=f"{size}; {processor:.0f} s of processor",
        ),
        Row(f"{what}, from saved forecasts", "", None, again, _target(again, 3.0), note="page and tables; no vectorbt"),
        Row(f"{what}, nothing new", "", None, quiet, _target(quiet, 3.0), note="nothing is printed or written"),
    ]


def _signal(place: Path, code: int, *words: str) -> tuple[float, float]:
    """Wall and processor seconds of one run."""
    command = ["signal", str(_LIST), "--as-of", _DAY, "--ledger", "ledger.sqlite", "--jobs", str(_cores()), *words]
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), perf_counter()
    done = subprocess.run([sys.executable, "-m", "macrotrade", *command], cwd=place, capture_output=True, check=False)
    took, after = perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    assert done.returncode == code, done.stderr.decode()
    return took, after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def _n_series() -> int:
    """Series of the panel that the providers choose from."""
    panel = read_watchlist(_LIST).data.load().as_of(_DAY)
    return len(panel.frames["M"].columns)


def _update(folder: Path) -> Row:
    """A month later the publisher has one more vintage; the cache had every one before it."""
    plan, cache = LivePlan("all", (), (), ()).live_tables(), Cache(folder)
    months = fred_md_of_a_real_size()
    newest = pd.Timestamp.now().to_period("M")
    with PublisherServer() as server:
        os.environ.update(server.environment)
        post_fred_md(server, months, [newest - back for back in range(1, 13)], newest - 1)
        first = _moved(server, lambda: update(plan, cache))
        unchanged = _moved(server, lambda: update(plan, cache))
        post_fred_md(server, months, [newest - back for back in range(13)], newest)
        began = perf_counter()
        later = _moved(server, lambda: update(plan, cache))
        took = perf_counter() - began
        one_file = len(server.files["monthly/current.csv"])
    only = later <= one_file and unchanged == 0
    return Row(
        "update of a warm FRED-MD cache by one vintage",
        "every vintage anew",
        None,
        took,
        f"moves only what changed: {'reached' if only else 'MISSED'}",
        note=f"{later:,} bytes moved; {unchanged:,} where nothing changed, {first:,} when the cache was empty",
    )


def _moved(server: PublisherServer, work: Callable[[], object]) -> int:
    """Bytes of content that the publisher sent meanwhile."""
    before = server.sent
    work()
    return server.sent - before


def fred_md_of_a_real_size() -> pd.DataFrame:
    """FRED-MD as it ships with the package: months x series, the transformation codes in its attributes."""
    history = load_embedded()
    names = [name for name, info in history.series.items() if info.kind == "macro" and info.frequency == "M"]
    months = history.as_last_reported("M")
    table = months[[name for name in names if name in months.columns]]
    table.attrs["codes"] = {name: history.series[name].tcode for name in table.columns}
    return table


def _killed(place: Path) -> Row:
    """Whole runs: fetched from the loopback, fitted, appended, the page written; each cut short somewhere."""
    place.mkdir()
    began = perf_counter()
    with PublisherServer() as server:
        post_small(server, fred_md_of_a_real_size(), pd.Timestamp.now().normalize())
        found = killed_runs(_KILLS, 7, place, server.environment)
    took, survived = perf_counter() - began, found["survived"]
    where = ", ".join(f"{number} {stage}" for stage, number in found["killed in"].items())
    return Row(
        f"{_KILLS} signal runs killed at random points of fetch, fit, append and page",
        "",
        None,
        took,
        f"{_KILLS} of {_KILLS} ledgers whole, caches read, next runs complete: {survived} "
        f"{'reached' if survived == _KILLS else 'MISSED'}",
        note=f"killed in: {where}",
    )


def killed_runs(n_runs: int, seed: int, place: Path, publisher: Mapping[str, str]) -> dict[str, Any]:
    """What became of so many killed runs, from a process with one thread, which may fork."""
    command = [sys.executable, "-m", "benchmarks._signal_kills", str(n_runs), str(seed), str(place)]
    done = subprocess.run(command, cwd=_ROOT, env={**os.environ, **publisher}, check=True, capture_output=True)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def _target(measured: float, limit: float) -> str:
    return f"under {limit:g} s: {'reached' if measured < limit else 'MISSED'}"


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1

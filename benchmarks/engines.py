"""What carrying blocks costs on each engine, and what two workers gain over one."""

from __future__ import annotations

import os
import pickle
import time
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import numpy as np

import macrotrade as mt
from benchmarks._table import Row
from macrotrade.strategy.engines import Engine, EngineName, kept_open, run_tasks
from macrotrade.strategy.walk_forward import Itinerary, Walk, fit_days, walks_of

N_BLOCKS = 500
N_LONG = 150
SECONDS = 0.05
TARGET = mt.Target(("DGS10", "SPX"), (1,), ("change", "log_change"))
_LIMIT: dict[EngineName, float] = {"loky": 0.003, "dask": 0.010, "ray": 0.010}
_LIBRARY: dict[EngineName, str] = {"loky": "joblib", "dask": "distributed", "ray": "ray"}


@dataclass(frozen=True)
class Paced:
    """The last known value as the forecast, `seconds` of waiting or of arithmetic after it was asked for."""

    seconds: float = 0.0
    busy: bool = False

    def fit(self, panel: mt.Panel, target: mt.Target) -> PacedForecaster:  # noqa: ARG002
        return PacedForecaster(self, target)


@dataclass(frozen=True)
class PacedForecaster:
    settings: Paced
    target: mt.Target

    def forecast(self, panel: mt.Panel) -> mt.Forecast:
        until = time.perf_counter() + self.settings.seconds
        if self.settings.busy:
            until = time.thread_time() + self.settings.seconds
            while time.thread_time() < until:
                pass
        elif self.settings.seconds:
            time.sleep(self.settings.seconds)
        last = np.array([panel.values(name).iloc[-1] for name in self.target.names])
        shape = (1, len(self.target.horizons), len(last))
        period = panel.period(self.target.frequency)
        return mt.Forecast(self.target, panel.as_of, period, np.zeros(shape), np.ones(shape), np.ones(1), last)


def rows() -> list[Row]:
    """For each engine that is installed: overhead of a block, and two workers against one."""
    history = mt.load("embedded")
    names = [name for name in _LIMIT if find_spec(_LIBRARY[name]) is not None]
    return [row for name in names for row in _of_engine(name, history)]


def _of_engine(name: EngineName, history: mt.History) -> Iterator[Row]:
    one, two = Engine(name=name, jobs=1), Engine(name=name, jobs=2)
    long = {busy: Paced(SECONDS, busy) for busy in (False, True)}
    with kept_open(two):
        started, walk = _timed(Paced(), 4, history, two)
        assert _bits(walk) == _bits(_timed(Paced(), 4, history, None)[1])
        begun = time.perf_counter()
        assert len(list(run_tasks(_wait, dict.fromkeys(range(N_BLOCKS), SECONDS), history, two))) == N_BLOCKS
        waited = time.perf_counter() - begun
        both = {busy: _timed(provider, N_LONG, history, two)[0] for busy, provider in long.items()}
    yield _overhead(name, (waited - N_BLOCKS * SECONDS / 2) / N_BLOCKS, started, history)
    with kept_open(one):
        _timed(Paced(), 4, history, one)
        for busy, provider in long.items():
            yield _gain(name, busy, _timed(provider, N_LONG, history, one)[0], both[busy])


def _wait(seconds: float, _history: mt.History) -> float:
    """A task that needs no core, so that what is over the waiting is the engine's, on a busy machine too."""
    time.sleep(seconds)
    return seconds


def _overhead(name: EngineName, each: float, started: float, history: mt.History) -> Row:
    sent = len(pickle.dumps(history.with_tables(history.releases, history.market), protocol=5))
    return Row(
        f"overhead a block on {name}, {N_BLOCKS} that wait 50 ms on two workers, over {N_BLOCKS * SECONDS / 2:g} s",
        "",
        None,
        each,
        f"under {_LIMIT[name]:g} s: {'reached' if each < _LIMIT[name] else 'MISSED'}",
        "the plain walk, to the bit",
        f"start and first blocks {started:.2f} s; the history, {sent / 1e6:.1f} MB, goes to each worker once",
    )


def _gain(name: EngineName, busy: bool, one: float, two: float) -> Row:
    kind = "busy" if busy else "waiting"
    return Row(
        f"{N_LONG} {kind} blocks of 50 ms on two workers of {name}",
        "one worker",
        one,
        two,
        f"1.8 times: {'reached' if one / two >= 1.8 else 'MISSED'}",
        "the plain walk, to the bit",
        f"50 ms of processor time each; load of the machine {os.getloadavg()[0]:.1f}" if busy else "needs no core",
    )


def _timed(provider: Paced, n_blocks: int, history: mt.History, engine: Engine | None) -> tuple[float, Walk]:
    """Seconds of a walk in blocks of one origin and one fit each, and the walk."""
    origins = mt.Schedule().origins("1972-01-31", "2016-12-31")[-n_blocks:]
    itinerary = Itinerary(provider, TARGET, tuple(origins), tuple(fit_days(origins, 1)), "paced", block=1)
    begun = time.perf_counter()
    (walk,) = walks_of([itinerary], history, engine=engine)
    return time.perf_counter() - begun, walk


def _bits(walk: Walk) -> list[Any]:
    return [(one.as_of, one.mean.tobytes(), one.origin.tobytes()) for one in walk.forecasts]

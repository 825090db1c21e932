"""The same numbers wherever they are computed, and nothing lost but what was running; clusters are of two workers."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from macrotrade import Forecast, History, Panel, Schedule, Target
from macrotrade.errors import MacrotradeError, SettingsError
from macrotrade.strategy.engines import Engine, engine_for, kept_open
from macrotrade.strategy.parts import parse
from macrotrade.strategy.run import positions
from macrotrade.strategy.spec import Strategy
from macrotrade.strategy.walk_forward import Walk, walk_forward
from tests.strategy.drift import Drift, DriftForecaster

ORIGINS = Schedule().origins("1995-01-31", "1999-12-31")
TARGET = Target(("DGS10", "SPX"), (1, 3), ("change", "log_change"))
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module", params=["loky", "dask", "ray"])
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    """An engine of two workers, started once for this file and closed after it."""
    library = {"dask": "distributed", "ray": "ray"}.get(request.param)
    if library is not None and find_spec(library) is None:
        pytest.skip(f"{library} is not installed; the extra {request.param} brings it")
    chosen = Engine(name=request.param, jobs=2)
    with kept_open(chosen):
        yield chosen


def walked(history: History, provider: Drift, engine: Engine | None, **options: object) -> Walk:
    """A walk in blocks of six origins."""
    return walk_forward(provider, history, TARGET, ORIGINS, name="drift", engine=engine, block=6, **options)  # type: ignore[arg-type]


def same(one: Walk, other: Walk) -> bool:
    """Whether two walks hold the same bits in the same order."""
    return [told(forecast) for forecast in one.forecasts] == [told(forecast) for forecast in other.forecasts]


def told(forecast: Forecast) -> tuple[object, ...]:
    arrays = (forecast.mean, forecast.scale, forecast.weights, forecast.origin)
    return forecast.as_of, forecast.period, forecast.members, forecast.reasons, *(part.tobytes() for part in arrays)


def test_every_engine_gives_the_bits_of_the_plain_walk(market: History, engine: Engine) -> None:
    provider = Drift(noise=0.1)

    assert same(walked(market, provider, engine, seed=7), walked(market, provider, None, seed=7))


def test_progress_counts_every_origin_once(market: History, engine: Engine) -> None:
    finished: list[int] = []

    walked(market, Drift(), engine, progress=finished.append)

    assert sum(finished) == len(ORIGINS)


@dataclass(frozen=True)
class Marked(Drift):
    """Leaves a file for each fit, and does something at June 1997 while the file `fault` is there."""

    folder: str = ""
    fault: str = ""
    deed: str = "break"

    def fit(self, panel: Panel, target: Target) -> DriftForecaster:
        (Path(self.folder) / f"{panel.as_of:%Y-%m-%d}.{os.getpid()}.{time.monotonic_ns()}").touch()
        if f"{panel.as_of:%Y-%m}" == "1997-06" and self.fault and Path(self.fault).exists():
            if self.deed == "break":
                raise ZeroDivisionError("float division by zero")
            if self.deed == "die once":
                Path(self.fault).unlink()
            if self.deed.startswith("die"):
                os.kill(os.getpid(), signal.SIGKILL)
            np.ones(int(1e9))  # 8 GB
        if self.deed == "die once":
            time.sleep(0.03)  # what an engine takes to notice a death must be short beside a block
        return super().fit(panel, target)


def marked(tmp_path: Path, deed: str) -> Marked:
    """A provider with its fault there."""
    fits = tmp_path / "fits"
    fits.mkdir()
    (tmp_path / "fault").touch()
    return Marked(folder=str(fits), fault=str(tmp_path / "fault"), deed=deed)


def fits_of(provider: Marked) -> list[str]:
    """Day of every fit that was begun."""
    return sorted(file.name.partition(".")[0] for file in Path(provider.folder).iterdir())


def test_a_failing_block_is_named_and_the_others_are_kept(market: History, engine: Engine, tmp_path: Path) -> None:
    provider, store = marked(tmp_path, "break"), tmp_path / "blocks"

    with pytest.raises(MacrotradeError, match=r"'drift' broke on DGS10, SPX at origin 1997-06-30: ZeroDivisionError"):
        walked(market, provider, engine, store=store)

    assert len(list(store.glob("*.npz"))) == len(ORIGINS) // 6 - 1
    Path(provider.fault).unlink()
    begun = len(fits_of(provider))
    assert same(walked(market, provider, engine, store=store), walked(market, Drift(), None))
    assert len(fits_of(provider)) == begun + 6


def test_a_block_that_asks_for_too_much_memory_fails_by_name(market: History, engine: Engine, tmp_path: Path) -> None:
    if sys.platform != "linux":
        pytest.skip("memory is bounded on Linux only")

    with pytest.raises(MacrotradeError, match=r"at origin 1997-06-30: .*Unable to allocate 7.45 GiB.*memory_gb"):
        walked(market, marked(tmp_path, "fill"), engine)


def test_a_killed_worker_costs_only_what_was_running(market: History, engine: Engine, tmp_path: Path) -> None:
    provider = marked(tmp_path, "die once")

    walk = walked(market, provider, engine)

    assert same(walk, walked(market, Drift(), None))
    assert not Path(provider.fault).exists()
    told_late = 2 * (engine.name == "loky")  # blocks that were done, but of which the broken pool had not yet told
    assert len(fits_of(provider)) <= len(ORIGINS) + (2 + told_late) * 6


def test_a_block_that_kills_every_worker_does_not_take_the_others(
    market: History, engine: Engine, tmp_path: Path
) -> None:
    store = tmp_path / "blocks"

    with pytest.raises(MacrotradeError, match=r"'drift' on DGS10, SPX at origins .* was lost with its worker"):
        walked(market, marked(tmp_path, "die"), engine, store=store)

    lost = 2 if engine.name == "loky" else 1  # of a broken pool nobody can say which of those running broke it
    assert len(list(store.glob("*.npz"))) >= len(ORIGINS) // 6 - lost


def test_what_was_queued_behind_a_block_that_kills_its_worker_is_done_by_another(
    market: History, tmp_path: Path
) -> None:
    dask = pytest.importorskip("dask", reason="needs the extra: pip install 'macrotrade[dask]'")
    store = tmp_path / "blocks"

    with dask.config.set({"distributed.scheduler.allowed-failures": 0}), pytest.raises(MacrotradeError) as raised:
        walked(market, marked(tmp_path, "die"), Engine(name="dask", jobs=2), store=store)

    assert str(raised.value).count("was lost with its worker") == 1
    assert len(list(store.glob("*.npz"))) == len(ORIGINS) // 6 - 1


@dataclass(frozen=True)
class Threads(Drift):
    """Forecasts how many threads it may use."""

    def fit(self, panel: Panel, target: Target) -> DriftForecaster:
        import numba
        import torch
        from threadpoolctl import threadpool_info

        pools = max(pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas")
        fitted = super().fit(panel, target)
        used = np.array([1000 * pools + numba.get_num_threads(), 1000 * torch.get_num_threads()])
        return DriftForecaster(self, target, fitted.shock + used)


def test_matrix_products_networks_and_kernels_keep_to_one_thread(market: History, engine: Engine) -> None:
    shocked = walk_forward(Threads(), market, TARGET, ORIGINS[:12], engine=engine, block=6)
    plain = walk_forward(Drift(), market, TARGET, ORIGINS[:12], block=6)

    for one, other in zip(shocked.forecasts, plain.forecasts, strict=True):
        np.testing.assert_allclose((one.mean - other.mean)[0, 0], [1001.0, 1000.0], atol=1e-9)


@dataclass(frozen=True)
class Unpacked(Drift):
    """Leaves a file for each history that it meets, named for the process and the object."""

    folder: str = ""

    def fit(self, panel: Panel, target: Target) -> DriftForecaster:
        frame = sys._getframe()
        while "history" not in frame.f_locals:
            assert frame.f_back is not None
            frame = frame.f_back
        (Path(self.folder) / f"{os.getpid()}-{id(frame.f_locals['history'])}").touch()
        return super().fit(panel, target)


def test_the_history_reaches_each_worker_once(market: History, engine: Engine, tmp_path: Path) -> None:
    walked(market, Unpacked(folder=str(tmp_path)), engine)

    histories = [file.name.partition("-")[0] for file in tmp_path.iterdir()]
    assert len(histories) == len(set(histories)) <= 3


SCRIPT = """
import sys
from pathlib import Path
from tests.strategy.conftest import market
from tests.strategy.test_engines import ORIGINS, TARGET, Slow
from macrotrade.strategy.engines import Engine
from macrotrade.strategy.walk_forward import walk_forward

if __name__ == "__main__":
    name, folder = sys.argv[1:]
    history = market.__wrapped__() if hasattr(market, "__wrapped__") else market._get_wrapped_function()()
    walk_forward(Slow(folder=folder + "/fits"), history, TARGET, ORIGINS, name="drift", block=6,
                 engine=Engine(name=name, jobs=2), store=folder + "/blocks")
"""


@dataclass(frozen=True)
class Slow(Marked):
    """Takes its time."""

    def fit(self, panel: Panel, target: Target) -> DriftForecaster:
        time.sleep(0.05)
        return super().fit(panel, target)


def test_a_killed_driver_costs_at_most_the_running_blocks(market: History, engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "fits").mkdir()
    script, blocks = tmp_path / "driver.py", tmp_path / "blocks"
    script.write_text(SCRIPT, encoding="utf-8")
    path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    driver = subprocess.Popen(
        [sys.executable, str(script), engine.name, str(tmp_path)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": path},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        deadline = time.monotonic() + 120
        while len(whole(blocks)) < 3 and driver.poll() is None and time.monotonic() < deadline:
            time.sleep(0.02)
        assert driver.poll() is None, "the driver ended before it could be killed"
        workers = children(driver.pid)
        driver.kill()
        driver.wait()
        deadline = time.monotonic() + 60
        while engine.name == "loky" and any(map(runs, workers)) and time.monotonic() < deadline:
            time.sleep(0.1)
        assert engine.name != "loky" or not any(map(runs, workers)), "workers outlive a driver that was killed"
    finally:
        with suppress(ProcessLookupError):
            os.killpg(driver.pid, signal.SIGKILL)
        driver.wait()
    kept = {file: file.stat().st_mtime_ns for file in whole(blocks)}
    assert not any(file.stat().st_size == 0 for file in kept)

    done_again = marked_again(tmp_path)
    walk = walk_forward(done_again, market, TARGET, ORIGINS, name="drift", block=6, engine=engine, store=blocks)

    assert same(walk, walked(market, Drift(), None))
    assert {file: file.stat().st_mtime_ns for file in kept} == kept
    assert len(whole(blocks)) == len(ORIGINS) // 6
    assert len(fits_of(done_again)) <= len(ORIGINS) + 4 * 6


def whole(blocks: Path) -> list[Path]:
    """Blocks that are there; what a killed driver was writing at the time has another name."""
    return [file for file in blocks.glob("*.npz") if not file.name.startswith(".")]


def children(process: int) -> list[int]:
    """Processes that this one started."""
    tasks = Path(f"/proc/{process}/task").glob("*/children")
    return [int(child) for file in tasks for child in file.read_text().split()]


def runs(process: int) -> bool:
    """Whether a process is there and is no zombie."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def marked_again(tmp_path: Path) -> Slow:
    """The provider of the killed driver."""
    return Slow(folder=str(tmp_path / "fits"))


def test_a_file_names_an_engine_by_a_word_or_a_table() -> None:
    table = {"provider": "naive", "instrument": "ZN"}

    word = parse(Strategy, {**table, "engine": "dask"}, "file")
    whole = parse(Strategy, {**table, "engine": {"name": "ray", "address": "ray://head:10001", "jobs": 40}}, "file")

    assert word.engine == Engine(name="dask")
    assert whole.engine == Engine(name="ray", address="ray://head:10001", jobs=40)
    assert parse(Strategy, table, "file").engine is None
    assert Engine(name="ray", address="head:6379").address == "head:6379"


def test_where_it_was_computed_is_not_written_down_with_a_strategy() -> None:
    plain = Strategy(providers=["naive"], instruments=["ZN"])  # type: ignore[arg-type]

    assert plain.changed(engine=Engine(jobs=2)).model_dump() == plain.model_dump()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("dusk", "'dusk' is not one of loky, dask, ray. Did you mean"),
        ({"name": "dask", "address": "ray://head:10001"}, "an address of dask begins with tcp://"),
        ({"address": "tcp://head:8786"}, "loky runs on this machine and has no address"),
        ({"name": "dask", "memory": 8}, "unknown key 'engine.memory'"),
    ],
)
def test_a_mistaken_engine_is_told(given: object, said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        parse(Strategy, {"provider": "naive", "instrument": "ZN", "engine": given}, "file")


def test_a_number_of_processes_alone_means_this_machine() -> None:
    assert engine_for(None, 1) is None
    assert engine_for(None, 3) == Engine(jobs=3)
    assert engine_for(Engine(name="dask"), 3) == Engine(name="dask", jobs=3)
    assert engine_for(Engine(name="dask", jobs=5), 1) == Engine(name="dask", jobs=5)


def test_smaller_blocks_of_an_engine_are_kept_apart(market: History, tmp_path: Path) -> None:
    table = {"provider": "naive", "instrument": "ZN", "start": "1995-01", "end": "1996-12"}

    for size in (24, 6):
        strategy = parse(Strategy, {**table, "engine": {"jobs": 1, "block": size}}, "file")
        positions(strategy, market, store=tmp_path / str(size))

    assert [len(list((tmp_path / str(size)).iterdir())) for size in (24, 6)] == [1, 4]


def test_nobody_at_the_address_is_told(market: History) -> None:
    pytest.importorskip("distributed")
    import dask

    with (
        dask.config.set({"distributed.comm.timeouts.connect": "200ms"}),
        pytest.raises(SettingsError, match=r"No Dask workers at tcp://127.0.0.1:9"),
    ):
        walked(market, Drift(), Engine(name="dask", address="tcp://127.0.0.1:9"))

"""Training ensembles of networks, against torch's own layers one network at a time, on FRED-MD of October 2019.

Times are of one network over one epoch. Ratios are of processor time on one thread each, so that a busy machine
spoils neither side alone; a loss curve of ten epochs is compared first. Ensembles of 1,400 members over 400 epochs are
timed on all threads: on a twentieth of the epochs, or on all of them with BENCHMARK_WHOLE=1 in the environment.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache

import numba
import numpy as np
import torch

from benchmarks._table import Row
from benchmarks.benchmark_half import VINTAGE, final_numbers
from macrotrade.forecast import Target
from macrotrade.inputs.predictors import predictors
from macrotrade.numerics.threads import at_most_threads
from macrotrade.providers.neural.architecture import Architecture
from macrotrade.providers.neural.initialisation import Initialisation, initial_weights
from macrotrade.providers.neural.inputs import Outcome, inputs_of
from macrotrade.providers.neural.network import Network, Window
from macrotrade.providers.neural.reference import train_one
from macrotrade.providers.neural.sample import Sample
from macrotrade.providers.neural.torch_engine import train_batched
from macrotrade.providers.neural.training import Training, train

HORIZON = 3
LAST_KNOWN = "2006-07-31"
OWN = ("CPIAPPSL", "CPITRNSL", "CPIMEDSL", "CUSR0000SAC", "CUSR0000SAD", "CUSR0000SAS", "CPIULFSL", "CUSR0000SA0L2")
"""The target's own group beside it, which leaves 118 series to the pool, as many as the paper has."""

N_MEMBERS, N_EPOCHS, SHARE = 1400, 400, 20


@dataclass(frozen=True)
class Case:
    """An architecture as the paper trains it, and what is asked of it."""

    name: str
    architecture: Architecture
    batch: int | None
    target: float | None
    n_timed: int
    epochs: int

    @property
    def training(self) -> Training:
        """Of a few epochs."""
        return Training(epochs=self.epochs, batch=self.batch)


SMALL = Case("LSTM-pool, 4 nodes", Architecture(in_order="pool", nodes=4), None, 100.0, 32, 20)
LARGE = Case("LSTM-pool, 128 nodes", Architecture(in_order="pool", nodes=128), None, 25.0, 16, 10)
FF_POOL = Case("FF-pool, 128 nodes, batches of 128", Architecture("pool", at_once_lags=48, layers=3), 128, None, 2, 6)
FF_OWN = Case("FF-own, 128 nodes, batches of 128", Architecture("own", at_once_lags=48), 128, None, 4, 10)


def rows() -> list[Row]:
    """Networks of the paper, other engines, whole ensembles, memory, scaling, and the first call."""
    cold = _cold()
    peak = _product_peak()
    return [
        *(_against_the_loop(case, peak) for case in (SMALL, LARGE, FF_POOL, FF_OWN)),
        _by_the_clock(FF_POOL, 16),
        *(_batched(case) for case in (SMALL, LARGE)),
        _whole(SMALL, 80.0, 1),
        _whole(LARGE, 420.0, 1 if os.environ.get("BENCHMARK_WHOLE") else SHARE),
        _memory(),
        *_scaling(),
        cold,
        _cuda(),
    ]


def _against_the_loop(case: Case, peak: float) -> Row:
    network, sample, weights = _prepared(case)
    training = replace(case.training, epochs=10)
    with at_most_threads(1):
        _, plain = train_one(network, sample, weights[0], training)
        found = train(network, sample, weights[:1], training)
        difference = float(np.abs(found.losses[0] / plain - 1.0).max())
        assert difference < 1e-5
        few = replace(case.training, epochs=4)
        naive = _processor_seconds(lambda: train_one(network, sample, weights[0], few)) / 4
        ours = _per_network_epoch(case, network, sample, weights)
    operations = _product_operations(network, sample.n_rows)
    rate = operations / ours / 1e9
    note = (
        f"{1e3 * ours:.3g} ms; {rate:.0f} gigaflops in its matrix products, {rate / peak:.0%} of the {peak:.0f} that a "
        f"library's largest product reaches; {network.n_parameters:,} parameters, {sample.n_rows} windows, "
        f"{case.n_timed} members; one thread"
    )
    ratio = naive / ours
    target = "none" if case.target is None else f"{case.target:.0f}x: {_met(ratio > case.target)}"
    if case is LARGE:
        target += f"; half of the peak: {_met(rate > 0.5 * peak)}"
    if case is FF_POOL:
        note += f"; its products alone are {operations / peak / 1e6:.1f} ms at the peak"
    return Row(
        f"{case.name}: a network, an epoch",
        "nn.LSTM and nn.Linear, one network at a time, one thread",
        naive,
        ours,
        target,
        f"losses of 10 epochs within {difference:.0e}",
        note,
    )


def _by_the_clock(case: Case, n_members: int) -> Row:
    """An ensemble on all threads beside the loop on one thread or on all, whichever is sooner done."""
    network, sample, weights = _prepared(case)
    few, more = (replace(case.training, epochs=epochs) for epochs in (10, 20))
    loop = {}
    for n_threads in (1, numba.get_num_threads()):
        with at_most_threads(n_threads):
            loop[n_threads] = _seconds(lambda: train_one(network, sample, weights[0], few)) / few.epochs
    many = initial_weights(network, Initialisation(), 0, range(n_members))
    train(network, sample, many, replace(few, epochs=1))
    ours = _seconds(lambda: train(network, sample, many, more)) / more.epochs / n_members
    naive = min(loop.values())
    times = ", ".join(f"{n_threads}: {1e3 * took:.1f}" for n_threads, took in loop.items())
    return Row(
        f"{case.name}: a network, an epoch, by the clock on {os.cpu_count()} cores",
        "nn.Linear, one network at a time, on as many threads as is quickest",
        naive,
        ours,
        f"5x: {_met(naive / ours > 5.0)}",
        note=f"the loop by threads {times} ms; {n_members} members; load of the machine {os.getloadavg()[0]:.1f}",
    )


def _batched(case: Case) -> Row:
    network, sample, weights = _prepared(case)
    ours = batched = np.inf
    with at_most_threads(1):
        train_batched(network, sample, weights, Training(epochs=1))
        few = Training(epochs=3)
        batched = _processor_seconds(lambda: train_batched(network, sample, weights, few)) / 3 / len(weights)
        ours = _per_network_epoch(case, network, sample, weights)
    return Row(
        f"{case.name}: a network, an epoch, beside our batched torch",
        f"torch, {len(weights)} members as one array, written for any device",
        batched,
        ours,
        note="one thread; trains the networks with filters, and all networks on other devices",
    )


def _whole(case: Case, limit: float, share: int) -> Row:
    network, sample, _ = _prepared(case)
    weights = initial_weights(network, Initialisation(), 0, range(N_MEMBERS))
    train(network, sample, weights[:1], Training(epochs=1))
    started, processor = time.perf_counter(), time.process_time()
    train(network, sample, weights, Training(epochs=N_EPOCHS // share))
    wall, processor = time.perf_counter() - started, time.process_time() - processor
    measured = "measured in whole" if share == 1 else f"{share} times the time of {N_EPOCHS // share} epochs"
    n_threads = numba.get_num_threads()
    return Row(
        f"{case.name}: {N_MEMBERS:,} networks, {N_EPOCHS} epochs",
        "",
        None,
        wall * share,
        f"under {limit:.0f} s on 2 threads: {_met(wall * share < limit)}; in processor time a thread: "
        f"{_met(processor * share / n_threads < limit)}",
        note=f"{measured}; {n_threads} threads, {processor * share / n_threads:.0f} s of processor time each; "
        f"{os.getloadavg()[0]:.0f} processes wanted the machine's {os.cpu_count()} cores",
    )


def _memory() -> Row:
    network, sample, _ = _prepared(LARGE)
    weights = initial_weights(network, Initialisation(), 0, range(256))
    peaks = []
    started = time.perf_counter()
    for count in (128, 256):
        tracemalloc.start()
        train(network, sample, weights[:count], Training(epochs=1))
        peaks.append((tracemalloc.get_traced_memory()[1] - weights[:count].nbytes) / 2**20)
        tracemalloc.stop()
    return Row(
        f"{LARGE.name}: memory of 128 and of 256 members",
        "",
        None,
        time.perf_counter() - started,
        "does not grow with members: " + _met(peaks[1] < 1.2 * peaks[0]),
        note=f"{peaks[0]:.0f} and {peaks[1]:.0f} MiB beside the weights before and after, {numba.get_num_threads()} "
        "threads",
    )


def _scaling() -> list[Row]:
    """Small network: milliseconds for a network and an epoch as one size changes."""
    network, sample, _ = _prepared(SMALL)
    series, lags, n_rows = network.in_order.n_series, network.in_order.n_lags, sample.n_rows
    sizes: dict[str, list[tuple[int, Network, Sample, int]]] = {
        "members": [(k, network, sample, k) for k in (1, 4, 16, 64, 256)],
        "series": [
            (n, replace(network, in_order=Window(n, lags)), _narrowed(sample, n), 16) for n in (15, 30, 60, series)
        ],
        "lags": [(n, replace(network, in_order=Window(series, n)), sample, 16) for n in (6, 12, 24, lags)],
        "windows": [(n, network, sample.rows(slice(n)), 16) for n in (n_rows // 4, n_rows // 2, n_rows)],
        "factors": [(p, replace(network, factors=p), sample, 16) for p in (2, 4, 8)],
        "nodes": [(n, replace(network, nodes=n), sample, 16) for n in (4, 8, 16, 32, 64, 128)],
    }
    rows = []
    for what, cases in sizes.items():
        times = {}
        for size, changed, read, count in cases:
            weights = initial_weights(changed, Initialisation(), 0, range(count))
            with at_most_threads(1):
                times[size] = _per_network_epoch(replace(SMALL, epochs=5), changed, read, weights)
        note = ", ".join(f"{size}: {1e3 * took:.3g}" for size, took in times.items())
        rows.append(Row(f"{SMALL.name}, by {what}", "", None, list(times.values())[-1], note=f"{note} ms; one thread"))
    return rows


def _cold() -> Row:
    """A first call in a process of its own, without anything compiled before."""
    program = (
        "import time, numpy as np\n"
        "from macrotrade.providers.neural.network import Network, Window\n"
        "from macrotrade.providers.neural.sample import Sample\n"
        "from macrotrade.providers.neural.training import Training, train\n"
        "z = np.zeros((20, 3), np.float32)\n"
        "s = Sample(z, z, np.arange(5, 20), np.zeros(15, np.float32))\n"
        "for nodes in (4, 16):\n"
        "    n = Network(in_order=Window(3, 4), nodes=nodes, factors=2)\n"
        "    started = time.perf_counter(), time.process_time()\n"
        "    train(n, s, np.zeros((1, n.n_parameters), np.float32), Training(epochs=1))\n"
        "    print(time.perf_counter() - started[0], time.process_time() - started[1])\n"
    )
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "NUMBA_CACHE_DIR": folder}

        def run() -> list[list[float]]:
            said = subprocess.run(
                [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
            ).stdout
            return [[float(number) for number in line.split()] for line in said.splitlines()]

        cold, warm = run(), run()
    walls = [first for first, _ in cold]
    return Row(
        "first call, kernels from the cache",
        "first call, compiling",
        sum(walls),
        sum(first for first, _ in warm),
        note=f"few nodes {cold[0][1]:.0f} s, many nodes {cold[1][1]:.0f} s of processor time",
    )


def _cuda() -> Row:
    if not torch.cuda.is_available():
        return Row(f"{LARGE.name} on CUDA", "", None, float("nan"), note="no device here: not measured")
    network, sample, _ = _prepared(LARGE)
    weights = initial_weights(network, Initialisation(), 0, range(N_MEMBERS))
    train(network, sample, weights, Training(epochs=1), device="cuda")
    started = time.perf_counter()
    train(network, sample, weights, Training(epochs=N_EPOCHS), device="cuda")
    took = time.perf_counter() - started
    return Row(
        f"{LARGE.name} on CUDA: {N_MEMBERS:,} networks, {N_EPOCHS} epochs",
        "",
        None,
        took,
        note=torch.cuda.get_device_name(),
    )


@cache
def _prepared(case: Case) -> tuple[Network, Sample, np.ndarray]:
    """Network, rows known at the end of July 2006, and first weights."""
    target = Target("CPIAUCSL", (HORIZON,), "one_period_log_change")
    panel = final_numbers(VINTAGE).as_of(LAST_KNOWN)
    found = predictors(panel, target, None)
    inputs = inputs_of(found.for_target(0), OWN)
    network = inputs.network(case.architecture)
    assert isinstance(network, Network)
    levels = np.log(panel.monthly["CPIAUCSL"].to_numpy(dtype=float))[-len(found.stationary) :]
    outcome = Outcome.of(levels, "change", HORIZON)
    sample = inputs.sample(case.architecture, outcome)
    return network, sample, initial_weights(network, Initialisation(), 0, range(case.n_timed))


def _narrowed(sample: Sample, n_series: int) -> Sample:
    return replace(sample, in_order=np.ascontiguousarray(sample.in_order[:, :n_series]))


def _per_network_epoch(case: Case, network: Network, sample: Sample, weights: np.ndarray) -> float:
    train(network, sample, weights, replace(case.training, epochs=1))
    took = _processor_seconds(lambda: train(network, sample, weights, case.training))
    return took / case.epochs / len(weights)


def _processor_seconds(work: Callable[[], object], repeats: int = 4) -> float:
    """Least processor time of some calls."""
    return _least(work, time.process_time, repeats)


def _seconds(work: Callable[[], object]) -> float:
    """Least time of some calls."""
    return _least(work, time.perf_counter, 4)


def _least(work: Callable[[], object], clock: Callable[[], float], repeats: int) -> float:
    best = np.inf
    for _ in range(repeats):
        started = clock()
        work()
        best = min(best, clock() - started)
    return float(best)


def _product_peak() -> float:
    """Gigaflops of the largest float32 products of numpy and torch on one thread, the better of both."""
    best = 0.0
    with at_most_threads(1):
        for size in (1024, 2048):
            one, other = (np.random.default_rng(seed).standard_normal((size, size), np.float32) for seed in (0, 1))
            one_torch, other_torch = torch.from_numpy(one), torch.from_numpy(other)
            products: tuple[Callable[[], object], ...] = (
                lambda one=one, other=other: one @ other,  # type: ignore[misc]
                lambda one=one_torch, other=other_torch: one @ other,  # type: ignore[misc]
            )
            for product in products:
                best = max(best, 2e-9 * size**3 / _processor_seconds(product, 6))
    return best


def _product_operations(network: Network, n_rows: int) -> float:
    """Multiplications and additions of the matrix products of an epoch, forward and backward."""
    read = 4.0 * (n_rows + network.n_lags) * network.in_order.n_series * 4 * network.factors
    first = 4.0 * n_rows * network.at_once.size * network.nodes
    return read + first + 6.0 * n_rows * network.nodes**2 * (network.layers - 1)


def _met(reached: bool) -> str:
    return "reached" if reached else "MISSED"

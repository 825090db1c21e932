"""Compiled training against the plain network, one member at a time."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from dataclasses import replace

import numba
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from macrotrade.providers.neural import compiled_engine
from macrotrade.providers.neural.compiled_blocks import SmallBlock, Task, WideBlock
from macrotrade.providers.neural.compiled_engine import respond_compiled, train_compiled
from macrotrade.providers.neural.initialisation import Initialisation, initial_weights
from macrotrade.providers.neural.kernels.lanes import LANES
from macrotrade.providers.neural.network import Network, Window
from macrotrade.providers.neural.reference import PlainNetwork, train_one, windows
from macrotrade.providers.neural.sample import Sample
from macrotrade.providers.neural.training import Training
from tests.providers.neural.plain_numpy import loss_and_gradient
from tests.providers.neural.small_networks import KINDS, random_sample

FEW = {name: network for name, network in KINDS.items() if network.convolution is None}
MANY = {f"{name}, many nodes": replace(network, nodes=20) for name, network in FEW.items()}
NETWORKS = FEW | MANY
every_kind = pytest.mark.parametrize("network", NETWORKS.values(), ids=NETWORKS)

GAPS = np.r_[0:15, 22:40]
"""Rows that are not all consecutive, as where some were purged."""


@pytest.fixture(autouse=True)
def one_thread_of_torch() -> Iterator[None]:
    """The plain network is small: a second thread would only wait."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def members(network: Network, count: int = 5, seed: int = 3) -> np.ndarray:
    return initial_weights(network, Initialisation("torch"), seed, range(count))


def gradients(network: Network, sample: Sample, weights: np.ndarray) -> np.ndarray:
    """Ten times Adam's first moments after one step, which begin at zero."""
    block = (SmallBlock if network.nodes < LANES else WideBlock)(Task.of(network, sample, sample.n_rows), weights)
    block.train(np.arange(sample.n_rows)[None], Training(epochs=1))
    return 10.0 * block.moments()


@every_kind
@pytest.mark.parametrize("rows", [slice(None), GAPS], ids=["consecutive", "gaps"])
def test_gradients_are_those_of_plain_formulas_and_of_automatic_differentiation(
    network: Network, rows: slice | np.ndarray
) -> None:
    sample, weights = random_sample(network).rows(rows), members(network, 3)

    found = gradients(network, sample, weights)

    for gradient, one in zip(found, weights, strict=True):
        _, plain = loss_and_gradient(network, sample, one)
        model = PlainNetwork(network).load(one)
        torch.mean((model(*windows(network, sample)) - torch.tensor(sample.outcome)) ** 2).backward()
        largest = np.abs(plain).max()
        np.testing.assert_allclose(gradient, plain, atol=1e-5 * largest)
        np.testing.assert_allclose(gradient, model.gradient(), atol=1e-5 * largest)


@every_kind
@pytest.mark.parametrize("batch", [None, 16], ids=["all-rows", "batches"])
def test_early_losses_and_weights_are_those_of_the_plain_network(network: Network, batch: int | None) -> None:
    sample, weights = random_sample(network), members(network, 3)
    training = Training(epochs=10, batch=batch, seed=4)

    trained = train_compiled(network, sample, weights, training)

    for number, one in enumerate(weights):
        plain_weights, plain_losses = train_one(network, sample, one, training)
        np.testing.assert_allclose(trained.losses[number], plain_losses, rtol=1e-5)
        np.testing.assert_allclose(trained.weights[number], plain_weights, atol=1e-5)


@every_kind
def test_responses_are_those_of_the_plain_network(network: Network) -> None:
    sample, weights = random_sample(network).rows(GAPS), members(network)
    at_once, in_order = windows(network, sample)

    said = respond_compiled(network, weights, sample)

    assert said.outputs.shape == (5, sample.n_rows)
    assert said.factors.shape == (5, sample.n_rows, network.factors)
    for number, one in enumerate(weights):
        model = PlainNetwork(network).load(one)
        np.testing.assert_allclose(said.outputs[number], model(at_once, in_order).detach(), atol=1e-6)
        np.testing.assert_allclose(said.factors[number], model.factors(in_order).detach(), atol=1e-6)


@settings(max_examples=15)
@given(st.sampled_from(list(NETWORKS)), st.sampled_from([1, 2, 3]), st.randoms(use_true_random=False))
def test_a_member_is_trained_alike_to_the_bit_in_any_company_order_and_number_of_threads(
    name: str, n_threads: int, random: object
) -> None:
    network = NETWORKS[name]
    sample, weights, training = random_sample(network), members(network, 19), Training(epochs=3, batch=16)
    chosen = random.sample(range(19), random.randint(1, 19))  # type: ignore[attr-defined]
    together = train_compiled(network, sample, weights, training)
    before = numba.get_num_threads()

    numba.set_num_threads(min(n_threads, numba.config.NUMBA_NUM_THREADS))
    try:
        alone = train_compiled(network, sample, weights[chosen], training)
        said = respond_compiled(network, weights[chosen], sample)
    finally:
        numba.set_num_threads(before)

    np.testing.assert_array_equal(alone.weights, together.weights[chosen])
    np.testing.assert_array_equal(alone.losses, together.losses[chosen])
    np.testing.assert_array_equal(said.outputs, respond_compiled(network, weights, sample).outputs[chosen])


def test_training_may_pause_between_epochs(monkeypatch: pytest.MonkeyPatch) -> None:
    network = NETWORKS["feed-forward LSTM, many nodes"]
    sample, weights, training = random_sample(network), members(network), Training(epochs=7, batch=16)
    at_once = train_compiled(network, sample, weights, training)

    monkeypatch.setattr(compiled_engine, "_OPERATIONS_AT_A_TIME", 1.0)
    paused = train_compiled(network, sample, weights, training)

    np.testing.assert_array_equal(paused.weights, at_once.weights)
    np.testing.assert_array_equal(paused.losses, at_once.losses)


def test_a_batch_of_all_rows_is_no_batch() -> None:
    network = NETWORKS["LSTM"]
    sample, weights = random_sample(network), members(network)

    batches = train_compiled(network, sample, weights, Training(epochs=3, batch=sample.n_rows))

    whole = train_compiled(network, sample, weights, Training(epochs=3))
    np.testing.assert_array_equal(batches.weights, whole.weights)


def test_periods_that_no_row_reads_do_not_matter() -> None:
    network = NETWORKS["feed-forward LSTM"]
    sample, weights = random_sample(network).rows(slice(10, 30)), members(network)
    first, last = int(sample.ends[0]) - network.n_lags + 1, int(sample.ends[-1]) + 1
    changed = Sample(sample.at_once.copy(), sample.in_order.copy(), sample.ends, sample.outcome)
    for table in (changed.at_once, changed.in_order):
        table[:first] = np.nan
        table[last:] = np.nan

    trained = train_compiled(network, changed, weights, Training(epochs=3, batch=8))

    expected = train_compiled(network, sample, weights, Training(epochs=3, batch=8))
    np.testing.assert_array_equal(trained.weights, expected.weights)


def test_weights_given_are_left_as_they_are_and_progress_is_told() -> None:
    network = NETWORKS["LSTM"]
    weights, told = members(network, 40), []
    given = weights.copy()
    weights.setflags(write=False)

    train_compiled(network, random_sample(network), weights, Training(epochs=1), lambda *one: told.append(one))

    np.testing.assert_array_equal(weights, given)
    assert len(told) > 1
    assert told[-1] == (40, 40)
    assert [done for done, _ in told] == sorted({done for done, _ in told})


def test_an_interruption_ends_the_work() -> None:
    network = NETWORKS["feed-forward, many nodes"]
    told = []

    def interrupt(done: int, of: int) -> None:
        told.append((done, of))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train_compiled(network, random_sample(network), members(network, 40), Training(epochs=1), interrupt)

    assert len(told) == 1


def test_no_members_give_nothing() -> None:
    network = NETWORKS["LSTM"]
    sample, weights = random_sample(network), members(network, 0)

    trained = train_compiled(network, sample, weights, Training(epochs=2))
    said = respond_compiled(network, weights, sample)

    assert trained.weights.shape == (0, network.n_parameters)
    assert trained.losses.shape == (0, 2)
    assert said.outputs.shape == (0, sample.n_rows)


@pytest.mark.parametrize("name", ["feed-forward", "feed-forward, many nodes"])
def test_memory_does_not_grow_with_the_number_of_members(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    network = replace(NETWORKS[name], at_once=Window(40, 30))
    sample, peaks = random_sample(network), []
    monkeypatch.setattr(numba, "get_num_threads", lambda: 1)

    for count in (32, 128):
        weights = members(network, count)
        tracemalloc.start()
        train_compiled(network, sample, weights, Training(epochs=1))
        peaks.append(tracemalloc.get_traced_memory()[1] - weights.nbytes)
        tracemalloc.stop()

    assert peaks[1] < peaks[0] + weights.nbytes // 4


def test_moments_of_a_weight_that_nothing_flows_through_become_zero_and_other_arithmetic_keeps_small_numbers() -> None:
    network = NETWORKS["feed-forward"]
    sample, weights = random_sample(network), members(network, 1)
    output = network.split(weights)["head.3.weight"]
    output[:] = 1.0
    outcome = np.full(sample.n_rows, -1e4, np.float32)  # every node is pushed below zero, to stay there
    block = SmallBlock(Task.of(network, replace(sample, outcome=outcome), sample.n_rows), weights)

    block.train(np.tile(np.arange(sample.n_rows), (3000, 1)), Training(learning_rate=0.1))

    nodes = network.split(block.moments())["head.2.weight"]
    assert (nodes == 0.0).all()
    assert np.float32(1e-39) * np.ones(1, np.float32) > 0.0


def test_training_that_runs_away_ends_in_what_is_not_finite() -> None:
    network = NETWORKS["LSTM, many nodes"]
    sample = random_sample(network)
    far = Sample(sample.at_once, sample.in_order, sample.ends, np.full(sample.n_rows, 3e38, np.float32))

    trained = train_compiled(network, far, members(network, 2), Training(epochs=3))

    assert not np.isfinite(trained.losses).any()
    assert not np.isfinite(trained.weights).all(axis=1).any()

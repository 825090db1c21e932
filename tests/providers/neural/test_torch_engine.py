"""Batched torch against the plain network, one member at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
import torch

from macrotrade.errors import SettingsError
from macrotrade.numerics.threads import at_most_threads
from macrotrade.providers.neural import torch_engine
from macrotrade.providers.neural.initialisation import Initialisation, initial_weights
from macrotrade.providers.neural.network import Network, Window
from macrotrade.providers.neural.reference import PlainNetwork, train_one, windows
from macrotrade.providers.neural.sample import Sample, Scaling
from macrotrade.providers.neural.torch_engine import block_size, loss_gradients, respond_batched, train_batched
from macrotrade.providers.neural.training import Training
from tests.providers.neural.small_networks import KINDS, random_sample

every_kind = pytest.mark.parametrize("network", KINDS.values(), ids=KINDS)
on_cuda = pytest.mark.skipif(not torch.cuda.is_available(), reason="torch finds no CUDA device here")

GAPS = np.r_[0:15, 22:40]
"""Rows that are not all consecutive, as where some were purged."""


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Arithmetic this small only waits for a second thread."""
    with at_most_threads(1):
        yield


def members(network: Network, count: int = 5, seed: int = 3) -> np.ndarray:
    return initial_weights(network, Initialisation("torch"), seed, range(count))


def plain_loss_and_gradient(network: Network, sample: Sample, weights: np.ndarray) -> tuple[float, np.ndarray]:
    model = PlainNetwork(network).load(weights)
    loss = torch.mean((model(*windows(network, sample)) - torch.tensor(sample.outcome)) ** 2)
    loss.backward()
    return loss.item(), model.gradient()


@every_kind
@pytest.mark.parametrize("rows", [slice(None), GAPS], ids=["consecutive", "gaps"])
def test_losses_and_gradients_are_those_of_the_plain_network(network: Network, rows: slice | np.ndarray) -> None:
    sample, weights = random_sample(network).rows(rows), members(network)

    losses, gradients = loss_gradients(network, sample, weights)

    for loss, gradient, one in zip(losses, gradients, weights, strict=True):
        plain_loss, plain_gradient = plain_loss_and_gradient(network, sample, one)
        assert loss == pytest.approx(plain_loss, rel=1e-5)
        np.testing.assert_allclose(gradient, plain_gradient, atol=1e-5 * np.abs(plain_gradient).max())


@every_kind
@pytest.mark.parametrize("batch", [None, 16], ids=["all-rows", "batches"])
def test_early_losses_and_weights_are_those_of_the_plain_network(network: Network, batch: int | None) -> None:
    sample, weights = random_sample(network), members(network, 3)
    training = Training(epochs=8, batch=batch, seed=4)

    trained = train_batched(network, sample, weights, training)

    for number, one in enumerate(weights):
        plain_weights, plain_losses = train_one(network, sample, one, training)
        np.testing.assert_allclose(trained.losses[number], plain_losses, rtol=1e-5)
        np.testing.assert_allclose(trained.weights[number], plain_weights, atol=1e-5)


@every_kind
def test_responses_are_those_of_the_plain_network(network: Network) -> None:
    sample, weights = random_sample(network).rows(GAPS), members(network)
    at_once, in_order = windows(network, sample)

    said = respond_batched(network, weights, sample)

    assert said.outputs.shape == (5, sample.n_rows)
    assert said.factors.shape == (5, sample.n_rows, network.factors)
    for number, one in enumerate(weights):
        model = PlainNetwork(network).load(one)
        np.testing.assert_allclose(said.outputs[number], model(at_once, in_order).detach(), atol=1e-6)
        np.testing.assert_allclose(said.factors[number], model.factors(in_order).detach(), atol=1e-6)


@every_kind
def test_a_member_is_trained_alike_alone_in_company_and_in_any_order(network: Network) -> None:
    sample, weights = random_sample(network), members(network, 19)
    training, order = Training(epochs=4, batch=16), np.random.default_rng(1).permutation(19)

    together = train_batched(network, sample, weights, training)
    alone = train_batched(network, sample, weights[18:], training)
    shuffled = train_batched(network, sample, weights[order], training)

    np.testing.assert_array_equal(alone.weights, together.weights[18:])
    np.testing.assert_array_equal(alone.losses, together.losses[18:])
    np.testing.assert_allclose(shuffled.weights, together.weights[order], atol=1e-6)


def test_threads_do_not_matter_and_are_given_back() -> None:
    network = KINDS["CNN-LSTM"]
    sample, weights, training = random_sample(network), members(network, 35), Training(epochs=3)
    before = torch.get_num_threads()

    results = []
    for count in (1, 3):
        torch.set_num_threads(count)
        try:
            results.append(train_batched(network, sample, weights, training))
            assert torch.get_num_threads() == count
        finally:
            torch.set_num_threads(before)

    np.testing.assert_array_equal(results[0].weights, results[1].weights)


def test_weights_given_are_left_as_they_are_and_progress_is_told() -> None:
    network = KINDS["LSTM"]
    weights, told = members(network, 20), []
    given = weights.copy()
    weights.setflags(write=False)

    train_batched(network, random_sample(network), weights, Training(epochs=1), progress=lambda *one: told.append(one))

    np.testing.assert_array_equal(weights, given)
    assert told == [(16, 20), (20, 20)]


def test_blocks_shrink_to_the_memory_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    network = Network(in_order=Window(4, 6), nodes=32, layers=3, factors=4)
    sample = random_sample(network, n_rows=400)
    generous = block_size(network, sample, "cpu")

    monkeypatch.setitem(torch_engine.MEMORY, "cpu", 4 * 2**20)
    tight = block_size(network, sample, "cpu")
    monkeypatch.setitem(torch_engine.MEMORY, "cpu", 1)

    assert generous == 16
    assert 1 < tight < 16
    assert block_size(network, sample, "cpu") == 1
    assert train_batched(network, sample, members(network, 3), Training(epochs=1)).weights.shape[0] == 3


@pytest.mark.parametrize(("device", "said"), [("cuda:97", "finds cpu"), ("gpu", "Known: cpu")])
def test_a_device_that_is_not_there_is_named_with_those_that_are(device: str, said: str) -> None:
    network = KINDS["LSTM"]

    with pytest.raises(SettingsError, match=f"device='{device}' is not.*{said}"):
        train_batched(network, random_sample(network), members(network), Training(epochs=1), device)


def test_ensemble_means_agree_with_those_of_plain_networks_within_monte_carlo_error() -> None:
    network = KINDS["CNN-LSTM"]
    sample, training = random_sample(network), Training(epochs=25, learning_rate=0.01)
    at_once, in_order = windows(network, sample)

    batched = respond_batched(network, train_batched(network, sample, members(network, 32), training).weights, sample)
    plain = []
    for one in members(network, 8, seed=99):
        trained, _ = train_one(network, sample, one, training)
        plain.append(PlainNetwork(network).load(trained)(at_once, in_order).detach().numpy())

    error = np.sqrt(batched.outputs.var(0, ddof=1) / 32 + np.var(plain, 0, ddof=1) / 8)
    distance = (batched.outputs.mean(0) - np.mean(plain, 0)) / error
    assert np.sqrt(np.mean(distance**2)) < 1.6
    assert error.mean() < 0.1


def planted(n_periods: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Shocks of shape (n_periods, 1) and the size of their decaying sum, which no linear map of them can tell."""
    shocks = np.random.default_rng(seed).uniform(-1.0, 1.0, n_periods)
    memory = np.zeros(n_periods)
    for period in range(1, n_periods):
        memory[period] = 0.6 * memory[period - 1] + shocks[period]
    return shocks[:, None], np.abs(memory)


def test_a_planted_nonlinear_recursion_is_learned_and_a_regression_does_not_see_it() -> None:
    network = Network(in_order=Window(1, 8), nodes=8, layers=1, factors=4)
    shocks, sizes = planted(500, seed=2)
    known = 350
    reads, says = Scaling.of(shocks[:known]), Scaling.of(sizes[:known, None])
    ends = np.arange(network.n_lags, 500)
    outcome = says.scaled(sizes[:, None])[ends, 0]
    sample = Sample(np.zeros((500, 0), np.float32), reads.scaled(shocks), ends, outcome)
    seen, unseen = sample.rows(ends < known), sample.rows(ends >= known)

    trained = train_batched(network, seen, members(network, 8), Training(epochs=120, learning_rate=0.03))
    ensemble = respond_batched(network, trained.weights, unseen).outputs.mean(0)

    assert explained(unseen.outcome, ensemble) > 0.85
    assert explained(unseen.outcome, regression(seen, unseen, network.n_lags)) < 0.1


def regression(seen: Sample, unseen: Sample, n_lags: int) -> np.ndarray:
    def regressors(sample: Sample) -> np.ndarray:
        lags = sample.in_order[sample.ends[:, None] - np.arange(n_lags), 0]
        return np.hstack([np.ones((sample.n_rows, 1)), lags])

    return np.asarray(regressors(unseen) @ np.linalg.lstsq(regressors(seen), seen.outcome, rcond=None)[0])


def explained(outcome: np.ndarray, said: np.ndarray) -> float:
    return float(1.0 - np.mean((outcome - said) ** 2) / outcome.var())


@on_cuda
@every_kind
def test_a_cuda_device_gives_the_same_gradients_and_early_losses(network: Network) -> None:
    sample, weights = random_sample(network), members(network)

    on_device, here = (loss_gradients(network, sample, weights, device)[1] for device in ("cuda", "cpu"))
    trained, plain = (train_batched(network, sample, weights, Training(epochs=8, batch=16), d) for d in ("cuda", "cpu"))

    np.testing.assert_allclose(on_device, here, atol=1e-5 * np.abs(here).max())
    np.testing.assert_allclose(trained.losses, plain.losses, rtol=1e-4)


@on_cuda
def test_a_cuda_device_gives_ensembles_within_monte_carlo_error() -> None:
    network = replace(KINDS["LSTM"], nodes=8)
    sample, weights = random_sample(network), members(network, 64)
    training = Training(epochs=60, learning_rate=0.01)

    said = [
        respond_batched(network, train_batched(network, sample, weights, training, device).weights, sample).outputs
        for device in ("cuda", "cpu")
    ]

    error = np.sqrt(2.0 * said[1].var(0, ddof=1) / 64)
    assert np.sqrt(np.mean(((said[0].mean(0) - said[1].mean(0)) / error) ** 2)) < 1.6

"""The plain network against the equations, written out in numpy."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
import torch

from macrotrade.numerics.threads import at_most_threads
from macrotrade.providers.neural.initialisation import Initialisation, initial_weights
from macrotrade.providers.neural.network import Network
from macrotrade.providers.neural.reference import PlainNetwork, train_one, windows
from macrotrade.providers.neural.sample import Sample
from macrotrade.providers.neural.training import Training
from tests.providers.neural.small_networks import KINDS, random_sample


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Arithmetic this small only waits for a second thread."""
    with at_most_threads(1):
        yield


def sigmoid(values: np.ndarray) -> np.ndarray:
    return 1.0 / (1.0 + np.exp(-values))


def written_out(network: Network, weights: np.ndarray, sample: Sample, row: int) -> tuple[float, np.ndarray]:
    """Output and last state for one row, by loops over periods and Paranhos (2023), equation (4)."""
    arrays = network.split(weights.astype(np.float64))
    end = int(sample.ends[row])
    window = [sample.in_order[end - lag].astype(np.float64) for lag in reversed(range(network.in_order.n_lags))]
    if network.convolution is not None:
        window = filtered(network, arrays, window)
    p = network.factors
    state, cell = np.zeros(p), np.zeros(p)
    for values in window:
        gates = values @ arrays["lstm.input"] + state @ arrays["lstm.recurrent"] + arrays["lstm.bias"]
        passes, keeps, shows = sigmoid(gates[:p]), sigmoid(gates[p : 2 * p]), sigmoid(gates[3 * p :])
        cell = keeps * cell + passes * np.tanh(gates[2 * p : 3 * p])
        state = shows * np.tanh(cell)
    newest_first = [sample.at_once[end - lag] for lag in range(network.at_once.n_lags)]
    hidden = np.concatenate([*newest_first, state]).astype(np.float64)
    for number in range(1, network.layers + 1):
        hidden = np.maximum(hidden @ arrays[f"head.{number}.weight"] + arrays[f"head.{number}.bias"], 0.0)
    last = f"head.{network.layers + 1}"
    return float((hidden @ arrays[f"{last}.weight"] + arrays[f"{last}.bias"])[0]), state


def filtered(network: Network, arrays: dict[str, np.ndarray], window: list[np.ndarray]) -> list[np.ndarray]:
    """Steps of the LSTM: filters of whole width, mixed, averaged from the newest backwards."""
    convolution = network.convolution
    assert convolution is not None
    mixed = []
    for newest in range(convolution.width - 1, len(window)):
        covered = np.array(window[newest - convolution.width + 1 : newest + 1])
        channels, first = [], 0
        for number, size in enumerate(convolution.groups, start=1):
            group = covered[:, first : first + size]
            weight, bias = arrays[f"convolution.{number}.weight"], arrays[f"convolution.{number}.bias"]
            channels.append(np.maximum(np.einsum("ws,wsf->f", group, weight) + bias, 0.0))
            first += size
        mixed.append(np.maximum(np.concatenate(channels) @ arrays["mixing.weight"] + arrays["mixing.bias"], 0.0))
    steps = []
    while len(mixed) >= convolution.pooled:
        steps.insert(0, np.mean(mixed[-convolution.pooled :], axis=0))
        mixed = mixed[: -convolution.pooled]
    return steps


def first_weights(network: Network, member: int = 0) -> np.ndarray:
    return initial_weights(network, Initialisation("torch"), 3, [member])[0]


@pytest.mark.parametrize("network", KINDS.values(), ids=KINDS)
def test_the_plain_network_is_the_equations(network: Network) -> None:
    sample, weights = random_sample(network, n_rows=5), first_weights(network)
    model = PlainNetwork(network).load(weights)
    at_once, in_order = windows(network, sample)

    outputs, factors = model(at_once, in_order).detach().numpy(), model.factors(in_order).detach().numpy()

    for row in range(5):
        output, state = written_out(network, weights, sample, row)
        assert outputs[row] == pytest.approx(output, abs=1e-6)
        np.testing.assert_allclose(factors[row], state, atol=1e-6)


@pytest.mark.parametrize("network", KINDS.values(), ids=KINDS)
def test_weights_come_out_as_they_went_in(network: Network) -> None:
    weights = first_weights(network)

    np.testing.assert_array_equal(PlainNetwork(network).load(weights).flat(), weights)


def test_the_oldest_step_of_too_few_periods_is_dropped() -> None:
    network = KINDS[
        "CNN-LSTM"
    ]  # eleven lags, filters over three, steps of two: nine periods, so the first is left over
    model = PlainNetwork(network).load(first_weights(network))
    at_once, in_order = windows(network, random_sample(network))

    def moved_by(lag: int) -> bool:
        changed = in_order.clone()
        changed[:, lag] += 0.5
        return not torch.equal(model(at_once, changed), model(at_once, in_order))

    assert [moved_by(place) for place in range(network.n_lags)] == [False, *[True] * 10]


def test_one_bias_of_a_gate_is_trained_and_the_other_stays_zero() -> None:
    network = KINDS["LSTM"]
    model = PlainNetwork(network)

    trained = {name for name, parameter in model.named_parameters() if parameter.requires_grad}

    assert "lstm.bias_hh_l0" not in trained
    assert not model.state_dict()["lstm.bias_hh_l0"].any()
    assert sum(model.get_parameter(name).numel() for name in trained) == network.n_parameters


def test_the_first_loss_is_that_of_the_first_weights_and_training_lowers_it() -> None:
    network = KINDS["LSTM"]
    sample, weights = random_sample(network), first_weights(network)
    said = np.array([written_out(network, weights, sample, row)[0] for row in range(sample.n_rows)])

    _, losses = train_one(network, sample, weights, Training(epochs=30, learning_rate=0.01))

    assert losses[0] == pytest.approx(np.mean((said - sample.outcome) ** 2), rel=1e-5)
    assert losses[-1] < 0.8 * losses[0]


def test_the_loss_of_an_epoch_counts_every_row_once() -> None:
    network = KINDS["LSTM"]
    sample, weights = random_sample(network), first_weights(network)
    standing_still = {"epochs": 1, "learning_rate": 1e-12}

    _, at_once = train_one(network, sample, weights, Training(**standing_still))
    _, in_batches = train_one(network, sample, weights, Training(batch=12, **standing_still))

    assert in_batches[0] == pytest.approx(at_once[0], rel=1e-5)


def test_torchs_generator_is_left_as_it_was() -> None:
    before = torch.get_rng_state()

    train_one(KINDS["LSTM"], random_sample(KINDS["LSTM"]), first_weights(KINDS["LSTM"]), Training(epochs=1))

    assert torch.equal(torch.get_rng_state(), before)

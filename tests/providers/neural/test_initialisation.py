"""First weights lie where they should and come from each member's own stream."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from macrotrade.errors import SettingsError
from macrotrade.providers.neural.initialisation import Initialisation, initial_weights
from macrotrade.providers.neural.network import GATES, Network, Window
from tests.providers.neural.small_networks import KINDS

LSTM = Network(in_order=Window(20, 6), nodes=16, layers=2, factors=8)


def drawn(initialisation: Initialisation, network: Network = LSTM, n_members: int = 40) -> dict[str, np.ndarray]:
    return network.split(initial_weights(network, initialisation, 5, range(n_members)))


@pytest.mark.parametrize("network", KINDS.values(), ids=KINDS)
def test_glorot_fills_its_range_evenly_and_biases_are_zero(network: Network) -> None:
    arrays = drawn(Initialisation(), network, n_members=200)

    for one in network.parameters:
        reach = np.sqrt(6.0 / (one.fan_in + one.fan_out))
        if one.name.endswith("bias"):
            assert not arrays[one.name].any()
        else:
            assert np.abs(arrays[one.name]).max() <= reach
            assert arrays[one.name].std() == pytest.approx(reach / np.sqrt(3.0), rel=0.1)


def test_fans_are_those_that_torch_counts() -> None:
    network = KINDS["CNN-LSTM"]
    layers = {"convolution.2.weight": torch.nn.Conv1d(3, 2, 3), "head.1.weight": torch.nn.Linear(3, 5)}

    for one in network.parameters:
        if one.name in layers:
            fans = torch.nn.init._calculate_fan_in_and_fan_out(layers[one.name].weight)
            assert fans == (one.fan_in, one.fan_out)


def test_an_lstms_gates_are_one_matrix_or_four() -> None:
    fused, by_gate = drawn(Initialisation())["lstm.input"], drawn(Initialisation("glorot_by_gate"))["lstm.input"]

    assert np.abs(fused).max() == pytest.approx(np.sqrt(6.0 / (20 + 32)), rel=0.01)
    assert np.abs(by_gate).max() == pytest.approx(np.sqrt(6.0 / (20 + 8)), rel=0.01)


def test_torchs_start_spreads_as_torchs_own_layers_do() -> None:
    arrays = drawn(Initialisation("torch"), n_members=100)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        layers = [(torch.nn.LSTM(20, 8), torch.nn.Linear(8, 16)) for _ in range(100)]

    def spread(tensors: list[torch.Tensor]) -> float:
        return torch.stack(tensors).std().item()

    assert arrays["lstm.input"].std() == pytest.approx(spread([a.weight_ih_l0 for a, _ in layers]), rel=0.05)
    assert arrays["lstm.recurrent"].std() == pytest.approx(spread([a.weight_hh_l0 for a, _ in layers]), rel=0.05)
    assert arrays["lstm.bias"].std() == pytest.approx(
        spread([a.bias_ih_l0 + a.bias_hh_l0 for a, _ in layers]), rel=0.05
    )
    assert arrays["head.1.weight"].std() == pytest.approx(spread([b.weight for _, b in layers]), rel=0.05)
    assert arrays["head.1.bias"].std() == pytest.approx(spread([b.bias for _, b in layers]), rel=0.08)


def test_a_forget_bias_is_added_to_the_forget_gate_alone() -> None:
    biases = drawn(Initialisation(forget_bias=1.0))["lstm.bias"].reshape(-1, len(GATES), 8)

    np.testing.assert_array_equal(biases.mean(axis=(0, 2)), [0.0, 1.0, 0.0, 0.0])


def test_orthogonal_recurrence_keeps_the_length_of_a_state_in_each_gate() -> None:
    recurrent = drawn(Initialisation(orthogonal=True))["lstm.recurrent"].reshape(40, 8, len(GATES), 8)

    products = np.einsum("kigj,klgj->kgil", recurrent, recurrent)

    np.testing.assert_allclose(products, np.broadcast_to(np.eye(8), products.shape), atol=1e-6)


def test_a_member_starts_from_the_same_weights_in_any_company() -> None:
    together = initial_weights(LSTM, Initialisation(), 5, range(6))
    some = initial_weights(LSTM, Initialisation(), 5, [4, 1])

    np.testing.assert_array_equal(some, together[[4, 1]])
    assert len(np.unique(together[:, 0])) == 6
    assert not np.array_equal(together, initial_weights(LSTM, Initialisation(), 6, range(6)))


def test_an_unknown_start_is_refused_with_the_near_ones() -> None:
    with pytest.raises(SettingsError, match="Did you mean 'glorot'"):
        Initialisation("glorott")  # type: ignore[arg-type]

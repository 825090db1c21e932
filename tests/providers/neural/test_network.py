"""Networks are laid out and counted as published."""

from __future__ import annotations

import numpy as np
import pytest

from macrotrade.errors import SettingsError
from macrotrade.providers.neural.network import Convolution, Network, Window
from tests.providers.neural.small_networks import KINDS

CPI_OWN, PCE_OWN = Window(10, 24), Window(3, 24)
CPI_POOL, PCE_POOL, ALL = Window(118, 48), Window(125, 48), Window(128, 48)


# Paranhos (2023), "Predicting Inflation with Recurrent Neural Networks", tables S2 (large) and S3 (small).
@pytest.mark.parametrize(
    ("network", "published"),
    [
        pytest.param(Network(CPI_OWN, nodes=128, layers=4), 80_513, id="FF-cpi"),
        pytest.param(Network(CPI_POOL, nodes=128, layers=3), 758_273, id="FF-pool"),
        pytest.param(Network(in_order=CPI_POOL, nodes=128, layers=4, factors=2), 51_017, id="LSTM-pool"),
        pytest.param(Network(in_order=ALL, nodes=128, layers=4, factors=2), 51_097, id="LSTM-all"),
        pytest.param(Network(CPI_OWN, CPI_POOL, nodes=128, layers=4, factors=2), 81_737, id="FF-LSTM"),
        pytest.param(Network(CPI_OWN, nodes=4, layers=4), 1_029, id="small-FF-cpi"),
        pytest.param(Network(CPI_POOL, nodes=4, layers=4), 22_725, id="small-FF-pool"),
        pytest.param(Network(in_order=CPI_POOL, nodes=4, layers=4, factors=2), 1_045, id="small-LSTM-pool"),
        pytest.param(Network(in_order=ALL, nodes=4, layers=4, factors=2), 1_125, id="small-LSTM-all"),
        pytest.param(Network(CPI_OWN, CPI_POOL, nodes=4, layers=4, factors=2), 2_005, id="small-FF-LSTM"),
        pytest.param(Network(PCE_OWN, nodes=4, layers=4), 357, id="small-PCE-FF-own"),
        pytest.param(Network(PCE_POOL, nodes=4, layers=4), 24_069, id="small-PCE-FF-pool"),
        pytest.param(Network(in_order=PCE_POOL, nodes=4, layers=4, factors=2), 1_101, id="small-PCE-LSTM-pool"),
        pytest.param(Network(PCE_OWN, PCE_POOL, nodes=4, layers=4, factors=2), 1_389, id="small-PCE-FF-LSTM"),
    ],
)
def test_a_network_has_as_many_parameters_as_published(network: Network, published: int) -> None:
    assert network.n_parameters == published


def test_a_convolution_adds_its_filters_and_its_mixing_map() -> None:
    network = KINDS["CNN-LSTM"]

    names = [one.name for one in network.parameters]

    assert names[:6] == [
        "convolution.1.weight",
        "convolution.1.bias",
        "convolution.2.weight",
        "convolution.2.bias",
        "mixing.weight",
        "mixing.bias",
    ]
    filters, mixing = (3 * 2 * 2 + 2) + (3 * 3 * 2 + 2), 4 * 4 + 4
    recurrence, head = 4 * (4 * 3 + 3 * 3 + 3), (3 * 5 + 5) + (5 * 5 + 5) + (5 + 1)
    assert network.n_parameters == filters + mixing + recurrence + head


@pytest.mark.parametrize("network", KINDS.values(), ids=KINDS)
def test_parameters_tile_the_vector_without_gaps(network: Network) -> None:
    weights = np.arange(network.n_parameters, dtype=np.float32)

    pieces = [array.ravel() for array in network.split(weights).values()]

    np.testing.assert_array_equal(np.concatenate(pieces), weights)


def test_a_split_keeps_the_ensemble_axis_and_copies_nothing() -> None:
    network = KINDS["LSTM"]
    weights = np.zeros((7, network.n_parameters), np.float32)

    arrays = network.split(weights)
    arrays["lstm.bias"][3] = 1.0

    assert arrays["lstm.input"].shape == (7, 4, 12)
    assert weights[3].sum() == 12.0
    assert weights.sum() == 12.0


def test_steps_of_a_convolution_are_whole_averages_of_whole_filters() -> None:
    steps = {
        n_lags: Network(in_order=Window(1, n_lags), factors=1, convolution=Convolution((1,), width=3, pooled=2)).n_steps
        for n_lags in (4, 5, 6, 7, 8)
    }

    assert steps == {4: 1, 5: 1, 6: 2, 7: 2, 8: 3}


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({}, "must read something"),
        ({"in_order": Window(3, 4)}, "factors is the size"),
        ({"at_once": Window(3, 4), "factors": 2}, "factors is the size"),
        ({"at_once": Window(3, 4), "nodes": 0}, "at least 1, not 0 and 4"),
        (
            {"in_order": Window(3, 4), "factors": 1, "convolution": Convolution((2, 2), 1)},
            "hold 4 series, in_order has 3",
        ),
        ({"in_order": Window(3, 4), "factors": 1, "convolution": Convolution((3,), 3, 1, 1, 3)}, "take 5 or more"),
    ],
)
def test_a_network_that_cannot_be_is_refused(settings: dict[str, object], said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        Network(**settings)  # type: ignore[arg-type]


def test_a_convolution_without_series_in_a_group_is_refused() -> None:
    with pytest.raises(SettingsError, match="at least one series each"):
        Convolution((3, 0))

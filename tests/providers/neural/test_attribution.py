"""What forecasts rest on: a planted cause is found, gradients against differences, parts that sum to the whole."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from macrotrade import Target
from macrotrade.providers.neural.attribution import gradient_attribution, permutation_attribution
from macrotrade.providers.neural.held_out import HeldOut, fitted_ensemble, held_out
from macrotrade.providers.neural.initialisation import Initialisation, initial_weights
from macrotrade.providers.neural.module_network import register_module
from macrotrade.providers.neural.network import Convolution, Network, Window
from macrotrade.providers.neural.provider import CNNLSTM, FFLSTM, LSTM, FeedForward, ModuleEnsemble
from macrotrade.providers.neural.sample import Sample
from macrotrade.providers.neural.settings import NeuralSettings
from macrotrade.providers.neural.training import respond
from tests.providers.neural.planted import GROUPS, planted_panel

SMALL = {"n_members": 3, "n_judged": 3, "nodes": 6, "layers": 1, "lags": 3}


@pytest.fixture(scope="module")
def held() -> HeldOut:
    provider = FeedForward(**SMALL, epochs=300, learning_rate=0.01, batch=None)  # type: ignore[arg-type]
    return held_out(provider.fit(planted_panel(), Target("Y")))


def test_the_series_that_moves_the_outcome_is_first_and_no_other_is_near(held: HeldOut) -> None:
    found = permutation_attribution(held, n_repeats=5)

    assert found.index[0] == "X0"
    assert found["loss_change"].iloc[0] > 1.0
    assert found["loss_change"].iloc[1] < 0.25 * found["loss_change"].iloc[0]
    assert set(found.index) == set(GROUPS) - {"Y"}
    assert (found["n_series"] == 1).all()


def test_a_group_moves_as_one_and_holds_its_series(held: HeldOut) -> None:
    found = permutation_attribution(held, "group", n_repeats=5)

    assert found.index[0] == "cause"
    assert found.loc["idle", "n_series"] == 2


def test_the_same_seed_moves_alike_and_another_otherwise(held: HeldOut) -> None:
    first, again, other = (permutation_attribution(held, "group", 3, seed).sort_index() for seed in (1, 1, 2))

    np.testing.assert_array_equal(first["loss_change"], again["loss_change"])
    assert (first["loss_change"] != other["loss_change"]).all()


def test_a_series_that_a_network_does_not_read_changes_nothing(held: HeldOut) -> None:
    place = held.inputs.names("pool").index("X3")
    arrays = {name: array.copy() for name, array in held.ensemble.network.split(held.ensemble.weights).items()}
    n_series = len(held.inputs.names("pool"))
    arrays["head.1.weight"][:, place::n_series] = 0.0
    weights = np.concatenate([array.reshape(3, -1) for array in arrays.values()], axis=1)
    blind = dataclasses.replace(held, ensemble=dataclasses.replace(held.ensemble, weights=weights))

    found = permutation_attribution(blind, n_repeats=3)

    assert found.loc["X3", "loss_change"] == 0.0
    assert found.loc["X4", "loss_change"] != 0.0


NETWORKS = {
    "head": Network(at_once=Window(3, 4), nodes=5, layers=2),
    "lstm": Network(in_order=Window(4, 5), nodes=5, layers=1, factors=2),
    "both": Network(Window(2, 3), Window(4, 6), nodes=4, layers=1, factors=2),
    "convolution": Network(
        in_order=Window(5, 8), nodes=4, layers=1, factors=2,
        convolution=Convolution((2, 3), width=3, filters=2, mixed=3, pooled=2),
    ),
}  # fmt: skip


@pytest.mark.parametrize("network", NETWORKS.values(), ids=NETWORKS)
def test_gradients_are_the_differences_that_small_moves_make(network: Network) -> None:
    from macrotrade.providers.neural.torch_gradients import window_gradients

    generator = np.random.default_rng(3)
    n_rows, n_lags = 2, network.n_lags
    tables = [
        generator.uniform(-1, 1, (n_rows * n_lags, window.n_series)).astype(np.float32)
        for window in (network.at_once, network.in_order)
    ]
    ends = n_lags * np.arange(1, n_rows + 1) - 1
    weights = 1.5 * initial_weights(network, Initialisation(forget_bias=1.0), 5, range(3))

    def answer() -> float:
        sample = Sample(tables[0], tables[1], ends, np.zeros(n_rows, np.float32))
        return float(respond(network, weights, sample).outputs.astype(np.float64)[:, 1].mean())

    found = window_gradients(network, weights, Sample(*tables, ends, np.zeros(n_rows, np.float32)))  # type: ignore[arg-type]

    for table, gradient in zip(tables, found, strict=True):
        assert gradient.shape == (n_rows, n_lags, table.shape[1])
        for lag in range(n_lags):
            for column in range(table.shape[1]):
                cell, step = (n_lags + lag, column), np.float32(2.0**-9)
                before = table[cell]
                table[cell] = before + step
                above = answer()
                table[cell] = before - step
                below = answer()
                table[cell] = before
                assert gradient[1, lag, column] == pytest.approx((above - below) / (2 * step), abs=6e-4)


@pytest.mark.parametrize(
    "provider",
    [
        FeedForward(**SMALL, epochs=40),  # type: ignore[arg-type]
        LSTM(**SMALL, epochs=40, reads="all"),  # type: ignore[arg-type]
        FFLSTM(**SMALL, own_lags=2, epochs=10),  # type: ignore[arg-type]
        CNNLSTM(**{**SMALL, "lags": 6}, epochs=20, width=2, pooled=2),  # type: ignore[arg-type]
    ],
    ids=["feed-forward", "lstm", "ff-lstm", "cnn-lstm"],
)
def test_parts_of_a_forecast_sum_to_its_distance_from_that_of_average_inputs(provider: NeuralSettings) -> None:
    panel = planted_panel()
    forecaster = provider.fit(panel, Target("Y"))

    found = gradient_attribution(forecaster, n_periods=4)

    size = (found.forecast - found.of_averages).abs().max()
    assert found.remainder.abs().max() < 0.02 * size
    assert found.forecast.iloc[-1] == pytest.approx(forecaster.forecast(panel).point()[0, 0], abs=1e-5)
    np.testing.assert_allclose(found.by_group.sum(axis=1), found.parts.sum(axis=1))
    assert found.by_group.loc[:, "cause"].iloc[-1] == pytest.approx(found.parts["X0"].iloc[-1])


def test_a_finer_path_leaves_less(held: HeldOut) -> None:
    provider = FeedForward(**SMALL, epochs=60, batch=None, learning_rate=0.01)  # type: ignore[arg-type]
    forecaster = provider.fit(planted_panel(), Target("Y"))

    coarse, fine = (gradient_attribution(forecaster, n_periods=20, n_points=n).remainder.abs().mean() for n in (4, 64))

    assert fine < 0.25 * coarse


def test_parts_of_a_linear_module_are_its_weights_times_the_distances() -> None:
    """A module of a user's: its parts are known without any gradient."""
    import torch

    class Straight(torch.nn.Module):
        def __init__(self, n_series: int, n_lags: int) -> None:
            super().__init__()
            self.line = torch.nn.Linear(n_series * n_lags, 1)

        def forward(self, windows: torch.Tensor) -> torch.Tensor:
            answer: torch.Tensor = self.line(windows.flatten(1))
            return answer.squeeze(-1)

    register_module("straight")(Straight)
    provider = ModuleEnsemble(module="straight", n_members=2, n_judged=2, epochs=30, lags=2, learning_rate=0.02)
    forecaster = provider.fit(planted_panel(), Target("Y"))

    found = gradient_attribution(forecaster, n_points=3)

    one = fitted_ensemble(forecaster)
    names = list(one.inputs.names("pool"))
    scaled = one.inputs.scaling.scaled(one.inputs.found.stationary)[:, list(one.inputs.columns("pool"))]
    weights = one.ensemble.weights.mean(axis=0)[: 2 * len(names)].reshape(2, len(names))
    parts = (weights * (scaled[-2:] - scaled.mean(axis=0))).sum(axis=0) * one.ensemble.outcome_scaling.half_range
    np.testing.assert_allclose(found.parts[names].iloc[-1], parts, atol=1e-5)
    assert permutation_attribution(held_out(forecaster), n_repeats=3).index[0] == "X0"

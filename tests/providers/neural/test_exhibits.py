"""What neural ensembles show of themselves: which exhibits, their numbers, and that a report draws them."""

from __future__ import annotations

import numpy as np
import pytest

from macrotrade import Target
from macrotrade.forecast import Exhibit
from macrotrade.providers.neural.attribution import gradient_attribution, permutation_attribution
from macrotrade.providers.neural.exhibits import factor_exhibit, gradient_exhibit, permutation_exhibit, training_table
from macrotrade.providers.neural.factors import lstm_factors
from macrotrade.providers.neural.forecaster import NeuralForecaster
from macrotrade.providers.neural.held_out import held_out
from macrotrade.providers.neural.provider import LSTM, FeedForward
from macrotrade.report.exhibits import drawn
from tests.providers.neural.planted import planted_panel


@pytest.fixture(scope="module")
def forecaster() -> NeuralForecaster:
    provider = LSTM(n_members=3, n_judged=2, epochs=10, nodes=4, layers=1, lags=4)
    return provider.fit(planted_panel(), Target(("Y", "Z"), (1, 3), "change"))


@pytest.fixture(scope="module")
def shown(forecaster: NeuralForecaster) -> dict[str, Exhibit]:
    return {one.title: one for one in forecaster.exhibits()}


def test_an_lstm_shows_training_and_factors_loadings_and_what_forecasts_rest_on_of_its_first_series(
    shown: dict[str, Exhibit],
) -> None:
    assert {title: one.kind for title, one in shown.items()} == {
        "Training": "table",
        "Factors of Y": "lines",
        "Loadings by group, Y": "heatmap",
        "Series that the factors go with, Y": "bars",
        "What forecasts of Y rest on": "bars",
    }


def test_every_exhibit_can_be_drawn(shown: dict[str, Exhibit]) -> None:
    assert all(drawn(one) for one in shown.values())


def test_training_has_a_row_for_each_ensemble_with_the_spread_over_its_members(forecaster: NeuralForecaster) -> None:
    table = training_table(forecaster)

    losses = forecaster.fitted[1].ensembles[3][0].losses
    last = table.iloc[-1]
    assert list(table["series"]) == ["Y", "Y", "Z", "Z"]
    assert (last["steps"], last["members"], last["epochs"]) == (3, 3, 10)
    assert last["parameters"] == forecaster.fitted[1].ensembles[3][0].network.n_parameters  # type: ignore[union-attr]
    assert last["loss_50"] == pytest.approx(np.median(losses))


def test_factors_are_drawn_with_the_sign_that_goes_with_the_series(forecaster: NeuralForecaster) -> None:
    factors = lstm_factors(held_out(forecaster))

    exhibit = factor_exhibit(factors)

    assert exhibit.recessions
    assert exhibit.frame is not None
    lines = exhibit.frame
    assert (lines.corrwith(lines["Y, change over a year"]) >= 0.0).all()
    np.testing.assert_allclose(lines.std(), 1.0)
    np.testing.assert_allclose(
        np.abs(lines["f1"]), np.abs((factors.states["f1"] - factors.states["f1"].mean()) / factors.states["f1"].std())
    )


def test_bars_are_in_per_cent_with_one_deviation_about_them(forecaster: NeuralForecaster) -> None:
    held = held_out(forecaster)

    frame = permutation_exhibit(held, 3).frame

    found = permutation_attribution(held, "group", 3)
    assert frame is not None
    np.testing.assert_allclose(frame["value"], 100.0 * found["loss_change"])
    np.testing.assert_allclose(frame["high"] - frame["low"], 200.0 * found["deviation"])


def test_parts_of_the_last_forecast_are_drawn_largest_first(forecaster: NeuralForecaster) -> None:
    found = gradient_attribution(forecaster, n_points=8)

    frame = gradient_exhibit(found).frame

    assert frame is not None
    assert frame["value"].abs().is_monotonic_decreasing
    assert frame["value"].sum() == pytest.approx(found.parts.iloc[-1].sum())


def test_a_feed_forward_network_shows_no_factors() -> None:
    provider = FeedForward(n_members=2, n_judged=2, epochs=3, nodes=3, layers=1, lags=2)

    titles = [one.title for one in provider.fit(planted_panel(), Target("Y")).exhibits()]

    assert titles == ["Training", "What forecasts of Y rest on"]


def test_a_series_too_short_to_hold_rows_back_says_so() -> None:
    provider = FeedForward(n_members=2, n_judged=0, epochs=3, nodes=3, layers=1, lags=2, window=46)

    shown = provider.fit(planted_panel(), Target("Y")).exhibits()

    assert [one.title for one in shown] == ["Training", "Not looked into: Y"]
    assert "fewer than 36 rows" in shown[1].text

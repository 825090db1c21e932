"""The contract: targets, mixtures, measures and what is refused."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq
from scipy.stats import norm

from macrotrade import Forecast, Target
from macrotrade._typing import Measure
from macrotrade.errors import DataError, SettingsError
from macrotrade.forecast import Provider, provider_settings, with_seed
from macrotrade.providers.benchmarks.naive import Naive

AS_OF, PERIOD = pd.Timestamp("2008-01-31"), pd.Period("2008-01", "M")


def mixture(
    mean: np.ndarray, scale: np.ndarray, weights: np.ndarray, measure: Measure = "change", origin: float = 4.0
) -> Forecast:
    """Forecast of one series one month ahead, from members listed in one dimension."""
    members = tuple(f"member {k}" for k in range(len(mean)))
    shape = (-1, 1, 1)
    return Forecast(
        Target("Y", (1,), measure),
        AS_OF,
        PERIOD,
        np.reshape(mean, shape),
        np.reshape(scale, shape),
        np.asarray(weights),
        np.array([origin]),
        members,
    )


@st.composite
def mixtures(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    n = draw(st.integers(1, 6))
    mean = np.array(draw(st.lists(st.floats(-5, 5), min_size=n, max_size=n)))
    scale = np.array(draw(st.lists(st.floats(0.01, 4), min_size=n, max_size=n)))
    weight = np.array(draw(st.lists(st.floats(0.01, 1), min_size=n, max_size=n)))
    return mean, scale, weight / weight.sum()


@settings(max_examples=100, deadline=None)
@given(mixtures(), st.floats(0.001, 0.999))
def test_quantiles_are_roots_of_the_distribution_that_scipy_gives(
    parts: tuple[np.ndarray, np.ndarray, np.ndarray], probability: float
) -> None:
    mean, scale, weights = parts

    def excess(value: float) -> float:
        return float(weights @ norm.cdf(value, mean, scale)) - probability

    expected = brentq(excess, -60, 60, xtol=1e-12)

    forecast = mixture(mean, scale, weights)

    assert forecast.quantile(probability)[0, 0] == pytest.approx(expected, abs=1e-7)
    assert forecast.cdf(expected)[0, 0] == pytest.approx(probability, abs=1e-9)


@settings(max_examples=50, deadline=None)
@given(mixtures())
def test_point_spread_and_probability_follow_from_the_members(parts: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    mean, scale, weights = parts
    forecast = mixture(mean, scale, weights)

    first = weights @ mean
    second = weights @ (scale**2 + mean**2)
    assert forecast.point()[0, 0] == pytest.approx(first, abs=1e-12)
    assert forecast.spread()[0, 0] == pytest.approx(np.sqrt(second - first**2), rel=1e-6)
    assert forecast.probability_up()[0, 0] == pytest.approx(weights @ norm.sf(0, mean, scale), abs=1e-12)


def test_draws_have_the_distribution_they_are_drawn_from() -> None:
    forecast = mixture(np.array([-1.0, 2.0]), np.array([0.5, 1.0]), np.array([0.3, 0.7]))

    draws = forecast.sample(200_000, seed=0)[:, 0, 0]

    assert draws.mean() == pytest.approx(forecast.point()[0, 0], abs=0.01)
    assert draws.std() == pytest.approx(forecast.spread()[0, 0], abs=0.01)
    for probability in (0.05, 0.5, 0.95):
        assert (draws <= forecast.quantile(probability)[0, 0]).mean() == pytest.approx(probability, abs=0.004)
    np.testing.assert_array_equal(draws[:10], forecast.sample(200_000, seed=0)[:10, 0, 0])
    assert forecast.sample(0, seed=0).shape == (0, 1, 1)


def test_a_member_without_spread_is_a_point_and_no_change_is_neither_up_nor_down() -> None:
    certain = mixture(np.array([0.0]), np.array([0.0]), np.array([1.0]))
    split = mixture(np.array([-1.0, 1.0]), np.array([0.0, 0.0]), np.array([0.25, 0.75]))

    assert certain.probability_up()[0, 0] == 0.5
    assert certain.quantile(0.9)[0, 0] == 0.0
    assert split.probability_up()[0, 0] == 0.75
    assert [split.quantile(p)[0, 0] for p in (0.2, 0.3, 0.9)] == pytest.approx([-1.0, 1.0, 1.0])


def test_members_may_have_weights_for_each_series_and_horizon() -> None:
    target = Target(("A", "B"), (1, 2))
    mean = np.stack([np.zeros((2, 2)), np.ones((2, 2))])
    by_series = np.array([[0.2, 0.9], [0.8, 0.1]])
    everywhere = np.array([[[0.1, 0.2], [0.3, 0.4]], [[0.9, 0.8], [0.7, 0.6]]])

    def point(weights: np.ndarray) -> np.ndarray:
        members = ("zero", "one")
        return Forecast(target, AS_OF, PERIOD, mean, np.ones_like(mean), weights, np.zeros(2), members).point()

    np.testing.assert_allclose(point(np.array([0.5, 0.5])), 0.5)
    np.testing.assert_allclose(point(by_series), [[0.8, 0.1], [0.8, 0.1]])
    np.testing.assert_allclose(point(everywhere), everywhere[1])


def test_level_and_change_differ_by_the_origin() -> None:
    change = mixture(np.array([0.1]), np.array([0.3]), np.array([1.0]), origin=4.0)

    level = change.to("level")

    assert level.point()[0, 0] == pytest.approx(4.1)
    assert level.target.measures == ("level",)
    np.testing.assert_allclose(level.probability_up(), change.probability_up())
    np.testing.assert_allclose(level.to("change").mean, change.mean)
    np.testing.assert_allclose(level.level_quantile(0.9), change.level_quantile(0.9))


def test_the_level_behind_a_log_change_is_lognormal() -> None:
    forecast = mixture(np.array([0.02]), np.array([0.05]), np.array([1.0]), "log_change", origin=1500.0)

    levels = 1500.0 * np.exp(forecast.sample(200_000, seed=1)[:, 0, 0])

    assert forecast.level_quantile(0.1)[0, 0] == pytest.approx(np.quantile(levels, 0.1), rel=2e-3)
    assert forecast.level_quantile(0.5)[0, 0] == pytest.approx(1500 * np.exp(0.02))


@pytest.mark.parametrize("measure", ["log_change", "one_period_change", "one_period_log_change"])
def test_measures_that_have_no_gaussian_level_say_so(measure: Measure) -> None:
    forecast = mixture(np.array([0.1]), np.array([0.3]), np.array([1.0]), measure)

    with pytest.raises(SettingsError, match="no Gaussian form as 'level'"):
        forecast.to("level")


@pytest.mark.parametrize("measure", ["one_period_change", "one_period_log_change"])
def test_one_period_measures_have_no_level_quantile(measure: Measure) -> None:
    forecast = mixture(np.array([0.1]), np.array([0.3]), np.array([1.0]), measure)

    with pytest.raises(SettingsError, match="does not follow"):
        forecast.level_quantile(0.5)


def test_the_table_has_a_row_for_each_series_and_horizon_with_the_period_forecast() -> None:
    target = Target(("A", "B"), (1, 3), ("change", "level"))
    mean = np.arange(4.0).reshape(1, 2, 2)
    forecast = Forecast(target, AS_OF, PERIOD, mean, np.ones_like(mean), np.ones(1), np.array([4.0, 5.0]))

    table = forecast.frame().set_index(["series", "horizon"])

    assert table.loc[("B", 3), ["measure", "period", "origin", "point"]].tolist() == ["level", "2008-04", 5.0, 3.0]
    assert table.loc[("A", 1), "period"] == "2008-02"
    assert table.loc[("B", 1), "probability_up"] == pytest.approx(norm.sf(5.0, 1.0, 1.0))
    assert (table["low"] < table["point"]).all()
    assert (table["point"] < table["high"]).all()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"mean": np.zeros((1, 2, 1))}, r"Forecast.mean must have shape \(1, 1, 1\)"),
        ({"scale": np.array([[[np.nan]]])}, "not finite; a provider must raise FitError"),
        ({"mean": np.array([[[np.inf]]])}, "Forecast.mean holds a value that is not finite"),
        ({"scale": np.array([[[-1.0]]])}, "negative standard deviation"),
        ({"weights": np.array([0.5])}, "sum to 1 over members"),
        ({"weights": np.array([0.5, 0.5])}, "Forecast.weights must have shape"),
        ({"origin": np.zeros(2)}, r"Forecast.origin must have shape \(1,\)"),
    ],
)
def test_an_array_that_cannot_be_a_forecast_is_refused(change: dict[str, np.ndarray], message: str) -> None:
    forecast = mixture(np.array([0.1]), np.array([0.3]), np.array([1.0]))

    with pytest.raises(DataError, match=message):
        dataclasses.replace(forecast, **change)  # type: ignore[arg-type]


def test_a_forecast_is_frozen_and_keeps_its_own_numbers() -> None:
    mean = np.zeros((1, 1, 1))
    forecast = Forecast(Target("Y"), AS_OF, PERIOD, mean, mean + 1, np.ones(1), np.zeros(1))

    mean[:] = 9.0

    assert forecast.mean[0, 0, 0] == 0.0
    with pytest.raises(ValueError, match="read-only"):
        forecast.mean[0, 0, 0] = 1.0
    with pytest.raises(SettingsError, match=r"inside \(0, 1\)"):
        forecast.quantile(1.0)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"series": ()}, "name each series once"),
        ({"series": ("A", "A")}, "name each series once"),
        ({"horizons": (2, 1)}, "must rise"),
        ({"horizons": (0,)}, "from 1 or more"),
        ({"horizons": ()}, "must rise"),
        ({"measure": "chnge"}, "Did you mean 'change'"),
        ({"series": ("A", "B"), "measure": ("change",) * 3}, "one measure or 2, not 3"),
    ],
)
def test_a_target_that_makes_no_sense_is_refused(arguments: dict[str, object], message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        Target(**{"series": "A", **arguments})  # type: ignore[arg-type]


def test_a_target_spreads_one_name_and_one_measure() -> None:
    assert Target("A").names == ("A",)
    assert Target(["A", "B"], [1, 2], "level").measures == ("level", "level")  # type: ignore[arg-type]
    assert Target(["A"]) == Target("A")  # type: ignore[arg-type]


def test_a_seed_reaches_the_providers_that_have_one() -> None:
    @dataclass(frozen=True)
    class Drawing(Naive):
        seed: int = 0

    assert with_seed(Drawing(), 7) == Drawing(seed=7)
    assert with_seed(Naive(), 7) == Naive()
    assert provider_settings(Drawing(window=9)) == {"window": 9, "seed": 0}
    assert isinstance(Naive(), Provider)

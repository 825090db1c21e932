"""Unobserved components with stochastic volatility as a provider."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from macrotrade import History, SeriesInfo, Target
from macrotrade.errors import FitError, SettingsError
from macrotrade.providers.benchmarks.ucsv import UnobservedComponents
from macrotrade.providers.registry import load, name_of
from macrotrade.testing import check_provider

QUICK = UnobservedComponents(n_draws=300, n_warm_up=100, n_members=20)


def drifting(n_months: int, seed: int) -> tuple[History, np.ndarray]:
    """A yield whose monthly changes have a drifting mean, quoted at month ends, and that mean."""
    generator = np.random.default_rng(seed)
    trend = np.cumsum(0.1 * generator.normal(size=n_months))
    days = pd.date_range("1950-01-31", periods=n_months, freq="BME")
    quotes = pd.DataFrame({"R": np.cumsum(trend + 0.4 * generator.normal(size=n_months))}, days)
    return History("drifting", "pseudo", {}, quotes, {"R": SeriesInfo("R", "D", "yield")}), trend


def test_the_forecast_is_the_trend_at_every_horizon() -> None:
    history, trend = drifting(400, 0)
    panel = history.as_of(history.last_day)

    forecast = UnobservedComponents().fit(panel, Target("R", (1, 6, 24), "one_period_change")).forecast(panel)

    point = forecast.point()[:, 0]
    np.testing.assert_allclose(point, point[0], rtol=1e-9)
    assert abs(point[0] - trend[-1]) < 0.5
    assert (np.diff(forecast.spread()[:, 0]) > 0).all()
    assert forecast.mean.shape == (100, 3, 1)
    assert "independent ones" in forecast.reasons[0]


@pytest.mark.parametrize(("measure", "times"), [("change", 6), ("level", 6), ("one_period_change", 1)])
def test_a_change_is_the_sum_of_its_months(history: History, measure: str, times: int) -> None:
    panel = history.as_of("2005-06-30")
    one = QUICK.fit(panel, Target("DGS10", (1,), "one_period_change")).forecast(panel)

    forecast = QUICK.fit(panel, Target("DGS10", (6,), measure)).forecast(panel)  # type: ignore[arg-type]

    shift = forecast.origin[0] if measure == "level" else 0.0
    assert forecast.point()[0, 0] == pytest.approx(shift + times * one.point()[0, 0], rel=1e-9)


def test_the_spread_is_that_of_simulated_paths() -> None:
    from macrotrade.providers.benchmarks.kernels.particles import Particles
    from macrotrade.providers.benchmarks.ucsv import _moments

    generator, n = np.random.default_rng(0), 200_000
    one = Particles(*(np.full(n, value) for value in (0.3, 0.2, -1.0, 0.05, 0.04)))
    trend = 0.3 + np.sqrt(0.2) * generator.normal(size=n)
    trend = trend[:, None] + np.cumsum(np.sqrt(0.05) * generator.normal(size=(n, 4)), axis=1)
    h = -1.0 + np.cumsum(0.2 * generator.normal(size=(n, 4)), axis=1)
    x = trend + np.exp(h / 2) * generator.normal(size=(n, 4))

    for cumulative, simulated in ((False, x[:, 3]), (True, x.sum(axis=1))):
        mean, deviation, _ = _moments(one, [4], generator, cumulative=cumulative)
        assert mean[0, 0] == pytest.approx(simulated.mean(), abs=0.02)
        assert np.sqrt((deviation**2).mean()) == pytest.approx(simulated.std(), rel=0.01)


def test_a_forecaster_follows_what_was_published_after_its_fit(history: History) -> None:
    target = Target("OUTPUT", (1, 3), "one_period_log_change")
    provider = UnobservedComponents(n_draws=6000, n_members=200)
    later = history.as_of("2005-06-30")

    carried = provider.fit(history.as_of("2004-12-31"), target).forecast(later)
    anew = provider.fit(later, target).forecast(later)

    np.testing.assert_allclose(carried.point(), anew.point(), atol=0.1 * anew.spread().min())
    np.testing.assert_allclose(carried.spread(), anew.spread(), rtol=0.15)


def test_days_are_carried_forward_as_well(history: History) -> None:
    target = Target("SPX", (1,), "log_change", "D")
    forecaster = QUICK.fit(history.as_of("1981-06-26"), target)

    before, after = (forecaster.forecast(history.as_of(day)) for day in ("1981-06-26", "1981-07-08"))

    assert not np.array_equal(before.mean, after.mean)


def test_laws_hold(history: History) -> None:
    target = Target(("DGS10", "SPX", "OUTPUT"), (1, 3), ("change", "log_change", "one_period_log_change"))

    check_provider(QUICK, history, target, ["1995-12-31", "2005-06-30"]).raise_for_failures()


def test_units_do_not_matter() -> None:
    history, _ = drifting(200, 1)
    thousands = history.with_tables({}, 1000.0 * history.market)
    target = Target("R", (2,))

    one, two = (QUICK.fit(h.as_of(h.last_day), target).forecast(h.as_of(h.last_day)) for h in (history, thousands))

    np.testing.assert_allclose(two.point(), 1000.0 * one.point(), rtol=1e-9)
    np.testing.assert_allclose(two.spread(), 1000.0 * one.spread(), rtol=1e-9)


def test_a_short_or_constant_series_is_refused(history: History) -> None:
    with pytest.raises(FitError, match="DGS10 has 18 values at 1981-06-30"):
        QUICK.fit(history.as_of("1981-06-30"), Target("DGS10"))
    days = pd.date_range("1990-01-31", periods=60, freq="BME")
    flat = History("flat", "pseudo", {}, pd.DataFrame({"R": np.ones(60)}, days), {"R": SeriesInfo("R", "D", "yield")})
    with pytest.raises(FitError, match="R never changes"):
        QUICK.fit(flat.as_of("1995-01-31"), Target("R"))


@pytest.mark.parametrize(
    "settings", [{"n_members": 0}, {"n_members": 10, "n_draws": 5}, {"trend_step": 0.0}, {"window": 1}]
)
def test_settings_that_make_no_sense_are_refused(settings: dict[str, int]) -> None:
    with pytest.raises(SettingsError):
        UnobservedComponents(**settings)  # type: ignore[arg-type]


def test_it_is_registered() -> None:
    assert name_of(load("ucsv")) == "ucsv"

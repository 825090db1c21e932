"""Autoregressions against statsmodels, plain regression and simulation."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.tsa.ar_model import AutoReg
from statsmodels.tsa.arima_process import arma2ma

from macrotrade.errors import FitError
from macrotrade.numerics.autoregression import (
    fit_autoregression,
    forecast_path,
    iterate,
    lagged_rows,
    psi_weights,
    smallest_sample,
)

STATIONARY = [0.4, -0.2, 0.1]


def simulated(n_periods: int, seed: int = 0) -> np.ndarray:
    generator = np.random.default_rng(seed)
    x = np.zeros(n_periods + 50)
    for t in range(3, x.size):
        x[t] = 0.3 + sum(phi * x[t - 1 - i] for i, phi in enumerate(STATIONARY)) + generator.normal()
    return x[50:]


@pytest.mark.parametrize("n_lags", [1, 3, 12])
def test_coefficients_and_iterated_forecasts_equal_those_of_statsmodels(n_lags: int) -> None:
    x = simulated(300)
    theirs = AutoReg(x, n_lags, trend="c").fit()

    ours = fit_autoregression(x, n_lags)

    np.testing.assert_allclose([*ours.intercepts, *ours.lags], theirs.params, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(iterate(ours, x, 24), theirs.forecast(24), rtol=1e-9)
    assert ours.rss == pytest.approx(theirs.resid @ theirs.resid, rel=1e-10)


@pytest.mark.parametrize(("n_lags", "n_seasons", "first"), [(1, 12, 0), (1, 12, 7), (4, 4, 3)])
def test_seasonal_intercepts_equal_a_constant_with_dummies(n_lags: int, n_seasons: int, first: int) -> None:
    season = (np.arange(240) + first) % n_seasons
    x = simulated(240) + np.sin(season)
    # dummies for every season but the last, written out, with a constant
    dummies = np.column_stack([season[n_lags:] == s for s in range(n_seasons - 1)]).astype(float)
    design = np.column_stack([np.ones(240 - n_lags), dummies, *[x[n_lags - i : -i] for i in range(1, n_lags + 1)]])
    b = np.linalg.lstsq(design, x[n_lags:], rcond=None)[0]

    ours = fit_autoregression(x, n_lags, season=season, n_seasons=n_seasons)

    np.testing.assert_allclose(ours.intercepts, b[0] + np.append(b[1:n_seasons], 0.0), rtol=1e-8, atol=1e-10)
    np.testing.assert_allclose(ours.lags, b[n_seasons:], rtol=1e-8, atol=1e-10)
    theirs = AutoReg(x, n_lags, trend="c", seasonal=True, period=n_seasons).fit().forecast(18)
    np.testing.assert_allclose(iterate(ours, x, 18, next_season=(season[-1] + 1) % n_seasons), theirs, rtol=1e-8)


def test_without_constant_there_is_none() -> None:
    x = simulated(100)

    ours = fit_autoregression(x, 2, constant=False)

    b = np.linalg.lstsq(np.column_stack([x[1:-1], x[:-2]]), x[2:], rcond=None)[0]
    np.testing.assert_allclose(ours.lags, b, rtol=1e-10)
    assert ours.intercepts.tolist() == [0.0]
    assert ours.n_parameters == 2


def test_rows_that_touch_a_missing_value_are_left_out() -> None:
    x = simulated(200)
    x[120] = np.nan
    kept = [t for t in range(2, 200) if t not in (120, 121, 122)]

    ours = fit_autoregression(x, 2)

    b = np.linalg.lstsq(np.array([[1.0, x[t - 1], x[t - 2]] for t in kept]), x[kept], rcond=None)[0]
    np.testing.assert_allclose([*ours.intercepts, *ours.lags], b, rtol=1e-9)
    assert ours.n_observations == len(kept)


def test_too_few_rows_are_refused_with_both_counts() -> None:
    with pytest.raises(FitError, match="order 12 needs 26 complete rows, not 25"):
        fit_autoregression(simulated(37), 12)
    assert fit_autoregression(simulated(38), 12).n_observations == smallest_sample(12) == 26


def test_a_series_shorter_than_its_lags_has_no_rows() -> None:
    assert lagged_rows(np.arange(3.0), 3).shape == (0, 4)
    with pytest.raises(FitError, match="not 0"):
        fit_autoregression(np.arange(3.0), 3)


def test_a_constant_series_is_refused() -> None:
    with pytest.raises(FitError, match="combination of the columns before it"):
        fit_autoregression(np.full(60, 2.0), 1)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(-0.4, 0.4), min_size=0, max_size=6), st.integers(1, 30))
def test_moving_average_weights_equal_those_of_statsmodels(lags: list[float], n_weights: int) -> None:
    expected = arma2ma(np.r_[1.0, -np.array(lags)], [1.0], n_weights)

    np.testing.assert_allclose(psi_weights(np.array(lags), n_weights), expected, atol=1e-12)


@pytest.mark.parametrize("order", [0, 1, 2])
def test_a_path_is_its_differences_summed_up(order: int) -> None:
    levels = 50 + np.cumsum(simulated(200)) if order else simulated(200)
    x = np.diff(levels, n=order)
    fit = fit_autoregression(x, 3)

    forecast = forecast_path(fit, levels, order, 10)

    joined = np.concatenate([levels, forecast.path])
    np.testing.assert_allclose(np.diff(joined, n=order)[-10:], iterate(fit, x, 10), atol=1e-10)
    assert forecast.start == levels[-1]


@pytest.mark.parametrize("order", [0, 1, 2])
def test_the_spread_of_a_path_is_that_of_simulated_futures(order: int) -> None:
    levels = np.cumsum(simulated(120)) if order else simulated(120)
    fit = fit_autoregression(np.diff(levels, n=order), 2)
    forecast = forecast_path(fit, levels, order, 8)
    generator = np.random.default_rng(1)
    futures = np.tile(levels[-10:], (40_000, 1))
    for _ in range(8):
        x = np.diff(futures, n=order, axis=1)
        new = (
            fit.intercepts[0] + x[:, -1] * fit.lags[0] + x[:, -2] * fit.lags[1] + generator.normal(0, fit.scale, 40_000)
        )
        if order == 1:
            new = futures[:, -1] + new
        if order == 2:
            new = 2 * futures[:, -1] - futures[:, -2] + new
        futures = np.column_stack([futures, new])

    spread = forecast.scale * np.sqrt(np.cumsum(forecast.psi**2))

    np.testing.assert_allclose(futures[:, -8:].std(axis=0), spread, rtol=0.02)
    np.testing.assert_allclose(futures[:, -8:].mean(axis=0), forecast.path, atol=0.03 * spread.max())

"""Diebold-Mariano and Clark-West against statsmodels and plain writings; and what they say when they cannot speak."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import stats
from statsmodels.tsa.stattools import diebold_mariano_test

from macrotrade._typing import FloatArray
from macrotrade.errors import DataError, SettingsError
from macrotrade.evaluation.comparison import (
    clark_west,
    diebold_mariano,
    difference_statistics,
    harvey_factor,
    long_run_variance,
)


def persistent(generator: np.random.Generator, shape: tuple[int, ...], coefficient: float) -> FloatArray:
    """Autoregressions of unit variance along the first axis."""
    shocks = generator.standard_normal((200, *shape[1:])), generator.standard_normal(shape)
    values = np.concatenate(shocks) * np.sqrt(1 - coefficient**2)
    for t in range(1, values.shape[0]):
        values[t] += coefficient * values[t - 1]
    return values[200:]


def plain_clark_west(outcome: FloatArray, base: FloatArray, model: FloatArray, n_lags: int) -> float:
    """The t-statistic of a constant with Newey-West errors, in a loop over lags."""
    f = [(y - b) ** 2 - ((y - m) ** 2 - (b - m) ** 2) for y, b, m in zip(outcome, base, model, strict=True)]
    n, mean = len(f), sum(f) / len(f)
    variance = 0.0
    for lag in range(-n_lags, n_lags + 1):
        products = [(f[t] - mean) * (f[t - abs(lag)] - mean) for t in range(abs(lag), n)]
        variance += (1 - abs(lag) / (n_lags + 1)) * sum(products) / n
    return float(mean / np.sqrt(variance / n))


@pytest.fixture
def forecasts() -> tuple[FloatArray, FloatArray, FloatArray]:
    generator = np.random.default_rng(3)
    outcome = persistent(generator, (159,), 0.8)
    return outcome, outcome + generator.standard_normal(159), outcome + 0.9 * generator.standard_normal(159)


@pytest.mark.parametrize("horizon", [1, 3, 12, 24])
def test_it_is_statsmodels_with_the_small_sample_correction(
    forecasts: tuple[FloatArray, FloatArray, FloatArray], horizon: int
) -> None:
    outcome, base, model = forecasts
    reference = diebold_mariano_test(outcome, base, model, lags=horizon - 1, harvey_adj=True, horizon=horizon)

    verdict = diebold_mariano((outcome - base) ** 2, (outcome - model) ** 2, horizon)

    assert verdict.statistic == pytest.approx(reference.statistic, rel=1e-12)
    assert verdict.p_value == pytest.approx(reference.pvalue, rel=1e-10)
    assert verdict.n == 159


def test_the_rectangular_variance_is_the_authors_own(forecasts: tuple[FloatArray, FloatArray, FloatArray]) -> None:
    outcome, base, model = forecasts
    d = np.abs(outcome - base) - np.abs(outcome - model)
    v, n, h = d - d.mean(), d.size, 3
    variance = (v @ v + 2 * (v[1:] @ v[:-1]) + 2 * (v[2:] @ v[:-2])) / n
    plain = d.mean() / np.sqrt(variance / n) * np.sqrt((n + 1 - 2 * h + h * (h - 1) / n) / n)

    verdict = diebold_mariano(np.abs(outcome - base), np.abs(outcome - model), h, kernel="rectangular")

    assert verdict.statistic == pytest.approx(plain, rel=1e-12)
    assert verdict.p_value == pytest.approx(2 * stats.t.sf(abs(plain), n - 1), rel=1e-10)


def test_a_rectangular_variance_that_is_not_positive_gives_way_to_bartlett() -> None:
    alternating = np.tile([1.0, -1.0], 10) + np.linspace(0, 0.1, 20)

    verdict = diebold_mariano(alternating, np.zeros(20), 2, kernel="rectangular")

    assert verdict.statistic == pytest.approx(diebold_mariano(alternating, np.zeros(20), 2).statistic)
    assert "Bartlett" in verdict.note


@pytest.mark.parametrize("n_lags", [0, 1, 5, 11, 40])
def test_the_variance_by_neighbour_sums_is_newey_and_west(n_lags: int) -> None:
    values = persistent(np.random.default_rng(4), (41, 3), 0.7)

    variance = long_run_variance(values - values.mean(axis=0), n_lags)

    for column, found in zip(values.T, variance, strict=True):
        fit = sm.OLS(column, np.ones(41)).fit(cov_type="HAC", cov_kwds={"maxlags": n_lags})
        assert found / 41 == pytest.approx(fit.bse[0] ** 2, rel=1e-10)


def test_many_members_are_many_single_tests(forecasts: tuple[FloatArray, FloatArray, FloatArray]) -> None:
    outcome, base, _ = forecasts
    members = outcome[:, None] + np.random.default_rng(5).standard_normal((159, 300))
    differences = (outcome - base)[:, None] ** 2 - (outcome[:, None] - members) ** 2

    together = difference_statistics(differences, 2) * harvey_factor(159, 3)

    alone = [diebold_mariano((outcome - base) ** 2, (outcome - m) ** 2, 3).statistic for m in members.T]
    np.testing.assert_allclose(together, alone, rtol=1e-11)


@pytest.mark.parametrize("horizon", [1, 6])
def test_clark_west_is_a_constant_s_t_statistic(
    forecasts: tuple[FloatArray, FloatArray, FloatArray], horizon: int
) -> None:
    outcome, base, model = forecasts

    verdict = clark_west(outcome, base, model, horizon)

    assert verdict.statistic == pytest.approx(plain_clark_west(outcome, base, model, horizon - 1), rel=1e-10)
    assert verdict.p_value == pytest.approx(stats.norm.sf(verdict.statistic), rel=1e-10)
    assert verdict.alternative == "greater"


def test_exchanging_the_sides_turns_the_sign_and_one_sided_p_values_add_to_one() -> None:
    losses = np.random.default_rng(6).random((2, 60))

    greater = diebold_mariano(losses[0], losses[1], alternative="greater")
    swapped = diebold_mariano(losses[1], losses[0], alternative="greater")

    assert greater.statistic == pytest.approx(-swapped.statistic)
    assert greater.p_value + swapped.p_value == pytest.approx(1.0)
    assert greater.p_value == pytest.approx(diebold_mariano(losses[1], losses[0], alternative="less").p_value)


@pytest.mark.parametrize(
    ("base", "model", "reason"),
    [
        (np.arange(30.0), np.arange(30.0), "identical losses"),
        (np.arange(30.0) + 1.0, np.arange(30.0), "same in every period"),
        (np.arange(2.0), np.ones(2), "2 periods; at horizon 1 the test needs 8"),
        (np.full(30, np.nan), np.ones(30), "0 periods"),
    ],
    ids=["identical", "constant", "two observations", "no outcomes"],
)
def test_what_cannot_be_tested_says_why(base: FloatArray, model: FloatArray, reason: str) -> None:
    verdict = diebold_mariano(base, model)

    assert np.isnan(verdict.p_value)
    assert reason in verdict.note


def test_equal_forecasts_have_no_clark_west() -> None:
    outcome = np.random.default_rng(7).random(40)

    assert "identical losses" in clark_west(outcome, np.zeros(40), np.zeros(40)).note


def test_missing_outcomes_are_left_out_and_counted(forecasts: tuple[FloatArray, FloatArray, FloatArray]) -> None:
    outcome, base, model = forecasts
    shorter = diebold_mariano((outcome - base)[:-9] ** 2, (outcome - model)[:-9] ** 2, 3)
    outcome[-9:] = np.nan

    verdict = diebold_mariano((outcome - base) ** 2, (outcome - model) ** 2, 3)

    assert (verdict.statistic, verdict.p_value, verdict.n) == (shorter.statistic, shorter.p_value, 150)
    assert verdict.note == "9 of 159 periods have no number"


def test_other_shapes_and_horizons_are_refused() -> None:
    with pytest.raises(DataError, match="same periods"):
        diebold_mariano(np.ones(20), np.ones(19))
    with pytest.raises(DataError, match="one number a period"):
        diebold_mariano(np.ones((20, 2)), np.ones((20, 2)))
    with pytest.raises(SettingsError, match="at least 1 period"):
        diebold_mariano(np.arange(20.0), np.ones(20), 0)


def test_a_true_null_is_rejected_about_as_often_as_it_should() -> None:
    generator = np.random.default_rng(8)
    errors = generator.standard_normal((2, 240, 2000))

    statistics = difference_statistics(errors[0] ** 2 - errors[1] ** 2, 0) * harvey_factor(240, 1)

    rejected = np.mean(2 * stats.t.sf(np.abs(statistics), 239) < 0.05)
    assert 0.037 < rejected < 0.063  # 2.7 binomial standard errors


def test_clark_west_finds_what_squared_errors_hide() -> None:
    """A nesting model with a noisy slope: its squared errors are no better, its adjusted ones are."""
    generator = np.random.default_rng(9)
    x, noise = generator.standard_normal((2, 240, 500))
    outcome = 0.15 * x + noise
    model = (0.15 + 0.15 * generator.standard_normal(500)) * x

    plain = difference_statistics(outcome**2 - (outcome - model) ** 2, 0) > stats.norm.isf(0.05)
    adjusted = difference_statistics(outcome**2 - (outcome - model) ** 2 + model**2, 0) > stats.norm.isf(0.05)

    assert adjusted.mean() > plain.mean() + 0.2

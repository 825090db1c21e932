"""Scores of mixtures against numerical integration and scipy; coverage and histograms of right forecasts."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from scipy.integrate import quad

from macrotrade._typing import FloatArray
from macrotrade.errors import DataError, SettingsError
from macrotrade.evaluation import mixture_scores
from macrotrade.evaluation.density import coverage, density_scores, density_summary, pit_histogram
from macrotrade.evaluation.mixture_scores import mixture_crps, mixture_log_score, mixture_pit
from macrotrade.forecast import Forecast, Target, tidy

MONTHS = pd.period_range("2000-01", periods=200, freq="M")


def mixtures(n_members: int, n_forecasts: int, seed: int = 1) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    generator = np.random.default_rng(seed)
    weights = generator.dirichlet(np.ones(n_members), n_forecasts).T
    mean = generator.normal(0.0, 2.0, (n_members, n_forecasts))
    return weights, mean, generator.uniform(0.5, 1.5, (n_members, n_forecasts)), generator.normal(0, 3, n_forecasts)


def forecasts_of(weights: FloatArray, mean: FloatArray, scale: FloatArray) -> list[Forecast]:
    """One forecast an origin from arrays (n_members, n_origins)."""
    return [
        Forecast(
            Target("DGS10"),
            period.end_time.normalize(),
            period,
            mean[:, origin, None, None],
            scale[:, origin, None, None],
            weights[:, origin],
            np.zeros(1),
            tuple(f"m{k}" for k in range(mean.shape[0])),
        )
        for origin, period in enumerate(MONTHS[: mean.shape[1]])
    ]


def test_crps_is_the_integral_of_the_squared_distance_of_distributions() -> None:
    weights, mean, scale, outcome = mixtures(3, 6)

    found = mixture_crps(weights, mean, scale, outcome)

    for f, y in enumerate(outcome):

        def distance(x: float, f: int = f, y: float = y) -> float:
            below = float((weights[:, f] * stats.norm.cdf(x, mean[:, f], scale[:, f])).sum())
            return (below - (x >= y)) ** 2

        integral = quad(distance, -25, y, epsabs=1e-11)[0] + quad(distance, y, 25, epsabs=1e-11)[0]
        assert found[f] == pytest.approx(integral, abs=1e-8)


def test_crps_of_one_normal_law_is_gneiting_and_rafterys() -> None:
    weights, mean, scale, outcome = mixtures(1, 50)
    z = (outcome - mean[0]) / scale[0]
    closed = scale[0] * (z * (2 * stats.norm.cdf(z) - 1) + 2 * stats.norm.pdf(z) - 1 / np.sqrt(np.pi))

    np.testing.assert_allclose(mixture_crps(weights, mean, scale, outcome), closed, rtol=1e-12)


def test_crps_of_points_is_that_of_an_ensemble() -> None:
    weights, mean, _, outcome = mixtures(7, 5)
    pairs = np.abs(mean[:, None] - mean[None])
    plain = (weights * np.abs(mean - outcome)).sum(0) - 0.5 * np.einsum("jf,kf,jkf->f", weights, weights, pairs)

    np.testing.assert_allclose(mixture_crps(weights, mean, np.zeros_like(mean), outcome), plain, rtol=1e-12)


def test_the_integral_over_a_grid_is_the_sum_over_pairs() -> None:
    weights, mean, scale, _ = mixtures(400, 4)
    points = mixture_scores._grid_points(mean, scale)

    assert points is not None
    np.testing.assert_allclose(
        mixture_scores._integral(weights, mean, scale, points),
        mixture_scores._pair_sum(weights, mean, scale),
        rtol=1e-12,
    )


def test_a_single_weight_on_one_member_is_that_member() -> None:
    weights, mean, scale, outcome = mixtures(300, 5)
    weights = np.zeros_like(weights)
    weights[2] = 1.0

    alone = mixture_crps(np.ones((1, 5)), mean[2:3], scale[2:3], outcome)

    np.testing.assert_allclose(mixture_crps(weights, mean, scale, outcome), alone, rtol=1e-10)


def test_log_score_and_pit_are_those_of_scipy() -> None:
    weights, mean, scale, outcome = mixtures(4, 20)
    density = (weights * stats.norm.pdf(outcome, mean, scale)).sum(axis=0)
    below = (weights * stats.norm.cdf(outcome, mean, scale)).sum(axis=0)

    np.testing.assert_allclose(mixture_log_score(weights, mean, scale, outcome), -np.log(density), rtol=1e-12)
    np.testing.assert_allclose(mixture_pit(weights, mean, scale, outcome), below, rtol=1e-12)


def test_an_outcome_far_out_has_a_finite_log_score() -> None:
    score = mixture_log_score(np.ones((1, 1)), np.zeros((1, 1)), np.ones((1, 1)), np.array([60.0]))

    assert score[0] == pytest.approx(1800 + 0.5 * np.log(2 * np.pi))


def test_scores_stand_in_the_rows_of_the_tidy_table() -> None:
    target = Target(("DGS10", "SPX"), (1, 3), ("change", "log_change"))
    generator = np.random.default_rng(2)
    made = [
        Forecast(
            target,
            period.end_time.normalize(),
            period,
            generator.normal(size=(k, 2, 2)),
            generator.uniform(0.5, 1, (k, 2, 2)),
            np.full(k, 1 / k),
            np.ones(2),
            tuple(map(str, range(k))),
        )
        for k, period in zip((1, 2, 2, 3), MONTHS, strict=False)
    ]
    outcome = generator.normal(size=16)

    scores = density_scores(made, outcome)

    labels = ["as_of", "series", "measure", "horizon", "period"]
    pd.testing.assert_frame_equal(scores[labels], tidy(made)[labels])
    for row, forecast in ((3, made[0]), (6, made[1]), (13, made[3])):
        h, s = divmod(row % 4, 2)
        one = (part[:, h, s, None] for part in (forecast.weights, forecast.mean, forecast.scale))
        assert scores["crps"][row] == pytest.approx(mixture_crps(*one, outcome[row : row + 1])[0])


def test_right_forecasts_cover_what_they_promise() -> None:
    weights, mean, scale, _ = mixtures(3, 200, seed=3)
    generator = np.random.default_rng(4)
    member = (generator.random(200) > np.cumsum(weights, axis=0)[:-1]).sum(axis=0)
    outcome = mean[member, range(200)] + scale[member, range(200)] * generator.standard_normal(200)

    summary = density_summary(density_scores(forecasts_of(weights, mean, scale), outcome)).iloc[0]

    assert summary["n"] == 200
    assert summary["coverage_50"] == pytest.approx(0.50, abs=0.1)
    assert summary["coverage_80"] == pytest.approx(0.80, abs=0.08)
    assert summary["coverage_95"] == pytest.approx(0.95, abs=0.04)
    assert summary["pit_mean"] == pytest.approx(0.5, abs=0.06)
    assert summary["note"] == ""


def test_true_distributions_score_better_than_wrong_ones() -> None:
    generator = np.random.default_rng(5)
    outcome, ones = generator.standard_normal(500), np.ones((1, 500))

    for score in (mixture_crps, mixture_log_score):
        right = score(ones, 0 * ones, ones, outcome).mean()
        assert right < score(ones, 0 * ones, 0.5 * ones, outcome).mean()
        assert right < score(ones, 0 * ones, 2.0 * ones, outcome).mean()
        assert right < score(ones, 0.5 * ones, ones, outcome).mean()


def test_histogram_counts_every_outcome_once_and_bands_hold_most_bins() -> None:
    pit = np.random.default_rng(6).random(400)

    histogram = pit_histogram(np.append(pit, np.nan))

    assert histogram["count"].sum() == 400
    assert histogram["share"].sum() == pytest.approx(1.0)
    assert histogram["share"].between(histogram["low"], histogram["high"]).sum() >= 8
    assert histogram["low"].iloc[0] == pytest.approx(stats.binom.ppf(0.025, 400, 0.1) / 400)


def test_missing_outcomes_and_points_are_named() -> None:
    ones = np.ones((1, 12))
    points = forecasts_of(ones, 0 * ones, 0 * ones)

    unknown = density_summary(density_scores(points, np.full(12, np.nan))).iloc[0]
    known = density_summary(density_scores(points, np.zeros(12))).iloc[0]

    assert (unknown["n"], unknown["note"]) == (0, "no outcome is known")
    assert known["note"] == "12 of 12 forecasts have no spread, so no finite log score"
    assert known["crps"] == 0.0
    assert pit_histogram(np.full(3, np.nan))["count"].sum() == 0
    assert np.isnan(coverage(np.array([np.nan]), 0.5))


def test_no_forecasts_have_no_scores_and_wrong_lengths_are_refused() -> None:
    ones = np.ones((1, 3))

    assert density_scores([], np.empty(0)).empty
    with pytest.raises(DataError, match="3 rows"):
        density_scores(forecasts_of(ones, ones, ones), np.zeros(4))
    with pytest.raises(SettingsError, match="between 0 and 1"):
        coverage(np.array([0.5]), 50.0)


def test_points_without_spread_have_no_score_of_an_unknown_outcome() -> None:
    weights, mean, outcome = np.ones((1, 2)), np.zeros((1, 2)), np.array([np.nan, 1.0])

    found = mixture_log_score(weights, mean, np.zeros((1, 2)), outcome)

    assert np.isnan(found[0])
    assert found[1] == np.inf

"""Tests of direction against plain writings and published forms, and the one-sided cases that none can judge."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import stats

from macrotrade._typing import BoolArray, FloatArray
from macrotrade.errors import DataError
from macrotrade.evaluation.direction_resampling import bootstrapped_direction, shifted_direction
from macrotrade.evaluation.direction_tests import direction_tests
from macrotrade.evaluation.timing import anatolyev_gerko, henriksson_merton


def skilled(n_periods: int, skill: float, seed: int = 1) -> tuple[FloatArray, FloatArray]:
    """Forecasts correlated with outcomes."""
    generator = np.random.default_rng(seed)
    outcome = generator.standard_normal(n_periods) + 0.1
    return skill * outcome + np.sqrt(1 - skill**2) * generator.standard_normal(n_periods), outcome


def persistent_pair(generator: np.random.Generator, n_periods: int, coefficient: float) -> FloatArray:
    values = generator.standard_normal((n_periods + 100, 2)) * np.sqrt(1 - coefficient**2)
    for t in range(1, len(values)):
        values[t] += coefficient * values[t - 1]
    return values[100:].T


def test_henriksson_merton_is_fishers_exact_test() -> None:
    forecast, outcome = skilled(60, 0.3)
    called, came = forecast > 0, outcome > 0
    table = [[(called & came).sum(), (called & ~came).sum()], [(~called & came).sum(), (~called & ~came).sum()]]

    verdict = henriksson_merton(called, came)

    assert verdict.p_value == pytest.approx(stats.fisher_exact(table, alternative="greater").pvalue)
    assert verdict.statistic == pytest.approx(called[came].mean() - called[~came].mean())


def test_henriksson_merton_counts_every_way_of_placing_the_calls() -> None:
    called = np.array([1, 1, 0, 1, 0, 0, 1, 0, 1], dtype=bool)
    came = np.array([1, 1, 0, 1, 1, 0, 0, 0, 1], dtype=bool)
    ways = [came[list(places)].sum() >= (called & came).sum() for places in combinations(range(9), int(called.sum()))]

    assert henriksson_merton(called, came).p_value == pytest.approx(np.mean(ways))


def test_anatolyev_gerko_is_the_slope_on_the_side_taken() -> None:
    """EP / sqrt(V) is the slope of returns on s over its standard error under no slope."""
    forecast, outcome = skilled(80, 0.2)
    side = np.where(forecast > 0, 1.0, -1.0)
    slope = sm.OLS(outcome, sm.add_constant(side)).fit().params[1]
    error = np.sqrt(outcome.var() / (80 * side.var()))

    verdict = anatolyev_gerko(forecast > 0, outcome)

    assert verdict.statistic == pytest.approx(slope / error)
    assert verdict.p_value == pytest.approx(stats.norm.sf(slope / error))


def test_circular_shifts_are_counted_one_by_one() -> None:
    forecast, outcome = skilled(50, 0.3)
    called, came = forecast > 0, outcome > 0
    hits = [(called == np.roll(came, shift)).mean() for shift in range(50)]

    assert shifted_direction(called, came).p_value == pytest.approx(np.mean(np.array(hits) >= hits[0]))


@pytest.mark.parametrize("skill", [0.0, 0.3, 0.7])
def test_tests_agree_where_periods_are_independent(skill: float) -> None:
    table = direction_tests(*skilled(400, skill, seed=2))

    exact = table.loc["Henriksson-Merton", "p_value"]
    assert table["p_value"].sub(exact).abs().max() < 0.15
    assert (table["note"] == "").all()
    assert table.index[0] == "direction, robust to dependence"


@pytest.mark.parametrize(
    ("forecast", "outcome", "reason"),
    [
        (np.ones(30), np.tile([1.0, -1.0], 15), "every call was up"),
        (-np.ones(30), np.tile([1.0, -1.0], 15), "every call was down"),
        (np.zeros(30), np.tile([1.0, -1.0], 15), "0 calls; the test needs 8"),
        (np.tile([1.0, -1.0], 15), np.zeros(30), "0 calls; the test needs 8"),
        (np.tile([1.0, -1.0], 15), np.full(30, np.nan), "0 calls; the test needs 8"),
        (np.array([1.0, -1.0]), np.array([1.0, -1.0]), "2 calls; the test needs 8"),
        (np.tile([1.0, -1.0], 15), np.ones(30), "every outcome was"),
    ],
    ids=["always long", "always short", "constant forecast", "all ties", "no outcomes", "two observations", "only up"],
)
def test_what_cannot_be_tested_says_why(forecast: FloatArray, outcome: FloatArray, reason: str) -> None:
    table = direction_tests(forecast, outcome)

    assert table["p_value"].isna().all()
    assert table["note"].str.startswith(reason).all()


def test_a_test_of_returns_needs_no_falls() -> None:
    """Returns that are all up but not all alike can still be timed."""
    returns = np.tile([1.0, 2.0], 15)

    assert anatolyev_gerko(returns > 1.5, returns).p_value < 0.01


def test_missing_numbers_are_left_out() -> None:
    forecast, outcome = skilled(100, 0.3)
    expected = direction_tests(forecast[:90], outcome[:90])
    outcome[90:] = np.nan

    assert direction_tests(forecast, outcome).equals(expected)
    with pytest.raises(DataError, match="one length"):
        direction_tests(forecast, outcome[:-1])


def test_persistence_fools_the_plain_tests_and_not_the_others() -> None:
    """A true null at AR 0.9 and 240 periods, nominal 5 per cent."""
    generator = np.random.default_rng(3)
    pairs = [persistent_pair(generator, 240, 0.9) > 0 for _ in range(150)]

    def rejected(test: object, pair: BoolArray) -> bool:
        return test(pair[0], pair[1]).p_value < 0.05  # type: ignore[operator]

    def drawn(called: BoolArray, came: BoolArray) -> object:
        return bootstrapped_direction(called, came, n_draws=200)

    plain, bootstrapped, shifted = (
        np.mean([rejected(test, pair) for pair in pairs]) for test in (henriksson_merton, drawn, shifted_direction)
    )

    assert plain > 0.13
    assert bootstrapped < 0.13
    assert shifted < 0.10

"""Measures of a path: definitions, and spreads against simulation."""

from __future__ import annotations

import numpy as np
import pytest

from macrotrade._typing import Measure
from macrotrade.errors import FitError
from macrotrade.numerics.measures import PathForecast, measure_moments, measure_outcomes

MEASURES: list[Measure] = ["level", "change", "log_change", "one_period_change", "one_period_log_change"]


def defined(measure: Measure, y: np.ndarray, k: int) -> np.ndarray:
    """The measure of levels y[..., 0..], as the contract defines it."""
    return {
        "level": lambda: y[..., k],
        "change": lambda: y[..., k] - y[..., 0],
        "log_change": lambda: np.log(y[..., k] / y[..., 0]),
        "one_period_change": lambda: y[..., k] - y[..., k - 1],
        "one_period_log_change": lambda: np.log(y[..., k] / y[..., k - 1]),
    }[measure]()


@pytest.mark.parametrize("measure", MEASURES)
@pytest.mark.parametrize("log", [False, True])
def test_mean_and_spread_are_those_of_simulated_paths(measure: Measure, log: bool) -> None:
    path, psi = np.array([100.0, 101.0, 103.0, 102.0]), np.array([1.0, 1.3, 1.4, 1.2])
    start, scale = 99.0, 0.4
    if log:
        start, path, scale = np.log(start), np.log(path), 0.004
    errors = np.random.default_rng(0).normal(0, scale, (100_000, 4))
    z = np.column_stack([np.full(100_000, start), *[path[k - 1] + errors[:, :k] @ psi[:k][::-1] for k in range(1, 5)]])
    simulated = [defined(measure, np.exp(z) if log else z, k) for k in (1, 2, 4)]

    mean, spread = measure_moments(PathForecast(start, path, psi, scale), measure, [1, 2, 4], log=log)

    exact = defined(measure, np.exp(np.r_[start, path]) if log else np.r_[start, path], np.array([1, 2, 4]))
    np.testing.assert_allclose(mean, exact, rtol=1e-12)
    np.testing.assert_allclose(spread, np.std(simulated, axis=1), rtol=0.015)


def test_no_change_in_logarithms_is_no_change_in_levels() -> None:
    flat = PathForecast(np.log(50.0), np.full(6, np.log(50.0)), np.ones(6), 0.05)

    mean, _ = measure_moments(flat, "change", [1, 6], log=True)

    np.testing.assert_allclose(mean, 0.0, atol=1e-12)


def test_a_log_measure_of_a_path_below_zero_is_refused() -> None:
    with pytest.raises(FitError, match="falls to -1"):
        measure_moments(PathForecast(1.0, np.array([-1.0]), np.ones(1), 1.0), "log_change", [1])


@pytest.mark.parametrize("measure", MEASURES)
@pytest.mark.parametrize("steps", [1, 3])
def test_outcomes_follow_the_definition_and_keep_gaps(measure: Measure, steps: int) -> None:
    y = np.exp(np.random.default_rng(0).normal(size=20))
    y[9] = np.nan

    outcomes = measure_outcomes(y, measure, steps)

    assert outcomes.size == 20 - steps
    for t in range(20 - steps):
        np.testing.assert_allclose(outcomes[t], defined(measure, y[t:], steps), rtol=1e-12)

"""Gauss-Seidel, the direct solution, and loops that cannot be trusted."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from macrotrade.errors import FitError
from macrotrade.providers.bma import loop_health, solve_callables, solve_linear
from macrotrade.providers.bma.solving import LinearForm


def random_form(seed: int, n_series: int, gain: float) -> LinearForm:
    rng = np.random.default_rng(seed)
    lags = rng.standard_normal((3, n_series, n_series)) * (rng.random((3, n_series, n_series)) < 0.4)
    np.fill_diagonal(lags[0], 0.0)
    radius = np.abs(np.linalg.eigvals(np.abs(lags[0]))).max()
    lags[0] *= gain / max(radius, 1e-9) if radius > 1e-9 else 1.0
    lags[1:] *= 0.1
    return LinearForm(
        rng.standard_normal(n_series), 0.01 * rng.standard_normal(n_series), np.zeros((n_series, 4)), lags
    )


def plain_solution(form: LinearForm, values: np.ndarray) -> np.ndarray:
    """Each period by ``numpy.linalg.solve``, known values moved to the right-hand side."""
    out = values.copy()
    for t in range(len(values)):
        u = np.isnan(out[t])
        if not u.any():
            continue
        right = form.intercepts + form.trends * t + form.seasons[:, t % form.seasons.shape[1]]
        for lag in range(1, len(form.lag_matrices)):
            right = right + form.lag_matrices[lag] @ out[t - lag]
        right = right + form.now[:, ~u] @ out[t, ~u]
        out[t, u] = np.linalg.solve((np.eye(len(right)) - form.now)[np.ix_(u, u)], right[u])
    return out


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 10_000), st.integers(1, 9), st.floats(0.0, 0.9))
def test_both_routes_equal_lu_on_ragged_panels(seed: int, n_series: int, gain: float) -> None:
    form = random_form(seed, n_series, gain)
    rng = np.random.default_rng(seed)
    values = rng.standard_normal((10, n_series))
    values[7:] = np.nan
    for late in range(n_series // 2):
        values[5 + late % 2 :, late] = np.nan

    solution = solve_linear(form, values, np.ones(n_series))

    expected = plain_solution(form, values)
    np.testing.assert_allclose(solution.values, expected, rtol=1e-11, atol=1e-12 * np.abs(expected).max())
    assert solution.converged
    assert solution.difference < 1e-11 * max(1.0, float(np.abs(expected).max()))


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 10_000))
def test_known_values_are_never_overwritten(seed: int) -> None:
    rng = np.random.default_rng(seed)
    values = rng.standard_normal((9, 4))
    values[6:, :2] = np.nan
    values[8:] = np.nan

    solved = solve_linear(random_form(seed, 4, 0.5), values, np.ones(4)).values

    known = ~np.isnan(values)
    assert np.array_equal(solved[known], values[known])
    assert not np.isnan(solved).any()


def test_an_acyclic_system_is_exact_after_one_pass_and_confirmed_by_a_second() -> None:
    now = np.tril(np.full((6, 6), 0.7), -1)[::-1, ::-1].copy()
    form = LinearForm(np.ones(6), np.zeros(6), np.zeros((6, 1)), np.stack([now, 0.1 * np.eye(6)]))
    values = np.vstack([np.ones((2, 6)), np.full((3, 6), np.nan)])

    solution = solve_linear(form, values, np.ones(6))

    assert solution.sweeps.tolist() == [2, 2, 2]


def test_a_loop_that_does_not_settle_is_solved_directly_and_said_so() -> None:
    now = np.array([[0.0, 2.0], [1.5, 0.0]])
    form = LinearForm(np.ones(2), np.zeros(2), np.zeros((2, 1)), np.stack([now, np.zeros((2, 2))]))
    values = np.vstack([np.ones((1, 2)), np.full((1, 2), np.nan)])

    solution = solve_linear(form, values, np.ones(2))

    assert solution.direct
    assert not solution.converged
    np.testing.assert_allclose(solution.values[1], np.linalg.solve(np.eye(2) - now, np.ones(2)))


def test_a_singular_loop_that_does_not_settle_is_an_error() -> None:
    now = np.array([[0.0, 1.0], [1.0, 0.0]])
    form = LinearForm(np.ones(2), np.zeros(2), np.zeros((2, 1)), np.stack([now, np.zeros((2, 2))]))

    with pytest.raises(FitError, match="no solution"):
        solve_linear(form, np.vstack([np.ones((1, 2)), np.full((1, 2), np.nan)]), np.ones(2), max_sweeps=50)


def test_a_loop_reports_gain_determinant_and_condition() -> None:
    now = np.array([[0.0, 1.03, 0.0], [1.0, 0.0, 0.0], [0.5, 0.0, 0.0]])
    form = LinearForm(np.zeros(3), np.zeros(3), np.zeros((3, 1)), np.stack([now, np.zeros((3, 3))]))

    (loop,) = loop_health(form, ["a", "b", "c"], np.ones(3))

    assert loop.members == ("a", "b")
    assert loop.gain == pytest.approx(np.sqrt(1.03))
    assert loop.determinant == pytest.approx(-0.03)
    assert not loop.sound(max_condition=1e9)


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 10_000), st.integers(1, 7))
def test_the_dynamic_radius_equals_the_full_companion_matrix(seed: int, n_series: int) -> None:
    form = random_form(seed, n_series, 0.5)
    inverse = np.linalg.inv(np.eye(n_series) - form.now)
    companion = np.zeros((2 * n_series, 2 * n_series))
    companion[:n_series] = np.hstack([inverse @ form.lag_matrices[1], inverse @ form.lag_matrices[2]])
    companion[n_series:, :n_series] = np.eye(n_series)

    radius = np.abs(np.linalg.eigvals(companion)).max()
    assert form.dynamic_radius == pytest.approx(radius, rel=1e-5, abs=1e-5)


def test_a_network_can_sit_among_regressions() -> None:
    weights = np.array([[0.4, -0.3], [0.2, 0.5]])

    def network(values: np.ndarray, row: int) -> float:
        return float(np.tanh(weights @ np.array([values[row, 1], values[row - 1, 0]])).sum())

    def regression(values: np.ndarray, row: int) -> float:
        return float(0.1 + 0.5 * values[row, 0] - 0.2 * values[row - 1, 1])

    values = np.vstack([[0.3, -0.1], np.full((3, 2), np.nan)])
    solved = solve_callables([network, regression], values, np.ones(2), tolerance=1e-13).values

    for row in range(1, 4):
        assert solved[row, 0] == pytest.approx(network(solved, row), abs=1e-12)
        assert solved[row, 1] == pytest.approx(regression(solved, row), abs=1e-12)


def test_callables_that_do_not_settle_are_an_error() -> None:
    values = np.vstack([np.ones((1, 1)), np.full((1, 1), np.nan)])

    with pytest.raises(FitError, match="did not settle"):
        solve_callables([lambda x, t: 3.0 * x[t, 0] + 1.0], values, np.ones(1), max_sweeps=30)

"""Principal components against a singular value decomposition, and gaps filled by them against a plain writing."""

from __future__ import annotations

import numpy as np
import pytest

from macrotrade.numerics.principal_components import (
    fill_by_components,
    fill_by_components_plainly,
    leading_eigenvectors,
    moments,
)


def factor_panel(n_periods: int, n_series: int, n_factors: int, noise: float, seed: int) -> np.ndarray:
    generator = np.random.default_rng(seed)
    common = generator.normal(size=(n_periods, n_factors)) @ generator.normal(size=(n_factors, n_series))
    units = 10.0 ** generator.uniform(-3, 3, n_series)
    return (common + noise * generator.normal(size=common.shape)) * units + 5 * units


@pytest.mark.parametrize(("n_periods", "n_series", "share"), [(200, 30, 0.05), (60, 100, 0.02), (80, 3, 0.1)])
def test_filling_agrees_with_the_plain_writing(n_periods: int, n_series: int, share: float) -> None:
    values = factor_panel(n_periods, n_series, 2, 0.5, seed=n_series)
    values[np.random.default_rng(1).random(values.shape) < share] = np.nan

    fast = fill_by_components(values, 4)
    plain = fill_by_components_plainly(values, 4)

    assert (fast.n_iterations, fast.n_components) == (plain.n_iterations, plain.n_components)
    np.testing.assert_allclose(fast.values, plain.values, rtol=1e-9)
    assert fast.change == pytest.approx(plain.change, rel=1e-6)


def test_missing_values_of_an_exact_factor_structure_are_recovered() -> None:
    truth = factor_panel(300, 40, 2, 0.0, seed=0)
    values = truth.copy()
    values[:120, 3] = np.nan
    values[-5:, 10:15] = np.nan

    filled = fill_by_components(values, 2, tolerance=1e-16, max_iterations=500)

    np.testing.assert_allclose(filled.values, truth, atol=1e-5 * truth.std(axis=0).max())
    worst = np.abs(filled.values - truth) / truth.std(axis=0)
    assert worst.max() < 1e-5


def test_known_values_stay_and_a_full_panel_is_given_back() -> None:
    values = factor_panel(50, 10, 1, 1.0, seed=4)
    gappy = values.copy()
    gappy[7, 2] = np.nan

    filled = fill_by_components(gappy)

    known = ~np.isnan(gappy)
    np.testing.assert_array_equal(filled.values[known], values[known])
    assert fill_by_components(values).n_iterations == 0
    np.testing.assert_array_equal(fill_by_components(values).values, values)


def test_filling_does_not_depend_on_units_or_order() -> None:
    values = factor_panel(120, 12, 2, 0.3, seed=5)
    values[np.random.default_rng(2).random(values.shape) < 0.05] = np.nan
    order = np.random.default_rng(3).permutation(12)

    filled = fill_by_components(values, 3).values
    other = fill_by_components(100.0 * values[:, order] - 7.0, 3).values

    np.testing.assert_allclose((other + 7.0) / 100.0, filled[:, order], rtol=1e-8)


def test_eigenvectors_are_the_right_singular_vectors_largest_first() -> None:
    X = np.random.default_rng(0).normal(size=(60, 9)) * np.arange(1, 10)

    V = leading_eigenvectors(X.T @ X, 4)

    _, _, Vt = np.linalg.svd(X, full_matrices=False)
    np.testing.assert_allclose(np.abs(V.T), np.abs(Vt[:4]), atol=1e-10)
    assert (V[np.abs(V).argmax(axis=0), np.arange(4)] > 0).all()


def test_a_constant_column_has_a_deviation_of_one() -> None:
    mean, deviation = moments(np.column_stack([np.full(5, 3.0), np.arange(5.0)]))

    np.testing.assert_array_equal(mean, [3.0, 2.0])
    np.testing.assert_allclose(deviation, [1.0, np.sqrt(2.0)])

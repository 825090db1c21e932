"""Information criteria against statsmodels and the published weights."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm

from macrotrade.numerics.criteria import CRITERIA, aic, bic, bica, criterion_weights, n_scaled


def test_n_scaled_forms_differ_from_statsmodels_by_a_constant_alone() -> None:
    generator = np.random.default_rng(0)
    y, X = generator.normal(size=80), np.column_stack([np.ones(80), generator.normal(size=(80, 3))])
    fits = [sm.OLS(y, X[:, :k]).fit() for k in (1, 2, 4)]
    rss, k = np.array([fit.ssr for fit in fits]), np.array([1, 2, 4])

    # the Gaussian likelihood adds n (1 + ln 2 pi) to each
    constant = 80 * (1 + np.log(2 * np.pi))
    np.testing.assert_allclose(n_scaled(bic(rss, 80, k), 80) + constant, [fit.bic for fit in fits], rtol=1e-12)
    np.testing.assert_allclose(n_scaled(aic(rss, 80, k), 80) + constant, [fit.aic for fit in fits], rtol=1e-12)


def test_the_unbiased_variance_raises_the_criterion_by_its_degrees_of_freedom() -> None:
    assert bica(10.0, 50, 5) - bic(10.0, 50, 5) == pytest.approx(np.log(50 / 45))
    assert set(CRITERIA) == {"aic", "bic", "bica"}


def test_weights_sum_to_one_and_survive_large_criteria() -> None:
    criterion = np.array([[4000.0, 1.0], [4002.0, 1.0], [9000.0, 1.0]])

    weights = criterion_weights(criterion)

    np.testing.assert_allclose(weights.sum(axis=0), 1.0)
    assert weights[0, 0] / weights[1, 0] == pytest.approx(np.e)
    np.testing.assert_allclose(weights[:, 1], 1 / 3)

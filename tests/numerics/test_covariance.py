"""HAC covariances against statsmodels."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm
from statsmodels.stats.sandwich_covariance import S_hac_simple

from macrotrade.numerics.covariance import hac_covariance, long_run_covariance, newey_west_lags


@pytest.mark.parametrize("n_lags", [0, 1, 4, 11])
def test_covariance_of_coefficients_equals_statsmodels(n_lags: int) -> None:
    generator = np.random.default_rng(0)
    X = np.column_stack([np.ones(120), np.cumsum(generator.normal(size=120)), generator.normal(size=120)])
    y = X @ [1.0, 0.5, 0.2] + np.convolve(generator.normal(size=123), np.ones(4), "valid")
    fit = sm.OLS(y, X).fit(cov_type="HAC", cov_kwds={"maxlags": n_lags})

    np.testing.assert_allclose(hac_covariance(X, fit.resid, n_lags), fit.cov_params(), rtol=1e-9)


@pytest.mark.parametrize("n_lags", [0, 3])
def test_long_run_covariance_equals_statsmodels(n_lags: int) -> None:
    v = np.random.default_rng(1).normal(size=(90, 2)).cumsum(axis=0)

    np.testing.assert_allclose(long_run_covariance(v, n_lags), S_hac_simple(v - v.mean(axis=0), n_lags) / 90)
    np.testing.assert_allclose(long_run_covariance(v[:, 0], n_lags), long_run_covariance(v, n_lags)[:1, :1])


def test_the_usual_number_of_lags_grows_slowly() -> None:
    assert [newey_west_lags(n) for n in (50, 100, 240, 1000)] == [3, 4, 4, 6]

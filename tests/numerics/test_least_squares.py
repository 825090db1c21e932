"""Least squares against numpy and statsmodels."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm

from macrotrade.errors import FitError
from macrotrade.numerics.least_squares import least_squares


def problem(n: int = 60, k: int = 5) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(0)
    X = np.column_stack([np.ones(n), generator.normal(size=(n, k - 1)) * [1, 10, 1e3, 1e-4]])
    return X, X @ np.arange(k) + generator.normal(size=n)


def test_everything_equals_statsmodels() -> None:
    X, y = problem()
    theirs = sm.OLS(y, X).fit()

    ours = least_squares(X, y)

    np.testing.assert_allclose(ours.coefficients, theirs.params, rtol=1e-9)
    np.testing.assert_allclose(ours.residuals, theirs.resid, atol=1e-9)
    np.testing.assert_allclose(ours.standard_errors, theirs.bse, rtol=1e-9)
    assert ours.rss == pytest.approx(theirs.ssr, rel=1e-10)
    assert ours.scale == pytest.approx(np.sqrt(theirs.scale), rel=1e-10)


def test_a_duplicate_column_is_named_by_its_place() -> None:
    X, y = problem()

    with pytest.raises(FitError, match="Column 5 of 6"):
        least_squares(np.column_stack([X, X[:, 2]]), y)


def test_fewer_rows_than_columns_are_refused() -> None:
    X, y = problem(n=4)

    with pytest.raises(FitError, match="5 columns needs as many rows, not 4"):
        least_squares(X, y)


def test_an_exact_fit_has_no_scale() -> None:
    X, y = problem(n=5)

    assert least_squares(X, y).scale == 0.0

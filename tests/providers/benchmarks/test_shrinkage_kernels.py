"""Paths of LASSO, elastic net and Ridge against scikit-learn and against their own conditions."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import ElasticNet, LassoLarsIC, Ridge, lars_path

from macrotrade.numerics.criteria import bic
from macrotrade.providers.benchmarks.kernels.shrinkage import (
    Path,
    elastic_net_path,
    largest_penalty,
    ridge_path,
)


def sample(n_rows: int, n_columns: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Standardised correlated columns, and an outcome that five of them drive."""
    generator = np.random.default_rng(seed)
    common = generator.normal(size=(n_rows, 3))
    X = common @ generator.normal(size=(3, n_columns)) + generator.normal(size=(n_rows, n_columns))
    X = (X - X.mean(axis=0)) / X.std(axis=0)
    y = X[:, :5] @ np.array([1.0, -0.8, 0.6, 0.4, 0.3]) + generator.normal(size=n_rows)
    return X, (y - y.mean()) / y.std()


def path_of(X: np.ndarray, y: np.ndarray, share: float, least: float, most: int, n_penalties: int = 60) -> Path:
    n_rows = y.size
    cross = X.T @ y / n_rows
    penalties = largest_penalty(cross, share) * np.geomspace(1.0, least, n_penalties)
    return elastic_net_path(X.T @ X / n_rows, cross, y @ y / n_rows, n_rows, penalties, share, most)


@pytest.mark.parametrize(("n_rows", "n_columns", "least"), [(120, 30, 1e-4), (100, 250, 2e-2)])
def test_the_lasso_path_is_that_of_least_angle_regression(n_rows: int, n_columns: int, least: float) -> None:
    X, y = sample(n_rows, n_columns)

    path = path_of(X, y, 1.0, least, most=n_rows)

    knots, _, coefficients = lars_path(X, y, method="lasso", max_iter=1000)
    exact = np.array([np.interp(path.penalties, knots[::-1], row[::-1]) for row in coefficients]).T
    np.testing.assert_allclose(path.coefficients, exact, atol=1e-9)
    np.testing.assert_array_equal(path.degrees_of_freedom, (np.abs(exact) > 1e-12).sum(axis=1))
    np.testing.assert_allclose(path.rss, ((y[:, None] - X @ exact.T) ** 2).sum(axis=0), rtol=1e-8)


def test_the_penalty_chosen_by_schwarz_is_the_one_scikit_learn_would_choose() -> None:
    X, y = sample(150, 300, seed=3)
    path = path_of(X, y, 1.0, 1e-2, most=40)
    criterion = bic(path.rss, y.size, path.degrees_of_freedom + 1)

    knots, _, coefficients = lars_path(X, y, method="lasso", alpha_min=path.penalties[-1])
    exact = np.array([np.interp(path.penalties, knots[::-1], row[::-1]) for row in coefficients]).T
    rss = ((y[:, None] - X @ exact.T) ** 2).sum(axis=0)
    theirs = bic(rss, y.size, (np.abs(exact) > 1e-12).sum(axis=1) + 1)

    assert criterion.argmin() == theirs.argmin()
    np.testing.assert_allclose(criterion, theirs, rtol=1e-9)
    chosen = LassoLarsIC("bic", noise_variance=path.rss[criterion.argmin()] / y.size).fit(X, y)
    one = elastic_net_path(
        X.T @ X / y.size, X.T @ y / y.size, y @ y / y.size, y.size, np.array([chosen.alpha_]), 1.0, 150
    )
    np.testing.assert_allclose(one.coefficients[0], chosen.coef_, atol=1e-9)


@pytest.mark.parametrize("share", [0.25, 0.75])
def test_the_elastic_net_agrees_with_scikit_learn(share: float) -> None:
    X, y = sample(100, 60)

    path = path_of(X, y, share, 1e-2, most=60)

    for row in (5, 25, 45):
        model = ElasticNet(alpha=path.penalties[row], l1_ratio=share, fit_intercept=False, tol=1e-13, max_iter=200_000)
        np.testing.assert_allclose(path.coefficients[row], model.fit(X, y).coef_, atol=1e-8)


@pytest.mark.parametrize("share", [0.3, 1.0])
def test_every_point_of_a_path_meets_its_conditions(share: float) -> None:
    X, y = sample(80, 200, seed=5)

    path = path_of(X, y, share, 1e-2, most=60)

    for penalty, b in zip(path.penalties, path.coefficients, strict=True):
        gradient = X.T @ (y - X @ b) / y.size
        active = b != 0.0
        np.testing.assert_allclose(
            gradient[active], penalty * (share * np.sign(b[active]) + (1 - share) * b[active]), atol=1e-9
        )
        assert (np.abs(gradient[~active]) <= penalty * share * (1 + 1e-8)).all()


def test_degrees_of_freedom_are_the_trace_of_the_hat_matrix() -> None:
    X, y = sample(90, 20)

    path = path_of(X, y, 0.4, 1e-2, most=20)

    active = path.coefficients[40] != 0.0
    A = X[:, active]
    hat = A @ np.linalg.inv(A.T @ A + 90 * path.penalties[40] * 0.6 * np.eye(active.sum())) @ A.T
    assert path.degrees_of_freedom[40] == pytest.approx(np.trace(hat))


def test_a_path_stops_before_more_columns_than_allowed() -> None:
    X, y = sample(60, 200)

    whole, stopped = path_of(X, y, 1.0, 1e-2, most=60), path_of(X, y, 1.0, 1e-2, most=10)

    assert stopped.degrees_of_freedom.max() <= 10
    n = stopped.penalties.size
    assert whole.degrees_of_freedom[n] > 10
    np.testing.assert_array_equal(stopped.coefficients, whole.coefficients[:n])


def test_equal_columns_do_not_break_a_path() -> None:
    X, y = sample(60, 10)
    twice = np.column_stack([X, X[:, 0]])

    path, once = path_of(twice, y, 1.0, 1e-3, most=30), path_of(X, y, 1.0, 1e-3, most=30)

    np.testing.assert_allclose(path.coefficients[:, 0] + path.coefficients[:, 10], once.coefficients[:, 0], atol=1e-6)


@pytest.mark.parametrize(("n_rows", "n_columns"), [(50, 120), (150, 40)])
def test_the_ridge_path_is_a_loop_over_scikit_learn(n_rows: int, n_columns: int) -> None:
    X, y = sample(n_rows, n_columns)
    penalties = np.geomspace(100.0, 1e-2, 25)

    path = ridge_path(X, y, penalties, float(n_rows))

    loop = np.array([Ridge(alpha=n_rows * p, fit_intercept=False, tol=1e-12).fit(X, y).coef_ for p in penalties])
    np.testing.assert_allclose(path.coefficients, loop, atol=1e-9)
    np.testing.assert_allclose(path.rss, ((y[:, None] - X @ loop.T) ** 2).sum(axis=0), rtol=1e-8)
    hat = X @ np.linalg.inv(X.T @ X + n_rows * penalties[9] * np.eye(n_columns)) @ X.T
    assert path.degrees_of_freedom[9] == pytest.approx(np.trace(hat))


def test_a_ridge_path_stops_at_its_degrees_of_freedom() -> None:
    X, y = sample(50, 120)

    path = ridge_path(X, y, np.geomspace(100.0, 1e-6, 40), 20.0)

    assert path.degrees_of_freedom.max() <= 20.0
    assert path.penalties.size < 40

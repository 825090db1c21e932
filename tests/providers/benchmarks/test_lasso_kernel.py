"""The LASSO from corner to corner, against least angle regression, coordinate descent and its own conditions."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import lars_path

from macrotrade.providers.benchmarks.kernels import lasso
from macrotrade.providers.benchmarks.kernels.lasso import lasso_path
from macrotrade.providers.benchmarks.kernels.shrinkage import Path, elastic_net_path, largest_penalty


def sample(n_rows: int, n_columns: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Standardised correlated columns, and an outcome that five of them drive."""
    generator = np.random.default_rng(seed)
    common = generator.normal(size=(n_rows, 3))
    X = common @ generator.normal(size=(3, n_columns)) + generator.normal(size=(n_rows, n_columns))
    X = (X - X.mean(axis=0)) / X.std(axis=0)
    y = X[:, :5] @ np.array([1.0, -0.8, 0.6, 0.4, 0.3]) + generator.normal(size=n_rows)
    return X, (y - y.mean()) / y.std()


def falling(X: np.ndarray, y: np.ndarray, least: float) -> np.ndarray:
    return largest_penalty(X.T @ y / y.size, 1.0) * np.geomspace(1.0, least, 60)


def descended(X: np.ndarray, y: np.ndarray, penalties: np.ndarray, most: int) -> Path:
    """The same path by coordinate descent."""
    n_rows = y.size
    return elastic_net_path(X.T @ X / n_rows, X.T @ y / n_rows, y @ y / n_rows, n_rows, penalties, 1.0, most)


@pytest.mark.parametrize(("n_rows", "n_columns", "least"), [(120, 30, 1e-4), (100, 250, 2e-2), (400, 8, 1e-4)])
def test_the_path_is_that_of_least_angle_regression(n_rows: int, n_columns: int, least: float) -> None:
    X, y = sample(n_rows, n_columns)

    path = lasso_path(X, y, falling(X, y, least), n_rows - 1)

    knots, _, coefficients = lars_path(X, y, method="lasso", max_iter=1000)
    exact = np.array([np.interp(path.penalties, knots[::-1], row[::-1]) for row in coefficients]).T
    np.testing.assert_allclose(path.coefficients, exact, atol=1e-9)
    np.testing.assert_array_equal(path.degrees_of_freedom, (np.abs(exact) > 1e-12).sum(axis=1))
    np.testing.assert_allclose(path.rss, ((y[:, None] - X @ exact.T) ** 2).sum(axis=0), rtol=1e-8)


@pytest.mark.parametrize("seed", range(6))
def test_corners_and_coordinate_descent_give_one_path(seed: int) -> None:
    X, y = sample(80, 40 + 20 * seed, seed)
    penalties = falling(X, y, 5e-2)

    path, other = lasso_path(X, y, penalties, 40), descended(X, y, penalties, 40)

    n = min(path.penalties.size, other.penalties.size)
    assert n > 30
    np.testing.assert_allclose(path.coefficients[:n], other.coefficients[:n], atol=1e-8)
    np.testing.assert_allclose(path.rss[:n], other.rss[:n], rtol=1e-7)


@pytest.mark.parametrize("seed", range(6))
def test_the_path_stops_where_more_columns_than_allowed_come_in(seed: int) -> None:
    X, y = sample(60, 200, seed)
    penalties = falling(X, y, 1e-2)

    whole, stopped = lasso_path(X, y, penalties, 50), lasso_path(X, y, penalties, 10)

    n = stopped.penalties.size
    assert stopped.degrees_of_freedom.max() <= 10
    np.testing.assert_array_equal(stopped.coefficients, whole.coefficients[:n])
    knots, _, coefficients = lars_path(X, y, method="lasso", alpha_min=0.99 * whole.penalties[n])
    assert ((np.abs(coefficients[:, knots < stopped.penalties[-1]]) > 1e-12).sum(axis=0) > 10).any()


def test_every_point_meets_the_conditions_of_the_lasso() -> None:
    X, y = sample(80, 200, seed=5)

    path = lasso_path(X, y, falling(X, y, 1e-2), 60)

    for penalty, b in zip(path.penalties, path.coefficients, strict=True):
        gradient = X.T @ (y - X @ b) / y.size
        active = b != 0.0
        np.testing.assert_allclose(gradient[active], penalty * np.sign(b[active]), atol=1e-10)
        assert (np.abs(gradient[~active]) <= penalty * (1 + 1e-9)).all()


def test_columns_that_are_equal_opposite_or_sums_of_others_do_not_break_the_path() -> None:
    X, y = sample(60, 10)
    both = X[:, 1] + X[:, 2]
    wider = np.column_stack([X, X[:, 0], -X[:, 3], both / both.std()])
    penalties = falling(wider, y, 1e-3)

    path = lasso_path(wider, y, penalties, 30)

    assert path.penalties.size == penalties.size
    other = descended(wider, y, penalties, 30)
    np.testing.assert_allclose(wider @ path.coefficients.T, wider @ other.coefficients.T, atol=1e-6)


def test_coordinate_descent_takes_over_where_there_are_too_many_corners(monkeypatch: pytest.MonkeyPatch) -> None:
    X, y = sample(60, 90)
    penalties = falling(X, y, 1e-2)
    monkeypatch.setattr(lasso, "_walk", lambda *_: (-1, None, None, None))

    path = lasso_path(X, y, penalties, 20)

    np.testing.assert_array_equal(path.coefficients, descended(X, y, penalties, 20).coefficients)

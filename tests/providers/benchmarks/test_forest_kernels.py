"""Trees against scikit-learn's, which they must equal where nothing is drawn."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.tree import DecisionTreeRegressor

from macrotrade.providers.benchmarks.kernels.forest import grow, predict


def sample(n_rows: int, n_columns: int, *, rounded: bool = False) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(n_rows)
    X = generator.normal(size=(n_rows, n_columns))
    X = np.round(X) if rounded else X
    return X, np.sin(2 * X[:, 0]) + X[:, 1] * (X[:, 2] > 0) + 0.3 * generator.normal(size=n_rows)


@pytest.mark.parametrize("least", [5, 12, 40])
@pytest.mark.parametrize("drawn", [False, True])
def test_a_tree_on_all_columns_is_scikit_learns(least: int, drawn: bool) -> None:
    X, y = sample(150, 6)
    times = np.ones((1, 150), np.int64)
    if drawn:
        times = np.bincount(np.random.default_rng(1).integers(0, 150, 150), minlength=150)[None]

    trees, said = grow(X, y, times, 6, least, np.array([7]))

    theirs = DecisionTreeRegressor(min_samples_leaf=least, random_state=0).fit(X, y, sample_weight=times[0])
    np.testing.assert_allclose(said[0], theirs.predict(X), atol=1e-10)
    fresh = np.random.default_rng(2).normal(size=(20, 6))
    np.testing.assert_allclose([predict(trees, row) for row in fresh], theirs.predict(fresh), atol=1e-10)


def test_equal_values_are_never_parted() -> None:
    X, y = sample(200, 4, rounded=True)

    _, said = grow(X, y, np.ones((1, 200), np.int64), 4, 1, np.array([1]))

    theirs = DecisionTreeRegressor(random_state=0).fit(X, y)
    np.testing.assert_allclose(said[0], theirs.predict(X), atol=1e-10)


def test_every_leaf_has_enough_rows_and_says_their_mean() -> None:
    X, y = sample(120, 8)
    times = np.random.default_rng(0).integers(0, 3, (5, 120))

    _, said = grow(X, y, times, 3, 4, np.arange(1, 6))

    for tree in range(5):
        for value in np.unique(said[tree]):
            leaf = (said[tree] == value) & (times[tree] > 0)
            assert leaf.sum() >= 4
            assert value == pytest.approx(np.average(y[leaf], weights=times[tree, leaf]))


def test_columns_are_drawn_alike_and_by_the_seed_alone() -> None:
    generator = np.random.default_rng(0)
    X, n_trees = generator.normal(size=(60, 10)), 3000
    y, times = generator.normal(size=60), np.ones((n_trees, 60), np.int64)

    trees, said = grow(X, y, times, 1, 25, np.arange(1, n_trees + 1) * 7919)
    again = grow(X, y, times[:50], 1, 25, np.arange(1, 51) * 7919)[1]

    share = np.bincount(trees.column[:, 0], minlength=10) / n_trees
    np.testing.assert_allclose(share, 0.1, atol=4 * np.sqrt(0.09 / n_trees))
    np.testing.assert_array_equal(said[:50], again)


def test_an_outcome_that_never_moves_makes_one_leaf() -> None:
    X, _ = sample(50, 3)

    trees, said = grow(X, np.full(50, 2.5), np.ones((2, 50), np.int64), 3, 1, np.array([1, 2]))

    assert (trees.column == -1).all()
    np.testing.assert_array_equal(said, 2.5)

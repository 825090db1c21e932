"""Sums of products in vector registers, against the same in numpy."""

from __future__ import annotations

import numpy as np
import pytest
from numba import njit

from macrotrade.providers.bma.kernels.lanes import (
    LANES,
    add_matrix_product,
    add_outer_product,
    less_combination,
    less_products,
)


@pytest.mark.parametrize("width", [8, 16, 24])
@pytest.mark.parametrize("n_rows", [0, 1, 3, 4, 6])
def test_a_matrix_product_is_added_to_what_is_there(n_rows: int, width: int) -> None:
    rng = np.random.default_rng(n_rows * 100 + width)
    out, left, right = rng.standard_normal((8, 32)), rng.standard_normal((5, 9)), rng.standard_normal((7, 32))
    expected = out.copy()
    expected[1 : 1 + n_rows, 8 : 8 + width] -= 2.0 * left[:5, 2 : 2 + n_rows].T @ right[1:6, :width]

    add_matrix_product(out, 32 + 8, 32, left, 2, 1, 9, right, 32, 32, n_rows, width, 5, -2.0)

    np.testing.assert_allclose(out, expected, rtol=1e-13, atol=1e-13)


def test_a_product_of_nothing_changes_nothing() -> None:
    out, other = np.ones((2, 8)), np.ones((2, 8))

    add_matrix_product(out, 0, 8, other, 0, 8, 1, other, 0, 8, 2, 8, 0, 1.0)

    np.testing.assert_array_equal(out, 1.0)


@pytest.mark.parametrize("width", [8, 16, 24])
def test_an_outer_product_is_added_to_what_is_there(width: int) -> None:
    rng = np.random.default_rng(width)
    out, left, right = rng.standard_normal((6, 24)), rng.standard_normal(9), rng.standard_normal(30)
    expected = out.copy()
    expected[2:, :width] += 0.5 * np.outer(left[3:7], right[1 : 1 + width])

    add_outer_product(out, 48, 24, left, 3, right, 1, 4, width, 0.5)

    np.testing.assert_allclose(out, expected, rtol=1e-13, atol=1e-13)


def test_products_and_combinations_are_taken_off_lane_by_lane() -> None:
    rng = np.random.default_rng(0)
    start, rows, others, weights = (rng.standard_normal((6, LANES)) for _ in range(4))
    out = np.zeros((3, LANES))

    _take_off(out, start, rows, others, weights)

    np.testing.assert_allclose(out[0], start[2] - (rows[1:5] * others[2:6]).sum(axis=0), rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose(out[1], start[0] - weights[0, 3:8] @ rows[:5], rtol=1e-12, atol=1e-13)
    np.testing.assert_array_equal(out[2], start[1])


@njit(cache=False)
def _take_off(out, start, rows, others, weights):  # type: ignore[no-untyped-def]
    less_products(out, 0, start, 2 * LANES, rows, LANES, others, 2 * LANES, LANES, 4)
    less_combination(out, LANES, start, 0, weights, 3, rows, 0, LANES, 5)
    less_combination(out, 2 * LANES, start, LANES, weights, 0, rows, 0, LANES, 0)

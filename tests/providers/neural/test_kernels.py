"""Compiled arithmetic of networks against plain writing of the same formulas."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from macrotrade.providers.neural.kernels.activations import logistic, tangent
from macrotrade.providers.neural.kernels.adam import Moved, Rates, move, pace_of
from macrotrade.providers.neural.kernels.compiled import compiled
from macrotrade.providers.neural.kernels.lanes import LANES, inverse_root, load, reciprocal, store, sum_of, turn
from macrotrade.providers.neural.kernels.products import (
    WORK,
    add_product,
    bend_product,
    keep_product,
    move_by_product,
)

RATES = Rates(1e-2, 0.9, 0.999, 1e-8)


@compiled
def by_vectors(values: np.ndarray, tangents: np.ndarray, logistics: np.ndarray, sums: np.ndarray) -> None:
    for place in range(0, values.size, LANES):
        vector = load(values, place)
        store(tangents, place, tangent(vector))
        store(logistics, place, logistic(vector))
        sums[place // LANES] = sum_of(vector)


@compiled
def estimates(values: np.ndarray, reciprocals: np.ndarray, inverse_roots: np.ndarray) -> None:
    for place in range(0, values.size, LANES):
        vector = load(values, place)
        store(reciprocals, place, reciprocal(vector))
        store(inverse_roots, place, inverse_root(vector))


@compiled
def one_step(moved: Moved, gradient: np.ndarray, step: int, rates: Rates) -> None:
    move(moved, gradient, 0, gradient.size, pace_of(rates, step))


@compiled
def one_step_by_product(
    moved: Moved, left: np.ndarray, rows: np.ndarray, steps: np.ndarray, right: np.ndarray, shape: tuple[int, int, int],
    rates: Rates, gradient: np.ndarray, work: np.ndarray,
) -> None:  # fmt: skip
    n_rows, width, depth = shape
    move_by_product(
        moved, 0, left, 0, rows, steps, right, 0, width, n_rows, width, depth, pace_of(rates, 1), gradient, 0, work
    )  # fmt: skip


@compiled
def transposed(values: np.ndarray, row: int, out: np.ndarray, out_row: int) -> None:
    turn(values, 0, row, out, 0, out_row)


def uniform(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-1.0, 1.0, shape).astype(np.float32)


def test_activations_are_accurate_to_float32_and_stay_within_their_bounds() -> None:
    values = np.concatenate([np.linspace(-12, 12, 20000), [-1e30, 1e30, 0.0, 1e-20], np.zeros(12)]).astype(np.float32)
    tangents, logistics, sums = np.empty_like(values), np.empty_like(values), np.empty(values.size // LANES, np.float32)

    by_vectors(values, tangents, logistics, sums)

    exact = values.astype(np.float64)
    np.testing.assert_allclose(tangents, np.tanh(exact), rtol=4e-7, atol=1e-30)
    np.testing.assert_allclose(logistics, 0.5 + 0.5 * np.tanh(0.5 * exact), atol=3e-7)
    assert np.abs(tangents).max() <= 1.0
    assert logistics.min() >= 0.0
    assert logistics.max() <= 1.0


def test_what_is_not_a_number_stays_so() -> None:
    values = np.full(LANES, np.nan, np.float32)
    tangents, logistics, sums = np.zeros(LANES, np.float32), np.zeros(LANES, np.float32), np.zeros(1, np.float32)

    by_vectors(values, tangents, logistics, sums)

    assert np.isnan(tangents).all()
    assert np.isnan(logistics).all()
    assert np.isnan(sums).all()


def test_sums_of_vectors_and_estimates_of_reciprocals_are_accurate_to_float32() -> None:
    values = np.exp(uniform(4096) * 60).astype(np.float32)
    reciprocals, inverse_roots = np.empty_like(values), np.empty_like(values)
    sums = np.empty(values.size // LANES, np.float32)

    estimates(values, reciprocals, inverse_roots)
    by_vectors(values, np.empty_like(values), np.empty_like(values), sums)

    exact = values.astype(np.float64)
    np.testing.assert_allclose(reciprocals, 1.0 / exact, rtol=2e-7)
    np.testing.assert_allclose(inverse_roots, 1.0 / np.sqrt(exact), rtol=3e-7)
    np.testing.assert_allclose(sums, exact.reshape(-1, LANES).sum(axis=1), rtol=1e-6)


def test_a_square_of_numbers_is_transposed_between_rows_of_any_length() -> None:
    values, out = uniform(LANES, 40), np.zeros((LANES, 20), np.float32)

    transposed(values.ravel(), 40, out.ravel(), 20)

    np.testing.assert_array_equal(out[:, :LANES], values[:, :LANES].T)
    assert not out[:, LANES:].any()


@given(st.integers(1, 20), st.integers(1, 9), st.integers(1, 300), st.integers(0, 99))
def test_products_take_windows_that_overlap(n_rows: int, n_vectors: int, depth: int, seed: int) -> None:
    generator = np.random.default_rng(seed)
    width, table = n_vectors * LANES, uniform(3 * 20 + 300, seed=seed)
    rows, steps = generator.integers(0, 60, n_rows), np.arange(depth)
    right, before = uniform(depth, width, seed=seed + 1), uniform(n_rows, width, seed=seed + 2)
    out = before.copy()

    add_product(
        out.ravel(), 0, width, table, 0, rows, steps, right.ravel(), 0, width, n_rows, width, depth,
        np.zeros(WORK, np.float32),
    )  # fmt: skip

    left = table[rows[:, None] + steps].astype(np.float64)
    np.testing.assert_allclose(out, before + left @ right, atol=2e-6 * np.sqrt(depth))


def test_a_number_of_a_product_does_not_depend_on_its_row_or_column() -> None:
    table, right, work = uniform(900), uniform(200, 5 * LANES, seed=1), np.zeros(WORK, np.float32)
    rows, steps = np.arange(20) * 7, np.arange(200)

    def product(rows: np.ndarray, right: np.ndarray) -> np.ndarray:
        out = np.zeros((rows.size, right.shape[1]), np.float32)
        add_product(
            out.ravel(), 0, out.shape[1], table, 0, rows, steps, right.ravel(), 0, out.shape[1], *out.shape, 200, work
        )  # fmt: skip
        return out

    whole = product(rows, right)
    order, columns = np.random.default_rng(2).permutation(20)[:9], np.random.default_rng(3).permutation(5 * LANES)[:48]

    np.testing.assert_array_equal(
        product(rows[order], np.ascontiguousarray(right[:, columns])), whole[order][:, columns]
    )


@pytest.mark.parametrize("depth", [40, 300])
def test_products_are_bent_kept_or_made_a_step(depth: int) -> None:
    n_rows, width, work = 15, 6 * LANES, np.zeros(WORK, np.float32)
    left, right, kept = uniform(n_rows, depth), uniform(depth, width, seed=1), uniform(n_rows, width, seed=2)
    bias, held, shape = uniform(width, seed=3), uniform(n_rows, width, seed=4), (n_rows, width, depth)
    with_bias = np.concatenate([right.ravel(), bias])
    rows, steps = np.arange(n_rows) * depth, np.arange(depth)
    bent, on_top, masked = np.zeros_like(kept), held.copy(), np.zeros_like(kept)
    moved = Moved(*(np.zeros(n_rows * width, np.float32) for _ in Moved._fields))

    for out, place in ((bent, right.size), (on_top, -1)):
        bend_product(
            out.ravel(), 0, width, left.ravel(), 0, rows, steps, with_bias, 0, width, *kept.shape, depth, place, work
        )  # fmt: skip
    keep_product(
        masked.ravel(), 0, left.ravel(), 0, rows, steps, with_bias, 0, width, *kept.shape, depth, kept.ravel(), 0, work
    )  # fmt: skip
    one_step_by_product(moved, left.ravel(), rows, steps, with_bias, shape, RATES, np.zeros_like(kept).ravel(), work)

    product = left.astype(np.float64) @ right
    np.testing.assert_allclose(bent, np.maximum(product + bias, 0.0), atol=2e-5)
    np.testing.assert_allclose(on_top, np.maximum(product + held, 0.0), atol=2e-5)
    np.testing.assert_allclose(masked, product * (kept > 0.0), atol=2e-5)
    np.testing.assert_allclose(moved.first.reshape(product.shape), 0.1 * product, atol=2e-6)


def test_steps_are_those_of_torch() -> None:
    start, gradients = uniform(5 * LANES), uniform(30, 5 * LANES, seed=1) * np.logspace(-9, 3, 30)[:, None]
    gradients[:, 0] = 0.0
    parameter = torch.nn.Parameter(torch.tensor(start.copy()))
    optimiser = torch.optim.Adam([parameter], lr=1e-2)
    moved = Moved(start.copy(), np.zeros_like(start), np.zeros_like(start))

    for step, gradient in enumerate(gradients.astype(np.float32), start=1):
        parameter.grad = torch.tensor(gradient)
        optimiser.step()
        left = gradient.copy()
        one_step(moved, left, step, RATES)

    np.testing.assert_allclose(moved.weights, parameter.detach(), rtol=2e-6, atol=1e-7)
    assert not left.any()

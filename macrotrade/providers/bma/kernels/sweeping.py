"""Least squares by the sweep operator, for all training samples of a cross-validation at once.

A *state* holds, per training sample, the matrix of [y, regressors]: its first row and column belong to y, the rest
to the k regressors. After `sweep_in`, with A = (X'X)^-1 and b = A X'y over that sample,

    state[0, 0] = rss,   state[0, 1:] = state[1:, 0] = b,   state[1:, 1:] = A

and deleting regressor m is one rank-one step: A - a_m a_m'/A_mm, b - a_m b_m/A_mm, rss + b_m^2/A_mm.
The last state of a stack belongs to the whole sample.
"""

from __future__ import annotations

import numpy as np

from macrotrade._typing import FloatArray, IntArray
from macrotrade.providers.bma.kernels.compiled import compiled, compiled_in_place
from macrotrade.providers.bma.kernels.lanes import VECTOR, add_matrix_product, add_outer_product

__all__ = [
    "DEPENDENT",
    "DEPENDENT_IN_TRAINING",
    "ILL_CONDITIONED",
    "fill_products",
    "held_out_rss",
    "held_out_rss_orthogonal",
    "held_out_rss_without",
    "padded",
    "settle_signs",
    "sweep_in",
    "sweep_out",
    "take_off_others",
]

DEPENDENT = 1e-6  # a column explained to within this share of its variation adds nothing to an equation
DEPENDENT_IN_TRAINING = 1e-10  # the same on the rows left in when a fold is left out
ILL_CONDITIONED = 1e-7  # a training pivot below this share sends the sum to the orthogonal route


@compiled
def padded(size: int) -> int:
    """``size`` rounded up to whole vectors; columns between the two hold zeros, so that loops have no remainder."""
    return (size + VECTOR - 1) // VECTOR * VECTOR


@compiled
def fill_products(rows: FloatArray, size: int, bounds: IntArray, n_folds: int, state: FloatArray) -> None:
    """Cross products of [y, regressors] over each fold's complement, and over the whole sample in the last place.

    ``rows`` is (n, >= size), one row an observation: y, then the regressors, then zeros.
    """
    width = padded(size)
    row = rows.shape[1]
    whole = state[n_folds]
    for i in range(size):
        for j in range(width):
            whole[i, j] = 0.0
    for f in range(n_folds):
        fold = state[f]
        for i in range(size):
            for j in range(width):
                fold[i, j] = 0.0
        first = bounds[f] * row
        n_fold = bounds[f + 1] - bounds[f]
        add_matrix_product(fold, 0, fold.shape[1], rows, first, 1, row, rows, first, row, size, width, n_fold, 1.0)
        for i in range(size):
            for j in range(width):
                whole[i, j] += fold[i, j]
    for f in range(n_folds):
        fold = state[f]
        for i in range(size):
            for j in range(width):
                fold[i, j] = whole[i, j] - fold[i, j]


@compiled
def sweep_in(matrix: FloatArray, size: int, first: int, last: int, floors: FloatArray, share: float) -> int:
    """Sweep pivots first..last-1 of ``matrix`` in order; the first pivot at or below share * floors[pivot] stops it.

    Returns the pivot that stopped it, or -1 when all went in. The swept block is minus the inverse.
    """
    width = padded(size)
    for m in range(first, last):
        pivot = matrix[m, m]
        if not pivot > share * floors[m]:
            return m
        inverse = 1.0 / pivot
        take_off_others(matrix, size, m, inverse)
        for i in range(size):
            matrix[i, m] = matrix[m, i] * inverse
        for j in range(width):
            matrix[m, j] *= inverse
        matrix[m, m] = -inverse
    return -1


@compiled_in_place
def take_off_others(matrix: FloatArray, size: int, m: int, scale: float) -> None:
    """Take scale times a_im a_mj off every row i but m of a symmetric matrix."""
    width = padded(size)
    step = matrix.shape[1]
    at = m * step
    add_outer_product(matrix, 0, step, matrix, at, matrix, at, m, width, -scale)
    add_outer_product(matrix, at + step, step, matrix, at + m + 1, matrix, at, size - m - 1, width, -scale)


@compiled
def settle_signs(matrix: FloatArray, size: int) -> None:
    """Turn the swept block -(X'X)^-1 into (X'X)^-1, keeping the coefficients in row and column 0."""
    width = padded(size)
    for i in range(1, size):
        coefficient = matrix[i, 0]
        for j in range(width):
            matrix[i, j] = -matrix[i, j]
        matrix[i, 0] = coefficient


@compiled
def sweep_out(matrix: FloatArray, size: int, m: int) -> None:
    """Delete regressor m; its row and column become zero."""
    inverse = 1.0 / matrix[m, m]
    rss = matrix[0, 0] + matrix[m, 0] * matrix[m, 0] * inverse
    take_off_others(matrix, size, m, inverse)
    for i in range(size):
        matrix[i, m] = 0.0
    for j in range(padded(size)):
        matrix[m, j] = 0.0
    matrix[0, 0] = rss


@compiled
def held_out_rss(
    rows: FloatArray,
    size: int,
    bounds: IntArray,
    n_folds: int,
    state: FloatArray,
    residuals: FloatArray,
    weights: FloatArray,
) -> float:
    """Sum of squared residuals of each fold under the fit to its complement; fills ``residuals``.

    ``weights`` is workspace: (1, -b), so that a residual is its product with [y, regressors].
    """
    width = padded(size)
    total = 0.0
    for f in range(n_folds):
        for j in range(width):
            weights[j] = -state[f, 0, j]
        weights[0] = 1.0
        for t in range(bounds[f], bounds[f + 1]):
            e = 0.0
            for j in range(width):
                e += weights[j] * rows[t, j]
            residuals[t] = e
            total += e * e
    return total


@compiled
def held_out_rss_without(
    rows: FloatArray,
    size: int,
    m: int,
    bounds: IntArray,
    n_folds: int,
    state: FloatArray,
    residuals: FloatArray,
    without: FloatArray,
    weights: FloatArray,
) -> float:
    """`held_out_rss` after deleting regressor m, from the residuals with it: e + (b_m/A_mm) x' a_m.

    Fills ``without`` with the new residuals; ``weights`` is workspace.
    """
    width = padded(size)
    total = 0.0
    for f in range(n_folds):
        move = state[f, m, 0] / state[f, m, m]
        for j in range(width):
            weights[j] = move * state[f, m, j]
        weights[0] = 0.0
        for t in range(bounds[f], bounds[f + 1]):
            e = 0.0
            for j in range(width):
                e += weights[j] * rows[t, j]
            e += residuals[t]
            without[t] = e
            total += e * e
    return total


@compiled
def held_out_rss_orthogonal(
    rows: FloatArray,
    k: int,
    skip: int,
    bounds: IntArray,
    n_folds: int,
    floors: FloatArray,
    share: float,
    basis: FloatArray,
) -> float:
    """`held_out_rss` by twice-repeated Gram-Schmidt on each training sample, for nearly singular ones.

    A column that the ones before it explain, on the training rows, to within ``share`` of its variation over the
    whole sample is left out of that fold's fit. ``skip`` is a regressor to leave out of all of them (0 for none).
    ``basis`` is workspace, (k + 1, n): the held-out rows take every step of the training rows with them.
    """
    n = bounds[n_folds]
    total = 0.0
    for f in range(n_folds):
        lo = bounds[f]
        hi = bounds[f + 1]
        count = 0
        for m in range(1, k + 2):
            if m == skip:
                continue
            source = m if m <= k else 0  # y comes last, and what is left of it are its residuals
            column = basis[count]
            for t in range(n):
                column[t] = rows[t, source]
            for _ in range(2):
                for c in range(count):
                    against = basis[c]
                    projection = 0.0
                    for t in range(lo):
                        projection += against[t] * column[t]
                    for t in range(hi, n):
                        projection += against[t] * column[t]
                    for t in range(n):
                        column[t] -= projection * against[t]
            if source == 0:
                for t in range(lo, hi):
                    total += column[t] * column[t]
                continue
            left = 0.0
            for t in range(lo):
                left += column[t] * column[t]
            for t in range(hi, n):
                left += column[t] * column[t]
            if m == 1 or left > share * floors[m]:
                scale = 1.0 / np.sqrt(left)
                for t in range(n):
                    column[t] *= scale
                count += 1
    return total

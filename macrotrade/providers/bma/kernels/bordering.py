"""Set a block beside an equation by bordering its inverses: to judge the pair, or to make the block part of it."""

from __future__ import annotations

import numpy as np

from macrotrade._typing import FloatArray, IntArray
from macrotrade.providers.bma.kernels.compiled import compiled
from macrotrade.providers.bma.kernels.lanes import add_matrix_product, add_outer_product
from macrotrade.providers.bma.kernels.sweeping import DEPENDENT, ILL_CONDITIONED, padded, sweep_in
from macrotrade.providers.bma.kernels.task import Scratch

__all__ = ["add_block", "border", "fill_cross_products", "joint_stage_rss", "solve_in_place", "squares_with_block"]


@compiled
def fill_cross_products(
    rows: FloatArray, k: int, block: FloatArray, bounds: IntArray, n_folds: int, out: FloatArray
) -> None:
    """Products of [y, regressors] with a block over each training sample, the whole one last."""
    width = block.shape[1]
    row = rows.shape[1]
    step = out.shape[2]
    stack = out.shape[1] * step
    for f in range(n_folds + 1):
        for i in range(k + 1):
            for a in range(width):
                out[f, i, a] = 0.0
    for f in range(n_folds):
        start = bounds[f]
        n_fold = bounds[f + 1] - start
        at = start * width
        add_matrix_product(out, f * stack, step, rows, start * row, 1, row, block, at, width, k + 1, width, n_fold, 1.0)
        for i in range(k + 1):
            for a in range(width):
                out[n_folds, i, a] += out[f, i, a]
    for f in range(n_folds):
        for i in range(k + 1):
            for a in range(width):
                out[f, i, a] = out[n_folds, i, a] - out[f, i, a]


@compiled
def border(
    base: FloatArray,
    k: int,
    cross: FloatArray,
    products: FloatArray,
    n_new: int,
    moved: FloatArray,
    schur: FloatArray,
) -> None:
    """Regress a block on an equation in one training sample.

    With A, b the equation's inverse and coefficients (``base``) and C = X'B (``cross``, row 0 for y), fills ``moved``
    with A C and ``schur`` with what is left of the block, S = B'B - C'AC, and in row and column 0 with what is left of
    its products with y, B'y - C'b.
    """
    width = products.shape[1]
    n_base, n_cross, n_moved, n_schur = base.shape[1], cross.shape[1], moved.shape[1], schur.shape[1]
    for i in range(1, k + 1):
        for a in range(width):
            moved[i, a] = 0.0
    add_matrix_product(moved, n_moved, n_moved, base, n_base + 1, n_base, 1, cross, n_cross, n_cross, k, width, k, 1.0)
    for c in range(width):
        schur[0, c] = cross[0, c]
    for a in range(1, n_new + 1):
        for c in range(width):
            schur[a, c] = products[a, c]
    add_matrix_product(schur, 0, 0, base, 1, 0, 1, cross, n_cross, n_cross, 1, width, k, -1.0)
    add_matrix_product(
        schur, n_schur, n_schur, cross, n_cross + 1, 1, n_cross, moved, n_moved, n_moved, n_new, width, k, -1.0
    )
    schur[0, 0] = 0.0
    for a in range(1, n_new + 1):
        schur[a, 0] = schur[0, a]


@compiled
def solve_in_place(schur: FloatArray, n_new: int, floors: FloatArray, share: float, gamma: FloatArray) -> bool:
    """Coefficients g = S^-1 (B'y - C'b) of a block from `border`, by elimination; ``schur`` is used up.

    Returns False when a pivot is at or below its share of the column's variation.
    """
    width = padded(n_new + 1)
    step = schur.shape[1]
    for m in range(1, n_new + 1):
        pivot = schur[m, m]
        if not pivot > share * floors[m]:
            return False
        at = m * step
        below = at + step
        add_outer_product(schur, below, step, schur, at + m + 1, schur, at, n_new - m, width, -1.0 / pivot)
    for m in range(n_new, 0, -1):
        total = schur[m, 0]
        for a in range(m + 1, n_new + 1):
            total -= schur[m, a] * gamma[a]
        gamma[m] = total / schur[m, m]
    return True


@compiled
def joint_stage_rss(
    rows: FloatArray,
    k: int,
    state: FloatArray,
    held_out: FloatArray,
    in_sample: FloatArray,
    block: FloatArray,
    products: FloatArray,
    floors: FloatArray,
    n_new: int,
    bounds: IntArray,
    n_folds: int,
    order: IntArray,
    limit: float,
    scratch: Scratch,
) -> tuple[float, bool]:
    """Cross-validated RSS of an equation with one more block, or infinity once it must exceed ``limit``.

    With g and A C from `border`, a held-out residual is e - B g + X A C g, where e is the equation's own: ``held_out``,
    or ``in_sample`` under the whole sample's coefficients. Each fold's left-out residuals are at least as large as its
    in-sample ones, which bounds the folds still to come; ``order`` puts those first that are likely to add most.

    Returns (rss, settled); not settled where a sample is so nearly singular that it needs the careful route.
    """
    width = block.shape[1]
    crosses, moved, schur, gamma, fold_sums = (
        scratch.crosses,
        scratch.moved,
        scratch.schur,
        scratch.gamma,
        scratch.fold_sums,
    )
    fill_cross_products(rows, k, block, bounds, n_folds, crosses)
    for a in range(width):
        gamma[a] = 0.0
    total = 0.0
    for pick in range(n_folds + 1):
        f = n_folds if pick == 0 else order[pick - 1]  # the whole sample first: its residuals bound the folds'
        border(state[f], k, crosses[f], products[f], n_new, moved, schur)
        share = DEPENDENT if f == n_folds else ILL_CONDITIONED
        if not solve_in_place(schur, n_new, floors, share, gamma):
            return np.inf, False
        for i in range(1, k + 1):
            shift = 0.0
            for a in range(width):
                shift += moved[i, a] * gamma[a]
            scratch.shift[i] = shift
        if f == n_folds:
            for g in range(n_folds):
                fold_sums[g] = squares_with_block(
                    in_sample, rows, k, block, gamma, scratch.shift, bounds[g], bounds[g + 1]
                )
                total += fold_sums[g]
        else:
            left_out = squares_with_block(held_out, rows, k, block, gamma, scratch.shift, bounds[f], bounds[f + 1])
            total += left_out - fold_sums[f]
        if total > limit:
            return np.inf, True
    return total, True


@compiled
def squares_with_block(
    residuals: FloatArray,
    rows: FloatArray,
    k: int,
    block: FloatArray,
    gamma: FloatArray,
    shift: FloatArray,
    start: int,
    stop: int,
) -> float:
    """Sum over rows start..stop-1 of (e - B g + X shift)^2, with e the residuals and g = ``gamma``."""
    width = block.shape[1]
    total = 0.0
    for t in range(start, stop):
        less = 0.0
        for a in range(width):
            less += gamma[a] * block[t, a]
        more = 0.0
        for i in range(1, k + 1):
            more += shift[i] * rows[t, i]
        e = residuals[t] - less + more
        total += e * e
    return total


@compiled
def add_block(
    rows: FloatArray,
    k: int,
    state: FloatArray,
    floors: FloatArray,
    block: FloatArray,
    products: FloatArray,
    block_floors: FloatArray,
    n_new: int,
    bounds: IntArray,
    n_folds: int,
    scratch: Scratch,
) -> bool:
    """Append columns 1..n_new of a block to an equation, in place, by bordering each sample's inverse.

    A + A C S^-1 C'A on the old columns, -A C S^-1 across, S^-1 on the new; b - A C g and g. Returns False, with the
    states no longer usable, when a sample is nearly singular: the equation must then be set up from nothing.
    """
    width = block.shape[1]
    old_width = padded(k + 1)
    new_width = padded(k + n_new + 1)
    crosses, moved, schur, turned = scratch.crosses, scratch.moved, scratch.schur, scratch.turned
    n_cross, n_moved, n_schur, n_turned, n_base = (
        crosses.shape[2], moved.shape[1], schur.shape[1], turned.shape[1], state.shape[2]
    )  # fmt: skip
    fill_cross_products(rows, k, block, bounds, n_folds, crosses)
    for f in range(n_folds + 1):
        base = state[f]
        border(base, k, crosses[f], products[f], n_new, moved, schur)
        share = DEPENDENT if f == n_folds else ILL_CONDITIONED
        if sweep_in(schur, n_new + 1, 1, n_new + 1, block_floors, share) >= 0:
            return False
        for i in range(k + n_new + 1):
            for j in range(old_width if i <= k else 0, new_width):
                base[i, j] = 0.0
        across = crosses[f]  # free now: it takes - A C S^-1
        for i in range(1, k + 1):
            for c in range(width):
                across[i, c] = 0.0
        add_matrix_product(
            across, n_cross, n_cross, moved, n_moved + 1, n_moved, 1, schur, n_schur, n_schur, k, width, n_new, 1.0
        )
        for i in range(1, k + 1):
            total = 0.0
            for a in range(1, n_new + 1):
                base[i, k + a] = across[i, a]
                base[k + a, i] = across[i, a]
                total += moved[i, a] * schur[0, a]
            base[0, i] -= total
        for a in range(1, n_new + 1):
            for j in range(old_width):
                turned[a, j] = moved[j, a] if 0 < j <= k else 0.0
        add_matrix_product(
            base, n_base, n_base, across, n_cross + 1, n_cross, 1, turned, n_turned, n_turned, k, old_width, n_new, -1.0
        )
        for i in range(1, k + 1):
            base[i, 0] = base[0, i]
        for a in range(1, n_new + 1):
            base[0, k + a] = schur[0, a]
            base[k + a, 0] = schur[0, a]
            for c in range(1, n_new + 1):
                base[k + a, k + c] = -schur[a, c]
        base[0, 0] += schur[0, 0]
    for a in range(1, n_new + 1):
        floors[k + a] = block_floors[a]
    for t in range(rows.shape[0]):
        for a in range(1, n_new + 1):
            rows[t, k + a] = block[t, a]
        for j in range(k + n_new + 1, new_width):
            rows[t, j] = 0.0
    return True

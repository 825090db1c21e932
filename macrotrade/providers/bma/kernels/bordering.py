"""Set a block beside an equation by bordering its inverses: to judge the pair, or to make the block part of it."""

from __future__ import annotations

import numpy as np

from macrotrade._typing import FloatArray, IntArray
from macrotrade.providers.bma.kernels.compiled import compiled
from macrotrade.providers.bma.kernels.sweeping import DEPENDENT, ILL_CONDITIONED, padded, sweep_in
from macrotrade.providers.bma.kernels.task import Scratch

__all__ = ["add_block", "add_cross_products", "border", "joint_stage_rss", "squares_with_block"]


@compiled
def add_cross_products(
    rows: FloatArray, k: int, block: FloatArray, start: int, stop: int, weight: float, out: FloatArray
) -> None:
    """Add ``weight`` times the products of [y, regressors] with a block over rows start..stop-1 to ``out``."""
    width = block.shape[1]
    for t in range(start, stop):
        row = block[t]
        for i in range(k + 1):
            scaled = weight * rows[t, i]
            into = out[i]
            for a in range(width):
                into[a] += scaled * row[a]


@compiled
def border(
    base: FloatArray,
    k: int,
    cross: FloatArray,
    products: FloatArray,
    n_new: int,
    floors: FloatArray,
    share: float,
    moved: FloatArray,
    schur: FloatArray,
) -> bool:
    """Regress a block on an equation in one training sample, and y's remainder on what is left of the block.

    With A, b the equation's inverse and coefficients (``base``) and C = X'B (``cross``, row 0 for y), fills ``moved``
    with A C and sweeps S = B'B - C'AC: ``schur`` then holds the block's coefficients g = S^-1 (B'y - C'b) in row 0,
    -S^-1 in the rest, and minus the gain in its corner. Returns False when a pivot is at or below its share of the
    column's variation.
    """
    width = products.shape[1]
    for i in range(1, k + 1):
        into = moved[i]
        for a in range(width):
            into[a] = 0.0
        row = base[i]
        for j in range(1, k + 1):
            weight = row[j]
            source = cross[j]
            for a in range(width):
                into[a] += weight * source[a]
    for a in range(1, n_new + 1):
        for c in range(width):
            schur[a, c] = products[a, c]
    for c in range(width):
        schur[0, c] = cross[0, c]
    for i in range(1, k + 1):
        weight = base[0, i]
        source = cross[i]
        for c in range(width):
            schur[0, c] -= weight * source[c]
        into = moved[i]
        for a in range(1, n_new + 1):
            weight = source[a]
            row = schur[a]
            for c in range(width):
                row[c] -= weight * into[c]
    schur[0, 0] = 0.0
    for a in range(1, n_new + 1):
        schur[a, 0] = schur[0, a]
    return sweep_in(schur, n_new + 1, 1, n_new + 1, floors, share) < 0


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
    limit: float,
    scratch: Scratch,
) -> tuple[float, bool]:
    """Cross-validated RSS of an equation with one more block, or infinity once it must exceed ``limit``.

    With g and A C from `border`, a held-out residual is e - B g + X A C g, where e is the equation's own: ``held_out``,
    or ``in_sample`` under the whole sample's coefficients. Each fold's left-out residuals are at least as large as its
    in-sample ones, which bounds the folds still to come.

    Returns (rss, settled); not settled where a sample is so nearly singular that it needs the careful route.
    """
    width = block.shape[1]
    cross_all, cross, moved, schur = scratch.cross_all, scratch.cross, scratch.moved, scratch.schur
    gamma, fold_sums = scratch.gamma, scratch.fold_sums
    for i in range(k + 1):
        for a in range(width):
            cross_all[i, a] = 0.0
    add_cross_products(rows, k, block, 0, rows.shape[0], 1.0, cross_all)
    total = 0.0
    for pick in range(n_folds + 1):
        f = n_folds if pick == 0 else pick - 1  # the whole sample first: its residuals bound the folds'
        for i in range(k + 1):
            for a in range(width):
                cross[i, a] = cross_all[i, a]
        if f < n_folds:
            add_cross_products(rows, k, block, bounds[f], bounds[f + 1], -1.0, cross)
        share = DEPENDENT if f == n_folds else ILL_CONDITIONED
        if not border(state[f], k, cross, products[f], n_new, floors, share, moved, schur):
            return np.inf, False
        for a in range(width):
            gamma[a] = schur[0, a] if 0 < a <= n_new else 0.0
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
        row = block[t]
        less = 0.0
        for a in range(width):
            less += gamma[a] * row[a]
        regressors = rows[t]
        more = 0.0
        for i in range(1, k + 1):
            more += shift[i] * regressors[i]
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
    cross_all, cross, moved, schur, turned = (
        scratch.cross_all,
        scratch.cross,
        scratch.moved,
        scratch.schur,
        scratch.turned,
    )
    for i in range(k + 1):
        for a in range(width):
            cross_all[i, a] = 0.0
    add_cross_products(rows, k, block, 0, rows.shape[0], 1.0, cross_all)
    for f in range(n_folds + 1):
        for i in range(k + 1):
            for a in range(width):
                cross[i, a] = cross_all[i, a]
        if f < n_folds:
            add_cross_products(rows, k, block, bounds[f], bounds[f + 1], -1.0, cross)
        share = DEPENDENT if f == n_folds else ILL_CONDITIONED
        base = state[f]
        if not border(base, k, cross, products[f], n_new, block_floors, share, moved, schur):
            return False
        for a in range(1, n_new + 1):
            for j in range(old_width):
                turned[a, j] = 0.0
            for j in range(1, k + 1):
                turned[a, j] = moved[j, a]
        for i in range(k + n_new + 1):
            for j in range(old_width if i <= k else 0, new_width):
                base[i, j] = 0.0
        for i in range(1, k + 1):
            into = cross[i]  # free now: it takes a row of A C S^-1
            for c in range(width):
                into[c] = 0.0
            for a in range(1, n_new + 1):
                weight = -moved[i, a]
                row = schur[a]
                for c in range(width):
                    into[c] += weight * row[c]
            row = base[i]
            for a in range(1, n_new + 1):
                weight = into[a]
                against = turned[a]
                for j in range(old_width):
                    row[j] += weight * against[j]
            total = 0.0
            for a in range(1, n_new + 1):
                row[k + a] = -into[a]
                base[k + a, i] = -into[a]
                total += moved[i, a] * schur[0, a]
            base[0, i] -= total
            row[0] = base[0, i]
        for a in range(1, n_new + 1):
            base[0, k + a] = schur[0, a]
            base[k + a, 0] = schur[0, a]
            for c in range(1, n_new + 1):
                base[k + a, k + c] = -schur[a, c]
        base[0, 0] += schur[0, 0]
    for a in range(1, n_new + 1):
        floors[k + a] = block_floors[a]
    for t in range(rows.shape[0]):
        row = rows[t]
        for a in range(1, n_new + 1):
            row[k + a] = block[t, a]
        for j in range(k + n_new + 1, new_width):
            row[j] = 0.0
    return True

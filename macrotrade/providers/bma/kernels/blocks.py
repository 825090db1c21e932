"""What a candidate's block of lags would do for an equation, judged without building the equation.

A block is [1, lag 1, ..., lag q, lag 0] of one series, one row an observation, padded with zeros to whole vectors.
Its cross products over each training sample do not depend on the equation and are computed once.
"""

from __future__ import annotations

import numpy as np
from numba import prange

from macrotrade._typing import BoolArray, FloatArray, IntArray
from macrotrade.providers.bma.kernels.compiled import compiled, compiled_parallel
from macrotrade.providers.bma.kernels.lanes import add_matrix_product
from macrotrade.providers.bma.kernels.sweeping import DEPENDENT, ILL_CONDITIONED, padded, settle_signs, sweep_in

__all__ = ["add_products", "lay_out_blocks", "prepare_blocks", "residual_stage_rss"]


@compiled_parallel
def lay_out_blocks(columns: FloatArray, needed: BoolArray, stride: int, q: int) -> FloatArray:
    """Blocks (n_series, n, width) of the series that are ``needed``."""
    n_series = needed.shape[0]
    n = columns.shape[1]
    width = padded(q + 2)
    blocks = np.zeros((n_series, n, width))
    for j in prange(n_series):
        if needed[j]:
            for t in range(n):
                blocks[j, t, 0] = 1.0
                blocks[j, t, q + 1] = columns[j * stride, t]
                for d in range(1, q + 1):
                    blocks[j, t, d] = columns[j * stride + d, t]
    return blocks


@compiled_parallel
def prepare_blocks(
    blocks: FloatArray, needed: BoolArray, q: int, fold_bounds: IntArray, fold_counts: IntArray
) -> tuple[FloatArray, FloatArray, BoolArray, FloatArray]:
    """Cross products and inverses of every block over every training sample, the whole one last.

    Parameters
    ----------
    blocks, needed : from `lay_out_blocks`, and (n_series,) the series whose blocks are wanted.

    Returns
    -------
    products : (n_schemes, n_series, folds + 1, width, width).
    inverses : the same of [1, block], where ``usable`` (n_schemes, n_series): no sample is nearly singular.
    floors : (n_series, width) variation of each column about its mean.
    """
    n_series, n, width = blocks.shape
    n_schemes = fold_counts.shape[0]
    most = fold_bounds.shape[1]
    products = np.zeros((n_schemes, n_series, most, width, width))
    inverses = np.zeros((n_schemes, n_series, most, width, width))
    usable = np.zeros((n_schemes, n_series), dtype=np.bool_)
    floors = np.zeros((n_series, width))
    for j in prange(n_series):
        if not needed[j]:
            continue
        swept = np.zeros((q + 3, padded(q + 3)))
        shifted_floors = np.empty(q + 3)
        for scheme in range(n_schemes):
            n_folds = fold_counts[scheme]
            out = products[scheme, j]
            whole = out[n_folds]
            for f in range(n_folds):
                add_products(blocks[j], fold_bounds[scheme, f], fold_bounds[scheme, f + 1], out[f])
                for a in range(width):
                    for b in range(width):
                        whole[a, b] += out[f, a, b]
            for f in range(n_folds):
                for a in range(width):
                    for b in range(width):
                        out[f, a, b] = whole[a, b] - out[f, a, b]
            shifted_floors[1] = n
            for a in range(1, q + 2):
                floors[j, a] = whole[a, a] - whole[0, a] * whole[0, a] / n
                shifted_floors[a + 1] = floors[j, a]
            usable[scheme, j] = True
            for f in range(n_folds + 1):
                for a in range(q + 2):
                    swept[0, a + 1] = 0.0
                    swept[a + 1, 0] = 0.0
                    for b in range(q + 2):
                        swept[a + 1, b + 1] = out[f, a, b]
                share = DEPENDENT if f == n_folds else ILL_CONDITIONED
                if sweep_in(swept, q + 3, 1, q + 3, shifted_floors, share) >= 0:
                    usable[scheme, j] = False
                    break
                settle_signs(swept, q + 3)
                for a in range(q + 2):
                    for b in range(q + 2):
                        inverses[scheme, j, f, a, b] = swept[a + 1, b + 1]
    return products, inverses, usable, floors


@compiled
def add_products(rows: FloatArray, start: int, stop: int, out: FloatArray) -> None:
    """Add the cross products of rows start..stop-1 to ``out``."""
    width = out.shape[0]
    row = rows.shape[1]
    first = start * row
    add_matrix_product(out, 0, width, rows, first, 1, row, rows, first, row, width, width, stop - start, 1.0)


@compiled
def residual_stage_rss(
    residuals: FloatArray,
    block: FloatArray,
    inverses: FloatArray,
    q: int,
    bounds: IntArray,
    n_folds: int,
    limit: float,
    work: FloatArray,
) -> float:
    """Cross-validated RSS of an equation's residuals on [1, block], or infinity once it must exceed ``limit``.

    The in-sample sum e'e - c'Ac bounds the cross-validated one from below. ``inverses`` are the block's from
    `prepare_blocks`; ``work`` is (>= folds + 2, width).
    """
    width = block.shape[1]
    whole = work[n_folds]
    b = work[n_folds + 1]
    step = work.shape[1]
    for a in range(width):
        whole[a] = 0.0
    squares = 0.0
    for f in range(n_folds):
        for a in range(width):
            work[f, a] = 0.0
        start = bounds[f]
        n_fold = bounds[f + 1] - start
        add_matrix_product(
            work, f * step, 0, residuals, start, 0, 1, block, start * width, width, 1, width, n_fold, 1.0
        )
        for t in range(start, start + n_fold):
            squares += residuals[t] * residuals[t]
        for a in range(width):
            whole[a] += work[f, a]
    explained = 0.0
    for a in range(q + 2):
        for c in range(width):
            explained += inverses[n_folds, a, c] * whole[c] * whole[a]
    if squares - explained > limit:
        return np.inf
    rss = 0.0
    for f in range(n_folds):
        for c in range(width):
            work[f, c] = whole[c] - work[f, c]
            b[c] = 0.0
        add_matrix_product(
            work,
            (n_folds + 1) * step,
            0,
            work,
            f * step,
            0,
            1,
            inverses,
            f * width * width,
            width,
            1,
            width,
            q + 2,
            1.0,
        )
        for t in range(bounds[f], bounds[f + 1]):
            e = residuals[t]
            for a in range(width):
                e -= b[a] * block[t, a]
            rss += e * e
        if rss > limit:
            return np.inf
    return rss

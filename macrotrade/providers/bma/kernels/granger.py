"""Granger causality of every ordered pair of series, as partitioned regressions on shared Gram matrices.

For effect i with own lags 1..p and cause j with lags 1..q and then 0, all columns centred over the n rows t = m..T-1:

    L L' = X_i' X_i,   g = L^-1 X_i' y,   rr = y'y - g'g                    (own lags alone)
    C = L^-1 X_i' X_j,  S = X_j' X_j - C'C = K K',  w = K^-1 (X_j' y - C' g)
    rss(own lags and the first k columns of the cause) = rr - w_1^2 - ... - w_k^2

The cross products of lags a, b follow from those of lags a-1, b-1 by adding one row's product and dropping one.
Series lie along the last axis, so each step runs over many causes at once.
"""

from __future__ import annotations

import numpy as np
from numba import prange

from macrotrade._typing import BoolArray, FloatArray
from macrotrade.providers.bma.kernels.compiled import compiled, compiled_parallel
from macrotrade.providers.bma.kernels.lanes import LANES, less_combination, less_products

__all__ = [
    "block_products",
    "exact_gain",
    "lag_products",
    "lag_sums",
    "partitioned",
    "partitioned_gains",
    "stronger_of_two",
]


def partitioned(
    values: FloatArray, presample: int, p: int, q: int, n_tested: int, floor: float
) -> tuple[FloatArray, FloatArray, FloatArray, BoolArray]:
    """`partitioned_gains` from the standardised series alone: ``values``, shape (n_periods, n_series).

    Rows from ``presample`` on are the observations; ``n_tested`` and ``floor`` as there.
    """
    longest = max(p, q)
    n_series = values.shape[1]
    padded = np.zeros((len(values), -(-n_series // LANES) * LANES))
    padded[:, :n_series] = values
    products = lag_products(padded, presample, longest)
    turned = np.ascontiguousarray(products.transpose(0, 2, 1))
    sums = lag_sums(padded, presample, longest)
    blocks = block_products(padded, products, sums, presample, longest)
    restricted, tested, whole, doubtful = partitioned_gains(
        padded, products, turned, sums, blocks, n_series, presample, p, q, n_tested, floor
    )
    return restricted, tested[:, :n_series], whole[:, :n_series], doubtful[:, :n_series]


def lag_products(values: FloatArray, presample: int, n_lags: int) -> FloatArray:
    """H[d, i, j] = sum over t = presample..T-1 of x_i[t] x_j[t-d], d = 0..n_lags."""
    n_periods = len(values)
    now = np.ascontiguousarray(values[presample:].T)
    return np.stack([now @ values[presample - d : n_periods - d] for d in range(n_lags + 1)])


def lag_sums(values: FloatArray, presample: int, n_lags: int) -> FloatArray:
    """s[d, j] = sum over t = presample..T-1 of x_j[t-d], d = 0..n_lags."""
    n_periods = len(values)
    return np.stack([values[presample - d : n_periods - d].sum(axis=0) for d in range(n_lags + 1)])


@compiled
def block_products(values: FloatArray, products: FloatArray, sums: FloatArray, presample: int, q: int) -> FloatArray:
    """Centred Gram matrix of each series' lags 0..q, shape (q + 1, q + 1, n_series).

    ``values`` (n_periods, n_series), of which rows from ``presample`` on are the observations; ``products`` and
    ``sums`` from `lag_products` and `lag_sums` to lag q or beyond.
    """
    n_periods, n_series = values.shape
    n = n_periods - presample
    out = np.empty((q + 1, q + 1, n_series))
    for b in range(q + 1):
        for j in range(n_series):
            out[0, b, j] = products[b, j, j]
    for a in range(1, q + 1):
        for b in range(a, q + 1):
            for j in range(n_series):
                out[a, b, j] = (
                    out[a - 1, b - 1, j]
                    + values[presample - a, j] * values[presample - b, j]
                    - values[n_periods - a, j] * values[n_periods - b, j]
                )
    for a in range(q + 1):
        for b in range(a, q + 1):
            for j in range(n_series):
                out[a, b, j] -= sums[a, j] * sums[b, j] / n
                out[b, a, j] = out[a, b, j]
    return out


@compiled_parallel
def partitioned_gains(
    values: FloatArray,
    products: FloatArray,
    turned: FloatArray,
    sums: FloatArray,
    blocks: FloatArray,
    n_series: int,
    presample: int,
    p: int,
    q: int,
    n_tested: int,
    floor: float,
) -> tuple[FloatArray, FloatArray, FloatArray, BoolArray]:
    """Restricted residual sums of squares and what each cause's block takes off them.

    Parameters
    ----------
    values : (n_periods, n_padded) standardised series and columns of zeros up to a multiple of `LANES`.
    turned : ``products`` with causes and effects exchanged.
    products, sums : from `lag_products` and `lag_sums` to lag max(p, q).
    blocks : from `block_products`.
    n_series, presample : columns that are series; rows before the first observation.
    n_tested : columns of the block (lags 1..n_tested) in the first gain; the second takes the whole block.
    floor : a pivot below this share of its column's variation marks the pair as doubtful.

    Returns
    -------
    restricted : (n_series,), own lags alone.
    tested, whole : (n_series, n_padded), ``[effect, cause]``.
    doubtful : (n_series, n_padded) booleans: nearly collinear, or nearly a perfect fit.
    """
    n_periods, n_padded = values.shape
    n = n_periods - presample
    restricted = np.empty(n_series)
    tested = np.zeros((n_series, n_padded))
    whole = np.zeros((n_series, n_padded))
    doubtful = np.zeros((n_series, n_padded), dtype=np.bool_)
    for i in prange(n_series):
        own = np.empty((p, p))
        g = np.empty(p)
        weights = np.empty((p + 1, p + 1))
        good = True
        for a in range(p):
            for b in range(a + 1):
                total = blocks[a + 1, b + 1, i]
                for c in range(b):
                    total -= own[a, c] * own[b, c]
                if a == b:
                    if not total > floor * blocks[a + 1, a + 1, i]:
                        good = False
                        total = 1.0
                    own[a, a] = np.sqrt(total)
                else:
                    own[a, b] = total / own[b, b]
            total = products[a + 1, i, i] - sums[0, i] * sums[a + 1, i] / n
            for c in range(a):
                total -= own[a, c] * g[c]
            g[a] = total / own[a, a]
        left = blocks[0, 0, i]
        for a in range(p):
            left -= g[a] * g[a]
        restricted[i] = left
        if not left > floor * blocks[0, 0, i]:
            good = False

        for a in range(p + 1):  # how own lag a, and y in row 0, lean on the mean and on the own lags before
            weights[a, 0] = sums[a, i] / n
            for c in range(1, a):
                weights[a, c] = own[a - 1, c - 1]
            weights[0, a] = g[a - 1] if a > 0 else sums[0, i] / n

        raw = np.empty((q + 1, LANES))
        stack = np.empty((q + 1, p + q + 2, LANES))
        w = np.empty((q + 1, LANES))
        bad = np.empty(LANES, dtype=np.bool_)
        row = (p + q + 2) * LANES
        for first in range(0, n_padded, LANES):
            last = min(first + LANES, n_padded)
            for b in range(q + 1):
                r = b - 1 if b > 0 else q
                for j in range(first, last):
                    raw[b, j - first] = products[b, i, j]
                    stack[r, 0, j - first] = sums[b, j]
                less_combination(w, r * LANES, raw, b * LANES, weights, 0, stack, r * row, LANES, 1)
            for a in range(1, p + 1):
                entering = values[presample - a, i]
                leaving = values[n_periods - a, i]
                inverse = 1.0 / own[a - 1, a - 1]
                for b in range(q, -1, -1):
                    r = b - 1 if b > 0 else q
                    if b == 0:
                        for j in range(first, last):
                            raw[0, j - first] = turned[a, i, j]
                    else:
                        for j in range(first, last):
                            raw[b, j - first] = (
                                raw[b - 1, j - first]
                                + entering * values[presample - b, j]
                                - leaving * values[n_periods - b, j]
                            )
                    at = r * row + a * LANES
                    less_combination(stack, at, raw, b * LANES, weights, a * (p + 1), stack, r * row, LANES, a)
                    for j in range(last - first):
                        stack[r, a, j] *= inverse
            # Rows of the block: lags 1..q, then lag 0.
            for j in range(last - first):
                bad[j] = False
            for r in range(q + 1):
                lag_r = r + 1 if r < q else 0
                for s in range(r + 1):
                    lag_s = s + 1 if s < q else 0
                    at = r * row + (p + 1 + s) * LANES
                    start = (lag_r * (q + 1) + lag_s) * n_padded + first
                    less_products(
                        stack, at, blocks, start, stack, r * row + LANES, stack, s * row + LANES, LANES, p + s
                    )
                    if s < r:
                        for j in range(last - first):
                            stack[r, p + 1 + s, j] *= stack[s, p + 1 + s, j]
                diagonal = p + 1 + r
                for j in range(last - first):
                    pivot = stack[r, diagonal, j]
                    low = not pivot > floor * blocks[lag_r, lag_r, first + j]
                    bad[j] |= low
                    stack[r, diagonal, j] = 1.0 / np.sqrt(1.0 if low else pivot)
                less_combination(w, r * LANES, w, r * LANES, weights, 1, stack, r * row + LANES, LANES, p)
                less_products(w, r * LANES, w, r * LANES, stack, r * row + (p + 1) * LANES, w, 0, LANES, r)
                for j in range(last - first):
                    w[r, j] *= stack[r, diagonal, j]
            for j in range(last - first):
                gain = 0.0
                for r in range(n_tested):
                    gain += w[r, j] * w[r, j]
                tested[i, first + j] = gain
                for r in range(n_tested, q + 1):
                    gain += w[r, j] * w[r, j]
                whole[i, first + j] = gain
                doubtful[i, first + j] = bad[j] or not good or not left - gain > floor * left
        tested[i, i] = 0.0
        whole[i, i] = 0.0
        doubtful[i, i] = False
    return restricted, tested, whole, doubtful


def exact_gain(y: FloatArray, own: FloatArray, block: FloatArray) -> tuple[float, float, int]:
    """Gain, residual sum of squares and rank of a doubtful pair by orthogonal decomposition.

    Columns that the others explain to within rounding take no degree of freedom.
    """
    both = np.hstack([own, block])
    restricted = _residual_sum(y, own)
    free = _residual_sum(y, both)
    return max(restricted - free, 0.0), free, int(np.linalg.matrix_rank(both))


def _residual_sum(y: FloatArray, x: FloatArray) -> float:
    residuals = y - x @ np.linalg.lstsq(x, y, rcond=None)[0]
    return float(residuals @ residuals)


def stronger_of_two(f: FloatArray, passed: BoolArray) -> BoolArray:
    """Drop, of two directions that both pass, the one with the smaller F; a tie drops both."""
    return np.asarray(passed & ~(passed.T & (f <= f.T)))

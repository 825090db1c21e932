"""An equation under construction: set up, cross-validated, extended and cut back.

Regressors are rows of ``columns`` (n_codes, n). With L the longest lag, series j at lag d is row j (L + 1) + d; the
intercept, the seasonal dummies and the trend follow in that order. The equation is a stack of sweep states
(`sweeping`), one per training sample and one for the whole sample. When a training sample is so nearly singular that
its state would lose its digits, cross-validated sums are computed by orthogonal decomposition instead.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from macrotrade._typing import FloatArray, IntArray
from macrotrade.providers.bma.kernels.bordering import add_block
from macrotrade.providers.bma.kernels.compiled import compiled
from macrotrade.providers.bma.kernels.criteria import criterion_value
from macrotrade.providers.bma.kernels.sweeping import (
    DEPENDENT,
    DEPENDENT_IN_TRAINING,
    ILL_CONDITIONED,
    fill_products,
    held_out_rss,
    held_out_rss_orthogonal,
    held_out_rss_without,
    padded,
    settle_signs,
    sweep_in,
    sweep_out,
)
from macrotrade.providers.bma.kernels.task import Scratch

__all__ = ["Workspace", "close_gaps", "cross_validated", "delete_backward", "extend", "new_workspace", "set_up"]


class Workspace(NamedTuple):
    """Memory in which one equation is built.

    ``rows`` (n, capacity + 1) is y and the regressors in force, ``state`` their sweep states, ``floors`` the
    variation of each regressor, ``residuals`` the left-out ones of the equation in force.
    """

    rows: FloatArray
    state: FloatArray
    floors: FloatArray
    residuals: FloatArray
    basis: FloatArray
    column: FloatArray


@compiled
def new_workspace(n: int, capacity: int, most_folds: int) -> Workspace:
    """Empty workspace for n observations and at most ``capacity`` regressors."""
    width = padded(capacity + 1)
    return Workspace(
        np.zeros((n, width)),
        np.zeros((most_folds + 1, width, width)),
        np.empty(capacity + 2),
        np.empty(n),
        np.empty((capacity + 2, n)),
        np.empty(width),
    )


@compiled
def set_up(
    space: Workspace, columns: FloatArray, spread: FloatArray, codes: IntArray, k: int, bounds: IntArray, n_folds: int
) -> tuple[int, bool]:
    """Gather and sweep an equation; a regressor that the ones before it explain is dropped from ``codes``.

    Returns (k, sound): the regressors left, and whether every training sample is well conditioned.
    """
    rows, state, floors = space.rows, space.state, space.floors
    n = columns.shape[1]
    while True:
        for j in range(k):
            code = codes[j]
            floors[j + 1] = spread[code]
            for t in range(n):
                rows[t, j + 1] = columns[code, t]
        for t in range(n):
            for j in range(k + 1, padded(k + 1)):
                rows[t, j] = 0.0
        floors[1] = n
        fill_products(rows, k + 1, bounds, n_folds, state)
        stopped = sweep_in(state[n_folds], k + 1, 1, k + 1, floors, DEPENDENT)
        if stopped < 0:
            break
        for j in range(stopped - 1, k - 1):
            codes[j] = codes[j + 1]
        k -= 1
    settle_signs(state[n_folds], k + 1)
    for f in range(n_folds):
        if sweep_in(state[f], k + 1, 1, k + 1, floors, ILL_CONDITIONED) >= 0:
            return k, False
        settle_signs(state[f], k + 1)
    return k, True


@compiled
def cross_validated(space: Workspace, k: int, sound: bool, bounds: IntArray, n_folds: int) -> float:
    """Cross-validated RSS of the equation that was set up; its left-out residuals stay in the workspace."""
    if sound:
        return held_out_rss(space.rows, k + 1, bounds, n_folds, space.state, space.residuals, space.column)
    return held_out_rss_orthogonal(space.rows, k, 0, bounds, n_folds, space.floors, DEPENDENT_IN_TRAINING, space.basis)


@compiled
def extend(
    space: Workspace,
    scratch: Scratch,
    columns: FloatArray,
    spread: FloatArray,
    codes: IntArray,
    k: int,
    sound: bool,
    block: FloatArray,
    products: FloatArray,
    block_floors: FloatArray,
    n_new: int,
    bounds: IntArray,
    n_folds: int,
) -> tuple[int, bool]:
    """Bring into force the ``n_new`` codes behind the first k, which are columns 1..n_new of ``block``.

    Returns (k, sound) as `set_up`, which takes over where bordering would lose digits.
    """
    rows, state, floors = space.rows, space.state, space.floors
    if sound and add_block(rows, k, state, floors, block, products, block_floors, n_new, bounds, n_folds, scratch):
        return k + n_new, True
    return set_up(space, columns, spread, codes, k + n_new, bounds, n_folds)


@compiled
def delete_backward(
    space: Workspace,
    codes: IntArray,
    k: int,
    sound: bool,
    score: float,
    rss: float,
    kind: int,
    in_sample: bool,
    bounds: IntArray,
    n_folds: int,
) -> tuple[int, float, float]:
    """Delete the regressor of least |t| while that lowers the criterion. Returns (k, score, rss).

    ``score`` and ``rss`` are those of the equation as it comes, by criterion ``kind``, from ``in_sample`` residuals or
    from those left out. t_m^2 is proportional to b_m^2 / A_mm, which is also what its deletion adds to the in-sample
    RSS.
    """
    rows, state, floors, residuals = space.rows, space.state, space.floors, space.residuals
    n = rows.shape[0]
    size = k + 1  # places in the state; a deleted regressor leaves a place of zeros until `close_gaps`
    while k > 1:
        whole = state[n_folds]
        weakest = 2
        least = np.inf
        for m in range(2, size):
            if whole[m, m] > 0.0:
                squared_t = whole[0, m] * whole[0, m] / whole[m, m]
                if squared_t < least:
                    least = squared_t
                    weakest = m
        if in_sample:
            lower_rss = whole[0, 0] + least
        elif sound:
            lower_rss = held_out_rss_without(
                rows, size, weakest, bounds, n_folds, state, residuals, space.basis[0], space.column
            )
        else:
            lower_rss = held_out_rss_orthogonal(
                rows, k, weakest, bounds, n_folds, floors, DEPENDENT_IN_TRAINING, space.basis
            )
        lower = criterion_value(kind, lower_rss, k - 1, n)
        if not lower < score:
            break
        score = lower
        rss = lower_rss
        if sound and not in_sample:
            for t in range(n):
                residuals[t] = space.basis[0, t]
            for f in range(n_folds):
                sweep_out(state[f], size, weakest)
        sweep_out(state[n_folds], size, weakest)
        k -= 1
        if not sound or size > 2 * k:
            size = close_gaps(space, codes, size, n_folds)
    close_gaps(space, codes, size, n_folds)
    return k, score, rss


@compiled
def close_gaps(space: Workspace, codes: IntArray, size: int, n_folds: int) -> int:
    """Move what is left of an equation together; returns the places now in use."""
    rows, state, floors = space.rows, space.state, space.floors
    kept = np.empty(size, dtype=np.int64)
    count = 1
    kept[0] = 0
    for m in range(1, size):
        if state[n_folds, m, m] > 0.0:
            kept[count] = m
            count += 1
    if count == size:
        return size
    width = padded(size)
    for m in range(1, count):
        codes[m - 1] = codes[kept[m] - 1]
        floors[m] = floors[kept[m]]
    for f in range(n_folds + 1):
        for i in range(count):
            source = kept[i]
            for j in range(count):
                state[f, i, j] = state[f, source, kept[j]]
            for j in range(count, width):
                state[f, i, j] = 0.0
    for t in range(rows.shape[0]):
        for j in range(count):
            rows[t, j] = rows[t, kept[j]]
        for j in range(count, width):
            rows[t, j] = 0.0
    return count

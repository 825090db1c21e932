"""Forward selection and backward deletion of every equation, compiled (`equations` explains the codes)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit, prange

from macrotrade._typing import BoolArray, FloatArray, IntArray
from macrotrade.providers.bma.kernels.blocks import joint_stage_rss, residual_stage_rss
from macrotrade.providers.bma.kernels.criteria import criterion_value, largest_rss
from macrotrade.providers.bma.kernels.equations import cross_validated, delete_backward, new_workspace, set_up
from macrotrade.providers.bma.kernels.sweeping import FAST


class Task(NamedTuple):
    """Everything that building any of the equations reads.

    Parameters
    ----------
    columns, spread : (n_codes, n) standardised regressors and their variation about their means.
    stride : longest lag + 1; series j at lag d is code j * stride + d.
    p, q : own lags, and the last lag of a block.
    intercept : its code; ``n_seasons`` dummies follow it, and the last code is the trend.
    blocks, products, inverses, usable, floors : from `blocks.prepare_blocks`.
    fold_bounds, fold_counts : (n_schemes, most + 1), (n_schemes,).
    kind : criterion. share : parameters per observation at which forward selection pauses.
    joint : compare every block jointly. first_always : the first block enters whatever it does.
    """

    columns: FloatArray
    spread: FloatArray
    stride: int
    p: int
    q: int
    intercept: int
    n_seasons: int
    trend: bool
    final_in_sample: bool
    blocks: FloatArray
    products: FloatArray
    inverses: FloatArray
    usable: BoolArray
    floors: FloatArray
    fold_bounds: IntArray
    fold_counts: IntArray
    kind: int
    share: float
    joint: bool
    first_always: bool


class Scratch(NamedTuple):
    """Memory for judging candidates, beside the two workspaces."""

    in_sample: FloatArray
    cross_all: FloatArray
    cross: FloatArray
    moved: FloatArray
    schur: FloatArray
    gamma: FloatArray
    fold_sums: FloatArray
    moments: FloatArray


@njit(cache=True, error_model="numpy", fastmath=FAST, parallel=True)
def build_all(task, shares, order, candidate_starts, candidates, joint_in_sample, capacity):  # type: ignore[no-untyped-def]
    """Build the equations of the series in ``order``.

    Parameters
    ----------
    shares : (n_workers + 1,) where each worker's part of ``order`` begins; results do not depend on it.
    candidate_starts, candidates, joint_in_sample : candidates of each series in compressed rows, and the in-sample
        residual sum of own lags and the candidate's block (0 where unknown).

    Returns
    -------
    codes : (n_series, capacity + 1), each row's first k entries are the equation's regressors.
    numbers : (n_series, 4): k, the winning fold scheme, rss in-sample, rss cross-validated.
    """
    n = task.columns.shape[1]
    most_folds = task.fold_bounds.shape[1] - 1
    n_series = candidate_starts.shape[0] - 1
    width = task.blocks.shape[2]
    codes = np.zeros((n_series, capacity + 1), dtype=np.int64)
    numbers = np.zeros((n_series, 4))
    for worker in prange(shares.shape[0] - 1):
        space = new_workspace(n, capacity, most_folds)
        trial = new_workspace(n, capacity, most_folds)
        scratch = Scratch(
            np.empty(n),
            np.empty((capacity + 1, width)),
            np.empty((capacity + 1, width)),
            np.empty((capacity + 1, width)),
            np.empty((width, width)),
            np.empty(width),
            np.empty(most_folds),
            np.empty((most_folds + 2, width)),
        )
        for place in range(shares[worker], shares[worker + 1]):
            i = order[place]
            lo = candidate_starts[i]
            hi = candidate_starts[i + 1]
            build_one(task, space, trial, scratch, i, candidates[lo:hi], joint_in_sample[lo:hi], codes[i], numbers[i])
    return codes, numbers


@njit(cache=True, error_model="numpy", fastmath=FAST)
def build_one(task, space, trial, scratch, target, candidates, joint_in_sample, out_codes, out_numbers):  # type: ignore[no-untyped-def]
    """Build one equation with each fold scheme, keep the better, and take the closing steps."""
    y = task.columns[target * task.stride]
    for t in range(y.shape[0]):
        space.rows[t, 0] = y[t]
        trial.rows[t, 0] = y[t]
    codes = np.empty_like(out_codes)
    rss = np.inf
    k = 0
    scheme = 0
    for attempt in range(task.fold_counts.shape[0]):
        size, sum_left_out = alternate(task, space, trial, scratch, attempt, target, candidates, joint_in_sample, codes)
        if attempt == 0 or sum_left_out < rss:
            rss = sum_left_out
            k = size
            scheme = attempt
            for j in range(size):
                out_codes[j] = codes[j]
    k, in_sample, left_out = close(task, space, scheme, out_codes, k)
    out_numbers[0] = k
    out_numbers[1] = scheme
    out_numbers[2] = in_sample
    out_numbers[3] = left_out


@njit(cache=True, error_model="numpy", fastmath=FAST)
def alternate(task, space, trial, scratch, scheme, target, candidates, joint_in_sample, codes):  # type: ignore[no-untyped-def]
    """Forward selection and backward deletion in turn until nothing improves. Returns (k, cross-validated RSS)."""
    n = task.columns.shape[1]
    kind = task.kind
    n_folds = task.fold_counts[scheme]
    bounds = task.fold_bounds[scheme]
    before = np.empty_like(codes)
    remaining = np.ones(candidates.shape[0], dtype=np.bool_)
    n_remaining = candidates.shape[0]
    by_bound = np.argsort(joint_in_sample)
    as_given = np.arange(candidates.shape[0])
    unknown = np.zeros(candidates.shape[0])
    codes[0] = task.intercept
    for d in range(1, task.p + 1):
        codes[d] = target * task.stride + d
    k, sound = set_up(space, task.columns, task.spread, codes, task.p + 1, bounds, n_folds)
    score = criterion_value(kind, cross_validated(space, k, sound, bounds, n_folds), k, n)
    first = True
    while True:
        k_before = k
        score_before = score
        before[:k] = codes[:k]
        while n_remaining > 0 and k <= n * task.share:
            must_enter = first and task.first_always
            beat = np.inf if must_enter else score
            if first:
                entering = best_joint(
                    task, space, trial, scratch, scheme, codes, k, sound, candidates, remaining, by_bound,
                    joint_in_sample, beat,
                )
            elif task.joint:
                entering = best_joint(
                    task, space, trial, scratch, scheme, codes, k, sound, candidates, remaining, as_given, unknown, beat
                )
            else:
                entering = best_on_residuals(
                    task, space, trial, scratch, scheme, k, candidates, remaining, beat
                )
            if entering < 0:
                break
            first = False
            remaining[entering] = False
            n_remaining -= 1
            append_block(task, codes, k, candidates[entering])
            k, sound = set_up(space, task.columns, task.spread, codes, k + task.q + 1, bounds, n_folds)
            score = criterion_value(kind, cross_validated(space, k, sound, bounds, n_folds), k, n)
        k, score = delete_backward(space, codes, k, sound, score, kind, False, bounds, n_folds)
        if not score < score_before:
            k = k_before
            codes[:k] = before[:k]
            break
        if n_remaining == 0:
            break
    k, sound = set_up(space, task.columns, task.spread, codes, k, bounds, n_folds)
    return k, cross_validated(space, k, sound, bounds, n_folds)


@njit(cache=True, error_model="numpy", fastmath=FAST)
def close(task, space, scheme, codes, k):  # type: ignore[no-untyped-def]
    """Seasonal dummies, trend, and the deletion by in-sample criterion. Returns (k, rss, cross-validated rss)."""
    n = task.columns.shape[1]
    n_folds = task.fold_counts[scheme]
    bounds = task.fold_bounds[scheme]
    for step in range(2):
        added = 0
        if step == 0:
            added = task.n_seasons
            for s in range(added):
                codes[k + s] = task.intercept + 1 + s
        elif task.trend:
            added = 1
            codes[k] = task.columns.shape[0] - 1
        if added > 0:
            k, sound = set_up(space, task.columns, task.spread, codes, k + added, bounds, n_folds)
            score = criterion_value(task.kind, cross_validated(space, k, sound, bounds, n_folds), k, n)
            k, score = delete_backward(space, codes, k, sound, score, task.kind, False, bounds, n_folds)
    k, sound = set_up(space, task.columns, task.spread, codes, k, bounds, n_folds)
    if task.final_in_sample:
        score = criterion_value(task.kind, space.state[n_folds, 0, 0], k, n)
        k, score = delete_backward(space, codes, k, sound, score, task.kind, True, bounds, n_folds)
        k, sound = set_up(space, task.columns, task.spread, codes, k, bounds, n_folds)
    return k, space.state[n_folds, 0, 0], cross_validated(space, k, sound, bounds, n_folds)


@njit(cache=True, error_model="numpy")
def append_block(task, codes, k, series):  # type: ignore[no-untyped-def]
    """Put lags 1..q and then lag 0 of a series behind the first k codes."""
    for d in range(task.q):
        codes[k + d] = series * task.stride + d + 1
    codes[k + task.q] = series * task.stride


@njit(cache=True, error_model="numpy", fastmath=FAST)
def fill_in_sample_residuals(space, k, n_folds, out):  # type: ignore[no-untyped-def]
    """Residuals of the equation in force under its own whole-sample coefficients."""
    b = space.state[n_folds, 0]
    for t in range(out.shape[0]):
        row = space.rows[t]
        e = row[0]
        for j in range(1, k + 1):
            e -= b[j] * row[j]
        out[t] = e


@njit(cache=True, error_model="numpy", fastmath=FAST)
def best_joint(
    task, space, trial, scratch, scheme, codes, k, sound, candidates, remaining, visiting, in_sample_bounds, beat
):  # type: ignore[no-untyped-def]
    """The remaining candidate whose block beside the equation gives the least criterion below ``beat``, or -1.

    Candidates are visited in order of a bound that their cross-validated RSS cannot pass below.
    """
    n = task.columns.shape[1]
    n_folds = task.fold_counts[scheme]
    bounds = task.fold_bounds[scheme]
    size = k + task.q + 1
    fill_in_sample_residuals(space, k, n_folds, scratch.in_sample)
    entering = -1
    least = beat
    limit = largest_rss(task.kind, least, size, n)
    for c in visiting:
        if not remaining[c] or in_sample_bounds[c] * (1.0 - 1e-9) > limit:
            continue
        series = candidates[c]
        settled = False
        parameters = size
        rss = np.inf
        if sound:
            rss, settled = joint_stage_rss(
                space.rows, k, space.state, space.residuals, scratch.in_sample, task.blocks[series],
                task.products[scheme, series], task.floors[series], task.q, bounds, n_folds, limit,
                scratch.cross_all, scratch.cross, scratch.moved, scratch.schur, scratch.gamma, scratch.fold_sums,
            )
        if not settled:
            rss, parameters = careful_rss(task, trial, scheme, codes, k, series)
        value = criterion_value(task.kind, rss, parameters, n)
        if value < least or (value == least and entering > c):
            least = value
            entering = c
            limit = largest_rss(task.kind, least, size, n)
    return entering


@njit(cache=True, error_model="numpy", fastmath=FAST)
def best_on_residuals(task, space, trial, scratch, scheme, k, candidates, remaining, beat):  # type: ignore[no-untyped-def]
    """The remaining candidate whose block explains the equation's residuals best, below ``beat``, or -1."""
    n = task.columns.shape[1]
    n_folds = task.fold_counts[scheme]
    bounds = task.fold_bounds[scheme]
    size = k + task.q + 1
    fill_in_sample_residuals(space, k, n_folds, scratch.in_sample)
    entering = -1
    least = beat
    limit = largest_rss(task.kind, least, size, n)
    for c in range(candidates.shape[0]):
        if not remaining[c]:
            continue
        series = candidates[c]
        if task.usable[scheme, series]:
            rss = residual_stage_rss(
                scratch.in_sample, task.blocks[series], task.inverses[scheme, series], task.q, bounds, n_folds, limit,
                scratch.moments,
            )
        else:
            for t in range(n):
                trial.rows[t, 0] = scratch.in_sample[t]
            intercept = np.full(1, task.intercept)
            rss, _ = careful_rss(task, trial, scheme, intercept, 1, series)
            for t in range(n):
                trial.rows[t, 0] = space.rows[t, 0]
        value = criterion_value(task.kind, rss, size, n)
        if value < least:
            least = value
            entering = c
            limit = largest_rss(task.kind, least, size, n)
    return entering


@njit(cache=True, error_model="numpy", fastmath=FAST)
def careful_rss(task, trial, scheme, base, k, series):  # type: ignore[no-untyped-def]
    """Cross-validated RSS and parameters of an equation with one more block, set up from nothing."""
    codes = np.empty(k + task.q + 1, dtype=np.int64)
    codes[:k] = base[:k]
    append_block(task, codes, k, series)
    bounds = task.fold_bounds[scheme]
    n_folds = task.fold_counts[scheme]
    size, sound = set_up(trial, task.columns, task.spread, codes, k + task.q + 1, bounds, n_folds)
    return cross_validated(trial, size, sound, bounds, n_folds), size

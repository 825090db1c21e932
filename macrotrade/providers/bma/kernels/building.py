"""Forward selection and backward deletion of every equation, compiled (`equations` explains the codes)."""

from __future__ import annotations

import numpy as np
from numba import prange

from macrotrade._typing import FloatArray, IntArray
from macrotrade.providers.bma.kernels.choosing import append_block, best_joint, best_on_residuals, fill_rising
from macrotrade.providers.bma.kernels.compiled import compiled, compiled_parallel
from macrotrade.providers.bma.kernels.criteria import criterion_value
from macrotrade.providers.bma.kernels.equations import (
    Workspace,
    cross_validated,
    delete_backward,
    extend,
    new_workspace,
    set_up,
)
from macrotrade.providers.bma.kernels.sweeping import padded
from macrotrade.providers.bma.kernels.task import Scratch, Task

__all__ = ["ROUNDING", "alternate", "build_all", "build_one", "close"]

ROUNDING = 1e-9  # a round that ends with the equation it began with has not improved it


@compiled_parallel
def build_all(
    task: Task,
    shares: IntArray,
    order: IntArray,
    candidate_starts: IntArray,
    candidates: IntArray,
    joint_in_sample: FloatArray,
    capacity: int,
) -> tuple[IntArray, FloatArray]:
    """Build the equations of the series in ``order``.

    Parameters
    ----------
    shares : (n_workers + 1,) where each worker's part of ``order`` begins; results do not depend on it.
    candidate_starts, candidates, joint_in_sample : candidates of each series in compressed rows, and the in-sample
        residual sum of own lags and the candidate's block (0 where unknown).
    capacity : regressors that an equation may hold on its way.

    Returns
    -------
    codes : (n_series, capacity + 1), each row's first k entries are the equation's regressors.
    numbers : (n_series, 4): k, the winning fold scheme, rss in-sample, rss cross-validated.
    """
    n = task.columns.shape[1]
    most_folds = task.fold_bounds.shape[1] - 1
    n_series = candidate_starts.shape[0] - 1
    width = max(task.blocks.shape[2], task.season_block.shape[1])
    codes = np.zeros((n_series, capacity + 1), dtype=np.int64)
    numbers = np.zeros((n_series, 4))
    for worker in prange(shares.shape[0] - 1):
        space = new_workspace(n, capacity, most_folds)
        trial = new_workspace(n, capacity, most_folds)
        scratch = Scratch(
            np.empty(n),
            np.empty((most_folds + 1, capacity + 1, width)),
            np.empty((capacity + 1, width)),
            np.zeros((width, padded(width))),
            np.empty((width, padded(capacity + 1))),
            np.empty(width),
            np.empty(capacity + 1),
            np.empty(most_folds),
            np.empty(most_folds, dtype=np.int64),
            np.empty((most_folds + 2, width)),
        )
        for place in range(shares[worker], shares[worker + 1]):
            i = order[place]
            lo = candidate_starts[i]
            hi = candidate_starts[i + 1]
            build_one(task, space, trial, scratch, i, candidates[lo:hi], joint_in_sample[lo:hi], codes[i], numbers[i])
    return codes, numbers


@compiled
def build_one(
    task: Task,
    space: Workspace,
    trial: Workspace,
    scratch: Scratch,
    target: int,
    candidates: IntArray,
    joint_in_sample: FloatArray,
    out_codes: IntArray,
    out_numbers: FloatArray,
) -> None:
    """Build one equation with each fold scheme, keep the better, and take the closing steps.

    ``joint_in_sample``, ``out_codes`` and ``out_numbers`` are one series' share of what `build_all` takes and fills.
    """
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
    k, in_sample, left_out = close(task, space, scratch, scheme, out_codes, k)
    out_numbers[0] = k
    out_numbers[1] = scheme
    out_numbers[2] = in_sample
    out_numbers[3] = left_out


@compiled
def alternate(
    task: Task,
    space: Workspace,
    trial: Workspace,
    scratch: Scratch,
    scheme: int,
    target: int,
    candidates: IntArray,
    joint_in_sample: FloatArray,
    codes: IntArray,
) -> tuple[int, float]:
    """Forward selection and backward deletion in turn until nothing improves. Returns (k, cross-validated RSS).

    Fills ``codes``. ``joint_in_sample`` holds, by candidate, a sum that the first block's cross-validated RSS cannot
    pass below.
    """
    n = task.columns.shape[1]
    kind = task.kind
    n_folds = task.fold_counts[scheme]
    bounds = task.fold_bounds[scheme]
    before = np.empty_like(codes)
    remaining = np.ones(candidates.shape[0], dtype=np.bool_)
    n_remaining = candidates.shape[0]
    by_bound = np.empty(candidates.shape[0], dtype=np.int64)
    fill_rising(joint_in_sample, by_bound)
    as_given = np.arange(candidates.shape[0])
    unknown = np.zeros(candidates.shape[0])
    codes[0] = task.intercept
    for d in range(1, task.p + 1):
        codes[d] = target * task.stride + d
    k, sound = set_up(space, task.columns, task.spread, codes, task.p + 1, bounds, n_folds)
    rss = cross_validated(space, k, sound, bounds, n_folds)
    score = criterion_value(kind, rss, k, n)
    first = True
    while True:
        k_before = k
        rss_before = rss
        score_before = score
        if n_remaining < candidates.shape[0]:  # start each round with fresh digits
            k, sound = set_up(space, task.columns, task.spread, codes, k, bounds, n_folds)
            cross_validated(space, k, sound, bounds, n_folds)
        for j in range(k):
            before[j] = codes[j]
        while n_remaining > 0 and k <= n * task.share:
            must_enter = first and task.first_always
            beat = np.inf if must_enter else score
            if first:
                entering = best_joint(
                    task,
                    space,
                    trial,
                    scratch,
                    scheme,
                    codes,
                    k,
                    sound,
                    candidates,
                    remaining,
                    by_bound,
                    joint_in_sample,
                    beat,
                )
            elif task.joint:
                entering = best_joint(
                    task, space, trial, scratch, scheme, codes, k, sound, candidates, remaining, as_given, unknown, beat
                )
            else:
                entering = best_on_residuals(task, space, trial, scratch, scheme, k, candidates, remaining, beat)
            if entering < 0:
                break
            first = False
            remaining[entering] = False
            n_remaining -= 1
            series = candidates[entering]
            append_block(task, codes, k, series)
            k, sound = extend(
                space,
                scratch,
                task.columns,
                task.spread,
                codes,
                k,
                sound,
                task.blocks[series],
                task.products[scheme, series],
                task.floors[series],
                task.q + 1,
                bounds,
                n_folds,
            )
            rss = cross_validated(space, k, sound, bounds, n_folds)
            score = criterion_value(kind, rss, k, n)
        k, score, rss = delete_backward(space, codes, k, sound, score, rss, kind, False, bounds, n_folds)
        if not score < score_before - ROUNDING:
            for j in range(k_before):
                codes[j] = before[j]
            return k_before, rss_before
        if n_remaining == 0:
            return k, rss


@compiled
def close(
    task: Task, space: Workspace, scratch: Scratch, scheme: int, codes: IntArray, k: int
) -> tuple[int, float, float]:
    """Seasonal dummies, trend, and the deletion by in-sample criterion. Returns (k, rss, cross-validated rss)."""
    n = task.columns.shape[1]
    n_folds = task.fold_counts[scheme]
    bounds = task.fold_bounds[scheme]
    k, sound = set_up(space, task.columns, task.spread, codes, k, bounds, n_folds)
    for step in range(2):
        if step == 0:
            added = task.n_seasons
            block, products, floors = task.season_block, task.season_products[scheme], task.season_floors
            first_code = task.intercept + 1
        else:
            added = 1 if task.trend else 0
            block, products, floors = task.trend_block, task.trend_products[scheme], task.trend_floors
            first_code = task.columns.shape[0] - 1
        if added > 0:
            for a in range(added):
                codes[k + a] = first_code + a
            k, sound = extend(
                space,
                scratch,
                task.columns,
                task.spread,
                codes,
                k,
                sound,
                block,
                products,
                floors,
                added,
                bounds,
                n_folds,
            )
            rss = cross_validated(space, k, sound, bounds, n_folds)
            score = criterion_value(task.kind, rss, k, n)
            k, score, rss = delete_backward(space, codes, k, sound, score, rss, task.kind, False, bounds, n_folds)
    if task.final_in_sample:
        rss = space.state[n_folds, 0, 0]
        score = criterion_value(task.kind, rss, k, n)
        k, score, rss = delete_backward(space, codes, k, sound, score, rss, task.kind, True, bounds, n_folds)
    k, sound = set_up(space, task.columns, task.spread, codes, k, bounds, n_folds)
    return k, space.state[n_folds, 0, 0], cross_validated(space, k, sound, bounds, n_folds)

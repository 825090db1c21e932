"""Which candidate's block should enter an equation next."""

from __future__ import annotations

import numpy as np

from macrotrade._typing import BoolArray, FloatArray, IntArray
from macrotrade.providers.bma.kernels.blocks import residual_stage_rss
from macrotrade.providers.bma.kernels.bordering import joint_stage_rss
from macrotrade.providers.bma.kernels.compiled import compiled
from macrotrade.providers.bma.kernels.criteria import criterion_value, largest_rss
from macrotrade.providers.bma.kernels.equations import Workspace, cross_validated, set_up
from macrotrade.providers.bma.kernels.task import Scratch, Task

__all__ = [
    "append_block",
    "best_joint",
    "best_on_residuals",
    "careful_rss",
    "fill_fold_order",
    "fill_in_sample_residuals",
    "fill_rising",
]


@compiled
def append_block(task: Task, codes: IntArray, k: int, series: int) -> None:
    """Put lags 1..q and then lag 0 of a series behind the first k codes."""
    for d in range(task.q):
        codes[k + d] = series * task.stride + d + 1
    codes[k + task.q] = series * task.stride


@compiled
def fill_in_sample_residuals(space: Workspace, k: int, n_folds: int, out: FloatArray) -> None:
    """Residuals of the equation in force under its own whole-sample coefficients."""
    b = space.state[n_folds, 0]
    rows = space.rows
    for t in range(out.shape[0]):
        e = rows[t, 0]
        for j in range(1, k + 1):
            e -= b[j] * rows[t, j]
        out[t] = e


@compiled
def fill_fold_order(left_out: FloatArray, in_sample: FloatArray, bounds: IntArray, n_folds: int, out: IntArray) -> None:
    """Folds in the order in which leaving them out costs an equation most: ``left_out`` over ``in_sample`` residuals.

    A candidate that must fail then fails after the fewest folds.
    """
    savings = np.zeros(n_folds)
    for f in range(n_folds):
        for t in range(bounds[f], bounds[f + 1]):
            savings[f] += in_sample[t] * in_sample[t] - left_out[t] * left_out[t]
    fill_rising(savings, out)


@compiled
def fill_rising(values: FloatArray, out: IntArray) -> None:
    """Places of values from the smallest on, in the first entries of ``out``; few enough to be put in one by one."""
    for i in range(values.shape[0]):
        place = i
        while place > 0 and values[out[place - 1]] > values[i]:
            out[place] = out[place - 1]
            place -= 1
        out[place] = i


@compiled
def best_joint(
    task: Task,
    space: Workspace,
    trial: Workspace,
    scratch: Scratch,
    scheme: int,
    codes: IntArray,
    k: int,
    sound: bool,
    candidates: IntArray,
    remaining: BoolArray,
    visiting: IntArray,
    in_sample_bounds: FloatArray,
    beat: float,
) -> int:
    """The remaining candidate whose block beside the equation gives the least criterion below ``beat``, or -1.

    Candidates are visited in the order ``visiting``; one whose cross-validated RSS cannot, by its place in
    ``in_sample_bounds``, come below the best so far is passed over.
    """
    n = task.columns.shape[1]
    n_folds = task.fold_counts[scheme]
    bounds = task.fold_bounds[scheme]
    size = k + task.q + 1
    fill_in_sample_residuals(space, k, n_folds, scratch.in_sample)
    fill_fold_order(space.residuals, scratch.in_sample, bounds, n_folds, scratch.fold_order)
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
                space.rows,
                k,
                space.state,
                space.residuals,
                scratch.in_sample,
                task.blocks[series],
                task.products[scheme, series],
                task.floors[series],
                task.q + 1,
                bounds,
                n_folds,
                scratch.fold_order,
                limit,
                scratch,
            )
        if not settled:
            rss, parameters = careful_rss(task, trial, scheme, codes, k, series)
        value = criterion_value(task.kind, rss, parameters, n)
        if value < least or (value == least and entering > c):
            least = value
            entering = c
            limit = largest_rss(task.kind, least, size, n)
    return entering


@compiled
def best_on_residuals(
    task: Task,
    space: Workspace,
    trial: Workspace,
    scratch: Scratch,
    scheme: int,
    k: int,
    candidates: IntArray,
    remaining: BoolArray,
    beat: float,
) -> int:
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
                scratch.in_sample,
                task.blocks[series],
                task.inverses[scheme, series],
                task.q,
                bounds,
                n_folds,
                limit,
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


@compiled
def careful_rss(task: Task, trial: Workspace, scheme: int, base: IntArray, k: int, series: int) -> tuple[float, int]:
    """Cross-validated RSS and parameters of an equation with one more block, set up from nothing.

    The equation is the first k codes of ``base``; the block is that of ``series``.
    """
    codes = np.empty(k + task.q + 1, dtype=np.int64)
    for j in range(k):
        codes[j] = base[j]
    append_block(task, codes, k, series)
    bounds = task.fold_bounds[scheme]
    n_folds = task.fold_counts[scheme]
    size, sound = set_up(trial, task.columns, task.spread, codes, k + task.q + 1, bounds, n_folds)
    return cross_validated(trial, size, sound, bounds, n_folds), size

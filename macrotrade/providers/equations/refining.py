"""Try the best equations again, harder, and measure how sure their optima are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from macrotrade._typing import FloatArray, IntArray
from macrotrade.providers.equations.fitting import Level, Parents, Task, rows_of, scan
from macrotrade.providers.equations.kernels.lattice import fit_children, fit_from, fit_from_random

__all__ = ["Refinement", "Verification", "keep_order", "refine", "verify"]

_MANY = 100  # steps of a start that is to end at its optimum
_FINE = 1e-10


@dataclass(frozen=True)
class Refinement:
    """How hard the best equations are tried again.

    Attributes
    ----------
    n_refined, n_starts
        Equations that are carried on from where they are, and from so many starts less one at random.
    n_verified, n_random_starts
        Equations that are tried from so many random starts.
    """

    n_refined: int = 400
    n_starts: int = 4
    n_verified: int = 20
    n_random_starts: int = 400


@dataclass(frozen=True)
class Verification:
    """What random starts say of some equations.

    Attributes
    ----------
    best
        Least sum of squares known of each, from the search or a random start; (n,).
    hit_rate
        Share of the random starts that end within 1 % of it.
    within_one_per_cent
        Share of the equations that the search had within 1 % of it.
    iterations
        Steps taken.
    """

    best: FloatArray
    hit_rate: float
    within_one_per_cent: float
    iterations: int


def refine(task: Task, levels: Sequence[Level], n: int, n_starts: int) -> int:
    """Carry the ``n`` best equations on, in place, from where they are and from random starts; gives the steps."""
    chosen = _best(levels, n)
    steps = 0
    for level, rows in zip(levels, chosen, strict=True):
        if not rows.size:
            continue
        structures = task.library.unrank(level.ranks[rows])
        thetas = level.thetas[rows]
        sse, taken = fit_from(task.problem, structures, thetas, _MANY, _FINE)
        reached, others, more = fit_from_random(
            task.problem, structures, level.ranks[rows], max(n_starts - 1, 1), _MANY, _FINE
        )
        _improve(level, rows, sse, thetas)
        _improve(level, rows, reached.min(axis=1), others)
        steps += int(taken.sum() + more.sum())
    return steps


def verify(task: Task, levels: Sequence[Level], n: int, n_starts: int) -> Verification:
    """Try the ``n`` best equations from random starts; what is better is kept, in place."""
    hits, within, best, steps = [], [], [], 0
    for level, rows in zip(levels, _best(levels, n), strict=True):
        if not rows.size:
            continue
        structures = task.library.unrank(level.ranks[rows])
        reached, thetas, taken = fit_from_random(
            task.problem, structures, level.ranks[rows] + task.library.n_structures, n_starts, _MANY, _FINE
        )
        known = np.minimum(reached.min(axis=1), level.sse[rows])
        hits.append(reached <= 1.01 * known[:, None])
        within.append(level.sse[rows] <= 1.01 * known)
        best.append(known)
        steps += int(taken.sum())
        _improve(level, rows, reached.min(axis=1), thetas)
    return Verification(
        np.concatenate(best), float(np.concatenate(hits).mean()), float(np.concatenate(within).mean()), steps
    )


def keep_order(task: Task, levels: Sequence[Level]) -> int:
    """Bring every equation to at most its parents' sum of squares again, after some were refined; gives the steps."""
    steps = 0
    for above, level in pairwise(levels):
        structures = task.library.unrank(level.ranks)
        parents = rows_of(above.ranks, task.library.parents(structures))
        least = np.where(parents >= 0, above.sse[parents], np.inf).min(axis=1)
        rows = np.flatnonzero(level.sse > least)
        if not rows.size:
            continue
        used = np.unique(parents[rows][parents[rows] >= 0])
        some = Level(above.ranks[used], above.sse[used], above.thetas[used], above.iterations[used])
        sse, thetas, taken = _from_parents(task, structures[rows], scan(task, some))
        _improve(level, rows, sse, thetas)
        steps += int(taken.sum())
    return steps


def _from_parents(task: Task, structures: IntArray, parents: Parents) -> tuple[FloatArray, FloatArray, IntArray]:
    return fit_children(
        task.problem,
        structures,
        rows_of(parents.level.ranks, task.library.parents(structures)),
        parents.level.sse,
        parents.level.thetas,
        parents.gains,
        parents.starts,
        task.library.max_terms,
        _MANY,
        _FINE,
    )


def _best(levels: Sequence[Level], n: int) -> list[IntArray]:
    """Rows of the ``n`` least sums of squares, level by level."""
    every = np.concatenate([level.sse for level in levels])
    limits = np.cumsum([0, *(level.sse.size for level in levels)])
    order = np.sort(np.argsort(every, kind="stable")[:n])
    return [order[(order >= lo) & (order < hi)] - lo for lo, hi in pairwise(limits)]


def _improve(level: Level, rows: IntArray, sse: FloatArray, thetas: FloatArray) -> None:
    better = sse < level.sse[rows]
    level.sse[rows[better]] = sse[better]
    level.thetas[rows[better]] = thetas[better]

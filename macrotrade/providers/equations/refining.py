"""Try the best equations again, harder, and measure how sure their optima are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from macrotrade._typing import FloatArray, IntArray
from macrotrade.providers.equations.fitting import Level, Task, fit_children, keep_better, rows_of, scan
from macrotrade.providers.equations.kernels.lattice import fit_from
from macrotrade.providers.equations.kernels.problem import SINE_SINE, VARIABLE_SINE, Problem

__all__ = ["Refinement", "Verification", "from_random", "keep_order", "refine", "verify"]

_MANY = 100  # steps of a start that is to end at its optimum
_FINE = 1e-10
_NEAR = 1.01


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
        sse, _, taken = fit_from(task.problem, structures, thetas, _MANY, _FINE)
        keep_better(level, rows, sse, thetas)
        reached, others, more = from_random(task.problem, structures, level.ranks[rows], n_starts - 1)
        for start in range(n_starts - 1):
            keep_better(level, rows, reached[:, start], others[:, start])
        steps += int(taken.sum()) + more
    return steps


def verify(task: Task, levels: Sequence[Level], n: int, n_starts: int) -> Verification:
    """Try the ``n`` best equations from random starts; what is better is kept, in place."""
    hits, within, best, steps = [], [], [], 0
    for level, rows in zip(levels, _best(levels, n), strict=True):
        if not rows.size:
            continue
        structures = task.library.unrank(level.ranks[rows])
        seeds = level.ranks[rows] + task.library.n_structures
        reached, thetas, taken = from_random(task.problem, structures, seeds, n_starts)
        known = np.minimum(reached.min(axis=1), level.sse[rows])
        hits.append(reached <= _NEAR * known[:, None])
        within.append(level.sse[rows] <= _NEAR * known)
        best.append(known)
        steps += taken
        winner = reached.argmin(axis=1)
        each = np.arange(rows.size)
        keep_better(level, rows, reached[each, winner], thetas[each, winner])
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
        again = fit_children(task, level.ranks[rows], scan(task, some), task.library.max_terms, _MANY, _FINE)
        keep_better(level, rows, again.sse, again.thetas)
        steps += int(again.iterations.sum())
    return steps


def from_random(
    problem: Problem, structures: IntArray, seeds: IntArray, n_starts: int
) -> tuple[FloatArray, FloatArray, int]:
    """What random starts of each structure reach, (n, n_starts), where, (n, n_starts, max_terms, 3), and the steps."""
    thetas = np.array(
        [
            _random_thetas(problem, structure, int(seed), n_starts)
            for structure, seed in zip(structures, seeds, strict=True)
        ]
    )
    flat = np.ascontiguousarray(thetas.reshape(-1, *thetas.shape[2:]))
    sse, _, steps = fit_from(problem, np.repeat(structures, n_starts, axis=0), flat, _MANY, _FINE)
    return sse.reshape(thetas.shape[:2]), flat.reshape(thetas.shape), int(steps.sum())


def _random_thetas(problem: Problem, structure: IntArray, seed: int, n_starts: int) -> FloatArray:
    """Random constants inside the sines: frequencies uniform in even starts and log-uniform in odd ones, any phase."""
    generator = np.random.default_rng(seed)
    shares = generator.random((n_starts, structure.size, 3))
    out = np.zeros_like(shares)
    for place, code in enumerate(structure):
        kind, first, second = problem.kinds[code], problem.firsts[code], problem.seconds[code]
        if code < 0 or kind < VARIABLE_SINE:
            continue
        inner = second if kind in (VARIABLE_SINE, SINE_SINE) else first
        out[:, place, 0] = _frequencies(problem, inner, shares[:, place, 0])
        if kind == SINE_SINE:
            out[:, place, 1] = _frequencies(problem, first, shares[:, place, 1])
            out[:, place, 2] = (2.0 * shares[:, place, 2] - 1.0) * np.pi
    return out


def _frequencies(problem: Problem, variable: int, shares: FloatArray) -> FloatArray:
    low, high = problem.lower[variable], problem.upper[variable]
    even = np.arange(shares.size) % 2 == 0
    return np.asarray(np.where(even, low + shares * (high - low), low * (high / low) ** shares), dtype=np.float64)


def _best(levels: Sequence[Level], n: int) -> list[IntArray]:
    """Rows of the ``n`` least sums of squares, level by level."""
    every = np.concatenate([level.sse for level in levels])
    limits = np.cumsum([0, *(level.sse.size for level in levels)])
    order = np.sort(np.argsort(every, kind="stable")[:n])
    return [order[(order >= lo) & (order < hi)] - lo for lo, hi in pairwise(limits)]

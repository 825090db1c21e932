"""Many equations at once: each fitted from the optima of the equations that lack one of its terms.

Every equation is fitted by itself from what its parents found, so that no result depends on how equations are shared
out over threads or cut into pieces.
"""

from __future__ import annotations

import numpy as np
from numba import prange

from macrotrade._typing import FloatArray, IntArray
from macrotrade.providers.equations.kernels.compiled import compiled, compiled_parallel
from macrotrade.providers.equations.kernels.marquardt import descend, minimise, read_theta, write_theta
from macrotrade.providers.equations.kernels.problem import Problem, Space, make_space
from macrotrade.providers.equations.kernels.projection import enter_structure
from macrotrade.providers.equations.kernels.scanning import Dictionary, make_scan, scan_terms

__all__ = ["coefficients_at", "fit_children", "fit_from", "fit_from_random", "scan_parents"]

_BLOCK = 32  # equations that share one memory


@compiled_parallel
def scan_parents(
    problem: Problem, dictionary: Dictionary, structures: IntArray, thetas: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """What every further term would gain each equation, (n_equations, n_terms), and where it would start, (.., 3)."""
    n_equations, max_terms = structures.shape
    n_terms = problem.kinds.shape[0]
    gains = np.empty((n_equations, n_terms))
    starts = np.empty((n_equations, n_terms, 3))
    n_blocks = (n_equations + _BLOCK - 1) // _BLOCK
    for block in prange(n_blocks):
        space = make_space(max_terms, problem.target.shape[0])
        scan = make_scan(dictionary, 1 + 2 * max_terms)
        theta = np.empty((max_terms, 3))
        for row in range(block * _BLOCK, min((block + 1) * _BLOCK, n_equations)):
            theta[:] = thetas[row]
            k_base, n_sines, n_moving = enter_structure(problem, structures[row], space)
            read_theta(theta, space.plan, n_sines, space.point)
            descend(problem, k_base, n_sines, n_moving, 0, 0.0, space)
            scan_terms(problem, dictionary, k_base + 2 * n_sines, space, scan, gains[row], starts[row])
    return gains, starts


@compiled_parallel
def fit_children(
    problem: Problem,
    structures: IntArray,
    parents: IntArray,
    parent_sse: FloatArray,
    parent_thetas: FloatArray,
    gains: FloatArray,
    starts: FloatArray,
    n_starts: int,
    n_iterations: int,
    tolerance: float,
) -> tuple[FloatArray, FloatArray, IntArray]:
    """Sum of squares, theta and iterations of equations, from their parents' optima and the best cell of the new term.

    Parameters
    ----------
    parents : (n_equations, max_terms) row of the equation that lacks the term in each place, or -1.
    parent_sse, parent_thetas : the parents' results.
    gains, starts : of the parents, from `scan_parents`.
    n_starts : how many parents to start from, those first that promise the least sum of squares.
    n_iterations, tolerance : as for `marquardt.minimise`.
    """
    n_equations, max_terms = structures.shape
    sse = np.empty(n_equations)
    thetas = np.zeros((n_equations, max_terms, 3))
    iterations = np.zeros(n_equations, np.int64)
    n_blocks = (n_equations + _BLOCK - 1) // _BLOCK
    for block in prange(n_blocks):
        space = make_space(max_terms, problem.target.shape[0])
        for row in range(block * _BLOCK, min((block + 1) * _BLOCK, n_equations)):
            sse[row], iterations[row] = _fit_child(
                problem, structures[row], parents[row], parent_sse, parent_thetas, gains, starts,
                n_starts, n_iterations, tolerance, thetas[row], space,
            )  # fmt: skip
    return sse, thetas, iterations


@compiled
def _fit_child(
    problem: Problem,
    structure: IntArray,
    parents: IntArray,
    parent_sse: FloatArray,
    parent_thetas: FloatArray,
    gains: FloatArray,
    starts: FloatArray,
    n_starts: int,
    n_iterations: int,
    tolerance: float,
    best_theta: FloatArray,
    space: Space,
) -> tuple[float, int]:
    """Sum of squares and iterations of one equation; fills ``best_theta``.

    The other parameters are those of `fit_children`, for one equation.
    """
    theta = np.zeros((structure.shape[0], 3))
    promises = np.empty(structure.shape[0])
    _fill_promises(structure, parents, parent_sse, gains, promises)
    ceiling, lowest = _lowest_parent(parents, parent_sse)
    k_base, n_sines, n_moving = enter_structure(problem, structure, space)
    best = np.inf
    iterations = 0
    for start in range(n_starts + 1):
        place = int(np.argmin(promises))
        if start == n_starts:  # a promise is too good where a cap binds: then the lowest parent is the start
            if best <= ceiling:
                break
            place = lowest
        elif promises[place] == np.inf and best < np.inf:
            continue
        promises[place] = np.inf
        _start_from(structure, place, parents, parent_thetas, starts, theta)
        read_theta(theta, space.plan, n_sines, space.point)
        reached, taken = descend(problem, k_base, n_sines, n_moving, n_iterations, tolerance, space)
        iterations += taken
        if reached < best:
            best = reached
            write_theta(space.point, space.plan, n_sines, best_theta)
        if n_moving == 0:
            break
    return best, iterations


@compiled
def _fill_promises(
    structure: IntArray, parents: IntArray, parent_sse: FloatArray, gains: FloatArray, promises: FloatArray
) -> None:
    """Sum of squares that each parent starts from; infinite where there is none, or the place before has the same."""
    for place in range(structure.shape[0]):
        parent = parents[place]
        promises[place] = np.inf
        if parent >= 0 and not (place > 0 and structure[place] == structure[place - 1]):
            promises[place] = parent_sse[parent] - gains[parent, structure[place]]


@compiled
def _lowest_parent(parents: IntArray, parent_sse: FloatArray) -> tuple[float, int]:
    """Least sum of squares of the parents, infinite if there are none, and the place of the term that one lacks."""
    least, place = np.inf, 0
    for other in range(parents.shape[0]):
        if parents[other] >= 0 and parent_sse[parents[other]] < least:
            least, place = parent_sse[parents[other]], other
    return least, place


@compiled
def _start_from(
    structure: IntArray,
    place: int,
    parents: IntArray,
    parent_thetas: FloatArray,
    starts: FloatArray,
    theta: FloatArray,
) -> None:
    """The parent's constants, with those of the new term's best cell let in at its place.

    The parameters are those of `fit_children` for one equation; ``theta`` is filled.
    """
    parent = parents[place]
    for other in range(structure.shape[0]):
        for m in range(3):
            if parent < 0 or structure[other] < 0:
                theta[other, m] = 0.0
            elif other == place:
                theta[other, m] = starts[parent, structure[place], m]
            else:
                theta[other, m] = parent_thetas[parent, other if other < place else other - 1, m]


@compiled_parallel
def fit_from(
    problem: Problem, structures: IntArray, thetas: FloatArray, n_iterations: int, tolerance: float
) -> tuple[FloatArray, IntArray]:
    """Sum of squares and iterations of equations, each from its own ``thetas``, which move to the optimum."""
    n_equations, max_terms = structures.shape
    sse = np.empty(n_equations)
    iterations = np.zeros(n_equations, np.int64)
    n_blocks = (n_equations + _BLOCK - 1) // _BLOCK
    for block in prange(n_blocks):
        space = make_space(max_terms, problem.target.shape[0])
        for row in range(block * _BLOCK, min((block + 1) * _BLOCK, n_equations)):
            sse[row], iterations[row] = minimise(problem, structures[row], thetas[row], n_iterations, tolerance, space)
    return sse, iterations


@compiled_parallel
def fit_from_random(
    problem: Problem, structures: IntArray, seeds: IntArray, n_starts: int, n_iterations: int, tolerance: float
) -> tuple[FloatArray, FloatArray, IntArray]:
    """What each of ``n_starts`` random starts reaches, (n_equations, n_starts); the best theta; and iterations.

    Frequencies are uniform between their bounds in every second start and log-uniform in the others, phases uniform.

    Parameters
    ----------
    seeds : (n_equations,) of the starts of each equation.
    n_starts, n_iterations, tolerance : starts, and as for `marquardt.minimise`.
    """
    n_equations, max_terms = structures.shape
    reached = np.empty((n_equations, n_starts))
    thetas = np.zeros((n_equations, max_terms, 3))
    iterations = np.zeros(n_equations, np.int64)
    for row in prange(n_equations):
        iterations[row] = _try_random(
            problem, structures[row], seeds[row], n_iterations, tolerance, reached[row], thetas[row]
        )
    return reached, thetas, iterations


@compiled
def _try_random(
    problem: Problem,
    structure: IntArray,
    seed: int,
    n_iterations: int,
    tolerance: float,
    reached: FloatArray,
    theta: FloatArray,
) -> int:
    """Fill ``reached`` (n_starts,) and the best ``theta`` of one equation; gives the iterations.

    The other parameters are those of `fit_from_random`.
    """
    space = make_space(structure.shape[0], problem.target.shape[0])
    k_base, n_sines, n_moving = enter_structure(problem, structure, space)
    best = np.inf
    iterations = 0
    for start in range(reached.shape[0]):
        _draw_point(seed, start, n_moving, space.lows, space.highs, space.point)
        reached[start], taken = descend(problem, k_base, n_sines, n_moving, n_iterations, tolerance, space)
        iterations += taken
        if reached[start] < best:
            best = reached[start]
            write_theta(space.point, space.plan, n_sines, theta)
    return iterations


@compiled
def _draw_point(seed: int, start: int, n_moving: int, lows: FloatArray, highs: FloatArray, point: FloatArray) -> None:
    """Fill ``point`` with the start of this number; the bounds are those of the space, ``seed`` the equation's."""
    for m in range(n_moving):
        share = _uniform(seed, start, m)
        if highs[m] == np.inf:
            point[m] = (2.0 * share - 1.0) * np.pi
        elif start % 2 == 0:
            point[m] = lows[m] + share * (highs[m] - lows[m])
        else:
            point[m] = lows[m] * (highs[m] / lows[m]) ** share


@compiled
def _uniform(seed: int, start: int, m: int) -> float:
    """A number in [0, 1) from three counters, by the mixing of SplitMix64 (Steele, Lea and Flood, 2014)."""
    x = np.uint64(seed) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(start) * np.uint64(0xD1B54A32D192ED03)
    x += np.uint64(m + 1) * np.uint64(0x8CB92BA72F3D8DD7)
    for _ in range(2):
        x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        x = x ^ (x >> np.uint64(31))
    return np.float64(x >> np.uint64(11)) * 1.1102230246251565e-16


@compiled_parallel
def coefficients_at(problem: Problem, structures: IntArray, thetas: FloatArray) -> FloatArray:
    """Coefficients (n_equations, 1 + 2 max_terms) of the columns at ``thetas``."""
    n_equations, max_terms = structures.shape
    out = np.zeros((n_equations, 1 + 2 * max_terms))
    n_blocks = (n_equations + _BLOCK - 1) // _BLOCK
    for block in prange(n_blocks):
        space = make_space(max_terms, problem.target.shape[0])
        theta = np.empty((max_terms, 3))
        for row in range(block * _BLOCK, min((block + 1) * _BLOCK, n_equations)):
            theta[:] = thetas[row]
            minimise(problem, structures[row], theta, 0, 0.0, space)
            out[row] = space.best
    return out

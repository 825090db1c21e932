"""Many equations at once, each by itself, so that no result depends on how they are shared out over threads."""

from __future__ import annotations

import numpy as np
from numba import prange

from macrotrade._typing import FloatArray, IntArray
from macrotrade.providers.equations.kernels.compiled import compiled, compiled_parallel
from macrotrade.providers.equations.kernels.marquardt import fit_at, minimise
from macrotrade.providers.equations.kernels.problem import Problem, make_space
from macrotrade.providers.equations.kernels.scanning import Dictionary, make_scan, scan_terms

__all__ = ["fit_from", "scan_equations"]

_BLOCK = 32  # equations that share one memory


@compiled_parallel
def fit_from(
    problem: Problem, structures: IntArray, thetas: FloatArray, n_iterations: int, tolerance: float
) -> tuple[FloatArray, FloatArray, IntArray]:
    """Sum of squares, coefficients (n_equations, 1 + 2 max_terms) and iterations of equations.

    Each starts from its own ``thetas``, which move to where it ends. ``n_iterations`` and ``tolerance`` are as for
    `marquardt.minimise`.
    """
    n_equations, max_terms = structures.shape
    sse = np.empty(n_equations)
    coefficients = np.zeros((n_equations, 1 + 2 * max_terms))
    iterations = np.zeros(n_equations, np.int64)
    for block in prange((n_equations + _BLOCK - 1) // _BLOCK):
        _fit_block(problem, structures, thetas, n_iterations, tolerance, block, sse, coefficients, iterations)
    return sse, coefficients, iterations


@compiled
def _fit_block(
    problem: Problem,
    structures: IntArray,
    thetas: FloatArray,
    n_iterations: int,
    tolerance: float,
    block: int,
    sse: FloatArray,
    coefficients: FloatArray,
    iterations: IntArray,
) -> None:
    """Fit the equations of one block.

    The parameters are those of `fit_from` and what it gives back; ``block`` is the number of the block.
    """
    n_equations, max_terms = structures.shape
    space = make_space(max_terms, problem.target.shape[0])
    for row in range(block * _BLOCK, min((block + 1) * _BLOCK, n_equations)):
        space.best[:] = 0.0
        sse[row], iterations[row] = minimise(problem, structures[row], thetas[row], n_iterations, tolerance, space)
        coefficients[row] = space.best


@compiled_parallel
def scan_equations(
    problem: Problem, dictionary: Dictionary, structures: IntArray, thetas: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """What every further term would gain each equation, (n_equations, n_terms), and where it would start, (.., 3)."""
    n_equations = structures.shape[0]
    n_terms = problem.kinds.shape[0]
    gains = np.empty((n_equations, n_terms))
    starts = np.empty((n_equations, n_terms, 3))
    for block in prange((n_equations + _BLOCK - 1) // _BLOCK):
        _scan_block(problem, dictionary, structures, thetas, block, gains, starts)
    return gains, starts


@compiled
def _scan_block(
    problem: Problem,
    dictionary: Dictionary,
    structures: IntArray,
    thetas: FloatArray,
    block: int,
    gains: FloatArray,
    starts: FloatArray,
) -> None:
    """Scan the equations of one block.

    The parameters are those of `scan_equations` and what it gives back; ``block`` is the number of the block.
    """
    n_equations, max_terms = structures.shape
    space = make_space(max_terms, problem.target.shape[0])
    scan = make_scan(dictionary, 1 + 2 * max_terms)
    for row in range(block * _BLOCK, min((block + 1) * _BLOCK, n_equations)):
        k = fit_at(problem, structures[row], thetas[row], space)
        scan_terms(problem, dictionary, k, space, scan, gains[row], starts[row])

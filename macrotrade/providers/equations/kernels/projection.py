"""An equation as least squares: only the constants inside its sines remain to be searched for.

At given frequencies every other constant is linear, for c sin(d W + e) = c cos(e) sin(d W) + c sin(e) cos(d W): Golub,
G. H. and Pereyra, V. (1973), The differentiation of pseudo-inverses and nonlinear least squares problems whose
variables separate, SIAM Journal on Numerical Analysis 10, 413-432.
"""

from __future__ import annotations

import numpy as np

from macrotrade._typing import FloatArray, IntArray
from macrotrade.providers.equations.kernels.compiled import compiled, compiled_within
from macrotrade.providers.equations.kernels.problem import SINE_SINE, VARIABLE_SINE, Problem, Space
from macrotrade.providers.equations.kernels.sines import sines_and_cosines

__all__ = ["DEPENDENT", "back_substitute", "enter_column", "enter_structure", "fill_columns", "project_columns"]

DEPENDENT = 1e-7  # a column whose length off the ones before it is below this share of its own is dropped


@compiled
def enter_structure(problem: Problem, structure: IntArray, space: Space) -> tuple[int, int, int]:
    """Project the target on the constant and linear terms, and plan what is left to search.

    Returns how many columns that is, how many sine terms there are, and how many constants inside them.
    """
    width = problem.target.shape[0]
    basis, upper, residuals = space.basis, space.upper, space.base_residuals
    n_linear = problem.linear.shape[0]
    for t in range(width):
        residuals[t] = problem.target[t]
        basis[0, t] = 1.0 if t < problem.n else 0.0
    space.projected[0] = enter_column(basis, upper, 0, residuals)
    k = 1
    n_sines = n_moving = 0
    for place in range(structure.shape[0]):
        code = structure[place]
        if code < 0:
            break
        if code < n_linear:
            for t in range(width):
                basis[k, t] = problem.linear[code, t]
            space.projected[k] = enter_column(basis, upper, k, residuals)
            k += 1
            continue
        n_moving = _plan_sine(problem, code, place, n_sines, n_moving, space)
        n_sines += 1
    return k, n_sines, n_moving


@compiled
def _plan_sine(problem: Problem, code: int, place: int, s: int, start: int, space: Space) -> int:
    """Write down how to make one sine term; gives the first constant of the next."""
    kind, first, second = problem.kinds[code], problem.firsts[code], problem.seconds[code]
    ones = problem.outer.shape[0] - 1
    inner = second if kind in (VARIABLE_SINE, SINE_SINE) else first
    outer = first if kind == VARIABLE_SINE else ones
    plan = space.plan[s]
    plan[0] = place
    plan[1] = start
    plan[2] = inner
    plan[3] = first if kind == SINE_SINE else -1
    plan[4] = outer
    space.limits[s] = problem.caps[outer]
    space.lows[start] = problem.lower[inner]
    space.highs[start] = problem.upper[inner]
    if kind != SINE_SINE:
        return start + 1
    space.lows[start + 1] = problem.lower[first]
    space.highs[start + 1] = problem.upper[first]
    space.lows[start + 2] = -np.inf
    space.highs[start + 2] = np.inf
    return start + 3


@compiled_within
def fill_columns(
    n: int,
    inner: FloatArray,
    outer: FloatArray,
    plan: IntArray,
    n_sines: int,
    point: FloatArray,
    columns: FloatArray,
    factors: FloatArray,
) -> None:
    """Sine and cosine column of each sine term, times what stands before them.

    Parameters
    ----------
    inner, outer : of the problem.
    plan, point, columns, factors : of the space; the last two are filled.
    n_sines : from `enter_structure`.
    """
    width = inner.shape[1]
    for s in range(n_sines):
        start, row = plan[s, 1], plan[s, 2]
        u, v = 2 * s, 2 * s + 1
        if plan[s, 3] >= 0:
            sine, cosine, slope = 3 * s, 3 * s + 1, 3 * s + 2
            sines_and_cosines(inner[plan[s, 3]], point[start + 1], point[start + 2], columns[u], factors[slope])
            sines_and_cosines(inner[row], point[start], 0.0, factors[sine], factors[cosine])
            for t in range(n, width):
                columns[u, t] = 0.0
                factors[slope, t] = 0.0
            for t in range(width):
                columns[v, t] = columns[u, t] * factors[cosine, t]
            for t in range(width):
                columns[u, t] *= factors[sine, t]
        else:
            before = plan[s, 4]
            sines_and_cosines(inner[row], point[start], 0.0, columns[u], columns[v])
            for t in range(width):
                columns[u, t] *= outer[before, t]
            for t in range(width):
                columns[v, t] *= outer[before, t]


@compiled_within
def project_columns(
    columns: FloatArray,
    n_columns: int,
    k_base: int,
    basis: FloatArray,
    upper: FloatArray,
    projected: FloatArray,
    residuals: FloatArray,
) -> float:
    """Sum of squares that is left of ``residuals`` off the columns, which join the basis after its ``k_base`` rows.

    Parameters
    ----------
    columns, n_columns : the first so many rows are entered.
    k_base : rows that are there already.
    basis, upper, projected, residuals : of the space; residuals come in off the base.
    """
    for column in range(n_columns):
        k = k_base + column
        for t in range(basis.shape[1]):
            basis[k, t] = columns[column, t]
        projected[k] = enter_column(basis, upper, k, residuals)
    sse = 0.0
    for t in range(basis.shape[1]):
        sse += residuals[t] * residuals[t]
    return sse


@compiled_within
def back_substitute(upper: FloatArray, projected: FloatArray, k: int, last: int, coefficients: FloatArray) -> None:
    """Solve R c = z for coefficients ``last`` - 1 to 0, those from ``last`` to ``k`` being there.

    Parameters
    ----------
    upper, projected : R and z.
    k, last : how many coefficients there are, and how many of them are wanted.
    coefficients : c, filled; zero for a dropped column.
    """
    for row in range(last - 1, -1, -1):
        value = projected[row]
        for column in range(row + 1, k):
            value -= upper[row, column] * coefficients[column]
        coefficients[row] = value / upper[row, row] if upper[row, row] > 0.0 else 0.0


@compiled_within
def enter_column(basis: FloatArray, upper: FloatArray, k: int, residuals: FloatArray) -> float:
    """Make row k of the basis orthonormal to the rows before it, or zero if they span it, and the residuals to row k.

    Gives the product of the residuals with it. Modified Gram-Schmidt, each product taken in the pass that takes away
    the one before: passes over memory are what it costs.

    Parameters
    ----------
    basis, upper : of the space; row k of the basis comes as the column is.
    k : rows before it.
    residuals : off the rows before it.
    """
    width = basis.shape[1]
    before = product = 0.0
    for t in range(width):
        before += basis[k, t] * basis[k, t]
        product += basis[0, t] * basis[k, t]
    for row in range(k - 1):
        upper[row, k] = product
        value = 0.0
        for t in range(width):
            left = basis[k, t] - product * basis[row, t]
            basis[k, t] = left
            value += basis[row + 1, t] * left
        product = value
    last = max(k - 1, 0)
    product = product if k > 0 else 0.0
    upper[last, k] = product
    after = along = 0.0
    for t in range(width):
        left = basis[k, t] - product * basis[last, t]
        basis[k, t] = left
        after += left * left
        along += left * residuals[t]
    length = np.sqrt(after)
    if not length > DEPENDENT * np.sqrt(before):
        length = 0.0
    scale = 1.0 / length if length > 0.0 else 0.0
    along *= scale
    for t in range(width):
        unit = scale * basis[k, t]
        basis[k, t] = unit
        residuals[t] -= along * unit
    upper[k, k] = length
    return along

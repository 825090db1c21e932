"""Levenberg-Marquardt over the constants inside the sines."""

from __future__ import annotations

import numpy as np

from macrotrade._typing import BoolArray, FloatArray, IntArray
from macrotrade.providers.equations.kernels.capping import any_above_cap, cap_amplitudes, solve_with_ridge
from macrotrade.providers.equations.kernels.compiled import compiled, compiled_within
from macrotrade.providers.equations.kernels.problem import Problem, Space
from macrotrade.providers.equations.kernels.projection import (
    back_substitute,
    enter_structure,
    fill_columns,
    project_columns,
)

__all__ = ["descend", "fill_slopes", "fit_at", "linear_fit", "minimise", "read_theta", "solve_damped", "write_theta"]

_FIRST_DAMPING = 1e-2
_LEAST_DAMPING = 1e-10
_MOST_DAMPING = 1e10
_SINGULAR = 1e-13


@compiled
def minimise(
    problem: Problem, structure: IntArray, theta: FloatArray, n_iterations: int, tolerance: float, space: Space
) -> tuple[float, int]:
    """Sum of squares after at most ``n_iterations`` steps from ``theta``, which moves; and how many were taken.

    Stops earlier when a step lowers the sum of squares by less than ``tolerance`` of it. Leaves the coefficients of
    the columns in ``space.best``.
    """
    k_base, n_sines, n_moving = enter_structure(problem, structure, space)
    read_theta(theta, space.plan, n_sines, space.point)
    sse, taken = descend(problem, k_base, n_sines, n_moving, n_iterations, tolerance, space)
    write_theta(space.point, space.plan, n_sines, theta)
    return sse, taken


@compiled
def fit_at(problem: Problem, structure: IntArray, theta: FloatArray, space: Space) -> int:
    """Fit everything but ``theta``, into ``space``; gives the number of columns."""
    k_base, n_sines, _ = enter_structure(problem, structure, space)
    read_theta(theta, space.plan, n_sines, space.point)
    linear_fit(
        problem.n, problem.inner, problem.outer, space.plan, n_sines, space.point, k_base, space.columns, space.factors,
        space.basis, space.upper, space.projected, space.base_residuals, space.residuals, space.limits,
        space.coefficients, space.ridge, space.system, space.solved,
    )  # fmt: skip
    return k_base + 2 * n_sines


@compiled_within
def read_theta(theta: FloatArray, plan: IntArray, n_sines: int, point: FloatArray) -> None:
    """Constants inside the sines, one after another."""
    for s in range(n_sines):
        for m in range(3 if plan[s, 3] >= 0 else 1):
            point[plan[s, 1] + m] = theta[plan[s, 0], m]


@compiled_within
def write_theta(point: FloatArray, plan: IntArray, n_sines: int, theta: FloatArray) -> None:
    """The inverse of `read_theta`."""
    for s in range(n_sines):
        for m in range(3 if plan[s, 3] >= 0 else 1):
            theta[plan[s, 0], m] = point[plan[s, 1] + m]


@compiled
def descend(
    problem: Problem, k_base: int, n_sines: int, n_moving: int, n_iterations: int, tolerance: float, space: Space
) -> tuple[float, int]:
    """`minimise` from ``space.point`` for a structure that has been entered.

    Parameters
    ----------
    k_base, n_sines, n_moving : from `enter_structure`.
    n_iterations, tolerance : as for `minimise`.
    """
    basis, columns, factors, slopes, plan = space.basis, space.columns, space.factors, space.slopes, space.plan
    point, trial, step, lows, highs = space.point, space.trial, space.step, space.lows, space.highs
    coefficients, best, ridge, residuals = space.coefficients, space.best, space.ridge, space.residuals
    gradient, hessian = space.gradient, space.hessian
    inner, outer = problem.inner, problem.outer
    n = problem.n
    k = k_base + 2 * n_sines
    sse = np.inf
    damping = _FIRST_DAMPING
    for m in range(n_moving):
        trial[m] = point[m]
    for taken in range(n_iterations + 1):
        _clamp(trial, lows, highs, n_moving)
        trial_sse = linear_fit(
            n, inner, outer, plan, n_sines, trial, k_base, columns, factors, basis, space.upper, space.projected,
            space.base_residuals, residuals, space.limits, coefficients, ridge, space.system, space.solved,
        )  # fmt: skip
        if taken == 0 or trial_sse < sse:
            small = taken > 0 and sse - trial_sse <= tolerance * sse
            sse = trial_sse
            for m in range(n_moving):
                point[m] = trial[m]
            for i in range(k):
                best[i] = coefficients[i]
            if small or n_moving == 0 or taken == n_iterations:
                return sse, taken
            fill_slopes(inner, plan, n_sines, k_base, coefficients, columns, factors, slopes)
            _fill_normal_equations(basis, residuals, slopes, k, n_moving, space.turned, hessian, gradient)
            _project_normal_equations(
                space.upper, ridge, k, n_moving, space.turned, space.system, space.solved, hessian
            )
            _hold_at_bounds(point, lows, highs, gradient, n_moving, space.held)
            damping = damping if taken == 0 else max(damping * 0.1, _LEAST_DAMPING)
        else:
            damping *= 10.0
            if damping > _MOST_DAMPING:
                return sse, taken
        solve_damped(hessian, gradient, space.held, n_moving, damping, space.damped, step)
        for m in range(n_moving):
            trial[m] = point[m] + step[m]
    return sse, n_iterations


@compiled_within
def linear_fit(
    n: int,
    inner: FloatArray,
    outer: FloatArray,
    plan: IntArray,
    n_sines: int,
    point: FloatArray,
    k_base: int,
    columns: FloatArray,
    factors: FloatArray,
    basis: FloatArray,
    upper: FloatArray,
    projected: FloatArray,
    base_residuals: FloatArray,
    residuals: FloatArray,
    limits: FloatArray,
    coefficients: FloatArray,
    ridge: FloatArray,
    system: FloatArray,
    solved: FloatArray,
) -> float:
    """Least sum of squares at ``point`` over all other constants, amplitudes at most their caps.

    Parameters
    ----------
    inner, outer : of the problem.
    k_base, n_sines : from `enter_structure`.
    plan, point, columns, factors, basis, upper, projected, base_residuals, residuals, limits : of the space.
    coefficients, ridge, system, solved : of the space.
    """
    fill_columns(n, inner, outer, plan, n_sines, point, columns, factors)
    width = basis.shape[1]
    for t in range(width):
        residuals[t] = base_residuals[t]
    k = k_base + 2 * n_sines
    sse = project_columns(columns, 2 * n_sines, k_base, basis, upper, projected, residuals)
    back_substitute(upper, projected, k, k, coefficients)
    for i in range(k):
        ridge[i] = 0.0
    if any_above_cap(coefficients, k_base, limits, n_sines):
        sse += cap_amplitudes(upper, projected, limits, k_base, n_sines, coefficients, ridge, system, solved)
        for row in range(k):
            left = projected[row]
            for column in range(row, k):
                left -= upper[row, column] * coefficients[column]
            for t in range(width):
                residuals[t] += left * basis[row, t]
    return sse


@compiled_within
def fill_slopes(
    inner: FloatArray,
    plan: IntArray,
    n_sines: int,
    k_base: int,
    coefficients: FloatArray,
    columns: FloatArray,
    factors: FloatArray,
    slopes: FloatArray,
) -> None:
    """Derivatives of the fitted values by the constants inside the sines, at fixed coefficients.

    With the columns u = f sin(d W), v = f cos(d W) and coefficients p, q: by d, W (p v - q u); and for f = sin(a V + b)
    by b, cos(a V + b) (p sin(d W) + q cos(d W)), and by a, V times that.

    Parameters
    ----------
    inner : of the problem.
    plan, coefficients, columns, factors, slopes : of the space; the last is filled.
    n_sines, k_base : from `enter_structure`.
    """
    width = inner.shape[1]
    for s in range(n_sines):
        m, row, first = plan[s, 1], plan[s, 2], plan[s, 3]
        p = coefficients[k_base + 2 * s]
        q = coefficients[k_base + 2 * s + 1]
        for t in range(width):
            slopes[m, t] = inner[row, t] * (p * columns[2 * s + 1, t] - q * columns[2 * s, t])
        if first >= 0:
            for t in range(width):
                factor = p * factors[3 * s, t] + q * factors[3 * s + 1, t]
                slopes[m + 2, t] = factors[3 * s + 2, t] * factor
            for t in range(width):
                slopes[m + 1, t] = inner[first, t] * slopes[m + 2, t]


@compiled_within
def _fill_normal_equations(
    basis: FloatArray,
    residuals: FloatArray,
    slopes: FloatArray,
    k: int,
    n_moving: int,
    turned: FloatArray,
    hessian: FloatArray,
    gradient: FloatArray,
) -> None:
    """Products of the slopes B with one another, with the basis and with the residuals."""
    width = basis.shape[1]
    for m in range(n_moving):
        _fill_products(slopes[m], basis, k, turned[m])
        _fill_products(slopes[m], slopes, m + 1, hessian[m])
        value = 0.0
        for t in range(width):
            value += slopes[m, t] * residuals[t]
        gradient[m] = value


@compiled_within
def _fill_products(vector: FloatArray, rows: FloatArray, n_rows: int, products: FloatArray) -> None:
    """Products of a vector with each of so many rows, four at a time: the vector is read once for them."""
    width = vector.shape[0]
    row = 0
    while row + 4 <= n_rows:
        first = second = third = fourth = 0.0
        for t in range(width):
            first += vector[t] * rows[row, t]
            second += vector[t] * rows[row + 1, t]
            third += vector[t] * rows[row + 2, t]
            fourth += vector[t] * rows[row + 3, t]
        products[row], products[row + 1], products[row + 2], products[row + 3] = first, second, third, fourth
        row += 4
    for last in range(row, n_rows):
        value = 0.0
        for t in range(width):
            value += vector[t] * rows[last, t]
        products[last] = value


@compiled_within
def _project_normal_equations(
    upper: FloatArray,
    ridge: FloatArray,
    k: int,
    n_moving: int,
    turned: FloatArray,
    system: FloatArray,
    solved: FloatArray,
    hessian: FloatArray,
) -> None:
    """Hessian B'PB of Kaufman's simplification, the Jacobian of the residuals being -P B.

    P projects off the columns: B'PB = B'B - (Q'B)'(Q'B); with amplitudes at their caps, off the columns as the ridge
    lets them move, R (R'R + diag(mu))^-1 R' standing between the two. Kaufman, L. (1975), A variable projection method
    for solving separable nonlinear least squares problems, BIT 15, 49-57.
    """
    capped = False
    for row in range(k):
        capped = capped or ridge[row] > 0.0
    if capped:
        for m in range(n_moving):
            for row in range(k):
                value = 0.0
                for i in range(row + 1):
                    value += upper[i, row] * turned[m, i]
                solved[row, m] = value
        solve_with_ridge(upper, ridge, k, n_moving, system, solved)
        for m in range(n_moving):  # solved becomes R (R'R + diag(mu))^-1 R'Q'B
            for row in range(k):
                value = 0.0
                for i in range(row, k):
                    value += upper[row, i] * solved[i, m]
                solved[row, m] = value
    for m in range(n_moving):
        for other in range(m + 1):
            value = hessian[m, other]
            for row in range(k):
                value -= turned[m, row] * (solved[row, other] if capped else turned[other, row])
            hessian[m, other] = value
            hessian[other, m] = value


@compiled_within
def solve_damped(
    hessian: FloatArray,
    gradient: FloatArray,
    held: BoolArray,
    n_moving: int,
    damping: float,
    damped: FloatArray,
    step: FloatArray,
) -> None:
    """Step of (H + damping diag H) step = gradient, zero where held.

    Parameters
    ----------
    hessian, gradient, held, damped, step : of the space; the last two are filled.
    n_moving : how many constants there are.
    damping : Marquardt's.
    """
    a = damped
    largest = 0.0
    for m in range(n_moving):
        largest = max(largest, hessian[m, m])
    for m in range(n_moving):
        for other in range(m + 1):
            a[m, other] = 0.0 if held[m] or held[other] else hessian[m, other]
        if not held[m]:
            a[m, m] += damping * hessian[m, m] + _SINGULAR * largest
    for m in range(n_moving):  # Cholesky; the right-hand side goes along
        whole = a[m, m]
        pivot = whole
        for i in range(m):
            pivot -= a[m, i] * a[m, i]
        inverse = 1.0 / np.sqrt(pivot) if pivot > _SINGULAR * whole and whole > 0.0 else 0.0
        for other in range(m + 1, n_moving):
            value = a[other, m]
            for i in range(m):
                value -= a[other, i] * a[m, i]
            a[other, m] = value * inverse
        a[m, m] = inverse
        value = gradient[m]
        for i in range(m):
            value -= a[m, i] * step[i]
        step[m] = value * inverse
    for m in range(n_moving - 1, -1, -1):
        value = step[m]
        for i in range(m + 1, n_moving):
            value -= a[i, m] * step[i]
        step[m] = value * a[m, m]


@compiled_within
def _hold_at_bounds(
    point: FloatArray, lows: FloatArray, highs: FloatArray, gradient: FloatArray, n_moving: int, held: BoolArray
) -> None:
    """Mark the frequencies at a bound that the gradient points beyond."""
    for m in range(n_moving):
        at_low = point[m] <= lows[m] and gradient[m] < 0.0
        held[m] = at_low or (point[m] >= highs[m] and gradient[m] > 0.0)


@compiled_within
def _clamp(point: FloatArray, lows: FloatArray, highs: FloatArray, n_moving: int) -> None:
    """Bring frequencies within their bounds and phases, which have none, within pi of zero."""
    for m in range(n_moving):
        value = point[m]
        if highs[m] == np.inf:
            point[m] = value - 2.0 * np.pi * np.floor(value / (2.0 * np.pi) + 0.5)
        else:
            point[m] = min(max(value, lows[m]), highs[m])

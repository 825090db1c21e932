"""Least squares with sine amplitudes no larger than their caps.

Two slow sines that nearly cancel fit anything with huge amplitudes; with a cap the fit is again a well-posed convex
problem, whose value falls when a term is added and depends smoothly on what is inside the sines.
"""

from __future__ import annotations

import numpy as np

from macrotrade._typing import FloatArray
from macrotrade.providers.equations.kernels.compiled import compiled, compiled_within
from macrotrade.providers.equations.kernels.projection import back_substitute

__all__ = ["any_above_cap", "cap_amplitudes", "solve_with_ridge"]

_MOST_STEPS = 60
_TOLERANCE = 1e-9


@compiled_within
def any_above_cap(coefficients: FloatArray, k_base: int, limits: FloatArray, n_sines: int) -> bool:
    """Whether the two coefficients of a sine term, from place ``k_base`` on, make more than its cap."""
    for s in range(n_sines):
        p = coefficients[k_base + 2 * s]
        q = coefficients[k_base + 2 * s + 1]
        if p * p + q * q > limits[s] * limits[s]:
            return True
    return False


@compiled
def cap_amplitudes(
    upper: FloatArray,
    projected: FloatArray,
    limits: FloatArray,
    k_base: int,
    n_sines: int,
    coefficients: FloatArray,
    ridge: FloatArray,
    system: FloatArray,
    solved: FloatArray,
) -> float:
    """Bring the amplitudes under their caps, and give by how much the sum of squares grows.

    Minimises |z - R c|^2 subject to |c_s| <= cap_s for the two coefficients c_s of each sine term: the ridge mu_s of
    each solves (R'R + diag(mu)) c = R'z with |c_s| = cap_s wherever mu_s > 0, found by the iteration of Hebden (1973)
    for a trust region, mu_s += (|c_s| / cap_s - 1) |c_s|^2 / (c_s' [(R'R + diag(mu))^-1 c]_s), term after term.

    Parameters
    ----------
    upper, projected : R and z.
    limits : the caps.
    k_base, n_sines : as for `any_above_cap`.
    coefficients, ridge : c, unconstrained when it comes in, and mu, which is filled.
    system, solved : workspace.
    """
    k = k_base + 2 * n_sines
    ridge[:k] = 0.0
    for _ in range(_MOST_STEPS):
        settled = True
        for s in range(n_sines):
            row = k_base + 2 * s
            settled = _move_ridge(upper, projected, limits[s], row, k, coefficients, ridge, system, solved) and settled
        if settled:
            break
    for s in range(n_sines):  # the last rounding above a cap goes, and the other constants fit what is left
        row = k_base + 2 * s
        amplitude = np.sqrt(coefficients[row] ** 2 + coefficients[row + 1] ** 2)
        if amplitude > limits[s]:
            coefficients[row] *= limits[s] / amplitude
            coefficients[row + 1] *= limits[s] / amplitude
    back_substitute(upper, projected, k, k_base, coefficients)
    change = 0.0
    for row in range(k):
        left = projected[row]
        for column in range(row, k):
            left -= upper[row, column] * coefficients[column]
        change += left * left
    return change


@compiled
def solve_with_ridge(
    upper: FloatArray, ridge: FloatArray, k: int, n_right: int, system: FloatArray, right: FloatArray
) -> None:
    """Solve (R'R + diag(ridge)) x = b in place for the first ``n_right`` columns b of ``right``, (k, >= n_right).

    Parameters
    ----------
    upper, ridge, k : R, the ridge, and how many rows they have.
    n_right, right : right-hand sides, which become solutions.
    system : (k, k) workspace.
    """
    a = system
    for row in range(k):
        for column in range(row, k):
            value = 0.0
            for i in range(row + 1):
                value += upper[i, row] * upper[i, column]
            a[row, column] = value
        a[row, row] += ridge[row]
    for row in range(k):  # Cholesky; a dropped column has no pivot in R and gets no coefficient
        whole = a[row, row]
        pivot = whole
        for i in range(row):
            pivot -= a[i, row] * a[i, row]
        usable = (upper[row, row] > 0.0 or ridge[row] > 0.0) and pivot > 1e-18 * whole
        inverse = 1.0 / np.sqrt(pivot) if usable else 0.0
        for column in range(row + 1, k):
            value = a[row, column]
            for i in range(row):
                value -= a[i, row] * a[i, column]
            a[row, column] = value * inverse
        a[row, row] = inverse
    for column in range(n_right):
        for row in range(k):
            value = right[row, column]
            for i in range(row):
                value -= a[i, row] * right[i, column]
            right[row, column] = value * a[row, row]
        for row in range(k - 1, -1, -1):
            value = right[row, column]
            for i in range(row + 1, k):
                value -= a[row, i] * right[i, column]
            right[row, column] = value * a[row, row]


@compiled
def _move_ridge(
    upper: FloatArray,
    projected: FloatArray,
    cap: float,
    row: int,
    k: int,
    c: FloatArray,
    ridge: FloatArray,
    system: FloatArray,
    solved: FloatArray,
) -> bool:
    """One step of the iteration for the sine term at ``row``; whether its condition held already.

    The parameters are those of `cap_amplitudes`, with ``c`` the coefficients and ``cap`` and ``k`` this term's limit
    and the number of coefficients.
    """
    amplitude = np.sqrt(c[row] * c[row] + c[row + 1] * c[row + 1])
    excess = amplitude / cap - 1.0
    if abs(excess) < _TOLERANCE or (excess < 0.0 and ridge[row] == 0.0):
        return True
    for i in range(k):
        solved[i, 0] = 0.0
    solved[row, 0] = c[row]
    solved[row + 1, 0] = c[row + 1]
    solve_with_ridge(upper, ridge, k, 1, system, solved)
    curvature = c[row] * solved[row, 0] + c[row + 1] * solved[row + 1, 0]
    if not curvature > 0.0:
        return True
    moved = max(ridge[row] + excess * amplitude * amplitude / curvature, 0.0)
    ridge[row] = moved
    ridge[row + 1] = moved
    for i in range(k):
        value = 0.0
        for j in range(i + 1):
            value += upper[j, i] * projected[j]
        solved[i, 0] = value
    solve_with_ridge(upper, ridge, k, 1, system, solved)
    for i in range(k):
        c[i] = solved[i, 0]
    return False

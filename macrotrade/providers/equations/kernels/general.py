"""Least squares for any expression: variable projection and Levenberg-Marquardt over a tape.

Constants in which the expression is linear are solved for exactly at every trial of the others (Golub and Pereyra,
1973), whose steps use Kaufman's (1975) Jacobian -P (dPhi/dtheta) c, P the projection off the linear columns.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from macrotrade._typing import BoolArray, FloatArray, IntArray
from macrotrade.providers.equations.kernels.compiled import compiled
from macrotrade.providers.equations.kernels.tape import play

__all__ = ["Regression", "Workspace", "fit_from", "make_workspace", "project"]

_DROPPED = 1e-7  # a column whose norm falls below this share of itself is a combination of those before it
_LARGEST_DAMPING = 1e12


class Regression(NamedTuple):
    """What is fitted to what.

    Parameters
    ----------
    steps, numbers : the tape, see `play`.
    values : (n_variables, n).
    target : (n,).
    linear, others : places of the constants solved for, and of those searched.
    lower, upper : (n_constants,) bounds of those searched.
    """

    steps: IntArray
    numbers: FloatArray
    values: FloatArray
    target: FloatArray
    linear: IntArray
    others: IntArray
    lower: FloatArray
    upper: FloatArray


class Workspace(NamedTuple):
    """Memory for one regression.

    Parameters
    ----------
    stack, slopes, live : of the tape.
    basis, upper : (n_linear, n) orthonormal columns and (n_linear, n_linear) R of columns = basis R.
    projected : (n_linear,) products of the basis with the target.
    residuals : (n,).
    jacobian : (n_others, n) derivatives less their share in the basis.
    hessian, damped : (n_others, n_others).
    gradient, step : (n_others,).
    held : (n_others,) which stand at a bound that the fit pushes against.
    trial : (n_constants,).
    """

    stack: FloatArray
    slopes: FloatArray
    live: BoolArray
    basis: FloatArray
    upper: FloatArray
    projected: FloatArray
    residuals: FloatArray
    jacobian: FloatArray
    hessian: FloatArray
    damped: FloatArray
    gradient: FloatArray
    step: FloatArray
    held: BoolArray
    trial: FloatArray


def make_workspace(height: int, n: int, n_linear: int, n_others: int) -> Workspace:
    """Memory for a tape that needs `height` rows."""
    k = n_linear + n_others
    return Workspace(
        np.zeros((height, n)),
        np.zeros((height, k, n)),
        np.zeros((height, k), np.bool_),
        np.zeros((n_linear, n)),
        np.zeros((n_linear, n_linear)),
        np.zeros(n_linear),
        np.zeros(n),
        np.zeros((n_others, n)),
        np.zeros((n_others, n_others)),
        np.zeros((n_others, n_others)),
        np.zeros(n_others),
        np.zeros(n_others),
        np.zeros(n_others, np.bool_),
        np.zeros(k),
    )


@compiled
def project(regression: Regression, space: Workspace, parameters: FloatArray) -> float:
    """Sum of squares with the linear constants at their best, which are put into `parameters`; infinite if undefined.

    Leaves the orthonormal columns and the residuals in the space.
    """
    linear = regression.linear
    for j in range(linear.size):
        parameters[linear[j]] = 0.0
    play(
        regression.steps, regression.numbers, regression.values, parameters, space.stack, space.slopes, space.live, True
    )
    residuals = space.residuals
    for t in range(residuals.size):
        residuals[t] = regression.target[t] - space.stack[0, t]
        if not math.isfinite(residuals[t]):
            return math.inf
    for j in range(linear.size):
        if not _next_column(space, linear[j], j):
            return math.inf
        share = 0.0
        for t in range(residuals.size):
            share += space.basis[j, t] * residuals[t]
        space.projected[j] = share
        for t in range(residuals.size):
            residuals[t] -= share * space.basis[j, t]
    for j in range(linear.size - 1, -1, -1):
        total = space.projected[j]
        for m in range(j + 1, linear.size):
            total -= space.upper[j, m] * parameters[linear[m]]
        parameters[linear[j]] = total / space.upper[j, j] if space.upper[j, j] > 0.0 else 0.0
    sse = 0.0
    for t in range(residuals.size):
        sse += residuals[t] * residuals[t]
    return sse


@compiled
def _next_column(space: Workspace, place: int, j: int) -> bool:
    """Column j made orthonormal to those before it by modified Gram-Schmidt, twice; False if it is not finite."""
    basis, upper = space.basis, space.upper
    n = basis.shape[1]
    norm = 0.0
    for t in range(n):
        value = space.slopes[0, place, t] if space.live[0, place] else 0.0
        if not math.isfinite(value):
            return False
        basis[j, t] = value
        norm += value * value
    norm = math.sqrt(norm)
    for m in range(j):
        upper[m, j] = 0.0
    for _ in range(2):
        for m in range(j):
            share = 0.0
            for t in range(n):
                share += basis[m, t] * basis[j, t]
            upper[m, j] += share
            for t in range(n):
                basis[j, t] -= share * basis[m, t]
    left = 0.0
    for t in range(n):
        left += basis[j, t] * basis[j, t]
    left = math.sqrt(left)
    if left <= _DROPPED * norm:
        upper[j, j] = 0.0
        for t in range(n):
            basis[j, t] = 0.0
    else:
        upper[j, j] = left
        for t in range(n):
            basis[j, t] /= left
    return True


@compiled
def fit_from(regression: Regression, space: Workspace, parameters: FloatArray, max_iterations: int) -> float:
    """Sum of squares of the optimum reached from `parameters`, which are replaced by it; infinite if undefined.

    Parameters
    ----------
    regression, space, parameters : as `project` takes them.
    max_iterations : most steps taken.
    """
    sse = project(regression, space, parameters)
    others = regression.others
    if others.size == 0 or not math.isfinite(sse):
        return sse
    damping, small = 1e-3, 0
    for _ in range(max_iterations):
        if not _linearise(regression, space, parameters):
            break
        before = sse
        while damping < _LARGEST_DAMPING:
            _solve(space, damping)
            _move(regression, space, parameters)
            trial = project(regression, space, space.trial)
            if trial < sse:
                sse = trial
                for k in range(parameters.size):
                    parameters[k] = space.trial[k]
                damping = max(damping / 5.0, 1e-12)
                break
            damping *= 4.0
        if damping >= _LARGEST_DAMPING:
            break
        small = small + 1 if before - sse <= 1e-12 * before else 0
        if small == 3:
            break
    return project(regression, space, parameters)


@compiled
def _linearise(regression: Regression, space: Workspace, parameters: FloatArray) -> bool:
    """Gradient and Gauss-Newton matrix at `parameters`, whose projection is in the space; False if undefined."""
    play(
        regression.steps, regression.numbers, regression.values, parameters, space.stack, space.slopes, space.live, True
    )
    others, jacobian, residuals = regression.others, space.jacobian, space.residuals
    # The rest of the last trial may have been refused: project once more for its basis and residuals.
    n = residuals.size
    for i in range(others.size):
        for t in range(n):
            value = space.slopes[0, others[i], t] if space.live[0, others[i]] else 0.0
            if not math.isfinite(value):
                return False
            jacobian[i, t] = value
    for k in range(parameters.size):
        space.trial[k] = parameters[k]
    project(regression, space, space.trial)
    for i in range(others.size):
        for j in range(space.basis.shape[0]):
            share = 0.0
            for t in range(n):
                share += space.basis[j, t] * jacobian[i, t]
            for t in range(n):
                jacobian[i, t] -= share * space.basis[j, t]
        gradient = 0.0
        for t in range(n):
            gradient += jacobian[i, t] * residuals[t]
        space.gradient[i] = gradient
        value = parameters[others[i]]
        at_lower = value <= regression.lower[others[i]] and gradient < 0.0
        at_upper = value >= regression.upper[others[i]] and gradient > 0.0
        space.held[i] = at_lower or at_upper
    for i in range(others.size):
        for j in range(i + 1):
            total = 0.0
            for t in range(n):
                total += jacobian[i, t] * jacobian[j, t]
            space.hessian[i, j] = total
            space.hessian[j, i] = total
    return True


@compiled
def _solve(space: Workspace, damping: float) -> None:
    """Step of (H + damping diag H) step = gradient by Cholesky; constants held at a bound stay."""
    m = space.gradient.size
    damped = space.damped
    for i in range(m):
        for j in range(i + 1):
            free = not (space.held[i] or space.held[j])
            value = space.hessian[i, j] if free else 0.0
            if i == j:
                value = value * (1.0 + damping) + 1e-300 if free and value > 0.0 else 1.0
            for q in range(j):
                value -= damped[i, q] * damped[j, q]
            if i == j:
                damped[i, i] = math.sqrt(max(value, 1e-300))
            else:
                damped[i, j] = value / damped[j, j]
    step = space.step
    for i in range(m):
        total = 0.0 if space.held[i] else space.gradient[i]
        for q in range(i):
            total -= damped[i, q] * step[q]
        step[i] = total / damped[i, i]
    for i in range(m - 1, -1, -1):
        total = step[i]
        for q in range(i + 1, m):
            total -= damped[q, i] * step[q]
        step[i] = total / damped[i, i]


@compiled
def _move(regression: Regression, space: Workspace, parameters: FloatArray) -> None:
    """The trial a step away from `parameters`, within the bounds."""
    for k in range(parameters.size):
        space.trial[k] = parameters[k]
    for i in range(regression.others.size):
        place = regression.others[i]
        moved = parameters[place] + (0.0 if space.held[i] else space.step[i])
        space.trial[place] = min(max(moved, regression.lower[place]), regression.upper[place])

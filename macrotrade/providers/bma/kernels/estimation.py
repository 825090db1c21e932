"""Coefficients, t statistics and residual sums of given equations, in the units of the converted series."""

from __future__ import annotations

import numpy as np
from numba import prange

from macrotrade._typing import FloatArray, IntArray
from macrotrade.providers.bma.kernels.compiled import compiled_parallel
from macrotrade.providers.bma.kernels.equations import cross_validated, new_workspace, set_up

__all__ = ["estimate_all"]


@compiled_parallel
def estimate_all(
    columns: FloatArray,
    spread: FloatArray,
    targets: IntArray,
    codes: IntArray,
    counts: IntArray,
    means: FloatArray,
    scales: FloatArray,
    bounds: IntArray,
    n_folds: int,
) -> tuple[FloatArray, FloatArray, FloatArray, IntArray]:
    """Estimate each equation by least squares and cross-validate it.

    Parameters
    ----------
    columns, spread : (n_codes, n) standardised regressors and the variation of each about its mean.
    targets : (n_equations,) code of each equation's left-hand side.
    codes, counts : (n_equations, >= k) regressors, the intercept first, and how many.
    means, scales : (n_codes,) so that column = (raw - mean) / scale.
    bounds, n_folds : fold boundaries and how many folds.

    Returns
    -------
    coefficients, t_statistics : (n_equations, >= k).
    numbers : (n_equations, 3): regressors left (dependent ones are dropped), rss, cross-validated rss.
    kept : (n_equations, >= k) codes after dropping.
    """
    n = columns.shape[1]
    n_equations = targets.shape[0]
    width = codes.shape[1]
    coefficients = np.zeros((n_equations, width))
    t_statistics = np.zeros((n_equations, width))
    numbers = np.zeros((n_equations, 3))
    kept = np.zeros((n_equations, width), dtype=np.int64)
    for e in prange(n_equations):
        k = counts[e]
        space = new_workspace(n, k, n_folds)
        rows, residuals = space.rows, space.residuals
        own = codes[e].copy()
        target = targets[e]
        for t in range(n):
            rows[t, 0] = columns[target, t]
        k, sound = set_up(space, columns, spread, own, k, bounds, n_folds)
        cross = cross_validated(space, k, sound, bounds, n_folds)
        whole = space.state[n_folds]
        b = np.empty(k)
        for j in range(k):
            b[j] = whole[0, j + 1]
        moments = np.zeros(k)
        for t in range(n):
            r = rows[t, 0]
            for j in range(k):
                r -= b[j] * rows[t, j + 1]
            residuals[t] = r
            for j in range(k):
                moments[j] += r * rows[t, j + 1]
        for j in range(k):  # one step of refinement wins back the digits that cross products lose
            for i in range(k):
                b[j] += whole[j + 1, i + 1] * moments[i]
        rss = 0.0
        for t in range(n):
            r = rows[t, 0]
            for j in range(k):
                r -= b[j] * rows[t, j + 1]
            rss += r * r
        scale = scales[target]
        variance = rss / (n - k)
        shift = np.empty(k)  # the intercept in raw units is this combination of the standardised coefficients
        shift[0] = 1.0
        coefficients[e, 0] = means[target] + scale * b[0]
        for j in range(1, k):
            code = own[j]
            shift[j] = -means[code] / scales[code]
            coefficients[e, j] = scale * b[j] / scales[code]
            coefficients[e, 0] += scale * b[j] * shift[j]
            t_statistics[e, j] = b[j] / np.sqrt(variance * whole[j + 1, j + 1])
        spread_of_intercept = 0.0
        for i in range(k):
            for j in range(k):
                spread_of_intercept += shift[i] * whole[i + 1, j + 1] * shift[j]
        t_statistics[e, 0] = coefficients[e, 0] / (scale * np.sqrt(variance * spread_of_intercept))
        numbers[e, 0] = k
        numbers[e, 1] = rss * scale * scale
        numbers[e, 2] = cross * scale * scale
        for j in range(k):
            kept[e, j] = own[j]
    return coefficients, t_statistics, numbers, kept

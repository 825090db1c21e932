"""Autocorrelations, differences and their inverses for whole panels of series."""

from __future__ import annotations

import numpy as np

from macrotrade._typing import FloatArray

__all__ = ["autocorrelations", "difference", "integrate", "slope_t_statistics"]


def autocorrelations(values: FloatArray, n_lags: int) -> FloatArray:
    """Sample autocorrelations r_1..r_n_lags of each column, shape (n_lags, n_series).

    r_k = sum_t (x_t - m)(x_{t-k} - m) / sum_t (x_t - m)^2, with m the column's mean. A column without
    variation has no autocorrelation: zero is returned, so that it counts as white noise.
    """
    centred = values - values.mean(axis=0)
    variation = np.einsum("tj,tj->j", centred, centred)
    safe = np.where(variation > 0.0, variation, 1.0)
    lags = range(1, n_lags + 1)
    return np.stack([np.einsum("tj,tj->j", centred[k:], centred[: max(len(centred) - k, 0)]) for k in lags]) / safe


def difference(values: FloatArray, order: int) -> FloatArray:
    """Differences of the given order along time, NaN in the first ``order`` rows."""
    if order == 0:
        return values
    out = np.full_like(values, np.nan)
    out[order:] = np.diff(values, n=order, axis=0)
    return out


def integrate(differences: FloatArray, last_levels: FloatArray) -> FloatArray:
    """Levels that continue ``last_levels`` through the differences that follow them.

    Parameters
    ----------
    differences : (n_periods,) differences of order ``len(last_levels)``.
    last_levels : (order,) the levels just before the first difference, oldest first.
    """
    out = differences
    for order in range(len(last_levels), 0, -1):
        start = np.diff(last_levels, n=order - 1)[-1] if order > 1 else last_levels[-1]
        out = start + np.cumsum(out)
    return out


def slope_t_statistics(values: FloatArray) -> FloatArray:
    """T statistic of the slope when each column is regressed on a constant and time."""
    n = len(values)
    time = np.arange(n) - (n - 1) / 2
    centred = values - values.mean(axis=0)
    slope = time @ centred / (time @ time)
    residuals = centred - np.outer(time, slope)
    variance = np.einsum("tj,tj->j", residuals, residuals) / (n - 2) / (time @ time)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.nan_to_num(slope / np.sqrt(variance), nan=0.0))

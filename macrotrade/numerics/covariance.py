"""Heteroskedasticity- and autocorrelation-consistent covariances (Newey and West, 1987)."""

from __future__ import annotations

import numpy as np

from macrotrade._typing import FloatArray

__all__ = ["hac_covariance", "long_run_covariance", "newey_west_lags"]


def hac_covariance(X: FloatArray, residuals: FloatArray, n_lags: int) -> FloatArray:
    """Covariance of least-squares coefficients, shape (n_parameters, n_parameters): n (X'X)^-1 S (X'X)^-1.

    S is the long-run covariance of the scores x_t e_t, not centred: they have mean zero by the normal equations.
    No small-sample correction.
    """
    bread = np.linalg.inv(X.T @ X)
    return np.asarray(bread @ (X.shape[0] * _bartlett_sum(X * residuals[:, None], n_lags)) @ bread)


def long_run_covariance(values: FloatArray, n_lags: int) -> FloatArray:
    """Long-run covariance of a series about its mean, shape (n_series, n_series).

    S = G_0 + sum_{l=1..L} (1 - l/(L+1)) (G_l + G_l'),  G_l = (1/n) sum_t v_t v_{t-l}'.

    Parameters
    ----------
    values
        Shape (n_periods,) or (n_periods, n_series), finite.
    n_lags
        L, from 0 to n_periods - 1. The variance of the mean of `values` is S / n_periods.
    """
    columns = np.asarray(values, float).reshape(len(values), -1)
    return _bartlett_sum(columns - columns.mean(axis=0), n_lags)


def newey_west_lags(n_periods: int) -> int:
    """Usual number of lags: the whole part of 4 (n/100)^(2/9)."""
    return int(4.0 * (n_periods / 100.0) ** (2.0 / 9.0))


def _bartlett_sum(columns: FloatArray, n_lags: int) -> FloatArray:
    n_periods = columns.shape[0]
    total = columns.T @ columns
    for lag in range(1, min(n_lags, n_periods - 1) + 1):
        cross = columns[lag:].T @ columns[:-lag]
        total = total + (1.0 - lag / (n_lags + 1.0)) * (cross + cross.T)
    return np.asarray(total / n_periods)

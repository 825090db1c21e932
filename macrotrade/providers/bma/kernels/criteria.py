"""Information criteria of a least-squares equation with n observations and k parameters, the intercept counted."""

from __future__ import annotations

import numpy as np
from numba import njit

BICA, BIC, AIC = 0, 1, 2


@njit(cache=True, error_model="numpy")
def criterion_value(kind, rss, k, n):  # type: ignore[no-untyped-def]
    """BICa = ln(RSS/(n-k)) + k ln(n)/n, BIC = ln(RSS/n) + k ln(n)/n, AIC = ln(RSS/n) + 2k/n."""
    if n - k <= 0:
        return np.inf
    if rss <= 0.0:
        return -np.inf
    if kind == BICA:
        return np.log(rss / (n - k)) + k * np.log(n) / n
    if kind == BIC:
        return np.log(rss / n) + k * np.log(n) / n
    return np.log(rss / n) + 2.0 * k / n


@njit(cache=True, error_model="numpy")
def largest_rss(kind, value, k, n):  # type: ignore[no-untyped-def]
    """The residual sum of squares at which k parameters give this value of the criterion, with a hair to spare."""
    spare = 1.0 + 1e-9
    if n - k <= 0:
        return 0.0
    if kind == BICA:
        return (n - k) * np.exp(value - k * np.log(n) / n) * spare
    if kind == BIC:
        return n * np.exp(value - k * np.log(n) / n) * spare
    return n * np.exp(value - 2.0 * k / n) * spare

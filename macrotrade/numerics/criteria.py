"""Information criteria of a regression, and the weights that follow from them.

All are written per observation, ln(error variance) plus a penalty; :func:`n_scaled` gives the textbook form, n times as
large. Both order models alike. Weights differ: per observation they are near equal, n-scaled they are the large-sample
posterior probabilities and fall almost wholly on one model.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from macrotrade._typing import FloatArray

__all__ = ["CRITERIA", "Criterion", "aic", "bic", "bica", "criterion_weights", "n_scaled"]

Criterion: TypeAlias = Literal["aic", "bic", "bica"]


def aic(rss: ArrayLike, n: ArrayLike, k: ArrayLike) -> FloatArray:
    """Akaike's criterion, per observation: ln(RSS/n) + 2k/n, for n observations and k parameters."""
    rss, n, k = np.asarray(rss, float), np.asarray(n, float), np.asarray(k, float)
    return np.asarray(np.log(rss / n) + 2.0 * k / n)


def bic(rss: ArrayLike, n: ArrayLike, k: ArrayLike) -> FloatArray:
    """Schwarz's criterion, per observation: ln(RSS/n) + k ln(n)/n."""
    rss, n, k = np.asarray(rss, float), np.asarray(n, float), np.asarray(k, float)
    return np.asarray(np.log(rss / n) + k * np.log(n) / n)


def bica(rss: ArrayLike, n: ArrayLike, k: ArrayLike) -> FloatArray:
    """Schwarz's criterion of the unbiased error variance, per observation: ln(RSS/(n-k)) + k ln(n)/n."""
    rss, n, k = np.asarray(rss, float), np.asarray(n, float), np.asarray(k, float)
    return np.asarray(np.log(rss / (n - k)) + k * np.log(n) / n)


CRITERIA: dict[Criterion, Callable[[ArrayLike, ArrayLike, ArrayLike], FloatArray]] = {
    "aic": aic,
    "bic": bic,
    "bica": bica,
}
"""Criteria by name."""


def n_scaled(criterion: ArrayLike, n: ArrayLike) -> FloatArray:
    """Textbook form of a per-observation criterion: n times it."""
    return np.asarray(np.asarray(criterion, float) * np.asarray(n, float))


def criterion_weights(criterion: ArrayLike) -> FloatArray:
    """Model weights along the first axis: exp(-c_i / 2) / sum_j exp(-c_j / 2).

    The least criterion is subtracted first: n-scaled criteria of a few thousand would underflow all weights to zero.
    """
    values = np.asarray(criterion, float)
    likelihood = np.exp(-0.5 * (values - values.min(axis=0)))
    return np.asarray(likelihood / likelihood.sum(axis=0))

"""Distribution and quantile functions of Gaussian mixtures."""

from __future__ import annotations

import numpy as np
from scipy.special import ndtr, ndtri

from macrotrade._typing import FloatArray

__all__ = ["mixture_cdf", "mixture_quantile"]

_BISECTIONS = 80


def mixture_cdf(weights: FloatArray, mean: FloatArray, scale: FloatArray, value: FloatArray) -> FloatArray:
    """F(v) = sum_k w_k Phi((v - m_k) / s_k), members along the first axis.

    A member of zero scale is a point mass; at its own point it counts one half, so that a forecast of no change is
    neither up nor down.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        standardised = (value[None] - mean) / scale
    at_mass = np.where(value[None] > mean, 1.0, np.where(value[None] < mean, 0.0, 0.5))
    below = np.where(scale > 0, ndtr(standardised), at_mass)
    return np.asarray((weights * below).sum(axis=0))


def mixture_quantile(weights: FloatArray, mean: FloatArray, scale: FloatArray, probability: float) -> FloatArray:
    """Smallest v with F(v) >= probability, by bisection between the members' own quantiles.

    The mixture quantile lies between the least and the greatest member quantile, which brackets the search.
    """
    member_quantiles = mean + scale * ndtri(probability)
    low, high = member_quantiles.min(axis=0), member_quantiles.max(axis=0)
    if member_quantiles.shape[0] == 1:
        return np.asarray(low)
    for _ in range(_BISECTIONS):
        middle = 0.5 * (low + high)
        below = mixture_cdf(weights, mean, scale, middle) < probability
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    return np.asarray(high)

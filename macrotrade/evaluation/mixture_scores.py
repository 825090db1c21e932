"""Scores of Gaussian mixtures against what happened: continuous ranked probability score, log score, PIT.

Arrays hold members along the first axis and forecasts along the rest; outcomes have the shape of the rest. Scores are
losses: lower is better. A missing outcome has missing scores.
"""

from __future__ import annotations

import numpy as np
from scipy.special import logsumexp, ndtr

from macrotrade._typing import FloatArray
from macrotrade.numerics.mixture import mixture_cdf

__all__ = ["absolute_moment", "mean_distance", "mixture_crps", "mixture_log_score", "mixture_pit"]

_FAR = 9.0
"""Standard deviations beyond which a normal law has less than 2e-19."""

_STEPS_PER_SCALE = 2.0
_BLOCK = 1 << 21


def mixture_crps(weights: FloatArray, mean: FloatArray, scale: FloatArray, outcome: FloatArray) -> FloatArray:
    """Continuous ranked probability score of a Gaussian mixture, in the units of the outcome.

    CRPS = sum_k w_k A(y - m_k, s_k) - (1/2) sum_j sum_k w_j w_k A(m_j - m_k, sqrt(s_j^2 + s_k^2)), A(m, s) the mean of
    |N(m, s^2)| (Grimit, Gneiting, Berrocal and Johnson, 2006). Members may be points of zero scale.
    """
    to_outcome = (weights * absolute_moment(outcome[None] - mean, scale)).sum(axis=0)
    return np.asarray(to_outcome - 0.5 * mean_distance(weights, mean, scale))


def mixture_log_score(weights: FloatArray, mean: FloatArray, scale: FloatArray, outcome: FloatArray) -> FloatArray:
    """Minus the logarithm of the mixture's density at the outcome; infinite where no member has a scale above zero.

    Members of zero scale have no density and count for nothing.
    """
    dense = (scale > 0) & (weights > 0)
    spread = np.where(dense, scale, 1.0)
    standardised = (outcome[None] - mean) / spread
    exponent = -0.5 * standardised**2 - np.log(spread) - 0.5 * np.log(2.0 * np.pi)
    density = logsumexp(np.where(dense, exponent, -np.inf), axis=0, b=np.where(dense, weights, 0.0))
    return np.where(np.isnan(outcome), np.nan, -np.asarray(density))


def mixture_pit(weights: FloatArray, mean: FloatArray, scale: FloatArray, outcome: FloatArray) -> FloatArray:
    """Probability integral transform F(y), uniform where forecasts are right; at a point of zero scale its middle."""
    return np.where(np.isnan(outcome), np.nan, mixture_cdf(weights, mean, scale, outcome))


def absolute_moment(mean: FloatArray, scale: FloatArray) -> FloatArray:
    """Mean of |N(m, s^2)|: 2 s phi(m/s) + m (2 Phi(m/s) - 1), and |m| where s is zero."""
    spread = np.where(scale > 0, scale, 1.0)
    ratio = mean / spread
    density = np.exp(-0.5 * ratio**2) / np.sqrt(2.0 * np.pi)
    return np.where(scale > 0, 2.0 * spread * density + mean * (2.0 * ndtr(ratio) - 1.0), np.abs(mean))


def mean_distance(weights: FloatArray, mean: FloatArray, scale: FloatArray) -> FloatArray:
    """Mean distance E|X - X'| of two independent draws from each mixture, shape of the forecasts.

    The double sum over pairs, or, where it takes fewer evaluations, 2 times the integral of F (1 - F), which is the
    same. The integrand is analytic and dies off like a normal law, so the trapezoidal rule with two steps to the
    smallest scale is exact to rounding: 1,400 members need hundreds of points instead of a million pairs.
    """
    n_members, rest = mean.shape[0], mean.shape[1:]
    flat = (part.reshape(n_members, -1) for part in (np.broadcast_to(weights, mean.shape), mean, scale))
    weights, mean, scale = flat
    n_points = _grid_points(mean, scale)
    by_pairs = n_points is None or 2 * n_points > n_members
    distance = _pair_sum(weights, mean, scale) if by_pairs else _integral(weights, mean, scale, n_points or 0)
    return distance.reshape(rest)


def _pair_sum(weights: FloatArray, mean: FloatArray, scale: FloatArray) -> FloatArray:
    """sum_j sum_k w_j w_k A(m_j - m_k, sqrt(s_j^2 + s_k^2)), each pair once."""
    total = (weights**2 * absolute_moment(np.zeros_like(mean), np.sqrt(2.0) * scale)).sum(axis=0)
    for j in range(1, mean.shape[0]):
        pairs = absolute_moment(mean[:j] - mean[j], np.hypot(scale[:j], scale[j]))
        total += 2.0 * weights[j] * (weights[:j] * pairs).sum(axis=0)
    return np.asarray(total)


def _grid_points(mean: FloatArray, scale: FloatArray) -> int | None:
    """Points that the trapezoidal rule needs for every forecast; None where a member has no scale."""
    smallest = scale.min(axis=0, initial=np.inf)
    if not mean.size or (smallest <= 0).any():
        return None
    width = (mean + _FAR * scale).max(axis=0) - (mean - _FAR * scale).min(axis=0)
    steps = float((width / smallest).max()) * _STEPS_PER_SCALE
    return int(np.ceil(steps)) + 1 if steps < 2**31 else None


def _integral(weights: FloatArray, mean: FloatArray, scale: FloatArray, n_points: int) -> FloatArray:
    """2 times the integral of F (1 - F) by the trapezoidal rule on `n_points` points for each forecast."""
    low = (mean - _FAR * scale).min(axis=0)
    step = ((mean + _FAR * scale).max(axis=0) - low) / (n_points - 1)
    total = np.zeros(mean.shape[1])
    at_once = max(1, _BLOCK // max(mean.size, 1))
    for first in range(0, n_points, at_once):
        points = low + step * np.arange(first, min(first + at_once, n_points))[:, None]
        below = np.einsum("kf,gkf->gf", weights, ndtr((points[:, None] - mean) / scale))
        total += (below * (1.0 - below)).sum(axis=0)
    return np.asarray(2.0 * step * total)

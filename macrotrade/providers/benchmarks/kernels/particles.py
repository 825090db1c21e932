"""A posterior of trend and volatility carried forward through new numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from macrotrade._typing import FloatArray, IntArray

__all__ = ["Particles", "filtered"]


@dataclass(frozen=True, eq=False)
class Particles:
    """Draws from a posterior, shape (n_particles,) each.

    Attributes
    ----------
    trend_mean, trend_variance
        Of the last trend, Gaussian given the rest.
    volatility
        Last log-variance h of the noise.
    trend_step, volatility_step
        Innovation variances of trend and h.
    """

    trend_mean: FloatArray
    trend_variance: FloatArray
    volatility: FloatArray
    trend_step: FloatArray
    volatility_step: FloatArray

    def at(self, rows: IntArray) -> Particles:
        """These particles only, repeated where asked."""
        return Particles(
            self.trend_mean[rows],
            self.trend_variance[rows],
            self.volatility[rows],
            self.trend_step[rows],
            self.volatility_step[rows],
        )


def filtered(particles: Particles, new: FloatArray, generator: np.random.Generator) -> Particles:
    """Posterior after the numbers `new`, oldest first; NaN where one is missing.

    For each: h takes a step; the trend's mean m and variance P, given h, follow the Kalman filter

        P' = P + w,   S = P' + exp(h),   m <- m + (P'/S)(x - m),   P <- P' - P'^2 / S,

    and particles are drawn again in proportion to N(x; m, S), systematically (Kitagawa (1996), Journal of Computational
    and Graphical Statistics 5). The trend is integrated out (Rao-Blackwell), so only h and the variances can wear out.
    """
    now = particles
    for x in new:
        step = np.sqrt(now.volatility_step) * generator.standard_normal(now.volatility.size)
        volatility = now.volatility + step
        before = now.trend_variance + now.trend_step
        if np.isnan(x):
            now = Particles(now.trend_mean, before, volatility, now.trend_step, now.volatility_step)
            continue
        total = before + np.exp(volatility)
        error = x - now.trend_mean
        log_weight = -0.5 * (np.log(total) + error**2 / total)
        moved = Particles(
            now.trend_mean + before / total * error,
            before - before**2 / total,
            volatility,
            now.trend_step,
            now.volatility_step,
        )
        now = moved.at(_systematic(np.exp(log_weight - log_weight.max()), generator))
    return now


def _systematic(weight: FloatArray, generator: np.random.Generator) -> IntArray:
    """Row of each new particle: equally spaced points, with one random start, on the cumulated weights."""
    n = weight.size
    points = (np.arange(n) + generator.random()) / n
    cumulative = np.cumsum(weight) / weight.sum()
    return np.minimum(np.searchsorted(cumulative, points), n - 1)

"""The sampler of `unobserved_components` written plainly with SciPy's banded solvers: reference of the fast one."""

from __future__ import annotations

import numpy as np
from scipy.linalg import cho_solve_banded, cholesky_banded, solve_banded

from macrotrade._typing import FloatArray
from macrotrade.providers.benchmarks.kernels.unobserved_components import MIXTURE, Chain, Priors

__all__ = ["plain_sweep"]


def plain_sweep(
    x: FloatArray, priors: Priors, chain: Chain, normal: FloatArray, uniform: FloatArray, gamma: FloatArray
) -> tuple[float, float]:
    """One sweep in place, from the random numbers given; mean and variance of the last trend given h and w_tau.

    Parameters
    ----------
    x
        Shape (n_periods,), NaN where missing.
    priors, chain
        Priors; state of the chain, drawn anew.
    normal, uniform, gamma
        Shapes (2, n_periods), (n_periods,) and (2,), the last of shape parameter priors.shape + (n_periods - 1) / 2.
    """
    known = ~np.isnan(x)
    precision = np.where(known, np.exp(-chain.volatility), 0.0)
    mean, variance = _random_walk(
        precision, precision * np.where(known, x, 0.0), chain.steps[0], priors.start, normal[0], chain.trend
    )
    z = np.log((np.where(known, x, 0.0) - chain.trend) ** 2 + priors.offset)
    probability, centre, spread = MIXTURE.T
    distance = z[:, None] - chain.volatility[:, None] - centre
    cumulative = np.cumsum(probability / np.sqrt(spread) * np.exp(-0.5 * distance**2 / spread), axis=1)
    component = (cumulative[:, :-1] < (uniform * cumulative[:, -1])[:, None]).sum(axis=1)
    precision = np.where(known, 1.0 / spread[component], 0.0)
    pull = precision * (z - centre[component])
    _random_walk(precision, pull, chain.steps[1], priors.start, normal[1], chain.volatility)
    scales = np.array([priors.trend_scale, priors.volatility_scale])
    squares = np.array([(np.diff(chain.trend) ** 2).sum(), (np.diff(chain.volatility) ** 2).sum()])
    chain.steps[:] = (scales + 0.5 * squares) / gamma
    return mean, variance


def _random_walk(
    precision: FloatArray, pull: FloatArray, step: float, start: float, normal: FloatArray, state: FloatArray
) -> tuple[float, float]:
    n = state.size
    banded = np.zeros((2, n))
    banded[1] = precision + 2.0 / step
    banded[1, 0] += 1.0 / start - 1.0 / step
    banded[1, -1] -= 1.0 / step
    banded[0, 1:] = -1.0 / step
    upper = cholesky_banded(banded)
    mean = cho_solve_banded((upper, False), pull)
    state[:] = mean + solve_banded((0, 1), upper, normal)
    return float(mean[-1]), float(upper[1, -1] ** -2)

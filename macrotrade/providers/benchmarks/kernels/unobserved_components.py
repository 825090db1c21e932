"""Gibbs sampling of the unobserved-components model with stochastic volatility.

Stock and Watson (2007), Journal of Money, Credit and Banking 39, with a trend of constant innovation variance::

    x[t]   = tau[t] + exp(h[t] / 2) e[t],     tau[t] = tau[t-1] + u[t],     h[t] = h[t-1] + v[t],
    e ~ N(0, 1),  u ~ N(0, w_tau),  v ~ N(0, w_h),  tau[1], h[1] ~ N(0, start),  w_tau, w_h ~ inverse gamma.

One sweep draws, each given all else and in this order (Del Negro and Primiceri (2015), Review of Economic Studies 82:
the mixture components must follow the trend):

1. tau given h: its precision matrix K is tridiagonal, K = L D L', and L' tau = D^-1 L^-1 b + D^-1/2 (normals);
2. the component s[t] of the normal mixture that stands for ln e[t]^2, ten of them: Omori, Chib, Shephard and Nakajima
   (2007), Journal of Econometrics 140, table 1;
3. h given ln (x - tau)^2 = h + N(m_s, v_s), as step 1;
4. w_tau and w_h given the squared steps of tau and h.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.polynomial import Chebyshev, Polynomial

from macrotrade._typing import FloatArray

__all__ = ["MIXTURE", "Chain", "Draws", "Priors", "effective_sample_size", "sample", "sweeps"]

MIXTURE = np.array(
    [
        [0.00609, 1.92677, 0.11265],
        [0.04775, 1.34744, 0.17788],
        [0.13057, 0.73504, 0.26768],
        [0.20674, 0.02266, 0.40611],
        [0.22715, -0.85173, 0.62699],
        [0.18842, -1.97278, 0.98583],
        [0.12047, -3.46788, 1.57469],
        [0.05591, -5.55246, 2.54498],
        [0.01575, -8.68384, 4.16591],
        [0.00115, -14.65000, 7.33342],
    ]
)
"""Probability, mean and variance of the normals whose mixture is close to the logarithm of a chi-square of one."""

_N_COMPONENTS = len(MIXTURE)
# Weights of the components in powers of two: log2 of q_i N(z; m_i, v_i) is constant - factor (z - m_i)^2.
_CONSTANT = np.ascontiguousarray((np.log(MIXTURE[:, 0]) - 0.5 * np.log(MIXTURE[:, 2])) / np.log(2.0))
_FACTOR = np.ascontiguousarray(0.5 / MIXTURE[:, 2] / np.log(2.0))
_MEAN = np.ascontiguousarray(MIXTURE[:, 1])
_PRECISION = np.ascontiguousarray(1.0 / MIXTURE[:, 2])
# 2^y = 2^floor(y) 2^(y - floor(y)), the first from a table and the second by a polynomial (relative error 2e-14):
# unlike a call of exp, the compiler runs this on many numbers at once.
_LEAST_POWER = -200
_POWERS = 2.0 ** np.arange(float(_LEAST_POWER), 1.0)
_P = tuple(Chebyshev.interpolate(lambda f: 2.0**f, 9, domain=[0.0, 1.0]).convert(kind=Polynomial).coef.tolist())
_P0, _P1, _P2, _P3, _P4, _P5, _P6, _P7, _P8, _P9 = _P
_BLOCK = 64  # sweeps whose random numbers are drawn together


@dataclass(frozen=True)
class Priors:
    """Prior distributions, in units in which the series has a mean square of one.

    Attributes
    ----------
    start
        Variance of tau[1] and of h[1], both about zero.
    shape
        Of both inverse gammas.
    trend_scale, volatility_scale
        Of the inverse gammas of w_tau and w_h; their means are scale / (shape - 1).
    offset
        Added to (x - tau)^2 before its logarithm is taken, which is minus infinity at zero.
    """

    start: float
    shape: float
    trend_scale: float
    volatility_scale: float
    offset: float = 1e-6


@dataclass(frozen=True, eq=False)
class Draws:
    """What is kept of the chain, a row for each sweep after the warm-up.

    Attributes
    ----------
    trend_mean, trend_variance
        Shape (n_draws,): mean and variance of tau[T] given h, w_tau and the data, so tau[T] itself needs no draw.
    volatility
        Shape (n_draws,): h[T].
    trend_step, volatility_step
        Shape (n_draws,): w_tau and w_h.
    """

    trend_mean: FloatArray
    trend_variance: FloatArray
    volatility: FloatArray
    trend_step: FloatArray
    volatility_step: FloatArray


def sample(x: FloatArray, priors: Priors, n_draws: int, n_warm_up: int, seed: int | np.random.Generator) -> Draws:
    """Draws from the posterior of the last trend, the last volatility and both innovation variances.

    Parameters
    ----------
    x
        Shape (n_periods,), in units in which its mean square is about one; NaN where missing.
    priors
        See :class:`Priors`.
    n_draws, n_warm_up
        Sweeps kept, and thrown away before them.
    seed
        Of the draws.
    """
    generator = np.random.Generator(np.random.SFC64(seed)) if isinstance(seed, int) else seed
    chain = Chain.at_prior(x.size, priors)
    blocks = []
    for done in range(0, n_warm_up + n_draws, _BLOCK):
        n_sweeps = min(_BLOCK, n_warm_up + n_draws - done)
        normal = generator.standard_normal((n_sweeps, 2, x.size))
        uniform = generator.random((n_sweeps, x.size))
        gamma = generator.standard_gamma(priors.shape + 0.5 * (x.size - 1), (n_sweeps, 2))
        blocks.append(sweeps(x, priors, chain, normal, uniform, gamma))
    return Draws(*(np.ascontiguousarray(column) for column in np.concatenate(blocks)[n_warm_up:].T))


def sweeps(
    x: FloatArray, priors: Priors, chain: Chain, normal: FloatArray, uniform: FloatArray, gamma: FloatArray
) -> FloatArray:
    """Sweeps of the chain in place, one for each row of random numbers.

    Parameters
    ----------
    x
        Shape (n_periods,), NaN where missing.
    priors, chain
        Priors; state of the chain, drawn anew.
    normal, uniform, gamma
        Shapes (n_sweeps, 2, n_periods), (n_sweeps, n_periods) and (n_sweeps, 2), the last of shape parameter
        priors.shape + (n_periods - 1) / 2.

    Returns
    -------
    ndarray
        Shape (n_sweeps, 5): mean and variance of tau[T] given h, w_tau and the data; h[T], w_tau, w_h.
    """
    known = ~np.isnan(x)
    kept = np.empty((len(normal), 5))
    prior = np.array([priors.start, priors.trend_scale, priors.volatility_scale, priors.offset])
    _sweeps(
        np.where(known, x, 0.0), known, prior, chain.trend, chain.volatility, chain.steps, normal, uniform, gamma, kept
    )
    return kept


@dataclass(frozen=True, eq=False)
class Chain:
    """State of the chain.

    Attributes
    ----------
    trend, volatility
        Shape (n_periods,): tau and h.
    steps
        Shape (2,): w_tau and w_h.
    """

    trend: FloatArray
    volatility: FloatArray
    steps: FloatArray

    @classmethod
    def at_prior(cls, n_periods: int, priors: Priors) -> Chain:
        """States of zero and the prior means of w_tau and w_h."""
        scales = np.array([priors.trend_scale, priors.volatility_scale])
        return cls(np.zeros(n_periods), np.zeros(n_periods), scales / (priors.shape - 1.0))


@njit(cache=True, error_model="numpy")
def _sweeps(x, known, prior, tau, h, steps, normal, uniform, gamma, kept):  # type: ignore[no-untyped-def]
    """Sweeps in place, one for each row of random numbers; after each, a row (mean, variance, h[T], w_tau, w_h)."""
    n = x.size
    precision, pull, z = np.empty(n), np.empty(n), np.empty(n)
    work, weights, component = np.empty((2, n)), np.empty((_N_COMPONENTS + 1, n)), np.empty(n, np.int64)
    for number in range(kept.shape[0]):
        row = kept[number]
        for t in range(n):
            precision[t] = np.exp(-h[t]) if known[t] else 0.0
            pull[t] = precision[t] * x[t]
        row[0], row[1] = _random_walk(precision, pull, steps[0], prior[0], normal[number, 0], tau, work)
        for t in range(n):
            z[t] = np.log((x[t] - tau[t]) ** 2 + prior[3])
        _components(z, h, uniform[number], weights, component)
        for t in range(n):
            s = component[t]
            precision[t] = _PRECISION[s] if known[t] else 0.0
            pull[t] = (z[t] - _MEAN[s]) * precision[t]
        _random_walk(precision, pull, steps[1], prior[0], normal[number, 1], h, work)
        steps[0] = (prior[1] + 0.5 * _squared_steps(tau)) / gamma[number, 0]
        steps[1] = (prior[2] + 0.5 * _squared_steps(h)) / gamma[number, 1]
        row[2], row[3], row[4] = h[n - 1], steps[0], steps[1]


@njit(cache=True, error_model="numpy", fastmath={"contract"})
def _random_walk(precision, pull, step, start, normal, state, work):  # type: ignore[no-untyped-def]
    """Draw of a random walk given observations of it, in place; mean and variance of its last value.

    K has precision[t] + 2/step on its diagonal, precision + 1/start + 1/step at the first place and precision + 1/step
    at the last, and -1/step beside it. With K = L D L', L of unit diagonal and l[t+1] = -1/(step d[t]) below it::

        d[t] = K[t,t] - 1/(step^2 d[t-1]),   g = L^-1 b,   L' state = D^-1 g + D^-1/2 (standard normals)

    Only d, g and the last line run along time, at a division for each period.
    """
    n = state.size
    inverse_d, forward = work[0], work[1]
    inverse = 1.0 / step
    squared = inverse * inverse
    before, last = 0.0, 0.0
    for t in range(n):
        diagonal = precision[t] + (inverse if t < n - 1 else 0.0) + (inverse if t > 0 else 1.0 / start)
        last = pull[t] + inverse * before * last
        before = 1.0 / (diagonal - squared * before)
        inverse_d[t], forward[t] = before, last
    for t in range(n):
        forward[t] = forward[t] * inverse_d[t] + normal[t] * np.sqrt(inverse_d[t])
    after = 0.0
    for t in range(n - 1, -1, -1):
        after = forward[t] + inverse * inverse_d[t] * after
        state[t] = after
    return last * before, before


@njit(cache=True, error_model="numpy", fastmath={"contract"})
def _components(z, h, uniform, weights, component):  # type: ignore[no-untyped-def]
    """Component of the mixture behind each z - h, by inverting the distribution of its posterior at `uniform`.

    Row i of `weights` is the sum of the first i components' weights.
    """
    n = z.size
    weights[0, :] = 0.0
    for i in range(_N_COMPONENTS):
        constant, mean, factor = _CONSTANT[i], _MEAN[i], _FACTOR[i]
        for t in range(n):
            distance = z[t] - h[t] - mean
            y = constant - factor * distance * distance
            y = y if y > _LEAST_POWER else float(_LEAST_POWER)
            k = np.floor(y)
            f = y - k
            p = _P4 + f * (_P5 + f * (_P6 + f * (_P7 + f * (_P8 + f * _P9))))
            p = _P0 + f * (_P1 + f * (_P2 + f * (_P3 + f * p)))
            weights[i + 1, t] = weights[i, t] + p * _POWERS[np.int64(k) - _LEAST_POWER]
    component[:] = 0
    for i in range(1, _N_COMPONENTS):
        for t in range(n):
            component[t] += 1 if weights[i, t] < uniform[t] * weights[_N_COMPONENTS, t] else 0


@njit(cache=True, error_model="numpy", fastmath={"reassoc", "contract"})
def _squared_steps(state):  # type: ignore[no-untyped-def]
    """Sum of (state[t] - state[t-1])^2."""
    total = 0.0
    for t in range(1, state.size):
        total += (state[t] - state[t - 1]) ** 2
    return total


def effective_sample_size(draws: FloatArray) -> float:
    """Number of independent draws that estimate the mean as well: n / (1 + 2 sum_k r_k).

    The autocorrelations r_k are summed in pairs until a pair is no longer positive (Geyer (1992), Statistical Science
    7, initial positive sequence). Constant draws count in full.
    """
    n = draws.size
    centred = draws - draws.mean()
    spectrum = np.abs(np.fft.rfft(centred, 2 * n)) ** 2
    covariance = np.fft.irfft(spectrum)[:n]
    if covariance[0] <= 0.0:
        return float(n)
    pairs = (covariance[: 2 * (n // 2)] / covariance[0]).reshape(-1, 2).sum(axis=1)
    ends = np.flatnonzero(pairs <= 0.0)
    total = 2.0 * pairs[: ends[0] if ends.size else pairs.size].sum() - 1.0
    return float(min(n, n / max(total, 1.0 / n)))

"""The sampler against a plain writing, against the joint distribution it must leave alone, and against truth."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import chi2, norm

from macrotrade.providers.benchmarks.kernels.particles import Particles, filtered
from macrotrade.providers.benchmarks.kernels.unobserved_components import (
    MIXTURE,
    Chain,
    Priors,
    effective_sample_size,
    sample,
    sweeps,
)
from macrotrade.providers.benchmarks.kernels.unobserved_components_plain import plain_sweep

PRIORS = Priors(0.12, 10.0, 9 * 0.04, 9 * 0.04)


def simulated(n_periods: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Series, trend and log-variance."""
    generator = np.random.default_rng(seed)
    trend = np.cumsum(0.15 * generator.normal(size=n_periods))
    volatility = -1.0 + np.cumsum(0.15 * generator.normal(size=n_periods))
    return trend + np.exp(volatility / 2) * generator.normal(size=n_periods), trend, volatility


def test_sweeps_are_those_of_the_plain_writing() -> None:
    x, _, _ = simulated(150, 0)
    x[[20, 21, 90]] = np.nan
    n_sweeps, generator = 40, np.random.default_rng(1)
    normal, uniform = generator.standard_normal((n_sweeps, 2, 150)), generator.random((n_sweeps, 150))
    gamma = generator.standard_gamma(PRIORS.shape + 0.5 * 149, (n_sweeps, 2))
    quick, slow = Chain.at_prior(150, PRIORS), Chain.at_prior(150, PRIORS)

    kept = sweeps(x, PRIORS, quick, normal, uniform, gamma)
    plain = np.array(
        [
            [*plain_sweep(x, PRIORS, slow, n, u, g), slow.volatility[-1], *slow.steps]
            for n, u, g in zip(normal, uniform, gamma, strict=True)
        ]
    )

    np.testing.assert_allclose(kept, plain, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(quick.trend, slow.trend, atol=1e-11)


def test_the_mixture_has_the_moments_of_a_log_chi_square() -> None:
    probability, mean, variance = MIXTURE.T
    z = np.log(chi2.ppf((np.arange(200_000) + 0.5) / 200_000, 1))

    centre = probability @ mean
    assert probability.sum() == pytest.approx(1.0, abs=1e-9)
    assert centre == pytest.approx(-1.2704, abs=2e-3)
    assert probability @ (variance + mean**2) - centre**2 == pytest.approx(np.pi**2 / 2, abs=1e-2)
    at = np.quantile(z, [0.05, 0.5, 0.95])
    below = (probability * norm.cdf((at[:, None] - mean) / np.sqrt(variance))).sum(axis=1)
    np.testing.assert_allclose(below, [0.05, 0.5, 0.95], atol=2e-3)


def test_sweeps_and_simulated_data_leave_the_prior_as_it_is() -> None:
    """Geweke (2004), Journal of the American Statistical Association 99: getting it right.

    A chain that alternates a sweep with data simulated anew from the model has the prior as its distribution.
    """
    n_periods, n_rounds, generator = 8, 12_000, np.random.default_rng(0)
    priors = Priors(0.5, 5.0, 4 * 0.1, 4 * 0.1, 1e-12)
    chain = Chain.at_prior(n_periods, priors)
    seen = np.empty((n_rounds, 6))
    for row in seen:
        x = chain.trend + np.exp(chain.volatility / 2) * generator.standard_normal(n_periods)
        normal, uniform = generator.standard_normal((1, 2, n_periods)), generator.random((1, n_periods))
        gamma = generator.standard_gamma(priors.shape + 0.5 * (n_periods - 1), (1, 2))
        sweeps(x, priors, chain, normal, uniform, gamma)
        last = np.array([chain.trend[-1], chain.volatility[-1]])
        row[:] = np.concatenate([np.log(chain.steps), last, last**2])
    steps = 0.4 / generator.standard_gamma(5.0, (200_000, 2))
    spread = 0.5 + (n_periods - 1) * steps.mean(axis=0)
    expected = np.array([*np.log(steps).mean(axis=0), 0.0, 0.0, *spread])

    error = seen.std(axis=0) / np.sqrt([effective_sample_size(column) for column in seen.T])
    assert (np.abs(seen.mean(axis=0) - expected) < 3.5 * error).all()
    assert (error < 0.1).all()


def test_a_simulated_trend_and_volatility_are_recovered() -> None:
    x, trend, volatility = simulated(600, 3)
    weak = Priors(0.12, 3.0, 2 * 0.01, 2 * 0.01)

    draws = sample(x, weak, 4000, 1000, 0)

    deviation = np.sqrt(draws.trend_variance.mean() + draws.trend_mean.var())
    assert abs(draws.trend_mean.mean() - trend[-1]) < 3 * deviation < 1.5
    assert abs(draws.volatility.mean() - volatility[-1]) < 3 * draws.volatility.std() < 3.0
    assert np.sqrt(draws.trend_step.mean()) == pytest.approx(0.15, abs=3 * np.sqrt(draws.trend_step).std())
    assert np.sqrt(draws.volatility_step.mean()) == pytest.approx(0.15, abs=3 * np.sqrt(draws.volatility_step).std())
    assert np.sqrt(draws.trend_step).std() < 0.05


def test_one_seed_gives_one_chain() -> None:
    x, _, _ = simulated(100, 4)

    one, two, other = (sample(x, PRIORS, 100, 10, seed) for seed in (5, 5, 6))

    np.testing.assert_array_equal(one.trend_mean, two.trend_mean)
    assert not np.array_equal(one.trend_mean, other.trend_mean)


@pytest.mark.parametrize("correlation", [0.0, 0.8])
def test_the_effective_sample_size_is_that_of_an_autoregression(correlation: float) -> None:
    generator = np.random.default_rng(0)
    draws = np.zeros(40_000)
    for t in range(1, draws.size):
        draws[t] = correlation * draws[t - 1] + generator.normal()

    size = effective_sample_size(draws)

    assert size == pytest.approx(draws.size * (1 - correlation) / (1 + correlation), rel=0.12)
    assert effective_sample_size(np.ones(50)) == 50.0


def test_particles_carried_forward_agree_with_a_new_chain() -> None:
    x, _, _ = simulated(300, 7)
    x[295] = np.nan
    early = sample(x[:290], PRIORS, 8000, 1000, 0)

    particles = Particles(
        early.trend_mean, early.trend_variance, early.volatility, early.trend_step, early.volatility_step
    )
    carried = filtered(particles, x[290:], np.random.default_rng(1))
    anew = sample(x, PRIORS, 8000, 1000, 2)

    spread = np.sqrt(anew.trend_variance.mean() + anew.trend_mean.var())
    assert carried.trend_mean.mean() == pytest.approx(anew.trend_mean.mean(), abs=0.15 * spread)
    assert carried.volatility.mean() == pytest.approx(anew.volatility.mean(), abs=0.25 * anew.volatility.std())

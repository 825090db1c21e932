"""Unobserved components with stochastic volatility: a drifting mean seen through noise of drifting size."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from macrotrade._typing import FloatArray, Measure
from macrotrade.errors import FitError, SettingsError
from macrotrade.forecast import Forecast, Target
from macrotrade.inputs.conversion import form_of_measure
from macrotrade.inputs.known import (
    NO_LOGARITHM_REMEDY,
    POSITIVE_MEASURES,
    KnownSeries,
    check_window,
    known_series,
)
from macrotrade.panel.panel import Panel
from macrotrade.providers.benchmarks.kernels.particles import Particles, filtered
from macrotrade.providers.benchmarks.kernels.unobserved_components import (
    Draws,
    Priors,
    effective_sample_size,
    sample,
)

__all__ = ["UnobservedComponents"]

_START_VARIANCE = 0.12
_FEWEST_CHANGES = 36


@dataclass(frozen=True)
class UnobservedComponents:
    """Unobserved components with stochastic volatility (UCSV), by Gibbs sampling.

    The one-period change x of the series, of its logarithm where the measure is one, is a trend seen through noise
    whose log-variance drifts (Stock and Watson (2007), Journal of Money, Credit and Banking 39)::

        x[t] = tau[t] + exp(h[t]/2) e[t],     tau[t] = tau[t-1] + u[t],     h[t] = h[t-1] + v[t]

    The forecast of x at every horizon is the trend at the last known value, given what was known then; a change since
    the origin is the sum of such. One fit serves all horizons. Members are draws from the posterior: each is Gaussian
    about its own trend, with the trend's later steps and a path of h of its own, so the mixture has the heavy tails of
    an uncertain volatility. The mean over members is set to the mean over all sweeps.

    Priors hold for x divided by its root mean square, so that no unit has to be chosen: tau[1] and h[1] are N(0, 0.12),
    and the innovation variances w_tau and w_h are inverse gamma of shape 10 with means `trend_step`^2 and
    `volatility_step`^2. Shape 10 is a prior deviation of 0.35 of the mean: a few hundred months say little of w_tau,
    and without it the trend follows every number or none. The variance 0.12, the shape and the mean 0.2^2 of w_tau are
    those of the program released with Medeiros, Vasconcelos, Veiga and Zilberman (2021), Journal of Business & Economic
    Statistics 39, which holds them for x as given and has 0.03 for w_h. For US consumer prices, whose root mean square
    is 0.5 per cent a month, 0.2 expects the trend to move by 0.1 per cent in a month.

    The default is no choice by accuracy, but it was not blind: some 16 priors had been compared on the inflation of
    1993 to 2006 before it was kept, so its accuracy there is no evidence for it. The study of inflation that ships has
    0.1 and 0.025, chosen on months before 1993-05 alone (`docs/inflation_study.md`).

    A forecaster that reads a later panel than that of its fit carries the posterior forward through the values that are
    new, by a particle filter, and does not read revisions of older ones.

    Parameters
    ----------
    n_draws, n_warm_up
        Sweeps kept, and thrown away before them. The effective sample size is told in the forecast's reasons.
    n_members
        Members of the forecast, draws in equal distance along the chain.
    trend_step, volatility_step
        Prior root mean squares of a period's change of tau, in units of x's root mean square, and of h.
    window
        Periods used, the last ones known; None takes all.
    seed
        Of the draws.
    """

    n_draws: int = 2000
    n_warm_up: int = 500
    n_members: int = 100
    trend_step: float = 0.2
    volatility_step: float = 0.2
    window: int | None = None
    seed: int = 0

    demo_refit_every: ClassVar[int | None] = None
    essential_series: ClassVar[tuple[str, ...]] = ()
    shape: ClassVar[float] = 10.0

    def __post_init__(self) -> None:
        if not 1 <= self.n_members <= self.n_draws or self.n_warm_up < 0:
            raise SettingsError(
                f"n_members must lie between 1 and n_draws={self.n_draws} and n_warm_up be 0 or more, not "
                f"{self.n_members} and {self.n_warm_up}."
            )
        if not (self.trend_step > 0.0 and self.volatility_step > 0.0):
            raise SettingsError(
                f"trend_step and volatility_step must be above 0, not {self.trend_step} and {self.volatility_step}."
            )
        check_window(self.window)

    @property
    def priors(self) -> Priors:
        """Priors for x in units of its root mean square."""
        scales = [(self.shape - 1.0) * step**2 for step in (self.trend_step, self.volatility_step)]
        return Priors(_START_VARIANCE, self.shape, scales[0], scales[1])

    def fit(self, panel: Panel, target: Target) -> _UnobservedForecaster:
        """Forecaster with the posterior of each series at its last known value.

        Raises
        ------
        FitError
            If a series is too short, never changes, or is not positive where logarithms are asked for.
        """
        fitted = []
        for name, measure in zip(target.names, target.measures, strict=True):
            known = known_series(panel, name, target.frequency, self.window)
            x = _changes(known, measure)
            if (~np.isnan(x)).sum() < _FEWEST_CHANGES:
                raise known.too_short(_FEWEST_CHANGES + 1, "a trend with stochastic volatility")
            unit = float(np.sqrt(np.nanmean(x**2)))
            if unit == 0.0:
                raise FitError(f"{name} never changes up to {known.last}, so its volatility has no size; leave it out.")
            draws = sample(x / unit, self.priors, self.n_draws, self.n_warm_up, self.seed)
            fitted.append(_Posterior(known.last, unit, draws))
        return _UnobservedForecaster(self, target, tuple(fitted))


@dataclass(frozen=True, eq=False)
class _Posterior:
    """Posterior of one series at the last known value of the fit, in units of its root mean square."""

    last: str
    unit: float
    draws: Draws


@dataclass(frozen=True, eq=False)
class _UnobservedForecaster:
    """Settings, target and the posterior of each series."""

    settings: UnobservedComponents
    target: Target
    fitted: tuple[_Posterior, ...]

    def forecast(self, panel: Panel) -> Forecast:
        """Forecast from the trend at the last value in `panel`."""
        target, n_members = self.target, self.settings.n_members
        shape = (n_members, len(target.horizons), len(target.names))
        mean, scale, origin = np.empty(shape), np.empty(shape), np.empty(shape[2])
        reasons: list[str] = []
        for column, (name, measure, posterior) in enumerate(
            zip(target.names, target.measures, self.fitted, strict=True)
        ):
            known = known_series(panel, name, target.frequency)
            generator = np.random.default_rng([self.settings.seed, 1])
            new = _changes(known, measure)[-n_new:] if (n_new := self._n_new(panel, name, posterior)) > 0 else None
            now, trend = self._now(posterior, new, generator)
            origin[column] = known.values[-1]
            shift = origin[column] if measure == "level" else 0.0
            moments = _moments(now, known.steps(target), generator, cumulative=not measure.startswith("one_period"))
            recentred = moments[0] + (trend - now.trend_mean.mean()) * moments[2]
            mean[:, :, column] = shift + posterior.unit * recentred
            scale[:, :, column] = posterior.unit * moments[1]
            reasons += [_words(name, measure, posterior, trend), *known.notes]
        return Forecast(
            target,
            panel.as_of,
            panel.period(target.frequency),
            mean,
            scale,
            np.full(n_members, 1.0 / n_members),
            origin,
            tuple(f"draw {number}" for number in range(1, n_members + 1)),
            tuple(reasons),
        )

    def _now(
        self, posterior: _Posterior, new: FloatArray | None, generator: np.random.Generator
    ) -> tuple[Particles, float]:
        """Posterior at the last value now known, thinned to the members, and the mean of its trend over all draws."""
        draws = posterior.draws
        every = Particles(
            draws.trend_mean, draws.trend_variance, draws.volatility, draws.trend_step, draws.volatility_step
        )
        if new is not None:
            every = filtered(every, new / posterior.unit, generator)
        thin = np.linspace(0, every.trend_mean.size - 1, self.settings.n_members).round().astype(np.int64)
        return every.at(thin), float(every.trend_mean.mean())

    def _n_new(self, panel: Panel, name: str, posterior: _Posterior) -> int:
        """Values known now that were not at the fit."""
        column = panel.values(name, self.target.frequency)
        return int((column.dropna() if self.target.frequency == "D" else column).loc[posterior.last :].size) - 1


def _changes(known: KnownSeries, measure: Measure) -> FloatArray:
    """One-period changes of the series, or of its logarithm where the measure asks for it."""
    if measure in POSITIVE_MEASURES:
        known.require_positive(NO_LOGARITHM_REMEDY)
    return np.diff(form_of_measure(measure).z(known.values))


def _moments(
    now: Particles, steps: list[int], generator: np.random.Generator, *, cumulative: bool
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Means and deviations of each member, shape (n_members, n_horizons), and the weight of the trend in each mean.

    With trend m of variance P, step variance w and noise variances exp(h[k]) along a drawn path of h, x is

        s steps ahead        N(m, P + s w + exp(h[s])),
        summed over s steps  N(s m, s^2 P + w sum_k k^2 + sum_k exp(h[k])),   k = 1..s.
    """
    n_members, longest = now.trend_mean.size, steps[-1]
    # Drawn period by period, so that a path's start does not depend on how far it is followed.
    shocks = generator.standard_normal((longest, n_members)).T * np.sqrt(now.volatility_step)[:, None]
    noise = np.exp(now.volatility[:, None] + np.cumsum(shocks, axis=1))
    s = np.array(steps, dtype=np.float64)
    if cumulative:
        squares = s * (s + 1.0) * (2.0 * s + 1.0) / 6.0
        weight = s
        variance = np.cumsum(noise, axis=1)[:, np.array(steps) - 1]
    else:
        squares, weight = s, np.ones_like(s)
        variance = noise[:, np.array(steps) - 1]
    variance = variance + np.outer(now.trend_variance, weight**2) + np.outer(now.trend_step, squares)
    return np.outer(now.trend_mean, weight), np.sqrt(variance), weight


def _words(name: str, measure: Measure, posterior: _Posterior, trend: float) -> str:
    draws = posterior.draws
    of = "log change" if measure in POSITIVE_MEASURES else "change"
    size = effective_sample_size(draws.trend_mean)
    return (
        f"{name}: trend of its {of} at {posterior.unit * trend:.4g} a period, {draws.trend_mean.size} draws to "
        f"{posterior.last} worth {size:.0f} independent ones (variances: {effective_sample_size(draws.trend_step):.0f} "
        f"and {effective_sample_size(draws.volatility_step):.0f})."
    )

"""Direct forecasts from many predictors: for every horizon the outcome is regressed on what was known.

The steps, and where each lives:

1. all series as predictors, stationary, in step, without gaps (:mod:`macrotrade.inputs.predictors`);
2. features of them, such as principal components (the method's own file);
3. for each horizon, the outcome on the features' last lags (here), by the method's regression (its own file);
4. forecasts from the last rows of the panel then at hand (here).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from macrotrade._typing import FloatArray, Measure
from macrotrade.errors import FitError
from macrotrade.forecast import Forecast, Target
from macrotrade.inputs.known import NO_LOGARITHM_REMEDY, POSITIVE_MEASURES, KnownSeries, known_series
from macrotrade.inputs.pool import Pool
from macrotrade.inputs.predictors import EVERY_SERIES, Predictors, predictors
from macrotrade.numerics.measures import measure_outcomes
from macrotrade.numerics.principal_components import moments
from macrotrade.panel.panel import Panel

__all__ = ["DirectForecaster", "Features", "Method", "Regression", "Rows", "Standardised", "fit_direct"]

_FEWEST_ROWS = 36


class Features(Protocol):
    """What is made of the predictors at the fit, and made the same way of later ones."""

    def of(self, values: FloatArray) -> FloatArray:
        """Features, shape (n_periods, n_features), of predictors of shape (n_periods, n_series)."""
        ...


@dataclass(frozen=True, eq=False)
class Standardised:
    """The predictors themselves, less their means and by their deviations at the fit.

    Attributes
    ----------
    centre, deviation
        Shape (n_series,).
    """

    centre: FloatArray
    deviation: FloatArray

    @classmethod
    def at_fit(cls, found: Predictors) -> Standardised:
        """With the means and deviations of these predictors."""
        return cls(*moments(found.stationary))

    def of(self, values: FloatArray) -> FloatArray:
        """Standardised predictors, shape (n_periods, n_series)."""
        return (values - self.centre) / self.deviation


class Regression(Protocol):
    """A fitted regression."""

    @property
    def scale(self) -> float:
        """Standard deviation of what it leaves unexplained."""
        ...

    @property
    def words(self) -> str:
        """What was chosen, such as ``11 of 508 columns``."""
        ...

    def mean(self, row: FloatArray) -> float:
        """Forecast from features of shape (n_lags, n_features), newest first."""
        ...


@dataclass(frozen=True, eq=False)
class Rows:
    """Rows of a regression.

    Attributes
    ----------
    lags
        Shape (n_rows, n_lags, n_features), newest first.
    outcome
        Shape (n_rows,), in the measure of the target; a level as its change.
    step
        Periods from the last known value to the outcome.
    overlap
        Neighbouring outcomes share this many periods less one: `step` for a change since the origin, else 1.
    """

    lags: FloatArray
    outcome: FloatArray
    step: int
    overlap: int


class Method(Protocol):
    """What tells one direct forecast from another."""

    @property
    def n_lags(self) -> int:
        """Rows of features, the newest included, on which the outcome is regressed."""
        ...

    @property
    def member(self) -> str:
        """Name of the method."""
        ...

    def features(self, found: Predictors) -> Features:
        """Features for the one target series of these predictors."""
        ...

    def regress(self, rows: Rows) -> Regression:
        """Regression of the outcomes on the lags."""
        ...


def fit_direct(
    panel: Panel, target: Target, window: int | None, method: Method, pool: Pool = EVERY_SERIES
) -> DirectForecaster:
    """Forecaster with a regression for each series and horizon; raises FitError where a series is too short.

    Parameters
    ----------
    panel, target, window, pool
        As in :func:`macrotrade.inputs.predictors.predictors`.
    method
        What the regression is.
    """
    known = [known_series(panel, name, target.frequency, window) for name in target.names]
    for series, measure in zip(known, target.measures, strict=True):
        if measure in POSITIVE_MEASURES:
            series.require_positive(NO_LOGARITHM_REMEDY)
    found = predictors(panel, target, window, pool)
    samples = []
    for column, (series, measure) in enumerate(zip(known, target.measures, strict=True)):
        features = method.features(found.for_target(column))
        values = features.of(found.stationary)
        samples.append(_Sample(series, measure, found.levels[:, column], values, features, method))
    fitted = tuple(
        _FittedSeries(sample, {step: sample.regress(step) for step in sample.known.steps(target)}) for sample in samples
    )
    return DirectForecaster(target, found, fitted)


@dataclass(frozen=True, eq=False)
class _Sample:
    """A target series at the fit: its levels and the features in step with them, and what is done with them."""

    known: KnownSeries
    measure: Measure
    levels: FloatArray
    values: FloatArray
    features: Features
    method: Method

    def regress(self, step: int) -> Regression:
        """Regression `step` periods ahead, on every row whose outcome is known."""
        n_lags = self.method.n_lags
        outcome = measure_outcomes(self.levels, "change" if self.measure == "level" else self.measure, step)
        outcome = outcome[n_lags - 1 :]
        windows = np.lib.stride_tricks.sliding_window_view(self.values, n_lags, axis=0)
        lags = windows.transpose(0, 2, 1)[: outcome.size, ::-1]
        complete = ~np.isnan(outcome)
        if complete.sum() < _FEWEST_ROWS:
            raise self.known.too_short(
                _FEWEST_ROWS + step + n_lags + 1, f"{self.method.member} {step} periods ahead on {n_lags} lags"
            )
        overlap = 1 if self.measure.startswith("one_period") else step
        try:
            return self.method.regress(Rows(lags[complete], outcome[complete], step, overlap))
        except FitError as error:
            raise FitError(
                f"{self.known.info.name} at {self.known.as_of:%Y-%m-%d}: no {self.method.member} {step} periods ahead. "
                f"{error}"
            ) from None


@dataclass(frozen=True, eq=False)
class _FittedSeries:
    """The sample of a series and its regressions by steps ahead."""

    sample: _Sample
    regressions: dict[int, Regression]

    def regression(self, step: int) -> Regression:
        """Regression `step` periods ahead: made at the fit, or now from the same numbers if the delay has changed."""
        return self.regressions.get(step) or self.sample.regress(step)


@dataclass(frozen=True, eq=False)
class DirectForecaster:
    """Direct forecasts, as fitted.

    Attributes
    ----------
    target
        What was asked.
    found
        Predictors at the fit.
    fitted
        Regressions of each series of the target.
    """

    target: Target
    found: Predictors
    fitted: tuple[_FittedSeries, ...]

    def forecast(self, panel: Panel) -> Forecast:
        """Forecast from the last values in `panel`."""
        target = self.target
        method = self.fitted[0].sample.method
        recent = self.found.recent(panel, target.frequency, method.n_lags)
        shape = (len(target.horizons), len(target.names))
        mean, scale, origin = np.empty(shape), np.empty(shape), np.empty(shape[1])
        reasons: list[str] = []
        for column, (name, series) in enumerate(zip(target.names, self.fitted, strict=True)):
            known = known_series(panel, name, target.frequency)
            row = series.sample.features.of(recent)[::-1]
            regressions = [series.regression(step) for step in known.steps(target)]
            origin[column] = known.newest
            shift = origin[column] if series.sample.measure == "level" else 0.0
            mean[:, column] = [shift + regression.mean(row) for regression in regressions]
            scale[:, column] = [regression.scale for regression in regressions]
            chosen = dict.fromkeys(regression.words for regression in regressions)
            reasons += [f"{name}: {method.member}, {'; '.join(chosen)}, to {series.sample.known.last}.", *known.notes]
        return Forecast(
            target,
            panel.as_of,
            panel.period(target.frequency),
            mean[None],
            scale[None],
            np.ones(1),
            origin,
            (method.member,),
            (*reasons, *self.found.notes),
        )

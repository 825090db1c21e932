"""Ensembles of a target's series and horizons, and the forecast that they make together."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from macrotrade._typing import FloatArray, Measure
from macrotrade.errors import FitError
from macrotrade.forecast import Exhibit, Forecast, Target
from macrotrade.inputs.known import NO_LOGARITHM_REMEDY, POSITIVE_MEASURES, known_series
from macrotrade.inputs.pool import Pool
from macrotrade.inputs.predictors import EVERY_SERIES, predictors
from macrotrade.panel.panel import Panel
from macrotrade.providers.neural.ensemble import Ensemble, EnsembleSettings, Tell, train_ensemble
from macrotrade.providers.neural.inputs import Inputs, Outcome, inputs_of
from macrotrade.providers.neural.named import NamedArchitecture

__all__ = ["FittedSeries", "NeuralForecaster", "fit_ensembles"]


@dataclass(frozen=True, eq=False)
class FittedSeries:
    """Ensembles of one series of the target.

    Attributes
    ----------
    name, measure
        What is forecast.
    last
        Label of its last value known at the fit.
    inputs
        What each architecture reads, in order.
    ensembles
        For each number of steps ahead, one ensemble of each architecture.
    """

    name: str
    measure: Measure
    last: str
    inputs: tuple[Inputs, ...]
    ensembles: dict[int, tuple[Ensemble, ...]]


@dataclass(frozen=True, eq=False)
class NeuralForecaster:
    """Ensembles as fitted.

    Attributes
    ----------
    target
        What was asked.
    architectures, settings
        What the ensembles are made of, and how they were trained.
    fitted
        Ensembles of each series of the target.
    notes
        What was left out of the predictors and what was filled, in words.
    as_of
        Day of the fit.
    tell
        Called while training with what is trained, members done and members in all; None for nobody.
    """

    target: Target
    architectures: tuple[NamedArchitecture, ...]
    settings: EnsembleSettings
    fitted: tuple[FittedSeries, ...]
    notes: tuple[str, ...]
    as_of: pd.Timestamp
    tell: Tell | None = field(default=None, repr=False)

    def forecast(self, panel: Panel) -> Forecast:
        """Forecast from the last values in `panel`, every member of every ensemble weighing the same.

        Where a release came later or earlier than at the fit, so that the steps from the last known value to a horizon
        are others, ensembles for these are trained on the rows of the fit.

        Raises
        ------
        FitError
            If the panel is of a day before the fit.
        """
        if panel.as_of < self.as_of:
            raise FitError(
                f"The networks were trained on what was known at {self.as_of:%Y-%m-%d}; a forecast from what was known "
                f"at {panel.as_of:%Y-%m-%d} would look ahead. Train on that day, or forecast from a later one."
            )
        target = self.target
        shape = (self.n_members, len(target.horizons), len(target.names))
        mean, scale, origin = np.empty(shape), np.empty(shape), np.empty(shape[2])
        reasons: list[str] = []
        n_lags = max(one.architecture.n_lags for one in self.architectures)
        recent = self.fitted[0].inputs[0].found.recent(panel, target.frequency, n_lags)
        for column, series in enumerate(self.fitted):
            known = known_series(panel, series.name, target.frequency)
            origin[column] = known.newest
            shift = origin[column] if series.measure == "level" else 0.0
            steps = known.steps(target)
            for row, step in enumerate(steps):
                said, deviation = self._said(series, step, recent)
                mean[:, row, column], scale[:, row, column] = shift + said, deviation
            reasons += [
                self._words(series, mean[:, 0, column] - shift),
                *_undertrained(series, steps),
                *known.notes,
            ]
        return Forecast(
            target,
            panel.as_of,
            panel.period(target.frequency),
            mean,
            scale,
            np.full(self.n_members, 1.0 / self.n_members),
            origin,
            self.members,
            (*reasons, *self.notes),
        )

    @property
    def n_members(self) -> int:
        """Members of all architectures."""
        return self.settings.n_members * len(self.architectures)

    @property
    def members(self) -> tuple[str, ...]:
        """Name of each member, such as ``LSTM 17``."""
        return tuple(
            f"{architecture.label} {number}"
            for architecture in self.architectures
            for number in range(1, self.settings.n_members + 1)
        )

    def for_target(self, target: Target) -> NeuralForecaster:
        """The same ensembles, asked for some of the horizons."""
        return replace(self, target=target)

    def exhibits(self) -> tuple[Exhibit, ...]:
        """How the members were trained and, for an LSTM, its factors."""
        from macrotrade.providers.neural.exhibits import exhibits

        return exhibits(self)

    def ensembles(self, series: FittedSeries, step: int) -> tuple[Ensemble, ...]:
        """Ensembles that many steps ahead: of the fit, or trained now from the same numbers."""
        if step not in series.ensembles:
            series.ensembles[step] = _ensembles(self, series, step)
        return series.ensembles[step]

    def _said(self, series: FittedSeries, step: int, recent: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Forecasts and scales of all members, each of shape (n_members,)."""
        pairs = list(zip(self.ensembles(series, step), series.inputs, strict=True))
        said = [ensemble.forecast(inputs, recent, self.settings.device) for ensemble, inputs in pairs]
        scales = [np.full(ensemble.n_members, ensemble.scale) for ensemble, _ in pairs]
        return np.concatenate(said), np.concatenate(scales)

    def _words(self, series: FittedSeries, first: FloatArray) -> str:
        """What the ensemble is, and how many members say of the first horizon that the series rises."""
        labels = ", ".join(architecture.label for architecture in self.architectures)
        reads = ", ".join(
            f"{len(set(inputs.columns(a.architecture.at_once)) | set(inputs.columns(a.architecture.in_order)))} series"
            for a, inputs in zip(self.architectures, series.inputs, strict=True)
        )
        rising, above = (first > 0.0).mean(), "the last value" if series.measure == "level" else "zero"
        return (
            f"{series.name}: {self.n_members} networks ({labels}) on {reads}, trained to {series.last}; "
            f"{rising:.0%} of them above {above} at the first horizon."
        )


def fit_ensembles(
    panel: Panel,
    target: Target,
    architectures: tuple[NamedArchitecture, ...],
    settings: EnsembleSettings,
    window: int | None,
    tell: Tell | None = None,
) -> NeuralForecaster:
    """Forecaster with an ensemble of each architecture for each series and horizon.

    Parameters
    ----------
    panel, target
        What is known, and what is forecast.
    architectures, settings
        What the ensembles are made of, and how they are trained.
    window
        Periods used, the last ones known; None takes all.
    tell
        Called with what is trained, members done and members in all.

    Raises
    ------
    FitError
        If a series is too short, or one that is named is not in the panel.
    """
    known = [known_series(panel, name, target.frequency, window) for name in target.names]
    for series, measure in zip(known, target.measures, strict=True):
        if measure in POSITIVE_MEASURES:
            series.require_positive(NO_LOGARITHM_REMEDY)
    found = predictors(panel, target, window, _pool(architectures))
    fitted = tuple(
        FittedSeries(
            series.info.name,
            measure,
            series.last,
            tuple(inputs_of(found.for_target(column), one.own, one.pool, one.optional) for one in architectures),
            {},
        )
        for column, (series, measure) in enumerate(zip(known, target.measures, strict=True))
    )
    forecaster = NeuralForecaster(target, architectures, settings, fitted, found.notes, panel.as_of, tell)
    for series, one in zip(known, fitted, strict=True):
        for step in series.steps(target):
            forecaster.ensembles(one, step)
    return forecaster


def _pool(architectures: tuple[NamedArchitecture, ...]) -> Pool:
    """Series that any of them reads; all of the panel where one of them names no pool."""
    if not all(one.pool for one in architectures):
        return EVERY_SERIES
    return Pool(
        tuple(dict.fromkeys(name for one in architectures for name in (*one.own, *one.pool))),
        tuple(dict.fromkeys(name for one in architectures for name in one.optional)),
    )


def _undertrained(series: FittedSeries, steps: list[int]) -> list[str]:
    """Which ensembles fit no better than a constant, in words."""
    found = [step for step in steps if any(ensemble.is_undertrained for ensemble in series.ensembles[step])]
    if not found:
        return []
    return [
        f"{series.name}: half of the networks {', '.join(map(str, found))} ahead fit their own rows no better than a "
        "constant: train for more epochs, in smaller batches or at a higher learning_rate."
    ]


def _ensembles(forecaster: NeuralForecaster, series: FittedSeries, step: int) -> tuple[Ensemble, ...]:
    trained = []
    for named, inputs in zip(forecaster.architectures, series.inputs, strict=True):
        outcome = Outcome.of(inputs.found.levels[:, 0], series.measure, step)
        trained.append(
            train_ensemble(named.architecture, inputs, outcome, forecaster.settings, _telling(forecaster, series, step))
        )
    return tuple(trained)


def _telling(forecaster: NeuralForecaster, series: FittedSeries, step: int) -> Tell | None:
    tell = forecaster.tell
    if tell is None:
        return None
    return lambda what, done, of: tell(f"{series.name}, {step} ahead, {what}", done, of)

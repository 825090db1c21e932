"""One ensemble of a forecaster with what it reads, and members trained without the last fifth of its rows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
import pandas as pd

from macrotrade._typing import FloatArray, Frequency, IntArray, Measure
from macrotrade.errors import FitError, SettingsError, near_misses
from macrotrade.providers.neural.ensemble import Ensemble, held_out_rows, train_ensemble
from macrotrade.providers.neural.forecaster import NeuralForecaster
from macrotrade.providers.neural.inputs import FEWEST_ROWS, Inputs, Outcome
from macrotrade.providers.neural.sample import Sample
from macrotrade.providers.neural.training import respond

__all__ = ["FittedEnsemble", "HeldOut", "fitted_ensemble", "held_out"]

_Kind = TypeVar("_Kind")

_MEMBERS = 10


@dataclass(frozen=True, eq=False)
class FittedEnsemble:
    """One ensemble of a forecaster, and what it reads.

    Attributes
    ----------
    series, measure, label
        What it forecasts, and the name of its architecture.
    frequency
        Of the periods.
    inputs, ensemble
        What its members read, and the members.
    periods
        Label of each row of `inputs.found.stationary`: the period of the target's last known value there; for days,
        sessions counted back from the last, 0.
    """

    series: str
    measure: Measure
    label: str
    frequency: Frequency
    inputs: Inputs
    ensemble: Ensemble
    periods: pd.Index

    @property
    def every_row(self) -> IntArray:
        """Places of all rows that have a whole window before them, those with an unknown outcome included."""
        return np.arange(self.ensemble.network.n_lags - 1, len(self.periods))


@dataclass(frozen=True, eq=False)
class HeldOut(FittedEnsemble):
    """Members that have not seen the last rows.

    Attributes
    ----------
    series, measure, label, frequency, inputs, ensemble, periods
        As of :class:`FittedEnsemble`; the ensemble's members are those held out.
    outcome
        What was to be forecast, on all rows.
    unseen
        Shape (n_rows,): places, in `inputs.found.stationary`, of the rows not trained on.
    device
        On which the members answer.
    """

    outcome: Outcome
    unseen: IntArray
    device: str

    def sample(self, rows: IntArray | None = None) -> Sample:
        """Rows that end at these places; those unseen by default. Outcomes that are not known stand at zero."""
        chosen = self.unseen if rows is None else rows
        known = np.zeros(len(self.periods), np.float32)
        known[self.outcome.ends] = self.outcome.scaled
        at_once, in_order = self.inputs.tables(self.ensemble.architecture, self.inputs.found.stationary)
        return Sample(at_once, in_order, chosen, known[chosen])

    def answers(self, sample: Sample) -> FloatArray:
        """Outputs of the members, shape (n_members, n_rows), scaled."""
        responses = respond(self.ensemble.network, self.ensemble.weights, sample, device=self.device)
        return responses.outputs.astype(np.float64)

    def errors(self) -> FloatArray:
        """Mean squared error of each member on the unseen rows, shape (n_members,), in scaled units."""
        sample = self.sample()
        return np.asarray(np.square(self.answers(sample) - sample.outcome).mean(axis=1))


def fitted_ensemble(
    forecaster: NeuralForecaster, series: str | None = None, step: int | None = None, label: str | None = None
) -> FittedEnsemble:
    """One ensemble of a forecaster.

    Parameters
    ----------
    forecaster
        As fitted.
    series
        Of its target; the first by default.
    step
        Periods from the last known value to what is forecast, one of those fitted; the least by default.
    label
        Of an architecture; the first by default.

    Raises
    ------
    SettingsError
        For a series, step or label that the forecaster does not have.
    """
    fitted = _one_of({one.name: one for one in forecaster.fitted}, series, "series")
    places = {one.label: place for place, one in enumerate(forecaster.architectures)}
    place = _one_of(places, label, "label")
    if step is not None and step not in fitted.ensembles:
        raise SettingsError(f"{fitted.name} has ensembles {sorted(fitted.ensembles)} steps ahead, none {step}.")
    frequency, inputs = forecaster.target.frequency, fitted.inputs[place]
    return FittedEnsemble(
        fitted.name,
        fitted.measure,
        forecaster.architectures[place].label,
        frequency,
        inputs,
        fitted.ensembles[min(fitted.ensembles) if step is None else step][place],
        _periods(fitted.last, frequency, len(inputs.found.stationary)),
    )


def held_out(
    forecaster: NeuralForecaster,
    series: str | None = None,
    step: int | None = None,
    label: str | None = None,
    n_members: int | None = None,
) -> HeldOut:
    """Members trained again from the same first weights, without the last fifth of rows.

    Rows before these whose outcomes reach into them are left out too. By default they are the very members from whose
    errors the forecast's scale came.

    Parameters
    ----------
    forecaster, series, step, label
        As of :func:`fitted_ensemble`.
    n_members
        By default as many as judged the forecast's scale, ten where none did.

    Raises
    ------
    SettingsError
        For a series, step or label that the forecaster does not have.
    FitError
        If fewer than 36 rows are left to train on.
    """
    one, settings = fitted_ensemble(forecaster, series, step, label), forecaster.settings
    architecture, step = one.ensemble.architecture, one.ensemble.step
    outcome = Outcome.of(one.inputs.found.levels[:, 0], one.measure, step)
    rows = one.inputs.sample(architecture, outcome).ends
    first, known = held_out_rows(rows, step)
    unseen = rows[first:]
    if known.sum() < FEWEST_ROWS:
        raise FitError(
            f"{one.series}, {step} ahead: fewer than {FEWEST_ROWS} rows are left without the last {unseen.size}; "
            "lengthen the window or ask for fewer lags."
        )
    seen = outcome.ends + step <= unseen[0]
    members = n_members or settings.n_judged or min(_MEMBERS, settings.n_members)
    ensemble = train_ensemble(
        architecture,
        one.inputs,
        replace(outcome, ends=outcome.ends[seen], values=outcome.values[seen]),  # noqa: PD011 - an array's own
        replace(settings, n_members=members, n_judged=0),
    )
    return HeldOut(**{**vars(one), "ensemble": ensemble}, outcome=outcome, unseen=unseen, device=settings.device)


def _one_of(known: dict[str, _Kind], name: str | None, what: str) -> _Kind:
    if name is None:
        return next(iter(known.values()))
    if name not in known:
        raise SettingsError(f"{what}={name!r} is not known here. {near_misses(name, known)}")
    return known[name]


def _periods(last: str, frequency: Frequency, n_periods: int) -> pd.Index:
    if frequency == "D":
        return pd.RangeIndex(1 - n_periods, 1, name="session")
    return pd.period_range(end=pd.Period(last, freq=frequency), periods=n_periods, freq=frequency, name="period")

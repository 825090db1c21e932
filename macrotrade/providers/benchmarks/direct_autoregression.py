"""Direct autoregressions: one regression for each horizon, its order chosen by Schwarz's criterion."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from macrotrade._typing import FloatArray, Measure
from macrotrade.errors import FitError, SettingsError
from macrotrade.forecast import Forecast, Target
from macrotrade.inputs.conversion import Conversion, Form, check_conversion, form_of, recent_z
from macrotrade.inputs.known import (
    NO_LOGARITHM_REMEDY,
    POSITIVE_MEASURES,
    KnownSeries,
    check_window,
    known_series,
)
from macrotrade.numerics.autoregression import lagged_rows, smallest_sample
from macrotrade.numerics.criteria import bic
from macrotrade.numerics.least_squares import least_squares
from macrotrade.numerics.measures import measure_outcomes
from macrotrade.panel.panel import Panel

__all__ = ["DirectAutoregression"]


@dataclass(frozen=True)
class DirectAutoregression:
    """Regression of the outcome at each horizon on the last values of the series in a stationary form.

    For the measure m of the outcome h periods ahead, m[t+h] = a + b_1 x[t] + ... + b_p x[t-p+1] + e, with p from 1 to
    `max_lags` by Schwarz's criterion on the rows common to all p, then fitted again on all rows of the p chosen. A
    level is its change plus the last value. A series d periods late has its outcome d + h steps after its last value,
    so the regression looks that far ahead. Rows that touch a period never published are left out; where one is among
    the last lags, a straight line between its neighbours stands in, both of which are known.

    Parameters
    ----------
    max_lags
        Highest order tried.
    conversion
        Form of x; see :data:`macrotrade.inputs.conversion.Conversion`.
    window
        Periods used, the last ones known; None takes all.
    """

    max_lags: int = 4
    conversion: Conversion = "auto"
    window: int | None = None

    essential_series: ClassVar[tuple[str, ...]] = ()

    def __post_init__(self) -> None:
        if self.max_lags < 1:
            raise SettingsError(f"max_lags must be at least 1, not {self.max_lags}.")
        check_conversion(self.conversion)
        check_window(self.window)

    def fit(self, panel: Panel, target: Target) -> _DirectForecaster:
        """Forecaster with a regression for each series and horizon; raises FitError where a series is too short."""
        fitted = []
        for name, measure in zip(target.names, target.measures, strict=True):
            known = known_series(panel, name, target.frequency, self.window)
            if measure in POSITIVE_MEASURES:
                known.require_positive(NO_LOGARITHM_REMEDY)
            sample = _Sample(known, form_of(known, self.conversion), measure, self.max_lags)
            fitted.append(_FittedSeries(sample, {step: _regress(sample, step) for step in known.steps(target)}))
        return _DirectForecaster(target, tuple(fitted))


@dataclass(frozen=True, eq=False)
class _Sample:
    """A series as it stood at the fit, and what is regressed on what."""

    known: KnownSeries
    form: Form
    measure: Measure
    max_lags: int


@dataclass(frozen=True, eq=False)
class _Regression:
    """Intercept and lags, shape (1 + p,), and residual deviation of one horizon's regression."""

    coefficients: FloatArray
    scale: float

    @property
    def n_lags(self) -> int:
        """Order chosen."""
        return self.coefficients.size - 1

    def mean(self, newest_first: FloatArray) -> float:
        """Forecast from the last values of x."""
        return float(self.coefficients[0] + self.coefficients[1:] @ newest_first[: self.n_lags])


@dataclass(frozen=True, eq=False)
class _FittedSeries:
    """The sample of a series and its regressions by steps ahead."""

    sample: _Sample
    regressions: dict[int, _Regression]

    def regression(self, step: int) -> _Regression:
        """Regression `step` periods ahead: made at the fit, or now from the same numbers if the delay has changed."""
        return self.regressions.get(step) or _regress(self.sample, step)


@dataclass(frozen=True, eq=False)
class _DirectForecaster:
    """Target and the regressions of each series."""

    target: Target
    fitted: tuple[_FittedSeries, ...]

    def forecast(self, panel: Panel) -> Forecast:
        """Forecast from the last values in `panel`."""
        target = self.target
        shape = (len(target.horizons), len(target.names))
        mean, scale, origin = np.empty(shape), np.empty(shape), np.empty(shape[1])
        reasons: list[str] = []
        for column, (name, series) in enumerate(zip(target.names, self.fitted, strict=True)):
            sample = series.sample
            known = known_series(panel, name, target.frequency)
            z = recent_z(known, sample.form, sample.max_lags + sample.form.order)
            newest_first = np.diff(z, n=sample.form.order)[::-1]
            regressions = [series.regression(step) for step in known.steps(target)]
            origin[column] = known.values[-1]
            shift = origin[column] if sample.measure == "level" else 0.0
            mean[:, column] = [shift + regression.mean(newest_first) for regression in regressions]
            scale[:, column] = [regression.scale for regression in regressions]
            orders = ", ".join(str(regression.n_lags) for regression in regressions)
            reasons += [
                f"{name}: direct regressions on {orders} lags of its {sample.form.words}, to {sample.known.last}.",
                *known.notes,
            ]
        return Forecast(
            target,
            panel.as_of,
            panel.period(target.frequency),
            mean[None],
            scale[None],
            np.ones(1),
            origin,
            ("direct autoregression",),
            tuple(reasons),
        )


def _regress(sample: _Sample, step: int) -> _Regression:
    """Regression `step` periods ahead of the order that Schwarz's criterion chooses."""
    known, max_lags = sample.known, sample.max_lags
    outcome, lags = _rows(sample, max_lags, step)
    needed = smallest_sample(max_lags)
    if outcome.size < needed:
        raise known.too_short(
            needed + step + max_lags + sample.form.order, f"a regression {step} periods ahead on {max_lags} lags"
        )
    try:
        design = _with_constant(lags)
        criteria = [
            float(bic(least_squares(design[:, : p + 1], outcome).rss, outcome.size, p + 1))
            for p in range(1, max_lags + 1)
        ]
        outcome, lags = _rows(sample, 1 + int(np.argmin(criteria)), step)
        fit = least_squares(_with_constant(lags), outcome)
    except FitError as error:
        raise FitError(
            f"{known.info.name} at {known.as_of:%Y-%m-%d}: no regression {step} periods ahead on its "
            f"{sample.form.words}. {error}"
        ) from None
    return _Regression(fit.coefficients, fit.scale)


def _rows(sample: _Sample, p: int, step: int) -> tuple[FloatArray, FloatArray]:
    """Outcomes `step` periods ahead and the p last values of x, of every period that has both in full."""
    values, form = sample.known.values, sample.form
    outcomes = measure_outcomes(values, "change" if sample.measure == "level" else sample.measure, step)
    x = np.diff(form.z(values), n=form.order)
    first = form.order + p - 1
    outcomes = outcomes[first:]
    lags = lagged_rows(x, p - 1)[: outcomes.size]
    complete = ~(np.isnan(outcomes) | np.isnan(lags).any(axis=1))
    return outcomes[complete], lags[complete]


def _with_constant(lags: FloatArray) -> FloatArray:
    return np.column_stack([np.ones(len(lags)), lags])

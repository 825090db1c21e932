"""Autoregressions in a stationary form, iterated to each horizon."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from macrotrade.errors import FitError, SettingsError
from macrotrade.forecast import Forecast, Target
from macrotrade.inputs.conversion import Conversion, Form, check_conversion, form_of, recent_z
from macrotrade.inputs.known import SEASONS, KnownSeries, check_window, known_series
from macrotrade.numerics.autoregression import (
    AutoregressionFit,
    fit_autoregression,
    forecast_path,
    smallest_sample,
)
from macrotrade.numerics.measures import measure_moments
from macrotrade.panel.panel import Panel

__all__ = ["Autoregression", "SeasonalAutoregression"]


@dataclass(frozen=True)
class Autoregression:
    """Autoregression of each series in a stationary form, fitted by least squares and iterated to each horizon.

    A series whose last number is older than the origin's last complete period is first forecast up to it. Rows that
    touch a period never published are left out of the regression; where such a period is among the last lags, a
    straight line between its neighbours stands in, both of which are known.

    Parameters
    ----------
    n_lags
        Order p.
    conversion
        Form that is modelled; see :data:`macrotrade.inputs.conversion.Conversion`.
    window
        Periods used, the last ones known; None takes all.
    """

    n_lags: int = 12
    conversion: Conversion = "auto"
    window: int | None = None

    essential_series: ClassVar[tuple[str, ...]] = ()

    def __post_init__(self) -> None:
        _check(self.n_lags, self.conversion, self.window)

    def fit(self, panel: Panel, target: Target) -> _AutoregressionForecaster:
        """Forecaster with the coefficients of each series; raises FitError where one is too short."""
        return _fit(panel, target, self.n_lags, self.conversion, self.window, seasonal=False)


@dataclass(frozen=True)
class SeasonalAutoregression:
    """Autoregression with an intercept for every month or quarter of the year, iterated to each horizon.

    The same as a constant and eleven (three) seasonal dummies. Gaps and late series as in :class:`Autoregression`.

    Parameters
    ----------
    n_lags
        Order p.
    conversion
        Form that is modelled; see :data:`macrotrade.inputs.conversion.Conversion`.
    window
        Periods used, the last ones known; None takes all.
    """

    n_lags: int = 1
    conversion: Conversion = "auto"
    window: int | None = None

    essential_series: ClassVar[tuple[str, ...]] = ()

    def __post_init__(self) -> None:
        _check(self.n_lags, self.conversion, self.window)

    def fit(self, panel: Panel, target: Target) -> _AutoregressionForecaster:
        """Forecaster with the coefficients of each series; raises FitError where one is too short, or for days."""
        if SEASONS[target.frequency] == 1:
            raise FitError("Days have no seasons here; ask for monthly or quarterly horizons, or use 'autoregression'.")
        return _fit(panel, target, self.n_lags, self.conversion, self.window, seasonal=True)


@dataclass(frozen=True, eq=False)
class _FittedSeries:
    """Form and coefficients of one series."""

    form: Form
    model: AutoregressionFit
    until: str


@dataclass(frozen=True, eq=False)
class _AutoregressionForecaster:
    """Target and the coefficients of each series."""

    target: Target
    fitted: tuple[_FittedSeries, ...]

    def forecast(self, panel: Panel) -> Forecast:
        """Forecast iterated from the last values in `panel`."""
        target = self.target
        shape = (len(target.horizons), len(target.names))
        mean, scale, origin = np.empty(shape), np.empty(shape), np.empty(shape[1])
        reasons: list[str] = []
        for column, (name, measure, fitted) in enumerate(zip(target.names, target.measures, self.fitted, strict=True)):
            known = known_series(panel, name, target.frequency)
            steps, form = known.steps(target), fitted.form
            path = forecast_path(
                fitted.model,
                recent_z(known, form, max(1, fitted.model.lags.size + form.order)),
                form.order,
                steps[-1],
                next_season=(known.last_ordinal + 1) % fitted.model.intercepts.size,
            )
            mean[:, column], scale[:, column] = measure_moments(path, measure, steps, log=form.log)
            origin[column] = known.values[-1]
            reasons += [_words(name, fitted), *known.notes]
        return Forecast(
            target,
            panel.as_of,
            panel.period(target.frequency),
            mean[None],
            scale[None],
            np.ones(1),
            origin,
            ("autoregression",),
            tuple(reasons),
        )


def _fit(
    panel: Panel, target: Target, n_lags: int, conversion: Conversion, window: int | None, *, seasonal: bool
) -> _AutoregressionForecaster:
    n_seasons = SEASONS[target.frequency] if seasonal else 1
    fitted = tuple(
        _fit_series(known_series(panel, name, target.frequency, window), n_lags, conversion, n_seasons)
        for name in target.names
    )
    return _AutoregressionForecaster(target, fitted)


def _fit_series(known: KnownSeries, n_lags: int, conversion: Conversion, n_seasons: int) -> _FittedSeries:
    model_words = f"an autoregression of order {n_lags}" + (" with seasons" if n_seasons > 1 else "")
    needed = smallest_sample(n_lags, n_seasons) + n_lags + 2
    if known.values.size < needed:
        raise known.too_short(needed, model_words)
    form = form_of(known, conversion)
    x = np.diff(form.z(known.values), n=form.order)
    season = known.seasons(n_seasons)[form.order :] if n_seasons > 1 else None
    try:
        model = fit_autoregression(x, n_lags, season=season, n_seasons=n_seasons)
    except FitError as error:
        raise FitError(
            f"{known.info.name} at {known.as_of:%Y-%m-%d}: {model_words} of its {form.words} cannot be fitted. {error}"
        ) from None
    return _FittedSeries(form, model, known.last)


def _words(name: str, fitted: _FittedSeries) -> str:
    model = fitted.model
    seasons = f" with {model.intercepts.size} seasons" if model.intercepts.size > 1 else ""
    return (
        f"{name}: autoregression of order {model.lags.size}{seasons} in {fitted.form.words}, "
        f"{model.n_observations} rows to {fitted.until}."
    )


def _check(n_lags: int, conversion: str, window: int | None) -> None:
    if n_lags < 1:
        raise SettingsError(f"n_lags must be at least 1, not {n_lags}.")
    check_conversion(conversion)
    check_window(window)

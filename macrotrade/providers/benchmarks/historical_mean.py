"""The mean of history: what returns that cannot be forecast are held against."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from macrotrade._typing import Measure
from macrotrade.errors import SettingsError
from macrotrade.forecast import Forecast, Target
from macrotrade.inputs.known import (
    NO_LOGARITHM_REMEDY,
    POSITIVE_MEASURES,
    KnownSeries,
    check_window,
    known_series,
)
from macrotrade.numerics.measures import measure_outcomes
from macrotrade.panel.panel import Panel

__all__ = ["HistoricalMean"]

_FEWEST_CHANGES = 24


@dataclass(frozen=True)
class HistoricalMean:
    """The mean change of the past, over as many periods as are forecast.

    For returns the forecast that others have to beat: few predictors have done so out of sample (Welch and Goyal, 2008,
    Review of Financial Studies 21, 1455-1508). A change over s periods is forecast as s times the mean change over one;
    the scale is the standard deviation of past changes over s periods about it. A level is its last value and the mean
    change. Periods never published are left out.

    Parameters
    ----------
    window
        Periods whose changes are averaged, the last ones known; None takes all.
    """

    window: int | None = None

    essential_series: ClassVar[tuple[str, ...]] = ()
    # Where prices have risen it is always long, and buy and hold stands in every report.
    demo_refit_every: ClassVar[int | None] = None

    def __post_init__(self) -> None:
        check_window(self.window)
        if self.window is not None and self.window <= _FEWEST_CHANGES:
            raise SettingsError(f"window must be above {_FEWEST_CHANGES} periods, not {self.window}.")

    def fit(self, panel: Panel, target: Target) -> _MeanForecaster:
        """Forecaster with each series as known at the fit.

        Raises
        ------
        FitError
            If a series has fewer than 24 changes, or is not positive where logarithms are asked for.
        """
        known = tuple(known_series(panel, name, target.frequency, self.window) for name in target.names)
        for series, measure in zip(known, target.measures, strict=True):
            if measure in POSITIVE_MEASURES:
                series.require_positive(NO_LOGARITHM_REMEDY)
            _moments(series, measure, series.steps(target)[-1])
        return _MeanForecaster(target, known)


@dataclass(frozen=True, eq=False)
class _MeanForecaster:
    """Target and the series as they stood at the fit."""

    target: Target
    fitted: tuple[KnownSeries, ...]

    def forecast(self, panel: Panel) -> Forecast:
        """The mean change of the fit, from the last value in `panel`."""
        target = self.target
        now = [known_series(panel, name, target.frequency) for name in target.names]
        origin = np.array([series.newest for series in now])
        moments = np.array(
            [
                [_moments(fitted, measure, step) for step in series.steps(target)]
                for fitted, series, measure in zip(self.fitted, now, target.measures, strict=True)
            ]
        ).transpose(2, 1, 0)
        shift = np.where([measure == "level" for measure in target.measures], origin, 0.0)
        reasons = [f"{series.info.name}: the mean change of its history to {series.last}." for series in self.fitted]
        return Forecast(
            target,
            panel.as_of,
            panel.period(target.frequency),
            (moments[0] + shift)[None],
            moments[1][None],
            np.ones(1),
            origin,
            ("historical mean",),
            (*reasons, *(note for series in now for note in series.notes)),
        )


def _moments(known: KnownSeries, measure: Measure, steps: int) -> tuple[float, float]:
    """Mean and standard deviation about it of the change `steps` periods ahead, in the measure."""
    over = 1 if measure.startswith("one_period") else steps
    of: Measure = "change" if measure == "level" else measure
    each = measure_outcomes(known.values, of, 1)
    each = each[~np.isnan(each)]
    changes = measure_outcomes(known.values, of, over)
    changes = changes[~np.isnan(changes)]
    if min(each.size, changes.size) < _FEWEST_CHANGES:
        raise known.too_short(over + _FEWEST_CHANGES, f"the mean of {over}-period changes")
    mean = over * float(each.mean())
    return mean, float(np.sqrt(np.square(changes - mean).mean()))

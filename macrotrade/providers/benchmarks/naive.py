"""No change: the forecast that every other has to beat."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from macrotrade._typing import FloatArray, Measure
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

__all__ = ["Naive"]

_FEWEST_CHANGES = 8


@dataclass(frozen=True)
class Naive:
    """No change from the last known value, with the spread that changes over as many periods have had.

    The level stays where it was last seen, and every change is zero. The scale is the root mean square of past changes
    over the same number of periods, about zero, in the measure asked for. Periods never published are left out.

    Parameters
    ----------
    window
        Periods from which the spread is taken, the last ones known; None takes all.
    """

    window: int | None = None

    essential_series: ClassVar[tuple[str, ...]] = ()

    def __post_init__(self) -> None:
        check_window(self.window)

    def fit(self, panel: Panel, target: Target) -> _NaiveForecaster:
        """Forecaster with each series' spread by steps ahead.

        Raises
        ------
        FitError
            If a series has too few values, or is not positive where logarithms are asked for.
        """
        known = tuple(known_series(panel, name, target.frequency, self.window) for name in target.names)
        for series, measure in zip(known, target.measures, strict=True):
            _spread(series, measure, series.steps(target)[-1])
        return _NaiveForecaster(target, known)


@dataclass(frozen=True, eq=False)
class _NaiveForecaster:
    """Target and the series as they stood at the fit."""

    target: Target
    fitted: tuple[KnownSeries, ...]

    def forecast(self, panel: Panel) -> Forecast:
        """No change from the last value in `panel`, with the spread seen at the fit."""
        target = self.target
        now = [known_series(panel, name, target.frequency) for name in target.names]
        origin = np.array([series.values[-1] for series in now])
        scale = np.array(
            [
                [_spread(fitted, measure, step) for step in series.steps(target)]
                for fitted, series, measure in zip(self.fitted, now, target.measures, strict=True)
            ]
        ).T
        unchanged = np.where([measure == "level" for measure in target.measures], origin, 0.0)
        reasons = [f"{name}: no change from its last value." for name in target.names]
        return Forecast(
            target,
            panel.as_of,
            panel.period(target.frequency),
            np.broadcast_to(unchanged, scale.shape)[None],
            scale[None],
            np.ones(1),
            origin,
            ("naive",),
            (*reasons, *(note for series in now for note in series.notes)),
        )


def _spread(known: KnownSeries, measure: Measure, steps: int) -> float:
    """Root mean square of past changes over `steps` periods, in the measure; a level is judged by its changes."""
    if measure in POSITIVE_MEASURES:
        known.require_positive(NO_LOGARITHM_REMEDY)
    over = 1 if measure.startswith("one_period") else steps
    changes: FloatArray = measure_outcomes(known.values, "change" if measure == "level" else measure, over)
    changes = changes[~np.isnan(changes)]
    if changes.size < _FEWEST_CHANGES:
        raise known.too_short(over + _FEWEST_CHANGES, f"the spread of {over}-period changes")
    return float(np.sqrt(changes @ changes / changes.size))

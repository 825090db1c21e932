"""Fitted equations that read a panel and give the forecast of their members."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from macrotrade._typing import FloatArray, Measure
from macrotrade.errors import DataError, FitError
from macrotrade.forecast import Exhibit, Forecast, Target
from macrotrade.panel.panel import Panel
from macrotrade.providers.equations.direct import DirectEquations, DirectFits, direct_table
from macrotrade.providers.equations.exhibits import direct_exhibits, iterated_exhibits
from macrotrade.providers.equations.inputs import PERIODS_IN_A_YEAR, Inputs, economy, known_target
from macrotrade.providers.equations.iterated import IteratedEquations, calendar_table

__all__ = ["DirectForecaster", "IteratedForecaster"]

_RECENT = 60
"""Periods that a direct forecast looks back: a year of growth, a year of delay, and the lags."""


@dataclass(frozen=True, eq=False)
class DirectForecaster:
    """Equations of each series and distance, as fitted.

    Attributes
    ----------
    target, inputs
        What was asked, and what the columns are made of.
    n_members
        Members of a forecast; those that a series or horizon lacks have no weight.
    known
        What was known at the fit, from which equations of another distance are found where a delay has changed.
    equations
        By series, then by periods from its last value to the outcome.
    """

    target: Target
    inputs: Inputs
    n_members: int
    known: DirectFits
    equations: Mapping[str, Mapping[int, DirectEquations]]

    def forecast(self, panel: Panel) -> Forecast:
        """Forecast from the newest numbers in `panel`."""
        columns = economy(panel, self.target.frequency, self.inputs, _RECENT)
        moments = [self._moments(place, panel, columns) for place in _places(self.target)]
        return _forecast_of(self.target, panel, moments, self.n_members)

    def exhibits(self) -> tuple[Exhibit, ...]:
        """Equations of each series, what they fitted, and what was vetoed."""
        return direct_exhibits(self.equations)

    def _moments(self, place: tuple[str, Measure], panel: Panel, columns: pd.DataFrame) -> _Moments:
        name, measure = place
        known = known_target(panel, name, self.target.frequency, logarithms=measure.endswith("log_change"))
        table = direct_table(known, columns, _RECENT)
        means, scales, weights, reasons = [], [], [], []
        for step in known.steps(self.target.horizons, panel.as_of):
            found = self.equations[name].get(step) or self.known.equations(name, measure, step)
            mean, flags = found.means(table)
            means.append(mean + (known.last if measure == "level" else 0.0))
            scales.append(found.scales)
            weights.append(found.weights)
            reasons += [f"{name}, {step} ahead: {flag}." for flag in flags]
            reasons.append(f"{name}, {step} ahead: {found.members[0].text()}")
        return _Moments(_padded(means), _padded(scales), _padded(weights, 0.0), known.last, _flags_first(reasons))


@dataclass(frozen=True, eq=False)
class IteratedForecaster:
    """Equations of each series that read their own forecasts, as fitted.

    Attributes
    ----------
    target, inputs
        What was asked, and what the columns are made of.
    n_members
        Members of a forecast; those that a series or horizon lacks have no weight.
    equations
        By series.
    histories
        By series, what the equations were fitted to.
    """

    target: Target
    inputs: Inputs
    n_members: int
    equations: Mapping[str, IteratedEquations]
    histories: Mapping[str, pd.DataFrame]

    def forecast(self, panel: Panel) -> Forecast:
        """Forecast from the newest numbers in `panel`; what the guards changed is among the reasons."""
        columns = economy(panel, self.target.frequency, self.inputs)
        moments = [self._moments(place, panel, columns) for place in _places(self.target)]
        return _forecast_of(self.target, panel, moments, self.n_members)

    def exhibits(self) -> tuple[Exhibit, ...]:
        """Equations of each series, fit, recursive path, steady state, and what was vetoed."""
        return tuple(
            exhibit
            for name, equations in self.equations.items()
            for exhibit in iterated_exhibits(equations, self.histories[name])
        )

    def _moments(self, place: tuple[str, Measure], panel: Panel, columns: pd.DataFrame) -> _Moments:
        name, measure = place
        found = self.equations[name]
        known = known_target(panel, name, self.target.frequency, logarithms=measure.endswith("log_change"))
        table = calendar_table(known, columns)
        year = PERIODS_IN_A_YEAR[self.target.frequency]
        means, scales, reasons = [], [], [f"{name}: {found.groups[0]}"]
        for step in known.steps(self.target.horizons, panel.as_of):
            # Guards try as many steps as are asked for: whole years, so that no other horizon decides how many.
            n_steps = year * int(np.ceil(step / year))
            try:
                paths, anchor, flags = found.paths(table, n_steps)
                errors = found.errors(known, table, measure, n_steps)
            except DataError as error:
                raise FitError(f"No forecast of {name} at {panel.as_of:%Y-%m-%d}: {error}") from error
            members = found.measured(paths, known, measure)[:, step - 1]
            own = found.measured(anchor[None], known, measure)[0, step - 1]
            means.append((1.0 - found.shrink) * members + found.shrink * own)
            scales.append(errors[:, step - 1])
            reasons += [f"{name}: {flag}." for flag in flags]
        weights = np.repeat(found.weights[:, None], len(means), axis=1)
        return _Moments(np.column_stack(means), np.column_stack(scales), weights, known.last, _flags_first(reasons))


@dataclass(frozen=True, eq=False)
class _Moments:
    """What equations say of one series.

    Attributes
    ----------
    mean, scale, weights
        Shape (n_members, n_horizons), in the series' measure.
    origin
        Last known value.
    reasons
        In words.
    """

    mean: FloatArray
    scale: FloatArray
    weights: FloatArray
    origin: float
    reasons: tuple[str, ...]


def _forecast_of(target: Target, panel: Panel, moments: Sequence[_Moments], n_members: int) -> Forecast:
    """One forecast of several series, of at least so many members."""
    n_members = max(n_members, *(len(one.mean) for one in moments))
    mean, scale, weights = (
        np.stack([_lengthened(getattr(one, part), n_members, part == "weights") for one in moments], axis=-1)
        for part in ("mean", "scale", "weights")
    )
    return Forecast(
        target,
        panel.as_of,
        panel.period(target.frequency),
        mean,
        scale,
        weights,
        np.array([one.origin for one in moments]),
        tuple(f"equation {place}" for place in range(1, n_members + 1)),
        tuple(dict.fromkeys(reason for one in moments for reason in one.reasons)),
    )


def _places(target: Target) -> list[tuple[str, Measure]]:
    return list(zip(target.names, target.measures, strict=True))


def _padded(columns: Sequence[FloatArray], filler: float | None = None) -> FloatArray:
    """Columns of different lengths side by side, the short ones filled up with their last value or a number."""
    n_rows = max(map(len, columns))
    return np.column_stack([_filled(column, n_rows, filler) for column in columns])


def _lengthened(table: FloatArray, n_rows: int, is_weight: bool) -> FloatArray:
    """A table with as many rows, the further ones without weight."""
    return np.column_stack([_filled(column, n_rows, 0.0 if is_weight else None) for column in table.T])


def _filled(column: FloatArray, n_rows: int, filler: float | None) -> FloatArray:
    return np.append(column, np.full(n_rows - len(column), column[-1] if filler is None else filler))


def _flags_first(reasons: Sequence[str]) -> tuple[str, ...]:
    """What was changed before what was found."""
    unique = list(dict.fromkeys(reasons))
    return tuple(sorted(unique, key=lambda reason: " = " in reason))

"""Why a forecast changed between two panels, split exactly.

A member's forecast F is linear in the numbers it reads, in the form (levels or logs) in which its system holds the
series. From the earlier forecast to the later one (`chain`) the parts are:

- time: the earlier equations and numbers, asked for the later period;
- revisions: the sum over a series' known cells of dF/dx times the change of x, by the earlier equations;
- releases: x_c was forecast as e_c and came out as v_c. With F = a + sum_c g_c x_c in the newly released cells c, and
  the system itself leading to e where nothing is released, a cell's part is g_c (v_c - e_c), whatever the order;
- re-estimation, re-selection, guard: differences of solved forecasts.

The average is sum_m w_m F_m: the members' parts count with their earlier weights, and the weights' own part is
sum_m (w_m' - w_m) F_m', the later forecasts at the change of weights.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pandas as pd

from macrotrade._typing import FloatArray
from macrotrade.errors import DataError, FitError, SettingsError
from macrotrade.panel.panel import Panel
from macrotrade.providers.bma.attribution import Question, parts_of
from macrotrade.providers.bma.averaging import posterior_weights
from macrotrade.providers.bma.chain import Chain, Step, chain_between
from macrotrade.providers.bma.explanation import ForecastChange, Part
from macrotrade.providers.bma.forecaster import BMAForecaster
from macrotrade.providers.bma.reading import Reading
from macrotrade.providers.bma.responses import solve_members

__all__ = ["explain_change"]


def explain_change(
    earlier: BMAForecaster, before: Panel, later: BMAForecaster, after: Panel
) -> tuple[ForecastChange, ...]:
    """Why the later forecast differs from the earlier one, for each series and horizon of the forecasters' target.

    Parameters
    ----------
    earlier, before
        A fitted forecaster, and the panel from which it forecast.
    later, after
        The same some time later; the two forecasters may be one.

    Returns
    -------
    tuple of ForecastChange
        Series by series, horizon by horizon. Amounts are in reported units where the earlier system holds the series in
        levels, and in logarithms where it holds it in logs (`ForecastChange.units`); an average's forecast is then
        the average of its members' logarithms. Parts that are exactly zero are left out.

    Raises
    ------
    SettingsError
        If the forecasters answer different targets or have other members, or the panels are in the wrong order.
    FitError
        If a forecast cannot be made from one of the panels, or the earlier system cannot hold the later numbers.
    """
    if (later.target, later.members, later.weighting) != (earlier.target, earlier.members, earlier.weighting):
        raise SettingsError("Only forecasts of one target by the same members can be compared; fit both alike.")
    if before.as_of > after.as_of:
        raise SettingsError(f"The panel of {before.as_of:%Y-%m-%d} is not the earlier one; swap the two.")
    target = earlier.target
    try:
        sides = (_Side(earlier, before), _Side(later, after))
        explained = {(change.series, horizon): change for horizon in target.horizons for change in _at(sides, horizon)}
    except DataError as error:
        raise FitError(
            f"The forecasts of {before.as_of:%Y-%m-%d} and {after.as_of:%Y-%m-%d} cannot be compared: {error}"
        ) from error
    return tuple(explained[name, horizon] for name in target.names for horizon in target.horizons)


class _Side:
    """A forecaster and its panel, solved to every horizon."""

    def __init__(self, forecaster: BMAForecaster, panel: Panel) -> None:
        self.forecaster = forecaster
        self.panel = panel
        self.reading: Reading = forecaster.read(panel)
        self.solved = solve_members(forecaster.system, self.reading, forecaster.target.horizons, forecaster.members)

    def steps(self, horizon: int) -> tuple[Step, ...]:
        """Each member's forecast as it was made."""
        return tuple(Step(solved, self.reading.first) for solved in self.solved[horizon])

    def weights(self, horizon: int, name: str) -> FloatArray:
        """Each member's weight."""
        equations = [solved.equations for solved in self.solved[horizon]]
        return posterior_weights(equations, self.forecaster.weighting)[:, self.forecaster.system.place(name)]

    @property
    def period(self) -> pd.Period:
        """Last complete period."""
        return self.panel.period(self.forecaster.target.frequency)

    def reference(self, name: str, horizon: int) -> int | None:
        """Period that a series' forecast is measured from; None for a level."""
        target = self.forecaster.target
        match target.measures[target.names.index(name)]:
            case "level":
                return None
            case "change" | "log_change":
                return self.reading.period(self.reading.last_known(name)).ordinal
            case _:
                return self.period.ordinal + horizon - 1


def _at(sides: tuple[_Side, _Side], horizon: int) -> Iterator[ForecastChange]:
    """Explanations at one horizon, series by series."""
    earlier, later = sides
    target = earlier.forecaster.target
    chains = [
        chain_between(member, one, other, (earlier.reading, later.reading), later.panel, target.frequency, horizon)
        for member, one, other in zip(
            earlier.forecaster.members, earlier.steps(horizon), later.steps(horizon), strict=True
        )
    ]
    for name, measure in zip(target.names, target.measures, strict=True):
        system = earlier.forecaster.system
        question = Question(
            name,
            (earlier.period.ordinal + horizon, later.period.ordinal + horizon),
            (earlier.reference(name, horizon), later.reference(name, horizon)),
            system.conversions[system.place(name)].log,
        )
        weights = earlier.weights(horizon, name), later.weights(horizon, name)
        yield ForecastChange(
            series=name,
            horizon=horizon,
            measure=measure,
            units=_units(question.log, earlier.panel.series[name].units),
            before_as_of=earlier.panel.as_of,
            after_as_of=later.panel.as_of,
            before_period=earlier.period + horizon,
            after_period=later.period + horizon,
            before=sum(w * question.first(chain.before) for w, chain in zip(weights[0].tolist(), chains, strict=True)),
            after=sum(w * question.then(chain.after) for w, chain in zip(weights[1].tolist(), chains, strict=True)),
            parts=tuple(part for part in _averaged(chains, question, *weights) if part.amount),
        )


def _averaged(chains: Sequence[Chain], question: Question, before: FloatArray, after: FloatArray) -> Iterator[Part]:
    """Parts of all members, each with its earlier weight, and the part of the weights."""
    merged: dict[tuple[str, str, str], Part] = {}
    for chain, weight in zip(chains, before.tolist(), strict=True):
        for part in parts_of(chain, question):
            key = (part.kind, part.series, part.period)
            share = part.times(weight)
            merged[key] = merged[key].plus(share) if key in merged else share
    yield from merged.values()
    moves = zip((after - before).tolist(), chains, strict=True)
    yield Part("weights", sum(move * question.then(chain.after) for move, chain in moves))


def _units(log: bool, units: str) -> str:
    named = "" if "series notes" in units else units
    return "logarithms, decimal" if log else named or "reported units"

"""A solved forecast of one member: its paths, how sure it is of them, and what they owe to each number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import comb

import numpy as np

from macrotrade._typing import BoolArray, FloatArray, Measure
from macrotrade.numerics.measures import value_and_slopes
from macrotrade.providers.bma.averaging import Member, member_equations
from macrotrade.providers.bma.equation import Equation
from macrotrade.providers.bma.forecasting import Edge, SystemForecast, forecast
from macrotrade.providers.bma.guard import Cut, Replacement
from macrotrade.providers.bma.kernels.conversion import integrate
from macrotrade.providers.bma.kernels.responses import trace_back
from macrotrade.providers.bma.reading import Reading
from macrotrade.providers.bma.solving import LinearForm, Solution, linear_form
from macrotrade.providers.bma.system import System

__all__ = ["Solved", "solve_members", "summed"]


@dataclass(frozen=True, eq=False)
class Solved:
    """One member's equations, solved on a panel.

    Attributes
    ----------
    system, edge
        What was solved on what.
    equations
        In force, one for each series of the system.
    solution
        Converted values of all periods.
    cuts, replacements
        What the guard did to the member's equations.
    """

    system: System
    edge: Edge
    equations: tuple[Equation, ...]
    solution: Solution
    cuts: tuple[Cut, ...] = ()
    replacements: tuple[Replacement, ...] = ()

    @cached_property
    def form(self) -> LinearForm:
        """The equations as arrays."""
        return linear_form(self.equations, self.system.names, self.system.settings.season_length)

    @cached_property
    def missing(self) -> BoolArray:
        """Cells that are forecast, rows from the first of them on."""
        return np.isnan(self.edge.converted[self.solution.first_row :])

    @property
    def finite(self) -> bool:
        """Whether every value of the last period is a number."""
        return bool(np.isfinite(self.solution.values[-1]).all())

    @cached_property
    def shocks(self) -> FloatArray:
        """Standard deviation of each equation's left-out residuals, converted units."""
        return np.array([equation.left_out_deviation for equation in self.equations])

    def path(self, place: int) -> FloatArray:
        """A series' last known working value and the forecast ones that follow it, to the last period solved."""
        last = int(self.edge.last_known[place])
        known = self.edge.working[: last + 1, place]
        order = self.system.conversions[place].order
        ahead = integrate(self.solution.values[last + 1 :, place], known[len(known) - order :])
        return np.concatenate([known[-1:], ahead])

    def moments(self, place: int, row: int, measure: Measure) -> tuple[float, float]:
        """Mean and standard deviation of a measure of one series in a row after its last known one.

        The mean is the measure of the path. The deviation is exact where the measure is linear in levels or logs,
        whichever the system holds the series in, and else to first order about the path.
        """
        k = row - int(self.edge.last_known[place])
        log = self.system.conversions[place].log
        mean, slope, slope_before = value_and_slopes(measure, self.path(place)[: k + 1], k, log=log)
        weights = {row: slope} if k == 1 or slope_before == 0.0 else {row: slope, row - 1: slope_before}
        return mean, self.deviation(place, weights)

    def gradient(
        self, place: int, weights: Mapping[int, float], since: int | None = None, from_row: int | None = None
    ) -> FloatArray:
        """Derivative of F = sum_r weights[r] z[r], z the working values of one series.

        Parameters
        ----------
        place
            The series.
        weights
            By row, each after `since`.
        since
            Row whose working value is held fixed; the series' last known one by default. The converted values after it
            add up to z.
        from_row
            First row wanted, if earlier than the first that matters.

        Returns
        -------
        ndarray
            Shape (n_rows, n_series), to the last row that has a weight: dF/dshock of the equation in cells that are
            forecast, dF/dx of the converted value in cells that are known.
        """
        first_row, last = self.solution.first_row, max(weights)
        fixed = int(self.edge.last_known[place]) if since is None else since
        order = self.system.conversions[place].order
        start = max(min(first_row - self.form.longest_lag, fixed + 1, first_row if from_row is None else from_row), 0)
        gradient = np.zeros((last + 1 - start, len(self.equations)))
        for row, weight in weights.items():
            for cell in range(fixed + 1, row + 1):
                gradient[cell - start, place] += weight * summed(row - cell, order)
        trace_back(gradient, self.missing[: last + 1 - first_row], *self.form.terms, *self.form.blocks)
        return gradient

    def deviation(self, place: int, weights: Mapping[int, float]) -> float:
        """Standard deviation of F = sum_r weights[r] z[r]; residuals of all equations and periods uncorrelated."""
        missing = self.missing[: max(weights) + 1 - self.solution.first_row]
        effects = np.where(missing, self.gradient(place, weights)[-len(missing) :], 0.0) * self.shocks
        return float(np.sqrt((effects**2).sum()))


def solve_members(
    system: System, reading: Reading, horizons: Sequence[int], members: Sequence[Member]
) -> dict[int, tuple[Solved, ...]]:
    """Each member solved to each horizon.

    Where the guard had to act, a nearer horizon is solved again by itself, so that no horizon's forecast depends on
    which others are asked for.
    """
    whole = tuple(_solved(system, reading, max(horizons), member) for member in members)
    return {
        horizon: tuple(
            _solved(system, reading, horizon, member) if horizon < max(horizons) and _acted(one) else one
            for one, member in zip(whole, members, strict=True)
        )
        for horizon in horizons
    }


def summed(periods_before: int, order: int) -> float:
    """Weight in z[r] of its `order`-th difference so many periods before r."""
    if order == 0:
        return float(periods_before == 0)
    return float(comb(periods_before + order - 1, order - 1))


def _solved(system: System, reading: Reading, horizon: int, member: Member) -> Solved:
    beyond = max(horizon - reading.n_early, 1)
    made: SystemForecast = forecast(system, reading.values, beyond, equations=member_equations(system, member))
    return Solved(system, made.edge, made.equations, made.solution, made.cuts, made.replacements)


def _acted(solved: Solved) -> bool:
    return bool(solved.cuts or solved.replacements)

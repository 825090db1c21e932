"""Forecast a panel's ragged end and the periods beyond it with a built system.

1. Levels become working values (levels or logs) and converted values; what is unknown stays missing.
2. The system is solved forward (`solving`): a late series is completed inside the solve, from its own last period,
   while every value that was released stays as it was.
3. Converted forecasts return to reported levels, each from its series' own last known level.
4. Changes that the series' history makes implausible are answered (`guard`) and the solve repeated.
5. Each series' uncertainty is its equations' left-out deviation carried forward by the system's own responses.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from macrotrade._typing import BoolArray, FloatArray, IntArray
from macrotrade.errors import DataError, FitError
from macrotrade.providers.bma.building import Design
from macrotrade.providers.bma.equation import Equation
from macrotrade.providers.bma.guard import (
    Cut,
    Replacement,
    cut_weakest,
    feeding_loop,
    largest_changes,
    no_change,
    sound_loops,
)
from macrotrade.providers.bma.kernels.conversion import difference, integrate
from macrotrade.providers.bma.kernels.graph import linked_groups
from macrotrade.providers.bma.kernels.solving import shock_deviations
from macrotrade.providers.bma.sample import fill_gaps
from macrotrade.providers.bma.solving import LinearForm, Solution, linear_form, solve_linear
from macrotrade.providers.bma.system import System

__all__ = ["Edge", "SystemForecast", "forecast", "read_edge", "solved_ahead", "working_deviations"]


@dataclass(frozen=True, eq=False)
class Edge:
    """A panel as the system sees it at the origin.

    Parameters
    ----------
    working : (n_periods, n_series) levels or logs, gaps filled, ragged ends missing.
    converted : (n_periods + n_horizons, n_series) converted values, missing where they are to be forecast.
    last_known : (n_series,) row of each series' last known value.
    n_horizons : periods beyond the last row.
    """

    working: FloatArray
    converted: FloatArray
    last_known: IntArray
    n_horizons: int

    @property
    def n_periods(self) -> int:
        """Rows of the panel; the last one is the origin's period."""
        return len(self.working)

    @property
    def delays(self) -> IntArray:
        """Periods from each series' last known value to the origin's period."""
        return np.asarray(self.n_periods - 1 - self.last_known)


@dataclass(frozen=True, eq=False)
class SystemForecast:
    """Forecasts of every series of a system, horizon by horizon.

    Parameters
    ----------
    names : (n_series,) series.
    levels : (n_horizons, n_series) reported levels, horizon 1 first, counted from the origin's period.
    scales : (n_horizons, n_series) standard deviation of the forecast in reported units (of a series in logs: the
        level times the deviation of the log).
    working, working_scales : the same as levels or logs, the form in which errors are Gaussian.
    edge_levels : (longest delay, n_series) reported levels of the panel's last rows, late series completed.
    equations : equations that made the forecast, after the guard.
    solution : converted values of all periods and how the solve went.
    cuts, replacements : what the guard did to make the forecast plausible.
    edge : the panel as it was read.
    """

    names: tuple[str, ...]
    levels: FloatArray
    scales: FloatArray
    working: FloatArray
    working_scales: FloatArray
    edge_levels: FloatArray
    equations: tuple[Equation, ...]
    solution: Solution
    cuts: tuple[Cut, ...]
    replacements: tuple[Replacement, ...]
    edge: Edge


def forecast(
    system: System,
    values: FloatArray,
    n_horizons: int,
    *,
    equations: Sequence[Equation] | None = None,
) -> SystemForecast:
    """Forecast every series of the system.

    Parameters
    ----------
    values : (n_periods, n_series_given) reported levels with the columns, first period and units that the system was
        built on; it may hold more periods. NaN where unknown. The last row is the origin's period.
    n_horizons : periods beyond the last row.
    equations : other equations in the order of ``system.names``, for instance the system's autoregressions; the
        machine-built ones by default.

    Raises
    ------
    DataError
        A log form meets a value at or below zero, a series of the system has no value, or shapes do not agree.
    """
    edge = read_edge(system, values, n_horizons)
    return _Guarded(system, edge, system.equations if equations is None else equations).forecast()


def read_edge(system: System, values: FloatArray, n_horizons: int) -> Edge:
    """Working and converted values of a panel, with the rows to be forecast missing."""
    if n_horizons < 1:
        raise DataError(f"n_horizons must be at least 1; it is {n_horizons}.")
    if np.ndim(values) != 2 or np.shape(values)[1] <= int(system.sample.columns.max()):
        raise DataError(
            f"Values must have the columns the system was built on ({int(system.sample.columns.max()) + 1} or more); "
            f"got shape {np.shape(values)}."
        )
    chosen = np.asarray(values, dtype=float)[:, system.sample.columns]
    levels, _ = fill_gaps(chosen, system.names)
    empty = np.isnan(levels).all(axis=0)
    if empty.any():
        raise DataError(f"No value is known of {', '.join(np.array(system.names)[empty])}.")
    logs = np.array([conversion.log for conversion in system.conversions])
    orders = np.array([conversion.order for conversion in system.conversions])
    working = np.where(logs, np.log(np.where(logs & (levels > 0.0), levels, np.nan)), levels)
    lost = np.isnan(working) & ~np.isnan(levels)
    lost[: system.sample.first_row - 1] = False
    if lost.any():
        raise DataError(
            f"{', '.join(np.array(system.names)[lost.any(axis=0)])} took a value at or below zero and has no "
            "logarithm, in which the system holds it; build the system again on these values."
        )
    converted = np.empty_like(working)
    for order in set(orders.tolist()):
        converted[:, orders == order] = difference(working[:, orders == order], order)
    future = np.full((n_horizons, len(system.names)), np.nan)
    last_known = len(levels) - 1 - np.argmax(~np.isnan(levels[::-1]), axis=0)
    return Edge(working, np.vstack([converted, future]), last_known, n_horizons)


def solved_ahead(system: System, edge: Edge, form: LinearForm) -> Solution:
    """Missing cells of an edge, filled by these equations with the system's settings; no guard."""
    return solve_linear(
        form,
        edge.converted,
        system.sample.scales,
        first_season=system.sample.first_season,
        tolerance=system.settings.tolerance,
        max_sweeps=system.settings.max_sweeps,
    )


class _Guarded:
    """One forecast in the making: the equations in force and what the guard has done so far."""

    def __init__(self, system: System, edge: Edge, equations: Sequence[Equation]) -> None:
        self.system = system
        self.edge = edge
        self.equations = list(equations)
        self.cuts: list[Cut] = []
        self.replacements: list[Replacement] = []

    def forecast(self) -> SystemForecast:
        while True:
            form = linear_form(self.equations, self.system.names, self.system.settings.season_length)
            solution = solved_ahead(self.system, self.edge, form)
            working = _working_forecasts(self.system, self.edge, solution.values)
            offender = self._offender(working)
            if offender is None:
                return self._tell(form, solution, working)
            self._answer(form, *offender)

    def _offender(self, working: FloatArray) -> tuple[int, str] | None:
        """The series that leaves its plausible range first and farthest, in logs or in levels, and how."""
        logs = np.array([conversion.log for conversion in self.system.conversions])
        with np.errstate(over="ignore"):
            levels = np.where(logs, np.exp(np.where(logs, working, 0.0)), working)
        excess = np.maximum(self._excess(working), self._excess(levels))
        for step, ratios in enumerate(excess):
            beyond = [i for i in np.flatnonzero(ratios > 1.0) if self.equations[i].origin != "no change"]
            if beyond:
                worst = max(beyond, key=lambda i: float(ratios[i]))
                times = ratios[worst] * self.system.settings.plausible_change
                return int(worst), f"a change {times:.2g} times the largest in its history over {step + 1} period(s)"
        return None

    def _excess(self, values: FloatArray) -> FloatArray:
        """Change of each series since its last known value over its plausible one, (n_steps, n_series).

        ``values`` are those of all periods, known and forecast.
        """
        edge = self.edge
        n_steps = int(edge.delays.max()) + edge.n_horizons
        series = np.arange(len(edge.last_known))
        known = np.where(np.isnan(edge.working), np.nan, values[: edge.n_periods])
        largest = largest_changes(known[self.system.sample.first_row - 1 :], n_steps)
        limits = self.system.settings.plausible_change * largest
        last = values[edge.last_known, series]
        excess = np.zeros((n_steps, len(series)))
        for step in range(1, n_steps + 1):
            rows = np.minimum(edge.last_known + step, len(values) - 1)
            with np.errstate(divide="ignore", invalid="ignore"):
                change = np.abs(values[rows, series] - last)
                ratio = np.where(change > 0.0, change / limits[step - 1], 0.0)
            excess[step - 1] = np.where(np.isfinite(change), ratio, np.inf)
        return excess

    def _answer(self, form: LinearForm, place: int, reason: str) -> None:
        system, names = self.system, self.system.names
        loop = feeding_loop(form, place)
        if loop and len(self.cuts) < system.settings.max_cuts:
            design = Design(system.sample)
            cut = cut_weakest(design, self.equations, [names[i] for i in loop], f"{names[place]} would make {reason}")
            equations, further = sound_loops(design, self.equations)
            self.equations = list(equations)
            self.cuts += [cut, *further]
        elif self.equations[place].origin == "machine":
            self.equations[place] = system.autoregressions[place]
            self.replacements.append(Replacement(names[place], "autoregression", reason))
        else:
            x = system.sample.converted[:, place]
            moves = np.diff(x) if system.conversions[place].order == 0 else x
            self.equations[place] = no_change(self.equations[place], float(np.mean(moves**2)))
            self.replacements.append(Replacement(names[place], "last value", reason))

    def _tell(self, form: LinearForm, solution: Solution, working: FloatArray) -> SystemForecast:
        system, edge = self.system, self.edge
        deviations = np.array([equation.left_out_deviation for equation in self.equations])
        first_row = solution.first_row
        spreads = working_deviations(system, np.isnan(edge.converted[first_row:]), form, deviations)
        beyond = spreads[edge.n_periods - first_row :]
        reported = np.column_stack([c.reported(working[:, j]) for j, c in enumerate(system.conversions)])
        levels = reported[edge.n_periods :]
        logs = np.array([conversion.log for conversion in system.conversions])
        return SystemForecast(
            names=system.names,
            levels=levels,
            scales=np.where(logs, np.abs(levels), 1.0) * beyond,
            working=working[edge.n_periods :],
            working_scales=beyond,
            edge_levels=reported[first_row : edge.n_periods],
            equations=tuple(self.equations),
            solution=solution,
            cuts=tuple(self.cuts),
            replacements=tuple(self.replacements),
            edge=edge,
        )


def working_deviations(system: System, missing: BoolArray, form: LinearForm, deviations: FloatArray) -> FloatArray:
    """Standard deviation of each cell's working value, (n_rows, n_series); 0 where it is known.

    Residuals of different equations and periods count as uncorrelated with the given deviations; they are carried
    through the system by its own responses and added up as often as the series is differenced.
    """
    groups, n_groups = linked_groups((form.lag_matrices != 0.0).any(axis=0))
    orders = np.array([conversion.order for conversion in system.conversions], dtype=np.int64)
    return np.asarray(shock_deviations(missing, orders, deviations, *form.terms, *form.blocks, groups, n_groups))


def _working_forecasts(system: System, edge: Edge, converted: FloatArray) -> FloatArray:
    """Working values of every row, the missing ones from converted forecasts."""
    out = np.vstack([edge.working, np.full((edge.n_horizons, len(system.names)), np.nan)])
    for j, conversion in enumerate(system.conversions):
        last = int(edge.last_known[j])
        known = out[last + 1 - conversion.order : last + 1, j]
        if np.isnan(known).any():
            raise FitError(f"{system.names[j]} has too few known values before its last one to be forecast.")
        out[last + 1 :, j] = integrate(converted[last + 1 :, j], known)
    return out

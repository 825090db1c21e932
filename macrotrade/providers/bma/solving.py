"""Solve simultaneous equations forward: Gauss-Seidel, with the direct solution as check and fallback.

Equations are swept in the order of the strongly connected components of the contemporaneous graph, so that whatever
is not part of a loop is exact after one pass. Any callable may stand among the equations (`solve_callables`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from macrotrade._typing import FloatArray, IntArray
from macrotrade.errors import FitError
from macrotrade.providers.bma.equation import Equation
from macrotrade.providers.bma.kernels.graph import companion_radius, spectral_radius, strong_components
from macrotrade.providers.bma.kernels.solving import substitute_forward, sweep_forward

__all__ = [
    "EquationCall",
    "LinearForm",
    "LoopHealth",
    "Solution",
    "linear_form",
    "loop_health",
    "solve_callables",
    "solve_linear",
]

EquationCall = Callable[[FloatArray, int], float]
"""Value of a series in a row, from (n_periods, n_series) values of which earlier rows and this row may be read."""


@dataclass(frozen=True, eq=False)
class LinearForm:
    """The equations of a system as arrays.

    Parameters
    ----------
    intercepts, trends : (n_series,); the trend multiplies the panel's row number.
    seasons : (n_series, season_length).
    lag_matrices : (longest + 1, n_series, n_series) ``[lag, target, source]``; lag 0 is the contemporaneous A0.
    """

    intercepts: FloatArray
    trends: FloatArray
    seasons: FloatArray
    lag_matrices: FloatArray

    @property
    def now(self) -> FloatArray:
        """A0, the contemporaneous coefficients ``[target, source]``."""
        return np.asarray(self.lag_matrices[0])

    @property
    def longest_lag(self) -> int:
        """Rows of history that a period needs."""
        return len(self.lag_matrices) - 1

    @cached_property
    def components(self) -> tuple[tuple[int, ...], ...]:
        """Strongly connected components of the contemporaneous graph, in the order in which they can be solved."""
        starts, sources, _ = _compressed(self.now)
        return tuple(tuple(members) for members in strong_components(starts, sources))

    @cached_property
    def blocks(self) -> tuple[IntArray, IntArray]:
        """Components as arrays: where each starts, and the members of all in order."""
        starts = np.concatenate([[0], np.cumsum([len(members) for members in self.components])])
        return starts.astype(np.int64), np.array([i for members in self.components for i in members], dtype=np.int64)

    @cached_property
    def terms(self) -> tuple[IntArray, IntArray, IntArray, FloatArray, IntArray, IntArray, FloatArray]:
        """Lagged terms (starts, sources, lags, weights), then contemporaneous (starts, sources, weights), by target."""
        lagged = self.lag_matrices[1:]
        lags, targets, sources = np.unravel_index(np.flatnonzero(lagged.ravel()), lagged.shape)
        by_target = np.argsort(targets, kind="stable")
        lags, targets, sources = lags[by_target], targets[by_target], sources[by_target]
        starts = np.searchsorted(targets, np.arange(len(self.now) + 1))
        weights = self.lag_matrices[lags + 1, targets, sources]
        return (
            starts.astype(np.int64),
            sources.astype(np.int64),
            lags.astype(np.int64) + 1,
            weights,
            *_compressed(self.now),
        )

    @property
    def loops(self) -> tuple[tuple[int, ...], ...]:
        """Components of more than one series."""
        return tuple(members for members in self.components if len(members) > 1)

    @cached_property
    def dynamic_radius(self) -> float:
        """Spectral radius of the companion form; forecasts settle when it is below one."""
        return companion_radius(self.now, self.lag_matrices)

    def fixed_part(self, first_row: int, n_rows: int, first_season: int) -> FloatArray:
        """Intercept, season and trend of each row and series."""
        rows = first_row + np.arange(n_rows)
        season = (first_season + rows) % self.seasons.shape[1]
        return self.intercepts + self.seasons[:, season].T + rows[:, None] * self.trends


def linear_form(equations: Sequence[Equation], names: Sequence[str], season_length: int) -> LinearForm:
    """Arrays of a list of equations, one for each name in order."""
    places = {name: j for j, name in enumerate(names)}
    n_series = len(names)
    longest = max([term.lag for equation in equations for term in equation.terms], default=1)
    intercepts, trends = np.zeros(n_series), np.zeros(n_series)
    seasons = np.zeros((n_series, season_length))
    lags = np.zeros((max(longest, 1) + 1, n_series, n_series))
    for i, equation in enumerate(equations):
        for term in equation.terms:
            match term.kind:
                case "series":
                    lags[term.lag, i, places[term.series]] += term.coefficient
                case "season":
                    seasons[i, term.season] += term.coefficient
                case "trend":
                    trends[i] += term.coefficient
                case _:
                    intercepts[i] += term.coefficient
    return LinearForm(intercepts, trends, seasons, lags)


@dataclass(frozen=True, eq=False)
class Solution:
    """Values with every missing cell filled, and how that went.

    Parameters
    ----------
    values : (n_periods, n_series) converted values; cells that were known are unchanged.
    first_row : first row with a missing cell.
    sweeps : Gauss-Seidel sweeps of each row from there; -1 where it did not settle.
    direct : whether the values are the direct solution, because some row did not settle.
    difference : largest gap between the two routes in standard deviations; NaN where only one worked.
    """

    values: FloatArray
    first_row: int
    sweeps: IntArray
    direct: bool
    difference: float

    @property
    def converged(self) -> bool:
        """Whether Gauss-Seidel settled in every row."""
        return bool((self.sweeps > 0).all())


def solve_linear(
    form: LinearForm,
    values: FloatArray,
    scales: FloatArray,
    *,
    first_season: int = 0,
    tolerance: float = 1e-13,
    max_sweeps: int = 1000,
) -> Solution:
    """Fill the missing cells of ``values`` with the system's own forecasts.

    Parameters
    ----------
    form : the equations.
    values : (n_periods, n_series) converted values, NaN where to be forecast. Row t is the panel's row t.
    scales : (n_series,) unit in which changes are judged.
    first_season : season of row 0.
    tolerance, max_sweeps : a row has settled when no value moves by more than so many scales; sweeps it may take.

    Raises
    ------
    FitError
        Some loop is singular and Gauss-Seidel does not settle.
    """
    first_row = _first_missing_row(values, form.longest_lag)
    fixed_part = form.fixed_part(first_row, len(values) - first_row, first_season)
    swept = values.copy()
    order = form.blocks[1]
    sweeps = sweep_forward(swept, first_row, fixed_part, *form.terms, order, scales, tolerance, max_sweeps)
    settled = bool((sweeps > 0).all())
    exact = values.copy()
    solved = substitute_forward(exact, first_row, fixed_part, *form.terms, *form.blocks)
    if not solved:
        if not settled:
            raise FitError(
                "The system has no solution: I - A0 is singular and Gauss-Seidel does not settle. "
                "Cut a link of its loop, or solve through `forecast`, whose guard does."
            )
        return Solution(swept, first_row, sweeps, direct=False, difference=float("nan"))
    difference = float(np.abs((swept - exact)[first_row:] / scales).max(initial=0.0)) if settled else float("nan")
    return Solution(swept if settled else exact, first_row, sweeps, direct=not settled, difference=difference)


def solve_callables(
    equations: Sequence[EquationCall],
    values: FloatArray,
    scales: FloatArray,
    *,
    order: Sequence[int] | None = None,
    tolerance: float = 1e-10,
    max_sweeps: int = 1000,
) -> Solution:
    """Fill the missing cells of ``values`` where equations may be any callables, linear or not.

    Parameters
    ----------
    equations : one for each column; called with all values so far and the row to compute.
    values : (n_periods, n_series), NaN where to be solved; the first row must be known.
    scales : (n_series,) unit in which changes are judged.
    order : columns in the order in which a sweep visits them, as given by default.
    tolerance, max_sweeps : as for `solve_linear`.

    Raises
    ------
    FitError
        A row does not settle; there is no direct solution to fall back on.
    """
    first_row = _first_missing_row(values, 1)
    out = values.copy()
    visits = list(range(len(equations)) if order is None else order)
    sweeps = np.zeros(len(values) - first_row, dtype=np.int64)
    for t in range(first_row, len(values)):
        missing = np.isnan(out[t])
        out[t, missing] = out[t - 1, missing]
        for sweep in range(1, max_sweeps + 1):
            largest = 0.0
            for i in visits:
                if missing[i]:
                    value = equations[i](out, t)
                    largest = max(largest, abs(value - out[t, i]) / scales[i])
                    out[t, i] = value
            if largest <= tolerance:
                sweeps[t - first_row] = sweep
                break
            if not np.isfinite(largest):
                break
        if sweeps[t - first_row] == 0:
            raise FitError(
                f"Gauss-Seidel did not settle in row {t} within {max_sweeps} sweeps (last move {largest:.3g}). "
                "Reorder the equations, or weaken the loop between them."
            )
    return Solution(out, first_row, sweeps, direct=False, difference=float("nan"))


@dataclass(frozen=True)
class LoopHealth:
    """How well one contemporaneous loop can be solved.

    Parameters
    ----------
    members : names in the loop.
    gain : spectral radius of A0 within it; the loop amplifies itself when this is one or more.
    determinant : of I - A0 within it; negative when the loop has passed its singularity.
    condition : condition number of I - A0 within it, in standardised units.
    """

    members: tuple[str, ...]
    gain: float
    determinant: float
    condition: float

    def sound(self, max_condition: float) -> bool:
        """Whether the loop has a trustworthy solution."""
        return self.gain < 1.0 and self.determinant > 0.0 and self.condition <= max_condition


def loop_health(form: LinearForm, names: Sequence[str], scales: FloatArray) -> tuple[LoopHealth, ...]:
    """Gain, determinant and condition of each contemporaneous loop."""
    now = form.now * scales[None, :] / scales[:, None]
    return tuple(_health(now[np.ix_(m, m)], tuple(names[i] for i in m)) for m in form.loops)


def _health(block: FloatArray, members: tuple[str, ...]) -> LoopHealth:
    system = np.eye(len(block)) - block
    return LoopHealth(
        members=members,
        gain=spectral_radius(block),
        determinant=float(np.linalg.det(system)),
        condition=float(np.linalg.cond(system)),
    )


def _first_missing_row(values: FloatArray, history: int) -> int:
    """The row after the last one that every series knows, with enough complete rows before it."""
    known = ~np.isnan(values)
    last_known = len(values) - 1 - np.argmax(known[::-1], axis=0)
    first = int(np.where(known.any(axis=0), last_known, -1).min()) + 1
    if first < history or not known[first - history : first].all():
        raise FitError(
            f"Row {first} is the first to be forecast and needs the {history} rows before it complete; "
            "give a longer history, or leave out the series that ends too early."
        )
    return first


def _compressed(matrix: FloatArray) -> tuple[IntArray, IntArray, FloatArray]:
    rows, sources = np.nonzero(matrix)
    starts = np.searchsorted(rows, np.arange(len(matrix) + 1))
    return starts, sources, matrix[rows, sources]

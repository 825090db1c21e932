"""Where an equation rests: the values it repeats once it is there, and whether it returns to them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from macrotrade._typing import FloatArray
from macrotrade.providers.equations.equation import Equation, System
from macrotrade.providers.equations.variables import Variable

__all__ = ["SteadyState", "steady_state_of_system", "steady_states"]

_N_GRID = 401
_N_HALVINGS = 40
_STEP = 1e-5  # of a derivative, as a share of history's range


@dataclass(frozen=True)
class SteadyState:
    """Values at which nothing moves.

    Attributes
    ----------
    levels
        By series explained.
    spectral_radius
        Largest modulus among the eigenvalues of the companion matrix there: below 1 small deviations die out, and this
        is the share of one that is left after a period.
    """

    levels: Mapping[str, float]
    spectral_radius: float


def steady_states(equation: Equation, frame: pd.DataFrame, margin: float = 0.5) -> tuple[SteadyState, ...]:
    """Every steady state inside history and a margin, the nearest to history's mean first.

    Parameters
    ----------
    equation
        Solved for x = f(x, ..., x; z), the other series z at their means and time at the frame's end.
    frame
        History of everything it reads.
    margin
        How far beyond the target's history to look, as a share of its range.
    """
    history = _known(frame, equation.target)
    room = margin * float(np.ptp(history))
    at = _Rest((equation,), frame)
    grid = np.linspace(history.min() - room, history.max() + room, _N_GRID)
    found = _roots(lambda x: at.moves(x[None])[0], grid)
    states = [SteadyState({equation.target: float(x)}, at.radius(np.array([x]))) for x in found]
    middle = float(history.mean())
    return tuple(sorted(states, key=lambda state: abs(state.levels[equation.target] - middle)))


def steady_state_of_system(system: System, frame: pd.DataFrame) -> SteadyState | None:
    """The steady state that is found from the series' means or from their last values; None if none is found.

    Parameters
    ----------
    system
        Solved jointly, series outside it at their means and time at the frame's end.
    frame
        History of everything it reads.
    """
    from scipy.optimize import root

    at = _Rest(system.equations, frame)
    columns = [_known(frame, target) for target in system.targets]
    starts = [np.array([column.mean() for column in columns]), np.array([column[-1] for column in columns])]
    spread = max(float(np.ptp(column)) for column in columns)
    for start in starts:
        with np.errstate(all="ignore"):
            found = root(lambda x: np.nan_to_num(at.moves(x[:, None])[:, 0], nan=1e6), start)
        if found.success and np.abs(at.moves(found.x[:, None])).max() < 1e-6 * spread:
            values = {target: float(x) for target, x in zip(system.targets, found.x, strict=True)}
            return SteadyState(values, at.radius(found.x))
    return None


class _Rest:
    """Equations with every lag of a target at one value, and all else at rest."""

    def __init__(self, equations: Sequence[Equation], frame: pd.DataFrame) -> None:
        from macrotrade.providers.equations.tape import tape_of  # brings the compiled kernels

        self.equations = equations
        self.tapes = [tape_of(equation.expression, equation.variables) for equation in equations]
        self.places = {equation.target: place for place, equation in enumerate(equations)}
        self.others: dict[Variable, float] = {}
        for equation, tape in zip(equations, self.tapes, strict=True):
            for variable in tape.variables:
                if variable.is_time:
                    self.others[variable] = float(frame.index[-1].ordinal - equation.t_origin.ordinal)
                elif variable.name not in self.places:
                    self.others[variable] = float(_known(frame, variable.name).mean())
        self.step = _STEP * np.array([np.ptp(_known(frame, name)) or 1.0 for name in self.places])
        self.n_lags = max(1, *(equation.longest_lag for equation in equations))

    def moves(self, levels: FloatArray) -> FloatArray:
        """f(x) - x for levels (n_targets, n)."""
        return np.stack([self._value(place, levels, {}) for place in range(len(self.equations))]) - levels

    def radius(self, level: FloatArray) -> float:
        """Spectral radius of the companion matrix at a level (n_targets,)."""
        n, p = len(self.equations), self.n_lags
        companion = np.zeros((n * p, n * p))
        companion[n:, :-n] = np.eye(n * (p - 1))
        for place, tape in enumerate(self.tapes):
            for variable in tape.variables:
                if variable.name in self.places:
                    column = (variable.lag - 1) * n + self.places[variable.name]
                    companion[place, column] = self._slope(place, variable, level)
        if not np.isfinite(companion).all():
            return float("inf")
        return float(np.abs(np.linalg.eigvals(companion)).max())

    def _slope(self, place: int, variable: Variable, level: FloatArray) -> float:
        step = float(self.step[self.places[variable.name]])
        ends = [self._value(place, level[:, None], {variable: sign * step})[0] for sign in (1.0, -1.0)]
        return float((ends[0] - ends[1]) / (2.0 * step))

    def _value(self, place: int, levels: FloatArray, moved: Mapping[Variable, float]) -> FloatArray:
        tape = self.tapes[place]
        values = np.empty((len(tape.variables), levels.shape[1]))
        for row, variable in enumerate(tape.variables):
            if variable in self.others:
                values[row] = self.others[variable]
            else:
                values[row] = levels[self.places[variable.name]] + moved.get(variable, 0.0)
        return tape.value(values, self.equations[place].parameters)


def _roots(function: Callable[[FloatArray], FloatArray], grid: FloatArray) -> FloatArray:
    """Where the function changes its sign between two points of the grid, by bisection."""
    at_grid = function(grid)
    exact = grid[at_grid == 0.0]
    rows = np.flatnonzero(at_grid[:-1] * at_grid[1:] < 0.0)
    low, high, sign = grid[rows], grid[rows + 1], np.sign(at_grid[rows])
    for _ in range(_N_HALVINGS):
        middle = 0.5 * (low + high)
        same = np.sign(function(middle)) == sign if rows.size else np.zeros(0, dtype=np.bool_)
        low, high = np.where(same, middle, low), np.where(same, high, middle)
    jumps = np.abs(function(0.5 * (low + high))) > np.abs(at_grid[rows]) if rows.size else np.zeros(0, dtype=np.bool_)
    return np.asarray(np.concatenate([exact, (0.5 * (low + high))[~jumps]]), dtype=np.float64)


def _known(frame: pd.DataFrame, name: str) -> FloatArray:
    values: FloatArray = frame[name].to_numpy(dtype=np.float64)
    return values[np.isfinite(values)]

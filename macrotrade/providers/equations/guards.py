"""Whether equations may be iterated: tried from every origin of the past, and at the steady state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from macrotrade._typing import FloatArray
from macrotrade.errors import SettingsError
from macrotrade.providers.equations.equation import Equation, System
from macrotrade.providers.equations.simulation import law_of, simulate, windows_of
from macrotrade.providers.equations.steady_state import steady_state_of_system, steady_states

__all__ = ["Guards", "limits_of", "names_read", "reach", "why_unsafe"]


@dataclass(frozen=True)
class Guards:
    """What a recursive forecast may do before an autoregression takes its place.

    Attributes
    ----------
    margin
        How far beyond history a step may go, as a share of history's range; further steps are clipped.
    largest_radius
        Largest spectral radius at the steady state; None asks for none.
    every_origin
        Whether the equation must stay inside history and margin from every origin of the past too.
    """

    margin: float = 0.5
    largest_radius: float | None = 1.0
    every_origin: bool = True

    def __post_init__(self) -> None:
        if not self.margin >= 0.0 or (self.largest_radius is not None and not self.largest_radius > 0.0):
            raise SettingsError(f"A margin is 0 or more and a spectral radius positive, or None; these came: {self}.")


def why_unsafe(equations: Sequence[Equation], frame: pd.DataFrame, n_steps: int, guards: Guards) -> str | None:
    """Why the equations must not be iterated, in words; None if they may.

    Parameters
    ----------
    equations
        Iterated together, one a target; series they read and do not explain take their known values.
    frame
        History, a row a period without gaps.
    n_steps
        Steps tried from every origin of the past.
    guards
        What is asked.
    """
    return _from_the_past(equations, frame, n_steps, guards) or _at_rest(equations, frame, guards)


def limits_of(history: FloatArray, margin: float) -> tuple[float, float]:
    """Least and largest of history, each moved out by the margin's share of its range; NaN are left out."""
    low, high = float(np.nanmin(history)), float(np.nanmax(history))
    room = margin * (high - low)
    return low - room, high + room


def names_read(equations: Sequence[Equation]) -> tuple[str, ...]:
    """Every series that takes part, the targets first."""
    targets = [equation.target for equation in equations]
    read = [one.name for equation in equations for one in equation.variables if not one.is_time]
    return tuple(dict.fromkeys([*targets, *read]))


def reach(equations: Sequence[Equation]) -> int:
    """Periods of history that the equations need, 1 at least."""
    return max([1, *(equation.longest_lag for equation in equations)])


def _from_the_past(equations: Sequence[Equation], frame: pd.DataFrame, n_steps: int, guards: Guards) -> str | None:
    n_lags = reach(equations)
    ends = range(n_lags, len(frame))
    if not guards.every_origin or not ends:
        return None
    targets = [equation.target for equation in equations]
    windows = windows_of(frame, names_read(equations), ends, n_lags, n_steps)
    paths = simulate([law_of(one) for one in equations], windows.without(targets)).paths
    started, reached = _sound(windows.series, n_lags)
    for target in targets:
        low, high = limits_of(frame[target].to_numpy(dtype=np.float64), guards.margin)
        lost = started[:, None] & reached & np.isnan(paths[target])
        beyond = started[:, None] & ((paths[target] < low) | (paths[target] > high))
        for outcome, words in ((beyond, f"leaves [{low:.4g}, {high:.4g}]"), (lost, "has no value")):
            rows = np.flatnonzero(outcome.any(axis=1))
            if rows.size:
                first = frame.index[n_lags + int(rows[0]) - 1]
                step = int(np.argmax(outcome[rows[0]])) + 1
                share = f"{rows.size} of {int(started.sum())} origins"
                return f"iterated from {first}, {target} {words} after {step} steps (and so from {share})"
    return None


def _sound(series: Mapping[str, FloatArray], n_lags: int) -> tuple[np.ndarray, np.ndarray]:
    """Origins before which all is known, and steps whose lags of other series are all known."""
    known = np.all([np.isfinite(column) for column in series.values()], axis=0)
    started = known[:, :n_lags].all(axis=1)
    return started, np.logical_and.accumulate(known[:, n_lags - 1 : -1], axis=1)


def _at_rest(equations: Sequence[Equation], frame: pd.DataFrame, guards: Guards) -> str | None:
    """Only steady states inside history and margin count: elsewhere no path may go."""
    if guards.largest_radius is None:
        return None
    if len(equations) == 1:
        states = steady_states(equations[0], frame, guards.margin)
    else:
        state = steady_state_of_system(System(tuple(equations)), frame)
        states = (state,) if state is not None and _inside(state.levels, frame, guards.margin) else ()
    radii = [state.spectral_radius for state in states]
    if not radii or min(radii) <= guards.largest_radius:
        return None
    where = ", ".join(f"{name} = {value:.4g}" for name, value in states[0].levels.items())
    return f"the spectral radius at its steady state {where} is {radii[0]:.4f}, above {guards.largest_radius:g}"


def _inside(levels: Mapping[str, float], frame: pd.DataFrame, margin: float) -> bool:
    limits = {name: limits_of(frame[name].to_numpy(dtype=np.float64), margin) for name in levels}
    return all(limits[name][0] <= level <= limits[name][1] for name, level in levels.items())

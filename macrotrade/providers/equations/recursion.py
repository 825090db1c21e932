"""Equations iterated into the future, each forecast the next one's lag, with guards against running away.

1. what is read and not explained is carried on by an autoregression of order 2 (`autoregressive`)
2. each equation is tried from every origin of the past, and at its steady state (`guards`)
3. those that pass are iterated, every step kept inside history and a margin (`simulation`); the others are replaced by
   the autoregression. Whatever was clipped or replaced is said in words.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from macrotrade._typing import FloatArray
from macrotrade.errors import DataError, SettingsError, near_misses
from macrotrade.providers.equations.autoregressive import N_LAGS, autoregression_of, carried_on
from macrotrade.providers.equations.equation import Equation, System
from macrotrade.providers.equations.guards import Guards, limits_of, names_read, reach, why_unsafe
from macrotrade.providers.equations.simulation import law_of, simulate, windows_of

__all__ = ["Guards", "Recursion", "recurse"]


@dataclass(frozen=True, eq=False)
class Recursion:
    """A recursive forecast; every number is finite.

    Attributes
    ----------
    paths
        Columns the targets, rows the `n_steps` periods after the last in which all of them are known; a target known
        further keeps its known values. Of several members, their median shrunk toward the autoregression.
    member_paths
        Columns the members, 0, 1, ..., in the order given, each after its guards; rows as in `paths`. Of a system, its
        targets.
    anchor_paths
        The autoregression of order 2 of each target, fitted to the same frame; columns and rows as in `paths`.
    outside
        Paths of the series that are read and not explained; columns their names.
    fallen_back
        Whether the autoregression took each member's place, by column of `member_paths`.
    flags
        What was clipped or replaced, in words; empty if every equation ran as it is.
    """

    paths: pd.DataFrame
    member_paths: pd.DataFrame
    anchor_paths: pd.DataFrame
    outside: pd.DataFrame
    fallen_back: tuple[bool, ...]
    flags: tuple[str, ...]

    @property
    def path(self) -> FloatArray:
        """Shape (n_steps,): the first target's path."""
        return self.paths.iloc[:, 0].to_numpy()


def recurse(
    model: Equation | Sequence[Equation] | System,
    frame: pd.DataFrame,
    n_steps: int,
    guards: Guards | None = None,
    *,
    shrink: float = 0.0,
) -> Recursion:
    """Forecasts of the next periods by equations that read their own forecasts.

    Parameters
    ----------
    model
        One equation; several of one target, of whose paths the median is taken; or a system, iterated together.
    frame
        What is known: series in columns, rows a succession of periods (PeriodIndex). Series may end at different
        periods (NaN after that) and begin late; a gap inside is an error.
    n_steps
        Periods ahead, 1 or more.
    guards
        The default ones where None.
    shrink
        Weight of the autoregression in `paths`, 0 to 1.

    Raises
    ------
    DataError
        If a series is missing, has a gap, or is too short for its lags.
    """
    if n_steps < 1 or not 0.0 <= shrink <= 1.0:
        raise SettingsError(f"A recursion takes 1 step or more and shrinks by 0 to 1, not {n_steps} and {shrink}.")
    groups = _groups(model)
    run = _Run([one for group in groups for one in group], frame, n_steps, guards or Guards())
    done = [run.iterated(group, place) for place, group in enumerate(groups)]
    if isinstance(model, System):
        members = paths = done[0][0]
        fallen = (done[0][1],) * len(model.equations)
    else:
        members = pd.concat([path for path, _ in done], axis=1)
        members.columns = pd.RangeIndex(len(groups))
        paths = members.median(axis=1).to_frame(groups[0][0].target)
        fallen = tuple(fell for _, fell in done)
    paths = (1.0 - shrink) * paths + shrink * run.anchors
    return Recursion(paths, members, run.anchors, run.outside, fallen, tuple(dict.fromkeys(run.flags)))


def _groups(model: Equation | Sequence[Equation] | System) -> list[tuple[Equation, ...]]:
    """Equations that are iterated together."""
    if isinstance(model, System):
        return [model.equations]
    members = [model] if isinstance(model, Equation) else list(model)
    targets = {equation.target for equation in members}
    if len(targets) != 1:
        raise SettingsError(
            f"The members of a forecast explain one series; these explain {sorted(targets) or 'none'}. "
            "Equations of several series make a System."
        )
    return [(equation,) for equation in members]


class _Run:
    """One frame, from whose end equations are iterated."""

    def __init__(self, equations: Sequence[Equation], frame: pd.DataFrame, n_steps: int, guards: Guards) -> None:
        self.guards, self.n_steps, self.flags = guards, n_steps, list[str]()
        self.targets = tuple(dict.fromkeys(equation.target for equation in equations))
        self.names = names_read(equations)
        self.n_lags = max(N_LAGS, reach(equations))
        last = _last_rows(frame, self.names)
        self.end = min(last[target] for target in self.targets) + 1
        self.known = frame.iloc[: max(last.values()) + 1]
        self.extended = self._carried(frame, last)
        self.periods = self.extended.index[self.end : self.end + n_steps]
        self.outside = self.extended.loc[self.periods, [name for name in self.names if name not in self.targets]]
        self.limits = {name: limits_of(frame[name].to_numpy(dtype=float), guards.margin) for name in self.targets}
        self.anchor_equations = {target: autoregression_of(self.known, target) for target in self.targets}
        for target, anchor in self.anchor_equations.items():
            self.flags += [f"the autoregression of {target} is {note}" for note in anchor.notes]
        self.anchors = self._simulated(list(self.anchor_equations.values()), "the autoregression")

    def iterated(self, equations: tuple[Equation, ...], place: int) -> tuple[pd.DataFrame, bool]:
        """Paths of equations that move together, and whether the autoregression took their place."""
        name = f"equation {place}" if len(equations) == 1 else "the system"
        reason = why_unsafe(equations, self.extended.iloc[: self.end], self.n_steps, self.guards)
        targets = [equation.target for equation in equations]
        if reason is None:
            paths = self._simulated(equations, name)
            if np.isfinite(paths.to_numpy()).all():
                return paths, False
            reason = f"it has no value in {paths.index[~np.isfinite(paths.to_numpy()).all(axis=1)][0]}"
        self.flags.append(f"{name} of {', '.join(targets)} was replaced by the autoregression: {reason}")
        return self.anchors[targets], True

    def _simulated(self, equations: Sequence[Equation], name: str) -> pd.DataFrame:
        names = names_read(equations)
        n_lags = reach(equations)
        windows = windows_of(self.extended, names, [self.end], n_lags, self.n_steps)
        for column in names:
            if not np.isfinite(windows.series[column][:, :n_lags]).all():
                raise DataError(f"{column} has too short a history for the {n_lags} lags of {name}.")
        done = simulate([law_of(equation) for equation in equations], windows, self.limits)
        for target, clipped in done.clipped.items():
            if clipped.any():
                low, high = self.limits[target]
                first = self.periods[int(np.argmax(clipped[0]))]
                self.flags.append(
                    f"{name} of {target} was clipped to [{low:.4g}, {high:.4g}], first in {first}, "
                    f"{int(clipped.sum())} of {self.n_steps} steps"
                )
        paths = {target: path[0] for target, path in done.paths.items()}
        return pd.DataFrame(paths, index=self.periods)

    def _carried(self, frame: pd.DataFrame, last: Mapping[str, int]) -> pd.DataFrame:
        """The frame until the last step, series that are read and not explained carried on."""
        n_rows = max(self.end + self.n_steps, len(self.known))
        periods = pd.period_range(frame.index[0], periods=n_rows)
        extended = frame[list(self.names)].astype(np.float64).reindex(periods)
        for name in self.names:
            if name not in self.targets and last[name] + 1 < n_rows:
                known = frame[name].to_numpy(dtype=np.float64)[: last[name] + 1]
                extended[name] = np.append(known, carried_on(known, n_rows - known.size))
        return extended


def _last_rows(frame: pd.DataFrame, names: Sequence[str]) -> dict[str, int]:
    """Last known row of each series.

    Raises
    ------
    DataError
        If a series is missing, wholly unknown, or has a gap.
    """
    last = {}
    for name in names:
        if name not in frame.columns:
            raise DataError(f"The equations read {name!r}, which is no column. {near_misses(name, frame.columns)}")
        rows = np.flatnonzero(np.isfinite(frame[name].to_numpy(dtype=np.float64)))
        if not rows.size:
            raise DataError(f"Nothing is known of {name!r}, which the equations read.")
        gaps = np.flatnonzero(np.diff(rows) > 1)
        if gaps.size:
            raise DataError(f"{name!r} has no value in {frame.index[rows[gaps[0]] + 1]}, inside its history.")
        last[name] = int(rows[-1])
    return last

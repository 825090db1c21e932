"""Equations of a panel's series iterated to each horizon: alone with the columns that describe the economy, or bridged.

1. a table by the calendar: the series and the columns, each as far as it is known
2. equations of the series itself; or of inflation, output and the short rate, and one that bridges from them to it; or
   those of a saved discovery
3. paths under guards, shrunk toward autoregressions (`recursion`), and what such paths erred from origins of the past
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from macrotrade._typing import FloatArray, Measure
from macrotrade.errors import DataError, FitError
from macrotrade.providers.equations.autoregressive import carried_on
from macrotrade.providers.equations.discovery import Discovery, discover, load_discovery
from macrotrade.providers.equations.equation import System
from macrotrade.providers.equations.guards import limits_of, names_read, reach
from macrotrade.providers.equations.inputs import KnownTarget, last_known
from macrotrade.providers.equations.recursion import Guards, recurse
from macrotrade.providers.equations.settings import DiscoverySettings
from macrotrade.providers.equations.simulation import law_of, simulate, windows_of
from macrotrade.providers.equations.system import SystemDiscovery, discover_system, load_system_discovery

__all__ = [
    "CORE",
    "IteratedEquations",
    "calendar_table",
    "discovered_alone",
    "discovered_bridge",
    "load_any_discovery",
    "loaded",
]

CORE = ("inflation", "output", "short_rate")
"""Columns of the system that a bridge starts from."""

_MOST_ORIGINS = 40
_FEWEST_ORIGINS = 8


@dataclass(frozen=True, eq=False)
class IteratedEquations:
    """Equations or systems of equations that carry one series forward.

    Attributes
    ----------
    target
        Column they explain, named as the series.
    groups
        Members: each a system, of a single equation where it stands alone.
    weights
        Shape (n_members,), positive, sum 1.
    guards, shrink
        Of the recursive forecasts, and the weight of the autoregression.
    discoveries
        Where they come from, one a target.
    notes
        What to know about them, in words.
    """

    target: str
    groups: tuple[System, ...]
    weights: FloatArray
    guards: Guards
    shrink: float
    discoveries: tuple[Discovery, ...]
    notes: tuple[str, ...] = ()

    def paths(self, table: pd.DataFrame, n_steps: int) -> tuple[FloatArray, FloatArray, tuple[str, ...]]:
        """Paths of the target after its last known value, of each member and of the autoregression, and flags.

        Parameters
        ----------
        table
            From :func:`calendar_table`.
        n_steps
            Periods ahead.

        Returns
        -------
        members, anchor, flags
            Shapes (n_members, n_steps) and (n_steps,), in the table's units.
        """
        last = last_known(table[self.target])
        members, flags = [], list(self.notes)
        for place, group in enumerate(self.groups, start=1):
            behind = max(last.ordinal - last_known(table[name]).ordinal for name in group.targets)
            found = recurse(group, table, n_steps + max(behind, 0), self.guards)
            members.append(found.paths[self.target].loc[last + 1 :].to_numpy()[:n_steps])
            flags += [f"equation {place}: {flag}" for flag in found.flags]
        known = table.loc[:last, self.target].to_numpy(dtype=np.float64)
        return np.array(members), carried_on(known, n_steps), tuple(dict.fromkeys(flags))

    def errors(self, known: KnownTarget, table: pd.DataFrame, measure: Measure, n_steps: int) -> FloatArray:
        """Root mean squared errors of each member's shrunk forecast by step, shape (n_members, n_steps).

        From origins in the last half of history, other series carried on by autoregressions of what was known there;
        constants are those of the whole sample, so that these errors are a little small. Errors of a price in its own
        units are scaled to its last value.
        """
        n_lags = max(2, *(reach(group.equations) for group in self.groups))
        names = list(dict.fromkeys(name for group in self.groups for name in names_read(group.equations)))
        sound = table[names].dropna()
        ends = _ends(len(sound), n_steps, n_lags, self.target)
        windows = windows_of(sound, names, ends, n_lags, n_steps)
        outcome = windows.series[self.target][:, n_lags:]
        start = known.levels.reindex(sound.index).to_numpy()[np.array(ends) - 1]
        values = {name: sound[name].to_numpy(dtype=np.float64) for name in names}
        carried = {
            name: np.array([carried_on(column[:end], n_steps) for end in ends]) for name, column in values.items()
        }
        actual = _measured(outcome, start, known, measure)
        anchor = _measured(carried[self.target], start, known, measure)
        found = []
        for group in self.groups:
            without = windows.without(names)
            for name in names:
                if name not in group.targets:
                    without.series[name][:, n_lags:] = carried[name]
            limits = {name: limits_of(values[name], self.guards.margin) for name in group.targets}
            path = simulate([law_of(one) for one in group.equations], without, limits).paths[self.target]
            path = np.where(np.isfinite(path), path, carried[self.target])
            made = (1.0 - self.shrink) * _measured(path, start, known, measure) + self.shrink * anchor
            found.append(np.sqrt(np.mean(((made - actual) * _to_now(start, known, measure)) ** 2, axis=0)))
        return np.array(found)

    def measured(self, paths: FloatArray, known: KnownTarget, measure: Measure) -> FloatArray:
        """Paths, shape (..., n_steps), in a measure."""
        flat = np.atleast_2d(paths)
        return _measured(flat, np.full(len(flat), known.last), known, measure).reshape(paths.shape)


def calendar_table(known: KnownTarget, columns: pd.DataFrame) -> pd.DataFrame:
    """The series and the columns by the period they describe, from the first in which all of them are known.

    The series' column bears its name: its level, or 100 times its log change where it is a price. NaN where not
    released yet.
    """
    own = (known.modelled if known.is_price else known.levels).rename(known.name)
    joined = pd.concat([own, columns.drop(columns=known.name, errors="ignore")], axis=1).sort_index()
    complete = joined.dropna()
    if complete.empty:
        raise FitError(f"{known.name} is known in no period together with {', '.join(map(str, columns))}.")
    last = max(last_known(joined[name]) for name in joined)
    table = joined.reindex(pd.period_range(complete.index[0], last))
    return table.ffill().where(table.bfill().notna())


def discovered_alone(table: pd.DataFrame, target: str, settings: DiscoverySettings) -> IteratedEquations:
    """Equations of the series from its own lags and those of the columns, which autoregressions carry on."""
    found = discover(table, target, settings)
    return _of_discovery(found)


def discovered_bridge(table: pd.DataFrame, target: str, settings: DiscoverySettings) -> IteratedEquations:
    """A system of the :data:`CORE` columns, and equations of the series that read it: iterated together.

    The system does not read the series.
    """
    core = [name for name in CORE if name in table.columns]
    system = discover_system(table[core], core, settings)
    bridge = discover(table[[target, *core]], target, settings)
    systems = system.systems or (System(tuple(one.anchor for one in system.discoveries)),)
    notes = () if system.systems else ("no system passed the guards: its autoregressions carry the bridge",)
    groups = tuple(
        System((*systems[place % len(systems)].equations, member)) for place, member in enumerate(bridge.members)
    )
    discoveries = (*system.discoveries, bridge)
    return IteratedEquations(target, groups, bridge.weights, settings.guards, settings.shrink, discoveries, notes)


def loaded(file: Path, target: str, last: pd.Period) -> IteratedEquations:
    """Equations of a saved discovery, without any search.

    Parameters
    ----------
    file
        Written by ``save`` of a discovery or a discovered system.
    target
        Series to be forecast.
    last
        Last period known at the origin.

    Raises
    ------
    FitError
        If they explain another series, or were fitted to periods after `last`: they would look ahead.
    """
    found = load_any_discovery(file)
    targets = found.targets if isinstance(found, SystemDiscovery) else (found.target,)
    if target not in targets:
        raise FitError(f"The equations of {file} explain {', '.join(targets)}, not {target}; discover its own.")
    made = _of_system(found, target) if isinstance(found, SystemDiscovery) else _of_discovery(found)
    latest = max(equation.last for group in made.groups for equation in group.equations)
    if latest.freqstr != last.freqstr or latest > last:
        raise FitError(
            f"The equations of {file} were fitted to {latest}, and {target} is known to {last}: they would look ahead. "
            "Discover them on data until before the first origin, or leave out the setting discovery."
        )
    return made


def load_any_discovery(file: Path) -> Discovery | SystemDiscovery:
    """The discovery, or the discovered system, that a file holds.

    Raises
    ------
    DataError
        If there is no such file, or it holds something else.
    """
    try:
        record = json.loads(Path(file).read_text(encoding="utf-8"))
    except (OSError, json.JSONDecodeError) as error:
        raise DataError(f"No discovery could be read from {file}: {error}.") from error
    is_system = isinstance(record, dict) and "systems" in record
    return load_system_discovery(Path(file)) if is_system else load_discovery(Path(file))


def _of_discovery(found: Discovery) -> IteratedEquations:
    groups = tuple(System((member,)) for member in found.members)
    return IteratedEquations(
        found.target, groups, found.weights, found.settings.guards, found.settings.shrink, (found,), _only_anchor(found)
    )


def _of_system(found: SystemDiscovery, target: str) -> IteratedEquations:
    settings = found.discoveries[0].settings
    groups = found.systems or (System(tuple(one.anchor for one in found.discoveries)),)
    notes = () if found.systems else ("no system passed the guards: the autoregressions forecast",)
    weights = np.full(len(groups), 1.0 / len(groups))
    return IteratedEquations(target, groups, weights, settings.guards, settings.shrink, found.discoveries, notes)


def _only_anchor(found: Discovery) -> tuple[str, ...]:
    alone = found.log.get("only_autoregression", False)
    return ("every equation was vetoed: the autoregression forecasts alone",) if alone else ()


def _ends(n_periods: int, n_steps: int, n_lags: int, target: str) -> list[int]:
    """Rows of the first steps, evenly spaced over the last half."""
    first, last = max(n_periods // 2, n_lags), n_periods - n_steps
    if last - first + 1 < _FEWEST_ORIGINS:
        raise FitError(
            f"{n_periods} periods of {target} leave fewer than {_FEWEST_ORIGINS} origins for forecasts {n_steps} "
            "periods ahead; ask for shorter horizons, or start the origins later."
        )
    return [int(end) for end in np.unique(np.linspace(first, last, _MOST_ORIGINS).round())]


def _measured(paths: FloatArray, start: FloatArray, known: KnownTarget, measure: Measure) -> FloatArray:
    """Paths (n, n_steps) of what is modelled, from levels `start` (n,), in a measure."""
    levels = start[:, None] * np.exp(np.cumsum(paths, axis=1) / 100.0) if known.is_price else paths
    before = np.column_stack([start, levels[:, :-1]]) if measure.startswith("one_period") else start[:, None]
    if measure == "level":
        return levels
    return np.asarray(np.log(levels / before) if measure.endswith("log_change") else levels - before)


def _to_now(start: FloatArray, known: KnownTarget, measure: Measure) -> FloatArray:
    """What an error from each origin is multiplied by."""
    in_units = known.is_price and not measure.endswith("log_change")
    return (known.last / start)[:, None] if in_units else np.ones((len(start), 1))

"""The forecasts that lie between two panels, one thing changed at a time.

1. ``before``: the earlier system and its equations in force, on the earlier panel
2. ``later``: the same numbers, solved to the periods that are now asked for
3. ``revised``: the numbers of step 2 as the later panel shows them, then withdrawn ones one series after another
4. ``released``: numbers of the later panel that were not known before
5. ``re_estimated``: the same equations on the later sample
6. ``unrepaired``: the same before the guard's repairs
7. ``re_selected``: the later system before the guard's repairs
8. ``after``: the later system and its equations in force, on the later panel
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from macrotrade._typing import FloatArray, Frequency, IntArray
from macrotrade.errors import FitError
from macrotrade.panel.panel import Panel
from macrotrade.providers.bma.averaging import Member, member_equations
from macrotrade.providers.bma.building import Design, estimate
from macrotrade.providers.bma.equation import Equation
from macrotrade.providers.bma.forecasting import read_edge, solved_ahead
from macrotrade.providers.bma.reading import Reading, read_panel
from macrotrade.providers.bma.responses import Solved
from macrotrade.providers.bma.sample import Sample
from macrotrade.providers.bma.solving import linear_form
from macrotrade.providers.bma.system import System

__all__ = ["Chain", "Step", "chain_between", "solved_with"]


@dataclass(frozen=True, eq=False)
class Step:
    """A solved forecast and where its rows lie.

    Attributes
    ----------
    solved
        The forecast.
    first
        Period of row 0.
    """

    solved: Solved
    first: pd.Period

    def row(self, period: int) -> int:
        """Row of a period given by its ordinal."""
        return period - int(self.first.ordinal)

    def working(self, name: str, period: int) -> float:
        """Working value of a series in a period (its ordinal), known or forecast."""
        place, row = self.solved.system.place(name), self.row(period)
        last = int(self.solved.edge.last_known[place])
        return float(self.solved.edge.working[row, place] if row <= last else self.solved.path(place)[row - last])

    def reported(self, name: str, period: int) -> float:
        """The same in reported units."""
        conversion = self.solved.system.conversions[self.solved.system.place(name)]
        return float(conversion.reported(np.array([self.working(name, period)]))[0])


@dataclass(frozen=True, eq=False)
class Chain:
    """One member's forecasts between two panels, in the order of the module's list.

    Attributes
    ----------
    before, after
        As they were made.
    later, revised, released
        The earlier equations, on what is now asked for, then on numbers that were revised, then on new ones.
    withdrawn
        Between revised and released: series by series, numbers that the later panel no longer shows.
    re_estimated, unrepaired, re_selected
        The later panel's numbers, with the earlier regressors, without the guard, with the later system's regressors.
    """

    before: Step
    later: Step
    revised: Step
    withdrawn: tuple[tuple[str, Step], ...]
    released: Step
    re_estimated: Step
    unrepaired: Step
    re_selected: Step
    after: Step


def chain_between(
    member: Member,
    before: Step,
    after: Step,
    readings: tuple[Reading, Reading],
    panel: Panel,
    frequency: Frequency,
    horizon: int,
) -> Chain:
    """Forecasts of one member between two panels.

    Parameters
    ----------
    before, after
        The member's forecasts as they were made.
    readings
        What each of the two systems read of its panel.
    panel
        The later panel.
    frequency, horizon
        Of the periods; how many of them ahead.
    """
    old, system, reading = before.solved, before.solved.system, readings[0]
    shown = _as_shown_later(reading, panel, frequency, system)
    known = _extended(reading.values, len(shown))
    asked = before.row(panel.period(frequency).ordinal) + horizon
    n_beyond = max(asked - (len(shown) - 1), 1)

    def solved(values: FloatArray, equations: Sequence[Equation] = old.equations) -> Step:
        return Step(solved_with(system, values, n_beyond, equations), before.first)

    revised = np.where(np.arange(len(shown))[:, None] <= _last_rows(known), shown, np.nan)
    shortened = np.flatnonzero(_last_rows(revised) < _last_rows(known))
    so_far = revised.copy()
    so_far[:, shortened] = known[:, shortened]
    first_revised = solved(so_far)
    withdrawn = []
    for column in shortened:
        so_far[:, column] = revised[:, column]
        withdrawn.append((reading.names[column], solved(so_far)))
    released = solved(shown)
    re_estimated = unrepaired = released
    plain = member_equations(system, member)
    sample = _later_sample(released, after) if after.solved.system is not system else None
    design = Design(sample) if sample is not None else None
    if design is not None:
        re_estimated = unrepaired = solved(shown, _estimated_anew(old.equations, design))
    if old.equations != plain:
        unrepaired = _tried(lambda: solved(shown, _estimated_anew(plain, design) if design else plain), re_estimated)
    return Chain(
        before=before,
        later=solved(known),
        revised=first_revised,
        withdrawn=tuple(withdrawn),
        released=released,
        re_estimated=re_estimated,
        unrepaired=unrepaired,
        re_selected=_re_selected(member, after, readings[1], horizon),
        after=after,
    )


def solved_with(system: System, values: FloatArray, n_beyond: int, equations: Sequence[Equation]) -> Solved:
    """These equations solved on these values as they are, without the guard."""
    edge = read_edge(system, values, n_beyond)
    form = linear_form(equations, system.names, system.settings.season_length)
    return Solved(system, edge, tuple(equations), solved_ahead(system, edge, form))


def _as_shown_later(reading: Reading, panel: Panel, frequency: Frequency, system: System) -> FloatArray:
    """The earlier reading's series as the later panel shows them, from the same first period.

    A series keeps its earlier numbers where the later panel does not show it from the sample's start on, or shows
    numbers that the earlier system's form cannot hold; what it then lacks is told by the re-selection.
    """
    columns = set(map(str, panel.frame(frequency).columns))
    there = [name for name in reading.names if name in columns]
    return _overlaid(reading, read_panel(panel, there, reading.first, frequency), system)


def _overlaid(reading: Reading, shown: Reading, system: System) -> FloatArray:
    needed = system.sample.first_row - max(conversion.order for conversion in system.conversions)
    in_logs = {name for name, conversion in zip(system.names, system.conversions, strict=True) if conversion.log}
    values = _extended(reading.values, len(shown.values))
    for name, numbers in zip(shown.names, np.transpose(shown.values), strict=True):
        known = np.flatnonzero(~np.isnan(numbers))
        if not len(known) or known[0] > needed or (name in in_logs and (numbers[needed:] <= 0.0).any()):
            continue
        column = reading.names.index(name)
        values[:, column] = np.nan
        values[: len(numbers), column] = numbers
    return values


def _extended(values: FloatArray, n_rows: int) -> FloatArray:
    """A copy with at least so many rows, the further ones unknown."""
    further = np.full((max(n_rows - len(values), 0), values.shape[1]), np.nan)
    return np.vstack([values, further])


def _last_rows(values: FloatArray) -> IntArray:
    """Row of each column's last known value, -1 where there is none."""
    known = ~np.isnan(values)
    return np.where(known.any(axis=0), len(values) - 1 - np.argmax(known[::-1], axis=0), -1)


def _later_sample(released: Step, after: Step) -> Sample | None:
    """The earlier system's series in their forms over the later system's window, or None where that is not possible."""
    sample, edge = released.solved.system.sample, released.solved.edge
    first_row = released.row(after.first.ordinal) + after.solved.system.sample.first_row
    converted = edge.converted[max(first_row, 0) : int(edge.last_known.min()) + 1]
    enough = len(converted) >= sample.settings.presample + sample.settings.min_observations
    if first_row < 0 or not enough or np.isnan(converted).any():
        return None
    moving = ~np.isin(sample.names, sample.constant)
    if (converted[:, moving].std(axis=0) == 0.0).any():
        return None
    return replace(sample, converted=converted, first_row=first_row)


def _estimated_anew(equations: Sequence[Equation], design: Design) -> tuple[Equation, ...]:
    """The same equations with coefficients from another sample; one that repeats the last value has none."""
    codes = [[design.code(term) for term in equation.terms] for equation in equations]
    counts = np.array([len(each) for each in codes], dtype=np.int64)
    padded = np.zeros((len(codes), counts.max()), dtype=np.int64)
    for row, each in zip(padded, codes, strict=True):
        row[: len(each)] = each
    estimated = estimate(design, padded, counts, "machine")
    return tuple(
        old if old.origin == "no change" else replace(new, origin=old.origin)
        for old, new in zip(equations, estimated, strict=True)
    )


def _re_selected(member: Member, after: Step, reading: Reading, horizon: int) -> Step:
    """The later system before the guard's repairs."""
    system, equations = after.solved.system, member_equations(after.solved.system, member)
    if after.solved.equations == equations:
        return after
    n_beyond = max(horizon - reading.n_early, 1)
    return _tried(lambda: Step(solved_with(system, reading.values, n_beyond, equations), after.first), after)


def _tried(make: Callable[[], Step], otherwise: Step) -> Step:
    """What `make` gives, or another step where equations that need repair have no solution without it."""
    try:
        step = make()
    except FitError:
        return otherwise
    return step if step.solved.finite else otherwise

"""The estimation sample of a system: which series, which rows, in which form.

A *gap* is a missing value between two known ones (a month that was never published). Both neighbours are known at
the origin, so the gap is filled on the straight line between them, in reported levels, and recorded. A *ragged end*
is not a gap: the window simply ends where the latest series ends, and the forecast completes the rest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from macrotrade._typing import FloatArray, IntArray
from macrotrade.errors import DataError, FitError
from macrotrade.providers.bma.conversion import Conversion, choose_conversions
from macrotrade.providers.bma.settings import SystemSettings

__all__ = ["Imputed", "LeftOut", "Sample", "Twin", "draw_sample", "fill_gaps"]

_ALIKE = 1e-12  # two series whose correlation is this close to one carry the same information
_FLAT = 1e-10  # relative spread below which a converted series counts as constant


@dataclass(frozen=True)
class LeftOut:
    """A series that has no equation, by its ``name``, and the ``reason``."""

    name: str
    reason: str


@dataclass(frozen=True)
class Imputed:
    """A gap that was filled: ``name`` of the series, ``row`` of the values given, and the ``level`` put there."""

    name: str
    row: int
    level: float


@dataclass(frozen=True)
class Twin:
    """A series, ``name``, that ``repeats`` another's converted form and is therefore no regressor for anyone."""

    name: str
    repeats: str


@dataclass(frozen=True, eq=False)
class Sample:
    """Converted series over the longest window common to all of them.

    Parameters
    ----------
    settings : how it was drawn.
    names : the series that take part.
    columns : (n_series,) their places among the series given.
    conversions : form of each.
    converted : (n_periods, n_series) converted values, complete.
    first_row : row of the values given to which the first converted row belongs.
    first_season : season of row 0 of the values given, 0..season_length-1.
    left_out, imputed, twins : what was given and takes no part, gaps that were filled, series that repeat others.
    constant : names whose converted form does not vary; their equations are an intercept.
    """

    settings: SystemSettings
    names: tuple[str, ...]
    columns: IntArray
    conversions: tuple[Conversion, ...]
    converted: FloatArray
    first_row: int
    first_season: int
    left_out: tuple[LeftOut, ...]
    imputed: tuple[Imputed, ...]
    twins: tuple[Twin, ...]
    constant: tuple[str, ...]

    @property
    def n_series(self) -> int:
        """Number of series that take part."""
        return len(self.names)

    @property
    def n_observations(self) -> int:
        """Rows of an equation: converted rows less the longest lag."""
        return len(self.converted) - self.settings.presample

    @cached_property
    def means(self) -> FloatArray:
        """Mean of each converted series over the window."""
        return np.asarray(self.converted.mean(axis=0))

    @cached_property
    def scales(self) -> FloatArray:
        """Standard deviation of each converted series over the window, 1 where it does not vary."""
        flat = np.isin(self.names, self.constant)
        return np.where(flat, 1.0, self.converted.std(axis=0))

    @cached_property
    def standardised(self) -> FloatArray:
        """Converted series less their means, over their standard deviations; zero where constant."""
        flat = np.isin(self.names, self.constant)
        return np.ascontiguousarray(np.where(flat, 0.0, (self.converted - self.means) / self.scales))


def fill_gaps(values: FloatArray, names: Sequence[str]) -> tuple[FloatArray, tuple[Imputed, ...]]:
    """Values with each gap on the straight line between its neighbours, and the list of gaps.

    Leading and trailing missing values stay missing.
    """
    filled = values.copy()
    imputed: list[Imputed] = []
    there = ~np.isnan(values)
    inside = np.logical_or.accumulate(there, axis=0) & np.logical_or.accumulate(there[::-1], axis=0)[::-1] & ~there
    for j in np.flatnonzero(inside.any(axis=0)):
        known, gaps = np.flatnonzero(there[:, j]), np.flatnonzero(inside[:, j])
        filled[gaps, j] = np.interp(gaps, known, values[known, j])
        imputed += [Imputed(names[int(j)], int(row), float(filled[row, j])) for row in gaps]
    return filled, tuple(imputed)


def draw_sample(
    values: FloatArray, names: Sequence[str], settings: SystemSettings, *, first_season: int = 0, start: int = 0
) -> Sample:
    """The estimation sample of a panel of reported levels.

    Parameters
    ----------
    values : (n_periods, n_series) reported levels as known at the origin, NaN where unknown. The last row is the
        origin's period.
    names : (n_series,) distinct names.
    settings : how to draw it.
    first_season : season of row 0 (0 = the year's first period).
    start : first row of the sample; a series whose first value comes later is left out and recorded.

    Raises
    ------
    DataError
        Names repeat or do not match the values, a value is infinite, or no series is left.
    FitError
        The window is shorter than ``min_observations``, or too short for the lags asked.
    """
    _check(values, names, start)
    filled, imputed = fill_gaps(np.asarray(values, dtype=float), names)
    left_out = _left_out(filled, names, settings, start)
    gone = {each.name for each in left_out}
    columns = np.array([j for j, name in enumerate(names) if name not in gone], dtype=np.int64)
    if len(columns) == 0:
        raise DataError(
            f"No series can be modelled from row {start}: {left_out[0].name}: {left_out[0].reason} "
            f"({len(left_out)} series left out). Start later or give longer series."
        )
    end = int(min(np.flatnonzero(~np.isnan(filled[:, j]))[-1] for j in columns)) + 1
    levels = filled[start:end, columns]
    _check_length(levels, settings)
    # A late series cuts the window short of values already known of others: these need their form too.
    positive = np.asarray(~(filled[start:, columns] <= 0.0).any(axis=0))
    conversions = choose_conversions(levels, settings, positive)
    lost = max(conversion.order for conversion in conversions)
    converted = np.column_stack([c.apply(levels[:, j]) for j, c in enumerate(conversions)])[lost:]
    kept = tuple(names[j] for j in columns)
    constant = _constant(converted, kept)
    return Sample(
        settings=settings,
        names=kept,
        columns=columns,
        conversions=conversions,
        converted=converted,
        first_row=start + lost,
        first_season=first_season,
        left_out=left_out,
        imputed=tuple(each for each in imputed if each.name not in gone),
        twins=_twins(converted, kept, constant),
        constant=constant,
    )


def _check(values: FloatArray, names: Sequence[str], start: int) -> None:
    if np.ndim(values) != 2 or np.shape(values)[1] != len(names):
        raise DataError(f"Values must be (n_periods, {len(names)}) for {len(names)} names; got {np.shape(values)}.")
    if len(set(names)) < len(names):
        twice = sorted({name for name in names if list(names).count(name) > 1})
        raise DataError(f"Series names must differ; given more than once: {', '.join(twice)}.")
    infinite = np.isinf(np.asarray(values, dtype=float)).any(axis=0)
    if infinite.any():
        raise DataError(f"Infinite values in {', '.join(np.asarray(names)[infinite])}; mark unknown values as NaN.")
    if not 0 <= start < len(values):
        raise DataError(f"start is a row of the values, 0..{len(values) - 1}; it is {start}.")


def _left_out(filled: FloatArray, names: Sequence[str], settings: SystemSettings, start: int) -> tuple[LeftOut, ...]:
    reasons = [_reason_to_leave_out(filled[:, j], settings, start) for j in range(filled.shape[1])]
    return tuple(LeftOut(name, reason) for name, reason in zip(names, reasons, strict=True) if reason)


def _reason_to_leave_out(series: FloatArray, settings: SystemSettings, start: int) -> str:
    known = np.flatnonzero(~np.isnan(series))
    if len(known) == 0:
        return "no value is known"
    if known[0] > start:
        return f"starts {known[0] - start} periods after the sample does"
    delay = len(series) - 1 - known[-1]
    if delay > settings.max_delay:
        return f"its last value is {delay} periods old, more than max_delay = {settings.max_delay}"
    return ""


def _check_length(levels: FloatArray, settings: SystemSettings) -> None:
    n = len(levels) - settings.max_difference_order - settings.presample
    needed = max(settings.min_observations, 2 * settings.n_lags + settings.block_lags + 4)
    if n < needed:
        raise FitError(
            f"The common window has {len(levels)} periods, which leaves {n} observations after "
            f"{settings.max_difference_order} difference(s) and {settings.presample} lags; {needed} are needed. "
            "Start earlier, drop series that start late or end early, or ask for fewer lags."
        )


def _constant(converted: FloatArray, names: Sequence[str]) -> tuple[str, ...]:
    size = np.maximum(np.abs(converted).max(axis=0), 1e-300)
    flat = np.ptp(converted, axis=0) <= _FLAT * size
    return tuple(name for name, is_flat in zip(names, flat, strict=True) if is_flat)


def _twins(converted: FloatArray, names: Sequence[str], constant: tuple[str, ...]) -> tuple[Twin, ...]:
    moving = np.flatnonzero(~np.isin(names, constant))
    centred = converted[:, moving] - converted[:, moving].mean(axis=0)
    unit = centred / np.sqrt((centred**2).sum(axis=0))
    alike = np.abs(unit.T @ unit) > 1.0 - _ALIKE
    firsts = alike.argmax(axis=0)
    return tuple(Twin(names[moving[j]], names[moving[first]]) for j, first in enumerate(firsts) if first < j)

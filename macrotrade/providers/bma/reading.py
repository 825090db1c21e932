"""What a panel gives a system: which series, from which period, as an array."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import pandas as pd

from macrotrade._typing import FloatArray, Frequency
from macrotrade.errors import FitError, near_misses
from macrotrade.forecast import Target
from macrotrade.panel.panel import Panel

__all__ = ["SEASONS", "Reading", "SeriesChoice", "chosen_series", "first_period", "read_panel", "sample_start"]

SEASONS: dict[Frequency, int] = {"M": 12, "Q": 4}
"""Periods in a year."""

SeriesChoice: TypeAlias = Literal["macro", "macro_and_yields"]
"""Kinds of series that take part besides the targets."""


@dataclass(frozen=True, eq=False)
class Reading:
    """Part of a panel as an array.

    Attributes
    ----------
    names
        Series, in the order of the columns.
    first
        Period of the first row.
    values
        Shape (n_periods, n_series), reported units, NaN where unknown.
    origin_row
        Row of the panel's last complete period; rows after it hold numbers published before their period was over.
    """

    names: tuple[str, ...]
    first: pd.Period
    values: FloatArray
    origin_row: int

    @property
    def n_early(self) -> int:
        """Rows after the origin's period."""
        return len(self.values) - 1 - self.origin_row

    def period(self, row: int) -> pd.Period:
        """Period of a row."""
        return self.first + row

    def last_known(self, name: str) -> int:
        """Row of a series' last value."""
        return int(np.flatnonzero(~np.isnan(self.values[:, self.names.index(name)]))[-1])

    def last_value(self, name: str) -> float:
        """A series' last value, reported units."""
        return float(self.values[self.last_known(name), self.names.index(name)])


def read_panel(panel: Panel, names: Sequence[str], first: pd.Period, frequency: Frequency) -> Reading:
    """These series from the period `first` to the origin's.

    Raises
    ------
    FitError
        If the panel lacks one of the series, or ends before `first`.
    """
    frame = panel.frame(frequency)
    lacking = [name for name in names if name not in frame.columns]
    if lacking:
        raise FitError(
            f"The panel of {panel.as_of:%Y-%m-%d} lacks {_listed(lacking)}, on which the system was built; "
            "fit it again."
        )
    origin = panel.period(frequency)
    n_periods = max(frame.index[-1].ordinal, origin.ordinal) - first.ordinal + 1
    if origin < first:
        raise FitError(f"The panel's last complete period {origin} is before the system's first, {first}.")
    shift = first.ordinal - frame.index[0].ordinal
    known = frame[list(names)].to_numpy(np.float64)[max(shift, 0) :]
    values = np.full((n_periods, len(names)), np.nan)
    start = max(-shift, 0)
    values[start : start + len(known)] = known
    return Reading(tuple(names), first, values, origin.ordinal - first.ordinal)


def chosen_series(panel: Panel, target: Target, series: SeriesChoice | tuple[str, ...]) -> tuple[str, ...]:
    """Names of the series that take part, in alphabetical order, so that the order of columns is of no account.

    Raises
    ------
    FitError
        If a target or a series asked for by name is not in the panel yet.
    """
    frame = panel.frame(target.frequency)
    if isinstance(series, tuple):
        asked = set(series)
    else:
        kinds = ("macro",) if series == "macro" else ("macro", "yield")
        asked = {name for name in map(str, frame.columns) if panel.series[name].kind in kinds}
    wanted = sorted(asked | set(target.names))
    for name in wanted:
        if name not in frame.columns:
            raise FitError(
                f"Series {name!r} is not among the {target.frequency!r} series known at {panel.as_of:%Y-%m-%d}. "
                f"{near_misses(name, map(str, frame.columns))}"
            )
    return tuple(wanted)


def sample_start(panel: Panel, target: Target, start: str | None, window_years: int | None) -> pd.Period:
    """First period of the sample: `start`, or `window_years` before the origin; later if a target starts later."""
    frame = panel.frame(target.frequency)
    if start is not None:
        wanted = pd.Period(start, freq=target.frequency)
    else:
        assert window_years is not None
        wanted = panel.period(target.frequency) - window_years * SEASONS[target.frequency] + 1
    firsts = [frame[name].first_valid_index() for name in target.names]
    for name, known_from in zip(target.names, firsts, strict=True):
        if known_from is None:
            raise FitError(f"Series {name!r} has no value released by {panel.as_of:%Y-%m-%d}; start the origins later.")
    latest: pd.Period = max(wanted, frame.index[0], *firsts)
    return latest


def first_period(panel: Panel, start: pd.Period, frequency: Frequency) -> pd.Period:
    """First period handed over: a year before the sample, so that a gap at its first row has both neighbours."""
    first: pd.Period = max(panel.frame(frequency).index[0], start - SEASONS[frequency])
    return first


def _listed(names: Sequence[str], most: int = 5) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more

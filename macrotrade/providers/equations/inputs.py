"""What equations read of a panel: the series to be forecast, and a few columns that describe the economy.

Columns are made of the numbers that the panel shows, so of the vintage of its day. A number never published inside a
series stands at the one before it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias, cast

import numpy as np
import pandas as pd

from macrotrade._typing import FloatArray, Frequency
from macrotrade.errors import FitError, near_misses
from macrotrade.panel.panel import Panel

__all__ = [
    "COLUMNS",
    "OWN",
    "PERIODS_IN_A_YEAR",
    "Inputs",
    "KnownTarget",
    "economy",
    "known_target",
    "last_known",
    "moved_to_end",
]

OWN = "own"
"""Name under which equations read the series they forecast."""

COLUMNS = ("inflation", "output", "unemployment", "short_rate", "spread")
"""Columns that describe the economy, in order."""

PERIODS_IN_A_YEAR: dict[Frequency, int] = {"M": 12, "Q": 4}
"""Also the periods after which a series without a new number has ended."""

_Make: TypeAlias = Callable[[pd.DataFrame, int], pd.Series]


@dataclass(frozen=True)
class Inputs:
    """Series of the panel that the columns are made of; None leaves a column out.

    Attributes
    ----------
    prices, output
        Indices: ``inflation`` and ``output`` are 100 times their log changes over a year, per cent.
    unemployment
        Rate: ``unemployment`` is its change over a year, percentage points.
    short_rate, long_rate
        Yields, per cent: ``short_rate`` is the first, ``spread`` the second less the first.
    """

    prices: str | None
    output: str | None
    unemployment: str | None
    short_rate: str | None
    long_rate: str | None

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns that can be made."""
        return tuple(self._sources())

    def _sources(self) -> dict[str, tuple[tuple[str, ...], _Make]]:
        """By column, the series it is made of and how."""
        made: dict[str, tuple[tuple[str | None, ...], _Make]] = {
            "inflation": ((self.prices,), _growth),
            "output": ((self.output,), _growth),
            "unemployment": ((self.unemployment,), _change),
            "short_rate": ((self.short_rate,), _level),
            "spread": ((self.long_rate, self.short_rate), _difference),
        }
        found = {}
        for column, (names, make) in made.items():
            given = tuple(name for name in names if name is not None)
            if len(given) == len(names):
                found[column] = (given, make)
        return found


def economy(panel: Panel, frequency: Frequency, inputs: Inputs, n_periods: int | None = None) -> pd.DataFrame:
    """The columns that the inputs give, by the period they describe; NaN where not released yet.

    Parameters
    ----------
    panel, frequency
        What is known, and of which periods.
    inputs
        What the columns are made of.
    n_periods
        Periods of the panel to read, the last ones, more than a year; all by default.

    Returns
    -------
    pd.DataFrame
        PeriodIndex without gaps, columns in the order of :data:`COLUMNS`; nothing is missing between the first and the
        last value of a column.

    Raises
    ------
    FitError
        If the panel lacks a series, naming all that it lacks; or one has ended, or has no logarithm.
    """
    frame = panel.frame(frequency)
    frame = frame if n_periods is None else frame.iloc[-n_periods:]
    sources = inputs._sources()
    needed = dict.fromkeys(name for names, _ in sources.values() for name in names)
    missing = [name for name in needed if name not in frame.columns or frame[name].isna().all()]
    if missing:
        raise FitError(
            f"Equations read {', '.join(missing)}, of which the panel of {panel.as_of:%Y-%m-%d} has nothing at "
            f"frequency {frequency!r}. Name its own series in the settings prices, output, unemployment, short_rate "
            f"and long_rate, or give none for those to do without. {near_misses(missing[0], map(str, frame.columns))}"
        )
    for name in needed:
        _require_alive(panel, frame[name], name, frequency)
    year = PERIODS_IN_A_YEAR[frequency]
    periods = pd.period_range(frame.index[0], frame.index[-1], freq=frequency)
    known = _bridged(frame[list(needed)].astype(np.float64).reindex(periods))
    made = {column: make(known[list(names)], year) for column, (names, make) in sources.items()}
    return pd.DataFrame(made, index=periods)


@dataclass(frozen=True, eq=False)
class KnownTarget:
    """The series to be forecast, as known.

    Attributes
    ----------
    name
        As in the panel.
    levels
        Reported units, from the first to the last known value, without gaps.
    delay
        Periods from its last value to the panel's last complete period: horizon h is delay + h steps ahead.
    is_price
        Whether it is a price, or a series asked for in logarithms.
    """

    name: str
    levels: pd.Series
    delay: int
    is_price: bool

    @property
    def last(self) -> float:
        """Last known value."""
        return float(self.levels.iloc[-1])

    @property
    def modelled(self) -> pd.Series:
        """100 times the log change of a price, per cent; the change of anything else, reported units."""
        return 100.0 * np.log(self.levels).diff() if self.is_price else self.levels.diff()

    def steps(self, horizons: tuple[int, ...], as_of: pd.Timestamp) -> list[int]:
        """Steps ahead of the last value of each horizon; FitError where its outcome is known already."""
        steps = [self.delay + horizon for horizon in horizons]
        if steps[0] < 1:
            raise FitError(
                f"{self.name} is known to {self.levels.index[-1]}, past horizon {horizons[0]} at {as_of:%Y-%m-%d}; "
                "ask for a longer horizon."
            )
        return steps


def known_target(panel: Panel, name: str, frequency: Frequency, *, logarithms: bool) -> KnownTarget:
    """The series to be forecast; `logarithms` where its measure is one of them.

    Raises
    ------
    FitError
        If it has ended, or has no logarithm where one is needed.
    """
    values = panel.values(name, frequency).astype(np.float64)
    _require_alive(panel, values, name, frequency)
    full = values.reindex(pd.period_range(values.index[0], values.index[-1], freq=frequency)).ffill()
    is_price = logarithms or (panel.series[name].kind == "price" and bool((full > 0.0).all()))
    if is_price and not bool((full > 0.0).all()):
        raise FitError(
            f"{name} holds {full.min():.4g} by {panel.as_of:%Y-%m-%d}, which has no logarithm; ask for 'change' or "
            "'one_period_change' in the Target."
        )
    delay = panel.period(frequency).ordinal - last_known(full).ordinal
    return KnownTarget(name, full, delay, is_price)


def moved_to_end(values: pd.Series, last: pd.Period) -> FloatArray:
    """Values as far as `last`, moved so that the last known one stands there; NaN before the first."""
    delay = last.ordinal - last_known(values).ordinal
    return values.shift(delay).to_numpy(dtype=np.float64)


def last_known(values: pd.Series) -> pd.Period:
    """Period of the last known value of a series that has one."""
    return cast("pd.Period", values.last_valid_index())


def _require_alive(panel: Panel, values: pd.Series, name: str, frequency: Frequency) -> None:
    last = last_known(values)
    delay = panel.period(frequency).ordinal - last.ordinal
    if delay > PERIODS_IN_A_YEAR[frequency]:
        raise FitError(
            f"{name} ends in {last}, {delay} periods before the origin {panel.as_of:%Y-%m-%d}: it has stopped. Choose "
            "the series that replaced it, or update the data."
        )


def _bridged(known: pd.DataFrame) -> pd.DataFrame:
    """Values never published inside a series stand at the one before; none is put after its last."""
    return known.ffill().where(known.bfill().notna())


def _growth(known: pd.DataFrame, year: int) -> pd.Series:
    levels = known.iloc[:, 0]
    if bool((levels <= 0.0).any()):
        raise FitError(f"{known.columns[0]} holds {levels.min():.4g}, of which no growth rate can be taken.")
    growth: pd.Series = 100.0 * np.log(levels).diff(year)
    return growth


def _change(known: pd.DataFrame, year: int) -> pd.Series:
    return known.iloc[:, 0].diff(year)


def _level(known: pd.DataFrame, year: int) -> pd.Series:
    del year
    return known.iloc[:, 0]


def _difference(known: pd.DataFrame, year: int) -> pd.Series:
    del year
    difference: pd.Series = known.iloc[:, 0] - known.iloc[:, 1]
    return difference

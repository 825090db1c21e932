"""One target series as a panel shows it: numbers, dates, and how far behind the origin its last one is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from macrotrade._typing import FloatArray, Frequency, IntArray, Measure
from macrotrade.errors import FitError, SettingsError
from macrotrade.forecast import Target
from macrotrade.panel.panel import Panel, SeriesInfo

__all__ = [
    "LONGEST_DELAY",
    "NO_LOGARITHM_REMEDY",
    "POSITIVE_MEASURES",
    "SEASONS",
    "KnownSeries",
    "check_window",
    "known_series",
]

LONGEST_DELAY: dict[Frequency, int] = {"D": 10, "M": 12, "Q": 4}
"""Periods after which a series without a new number has ended."""
SEASONS: dict[Frequency, int] = {"D": 1, "M": 12, "Q": 4}
"""Periods in a year; days have no seasons here."""
POSITIVE_MEASURES: tuple[Measure, ...] = ("log_change", "one_period_log_change")
"""Measures that only positive series have."""
NO_LOGARITHM_REMEDY = "ask for 'change' or 'one_period_change' in the Target."


@dataclass(frozen=True, eq=False)
class KnownSeries:
    """A series from its first to its last known value.

    Attributes
    ----------
    info
        Name, kind and transformation code.
    values
        Shape (n_periods,), reported units; NaN where a period inside was never published.
    last
        Label of the last known value.
    delay
        Periods from there to the last complete period of the origin: horizon h is delay + h steps ahead. Negative for a
        number published before its period was over.
    last_ordinal
        Number of the last period, for seasons; 0 for days.
    as_of
        Origin.
    """

    info: SeriesInfo
    values: FloatArray
    last: str
    delay: int
    last_ordinal: int
    as_of: pd.Timestamp

    @property
    def newest(self) -> float:
        """Last known value, reported units."""
        return float(self.values[-1])

    def steps(self, target: Target) -> list[int]:
        """Steps ahead of the last known value of each horizon.

        Raises
        ------
        FitError
            Where the outcome of a horizon is known already.
        """
        steps = [self.delay + horizon for horizon in target.horizons]
        if steps[0] < 1:
            raise FitError(
                f"{self.info.name} is known to {self.last}, past horizon {target.horizons[0]} at "
                f"{self.as_of:%Y-%m-%d}; ask for a longer horizon."
            )
        return steps

    def seasons(self, n_seasons: int) -> IntArray:
        """Season of each value, shape (n_periods,): 0 to n_seasons - 1."""
        ordinals = np.arange(self.last_ordinal - self.values.size + 1, self.last_ordinal + 1)
        return np.asarray(ordinals % n_seasons)

    def too_short(self, needed: int, model: str) -> FitError:
        """Error for a series with fewer than `needed` values."""
        return FitError(
            f"{self.info.name} has {int((~np.isnan(self.values)).sum())} values at {self.as_of:%Y-%m-%d} (to "
            f"{self.last}); {model} needs {needed}. Start the origins later, lengthen the window or ask for fewer lags."
        )

    def require_positive(self, remedy: str) -> None:
        """Raise FitError, ending with `remedy`, where a value has no logarithm."""
        least = np.nanmin(self.values)
        if not least > 0:
            raise FitError(
                f"{self.info.name} holds {least:.4g} by {self.as_of:%Y-%m-%d}, which has no logarithm; {remedy}"
            )

    @property
    def notes(self) -> tuple[str, ...]:
        """What is unusual about it: a late last value, gaps inside."""
        notes = []
        if self.delay > 0:
            notes.append(
                f"{self.info.name} ends {self.delay} period{'s' * (self.delay > 1)} before the origin, in {self.last}; "
                "the periods between are forecast first."
            )
        n_gaps = int(np.isnan(self.values).sum())
        if n_gaps:
            notes.append(
                f"{self.info.name} was not published for {n_gaps} periods inside its sample; rows with them left out."
            )
        return tuple(notes)


def known_series(panel: Panel, name: str, frequency: Frequency, window: int | None = None) -> KnownSeries:
    """Series `name` as known, its last `window` periods only if given.

    Days on which a daily series did not trade are not periods of it, and are passed over.

    Raises
    ------
    FitError
        If its last value is so old that the series must have ended.
    """
    column = panel.values(name, frequency)
    last = column.index[-1]
    if frequency == "D":
        column = column.dropna()
        delay = int((panel.frames["D"].index > last).sum())
        label, last_ordinal = f"{last:%Y-%m-%d}", 0
    else:
        delay = panel.period(frequency).ordinal - last.ordinal
        label, last_ordinal = str(last), last.ordinal
    if delay > LONGEST_DELAY[frequency]:
        raise FitError(
            f"{name} ends in {label}, {delay} periods before the origin {panel.as_of:%Y-%m-%d}: it has stopped. "
            "Choose the series that replaced it, or update the data."
        )
    values = column.to_numpy(np.float64)
    return KnownSeries(
        panel.series[name], values[-window:] if window else values, label, delay, last_ordinal, panel.as_of
    )


def check_window(window: int | None) -> None:
    """Raise SettingsError unless `window` is None or at least 2 periods."""
    if window is not None and window < 2:
        raise SettingsError(f"window must be None (all periods) or at least 2, not {window}.")

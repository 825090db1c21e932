"""Which form of a series behaves like white noise, and the way there and back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from macrotrade._typing import BoolArray, FloatArray
from macrotrade.providers.bma.kernels.conversion import autocorrelations, difference, integrate, slope_t_statistics
from macrotrade.providers.bma.settings import SystemSettings

__all__ = ["Conversion", "choose_conversions"]

_SIGNIFICANT_TREND = 1.96  # two-sided five per cent, for the alternative rule


@dataclass(frozen=True)
class Conversion:
    """The stationary form of one series: logs or not, and how often differenced.

    >>> str(Conversion(log=True, order=1)), str(Conversion(log=False, order=0))
    ('dlog', 'level')
    """

    log: bool
    order: int

    def __str__(self) -> str:
        if self.order == 0:
            return "log" if self.log else "level"
        power = "" if self.order == 1 else str(self.order)
        return f"d{power}log" if self.log else f"diff{power}"

    def apply(self, levels: FloatArray) -> FloatArray:
        """Converted values, NaN in the first ``order`` rows, where a level is missing, and where a log has none."""
        return difference(self.working(levels), self.order)

    def working(self, levels: FloatArray) -> FloatArray:
        """Logs of the levels where the form uses logs, else the levels."""
        if not self.log:
            return levels
        return np.log(np.where(levels > 0.0, levels, np.nan))

    def reported(self, working: FloatArray) -> FloatArray:
        """Reported levels of working values."""
        return np.exp(working) if self.log else working

    def restore(self, converted: FloatArray, last_levels: FloatArray) -> FloatArray:
        """Reported levels of converted values that follow ``last_levels`` (``order`` or more, oldest first)."""
        last = self.working(last_levels[len(last_levels) - self.order :])
        return self.reported(integrate(converted, last))


def choose_conversions(
    levels: FloatArray, settings: SystemSettings, positive: BoolArray | None = None
) -> tuple[Conversion, ...]:
    """The stationary form of each column.

    Levels are tested first, then differences, then logs, then differences of logs; the first whose
    autocorrelations at lags 1..n_lags all lie inside 2/sqrt(n) is taken, n being the observations of that form.
    A series with any value at or below zero never reaches the logs, and what passes no test is taken at the
    highest order of differencing.

    Parameters
    ----------
    levels : (n_periods, n_series) reported levels of the estimation window. No value may be missing: gaps between
        two known values have been filled and the ragged last rows cut before this point.
    positive : (n_series,) whether a logarithm exists of every value known at the origin, those after the window's end
        included; by default the window alone is asked.
    """
    rules = {"white_noise": _first_white_noise, "least_autocorrelation": _least_autocorrelation}
    in_window = np.asarray((levels > 0.0).all(axis=0))
    positive = in_window if positive is None else in_window & positive
    logs = np.log(np.where(positive, levels, 1.0))
    return rules[settings.conversion_rule](levels, logs, positive, settings)


def _first_white_noise(
    levels: FloatArray, logs: FloatArray, positive: BoolArray, settings: SystemSettings
) -> tuple[Conversion, ...]:
    orders = range(settings.max_difference_order + 1)
    white_levels = [_is_white_noise(levels, order, settings.n_lags) for order in orders]
    white_logs = [_is_white_noise(logs, order, settings.n_lags) for order in orders]
    return tuple(
        _first_form(
            bool(positive[j]), [bool(white[j]) for white in white_levels], [bool(white[j]) for white in white_logs]
        )
        for j in range(levels.shape[1])
    )


def _first_form(positive: bool, white_levels: list[bool], white_logs: list[bool]) -> Conversion:
    highest = len(white_levels) - 1
    if True in white_levels:
        return Conversion(log=False, order=white_levels.index(True))
    if not positive:
        return Conversion(log=False, order=highest)
    return Conversion(log=True, order=white_logs.index(True) if True in white_logs else highest)


def _is_white_noise(values: FloatArray, order: int, n_lags: int) -> BoolArray:
    form = np.diff(values, n=order, axis=0)
    largest = np.abs(autocorrelations(form, n_lags)).max(axis=0)
    return np.asarray(largest < 2.0 / np.sqrt(len(form)))


def _least_autocorrelation(
    levels: FloatArray, logs: FloatArray, positive: BoolArray, settings: SystemSettings
) -> tuple[Conversion, ...]:
    use_logs = positive & (np.abs(slope_t_statistics(logs)) > _SIGNIFICANT_TREND)
    working = np.where(use_logs, logs, levels)
    sums = [
        np.abs(autocorrelations(np.diff(working, n=order, axis=0), settings.n_lags)).sum(axis=0)
        for order in range(settings.max_difference_order + 1)
    ]
    orders = np.argmin(sums, axis=0)
    return tuple(Conversion(log=bool(log), order=int(order)) for log, order in zip(use_logs, orders, strict=True))

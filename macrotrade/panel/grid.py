"""Releases and market closes of one frequency, laid out so that any day's frame is cut without a search."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd

from macrotrade._typing import FloatArray, Frequency
from macrotrade.panel.releases import Releases

__all__ = ["PeriodGrid", "period_grid"]


@dataclass(frozen=True, eq=False)
class PeriodGrid:
    """Macro versions and market closes by period.

    Attributes
    ----------
    frequency
        ``M`` or ``Q``.
    releases
        Versions of macro numbers, or None.
    columns
        Macro series, then market series.
    market
        Shape (n_market_series, n_periods), last quote of each period; contiguous by series, as frames are built.
    market_first
        Ordinal of the first market period.
    """

    frequency: Frequency
    releases: Releases | None
    columns: pd.Index
    market: FloatArray
    market_first: int

    @cached_property
    def _cells(self) -> npt.NDArray[np.intp]:
        """Place of each version in a flat grid of all series by all periods."""
        assert self.releases is not None
        first, last = self.releases.period_span
        return self.releases.series.astype(np.intp) * (last - first + 1) + (self.releases.period - first)

    def frame(self, day: int, complete: int) -> pd.DataFrame:
        """What stood at the end of `day`: periods x series with a value, market series up to the period `complete`."""
        macro, macro_first = self._macro(day)
        n_closes = max(0, min(self.market.shape[1], complete - self.market_first + 1)) if len(self.market) else 0
        spans = [(macro_first, macro.shape[1])] if macro.size else []
        if n_closes:
            spans.append((self.market_first, n_closes))
        if not spans:
            return pd.DataFrame(index=pd.PeriodIndex([], freq=self.frequency))
        first = min(start for start, _ in spans)
        values = np.full((len(self.columns), max(start + length for start, length in spans) - first), np.nan)
        values[: len(macro), macro_first - first : macro_first - first + macro.shape[1]] = macro
        start = self.market_first - first
        values[len(macro) :, start : start + n_closes] = self.market[:, :n_closes]
        known = np.flatnonzero(~np.isnan(values).all(axis=1))
        columns = self.columns
        if known.size < len(columns):
            values, columns = values[known], columns[known]
        index = pd.period_range(pd.Period(ordinal=first, freq=self.frequency), periods=values.shape[1], name="period")
        values.setflags(write=False)
        return pd.DataFrame(values.T, index=index, columns=columns, copy=False)

    def _macro(self, day: int) -> tuple[FloatArray, int]:
        """Macro numbers standing at the end of `day`, series x periods from first to last known; and the first."""
        table = self.releases
        n_series = len(self.columns) - len(self.market)
        rows = table.known(day) if table is not None else np.empty(0, dtype=np.intp)
        if table is None or not rows.size:
            return np.empty((n_series, 0)), self.market_first
        first, last = table.period_span
        values = np.full((n_series, last - first + 1), np.nan)
        values.ravel()[self._cells[rows]] = table.value[rows]
        period = table.period[rows]
        low, high = int(period.min()), int(period.max())
        return values[:, low - first : high - first + 1], low


def period_grid(frequency: Frequency, releases: Releases | None, market: pd.DataFrame) -> PeriodGrid:
    """Grid of the releases and of the daily closes in `market`, sessions x series."""
    names = releases.names if releases is not None else ()
    columns = pd.Index([*names, *map(str, market.columns)])
    if market.empty:
        return PeriodGrid(frequency, releases, columns, np.empty((market.shape[1], 0)), 0)
    closes = market.groupby(pd.DatetimeIndex(market.index).to_period(frequency)).last()
    closes = closes.reindex(pd.period_range(closes.index[0], closes.index[-1], freq=frequency))
    by_series = np.ascontiguousarray(closes.to_numpy(np.float64).T)
    return PeriodGrid(frequency, releases, columns, by_series, int(closes.index[0].ordinal))

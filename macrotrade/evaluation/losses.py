"""Losses of several forecasters over the same periods, so that no one is compared on easier ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import pandas as pd

from macrotrade._typing import BoolArray
from macrotrade.errors import DataError, SettingsError, near_misses

__all__ = ["WHOLE", "Loss", "SharedForecasts", "Window", "cells", "shared_forecasts", "within"]

Loss: TypeAlias = Literal["squared", "absolute"]
"""Of a point forecast: (y - f)^2, whose mean is MSE, or |y - f|."""


@dataclass(frozen=True)
class Window:
    """Periods whose forecasts are judged.

    Attributes
    ----------
    name
        As it stands in tables.
    first, last
        First and last period forecast, both included, such as ``1993-05``; None leaves the end open.
    """

    name: str
    first: str | None = None
    last: str | None = None

    def __post_init__(self) -> None:
        if self.first is not None and self.last is not None and self.first > self.last:
            raise SettingsError(f"The window {self.name!r} ends ({self.last}) before it begins ({self.first}).")

    def holds(self, periods: pd.PeriodIndex) -> BoolArray:
        """Whether each period lies in the window, shape (n_periods,)."""
        inside = np.ones(len(periods), dtype=np.bool_)
        if self.first is not None:
            inside &= np.asarray(periods >= pd.Period(self.first, freq=periods.freqstr))
        if self.last is not None:
            inside &= np.asarray(periods <= pd.Period(self.last, freq=periods.freqstr))
        return inside


WHOLE = (Window("all"),)
"""One window that holds every period."""


@dataclass(frozen=True, eq=False)
class SharedForecasts:
    """Forecasts of one series and horizon over the periods that every forecaster who takes part has.

    Attributes
    ----------
    points
        Periods x provider: point forecasts, complete.
    outcome
        What happened in each of them.
    series, measure, horizon
        Of both.
    absent
        Providers without any forecast in the window.
    note
        How many periods were left out because an outcome or someone's forecast is missing.
    """

    points: pd.DataFrame
    outcome: pd.Series
    series: str
    measure: str
    horizon: int
    absent: tuple[str, ...]
    note: str

    def losses(self, loss: Loss = "squared") -> pd.DataFrame:
        """Periods x provider: loss of each point forecast."""
        errors = self.points.rsub(self.outcome, axis=0)
        if loss not in ("squared", "absolute"):
            raise SettingsError(f"loss={loss!r} is not known. {near_misses(loss, ('squared', 'absolute'))}")
        return errors**2 if loss == "squared" else errors.abs()

    def tidy(self) -> pd.DataFrame:
        """The same as rows: provider, as_of (here the period), series, measure, horizon, point, outcome."""
        rows = self.points.melt(ignore_index=False, var_name="provider", value_name="point")
        rows["outcome"] = self.outcome.reindex(rows.index)
        rows = rows.rename_axis(index="as_of").reset_index()
        return rows.assign(series=self.series, measure=self.measure, horizon=self.horizon)


def shared_forecasts(
    forecasts: pd.DataFrame, series: str, horizon: int, window: Window | None = None
) -> SharedForecasts:
    """Point forecasts and outcomes of one series and horizon, over the periods that all providers share.

    Parameters
    ----------
    forecasts
        Tidy, columns provider, as_of, series, measure, horizon, period, point, outcome.
    series, horizon
        Which to take.
    window
        Periods forecast that count; None takes all.

    Raises
    ------
    DataError
        If a provider forecasts a period twice, or providers forecast different measures.
    SettingsError
        If there is no such series or horizon.
    """
    part = forecasts[(forecasts["series"] == series) & (forecasts["horizon"] == horizon)]
    if part.empty:
        pairs = forecasts[["series", "horizon"]].drop_duplicates()
        known = sorted(f"{name} at {ahead}" for name, ahead in pairs.itertuples(index=False))
        raise SettingsError(f"There are no forecasts of {series!r} at horizon {horizon}. Known: {', '.join(known)}.")
    measures = part["measure"].unique()
    if len(measures) > 1:
        raise DataError(
            f"{series} is forecast as {', '.join(measures)}; only forecasts of one measure can be compared."
        )
    periods = _periods(part["period"])
    part = part.assign(period=periods)[(window or Window("all")).holds(periods)]
    if part.duplicated(["provider", "period"]).any():
        twice = part[part.duplicated(["provider", "period"])].iloc[0]
        raise DataError(
            f"{twice['provider']} forecasts {series} for {twice['period']} at horizon {horizon} more than once; "
            "keep one origin a period."
        )
    providers = pd.unique(forecasts["provider"])
    table = part.pivot_table(index="period", columns="provider", values="point", aggfunc="first")
    table = table.reindex(index=pd.PeriodIndex(part["period"].unique()).sort_values(), columns=providers)
    outcome = part.groupby("period")["outcome"].first().reindex(table.index)
    absent = tuple(table.columns[table.isna().all()])
    complete = outcome.notna() & table.drop(columns=list(absent)).notna().all(axis=1)
    missing = int((~complete).sum())
    note = f"{missing} of {len(table)} periods are not shared by all or have no outcome" if missing else ""
    points = table.drop(columns=list(absent))[complete].rename_axis(columns="provider")
    return SharedForecasts(points, outcome[complete], series, str(measures[0]), horizon, absent, note)


def cells(forecasts: pd.DataFrame, windows: Sequence[Window] = WHOLE) -> list[tuple[str, Window, int]]:
    """Every (series, window, horizon): series and windows in the order given, horizons rising."""
    return [
        (str(series), window, int(horizon))
        for series, part in forecasts.groupby("series", sort=False)
        for window in windows
        for horizon in np.sort(part["horizon"].unique())
    ]


def within(forecasts: pd.DataFrame, window: Window) -> pd.DataFrame:
    """Rows of tidy forecasts whose period lies in the window."""
    return forecasts[window.holds(_periods(forecasts["period"]))] if len(forecasts) else forecasts


def _periods(labels: pd.Series) -> pd.PeriodIndex:
    """Periods from their labels, at the frequency that the first one shows (2001-05 a month, 2001Q2 a quarter)."""
    if isinstance(labels.dtype, pd.PeriodDtype):
        return pd.PeriodIndex(labels)
    return pd.PeriodIndex(labels, freq=pd.Period(labels.iloc[0]).freq)

"""The same history or panel with something changed that should, or should not, move a forecast."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from typing import TypeAlias

import numpy as np
import pandas as pd

from macrotrade._typing import BoolArray, FloatArray
from macrotrade.panel.panel import Panel
from macrotrade.panel.vintages import NEVER, History, Releases, days

__all__ = [
    "bystanders_renamed",
    "columns_reversed",
    "future_overwritten",
    "later_revised",
    "past_altered",
    "start_dropped",
]

_Change: TypeAlias = Callable[[FloatArray, BoolArray, np.random.Generator], FloatArray]
"""New values of a series: its values, which of them to change, and the source of noise."""


def future_overwritten(history: History, moment: pd.Timestamp, seed: int) -> History:
    """Every number that became public after that day replaced by noise of the series' own size."""
    generator, day = np.random.default_rng(seed), _day(moment)
    releases = {
        frequency: replace(table, value=_shaken(table, table.released > day, _replaced, generator))
        for frequency, table in history.releases.items()
    }
    later = np.asarray(history.market.index > moment)
    return history.with_tables(releases, _market_shaken(history.market, later, _replaced, generator))


def later_revised(history: History, moment: pd.Timestamp, seed: int) -> History:
    """Every macro number known on that day revised on the next: its panel is the same, the final data are not."""
    generator, day = np.random.default_rng(seed), _day(moment)

    def revised(table: Releases) -> Releases:
        table = _without_later_versions(table, day)
        standing = (table.released <= day) & (table.superseded > day)
        return _followed(table, standing, day, table.value, _shaken(table, standing, _replaced, generator))

    releases = {frequency: revised(table) for frequency, table in history.releases.items()}
    return history.with_tables(releases, history.market)


def past_altered(history: History, moment: pd.Timestamp, seed: int) -> History:
    """Every number known on that day altered, macro numbers only until the next, when they are final again."""
    generator, day = np.random.default_rng(seed), _day(moment)

    def altered(table: Releases) -> Releases:
        standing = (table.released <= day) & (table.superseded > day)
        return _followed(table, standing, day, _shaken(table, standing, _nudged, generator), table.value)

    releases = {frequency: altered(table) for frequency, table in history.releases.items()}
    known = np.asarray(history.market.index <= moment)
    return history.with_tables(releases, _market_shaken(history.market, known, _nudged, generator))


def start_dropped(history: History, n_periods: int) -> History:
    """Each series without its first `n_periods` months or quarters; market series without as many months."""

    def shortened(table: Releases) -> Releases:
        first = np.full(len(table.names), np.iinfo(np.int32).max, dtype=np.int32)
        np.minimum.at(first, table.series, table.period)
        return table.subset(table.period >= first[table.series] + n_periods)

    market = history.market.copy()
    for name in market.columns:
        traded = market.index[market[name].notna()]
        if len(traded):
            market.loc[market.index < traded[0] + pd.DateOffset(months=n_periods), name] = np.nan
    return history.with_tables({f: shortened(table) for f, table in history.releases.items()}, market)


def columns_reversed(panel: Panel) -> Panel:
    """The same panel, its columns and series listed from last to first."""
    frames = {frequency: frame.iloc[:, ::-1] for frequency, frame in panel.frames.items()}
    return replace(panel, frames=frames, series=dict(reversed(list(panel.series.items()))))


def bystanders_renamed(panel: Panel, told: frozenset[str]) -> Panel:
    """The same panel, every series but those the provider was `told` of under another name.

    The new names sort as the old ones did, so that a provider may sort by name to be free of column order.
    """
    names = {name: name if name in told else f"{name} (renamed)" for name in panel.series}
    frames = {frequency: frame.rename(columns=names) for frequency, frame in panel.frames.items()}
    series = {names[name]: replace(info, name=names[name]) for name, info in panel.series.items()}
    return replace(panel, frames=frames, series=series)


def _day(moment: pd.Timestamp) -> int:
    return int(days([moment])[0])


def _without_later_versions(table: Releases, day: int) -> Releases:
    """Numbers known on `day` keep their version of that day for good; numbers published later are as they were."""
    standing = (table.released <= day) & (table.superseded > day)
    cell = table.series.astype(np.int64) << 32 | table.period.astype(np.int64)
    replaced = (table.released > day) & np.isin(cell, cell[standing])
    kept = replace(table, superseded=np.where(standing, NEVER, table.superseded).astype(np.int32))
    return kept.subset(~replaced)


def _followed(table: Releases, standing: BoolArray, day: int, before: FloatArray, after: FloatArray) -> Releases:
    """Versions standing on `day` hold `before` until its end, then `after` until they were replaced."""
    rows = np.flatnonzero(standing & (table.superseded > day + 1))
    return replace(
        table,
        series=np.concatenate([table.series, table.series[rows]]),
        period=np.concatenate([table.period, table.period[rows]]),
        released=np.concatenate([table.released, np.full(rows.size, day + 1, dtype=np.int32)]),
        superseded=np.concatenate(
            [np.where(standing, day + 1, table.superseded).astype(np.int32), table.superseded[rows]]
        ),
        value=np.concatenate([before, after[rows]]),
    )


def _shaken(table: Releases, where: BoolArray, change: _Change, generator: np.random.Generator) -> FloatArray:
    """Values of all versions, those marked changed, series by series."""
    value = table.value.copy()
    order = np.lexsort((table.released, table.period, table.series))
    bounds = np.searchsorted(table.series[order], np.arange(len(table.names) + 1))
    for start, stop in pairwise(bounds):
        rows = order[start:stop]
        value[rows] = change(table.value[rows], where[rows], generator)
    return value


def _market_shaken(
    market: pd.DataFrame, where: BoolArray, change: _Change, generator: np.random.Generator
) -> pd.DataFrame:
    changed = {name: change(market[name].to_numpy(np.float64), where, generator) for name in market.columns}
    return pd.DataFrame(changed, index=market.index, columns=market.columns)


def _replaced(values: FloatArray, where: BoolArray, generator: np.random.Generator) -> FloatArray:
    """Values drawn from the whole series and moved by a usual change: no order, trend or median survives."""
    known = values[~np.isnan(values)]
    if not known.size:
        return values
    drawn = np.where(np.isnan(values), np.nan, generator.choice(known, values.size))
    return np.where(where, _moved(drawn, 1.0, known, generator), values)


def _nudged(values: FloatArray, where: BoolArray, generator: np.random.Generator) -> FloatArray:
    """Values moved by half a usual change: still a plausible past."""
    known = values[~np.isnan(values)]
    return np.where(where, _moved(values, 0.5, known, generator), values) if known.size else values


def _moved(values: FloatArray, share: float, known: FloatArray, generator: np.random.Generator) -> FloatArray:
    """Values moved by about that share of the series' usual change; in logarithms where all are positive."""
    positive = bool((known > 0).all())
    scale = np.log(known) if positive else known
    usual_change = float(np.diff(scale).std()) if known.size > 1 else 0.0
    step = share * max(usual_change, 1e-3 * float(np.abs(scale).max()), 1e-6)
    noise = step * generator.standard_normal(values.size)
    return values * np.exp(noise) if positive else values + noise

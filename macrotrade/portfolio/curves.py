"""Net returns under other costs and other delays, to be judged side by side."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import pandas as pd

from macrotrade.portfolio.closes import closes_of
from macrotrade.portfolio.costs import Costs, cost_rates
from macrotrade.portfolio.returns import TrackRecord, earned
from macrotrade.portfolio.simulate import track_record

__all__ = ["COST_MULTIPLES", "cost_curve", "delay_curve"]

COST_MULTIPLES: tuple[float, ...] = (0.0, 0.5, 1.0, 2.0, 5.0)
"""Multiples of the stated costs."""


def cost_curve(
    exposure: pd.DataFrame,
    prices: pd.DataFrame | pd.Series,
    multiples: Sequence[float] = COST_MULTIPLES,
    costs: Costs = "futures",
) -> pd.DataFrame:
    """Net returns if costs had been so many times as high: sessions x (multiple, column levels).

    `exposure` and `prices` are on the same rows, as those of a :class:`macrotrade.portfolio.returns.TrackRecord`.
    """
    closes = closes_of(prices)
    rates = cost_rates(costs, closes)
    return _side_by_side(
        {multiple: earned(exposure, prices, rates.times(multiple)) for multiple in multiples}, "multiple"
    )


def delay_curve(
    positions: pd.DataFrame | pd.Series,
    prices: pd.DataFrame | pd.Series,
    delays: Sequence[int] = (0, 1, 2, 5),
    costs: Costs = "futures",
) -> pd.DataFrame:
    """Net returns if every decision had been carried so many sessions late: sessions x (delay, column levels).

    The sessions are those that all have; the shortest delay starts first and loses the sessions before the others.
    """
    records = {delay: track_record(positions, prices, costs, delay) for delay in delays}
    return _side_by_side(records, "delay").dropna()


def _side_by_side(
    records: dict[Hashable, TrackRecord] | dict[float, TrackRecord] | dict[int, TrackRecord], name: str
) -> pd.DataFrame:
    returns = {key: record.returns for key, record in records.items()}
    levels = next(iter(returns.values())).columns.names
    return pd.concat(returns, axis=1, names=[name, *levels])

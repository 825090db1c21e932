"""A track record as orders: closes, sizes and fees that make a vectorbt portfolio earn the same returns.

vectorbt knows one price path, fees on what is traded, and no borrowing. Three things are therefore said in its words:

- rolls are paid by whoever holds, long or short, so the closes of a column are those of the position as held;
- a column that asks for more than 1 in absolute value trades an index of m times the instrument, m its
  largest exposure, in 1 / m as many units, since a larger order would be cut down to the cash there is;
- fees are taken from the cash that pays for the order, so the percentage ordered is of what is left after them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from macrotrade._typing import FloatArray
from macrotrade.errors import DataError
from macrotrade.portfolio import kernels
from macrotrade.portfolio.returns import TrackRecord, instrument_of

__all__ = ["Orders", "by_column", "held_closes", "target_orders"]


@dataclass(frozen=True, eq=False)
class Orders:
    """Arrays of shape (n_sessions, n_columns), an order a bar, filled at its close.

    Attributes
    ----------
    closes
        Price of a unit of the position as held.
    size
        Target fraction of the portfolio before fees; NaN sends no order.
    fees
        Fraction of the value traded.
    """

    closes: FloatArray
    size: FloatArray
    fees: FloatArray


def target_orders(record: TrackRecord) -> Orders:
    """Orders that bring each column to its exposure for the next session, at the cost it has in the record."""
    exposure = record.exposure.to_numpy()
    held = _held_returns(record)
    trade = by_column(record, record.rates.trade)
    left = np.ones_like(exposure)
    left[:-1] = kernels.value_after_trading(kernels.drifted_exposure(exposure, held)[:-1], exposure[1:], trade[:-1])
    size = np.full_like(exposure, np.nan)
    multiple = np.maximum(1.0, np.abs(exposure).max(axis=0, initial=0.0))
    size[:-1] = exposure[1:] / multiple * left[:-1]
    plain = Orders(held_closes(record), size, trade)
    if (multiple == 1.0).all():
        return plain
    leveraged = _leveraged(record, multiple, left, size)
    return Orders(*(np.where(multiple > 1.0, m, p) for m, p in zip(_arrays(leveraged), _arrays(plain), strict=True)))


def _arrays(orders: Orders) -> tuple[FloatArray, FloatArray, FloatArray]:
    return orders.closes, orders.size, orders.fees


def _leveraged(record: TrackRecord, multiple: FloatArray, left: FloatArray, size: FloatArray) -> Orders:
    """Orders in units of a leveraged index.

    The index hides the trades that keep its own leverage. Where they are most of a session's turnover their cost comes
    off the index; otherwise the order pays for all, at the rate that makes the sum right.
    """
    units = record.exposure.to_numpy() / multiple
    growth = multiple * _held_returns(record)
    cost = 1.0 - left
    order = np.abs(np.nan_to_num(size) - kernels.drifted_exposure(units, growth))
    hidden = (units != 0.0) & (2.0 * multiple * order < record.turnover.to_numpy())
    growth = np.divide(record.returns.to_numpy(), units, out=growth, where=hidden)
    fees = np.divide(cost, order, out=np.zeros_like(cost), where=~hidden & (cost > 0.0))
    if (growth[:, multiple > 1.0] <= -1.0).any():
        raise DataError(
            f"{multiple.max():g} times the instrument loses all there is in one session; carry less exposure."
        )
    closes = by_column(record, record.closes.frame)[:1] * np.cumprod(1.0 + growth, axis=0)
    return Orders(closes, np.where(hidden, size / left, size), fees)


def held_closes(record: TrackRecord) -> FloatArray:
    """Closes of each column's instrument, less the cost of rolling while a position is held."""
    closes = by_column(record, record.closes.frame)
    free = (by_column(record, record.rates.roll) == 0.0).all(axis=0)
    return np.where(free, closes, closes[:1] * np.cumprod(1.0 + _held_returns(record), axis=0))


def by_column(record: TrackRecord, frame: pd.DataFrame) -> FloatArray:
    """Values by instrument, spread over the columns of the record."""
    return np.asarray(frame.to_numpy(dtype=np.float64)[:, instrument_of(record.exposure.columns, frame.columns)])


def _held_returns(record: TrackRecord) -> FloatArray:
    """Return of a unit of each position, rolls paid: r - sign(e) k."""
    returns = record.closes.returns[:, instrument_of(record.exposure.columns, record.closes.frame.columns)]
    return np.asarray(returns - np.sign(record.exposure.to_numpy()) * by_column(record, record.rates.roll))

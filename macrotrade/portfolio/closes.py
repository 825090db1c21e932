"""Closes as they can be traded: holidays bridged, long gaps left alone, impossible prices refused."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from macrotrade._typing import BoolArray, FloatArray
from macrotrade.errors import DataError
from macrotrade.portfolio.bars import Bar, bar_of

__all__ = ["Closes", "closes_of"]


@dataclass(frozen=True, eq=False)
class Closes:
    """Closes without holes, and the sessions in which a position can be carried.

    Attributes
    ----------
    frame
        Sessions x instrument. A missing close repeats the one before it; before an instrument's first close stands the
        first.
    carries
        Shape (n_sessions, n_instruments). Whether a position can earn the move from the close before to this
        one: not in the first session, not before the first close, and not in a gap longer than the bar's `longest_gap`
        nor in the session that ends it. Across a shorter gap, a holiday, the position is kept: it earns nothing while
        there is no close and the whole move at the next.
    bar
        Frequency of the sessions.
    """

    frame: pd.DataFrame
    carries: BoolArray
    bar: Bar

    @property
    def returns(self) -> FloatArray:
        """Simple returns close to close, decimal, shape (n_sessions, n_instruments); 0 in the first session."""
        values = self.frame.to_numpy()
        moves = np.zeros_like(values)
        moves[1:] = values[1:] / values[:-1] - 1.0
        return moves


def closes_of(prices: pd.DataFrame | pd.Series) -> Closes:
    """Closes of a frame of prices or excess-return indices, sessions x instrument; NaN where one did not trade.

    Raises
    ------
    DataError
        For dates out of order, infinite prices, and prices that are zero or negative.
    """
    frame = prices.to_frame() if isinstance(prices, pd.Series) else prices
    bar = bar_of(frame.index)
    try:
        values = frame.to_numpy(dtype=np.float64)
    except (TypeError, ValueError):
        raise DataError("Prices must be numbers; a column holds something else.") from None
    _refuse_impossible(frame, values)
    before, after = _last_close(values), _next_close(values)
    filled = np.take_along_axis(values, np.where(before >= 0, before, np.minimum(after, len(values) - 1)), axis=0)
    return Closes(
        pd.DataFrame(filled, index=frame.index, columns=frame.columns), _carries(before, after, bar.longest_gap), bar
    )


def _refuse_impossible(frame: pd.DataFrame, values: FloatArray) -> None:
    wrong = np.argwhere((values <= 0) | np.isinf(values))
    if wrong.size:
        row, column = wrong[0]
        raise DataError(
            f"The price of {frame.columns[column]} on {frame.index[row]:%Y-%m-%d} is {values[row, column]:g}; "
            "percentage returns need finite prices above 0. Give ratio-adjusted indices, not added-back prices."
        )


def _last_close(values: FloatArray) -> np.ndarray[tuple[int, ...], np.dtype[np.intp]]:
    """Row of the last close at or before each row, -1 before the first."""
    rows = np.where(np.isnan(values), -1, np.arange(len(values))[:, None])
    return np.asarray(np.maximum.accumulate(rows, axis=0), dtype=np.intp)


def _next_close(values: FloatArray) -> np.ndarray[tuple[int, ...], np.dtype[np.intp]]:
    """Row of the next close at or after each row, n_rows after the last."""
    rows = np.where(np.isnan(values), len(values), np.arange(len(values))[:, None])
    return np.asarray(np.minimum.accumulate(rows[::-1], axis=0)[::-1], dtype=np.intp)


def _carries(
    before: np.ndarray[tuple[int, ...], np.dtype[np.intp]],
    after: np.ndarray[tuple[int, ...], np.dtype[np.intp]],
    longest_gap: int,
) -> BoolArray:
    carries = np.zeros(before.shape, dtype=np.bool_)
    carries[1:] = (before[:-1] >= 0) & (after[1:] - before[:-1] - 1 <= longest_gap)
    return carries

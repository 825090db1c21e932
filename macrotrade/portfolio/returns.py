"""The one returns array: what every position earned, before and after costs, in plain numpy.

Through session s a portfolio carries exposure e_s, set by an order at the close of s - 1, where r_s is the
instrument's return close to close, c the cost of a unit traded and k the cost of a unit held::

    gross    e_s r_s
    held     h_s = r_s - sign(e_s) k                      what a unit of the position earned, rolls paid
    grown    1 + e_s h_s                                  the portfolio at the close of s, before trading
    drift    d_s = e_s (1 + h_s) / (1 + e_s h_s)          the exposure it has come to
    left     v_s = 1 - c |e_{s+1} v_s - d_s|              after trading to e_{s+1} of what is left
    net      (1 + e_s h_s) v_s - 1

So an order is charged to the session at whose close it is filled, rolls are paid out of the position, and a short
position pays for being brought back to its target each day. Nothing here is a recursion; the vectorbt portfolio of the
same orders earns the same returns.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from macrotrade._typing import FloatArray
from macrotrade.errors import DataError, near_misses
from macrotrade.portfolio import kernels
from macrotrade.portfolio.bars import Bar
from macrotrade.portfolio.closes import Closes, closes_of
from macrotrade.portfolio.costs import CostRates, Costs, cost_rates

__all__ = ["TrackRecord", "earned", "instrument_of"]


@dataclass(frozen=True, eq=False)
class TrackRecord:
    """What was carried and what it earned; all frames are sessions x column.

    Attributes
    ----------
    exposure
        Exposure carried through each session; 0 where the instrument could not be held.
    gross_returns, returns
        Simple returns per session, decimal, before and after costs.
    turnover
        Traded at each close, as a fraction of the portfolio, the return to target after drift included.
    closes
        What was traded.
    rates
        What it cost.
    """

    exposure: pd.DataFrame
    gross_returns: pd.DataFrame
    returns: pd.DataFrame
    turnover: pd.DataFrame
    closes: Closes
    rates: CostRates

    @property
    def bar(self) -> Bar:
        """Frequency of the sessions."""
        return self.closes.bar

    @property
    def periods_per_year(self) -> float:
        """Sessions in a year."""
        return self.bar.periods_per_year


def earned(
    exposure: pd.DataFrame, prices: pd.DataFrame | pd.Series, costs: Costs | CostRates = "futures"
) -> TrackRecord:
    """Track record of exposures carried through the sessions of `prices`.

    Parameters
    ----------
    exposure
        Sessions x column: exposure carried through each session, as a fraction of the portfolio. Columns name
        instruments, or are a MultiIndex with a level ``instrument``. The first session carries nothing: its close is
        where the first order is filled.
    prices
        Sessions x instrument, on the same rows; see :class:`macrotrade.portfolio.closes.Closes` for missing closes.
    costs
        See :data:`macrotrade.portfolio.costs.Costs`; rates already made are taken as they are.

    Raises
    ------
    DataError
        If rows differ, an instrument has no price, or a position lost all there was.
    """
    closes = closes_of(prices)
    if not exposure.index.equals(closes.frame.index):
        raise DataError(
            f"Exposures have {len(exposure)} rows and prices {len(closes.frame)}, or other dates; "
            "give exposures on the sessions of the prices (macrotrade.portfolio.carried does)."
        )
    column = instrument_of(exposure.columns, closes.frame.columns)
    rates = costs if isinstance(costs, CostRates) else cost_rates(costs, _used(closes, column))
    trade, roll = _spread(rates.trade, exposure.columns, closes), _spread(rates.roll, exposure.columns, closes)
    carried = np.where(closes.carries[:, column], exposure.to_numpy(dtype=np.float64), 0.0)
    returns = closes.returns[:, column]
    gross = carried * returns
    grown = gross - kernels.roll_drag(carried, roll)
    _refuse_ruin(grown, exposure)
    drifted = kernels.drifted_exposure(carried, returns - np.sign(carried) * roll)
    target = np.vstack([carried[1:], drifted[-1:]])

    def frame(values: FloatArray) -> pd.DataFrame:
        return pd.DataFrame(values, index=exposure.index, columns=exposure.columns)

    left = kernels.value_after_trading(drifted, target, trade)
    return TrackRecord(
        frame(carried),
        frame(gross),
        frame(kernels.net_of_trading(grown, left)),
        frame(kernels.traded(drifted, target, trade)),
        closes,
        rates,
    )


def instrument_of(columns: pd.Index, instruments: pd.Index) -> npt.NDArray[np.intp]:
    """Position among `instruments` of each column's instrument; shape (n_columns,).

    A MultiIndex is read by its level ``instrument``; a single price serves a single column of any name.

    Raises
    ------
    DataError
        If a column names an instrument without a price.
    """
    if isinstance(columns, pd.MultiIndex):
        if "instrument" not in columns.names:
            raise DataError(
                f"Columns have the levels {list(columns.names)}; name the one that matches prices 'instrument'."
            )
        names = columns.get_level_values("instrument")
    else:
        names = columns
    found = instruments.get_indexer(names)
    if (found < 0).any() and len(instruments) == 1 and len(columns) == 1:
        return np.zeros(1, dtype=np.intp)
    if (found < 0).any():
        lacking = str(names[int(np.argmax(found < 0))])
        raise DataError(f"No price for {lacking!r}. {near_misses(lacking, map(str, instruments))}")
    return found


def _used(closes: Closes, column: npt.NDArray[np.intp]) -> Closes:
    """Only the instruments that some column holds, so that costs of others need not be known."""
    used = np.unique(column)
    return Closes(closes.frame.iloc[:, used], closes.carries[:, used], closes.bar)


def _spread(rate: pd.DataFrame, columns: pd.Index, closes: Closes) -> FloatArray:
    rows = rate.reindex(closes.frame.index).to_numpy(dtype=np.float64)
    return np.asarray(rows[:, instrument_of(columns, rate.columns)])


def _refuse_ruin(grown: FloatArray, exposure: pd.DataFrame) -> None:
    lost = np.argwhere(grown <= -1.0)
    if lost.size:
        row, column = lost[0]
        raise DataError(
            f"The position {exposure.columns[column]!r} lost all there was on {exposure.index[row]:%Y-%m-%d} "
            f"({grown[row, column]:.0%} in one session); carry less exposure."
        )

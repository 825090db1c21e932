"""What trading and rolling cost, as fractions of the position."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import pandas as pd

from macrotrade.errors import SettingsError, near_misses
from macrotrade.instruments import Instrument, instrument
from macrotrade.portfolio.closes import Closes

__all__ = ["CostRates", "Costs", "cost_rates", "roll_points", "trade_points"]

Costs: TypeAlias = Literal["futures", "none"] | pd.DataFrame
"""``futures``: each instrument's own commission, spread and rolls; ``none``; or a table instrument x (trade, roll)."""


@dataclass(frozen=True, eq=False)
class CostRates:
    """Cost of trading and of holding one unit of exposure, session by session.

    Attributes
    ----------
    trade
        Sessions x instrument: cost of one unit of turnover at that close, decimal.
    roll
        Sessions x instrument: cost of one unit held through that session, decimal; the year's rolls spread evenly.
    """

    trade: pd.DataFrame
    roll: pd.DataFrame

    def times(self, multiple: float) -> CostRates:
        """The same costs, `multiple` times as high."""
        if not multiple >= 0.0:
            raise SettingsError(f"A multiple of cost must be 0 or more, not {multiple}.")
        return CostRates(self.trade * multiple, self.roll * multiple)

    def table(self) -> pd.DataFrame:
        """Instrument x (trade, roll), averages over the sessions."""
        return pd.DataFrame({"trade": self.trade.mean(), "roll": self.roll.mean()}).rename_axis("instrument")


def cost_rates(costs: Costs, closes: Closes) -> CostRates:
    """Rates of every column of `closes`.

    Dollars and ticks become fractions at the instrument's reference price; where it has none, at each session's close.

    Raises
    ------
    SettingsError
        For an unknown name of costs, an instrument whose costs are not known, and rates that are negative or 1 or more.
    """
    if isinstance(costs, pd.DataFrame):
        return _from_table(costs, closes)
    if costs == "none":
        nothing = closes.frame * 0.0
        return CostRates(nothing, nothing)
    if costs == "futures":
        return _from_instruments(closes)
    raise SettingsError(f"costs={costs!r} is not known. {near_misses(str(costs), ['futures', 'none'])}")


def trade_points(item: Instrument) -> float:
    """Cost of one contract and side in points of price: commission / multiplier + half-spread x tick."""
    return item.commission / item.multiplier + item.half_spread * item.tick


def roll_points(item: Instrument) -> float:
    """Cost of one roll in points of price: two commissions / multiplier + the calendar spread's cost x tick."""
    return 2.0 * item.commission / item.multiplier + item.roll_spread * item.tick


def _from_instruments(closes: Closes) -> CostRates:
    trade, roll = {}, {}
    for symbol in closes.frame.columns:
        item = instrument(str(symbol))
        level = closes.frame[symbol] if item.reference_price is None else item.reference_price
        one = pd.Series(1.0, index=closes.frame.index)
        trade[symbol] = one * trade_points(item) / level
        roll[symbol] = one * roll_points(item) * item.rolls_per_year / closes.bar.periods_per_year / level
    return CostRates(
        pd.DataFrame(trade, columns=closes.frame.columns), pd.DataFrame(roll, columns=closes.frame.columns)
    )


def _from_table(table: pd.DataFrame, closes: Closes) -> CostRates:
    for column in ("trade", "roll"):
        if column not in table.columns:
            raise SettingsError(f"A table of costs has the columns trade and roll, not {list(table.columns)}.")
    for symbol in closes.frame.columns:
        if symbol not in table.index:
            raise SettingsError(
                f"The table of costs has no row {symbol!r}. {near_misses(str(symbol), map(str, table.index))}"
            )
    rates = table.loc[closes.frame.columns, ["trade", "roll"]].to_numpy(dtype=np.float64)
    if not ((rates >= 0.0) & (rates < 1.0)).all():
        raise SettingsError("Costs are fractions of the position, from 0 to below 1; 0.0001 is a basis point.")
    shape = closes.frame.shape
    return CostRates(
        pd.DataFrame(np.broadcast_to(rates[:, 0], shape), closes.frame.index, closes.frame.columns),
        pd.DataFrame(np.broadcast_to(rates[:, 1], shape), closes.frame.index, closes.frame.columns),
    )

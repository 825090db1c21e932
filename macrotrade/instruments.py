"""What is traded: Treasury futures and the S&P 500, what drives each, and what trading each costs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from macrotrade._typing import Measure
from macrotrade.errors import SettingsError, near_misses

__all__ = ["INSTRUMENTS", "Instrument", "instrument"]


@dataclass(frozen=True)
class Instrument:
    """One thing to trade.

    Attributes
    ----------
    symbol, name
        Exchange code and words.
    driver
        Series whose direction is forecast.
    driver_kind
        ``yield`` drivers are forecast as changes in percentage points, ``price`` drivers as log changes.
    sign
        -1 where the price falls as the driver rises (a bond and its yield), +1 where they rise together.
    maturity
        Years to maturity of the Treasury behind the contract; None for equities.
    multiplier
        Dollars per point of price.
    tick
        Smallest price step, in points.
    commission
        Dollars a contract and side, exchange fees included.
    half_spread
        Half the usual bid-ask spread, in ticks.
    rolls_per_year, roll_spread
        Contract rolls in a year, and the cost of one calendar-spread trade in ticks.
    reference_price
        Price at which dollars and ticks become a fraction of the position; None takes the series' own level.
    session
        Exchange calendar.
    """

    symbol: str
    name: str
    driver: str
    driver_kind: Literal["yield", "price"]
    sign: Literal[-1, 1]
    multiplier: float
    tick: float
    commission: float
    half_spread: float
    rolls_per_year: int
    roll_spread: float
    reference_price: float | None
    session: str
    maturity: int | None = None

    def measure(self, periods_ahead: int = 1) -> Measure:
        """Measure of the driver whose sign decides a position held for one period, `periods_ahead` from now."""
        if self.driver_kind == "yield":
            return "change" if periods_ahead == 1 else "one_period_change"
        return "log_change" if periods_ahead == 1 else "one_period_log_change"


def _treasury(symbol: str, words: str, maturity: int, multiplier: float, tick: float) -> Instrument:
    return Instrument(
        symbol=symbol,
        name=f"{words} Treasury future",
        driver=f"DGS{maturity}",
        driver_kind="yield",
        sign=-1,
        multiplier=multiplier,
        tick=tick,
        commission=1.50,
        half_spread=0.5,
        rolls_per_year=4,
        roll_spread=0.5,
        reference_price=100.0,
        session="CBOT",
        maturity=maturity,
    )


def _equity(symbol: str, words: str) -> Instrument:
    return Instrument(
        symbol=symbol,
        name=words,
        driver="SPX",
        driver_kind="price",
        sign=1,
        multiplier=50.0,
        tick=0.25,
        commission=1.50,
        half_spread=0.5,
        rolls_per_year=4,
        roll_spread=0.5,
        reference_price=None,
        session="CME",
    )


INSTRUMENTS: dict[str, Instrument] = {
    item.symbol: item
    for item in (
        _treasury("ZT", "2-year", 2, 2000.0, 1 / 256),
        _treasury("ZF", "5-year", 5, 1000.0, 1 / 128),
        _treasury("ZN", "10-year", 10, 1000.0, 1 / 64),
        _treasury("ZB", "30-year", 30, 1000.0, 1 / 32),
        _equity("SPX", "S&P 500 index"),
        _equity("ES", "E-mini S&P 500 future"),
    )
}
"""Instruments by symbol: ZT ZF ZN ZB SPX ES."""


def instrument(symbol: str) -> Instrument:
    """Instrument of that symbol.

    >>> instrument("ZN").driver
    'DGS10'
    """
    try:
        return INSTRUMENTS[symbol]
    except KeyError:
        raise SettingsError(f"No instrument {symbol!r}. {near_misses(symbol, INSTRUMENTS)}") from None

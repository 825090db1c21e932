"""What is traded, what drives it and what a contract is."""

from __future__ import annotations

import pytest

from macrotrade import instrument
from macrotrade.errors import SettingsError
from macrotrade.instruments import INSTRUMENTS

# Contract specifications of CME Group: dollars a point and smallest step, hence dollars a step.
CONTRACTS = {
    "ZT": (2000.0, 1 / 256, 7.8125),
    "ZF": (1000.0, 1 / 128, 7.8125),
    "ZN": (1000.0, 1 / 64, 15.625),
    "ZB": (1000.0, 1 / 32, 31.25),
    "ES": (50.0, 0.25, 12.50),
}


@pytest.mark.parametrize("symbol", CONTRACTS)
def test_contracts_are_those_of_the_exchange(symbol: str) -> None:
    multiplier, tick, dollars_a_tick = CONTRACTS[symbol]

    item = instrument(symbol)

    assert (item.multiplier, item.tick) == (multiplier, tick)
    assert item.multiplier * item.tick == dollars_a_tick


@pytest.mark.parametrize(("symbol", "maturity"), [("ZT", 2), ("ZF", 5), ("ZN", 10), ("ZB", 30)])
def test_a_treasury_future_falls_as_the_yield_of_its_maturity_rises(symbol: str, maturity: int) -> None:
    item = instrument(symbol)

    assert (item.driver, item.driver_kind, item.sign, item.maturity) == (f"DGS{maturity}", "yield", -1, maturity)
    assert (item.measure(), item.measure(2)) == ("change", "one_period_change")


@pytest.mark.parametrize("symbol", ["SPX", "ES"])
def test_stocks_rise_with_their_own_index(symbol: str) -> None:
    item = instrument(symbol)

    assert (item.driver, item.driver_kind, item.sign, item.maturity) == ("SPX", "price", 1, None)
    assert (item.measure(), item.measure(2)) == ("log_change", "one_period_log_change")


def test_symbols_are_their_own_keys_and_a_wrong_one_is_told_the_near_ones() -> None:
    assert {symbol: item.symbol for symbol, item in INSTRUMENTS.items()} == {symbol: symbol for symbol in INSTRUMENTS}
    with pytest.raises(SettingsError, match=r"No instrument 'SPY'\. Did you mean 'SPX'"):
        instrument("SPY")

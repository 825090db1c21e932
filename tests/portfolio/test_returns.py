from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from macrotrade.errors import DataError, SettingsError
from macrotrade.instruments import INSTRUMENTS
from macrotrade.portfolio.closes import closes_of
from macrotrade.portfolio.costs import cost_rates
from macrotrade.portfolio.curves import cost_curve, delay_curve
from macrotrade.portfolio.returns import earned

DAYS = pd.bdate_range("2008-01-02", periods=12)


def frame(values: list[float] | np.ndarray, name: str = "ZN") -> pd.DataFrame:
    return pd.DataFrame({name: values}, index=DAYS[: len(values)])


def table(trade: float, roll: float) -> pd.DataFrame:
    return pd.DataFrame({"trade": [trade], "roll": [roll]}, index=["ZN"])


def by_cash(exposure: np.ndarray, prices: np.ndarray, trade: float, roll: float) -> np.ndarray:
    """Returns of an account that trades contracts for cash and pays for rolls in contracts, step by step."""
    units, cash, values = 0.0, 1.0, []
    for session, price in enumerate(prices):
        if session:
            units -= roll * abs(exposure[session]) * values[-1] / price
        value = cash + units * price
        if session + 1 < len(prices):
            wanted = exposure[session + 1]
            bought = wanted * value / price - units
            for _ in range(60):  # the cost shrinks what the target is a fraction of
                left = value - trade * abs(bought) * price
                bought = wanted * left / price - units
            cash -= bought * price + trade * abs(bought) * price
            units += bought
            value = cash + units * price
        values.append(value)
    return np.diff(np.concatenate([[1.0], values])) / np.concatenate([[1.0], values[:-1]])


@given(
    exposure=st.lists(st.floats(-2, 2), min_size=11, max_size=11),
    moves=st.lists(st.floats(-0.1, 0.1), min_size=11, max_size=11),
    trade=st.floats(0, 0.01),
    roll=st.floats(0, 0.001),
)
@settings(max_examples=60, deadline=None)
def test_net_returns_are_those_of_an_account_kept_step_by_step(
    exposure: list[float], moves: list[float], trade: float, roll: float
) -> None:
    carried = np.array([0.0, *exposure])
    prices = 100.0 * np.cumprod([1.0, *(1.0 + np.array(moves))])
    record = earned(frame(carried), frame(prices), table(trade, roll))
    np.testing.assert_allclose(record.returns["ZN"], by_cash(carried, prices, trade, roll), atol=1e-10)


def test_gross_returns_are_exposure_times_return() -> None:
    record = earned(frame([0.0, 0.5, -1.0]), frame([100.0, 110.0, 99.0]), "none")
    np.testing.assert_allclose(record.gross_returns["ZN"], [0.0, 0.05, 0.1])
    np.testing.assert_allclose(record.returns, record.gross_returns, atol=1e-15)


def test_a_long_position_pays_once_to_enter_and_nothing_to_stay() -> None:
    record = earned(frame([0.0, 1.0, 1.0, 0.0, 0.0]), frame([100.0, 110.0, 99.0, 99.0, 99.0]), table(0.001, 0.0))
    np.testing.assert_allclose(record.turnover["ZN"], [1 / 1.001, 0.0, 1.0, 0.0, 0.0], atol=1e-12)
    assert record.returns["ZN"].iloc[0] == pytest.approx(1 / 1.001 - 1)
    assert record.returns["ZN"].iloc[2] == pytest.approx(0.9 * 0.999 - 1)


def test_a_holiday_is_held_over_and_earns_its_move_on_the_next_close() -> None:
    prices = frame([100.0, np.nan, np.nan, 104.0, 105.0])
    record = earned(frame([0.0, 1.0, 1.0, 1.0, 1.0]), prices, "none")
    np.testing.assert_allclose(record.returns["ZN"], [0.0, 0.0, 0.0, 0.04, 105 / 104 - 1])


def test_nothing_is_carried_through_a_long_gap_nor_into_its_first_close() -> None:
    prices = frame([100.0, 101.0, *[np.nan] * 6, 90.0, 99.0])
    record = earned(frame([0.0, *[1.0] * 9]), prices, "none")
    assert record.exposure["ZN"].to_list() == [0.0, 1.0, 0, 0, 0, 0, 0, 0, 0, 1.0]
    assert (1 + record.returns["ZN"]).prod() == pytest.approx(1.01 * 1.1)


def test_a_month_without_a_close_is_no_holiday() -> None:
    months = pd.date_range("2008-01-31", periods=5, freq="ME")
    prices = pd.DataFrame({"ZB": [100.0, np.nan, 80.0, 84.0, 84.0]}, index=months)
    record = earned(pd.DataFrame({"ZB": [0.0, 1, 1, 1, 1]}, index=months), prices, "none")
    assert record.exposure["ZB"].to_list() == [0.0, 0.0, 0.0, 1.0, 1.0]


def test_nothing_is_carried_before_the_first_close() -> None:
    record = earned(frame([1.0] * 5), frame([np.nan, np.nan, 100.0, 101.0, 102.0]), "none")
    assert record.exposure["ZN"].to_list() == [0.0, 0.0, 0.0, 1.0, 1.0]


@pytest.mark.parametrize("price", [0.0, -3.0, np.inf])
def test_an_impossible_price_is_refused_by_name_and_date(price: float) -> None:
    with pytest.raises(DataError, match="The price of ZN on 2008-01-04 is"):
        closes_of(frame([100.0, 101.0, price]))


def test_prices_of_no_known_frequency_are_refused() -> None:
    index = pd.DatetimeIndex(["2000-01-01", "2001-01-01", "2002-01-01"])
    with pytest.raises(DataError, match=r"typically 365\.5 days apart"):
        closes_of(pd.DataFrame({"ZN": [1.0, 2.0, 3.0]}, index=index))


@pytest.mark.parametrize(("freq", "a_year"), [("B", 252), ("W-FRI", 52), ("ME", 12), ("MS", 12), ("QE", 4)])
def test_a_year_has_a_whole_number_of_bars(freq: str, a_year: int) -> None:
    index = pd.date_range("2000-01-01", periods=30, freq=freq)
    assert closes_of(pd.DataFrame({"ZN": 1.0}, index=index)).bar.periods_per_year == a_year


def test_an_instrument_without_a_price_is_named() -> None:
    columns = pd.MultiIndex.from_tuples([("a", "ZF")], names=["provider", "instrument"])
    exposure = pd.DataFrame([[0.0], [1.0]], index=DAYS[:2], columns=columns)
    with pytest.raises(DataError, match="No price for 'ZF'"):
        earned(exposure, pd.DataFrame({"ZN": [1.0, 2.0], "ZB": [1.0, 2.0]}, index=DAYS[:2]))


def test_columns_without_a_level_for_the_instrument_are_refused() -> None:
    exposure = pd.DataFrame([[0.0]], index=DAYS[:1], columns=pd.MultiIndex.from_tuples([("a", "ZN")]))
    with pytest.raises(DataError, match="name the one that matches prices 'instrument'"):
        earned(exposure, frame([100.0]))


def test_exposures_on_other_sessions_are_refused() -> None:
    with pytest.raises(DataError, match="on the sessions of the prices"):
        earned(frame([0.0, 1.0]), frame([100.0, 101.0, 102.0]))


def test_the_cost_of_a_future_is_its_commission_and_half_its_spread() -> None:
    rates = cost_rates("futures", closes_of(pd.DataFrame({"ZN": [90.0] * 3, "SPX": [2000.0] * 3}, index=DAYS[:3])))
    dollars_zn = 1.50 + 0.5 * 1000 / 64
    assert rates.trade["ZN"].to_list() == pytest.approx([dollars_zn / 100_000] * 3)
    dollars_roll = 2 * 1.50 + 0.5 * 1000 / 64
    assert rates.roll["ZN"].iloc[0] * 252 == pytest.approx(4 * dollars_roll / 100_000)
    item = INSTRUMENTS["SPX"]
    dollars_spx = item.commission + item.half_spread * item.tick * item.multiplier
    assert rates.trade["SPX"].iloc[0] == pytest.approx(dollars_spx / (2000.0 * item.multiplier))
    assert list(rates.table().columns) == ["trade", "roll"]


@pytest.mark.parametrize(
    ("costs", "message"),
    [
        ("future", "Did you mean 'futures'"),
        (pd.DataFrame({"trade": [0.1]}, index=["ZN"]), "columns trade and roll"),
        (table(0.1, 0.0).rename({"ZN": "ZB"}), "no row 'ZN'"),
        (table(1.5, 0.0), "0.0001 is a basis point"),
        (table(float("nan"), 0.0), "fractions of the position"),
    ],
)
def test_costs_that_cannot_be_meant_are_refused(costs: object, message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        cost_rates(costs, closes_of(frame([100.0, 101.0])))  # type: ignore[arg-type]


def test_costs_of_an_unknown_instrument_are_asked_for() -> None:
    with pytest.raises(SettingsError, match="No instrument 'ZQ'"):
        cost_rates("futures", closes_of(frame([100.0, 101.0], "ZQ")))


def test_a_cost_curve_falls_and_starts_at_the_gross_returns() -> None:
    exposure, prices = frame([0.0, 1, -1, 1, -1]), frame([100.0, 101, 102, 101, 103])
    curve = cost_curve(exposure, prices, (0.0, 1.0, 3.0))
    growth = (1 + curve).prod()
    assert growth.is_monotonic_decreasing
    assert curve.columns.names[0] == "multiple"
    np.testing.assert_allclose(curve[0.0], earned(exposure, prices).gross_returns)


def test_a_delay_curve_compares_the_same_sessions() -> None:
    positions = pd.DataFrame({"ZN": [1.0, -1.0]}, index=DAYS[[1, 5]])
    prices = frame(100 * 1.01 ** np.arange(12.0))
    curve = delay_curve(positions, prices, (0, 2), costs="none")
    assert curve.index[0] == DAYS[3]
    assert curve[0]["ZN"].to_list() == pytest.approx([0.01] * 3 + [-0.01] * 6)
    assert curve[2]["ZN"].to_list() == pytest.approx([0.0] + [0.01] * 4 + [-0.01] * 4)

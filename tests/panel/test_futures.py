"""Excess-return indices: par bonds, rolls, and both against each other on real contracts."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from macrotrade.errors import DataError
from macrotrade.panel.futures import RollRule, contract_index, nearby_price, par_bond_index


def flat_curve(rate: float, days: pd.DatetimeIndex) -> pd.DataFrame:
    return pd.DataFrame(rate, index=days, columns=[2.0, 5.0, 10.0, 20.0, 30.0])


def test_a_constant_flat_curve_earns_yield_less_bill():
    days = pd.date_range("2000-01-31", periods=121, freq="ME")
    result = par_bond_index(flat_curve(6.0, days), pd.Series(4.0, days), 10.0)
    years = (days[-1] - days[0]).days / 365.25
    earned = np.log(result.index.iloc[-1] / 100.0) / years
    assert earned == pytest.approx(2 * np.log(1.03) - 0.04, abs=2e-4)
    assert result.index.iloc[0] == 100.0
    assert result.rolls.empty
    assert len(result.spliced) == 0


def test_roll_down_earns_the_slope_of_the_curve_times_duration():
    days = pd.DatetimeIndex(["2000-01-31", "2000-02-29"])
    curve = pd.DataFrame([[5.0, 6.0]] * 2, index=days, columns=[5.0, 10.0])
    bill = pd.Series(5.0, days)
    with_roll = par_bond_index(curve, bill, 10.0).returns.iloc[1]
    without = par_bond_index(curve, bill, 10.0, roll_down=False).returns.iloc[1]
    duration = (1 - 1.03**-20) / 0.06
    assert with_roll - without == pytest.approx(duration * 0.01 / 5 * 29 / 365.25, rel=0.01)


def test_the_return_of_a_step_uses_the_bill_of_its_first_day():
    days = pd.DatetimeIndex(["2000-01-31", "2000-02-29"])
    late = par_bond_index(flat_curve(5.0, days), pd.Series([4.0, 9.0], days), 10.0)
    early = par_bond_index(flat_curve(5.0, days), pd.Series([4.0, 1.0], days), 10.0)
    assert late.returns.iloc[1] == early.returns.iloc[1]


def test_a_missing_maturity_leaves_a_gap_that_no_return_crosses():
    days = pd.bdate_range("2000-01-03", periods=10)
    curve = flat_curve(5.0, days)
    curve.loc[days[4:6], 30.0] = np.nan
    result = par_bond_index(curve, pd.Series(3.0, days), 30.0)
    assert result.index.isna().tolist() == [False] * 4 + [True] * 2 + [False] * 4
    assert result.returns.isna().tolist() == [True] + [False] * 3 + [True] * 3 + [False] * 3
    assert result.index.iloc[6] == result.index.iloc[3]


def test_a_substitute_maturity_fills_the_gap_and_is_listed():
    days = pd.bdate_range("2000-01-03", periods=10)
    walk = np.random.default_rng(0).normal(0, 0.05, (10, 1)).cumsum(axis=0)
    curve = flat_curve(5.0, days) + walk
    curve.loc[days[4:6], 30.0] = np.nan
    bill = pd.Series(3.0, days)
    result = par_bond_index(curve, bill, 30.0, substitute=20.0)
    twenty = par_bond_index(curve, bill, 20.0)
    assert list(result.spliced) == list(days[4:7])
    np.testing.assert_allclose(result.returns[days[4:7]], twenty.returns[days[4:7]])
    assert result.index.notna().all()


def test_an_unknown_maturity_is_refused_with_those_at_hand():
    days = pd.bdate_range("2000-01-03", periods=3)
    with pytest.raises(DataError, match="No 7-year yield; the curve has maturities 2, 5, 10"):
        par_bond_index(flat_curve(5.0, days), pd.Series(3.0, days), 7.0)


def test_roll_down_needs_a_shorter_yield():
    days = pd.bdate_range("2000-01-03", periods=3)
    with pytest.raises(DataError, match="roll_down needs a yield shorter than 2 years"):
        par_bond_index(flat_curve(5.0, days), pd.Series(3.0, days), 2.0)


def test_sessions_out_of_order_are_refused():
    days = pd.bdate_range("2000-01-03", periods=3)[::-1]
    with pytest.raises(DataError, match="rise without duplicates"):
        par_bond_index(flat_curve(5.0, days), pd.Series(3.0, days[::-1]), 10.0)


@pytest.mark.parametrize(
    ("rule", "contract", "last_day"),
    [
        (RollRule("first_notice", 0), "2009-03", "2009-02-27"),
        (RollRule("first_notice", 2), "2009-03", "2009-02-25"),
        (RollRule("delivery_month", 1), "2009-03", "2009-02-27"),
        (RollRule("delivery_month", 0), "2009-03", "2009-03-02"),  # the first was a Sunday
        (RollRule("third_friday", 0), "2009-03", "2009-03-20"),
        (RollRule("third_friday", 5), "2009-03", "2009-03-13"),
    ],
)
def test_a_contract_is_left_the_given_weekdays_before(rule, contract, last_day):
    assert rule.last_day(pd.Period(contract, "M")) == pd.Timestamp(last_day)


def two_contracts() -> pd.DataFrame:
    days = pd.bdate_range("2009-02-16", "2009-03-06")
    near, far = pd.Period("2009-03", "M"), pd.Period("2009-06", "M")
    walk = 100 * 1.001 ** np.arange(len(days))
    tables = [
        pd.DataFrame({"date": days, "contract": near, "price": walk}),
        pd.DataFrame({"date": days, "contract": far, "price": walk * 0.97}),
    ]
    return pd.concat(tables)


def test_the_gap_between_contracts_is_not_a_return():
    result = contract_index(two_contracts(), RollRule("first_notice", 2))
    np.testing.assert_allclose(result.returns.dropna(), 0.001, rtol=1e-10)
    roll = result.rolls.iloc[0]
    assert len(result.rolls) == 1
    assert roll["session"] == pd.Timestamp("2009-02-26")
    assert roll["quoted_on"] == pd.Timestamp("2009-02-25")
    assert (str(roll["from_contract"]), str(roll["to_contract"])) == ("2009-03", "2009-06")
    assert roll["ratio"] == pytest.approx(0.97)
    assert "2 weekdays before first_notice" in result.method


def test_a_roll_calendar_says_what_is_held_over_each_session():
    table = two_contracts()
    days = pd.DatetimeIndex(table["date"].unique())
    held = pd.Series(pd.PeriodIndex(["2009-03"] * 5 + ["2009-06"] * (len(days) - 5), freq="M"), days)
    result = contract_index(table, held)
    assert result.rolls["session"].tolist() == [days[5]]
    assert "calendar" in result.method


def test_later_prices_do_not_move_earlier_levels():
    table = two_contracts()
    rule = RollRule("first_notice", 2)
    whole = contract_index(table, rule).index
    cut = contract_index(table[table["date"] <= "2009-02-27"], rule).index
    pd.testing.assert_series_equal(whole[:"2009-02-27"], cut, check_freq=False)


def test_contracts_never_quoted_together_are_refused():
    table = two_contracts()
    far = table["contract"] == pd.Period("2009-06", "M")
    table = table[~(far & (table["date"] < "2009-02-26"))]
    with pytest.raises(DataError, match=r"2009-03 and 2009-06 were never quoted on the same day.*2009-02-26"):
        contract_index(table, RollRule("first_notice", 2))


def test_an_additively_adjusted_price_is_refused():
    table = two_contracts()
    table["price"] -= 100.5
    with pytest.raises(DataError, match="must be positive"):
        contract_index(table, RollRule())


def test_two_prices_of_one_session_are_refused():
    table = two_contracts()
    with pytest.raises(DataError, match="two prices on 2009-02-16"):
        contract_index(pd.concat([table, table.iloc[:1]]), RollRule())


def test_an_unadjusted_price_keeps_the_gap_that_the_index_leaves_out():
    held = RollRule("first_notice", days=2)
    contracts = two_contracts()

    price, index = nearby_price(contracts, held), contract_index(contracts, held)

    assert price.index.equals(index.index.index)
    roll = index.rolls.iloc[0]
    gap = price.pct_change() - index.returns
    assert gap[roll["session"]] == pytest.approx((1.0 + index.returns[roll["session"]]) * (roll["ratio"] - 1.0))
    assert gap.drop(roll["session"]).abs().max() < 1e-12

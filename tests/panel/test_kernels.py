"""Par bonds against payment-by-payment discounting; joined contracts against a plain loop."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from macrotrade.panel.kernels import (
    chained_index,
    contract_returns,
    interpolated_yield,
    par_bond_excess_return,
    par_bond_price,
)

yields = st.floats(-0.01, 0.18)
maturities = st.sampled_from([0.5, 1.0, 2.0, 3.0, 5.0, 7.0, 10.0, 20.0, 30.0])
steps = st.floats(0.0, 0.25)


def discounted_payments(coupon: float, yield_now: float, maturity: float, elapsed: float) -> float:
    """Each payment over its own discount factor."""
    n_payments = round(2 * maturity)
    price = 0.0
    for k in range(1, n_payments + 1):
        payment = coupon / 2.0 + (1.0 if k == n_payments else 0.0)
        price += payment / (1.0 + yield_now / 2.0) ** (k - 2.0 * elapsed)
    return price


@given(yields, yields, maturities, steps)
def test_the_price_is_the_sum_of_discounted_payments(coupon, yield_now, maturity, elapsed):
    price = par_bond_price(np.array([coupon]), np.array([yield_now]), maturity, np.array([elapsed]))
    assert price[0] == pytest.approx(discounted_payments(coupon, yield_now, maturity, elapsed), rel=1e-11)


@given(yields, maturities)
def test_a_bond_just_issued_is_worth_par(coupon, maturity):
    price = par_bond_price(np.array([coupon]), np.array([coupon]), maturity, np.array([0.0]))
    assert price[0] == pytest.approx(1.0, abs=1e-12)


def test_at_a_yield_of_zero_the_price_is_the_sum_of_payments():
    assert par_bond_price(np.array([0.04]), np.array([0.0]), 10.0, np.array([0.1]))[0] == pytest.approx(1.4)


@given(yields, yields, maturities, steps)
def test_an_unchanged_flat_curve_earns_its_carry(rate, bill, maturity, elapsed):
    arrays = (np.array([rate]), np.array([rate]), np.array([bill]))
    earned = par_bond_excess_return(*arrays, maturity, np.array([elapsed]))
    assert earned[0] == pytest.approx((1.0 + rate / 2.0) ** (2.0 * elapsed) - 1.0 - bill * elapsed, abs=1e-11)


@given(st.floats(0.01, 0.15), st.floats(-1e-5, 1e-5), maturities)
def test_a_small_parallel_shift_costs_modified_duration(rate, shift, maturity):
    flat = np.array([rate])
    earned = par_bond_excess_return(flat, flat + shift, np.zeros(1), maturity, np.zeros(1))
    duration = (1.0 - (1.0 + rate / 2.0) ** (-2.0 * maturity)) / rate  # of a par bond
    assert earned[0] == pytest.approx(-duration * shift, abs=maturity**2 * shift**2 + 1e-12)


def test_the_yield_of_a_shortened_life_lies_on_the_line_between_its_neighbours():
    found = interpolated_yield(np.array([0.03]), np.array([0.05]), np.array([7.0]), 10.0, np.array([8.5]))
    assert found[0] == pytest.approx(np.interp(8.5, [7.0, 10.0], [0.03, 0.05]))


def test_a_missing_yield_gives_a_missing_return():
    earned = par_bond_excess_return(
        np.array([0.05, np.nan]), np.array([np.nan, 0.05]), np.zeros(2), 10.0, np.full(2, 0.1)
    )
    assert np.isnan(earned).all()


@given(st.integers(0, 10_000))
def test_returns_of_held_contracts_are_those_of_one_contract_at_a_time(seed):
    generator = np.random.default_rng(seed)
    prices = np.exp(generator.normal(0, 0.02, (30, 3)).cumsum(axis=0) + generator.normal(0, 1, 3))
    held = np.sort(generator.integers(0, 3, 30))

    returns, quoted, ratio = contract_returns(prices, held)

    # With every contract quoted every day, each return is that of the contract held over the day.
    for t in range(1, 30):
        assert returns[t] == pytest.approx(prices[t, held[t]] / prices[t - 1, held[t]] - 1.0, rel=1e-12)
        rolled = held[t] != held[t - 1]
        assert quoted[t] == (t - 1 if rolled else -1)
        assert np.isnan(ratio[t]) != rolled


def test_the_ratio_comes_from_the_last_session_on_which_both_contracts_were_quoted():
    prices = np.array([[100.0, 98.0], [101.0, np.nan], [np.nan, 99.5]])
    returns, quoted, ratio = contract_returns(prices, np.array([0, 0, 1]))
    assert quoted.tolist() == [-1, -1, 0]
    assert ratio[2] == pytest.approx(0.98)
    assert returns[2] == pytest.approx(99.5 / (101.0 * 0.98) - 1.0)


def test_a_roll_without_a_common_session_has_no_return():
    prices = np.array([[100.0, np.nan], [101.0, np.nan], [np.nan, 99.5]])
    returns, quoted, _ = contract_returns(prices, np.array([0, 0, 1]))
    assert np.isnan(returns[2])
    assert quoted[2] == -1


def test_prices_multiplied_by_constants_give_the_same_returns():
    prices = np.exp(np.random.default_rng(1).normal(0, 0.02, (20, 2)).cumsum(axis=0)) * 100
    held = np.repeat([0, 1], 10)
    np.testing.assert_allclose(contract_returns(prices, held)[0], contract_returns(prices * [2.0, 0.5], held)[0])


def test_a_chained_index_compounds_and_leaves_gaps_open():
    index = chained_index(np.array([np.nan, 0.1, np.nan, np.nan, 0.1]))
    np.testing.assert_allclose(index, [100.0, 110.0, np.nan, 110.0, 121.0])


def test_a_chained_index_starts_where_returns_start():
    index = chained_index(np.array([np.nan, np.nan, np.nan, 0.1, -0.5]))
    np.testing.assert_allclose(index, [np.nan, np.nan, 100.0, 110.0, 55.0])


@given(st.lists(st.one_of(st.just(np.nan), st.floats(-0.5, 0.5)), min_size=2, max_size=30))
def test_no_return_is_invented_by_chaining(returns):
    known = np.array(returns)
    index = chained_index(known)
    implied = index[1:] / index[:-1] - 1.0
    seen = ~np.isnan(implied)
    np.testing.assert_allclose(implied[seen], known[1:][seen], atol=1e-9)

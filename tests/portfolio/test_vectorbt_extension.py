"""The accessor and the indicator, as a vectorbt user meets them."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
import vectorbt as vbt

from macrotrade.panel.panel import SeriesInfo
from macrotrade.panel.vintages import History
from macrotrade.portfolio import MACROSIGNAL, carried, ordered, register, simulate

SESSIONS = pd.bdate_range("2003-01-01", "2005-12-30")


@pytest.fixture(scope="module")
def prices() -> pd.DataFrame:
    moves = np.random.default_rng(3).normal(0.0, 0.01, size=(len(SESSIONS), 2))
    return pd.DataFrame(100 * np.exp(np.cumsum(moves, axis=0)), index=SESSIONS, columns=["ZN", "SPX"])


@pytest.fixture(scope="module")
def scores() -> pd.DataFrame:
    origins = pd.date_range("2003-02-28", "2005-11-30", freq="ME", name="origin")
    columns = pd.MultiIndex.from_product([["a", "b"], ["SPX", "ZN"]], names=["provider", "instrument"])
    return pd.DataFrame(np.random.default_rng(4).uniform(-1, 1, size=(len(origins), 4)), index=origins, columns=columns)


def test_scores_become_positions_and_a_portfolio(scores: pd.DataFrame, prices: pd.DataFrame) -> None:
    positions = scores.vbt.macro.positions("long_short", threshold=0.2)
    portfolio = positions.vbt.macro.simulate(prices, costs="futures")
    pd.testing.assert_series_equal(portfolio.total_return(), simulate(positions, prices).total_return())
    assert set(np.unique(positions)) == {-1.0, 0.0, 1.0}


def test_a_history_stands_in_for_its_prices(scores: pd.DataFrame, prices: pd.DataFrame) -> None:
    market = prices.assign(DGS10=4.0)
    kinds = {"ZN": "price", "SPX": "price", "DGS10": "yield"}
    history = History("made", "pseudo", {}, market, {name: SeriesInfo(name, "D", kind) for name, kind in kinds.items()})
    positions = np.sign(scores)
    ours, theirs = positions.vbt.macro.simulate(history), positions.vbt.macro.simulate(prices)
    pd.testing.assert_series_equal(ours.total_return(), theirs.total_return())


def test_one_series_has_the_accessor_too(scores: pd.DataFrame, prices: pd.DataFrame) -> None:
    zn = np.sign(scores["a", "ZN"]).rename("ZN")
    portfolio = zn.vbt.macro.simulate(prices["ZN"], costs="none")
    record = zn.vbt.macro.track_record(prices["ZN"], costs="none")
    np.testing.assert_allclose(portfolio.returns().to_numpy(), record.returns["ZN"].to_numpy(), atol=1e-12)
    pd.testing.assert_frame_equal(zn.vbt.macro.exposure(prices), carried(zn, SESSIONS))


def test_registering_twice_is_silent_and_changes_nothing() -> None:
    before = pd.DataFrame({"ZN": [1.0]}).vbt.macro.__class__
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        register()
    assert pd.DataFrame({"ZN": [1.0]}).vbt.macro.__class__ is before


def test_entries_and_exits_from_the_accessor_trade_as_positions_do(scores: pd.DataFrame, prices: pd.DataFrame) -> None:
    positions = np.sign(scores).clip(lower=0.0)
    macro = positions.vbt.macro
    named = prices[["SPX", "ZN"]].rename_axis(columns="instrument")
    portfolio = vbt.Portfolio.from_signals(named, macro.entries(named), macro.exits(named), freq="1D")
    expected = simulate(positions, prices, costs="none").total_return()
    for provider, symbol in positions.columns:
        assert portfolio.total_return()[provider, symbol] == pytest.approx(expected[provider, symbol], rel=1e-9)


def test_entries_by_origin_mark_each_change_of_mind(scores: pd.DataFrame) -> None:
    positions = pd.DataFrame({"ZN": [np.nan, 1.0, 1.0, -1.0, 0.0]}, index=scores.index[:5])
    macro = positions.vbt.macro
    assert macro.entries()["ZN"].tolist() == [False, True, False, False, False]
    assert macro.exits()["ZN"].tolist() == [False, False, False, True, False]
    assert macro.short_entries()["ZN"].tolist() == [False, False, False, True, False]
    assert macro.short_exits()["ZN"].tolist() == [False, False, False, False, True]


def test_the_indicator_trades_through_from_signals_as_its_positions_do(
    scores: pd.DataFrame, prices: pd.DataFrame
) -> None:
    signal = MACROSIGNAL.run(prices[["SPX", "ZN"]], scores["a"], threshold=0.1, short=False)
    portfolio = vbt.Portfolio.from_signals(prices[["SPX", "ZN"]], signal.entries, signal.exits, freq="1D")
    positions = scores["a"].vbt.macro.positions("long_flat", threshold=0.1)
    expected = simulate(positions, prices, costs="none").total_return()
    np.testing.assert_allclose(portfolio.total_return(), expected, rtol=1e-9)


def test_the_indicator_goes_short_where_asked(scores: pd.DataFrame, prices: pd.DataFrame) -> None:
    signal = MACROSIGNAL.run(prices["ZN"], scores["a", "ZN"].rename("ZN"))
    portfolio = vbt.Portfolio.from_signals(
        prices["ZN"],
        signal.entries,
        signal.exits,
        signal.short_entries,
        signal.short_exits,
        upon_opposite_entry="reverse",
        freq="1D",
    )
    expected = simulate(np.sign(scores["a", "ZN"]).rename("ZN"), prices["ZN"], costs="none", mode="signals")
    assert portfolio.total_return() == pytest.approx(expected.total_return(), rel=1e-9)


def test_a_grid_of_thresholds_gives_a_column_each(scores: pd.DataFrame, prices: pd.DataFrame) -> None:
    signal = MACROSIGNAL.run(prices[["SPX", "ZN"]], scores["a"], threshold=[0.0, 0.3, 0.6], short=[True, False, True])
    held = signal.position.abs().mean()
    assert signal.position.shape == (len(SESSIONS), 6)
    assert held.index.names[:2] == ["macrosignal_threshold", "macrosignal_short"]
    product = MACROSIGNAL.run(
        prices[["SPX", "ZN"]], scores["a"], threshold=[0.0, 0.3], hysteresis=[0.0, 0.2], param_product=True
    )
    assert product.position.shape == (len(SESSIONS), 8)
    expected = ordered(scores["a"].vbt.macro.positions("long_short", 0.3, 0.2), SESSIONS)
    np.testing.assert_array_equal(product.position.iloc[:, -2:].to_numpy(), expected.to_numpy())


def test_scores_of_several_providers_meet_prices_by_instrument(scores: pd.DataFrame, prices: pd.DataFrame) -> None:
    signal = MACROSIGNAL.run(prices, scores)
    expected = ordered(np.sign(scores), SESSIONS)
    np.testing.assert_array_equal(signal.position.to_numpy(), expected.to_numpy())
    close = signal.close.to_numpy()
    np.testing.assert_array_equal(close, prices[["SPX", "ZN", "SPX", "ZN"]].to_numpy())


def test_the_last_bar_shows_the_order_for_the_session_to_come(prices: pd.DataFrame) -> None:
    score = pd.DataFrame({"ZN": [0.5]}, index=SESSIONS[-1:])
    signal = MACROSIGNAL.run(prices["ZN"], score["ZN"])
    assert bool(signal.entries.iloc[-1])
    assert int(signal.entries.sum()) == 1

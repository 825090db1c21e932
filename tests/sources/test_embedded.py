"""The embedded history: complete, dated as published, and open about what was made of yields."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from macrotrade.instruments import INSTRUMENTS
from macrotrade.panel.vintages import History
from macrotrade.sources.embedded import embedded_market, load_embedded
from macrotrade.sources.euro_area import load_euro_area


@pytest.fixture(scope="module")
def history() -> History:
    return load_embedded()


def test_the_history_says_that_its_vintages_are_pseudo(history):
    assert history.vintages == "pseudo"
    assert history.as_of("2008-12-31").vintages == "pseudo"


def test_all_series_are_there_by_frequency(history):
    panel = history.as_of("2026-12-31")
    assert len(panel.names("macro", "M")) == 117 + 5
    assert set(panel.names("macro", "Q")) == {"BALANCE_PRIVATE", "BALANCE_GOVERNMENT", "BALANCE_WORLD", "GDP"}
    assert panel.names("price") == ("ZT", "ZF", "ZN", "ZB", "SPX")
    assert len(panel.names("yield")) == 11


def test_the_driver_of_every_instrument_at_hand_is_a_market_series(history):
    for symbol in ("ZT", "ZF", "ZN", "ZB", "SPX"):
        assert INSTRUMENTS[symbol].driver in history.market.columns


def test_a_number_is_public_its_delay_after_the_period(history):
    assert np.isnan(history.as_of("2009-11-04").monthly["UNRATE"][pd.Period("2009-10")])
    assert history.as_of("2009-11-05").monthly["UNRATE"][pd.Period("2009-10")] == 10.0
    assert history.as_of("2009-11-05").monthly["INDPRO"].last_valid_index() == pd.Period("2009-09")
    assert history.as_of("2009-03-30").quarterly["GDP"].last_valid_index() == pd.Period("2008Q3")
    assert history.as_of("2009-03-31").quarterly["GDP"].last_valid_index() == pd.Period("2008Q4")


def test_yields_and_prices_are_known_at_the_close_of_their_day(history):
    daily = history.as_of("2008-12-31").daily.iloc[-1]
    assert daily[["DGS2", "DGS10", "DGS30", "SPX"]].tolist() == [0.76, 2.25, 2.69, 903.25]
    assert history.as_of("2008-12-30").daily.index[-1] == pd.Timestamp("2008-12-30")


def test_a_month_ends_with_its_last_session_and_not_its_average(history):
    monthly = history.as_of("2008-12-31").monthly
    assert monthly["DGS10"][pd.Period("2008-12")] == 2.25
    assert history.as_of("2009-01-31").monthly["GS10"][pd.Period("2008-12")] == 2.42


@pytest.mark.parametrize(("symbol", "volatility"), [("ZT", 1.7), ("ZF", 4.3), ("ZN", 7.3), ("ZB", 12.7)])
def test_the_synthetic_futures_move_as_par_bonds_do(history, symbol, volatility):
    level = history.prices([symbol])[symbol]["1990":].dropna()
    monthly = level.groupby(pd.DatetimeIndex(level.index).to_period("M")).last().pct_change()
    assert monthly.std() * np.sqrt(12) * 100 == pytest.approx(volatility, abs=0.1)
    yields = history.market[INSTRUMENTS[symbol].driver]["1990":].dropna()
    changes = yields.groupby(pd.DatetimeIndex(yields.index).to_period("M")).last().diff()
    assert monthly.corr(changes) < -0.95


def test_before_1990_five_and_ten_years_stand_on_month_ends(history):
    prices = history.prices(["ZF", "ZN"])[:"1989"]
    months = pd.DatetimeIndex(prices.dropna().index).to_period("M")
    assert prices.dropna().shape == (336, 2)
    assert months.is_unique
    assert history.prices(["ZT"]).dropna().index[0] == pd.Timestamp("1990-01-02")


def test_the_years_without_a_thirty_year_bond_are_told_and_joined_without_a_jump(history):
    notes = " ".join(history.notes)
    assert "20-year par bond on 995 sessions from 2002-02-19 to 2006-02-09" in notes
    assert "DGS30 is DGS20 less 0.21" in notes
    assert "synthetic" in notes
    gap = history.market["2002-02-15":"2006-02-09"]
    assert gap["DGS30"].dropna().sub(gap["DGS20"].dropna()).round(2).eq(-0.21).all()
    assert history.market["DGS30"]["2006-02-06":"2006-02-10"].diff().abs().max() < 0.06
    assert gap["ZB"].notna().sum() == gap["DGS20"].notna().sum()


def test_what_the_market_gives_a_panel_of_another_source_is_described():
    market = embedded_market()
    assert set(market.info) == set(market.frame.columns)
    assert {info.kind for info in market.info.values()} == {"yield", "price"}


def test_the_past_of_the_panel_does_not_move_with_the_origin(history):
    early, late = history.as_of("2000-06-30"), history.as_of("2010-06-30")
    known = early.monthly["INDPRO"].dropna()
    pd.testing.assert_series_equal(known, late.monthly["INDPRO"][known.index])


def test_the_euro_area_is_known_by_quarter_with_its_delays():
    history = load_euro_area()
    quarterly = history.as_of("2007-05-15").quarterly
    assert quarterly.loc["2007Q1", ["HICP", "STN"]].tolist() == pytest.approx([122.42, 3.82], abs=0.005)
    assert np.isnan(quarterly.loc["2007Q1", "YER"])
    assert history.as_of("2007-06-04").quarterly.loc["2007Q1", "YER"] > 1.8e6
    assert load_euro_area("awm_update").as_of("2026-12-31").quarterly.index[-1] == pd.Period("2026Q3")

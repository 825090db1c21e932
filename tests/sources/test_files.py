"""Files of prices, contracts and yields, with the ugliness of real ones."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from macrotrade.panel.futures import RollRule, contract_index, par_bond_index
from macrotrade.schedule import month_end_sessions
from macrotrade.sources.embedded_tables import read_table
from macrotrade.sources.files import read_contracts, read_ohlc, read_prices, read_roll_calendar, read_yields

TODAY = pd.Timestamp("2026-12-31")
HOURLY = """DATETIME,CARRY,CARRY_CONTRACT,PRICE,PRICE_CONTRACT,FORWARD,FORWARD_CONTRACT
2013-11-25 23:00:00,,20140300,126.0,20131200.0,124.5,20140300
2013-11-26 15:00:00,,20140300,126.5,20131200.0,124.9,20140300
2013-11-26 16:00:00,,20140300,126.7,20131200.0,125.0,20140300
2013-11-26 17:00:00,,20140300,,20131200.0,,20140300
2013-11-27 16:00:00,,20140600,125.5,20140300.0,,20140600
"""


@pytest.fixture
def hourly(tmp_path: Path) -> Path:
    path = tmp_path / "US10.csv.gz"
    path.write_bytes(gzip.compress(HOURLY.encode()))
    return path


def test_the_last_price_of_each_day_and_contract_is_kept(hourly):
    contracts = read_contracts(hourly, today=TODAY)
    table = contracts.prices.pivot_table(index="date", columns="contract", values="price")
    near, far = pd.Period("2013-12", "M"), pd.Period("2014-03", "M")
    assert table[near].dropna().tolist() == [126.0, 126.7]
    assert table[far].tolist() == [124.5, 125.0, 125.5]
    assert contracts.held is not None
    assert [str(contract) for contract in contracts.held] == ["2013-12", "2013-12", "2014-03"]


def test_contracts_read_are_contracts_rolled(hourly):
    contracts = read_contracts(hourly, today=TODAY)
    result = contract_index(contracts.prices, contracts.held)
    assert result.returns.iloc[1:].tolist() == pytest.approx([126.7 / 126.0 - 1, 125.5 / 125.0 - 1])
    assert result.rolls["ratio"].iloc[0] == pytest.approx(125.0 / 126.7)


@pytest.mark.parametrize("label", ["2009-03", "200903", "20090300", "20090300.0", "2009-03-20"])
def test_a_long_table_takes_contracts_in_any_usual_form(tmp_path, label):
    path = tmp_path / "long.csv"
    path.write_text(f"Date,Contract,Price\n2009-01-02,{label},125.5\n2009-01-05,{label},124.0\n")
    contracts = read_contracts(path, today=TODAY)
    assert set(contracts.prices["contract"]) == {pd.Period("2009-03", "M")}
    assert contracts.held is None


def test_a_long_table_may_say_what_is_held(tmp_path):
    path = tmp_path / "long.csv"
    path.write_text("date,contract,price,held\n2009-01-02,200903,1.5,200903\n2009-01-05,200906,1.4,200906\n")
    held = read_contracts(path, today=TODAY).held
    assert held is not None
    assert held.astype(str).tolist() == ["2009-03", "2009-06"]


def test_prices_with_a_time_zone_keep_their_own_days(tmp_path):
    path = tmp_path / "prices.csv"
    path.write_text("Date,ZN\n2020-01-02 00:00:00-05:00,128.5\n2020-07-02 00:00:00-04:00,139.0\n")
    assert read_prices(path, today=TODAY).index.strftime("%Y-%m-%d").tolist() == ["2020-01-02", "2020-07-02"]


def test_a_parquet_file_with_a_date_index_is_read(tmp_path):
    path = tmp_path / "prices.parquet"
    frame = pd.DataFrame({"ZN": [128.5, 129.0]}, index=pd.to_datetime(["2020-01-02", "2020-01-03"]))
    frame.to_parquet(path)
    pd.testing.assert_frame_equal(read_prices(path, today=TODAY), frame, check_names=False, check_index_type=False)


def test_rows_of_separators_at_the_end_are_left_out(tmp_path):
    path = tmp_path / "prices.csv"
    path.write_text("Date,ZN,ZB\n2020-01-02,128.5,155\n2020-01-03,129,157\n,,\n,,\n")
    assert len(read_prices(path, today=TODAY)) == 2


def test_ohlc_columns_are_found_whatever_their_case(tmp_path):
    path = tmp_path / "ohlc.csv"
    path.write_text("DATE,OPEN,High,low,Close,Volume\n2020-01-02,1,2,0.5,1.5,100\n2020-01-03,1,3,0.6,2,90\n")
    assert read_ohlc(path, today=TODAY).columns.tolist() == ["open", "high", "low", "close"]


def test_real_files_of_prices_and_yields_are_read(shared_data):
    index = read_prices(shared_data / "equity" / "GSPC_daily_1927_2024-05.csv.gz", today=TODAY)
    vix = read_ohlc(shared_data / "equity" / "cboe_vix_daily.csv.gz", today=TODAY)
    early = read_yields(shared_data / "rates" / "h15_daily_to_2021-01" / "DGS10.csv.gz", today=TODAY)
    late = read_yields(shared_data / "rates" / "h15_daily_2005_2026-02" / "DGS10.csv.gz", today=TODAY)
    assert len(index) == 24_201
    assert index.iloc[:, 0][pd.Timestamp("2008-12-31")] == pytest.approx(903.25)
    assert vix.index[0] == pd.Timestamp("1990-01-02")
    both = early.iloc[:, 0].to_frame("early").join(late.iloc[:, 0].rename("late"), how="inner").dropna()
    assert (both["early"] == both["late"]).all()
    assert len(both) > 3_900


def test_the_real_roll_calendar_agrees_with_what_the_prices_hold(shared_data):
    calendar = read_roll_calendar(shared_data / "futures" / "roll_calendars" / "US10.csv")
    held = read_contracts(shared_data / "futures" / "multiple_prices" / "US10.csv.gz", today=TODAY).held
    assert held is not None
    changed = held[held != held.shift()].iloc[1:]
    common = changed.index.intersection(calendar["date"])
    assert len(common) > 150
    assert (calendar.set_index("date")["next"][common] == changed[common]).all()


# Real contracts, and the correlation and volatilities (% a year: par bond, contract) they are to show.
REAL = {
    "US2": (2.0, 0.97, 1.5, 1.5),
    "US5": (5.0, 0.98, 4.3, 4.0),
    "US10": (10.0, 0.97, 7.3, 5.9),
    "US20": (30.0, 0.95, 12.9, 9.1),
}


@pytest.mark.parametrize("step", ["monthly", "daily"])
@pytest.mark.parametrize("code", REAL)
def test_par_bonds_move_with_the_real_contracts(shared_data, code, step):
    maturity, correlation, bond_volatility, contract_volatility = REAL[code]
    contracts = read_contracts(shared_data / "futures" / "multiple_prices" / f"{code}.csv.gz", today=TODAY)
    real = _monthly(contract_index(contracts.prices, contracts.held).index)
    curve = _embedded_curve()
    bill = curve[0.25]
    if step == "monthly":
        curve = curve.loc[month_end_sessions(pd.DatetimeIndex(curve.index))]
    synthetic = _monthly(par_bond_index(curve, bill, maturity).index)

    both = pd.DataFrame({"real": real, "synthetic": synthetic})["1990-02":"2017-03"].dropna()

    assert len(both) >= (200 if code == "US2" else 270)
    assert both.corr().iloc[0, 1] >= correlation
    volatility = both.std() * np.sqrt(12) * 100
    assert volatility["synthetic"] == pytest.approx(bond_volatility, abs=0.15)
    assert volatility["real"] == pytest.approx(contract_volatility, abs=0.06)


def test_rolling_down_the_curve_is_nearer_to_the_real_contracts_than_staying_at_the_maturity(shared_data):
    curve = _embedded_curve()
    month_ends = curve.loc[month_end_sessions(pd.DatetimeIndex(curve.index))]
    for code, maturity in {"US2": 2.0, "US5": 5.0, "US10": 10.0}.items():
        contracts = read_contracts(shared_data / "futures" / "multiple_prices" / f"{code}.csv.gz", today=TODAY)
        real = _monthly(contract_index(contracts.prices, contracts.held).index)
        rolled = _monthly(par_bond_index(month_ends, curve[0.25], maturity).index)
        stayed = _monthly(par_bond_index(month_ends, curve[0.25], maturity, roll_down=False).index)
        both = pd.DataFrame({"real": real, "rolled": rolled, "stayed": stayed})["1990-02":"2017-03"].dropna()
        correlations = both.corr()["real"]
        misses = (both.mean() - both["real"].mean()).abs()
        assert correlations["rolled"] > correlations["stayed"]
        assert misses["rolled"] < misses["stayed"]


def test_a_roll_rule_comes_to_the_same_returns_as_the_calendar(shared_data):
    contracts = read_contracts(shared_data / "futures" / "multiple_prices" / "US10.csv.gz", today=TODAY)
    by_calendar = _monthly(contract_index(contracts.prices, contracts.held).index)
    by_rule = _monthly(contract_index(contracts.prices, RollRule("first_notice", 3)).index)
    assert by_calendar.corr(by_rule) > 0.999


def _embedded_curve() -> pd.DataFrame:
    curve = read_table("treasury_daily")
    curve.index = pd.DatetimeIndex(curve.index)
    return curve.set_axis([1 / 12, 0.25, 0.5, 1.0, 2.0, 3.0, 5.0, 7.0, 10.0, 20.0, 30.0], axis=1)


def _monthly(level: pd.Series) -> pd.Series:
    """Returns between month ends; unknown where a month's last session has no level."""
    last = level.groupby(pd.DatetimeIndex(level.index).to_period("M")).tail(1)
    return last.set_axis(pd.DatetimeIndex(last.index).to_period("M")).pct_change(fill_method=None)

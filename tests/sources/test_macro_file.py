"""A macro panel of one's own becomes a History."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from macrotrade.panel.panel import SeriesInfo
from macrotrade.sources.macro_file import MacroNotes, load_macro_file

TODAY = pd.Timestamp("2026-12-31")
CSV = "period,CPI,UNRATE\n2008-01,100.0,4.9\n2008-02,100.4,4.8\n2008-03,100.9,\n"


@pytest.fixture
def norway(tmp_path: Path) -> Path:
    path = tmp_path / "norway.csv"
    path.write_text(CSV)
    return path


def test_values_are_held_back_by_their_delay(norway):
    norway.with_suffix(".toml").write_text(
        'name = "Norway"\ndelay_days = 30\n[series.CPI]\ntcode = 6\ndelay_days = 10\nunits = "2008-01 = 100"\n'
    )
    history = load_macro_file(norway, today=TODAY)
    before = history.as_of("2008-03-09").monthly
    after = history.as_of("2008-03-10").monthly
    assert history.name == "Norway"
    assert history.vintages == "pseudo"
    assert before["CPI"].dropna().tolist() == [100.0]
    assert after["CPI"].dropna().tolist() == [100.0, 100.4]
    assert after["UNRATE"].dropna().tolist() == [4.9]  # 30 days after the end of January
    assert history.series["CPI"] == SeriesInfo("CPI", tcode=6, delay_days=10, units="2008-01 = 100")
    assert history.series["UNRATE"].delay_days == 30


def test_without_notes_a_monthly_file_is_public_45_days_late(norway):
    history = load_macro_file(norway, today=TODAY)
    assert history.name == "norway"
    assert history.series["CPI"].delay_days == 45
    assert history.first_day == pd.Timestamp("2008-03-16")


@pytest.mark.parametrize("form", ["2008Q{}", "2008-Q{}", "2008:{}"])
def test_quarters_are_read_in_their_usual_forms(tmp_path, form):
    path = tmp_path / "quarters.csv"
    path.write_text("quarter,YER\n" + "".join(f"{form.format(q)},{100 + q}\n" for q in range(1, 5)))
    history = load_macro_file(path, MacroNotes(frequency="Q"), today=TODAY)
    quarterly = history.as_of("2009-12-31").quarterly
    assert quarterly["YER"].tolist() == [101.0, 102.0, 103.0, 104.0]
    assert quarterly.index[0] == pd.Period("2008Q1")


def test_daily_prices_join_the_panel(norway):
    days = pd.bdate_range("2008-01-01", "2008-03-31")
    market = pd.DataFrame({"OBX": range(1, len(days) + 1)}, index=days, dtype=float)
    info = {"OBX": SeriesInfo("OBX", "D", "price")}
    panel = load_macro_file(norway, market=market, market_info=info, today=TODAY).as_of("2008-02-29")
    assert panel.daily["OBX"].iloc[-1] == 44.0
    assert panel.names("price") == ("OBX",)

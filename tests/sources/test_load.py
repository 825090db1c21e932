from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import macrotrade as mt
from macrotrade.errors import DataError, SettingsError


def test_sources_are_known_by_name_and_near_misses_are_offered() -> None:
    with pytest.raises(SettingsError, match=r"No source or path 'euro_area'. Did you mean 'euro-area'"):
        mt.load("euro_area")
    with pytest.raises(SettingsError, match="Source 'fred-md' needs a path"):
        mt.load("fred-md")


def test_every_history_says_what_kind_of_vintages_it_holds() -> None:
    assert mt.load("embedded").vintages == "pseudo"
    assert mt.load("euro-area").vintages == "pseudo"
    assert mt.load("synthetic").vintages == "true"


def test_real_vintages_are_joined_by_market_data_and_one_name_a_series(shared_data: Path) -> None:
    history = mt.load(str(shared_data / "fredmd" / "fredmd_all_vintages_1999-08_2026-03.parquet"))
    panel = history.as_of("2008-01-31")
    assert history.vintages == "true"
    assert {"DGS30", "ZB", "SPX", "CPIAUCSL"} <= set(panel.monthly.columns)
    assert panel.values("DGS30").index[-1] == pd.Period("2008-01")
    assert panel.values("CPIAUCSL").index[-1] == pd.Period("2007-12")


def test_contracts_of_ones_own_take_the_place_of_synthetic_prices(shared_data: Path) -> None:
    history = mt.load(
        prices={"ZB": shared_data / "futures" / "multiple_prices" / "US20.csv.gz"},
        yields={"DGS30": shared_data / "rates" / "h15_daily_to_2021-01" / "DGS30.csv.gz"},
    )
    index = history.prices(["ZB"])["ZB"]
    december, later = index.loc["2007-12-31"], index.loc["2010-12-31"]
    # The true excess return of holding the contract over these three years was 17 per cent, roll gaps left out.
    assert later / december == pytest.approx(1.17, abs=0.01)
    assert history.market["DGS30"].loc["2003-06-30"] > 0
    assert any(note.startswith("ZT, ZF, ZN are synthetic") for note in history.notes)
    assert not any("ZB" in note and "par bond" in note for note in history.notes)
    assert any(note.startswith("ZB: contracts rolled") for note in history.notes)


def test_a_file_with_two_series_is_refused_by_name(tmp_path: Path) -> None:
    file = tmp_path / "two.csv"
    days = pd.bdate_range("2010-01-01", periods=50)
    rng = np.random.default_rng(1)
    pd.DataFrame({"a": rng.uniform(1, 2, 50), "b": rng.uniform(1, 2, 50)}, index=days).to_csv(file, index_label="date")
    with pytest.raises(DataError, match=r"two\.csv: one column besides the date"):
        mt.load(prices={"ZN": file})


def test_a_file_cut_off_within_its_last_number_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "cut.csv"
    days = pd.bdate_range("2010-01-01", periods=50)
    whole = pd.Series(np.linspace(100.25, 110.75, 50), index=days, name="close").to_csv(index_label="date")
    file.write_text(whole[:-4], encoding="utf-8")
    with pytest.raises(DataError, match=r"cut\.csv: the last line .* does not end"):
        mt.load(prices={"ZN": file})

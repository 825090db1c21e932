"""The shipped tables are the published figures, and a damaged one is noticed."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from macrotrade.errors import DataError
from macrotrade.sources.embedded_tables import FOLDER, check_embedded, read_manifest, read_table, write_tables


def test_every_shipped_table_agrees_with_the_manifest():
    assert check_embedded() == ()


def test_every_table_in_the_folder_is_in_the_manifest_and_in_the_sources_page():
    shipped = {path.stem for path in FOLDER.glob("*.parquet")}
    page = (FOLDER / "DATA_SOURCES.md").read_text(encoding="utf-8")
    assert shipped == set(read_manifest())
    assert all(name in page for name in shipped)


def test_the_tables_stay_small_enough_to_ship():
    assert sum(path.stat().st_size for path in FOLDER.glob("*.parquet")) < 1_500_000


@pytest.mark.parametrize(
    ("table", "row", "column", "published"),
    [
        ("fred_md", "2009-10", "UNRATE", 10.0),
        ("fred_md", "2008-01", "CPIAUCSL", 212.174),
        ("treasury_daily", "2008-12-31", "10year", 2.25),
        ("treasury_daily", "1990-01-02", "30year", 8.00),
        ("treasury_month_end", "1981-09", "DGS10", 15.84),
        ("yields_monthly_average", "2008-12", "gs10", 2.42),
        ("sp500_daily", "1987-10-19", "SP500", 224.84),
        ("sp500_daily", "2007-12-31", "SP500", 1468.36),
        ("awm18", "1970Q1", "STN", 7.99),
        ("awm18", "2007Q1", "HICP", 122.42),
    ],
)
def test_a_table_holds_the_published_figure(table, row, column, published):
    assert read_table(table).loc[row, column] == pytest.approx(published, abs=0.0051)


def test_the_thirty_year_gap_of_2002_to_2006_is_left_open():
    curve = read_table("treasury_daily")["30year"]
    assert curve.loc["2002-02-19":"2006-02-08"].isna().all()
    assert curve.loc[["2002-02-15", "2006-02-09"]].notna().all()


def test_the_daily_curve_averages_to_the_published_monthly_yield():
    daily = read_table("treasury_daily")
    averages = read_table("yields_monthly_average")
    by_month = daily["10year"].groupby(daily.index.str[:7]).mean().iloc[:-1]
    assert np.abs(by_month - averages["gs10"].reindex(by_month.index)).max() < 0.0051


def test_the_month_ends_continue_in_the_daily_curve():
    daily = read_table("treasury_daily")["10year"]
    last = daily.groupby(daily.index.str[:7]).last()
    before = read_table("treasury_month_end")["DGS10"]
    common = last.index.intersection(before.index)
    miss = (last[common] - before[common]).abs()
    assert len(common) == 124
    # The undated table's month boundary is a neighbouring day in two of these months.
    assert set(miss.index[miss > 0.0051]) == {"1993-04", "1998-11"}
    assert miss.max() < 0.0751


def test_the_sectoral_balances_sum_to_a_small_discrepancy():
    table = read_table("sectoral_balances")
    share = table[["priv", "gov", "row"]].sum(axis=1) / table["gdp"]
    assert abs(share.mean()) < 0.005
    assert share.abs().max() < 0.04


def test_an_altered_table_is_named(tmp_path: Path):
    shutil.copytree(FOLDER, tmp_path, dirs_exist_ok=True)
    table = read_table("sp500_daily").copy()
    table.iloc[100, 0] += 0.01
    table.to_parquet(tmp_path / "sp500_daily.parquet")
    (tmp_path / "awm18.parquet").unlink()
    (tmp_path / "fred_md.parquet").write_bytes((FOLDER / "fred_md.parquet").read_bytes()[:1000])

    problems = check_embedded(tmp_path)

    assert [problem.split(":")[0] for problem in problems] == ["fred_md", "sp500_daily", "awm18"]
    assert "cannot read" in problems[0]
    assert "differs" in problems[1]
    assert "absent" in problems[2]


def test_a_table_written_anew_with_the_same_numbers_is_accepted(tmp_path: Path):
    shutil.copytree(FOLDER, tmp_path, dirs_exist_ok=True)
    read_table("sp500_daily").to_parquet(tmp_path / "sp500_daily.parquet", compression="snappy")
    assert check_embedded(tmp_path) == ()


def test_an_unknown_table_is_refused_with_its_remedy():
    with pytest.raises(DataError, match=r"no_such_table.*rebuild"):
        read_table("no_such_table")


def test_tables_written_are_tables_read(tmp_path: Path):
    table = pd.DataFrame({"x": [1.0, np.nan]}, index=["2000-01", "2000-02"])
    entry = write_tables({"small": (table, ("package==1",))}, tmp_path)["small"]
    pd.testing.assert_frame_equal(read_table("small", tmp_path), table)
    assert (entry.rows, entry.columns, entry.first, entry.last) == (2, 1, "2000-01", "2000-02")
    assert read_manifest(tmp_path)["small"] == entry


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("fred_md", "fredmd_2026-08"),
        ("treasury_daily", "treasury_daily_1990_2017"),
        ("treasury_month_end", "treasury_monthend_1962_2000"),
        ("yields_monthly_average", "yields_monthly_avg"),
        ("sp500_daily", "sp500_daily"),
        ("awm18", "AWM18"),
        ("awm_update", "AWM_update"),
        ("sectoral_balances", "sectoral_balances_q"),
    ],
)
def test_a_table_equals_one_parsed_by_other_code_from_the_same_package(shared_data, name, file):
    other = pd.read_parquet(shared_data / "registry" / f"{file}.parquet").astype(float)
    pd.testing.assert_frame_equal(read_table(name), other, check_exact=True, check_names=False)

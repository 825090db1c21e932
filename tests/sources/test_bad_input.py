"""Every kind of bad input is refused at the door, with file, series, date and remedy in the message."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from macrotrade.errors import DataError
from macrotrade.sources.files import read_contracts, read_ohlc, read_prices, read_yields
from macrotrade.sources.macro_file import MacroNotes, load_macro_file

TODAY = pd.Timestamp("2020-12-31")
GOOD_PRICES = "Date,ZN,SPX\n2020-01-02,128.5,3257.85\n2020-01-03,129.25,3234.85\n2020-01-06,129.0,3246.28\n"
GOOD_MACRO = "period,CPI,UNRATE\n2020-01,258.8,3.5\n2020-02,259.2,3.5\n2020-03,258.1,4.4\n"


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    def _write(content: str | bytes, name: str = "file.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return _write


def refused(read: Callable[..., object], path: Path, *words: str, **options: object) -> str:
    """Message of the refusal, which must name the file and hold every word."""
    with pytest.raises(DataError) as refusal:
        read(path, today=TODAY, **options)
    message = str(refusal.value)
    for word in (str(path), *words):
        assert word in message, f"{word!r} is not in {message!r}"
    return message


def test_good_files_pass(write):
    assert read_prices(write(GOOD_PRICES), today=TODAY).shape == (3, 2)
    assert load_macro_file(write(GOOD_MACRO), today=TODAY).as_of("2020-12-31").monthly.shape == (3, 2)


def test_a_missing_column_offers_the_nearest(write):
    refused(read_prices, write(GOOD_PRICES), "no column 'SPY'", "Did you mean 'SPX'", "Rename", columns=["SPY"])
    refused(read_ohlc, write("Date,Open,High,Close\n2020-01-02,1,2,1.5\n"), "no column 'low'", "Rename")


def test_a_file_of_dates_alone_is_refused(write):
    refused(read_prices, write("Date\n2020-01-02\n"), "no column beside 'Date'")


def test_a_date_in_two_rows_is_named(write):
    path = write(GOOD_PRICES + "2020-01-06,129.0,3246.28\n")
    refused(read_prices, path, "2020-01-06", "more than one row", "keep one row a date")


def test_rows_out_of_order_are_named(write):
    lines = GOOD_PRICES.splitlines()
    path = write("\n".join([lines[0], *lines[:0:-1]]) + "\n")
    refused(read_prices, path, "2020-01-03 comes after 2020-01-06", "sort the rows by date")


def test_a_month_in_two_rows_is_not_monthly(write):
    path = write("period,CPI\n2020-01-02,1.0\n2020-01-03,2.0\n")
    refused(load_macro_file, path, "not monthly", "2020-01 has more than one row", "2020-01-03", "frequency")


def test_an_absent_month_is_not_monthly(write):
    path = write("period,CPI\n2020-01,1.0\n2020-03,2.0\n2020-04,3.0\n")
    refused(load_macro_file, path, "not monthly", "2020-02 has no row", "add the row")


def test_a_monthly_file_said_to_be_quarterly_is_refused(write):
    refused(load_macro_file, write(GOOD_MACRO), "not quarterly", "2020Q1", notes=MacroNotes(frequency="Q"))


@pytest.mark.parametrize("text", ["1,234.5", "12%", "n.a.", "3.5 p", "#REF!"])
def test_text_among_numbers_is_named(write, text):
    path = write(GOOD_MACRO.replace("259.2", f'"{text}"'))
    refused(load_macro_file, path, "'CPI'", repr(text), "2020-02", "not a number", "plain decimals")


@pytest.mark.parametrize("mark", ["", ".", "NA", "NaN", "#N/A", "null"])
def test_usual_marks_of_missing_values_are_let_pass_as_missing(write, mark):
    path = write(GOOD_PRICES.replace("129.25", mark))
    assert read_prices(path, today=TODAY)["ZN"].isna().tolist() == [False, True, False]


def test_a_series_without_any_value_is_named(write):
    path = write("period,CPI,EMPTY\n2020-01,1.0,\n2020-02,2.0,NA\n")
    refused(load_macro_file, path, "'EMPTY'", "no value at all", "leave the column out")


def test_a_series_that_never_changes_is_named(write):
    path = write("period,CPI,FLAT\n2020-01,1.0,7\n2020-02,2.0,7\n2020-03,2.0,7\n")
    refused(load_macro_file, path, "'FLAT'", "is 7 from 2020-01 to 2020-03", "Leave the column out")


@pytest.mark.parametrize("text", ["inf", "-inf", "Infinity", "1e999"])
def test_an_infinite_number_is_named(write, text):
    path = write(GOOD_MACRO.replace("259.2", text))
    refused(load_macro_file, path, "'CPI'", "infinite at 2020-02", "division by zero")


@pytest.mark.parametrize("price", ["0", "-37.63"])
def test_a_price_that_is_not_positive_is_named(write, price):
    path = write(GOOD_PRICES.replace("129.25", price))
    refused(read_prices, path, "'ZN'", f"is {price} at 2020-01-03", "above zero", "joined by ratio")


def test_a_yield_in_basis_points_is_recognised(write):
    path = write("Date,DGS10\n2020-01-02,188\n2020-01-03,180\n2020-01-06,181\n")
    refused(read_yields, path, "'DGS10'", "188 at 2020-01-02", "basis points", "divide by 100")
    assert read_yields(path, units="basis points", today=TODAY)["DGS10"].iloc[0] == pytest.approx(1.88)


def test_a_yield_in_decimals_is_recognised(write):
    path = write("Date,DGS10\n2020-01-02,0.0188\n2020-01-03,0.018\n2020-01-06,0.0181\n")
    refused(read_yields, path, "'DGS10'", "0.0188 at 2020-01-02", "decimals", "multiply by 100")
    assert read_yields(path, units="decimal", today=TODAY)["DGS10"].iloc[0] == pytest.approx(1.88)


def test_yields_of_almost_zero_per_cent_are_not_taken_for_decimals(write):
    path = write("Date,DGS3MO\n2014-01-02,0.07\n2014-01-03,0.07\n2014-01-06,0.05\n")
    assert read_yields(path, today=TODAY)["DGS3MO"].iloc[0] == 0.07


def test_a_date_in_the_future_is_named(write):
    path = write(GOOD_PRICES + "2021-01-04,129,3700\n")
    refused(read_prices, path, "2021-01-04", "in the future", "today is 2020-12-31")


def test_a_date_of_unknown_form_is_named(write):
    path = write(GOOD_PRICES.replace("2020-01-03", "03/01/2020"))
    refused(read_prices, path, "row 2", "'03/01/2020'", "YYYY-MM-DD", "date_format")


def test_a_date_format_reads_other_dates(write):
    path = write("Date,ZN\n31.01.2020,129\n28.02.2020,130\n")
    assert read_prices(path, date_format="%d.%m.%Y", today=TODAY).index[1] == pd.Timestamp("2020-02-28")


def test_a_csv_cut_off_in_a_line_is_recognised(write):
    refused(read_prices, write(GOOD_PRICES[:-9]), "the last line '2020-01-06,129.0'", "2 cells", "cut off", "again")


def test_a_gzip_file_cut_off_is_recognised(write):
    path = write(gzip.compress(GOOD_PRICES.encode())[:-12], "file.csv.gz")
    refused(read_prices, path, "gzip", "cut off", "Download it again")


def test_a_parquet_file_cut_off_is_recognised(write, tmp_path):
    whole = tmp_path / "whole.parquet"
    pd.DataFrame({"ZN": [1.0, 2.0]}).to_parquet(whole)
    path = write(whole.read_bytes()[:-20], "file.parquet")
    refused(read_prices, path, "not a whole Parquet file", "cut off", "Download it again")


def test_an_empty_file_is_recognised(write):
    refused(read_prices, write(""), "empty", "download it again")


@pytest.mark.parametrize("page", ["<!DOCTYPE html><html><body>403</body></html>", "\n <html>", "<?xml version='1.0'?>"])
def test_a_web_page_is_recognised(write, page):
    refused(read_prices, write(page), "web page", "Open the address in a browser")


def test_a_file_that_is_absent_is_named(tmp_path):
    refused(read_prices, tmp_path / "absent.csv", "cannot be read", "check the path")


def test_a_high_below_the_low_is_named(write):
    path = write("Date,Open,High,Low,Close\n2020-01-02,2,1.5,1.8,2\n2020-01-03,2,3,1,2.5\n")
    refused(read_ohlc, path, "2020-01-02", "high is below the low")


def test_a_contract_without_a_month_is_named(write):
    path = write("date,contract,price\n2020-01-02,ZNH0,128.5\n")
    refused(read_contracts, path, "'ZNH0'", "names no delivery month", "2009-03")


def test_a_contract_price_that_is_not_positive_is_named(write):
    path = write("date,contract,price\n2020-01-02,2020-03,-1.5\n2020-01-03,2020-03,1.5\n")
    refused(read_contracts, path, "is -1.5 at 2020-01-02", "above zero")


def test_an_unknown_key_of_the_notes_offers_the_nearest(write):
    path = write(GOOD_MACRO)
    notes = write("[series.CPI]\ntcod = 6\n", "file.toml")
    with pytest.raises(DataError, match=r"file\.toml, series CPI: the key 'tcod' is not known\. Did you mean 'tcode'"):
        load_macro_file(path, today=TODAY)
    notes.write_text("frequency = 'W'\n")
    with pytest.raises(DataError, match="write 'M' \\(monthly\\) or 'Q'"):
        load_macro_file(path, today=TODAY)
    notes.write_text("frequency = M\n")
    with pytest.raises(DataError, match="is not TOML"):
        load_macro_file(path, today=TODAY)


def test_notes_about_a_series_that_is_not_there_are_refused(write):
    path = write(GOOD_MACRO)
    write("[series.CPIX]\ntcode = 6\n", "file.toml")
    refused(load_macro_file, path, "no column 'CPIX'", "Did you mean 'CPI'")

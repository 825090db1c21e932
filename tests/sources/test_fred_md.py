"""FRED-MD vintages: every quirk of the files on small ones, and the whole archive where it is at hand."""

from __future__ import annotations

import gzip
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from macrotrade.errors import DataError
from macrotrade.panel.vintages import History
from macrotrade.sources.fred_md import load_fred_md, read_vintage
from macrotrade.sources.fred_md_names import RENAMED, fred_md_series_info

TODAY = pd.Timestamp("2026-12-31")
SEPTEMBER = "sasdate,INDPRO,CPIAUCSL,S&P 500\nTransform:,5,6,5\n7/1/2019,109.5,255.8,2996.1\n8/1/2019,110.3,256.0,\n"
OCTOBER = (
    "sasdate,INDPRO,CPIAUCSL,S&P 500\nTransform:,5,6,5\n"
    "7/1/2019,109.4,255.8,2996.1\n8/1/2019,110.3,,2897.5\n9/1/2019,109.9,256.4,2982.2\n,,,\n,,,\n"
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "2019-09.csv").write_text(SEPTEMBER)
    (tmp_path / "2019-10.csv.gz").write_bytes(gzip.compress(OCTOBER.encode()))
    (tmp_path / "notes.csv").write_text("not,a,vintage\n")
    return tmp_path


def column(history: History, day: str, name: str) -> list[float | None]:
    """Numbers of a series known on a day, July to September 2019, None where missing."""
    months = pd.period_range("2019-07", "2019-09", freq="M")
    known = history.as_of(day).monthly.reindex(index=months, columns=[name])[name]
    return [None if np.isnan(number) else float(number) for number in known]


def test_a_vintage_is_unseen_before_the_last_day_of_its_month(folder):
    history = load_fred_md(folder, today=TODAY)
    assert history.vintages == "true"
    with pytest.raises(DataError, match="nothing public"):
        history.as_of("2019-09-29")
    assert column(history, "2019-09-30", "INDPRO") == [109.5, 110.3, None]
    assert column(history, "2019-10-30", "INDPRO") == [109.5, 110.3, None]


def test_a_revision_replaces_and_a_blank_withdraws(folder):
    history = load_fred_md(folder, today=TODAY)
    assert column(history, "2019-10-31", "INDPRO") == [109.4, 110.3, 109.9]
    assert column(history, "2019-10-31", "CPIAUCSL") == [255.8, None, 256.4]
    assert column(history, "2019-10-31", "S&P 500") == [2996.1, 2897.5, 2982.2]


def test_a_zip_archive_is_read_as_its_folder(folder, tmp_path):
    archive = tmp_path / "archive.zip"
    with zipfile.ZipFile(archive, "w") as target:
        target.writestr("vintages/2019-09.csv", SEPTEMBER)
        target.writestr("vintages/2019-10.csv", OCTOBER)
        target.writestr("__MACOSX/vintages/2019-10.csv", "junk")
    one, other = load_fred_md(folder, today=TODAY), load_fred_md(archive, today=TODAY)
    for day in ("2019-09-30", "2019-10-31"):
        assert one.as_of(day).fingerprint() == other.as_of(day).fingerprint()


@pytest.mark.parametrize(
    "name", ["2019-10.csv", "2019-10-MD.csv", "2019-10-md.csv", "FRED-MD_2019m10.csv", "2019-rev-10-md.csv"]
)
def test_every_style_of_file_name_says_its_vintage(name):
    assert read_vintage(OCTOBER.encode(), name, today=TODAY).month == pd.Period("2019-10", "M")


def test_a_name_that_says_nothing_leaves_the_vintage_to_the_last_row():
    assert read_vintage(OCTOBER.encode(), "current.csv", today=TODAY).month == pd.Period("2019-10", "M")


def test_padded_dates_and_numbers_are_read():
    text = "sasdate,RPI\nTransform:,5\n01/01/1959,  1691.300000000\n02/01/1959,  1694.100000000\n"
    vintage = read_vintage(text.encode(), "current.csv", today=TODAY)
    assert vintage.numbers["RPI"].tolist() == [1691.3, 1694.1]
    assert vintage.tcodes == {"RPI": 5}


def test_a_single_file_gives_pseudo_vintages_by_publication_delay(tmp_path):
    path = tmp_path / "current.csv"
    path.write_text(OCTOBER)
    history = load_fred_md(path, today=TODAY)
    delay = fred_md_series_info("INDPRO").delay_days
    assert history.vintages == "pseudo"
    assert delay == 16
    assert column(history, "2019-09-15", "INDPRO") == [109.4, None, None]
    assert column(history, "2019-09-16", "INDPRO") == [109.4, 110.3, None]


def test_months_without_a_vintage_are_told(tmp_path):
    (tmp_path / "2019-09.csv").write_text(SEPTEMBER)
    (tmp_path / "2019-11.csv").write_text(OCTOBER + "10/1/2019,109.0,257,2977.7\n")
    history = load_fred_md(tmp_path, today=TODAY)
    assert "1 months have none" in history.notes[0]
    assert "2019-10" in history.notes[0]
    assert column(history, "2019-10-31", "INDPRO") == [109.5, 110.3, None]


def test_a_renamed_series_has_one_name_when_asked(tmp_path):
    (tmp_path / "2019-12.csv").write_text("sasdate,AMBSL\nTransform:,6\n10/1/2019,3200\n11/1/2019,3300\n")
    (tmp_path / "2020-01.csv").write_text("sasdate,BOGMBASE\nTransform:,6\n11/1/2019,3310\n12/1/2019,3400\n")
    published = load_fred_md(tmp_path, today=TODAY)
    continuous = load_fred_md(tmp_path, rename=RENAMED, today=TODAY)
    assert list(published.as_of("2019-12-31").monthly) == ["AMBSL"]
    assert list(published.as_of("2020-01-31").monthly) == ["BOGMBASE"]
    assert continuous.as_of("2019-12-31").monthly["BOGMBASE"].tolist() == [3200.0, 3300.0]
    assert continuous.as_of("2020-01-31").monthly["BOGMBASE"].tolist() == [3310.0, 3400.0]
    assert "AMBSL is called BOGMBASE" in continuous.notes


def test_two_series_of_one_vintage_cannot_share_a_name(folder):
    with pytest.raises(DataError, match="INDPRO and CPIAUCSL stand in one vintage"):
        load_fred_md(folder, rename={"INDPRO": "CPIAUCSL"}, today=TODAY)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("<!DOCTYPE html><html></html>", "web page"),
        ("date,INDPRO\n2019-07-01,1\n", "'sasdate' and 'Transform:'"),
        (OCTOBER.replace("110.3", "110,3").replace("110,3", '"110,3"'), r"'INDPRO' holds '110,3' at 2019-08"),
        (OCTOBER[: OCTOBER.index(",2982")], "cut off"),
        (OCTOBER.replace("8/1/2019,110.3,,2897.5\n", ""), "2019-08 has no row"),
        (OCTOBER.replace("109.9", "inf"), "infinite at 2019-09"),
        (OCTOBER.replace("9/1/2019", "9/1/2119").replace("8/1/2019", "8/1/2119"), "in the future"),
        (SEPTEMBER, "named as the vintage of 2019-10 but its last row is 2019-08"),
    ],
)
def test_a_bad_file_is_refused_by_name(tmp_path, content, message):
    path = tmp_path / "2019-10.csv"
    path.write_text(content)
    with pytest.raises(DataError, match=message) as refusal:
        load_fred_md(path, today=TODAY)
    assert "2019-10.csv" in str(refusal.value)


def test_two_files_of_one_vintage_are_refused(folder):
    (folder / "2019-10-MD.csv").write_text(OCTOBER)
    with pytest.raises(DataError, match="both the vintage of 2019-10"):
        load_fred_md(folder, today=TODAY)


def test_a_folder_without_vintages_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"holds no FRED-MD vintage; files are named YYYY-MM\.csv"):
        load_fred_md(tmp_path, today=TODAY)


def test_what_is_no_archive_is_refused(tmp_path):
    (tmp_path / "a.zip").write_bytes(b"half")
    (tmp_path / "a.parquet").write_bytes(b"half")
    with pytest.raises(DataError, match="not a whole zip archive"):
        load_fred_md(tmp_path / "a.zip", today=TODAY)
    with pytest.raises(DataError, match="not a whole Parquet file"):
        load_fred_md(tmp_path / "a.parquet", today=TODAY)
    with pytest.raises(DataError, match="check the path"):
        load_fred_md(tmp_path / "absent.csv", today=TODAY)


def test_a_former_name_is_described_as_its_successor():
    assert fred_md_series_info("AMBSL").group == fred_md_series_info("BOGMBASE").group == "money_credit"
    assert fred_md_series_info("S&P 500").tcode == 5
    assert fred_md_series_info("NEWNAME", 5).tcode == 5


@pytest.fixture(scope="module")
def archive(shared_data: Path) -> History:
    return load_fred_md(shared_data / "fredmd" / "fredmd_all_vintages_1999-08_2026-03.parquet")


@pytest.fixture(scope="module")
def raw_folder(shared_data: Path) -> History:
    return load_fred_md(shared_data / "fredmd" / "vintages", today=TODAY)


def test_every_raw_vintage_file_equals_the_archive(shared_data, archive, raw_folder):
    files = sorted((shared_data / "fredmd" / "vintages").iterdir())
    assert len(files) == 28
    for file in files:
        vintage = read_vintage(file.read_bytes(), file.name, today=TODAY)
        published = vintage.numbers.sort_index(axis=1)
        day = vintage.month.end_time.normalize()
        for history in (archive, raw_folder):
            known = history.as_of(day).monthly.sort_index(axis=1)
            pd.testing.assert_frame_equal(known, published, check_exact=True, check_names=False)


def test_the_archive_shows_the_published_october_2019(archive):
    last = archive.as_of("2019-11-05").monthly.loc["2019-09"]
    expected = {
        "CPIAUCSL": 256.358,
        "UNRATE": 3.5,
        "GS10": 1.70,
        "FEDFUNDS": 2.04,
        "S&P 500": 2982.16,
        "PAYEMS": 151722,
    }
    assert last[list(expected)].to_dict() == pytest.approx(expected)
    assert np.isnan(last["CMRMTSPLx"])


def test_an_october_2019_download_equals_the_archive_but_for_one_series(shared_data, archive):
    file = shared_data / "fredmd" / "2019-10_as_downloaded_2019-11-05.csv.gz"
    vintage = read_vintage(file.read_bytes(), file.name, today=TODAY)
    known = archive.as_of("2019-10-31").monthly
    assert vintage.month == pd.Period("2019-10", "M")
    assert set(vintage.numbers) - set(known) == {"S&P: indust"}
    pd.testing.assert_frame_equal(vintage.numbers[list(known)], known, check_exact=True, check_names=False)


def test_renaming_keeps_every_number_of_the_archive(shared_data, archive):
    path = shared_data / "fredmd" / "fredmd_all_vintages_1999-08_2026-03.parquet"
    renamed = load_fred_md(path, rename=RENAMED)
    for day in ("1999-08-31", "2015-06-30", "2019-12-31", "2020-01-31", "2026-03-31"):
        published = archive.as_of(day).monthly.rename(columns=RENAMED).sort_index(axis=1)
        pd.testing.assert_frame_equal(renamed.as_of(day).monthly.sort_index(axis=1), published, check_exact=True)
    always = [set(renamed.as_of(day).monthly) for day in ("1999-08-31", "2010-01-31", "2016-01-31", "2026-03-31")]
    assert set(RENAMED.values()) - {"CUSR0000SAD", "VIXCLSx"} <= set.intersection(*always)


def test_every_series_of_the_archive_is_described_with_its_code(shared_data, archive):
    codes = pd.read_csv(shared_data / "fredmd" / "fredmd_tcodes_by_vintage.csv", index_col=0)
    for name, info in archive.series.items():
        assert info.tcode == codes[name].dropna().iloc[0]
        assert info.group
        assert info.delay_days is not None

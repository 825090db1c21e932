"""FRED-MD fetched month by month, in any order: the same table, and nothing moved that has not changed."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from macrotrade.errors import SettingsError, SourceError
from macrotrade.panel.vintages import History
from macrotrade.sources.fred_md import load_fred_md
from macrotrade.sources.fred_md_names import RENAMED
from macrotrade.sources.live.assemble import history_of
from macrotrade.sources.live.fetched import VINTAGES, Fetched, require_shape
from macrotrade.sources.live.fred_md import fetch_fred_md
from tests.sources.live.server import Fault, PublisherServer, fred_md_csv, zipped

SERIES = {"INDPRO": 5, "UNRATE": 2, "GS10": 2, "S&P 500": 5, "CLAIMSx": 5}
MONTHS = pd.period_range("2026-03", "2026-08", freq="M")
LATE = pd.Timestamp("2026-10-15", tz="UTC")


def vintage(month: str, *, without: tuple[str, ...] = (), revision: float = 0.0) -> bytes:
    """FRED-MD of a month: the last number of UNRATE is late, and every vintage revises INDPRO."""
    periods = pd.period_range("2020-01", pd.Period(month, "M") - 1, freq="M")
    n = len(periods)
    columns: dict[str, list[float | None]] = {
        name: [100.0 * (place + 1) + row for row in range(n)]
        for place, name in enumerate(SERIES)
        if name not in without
    }
    columns["INDPRO"] = [float(value) + revision + pd.Period(month, "M").month / 16 for value in columns["INDPRO"]]
    if "UNRATE" in columns:
        columns["UNRATE"][-1] = None
    return fred_md_csv(periods, columns, SERIES)


@pytest.fixture
def posted(publisher: PublisherServer) -> PublisherServer:
    """Every month of 2026 from March to August, the last as the current one too."""
    for month in MONTHS:
        publisher.files[f"monthly/{month}-md.csv"] = vintage(str(month))
    publisher.files["monthly/current.csv"] = vintage("2026-08")
    return publisher


def post(publisher: PublisherServer, month: str, content: bytes) -> None:
    publisher.files["monthly/current.csv"] = publisher.files[f"monthly/{month}-md.csv"] = content


def on(text: str) -> pd.Timestamp:
    return pd.Timestamp(text, tz="America/Chicago").tz_convert("UTC")


def of_files(publisher: PublisherServer, folder: Path) -> pd.DataFrame:
    """The same vintages by the reader of folders."""
    for path, content in publisher.files.items():
        if "current" not in path:
            (folder / Path(path).name).write_bytes(content)
    return versions(load_fred_md(folder, rename=RENAMED, today=pd.Timestamp("2026-10-15")))


def of_table(fetched: Fetched) -> pd.DataFrame:
    return versions(history_of({"fred-md": fetched.frame}))


def versions(history: History) -> pd.DataFrame:
    """Every version with its days."""
    releases = history.releases["M"]
    table = pd.DataFrame({name: getattr(releases, name) for name in ("period", "released", "superseded", "value")})
    named = table.assign(series=[releases.names[place] for place in releases.series])
    return named.sort_values(["series", "period", "released"], ignore_index=True)


def test_months_fetched_one_by_one_are_the_vintages_of_a_folder(posted: PublisherServer, tmp_path: Path) -> None:
    fetched = None
    for month in MONTHS:
        fetched = fetch_fred_md(str(month), since=fetched, now=LATE)

    assert fetched is not None
    require_shape(fetched.frame, VINTAGES, fetched.name)
    assert fetched.note == "vintages 2026-03 to 2026-08, 6 in all"
    pd.testing.assert_frame_equal(of_table(fetched), of_files(posted, tmp_path))


def test_the_order_of_fetches_leaves_no_trace(posted: PublisherServer) -> None:
    in_order = None
    for month in MONTHS:
        in_order = fetch_fred_md(str(month), since=in_order, now=LATE)
    shuffled = None
    for month in ("2026-06", "2026-03", "2026-08", "2026-04", "2026-07", "2026-05"):
        shuffled = fetch_fred_md(month, since=shuffled, now=LATE)

    assert in_order is not None
    assert shuffled is not None
    pd.testing.assert_frame_equal(shuffled.frame, in_order.frame)


def test_the_archives_and_the_months_since_come_at_once(posted: PublisherServer) -> None:
    posted.files["historical_fred-md.zip"] = zipped({"2021-11.csv": vintage("2021-11"), "notes.txt": b"none"})
    posted.files["historical-vintages-of-fred-md-2015-01-to-2024-12.zip"] = zipped(
        {"folder/2021-12.csv": vintage("2021-12"), "__MACOSX/folder/._2021-12.csv": b"\x00"}
    )

    fetched = fetch_fred_md("all", now=LATE)

    assert fetched.note.startswith("vintages 2021-11 to 2026-08, 8 in all, ")
    assert fetched.url.endswith("/monthly/current.csv")


def test_a_file_that_has_not_changed_is_not_moved(posted: PublisherServer) -> None:
    stored = fetch_fred_md("current", now=LATE)
    posted.asked.clear()

    again = fetch_fred_md("current", since=stored, now=LATE)

    assert again.frame is stored.frame
    assert [one.answered for one in posted.asked] == [304]


def test_months_that_were_missed_are_fetched_with_the_newest(posted: PublisherServer) -> None:
    stored = fetch_fred_md("2026-03", now=LATE)
    del posted.files["monthly/2026-05-md.csv"]

    fetched = fetch_fred_md("current", since=stored, now=LATE)

    assert fetched.note == "vintages 2026-03 to 2026-08, 5 in all, 1 missing between, where the one before stands"


def test_a_vintage_fetched_before_its_month_is_over_is_public_from_that_day(posted: PublisherServer) -> None:
    stored = fetch_fred_md("2026-07", now=LATE)

    fetched = fetch_fred_md("current", since=stored, now=on("2026-08-27 09:00"))

    history = history_of({"fred-md": fetched.frame})
    assert pd.isna(history.as_of("2026-08-26").monthly["INDPRO"].get(pd.Period("2026-07", "M"), np.nan))
    assert history.as_of("2026-08-27").monthly["INDPRO"][pd.Period("2026-07", "M")] > 0


def test_a_vintage_posted_anew_is_a_further_version_from_the_day_it_was_seen(posted: PublisherServer) -> None:
    stored = fetch_fred_md("current", now=on("2026-08-28 09:00"))
    post(posted, "2026-08", vintage("2026-08", revision=5.0))

    fetched = fetch_fred_md("current", since=stored, now=on("2026-09-03 09:00"))

    history = history_of({"fred-md": fetched.frame})
    july = pd.Period("2026-07", "M")
    before, after = (history.as_of(day).monthly["INDPRO"][july] for day in ("2026-09-02", "2026-09-03"))
    assert after - before == pytest.approx(5.0)
    assert fetched.note == "vintages 2026-08 to 2026-08, 1 in all"


def test_a_clock_set_back_leaves_the_order_of_vintages(posted: PublisherServer) -> None:
    post(posted, "2026-07", vintage("2026-07"))
    stored = fetch_fred_md("current", now=on("2026-07-30 09:00"))
    post(posted, "2026-08", vintage("2026-08"))

    fetched = fetch_fred_md("current", since=stored, now=on("2026-07-30 09:00") + pd.Timedelta(days=2))
    back = fetch_fred_md("current", since=stored, now=on("2026-08-01 09:00"))

    for one in (fetched, back):
        assert sorted(one.frame["realtime_start"].unique())[0] == pd.Timestamp("2026-07-30")
        assert (one.frame["realtime_end"].isna() | (one.frame["realtime_end"] >= one.frame["realtime_start"])).all()


@pytest.mark.parametrize(
    "fault",
    ["too many", "server error", "silence", "reset", "empty", "truncated", "web page", "forbidden", "renamed columns"],
)
def test_a_fault_gives_an_error_and_no_table(
    posted: PublisherServer, fault: Fault, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("macrotrade.sources.live.http._SILENCE_SECONDS", 0.05)
    stored = fetch_fred_md("2026-07", now=LATE)
    before = stored.frame.copy()
    posted.fail("current.csv", fault)

    with pytest.raises(SourceError, match=r"monthly/current\.csv"):
        fetch_fred_md("current", since=stored, now=LATE)

    pd.testing.assert_frame_equal(stored.frame, before)


def test_a_file_of_another_layout_is_refused(posted: PublisherServer) -> None:
    stored = fetch_fred_md("2026-07", now=LATE)
    post(posted, "2026-08", vintage("2026-08", without=("UNRATE", "GS10")))

    with pytest.raises(SourceError, match=r"2 of 5 series of the vintage before are gone \(GS10, UNRATE, ...\)"):
        fetch_fred_md("current", since=stored, now=LATE)


def test_what_is_not_fred_md_is_refused(posted: PublisherServer) -> None:
    posted.files["monthly/current.csv"] = b"observation_date,DGS10\n2026-01-02,4.1\n"

    with pytest.raises(SourceError, match="does not start with the rows 'sasdate'"):
        fetch_fred_md("current", now=LATE)


def test_a_damaged_archive_is_refused(posted: PublisherServer) -> None:
    posted.files["historical_fred-md.zip"] = b"PK\x03\x04 and then nothing of use"

    with pytest.raises(SourceError, match=r"historical_fred-md\.zip: is not a whole zip archive"):
        fetch_fred_md("all", now=LATE)


def test_a_month_that_holds_another_is_refused(posted: PublisherServer) -> None:
    posted.files["monthly/2026-07-md.csv"] = vintage("2026-06")

    with pytest.raises(SourceError, match="is named as the vintage of 2026-07"):
        fetch_fred_md("2026-07", now=LATE)


def test_files_of_the_older_name_are_found(publisher: PublisherServer) -> None:
    publisher.files["monthly/2025-02.csv"] = vintage("2025-02")

    assert fetch_fred_md("2025-02", now=LATE).note == "vintages 2025-02 to 2025-02, 1 in all"


def test_another_word_is_refused() -> None:
    with pytest.raises(SettingsError, match="write 'current', 'all' or a month"):
        fetch_fred_md("newest")


def test_the_vintages_published_in_2019_and_2020_are_the_real_ones(
    publisher: PublisherServer, shared_data: Path, tmp_path: Path
) -> None:
    for month in ("2019-09", "2019-10", "2019-11", "2019-12"):
        content = gzip.decompress((shared_data / "fredmd" / "vintages" / f"{month}.csv.gz").read_bytes())
        publisher.files[f"monthly/{month}.csv"] = content
    fetched = None
    for month in ("2019-10", "2019-12", "2019-09", "2019-11"):
        fetched = fetch_fred_md(month, since=fetched, now=LATE)

    assert fetched is not None
    september = history_of({"fred-md": fetched.frame}).as_of("2019-10-31").monthly.loc[pd.Period("2019-09", "M")]
    assert september["CPIAUCSL"] == 256.358
    assert september["PAYEMS"] == 151722
    pd.testing.assert_frame_equal(of_table(fetched), of_files(publisher, tmp_path))


def test_a_table_is_read_back_from_parquet_as_it_was(posted: PublisherServer, tmp_path: Path) -> None:
    fetched = fetch_fred_md("current", now=LATE)
    fetched.frame.to_parquet(tmp_path / "table.parquet", index=False)

    back = pd.read_parquet(tmp_path / "table.parquet")

    assert json.dumps(back.attrs) == json.dumps(fetched.frame.attrs)
    assert history_of({"fred-md": back}).fingerprint() == history_of({"fred-md": fetched.frame}).fingerprint()

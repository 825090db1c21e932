"""Series of FRED and ALFRED: every version with its days, in however many requests they came."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from macrotrade.errors import SettingsError, SourceError
from macrotrade.sources.live.fetched import QUOTES, VINTAGES, require_shape
from macrotrade.sources.live.fred import fetch_fred, fetch_fred_latest
from tests.sources.live.server import Fault, FredSeries, PublisherServer, Version, versions_of

RELEASED = {
    "2020-02-07": {"2019-12-01": "3.5", "2020-01-01": "3.6"},
    "2020-03-06": {"2019-12-01": "3.5", "2020-01-01": "3.6", "2020-02-01": "3.5"},
    "2020-04-03": {"2019-12-01": "3.5", "2020-01-01": "3.7", "2020-02-01": "3.5", "2020-03-01": "4.4"},
    "2020-05-08": {"2019-12-01": "3.5", "2020-01-01": "3.7", "2020-02-01": ".", "2020-03-01": "4.4"},
    "2020-06-05": {"2019-12-01": "3.6", "2020-01-01": "3.7", "2020-02-01": "3.5", "2020-03-01": "4.4"},
    "2020-07-02": {"2019-12-01": "3.6", "2020-01-01": "3.7", "2020-02-01": "3.5", "2020-03-01": "4.5"},
}


@pytest.fixture
def unemployment(publisher: PublisherServer) -> FredSeries:
    publisher.fred["UNRATE"] = FredSeries(versions_of(RELEASED), "Unemployment Rate", last_updated="2020-07-02 08:00")
    return publisher.fred["UNRATE"]


def as_text(frame: pd.DataFrame) -> list[tuple[str, str, str, str]]:
    """Rows as the server has them."""
    return [
        (
            f"{row.period:%Y-%m-%d}",
            "." if np.isnan(row.value) else f"{row.value:g}",
            f"{row.realtime_start:%Y-%m-%d}",
            "9999-12-31" if pd.isna(row.realtime_end) else f"{row.realtime_end:%Y-%m-%d}",
        )
        for row in frame.itertuples()
    ]


def expected(versions: list[Version]) -> list[tuple[str, str, str, str]]:
    return sorted((one.period, one.value, one.start, one.end) for one in versions)


def test_every_version_comes_with_its_days_and_its_type(unemployment: FredSeries) -> None:
    fetched = fetch_fred("UNRATE")

    require_shape(fetched.frame, VINTAGES, fetched.name)
    assert fetched.name == "alfred-UNRATE"
    assert sorted(as_text(fetched.frame)) == expected(unemployment.versions)
    assert fetched.frame["value"].dtype == np.float64
    assert fetched.frame["value"].isna().sum() == 1
    assert fetched.frame.attrs["title"] == "Unemployment Rate"
    assert fetched.frame.attrs["units"] == "Percent"
    assert fetched.frame.attrs["frequency"] == "M"


@pytest.mark.parametrize("chunk", [1, 2, 3, 5])
def test_chunks_of_vintages_leave_no_trace(publisher: PublisherServer, unemployment: FredSeries, chunk: int) -> None:
    whole = fetch_fred("UNRATE")
    publisher.vintage_limit = chunk

    fetched = fetch_fred("UNRATE", vintages_a_request=chunk)

    pd.testing.assert_frame_equal(fetched.frame, whole.frame)


def test_more_vintages_than_the_limit_are_refused_by_the_server_and_said(
    publisher: PublisherServer, unemployment: FredSeries
) -> None:
    publisher.vintage_limit = 3

    with pytest.raises(SourceError, match="There are 6 vintage dates, the limit is 3"):
        fetch_fred("UNRATE")


# Every example is a dozen requests: a failing one is shown as it was found.
@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    phases=[Phase.explicit, Phase.generate],
)
@given(data=st.data())
def test_chunks_and_later_fetches_give_what_one_request_gives(publisher: PublisherServer, data: st.DataObject) -> None:
    days = data.draw(
        st.lists(
            st.dates(pd.Timestamp("2015-01-01").date(), pd.Timestamp("2015-03-01").date()),
            min_size=2,
            max_size=7,
            unique=True,
        )
    )
    numbers = st.dictionaries(
        st.sampled_from(["2014-10-01", "2014-11-01", "2014-12-01", "2015-01-01"]),
        st.sampled_from(["1", "2", "."]),
        min_size=1,
    )
    released = {f"{day}": data.draw(numbers) for day in sorted(days)}
    some = dict(sorted(released.items())[: data.draw(st.integers(1, len(released)))])
    if not any(value != "." for numbers_of_day in some.values() for value in numbers_of_day.values()):
        return
    publisher.fred["X"] = FredSeries(versions_of(some), last_updated="early")
    early = fetch_fred("X", vintages_a_request=data.draw(st.integers(1, 3)))
    publisher.fred["X"] = FredSeries(versions_of(released), last_updated="late")

    later = fetch_fred("X", since=early, vintages_a_request=data.draw(st.integers(1, 3)))

    pd.testing.assert_frame_equal(later.frame, fetch_fred("X").frame)
    assert sorted(as_text(later.frame)) == expected(publisher.fred["X"].versions)


def test_a_series_that_was_not_updated_costs_one_request(publisher: PublisherServer, unemployment: FredSeries) -> None:
    stored = fetch_fred("UNRATE")
    publisher.asked.clear()

    again = fetch_fred("UNRATE", since=stored)

    assert again.frame is stored.frame
    assert again.fetched_at >= stored.fetched_at
    assert publisher.paths() == ["/fred/series"]


def test_an_update_asks_only_from_the_last_vintage_and_brings_revised_history(
    publisher: PublisherServer, unemployment: FredSeries
) -> None:
    early = dict(list(RELEASED.items())[:4])
    publisher.fred["UNRATE"] = FredSeries(versions_of(early), last_updated="2020-05-08 08:00")
    stored = fetch_fred("UNRATE")
    publisher.fred["UNRATE"] = unemployment
    publisher.asked.clear()

    updated = fetch_fred("UNRATE", since=stored)

    asked = [one for one in publisher.asked if one.path.endswith("observations")]
    assert [one.query["realtime_start"] for one in asked] == ["2020-05-08"]
    pd.testing.assert_frame_equal(updated.frame, fetch_fred("UNRATE").frame)


def test_vintages_that_fred_has_changed_are_fetched_whole(publisher: PublisherServer, unemployment: FredSeries) -> None:
    without_march = {day: numbers for day, numbers in RELEASED.items() if day != "2020-03-06"}
    publisher.fred["UNRATE"] = FredSeries(versions_of(without_march), last_updated="before")
    stored = fetch_fred("UNRATE")
    publisher.fred["UNRATE"] = unemployment

    updated = fetch_fred("UNRATE", since=stored)

    assert sorted(as_text(updated.frame)) == expected(unemployment.versions)


def test_the_numbers_of_today_leave_out_holidays(publisher: PublisherServer) -> None:
    days = {"2026-09-03": "4.10", "2026-09-04": ".", "2026-09-07": "4.12"}
    versions = [Version(day, value, day) for day, value in days.items()]
    publisher.fred["DGS10"] = FredSeries(versions, "10-Year Treasury", frequency="Daily")

    fetched = fetch_fred_latest("DGS10")

    require_shape(fetched.frame, QUOTES, fetched.name)
    assert fetched.name == "fred-DGS10"
    assert fetched.frame["value"].tolist() == [4.10, 4.12]
    assert fetched.last_day == pd.Timestamp("2026-09-07")
    assert fetch_fred_latest("DGS10", since=fetched).frame is fetched.frame


@pytest.mark.parametrize("fault", ["too many", "server error", "silence", "reset", "empty", "truncated", "web page"])
@pytest.mark.parametrize("part", ["fred/series", "vintagedates", "observations"])
def test_a_fault_of_any_request_gives_an_error_and_no_table(
    publisher: PublisherServer, unemployment: FredSeries, fault: Fault, part: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("macrotrade.sources.live.http._SILENCE_SECONDS", 0.05)
    publisher.fail(part, fault)

    with pytest.raises(SourceError, match=r"(?s)\. ?[A-Z].*\.$"):
        fetch_fred("UNRATE")


def test_changed_columns_of_the_versions_are_refused(publisher: PublisherServer, unemployment: FredSeries) -> None:
    publisher.fail("observations", "renamed columns")

    with pytest.raises(SourceError, match="without value, realtime_end"):
        fetch_fred("UNRATE")


def test_changed_columns_of_the_latest_numbers_are_refused(publisher: PublisherServer) -> None:
    publisher.fred["DGS10"] = FredSeries([Version("2026-09-03", "4.1", "2026-09-03")], frequency="Daily")
    publisher.fail("observations", "renamed columns")

    with pytest.raises(SourceError, match="format may have changed"):
        fetch_fred_latest("DGS10")


def test_a_weekly_series_is_refused(publisher: PublisherServer) -> None:
    publisher.fred["ICSA"] = FredSeries([Version("2026-08-29", "230000", "2026-09-03")], frequency="Weekly, Ending")

    with pytest.raises(SettingsError, match="ICSA: FRED gives it weekly"):
        fetch_fred("ICSA")


def test_a_name_that_fred_does_not_know_is_said(publisher: PublisherServer) -> None:
    with pytest.raises(SourceError, match=r"The series does not exist.*Check the name of the series"):
        fetch_fred("UNRAT")


def test_a_wrong_key_is_told_from_a_wrong_name(publisher: PublisherServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FRED_API_KEY", "ffffffffffffffffffffffffffffffff")

    with pytest.raises(SourceError, match=r"api_key is not registered.*Check the key in the environment variable"):
        fetch_fred_latest("DGS10")


def test_without_a_key_it_is_said_where_to_get_one(publisher: PublisherServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FRED_API_KEY")

    with pytest.raises(SettingsError, match=r"https://fredaccount\.stlouisfed\.org/apikeys"):
        fetch_fred("UNRATE")

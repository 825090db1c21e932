"""FRED and FRED-MD in vectorbt's own manner, over a server on the loopback."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
import pytest
import stamina
import vectorbt as vbt

from macrotrade.errors import DataError
from macrotrade.portfolio import data as portfolio_data
from macrotrade.portfolio.data import FREDData, FREDMDData
from tests.sources.live.server import FredSeries, PublisherServer, Version, fred_md_csv, versions_of

SESSIONS = pd.bdate_range("2020-01-01", "2020-03-31")
RELEASED = {
    "2020-02-07": {"2019-11-01": "3.6", "2019-12-01": "3.5", "2020-01-01": "3.6"},
    "2020-03-06": {"2019-11-01": "3.6", "2019-12-01": "3.5", "2020-01-01": "3.5", "2020-02-01": "3.5"},
    "2020-04-03": {
        "2019-11-01": "3.6",
        "2019-12-01": "3.5",
        "2020-01-01": "3.5",
        "2020-02-01": "3.5",
        "2020-03-01": "4.4",
    },
}


@pytest.fixture
def publisher(monkeypatch: pytest.MonkeyPatch) -> Iterator[PublisherServer]:
    monkeypatch.setattr(portfolio_data, "_HELD", {})
    with PublisherServer() as server, stamina.set_testing(True, attempts=3, cap=True):
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        server.fred["DGS10"] = daily(SESSIONS)
        server.fred["UNRATE"] = FredSeries(versions_of(RELEASED), last_updated="2020-04-03")
        server.files["monthly/current.csv"] = server.files["monthly/2020-04-md.csv"] = fred_md("2020-04")
        yield server


def daily(sessions: pd.DatetimeIndex) -> FredSeries:
    versions = [
        Version(f"{day:%Y-%m-%d}", f"{2 + place / 100:.2f}", f"{day:%Y-%m-%d}") for place, day in enumerate(sessions)
    ]
    return FredSeries(versions, "10-Year Treasury", frequency="Daily", last_updated=f"{sessions[-1]}")


def fred_md(month: str, revision: float = 0.0) -> bytes:
    periods = pd.period_range("2019-01", pd.Period(month, "M") - 1, freq="M")
    values = np.arange(len(periods)) + 100.0 + revision
    return fred_md_csv(
        periods, {"INDPRO": [*map(float, values)], "UNRATE": [*map(float, values / 30)]}, {"INDPRO": 5, "UNRATE": 2}
    )


def test_series_of_two_frequencies_stand_on_the_union_of_their_dates(publisher: PublisherServer) -> None:
    frame = FREDData.download(["DGS10", "UNRATE"]).get()

    assert list(frame.columns) == ["DGS10", "UNRATE"]
    assert (frame.dtypes == np.float64).all()
    assert frame.index.tz is None
    assert frame["DGS10"].dropna().iloc[0] == 2.0
    assert frame["UNRATE"].dropna().to_dict() == {
        pd.Timestamp("2019-11-01"): 3.6,
        pd.Timestamp("2019-12-01"): 3.5,
        pd.Timestamp("2020-01-01"): 3.5,
        pd.Timestamp("2020-02-01"): 3.5,
        pd.Timestamp("2020-03-01"): 4.4,
    }


def test_a_monthly_series_has_a_bar_of_fixed_length(publisher: PublisherServer) -> None:
    data = FREDData.download("UNRATE")

    assert data.get().index.freq is None
    assert isinstance(data, vbt.Data)
    assert data.wrapper.freq == pd.Timedelta(days=30.4375)
    assert data.stats(settings={"freq": data.wrapper.freq})["Total Symbols"] == 1


def test_numbers_as_they_stood_on_a_day_are_those_of_that_day(publisher: PublisherServer) -> None:
    series = FREDData.download("UNRATE", as_of="2020-02-10").get()

    assert series.to_dict() == {
        pd.Timestamp("2019-11-01"): 3.6,
        pd.Timestamp("2019-12-01"): 3.5,
        pd.Timestamp("2020-01-01"): 3.6,
    }


def test_first_releases_are_dated_by_their_release(publisher: PublisherServer) -> None:
    series = FREDData.download("UNRATE", released=True).get()

    assert series.to_dict() == {
        pd.Timestamp("2020-02-07"): 3.6,
        pd.Timestamp("2020-03-06"): 3.5,
        pd.Timestamp("2020-04-03"): 4.4,
    }


def test_a_span_of_dates_is_cut_out(publisher: PublisherServer) -> None:
    series = FREDData.download("DGS10", start="2020-02-03", end="2020-02-07").get()

    assert list(series.index) == list(pd.bdate_range("2020-02-03", "2020-02-07"))


def test_an_update_brings_later_numbers_and_revisions(publisher: PublisherServer) -> None:
    data = FREDData.download(["DGS10", "UNRATE"])
    publisher.fred["DGS10"] = daily(pd.bdate_range("2020-01-01", "2020-04-10"))
    revised = {**RELEASED, "2020-05-08": {**RELEASED["2020-04-03"], "2020-03-01": "4.5", "2020-04-01": "14.7"}}
    publisher.fred["UNRATE"] = FredSeries(versions_of(revised), last_updated="2020-05-08")

    updated = data.update()

    assert isinstance(updated, FREDData)
    assert updated.get()["DGS10"].dropna().index[-1] == pd.Timestamp("2020-04-10")
    assert updated.get()["UNRATE"].dropna().iloc[-2:].tolist() == [4.5, 14.7]
    assert data.get()["DGS10"].dropna().index[-1] == SESSIONS[-1]


def test_a_time_zone_is_there_when_it_is_asked_for(publisher: PublisherServer) -> None:
    data = FREDData.download(["DGS10", "UNRATE"], tz_localize="UTC")

    assert str(data.get().index.tz) == "UTC"
    assert str(data.update().get().index.tz) == "UTC"


def test_a_yield_goes_through_vectorbt_from_download_to_statistics(publisher: PublisherServer) -> None:
    close = FREDData.download("DGS10").get()

    fast = vbt.MA.run(close, 5)
    portfolio = vbt.Portfolio.from_signals(close, fast.ma_crossed_below(close), fast.ma_crossed_above(close), freq="1D")

    assert np.isfinite(portfolio.total_return())


def test_many_series_of_fred_md_are_one_file(publisher: PublisherServer) -> None:
    frame = FREDMDData.download(["INDPRO", "UNRATE"]).get()

    assert frame.loc["2020-03-01", "INDPRO"] == 114.0
    assert frame.index.tz is None
    assert [one.answered for one in publisher.asked] == [200, 304]


def test_a_past_vintage_of_fred_md_is_that_of_its_month(publisher: PublisherServer) -> None:
    publisher.files["monthly/2020-03-md.csv"] = fred_md("2020-03", revision=-1.0)

    past = FREDMDData.download("INDPRO", vintage="2020-03").get()
    present = FREDMDData.download("INDPRO").get()

    assert past.index[-1] == pd.Timestamp("2020-02-01")
    assert (present.loc[past.index] - past == 1.0).all()


def test_an_update_of_fred_md_is_the_newest_vintage(publisher: PublisherServer) -> None:
    data = FREDMDData.download(["INDPRO", "UNRATE"])
    publisher.files["monthly/current.csv"] = fred_md("2020-05", revision=2.0)

    updated = data.update().get()

    assert updated.loc["2020-04-01", "INDPRO"] == 117.0
    assert updated.loc["2019-01-01", "INDPRO"] == 102.0


def test_a_name_that_fred_md_does_not_have_is_said(publisher: PublisherServer) -> None:
    with pytest.raises(DataError, match="Did you mean 'INDPRO'"):
        FREDMDData.download("INDPR")

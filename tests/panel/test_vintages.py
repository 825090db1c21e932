"""What was known, and when: cuts of a history against a slow writing of the same sentence."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from macrotrade import History, Panel, Releases, SeriesInfo
from macrotrade.errors import DataError
from macrotrade.schedule import last_complete_period
from macrotrade.sources.fred_md import load_fred_md

NO_MARKET = pd.DataFrame(index=pd.DatetimeIndex([]))
START = pd.Timestamp("2000-01-31")


@st.composite
def version_tables(draw: st.DrawFn) -> pd.DataFrame:
    """Releases in any order: revisions, withdrawals (NaN), several series, gaps."""
    cells = draw(
        st.lists(
            st.tuples(st.sampled_from(["A", "B", "C"]), st.integers(0, 5), st.integers(0, 300)),
            min_size=1,
            max_size=40,
            unique=True,
        )
    )
    numbers = st.one_of(st.floats(-1e6, 1e6), st.just(np.nan))
    return pd.DataFrame(
        {
            "series": [name for name, _, _ in cells],
            "period": [pd.Period("2000-01", "M") + month for _, month, _ in cells],
            "released": [START + pd.Timedelta(days=30 * month + delay) for _, month, delay in cells],
            "value": [draw(numbers) for _ in cells],
        }
    )


def history_of(versions: pd.DataFrame, market: pd.DataFrame = NO_MARKET) -> History:
    names = [*versions["series"].unique(), *market.columns]
    info = {name: SeriesInfo(name, kind="price" if name in market.columns else "macro") for name in names}
    return History("test", "true", {"M": Releases.from_versions("M", versions)}, market, info)


def known_slowly(versions: pd.DataFrame, day: pd.Timestamp) -> dict[tuple[str, pd.Period], float]:
    """Row by row: of each number the version released last by that day, unless that one withdrew it."""
    known: dict[tuple[str, pd.Period], float] = {}
    for row in versions.sort_values("released").itertuples():
        if row.released <= day:
            known[row.series, row.period] = row.value
    return {cell: value for cell, value in known.items() if not np.isnan(value)}


def cells_of(panel: Panel) -> dict[tuple[str, pd.Period], float]:
    table = panel.monthly
    return {
        (name, period): table.loc[period, name]
        for name in table.columns
        for period in table.index
        if not np.isnan(table.loc[period, name])
    }


@settings(max_examples=120, deadline=None)
@given(version_tables(), st.integers(-5, 500))
def test_a_panel_holds_of_each_number_the_version_last_released(versions: pd.DataFrame, offset: int) -> None:
    day = START + pd.Timedelta(days=offset)
    expected = known_slowly(versions, day)
    if not expected:
        with pytest.raises(DataError, match="nothing public"):
            history_of(versions).as_of(day)
        return

    panel = history_of(versions).as_of(day)

    assert cells_of(panel) == expected


@settings(max_examples=60, deadline=None)
@given(version_tables(), st.integers(0, 500), st.integers(0, 200))
def test_cutting_the_future_off_changes_no_earlier_panel(versions: pd.DataFrame, offset: int, earlier: int) -> None:
    day = START + pd.Timedelta(days=offset)
    history = history_of(versions)
    if not known_slowly(versions, day - pd.Timedelta(days=earlier)):
        return

    cut = history.truncated(day)

    for moment in (day, day - pd.Timedelta(days=earlier)):
        assert cut.as_of(moment).fingerprint() == history.as_of(moment).fingerprint()


@pytest.fixture
def revised() -> History:
    """January published on 14 February as 1.0, revised on 10 March to 1.5, withdrawn on 1 May."""
    rows = [
        ("A", "2000-01", "2000-02-14", 1.0),
        ("A", "2000-01", "2000-03-10", 1.5),
        ("A", "2000-01", "2000-05-01", np.nan),
    ]
    rows += [("B", "2000-01", "2000-02-01", 7.0)]
    versions = pd.DataFrame(rows, columns=["series", "period", "released", "value"])
    return history_of(versions.assign(period=pd.PeriodIndex(versions["period"], freq="M")))


@pytest.mark.parametrize(
    ("day", "value"),
    [("2000-02-14", 1.0), ("2000-03-09", 1.0), ("2000-03-10", 1.5), ("2000-04-30", 1.5)],
)
def test_a_revision_is_unseen_before_its_release(revised: History, day: str, value: float) -> None:
    assert revised.as_of(day).values("A").tolist() == [value]


@pytest.mark.parametrize("day", ["2000-02-13", "2000-05-01"])
def test_a_number_not_yet_released_or_withdrawn_is_not_in_the_panel(revised: History, day: str) -> None:
    panel = revised.as_of(day)

    assert "A" not in panel.series
    with pytest.raises(DataError, match="Series 'A' is not among the 'M' series known at"):
        panel.values("A")


def test_the_hour_of_the_moment_does_not_matter_and_a_time_zone_is_refused(revised: History) -> None:
    assert revised.as_of("2000-03-10 00:01").fingerprint() == revised.as_of("2000-03-10").fingerprint()
    with pytest.raises(DataError, match="time zone"):
        revised.as_of(pd.Timestamp("2000-03-10", tz="UTC"))


def test_two_values_of_one_number_on_one_day_are_refused() -> None:
    versions = pd.DataFrame(
        {
            "series": ["A", "A"],
            "period": pd.PeriodIndex(["2000-01"] * 2, freq="M"),
            "released": pd.to_datetime(["2000-02-14"] * 2),
            "value": [1.0, 2.0],
        }
    )

    with pytest.raises(DataError, match=r"'A' has two values released on the same day .*2000-01"):
        Releases.from_versions("M", versions)


def test_a_final_number_is_public_when_its_delay_has_passed() -> None:
    frame = pd.DataFrame({"A": [1.0, 2.0]}, index=pd.period_range("2000-01", periods=2, freq="M"))
    history = History(
        "test", "pseudo", {"M": Releases.from_final("M", frame, {"A": 14})}, NO_MARKET, {"A": SeriesInfo("A")}
    )

    assert history.as_of("2000-03-13").values("A").tolist() == [1.0]
    assert history.as_of("2000-03-14").values("A").tolist() == [1.0, 2.0]
    with pytest.raises(DataError, match="No publication delay for A"):
        Releases.from_final("M", frame, {})


def daily_market(days: pd.DatetimeIndex) -> History:
    values = pd.DataFrame({"P": 100.0 + np.arange(len(days))}, index=days)
    return History("market", "pseudo", {}, values, {"P": SeriesInfo("P", "D", "price")})


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 400), st.booleans())
def test_no_quote_after_the_origin_reaches_any_frame(offset: int, weekends: bool) -> None:
    days = pd.date_range("2008-01-01", "2009-03-31", freq="D" if weekends else "B")
    history = daily_market(days)
    day = pd.Timestamp("2008-02-01") + pd.Timedelta(days=offset)
    quotes = history.market["P"][:day]

    panel = history.as_of(day)

    assert panel.daily["P"].tolist() == quotes.tolist()
    closes = quotes.groupby(quotes.index.to_period("M")).last()[: last_complete_period(day, "M")]
    assert panel.monthly["P"].tolist() == closes.tolist()
    assert history.truncated(day).as_of(day).fingerprint() == panel.fingerprint()


def test_market_series_close_their_months_in_the_monthly_frame_beside_late_macro_numbers() -> None:
    market = daily_market(pd.bdate_range("2000-01-03", "2000-06-30")).market
    versions = pd.DataFrame(
        {
            "series": "A",
            "period": pd.period_range("1999-11", periods=4, freq="M"),
            "released": pd.date_range("2000-01-15", periods=4, freq="30D"),
            "value": [1.0, 2.0, 3.0, 4.0],
        }
    )

    monthly = history_of(versions, market).as_of("2000-04-28").monthly

    assert str(monthly.index[0]) == "1999-11"
    assert monthly.index[-1] == pd.Period("2000-04")  # Friday 28 April is the last weekday
    assert monthly["A"].tolist()[:4] == [1.0, 2.0, 3.0, 4.0]
    assert monthly["A"].isna().tolist()[4:] == [True, True]
    assert monthly["P"].isna().tolist() == [True, True, False, False, False, False]
    assert monthly["P"].iloc[-1] == market["P"][pd.Timestamp("2000-04-28")]


def test_what_a_reader_writes_into_frames_does_not_reach_the_panel_or_the_history() -> None:
    days = pd.bdate_range("2000-01-03", periods=300)
    history = daily_market(days)
    panel = history.as_of("2000-12-29")
    before, source = panel.fingerprint(), history.market.copy()

    for frame in (panel.monthly, panel.daily, panel.mixed, panel.frames["D"], panel.frames["M"]):
        frame.iloc[0, 0] = -1.0
        frame["new"] = 0.0
    values = panel.values("P")
    values.iloc[:] = -1.0

    assert panel.fingerprint() == before
    pd.testing.assert_frame_equal(history.market, source)
    with pytest.raises(ValueError, match="read-only"):
        panel.daily.to_numpy()[0, 0] = -1.0
    with pytest.raises(TypeError):
        panel.frames["D"] = panel.daily  # type: ignore[index]
    with pytest.raises(AttributeError):
        panel.as_of = pd.Timestamp("2001-01-01")  # type: ignore[misc]


def test_a_panel_of_some_series_keeps_their_order_and_names_the_near_ones(revised: History) -> None:
    panel = revised.as_of("2000-03-10")

    assert list(panel.select(["B", "A"]).monthly.columns) == ["B", "A"]
    with pytest.raises(DataError, match="'AA' is not in the panel"):
        panel.select(["AA"])


def test_a_history_describes_every_series_and_rises() -> None:
    days = pd.bdate_range("2000-01-03", periods=3)
    with pytest.raises(DataError, match="no SeriesInfo for P"):
        History("test", "pseudo", {}, pd.DataFrame({"P": 1.0}, index=days), {})
    with pytest.raises(DataError, match="must rise without duplicates"):
        History("test", "pseudo", {}, pd.DataFrame({"P": 1.0}, index=days[::-1]), {"P": SeriesInfo("P")})


def test_every_fingerprint_differs_where_one_number_does(revised: History) -> None:
    panel = revised.as_of("2000-03-10")
    table = panel.monthly
    table.iloc[0, 0] += 1e-9

    other = Panel(panel.as_of, panel.vintages, panel.series, {"M": table})

    assert other.fingerprint() != panel.fingerprint()


def test_a_history_and_its_panels_are_told_in_a_line() -> None:
    history = daily_market(pd.date_range("2020-01-01", "2020-06-30"))

    assert repr(history) == "History(name='market', vintages='pseudo', series=1 price)"
    assert repr(history.as_of("2020-03-31")) == "Panel(as_of=2020-03-31, vintages='pseudo', series=1 price)"


@pytest.fixture(scope="module")
def archive(shared_data: Path) -> tuple[History, pd.DataFrame]:
    path = shared_data / "fredmd" / "fredmd_all_vintages_1999-08_2026-03.parquet"
    return load_fred_md(path), pd.read_parquet(path)


@pytest.mark.parametrize("vintage", ["1999-08", "2003-12", "2008-09", "2014-12", "2015-01", "2020-04", "2026-03"])
def test_every_vintage_of_the_archive_is_rebuilt_from_its_intervals(
    archive: tuple[History, pd.DataFrame], vintage: str
) -> None:
    history, intervals = archive
    rows = intervals[(intervals["first_vintage"] <= vintage) & (intervals["last_vintage"] >= vintage)]
    expected = rows.pivot_table(index="date", columns="series", values="value")

    monthly = history.as_of(pd.Period(vintage, "M").end_time.normalize()).monthly

    expected.index = pd.PeriodIndex(expected.index, freq="M", name="period")
    pd.testing.assert_frame_equal(
        monthly.sort_index(axis=1), expected.astype(float), check_names=False, check_index_type=False, check_like=True
    )


def test_a_raw_file_of_the_time_equals_the_panel_of_its_month(
    archive: tuple[History, pd.DataFrame], shared_data: Path
) -> None:
    raw = pd.read_csv(shared_data / "fredmd" / "vintages" / "2008-09.csv.gz").iloc[1:].dropna(subset="sasdate")
    raw.index = pd.PeriodIndex(pd.to_datetime(raw.pop("sasdate")), freq="M")

    monthly = archive[0].as_of("2008-09-30").monthly

    assert set(monthly.columns) == set(raw.columns[raw.notna().any()])
    for name in monthly.columns:
        pd.testing.assert_series_equal(
            monthly[name].dropna(), raw[name].astype(float).dropna(), check_names=False, check_index=False, rtol=1e-9
        )


def test_the_months_between_two_vintages_show_the_earlier_one(archive: tuple[History, pd.DataFrame]) -> None:
    history, _ = archive

    assert history.as_of("2008-10-30").monthly.equals(history.as_of("2008-09-30").monthly)
    assert not history.as_of("2008-10-31").monthly.equals(history.as_of("2008-09-30").monthly)

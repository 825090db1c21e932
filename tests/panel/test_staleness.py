"""How old the last value of a series may be, and which are older."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from macrotrade.errors import DataError
from macrotrade.panel.panel import SeriesInfo
from macrotrade.panel.staleness import max_age_days, stale
from macrotrade.panel.vintages import History, Releases


@pytest.fixture
def history() -> History:
    """Monthly to 2026-09 (7 days late), quarterly to 2026Q2 (90 days late), a yield to Monday 2026-11-02."""
    months = pd.period_range("2020-01", "2026-09", freq="M")
    quarters = pd.period_range("2020Q1", "2026Q2", freq="Q")
    days = pd.bdate_range("2020-01-01", "2026-11-02")
    monthly = pd.DataFrame({"UNRATE": 4.0 + np.sin(np.arange(len(months)))}, index=months)
    quarterly = pd.DataFrame({"GDP": 100.0 + np.arange(len(quarters))}, index=quarters)
    return History(
        "test",
        "pseudo",
        {
            "M": Releases.from_final("M", monthly, {"UNRATE": 7}),
            "Q": Releases.from_final("Q", quarterly, {"GDP": 90}),
        },
        pd.DataFrame({"DGS10": 4.0 + np.cos(np.arange(len(days)))}, index=days),
        {
            "UNRATE": SeriesInfo("UNRATE", delay_days=7),
            "GDP": SeriesInfo("GDP", "Q", delay_days=90),
            "DGS10": SeriesInfo("DGS10", "D", "yield", delay_days=0),
        },
    )


def test_the_limit_is_a_period_the_delay_and_a_grace() -> None:
    assert max_age_days(SeriesInfo("DGS10", "D", "yield")) == 1 + 9
    assert max_age_days(SeriesInfo("UNRATE", delay_days=7)) == 31 + 7 + 31
    assert max_age_days(SeriesInfo("UNKNOWN")) == 31 + 45 + 31
    assert max_age_days(SeriesInfo("GDP", "Q", delay_days=90)) == 92 + 90 + 45


@pytest.mark.parametrize(
    ("name", "last_fresh_day"),
    [
        ("DGS10", "2026-11-12"),  # 2 November and 10 days
        ("UNRATE", "2026-12-08"),  # 30 September and 69 days
        ("GDP", "2027-02-12"),  # 30 June and 227 days
    ],
)
def test_a_series_is_fresh_to_its_limit_and_stale_the_day_after(
    history: History, name: str, last_fresh_day: str
) -> None:
    day = pd.Timestamp(last_fresh_day)

    assert stale(history, [name], day) == ()
    found = stale(history, [name], day + pd.Timedelta(days=1))

    assert [(each.series, each.age) for each in found] == [(name, found[0].limit + 1)]
    assert f"{name} was last known for {found[0].last:%Y-%m-%d}" in found[0].reason


def test_no_series_is_stale_on_any_day_while_its_publisher_keeps_its_rhythm(history: History) -> None:
    for day in pd.date_range("2021-01-01", "2026-10-31", freq="7D"):
        assert stale(history, history.series, day) == ()


def test_a_limit_of_ones_own_replaces_the_usual_one(history: History) -> None:
    assert [each.limit for each in stale(history, ["UNRATE", "DGS10"], "2026-11-03", {"UNRATE": 30})] == [30]
    assert stale(history, ["DGS10"], "2027-11-03", {"DGS10": 1000}) == ()


def test_a_panel_is_judged_like_the_history_it_was_cut_from(history: History) -> None:
    panel = history.as_of("2026-12-31")

    assert stale(panel, history.series, "2026-12-31") == stale(history, history.series, "2026-12-31")


def test_a_series_without_a_value_by_then_is_stale_and_an_unknown_one_refused(history: History) -> None:
    found = stale(history, ["GDP"], "2020-03-01")

    assert [each.reason for each in found] == ["GDP has no value by 2020-03-01"]
    with pytest.raises(DataError, match="no series 'GNP'"):
        stale(history, ["GNP"], "2020-03-01")

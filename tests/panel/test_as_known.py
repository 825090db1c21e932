from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from macrotrade import History, Releases, SeriesInfo
from macrotrade.errors import DataError
from macrotrade.panel.as_known import AsKnown, as_known, with_as_known

QUARTERS = pd.period_range("2000Q1", "2002Q4", freq="Q")
MONTHS = pd.period_range("2000-01", "2002-12", freq="M")
SHARE = AsKnown("SHARE", {"BALANCE": 1}, "GDP", group="balances")


def _history(delay: int = 40) -> History:
    quarterly = pd.DataFrame(
        {"BALANCE": np.arange(1.0, 13.0), "OTHER": 2.0 * np.arange(1.0, 13.0), "GDP": 100.0}, index=QUARTERS
    )
    monthly = pd.DataFrame({"FLOW": np.arange(1.0, 37.0)}, index=MONTHS)
    sessions = pd.bdate_range("2000-01-03", "2002-12-31")
    return History(
        "small",
        "pseudo",
        {
            "Q": Releases.from_final("Q", quarterly, {"BALANCE": delay, "OTHER": 80, "GDP": delay}),
            "M": Releases.from_final("M", monthly, {"FLOW": 10}),
        },
        pd.DataFrame({"STOCKS": np.arange(1.0, len(sessions) + 1.0)}, index=sessions),
        {
            **{name: SeriesInfo(name, "Q") for name in quarterly},
            "FLOW": SeriesInfo("FLOW"),
            "STOCKS": SeriesInfo("STOCKS", "D", "price"),
        },
    )


def test_a_quarter_stands_from_the_month_of_its_release_until_the_next_release() -> None:
    share = as_known(_history(), [SHARE])["SHARE"]

    # The first quarter of 2001, the fifth, is released on 10 May and the second on 9 August.
    assert share["2001-04":"2001-08"].tolist() == [4.0, 5.0, 5.0, 5.0, 6.0]


@pytest.mark.parametrize("delay", [0, 29, 90])
def test_a_value_is_in_no_panel_before_the_release_of_what_it_is_made_of(delay: int) -> None:
    history = _history(delay)
    joined = with_as_known(history, [SHARE])

    for day in pd.date_range("2001-01-31", "2002-06-30", freq="ME"):
        known = history.as_of(day).quarterly["BALANCE"].dropna()
        assert joined.as_of(day).values("SHARE").iloc[-1] == pytest.approx(known.iloc[-1])


def test_a_sum_is_of_the_last_period_in_which_all_of_its_parts_are_known() -> None:
    both = AsKnown("BOTH", {"BALANCE": -1, "OTHER": -1}, "GDP")

    found = as_known(_history(), [both])["BOTH"]

    # In May the fifth quarter of BALANCE is known, of OTHER only the fourth.
    assert found[pd.Period("2001-05", "M")] == -(4.0 + 8.0)
    assert found[pd.Period("2001-06", "M")] == -(5.0 + 10.0)


def test_flows_over_a_year_and_prices_over_the_last_known_quarter() -> None:
    made = as_known(
        _history(), [AsKnown("YEAR", {"FLOW": 1}, periods=12, times=1.0), AsKnown("P", {"STOCKS": 1}, "GDP")]
    )

    assert made["YEAR"][pd.Period("2001-06", "M")] == sum(range(6, 18))
    closes = _history().market["STOCKS"]
    assert made["P"][pd.Period("2001-06", "M")] == closes.loc["2001-06"].iloc[-1]


def test_a_series_that_ended_is_not_carried_on() -> None:
    history = _history()
    longer = history.market.reindex(pd.bdate_range("2000-01-03", "2004-06-30"))
    longer["LATER"] = 1.0
    info = {**history.series, "LATER": SeriesInfo("LATER", "D", "price")}

    share = as_known(replace(history, market=longer, series=info), [SHARE])["SHARE"]

    assert str(share.last_valid_index()) == "2003-09"


def test_numbers_of_the_time_are_kept_when_they_are_revised() -> None:
    versions = pd.DataFrame(
        {
            "series": ["BALANCE", "BALANCE", "BALANCE", "GDP", "GDP"],
            "period": [QUARTERS[4], QUARTERS[4], QUARTERS[5], QUARTERS[4], QUARTERS[5]],
            "released": pd.to_datetime(["2001-05-10", "2001-07-15", "2001-08-09", "2001-05-10", "2001-08-09"]),
            "value": [5.0, 50.0, 6.0, 100.0, 100.0],
        }
    )
    history = _history()
    revised = history.with_tables({"Q": Releases.from_versions("Q", versions)}, history.market)

    share = as_known(revised, [SHARE])["SHARE"]

    assert share["2001-05":"2001-08"].tolist() == pytest.approx([5.0, 5.0, 50.0, 6.0])


@settings(max_examples=20, deadline=None)
@given(day=st.dates(pd.Timestamp("2000-09-01").date(), pd.Timestamp("2002-11-30").date()))
def test_cutting_the_history_first_changes_nothing_that_was_known(day: object) -> None:
    history, moment = _history(), pd.Timestamp(day)  # type: ignore[arg-type]
    made = [SHARE, AsKnown("P", {"STOCKS": 1}, "GDP"), AsKnown("YEAR", {"FLOW": 1}, periods=3)]

    cut_first = with_as_known(history.truncated(moment), made).as_of(moment).monthly
    cut_last = with_as_known(history, made).as_of(moment).monthly

    pd.testing.assert_frame_equal(cut_first[cut_last.columns], cut_last)


def test_an_unknown_series_a_taken_name_and_mixed_frequencies_are_refused() -> None:
    history = _history()
    with pytest.raises(DataError, match=r"no series 'BALANCES' to read\. Did you mean 'BALANCE'"):
        as_known(history, [AsKnown("SHARE", {"BALANCES": 1})])
    with pytest.raises(DataError, match="has a series 'FLOW' already"):
        with_as_known(history, [AsKnown("FLOW", {"BALANCE": 1})])
    with pytest.raises(DataError, match="several frequencies"):
        as_known(history, [AsKnown("SUM", {"BALANCE": 1, "FLOW": 1})])

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from macrotrade.errors import DataError, SettingsError
from macrotrade.portfolio.simulate import carried, ordered, track_record

DAYS = pd.bdate_range("2008-01-02", "2008-03-31")


def positions(values: dict[str, float], name: str = "ZN") -> pd.DataFrame:
    return pd.DataFrame({name: list(values.values())}, index=pd.DatetimeIndex(list(values)))


def test_a_decision_is_carried_by_the_first_session_strictly_after_it() -> None:
    held = carried(positions({"2008-01-31": 1.0, "2008-02-29": -1.0}), DAYS)["ZN"]
    assert held.loc[:"2008-01-31"].eq(0.0).all()
    assert held.loc["2008-02-01":"2008-02-29"].eq(1.0).all()
    assert held.loc["2008-03-03":].eq(-1.0).all()


def test_a_decision_on_a_weekend_is_carried_on_monday() -> None:
    held = carried(positions({"2008-02-02": 1.0}), DAYS)["ZN"]
    assert held.ne(0.0).idxmax() == pd.Timestamp("2008-02-04")


def test_a_delay_counts_sessions() -> None:
    decisions = positions({"2008-01-31": 1.0, "2008-02-01": 0.5})
    prompt, late = carried(decisions, DAYS)["ZN"], carried(decisions, DAYS, delay=3)["ZN"]
    np.testing.assert_array_equal(late.to_numpy()[3:], prompt.to_numpy()[:-3])
    assert late.iloc[:3].eq(0.0).all()


def test_a_delay_longer_than_the_sample_carries_nothing() -> None:
    assert carried(positions({"2008-01-31": 1.0}), DAYS, delay=1000)["ZN"].eq(0.0).all()


def test_a_missing_position_carries_nothing() -> None:
    held = carried(positions({"2008-01-03": np.nan, "2008-01-31": 1.0}), DAYS)["ZN"]
    assert held.loc[:"2008-01-31"].eq(0.0).all()


@pytest.mark.parametrize("labels", ["ME", "BME", "MS"])
def test_a_month_is_carried_whole_whatever_day_labels_it(labels: str) -> None:
    months = pd.date_range("2008-01-01", periods=6, freq=labels)
    held = carried(positions({"2008-01-31": 1.0, "2008-04-30": -1.0}), months)["ZN"]
    assert held.to_list() == [0.0, 1.0, 1.0, 1.0, -1.0, -1.0]


def test_a_decision_within_a_month_waits_for_the_next_bar() -> None:
    months = pd.date_range("2008-01-31", periods=4, freq="ME")
    assert carried(positions({"2008-02-15": 1.0}), months)["ZN"].to_list() == [0.0, 0.0, 1.0, 1.0]


def test_an_order_stands_one_row_before_the_exposure_it_leads_to() -> None:
    decisions = positions({"2008-01-31": 1.0, "2008-02-29": -1.0, "2008-03-31": 0.5})
    before, after = carried(decisions, DAYS)["ZN"], ordered(decisions, DAYS)["ZN"]
    np.testing.assert_array_equal(after.to_numpy()[:-1], before.to_numpy()[1:])
    assert after.iloc[-1] == 0.5


@given(
    days=st.lists(st.integers(0, 90), min_size=1, max_size=12, unique=True).map(sorted),
    delay=st.integers(0, 5),
    cut=st.integers(1, len(DAYS) - 1),
)
@settings(max_examples=60, deadline=None)
def test_no_decision_moves_a_session_at_or_before_it(days: list[int], delay: int, cut: int) -> None:
    origins = pd.Timestamp("2008-01-01") + pd.to_timedelta(days, unit="D")
    decisions = pd.DataFrame({"ZN": np.arange(1.0, len(days) + 1)}, index=pd.DatetimeIndex(origins))
    held = carried(decisions, DAYS, delay)["ZN"]
    changed = decisions.copy()
    changed.loc[changed.index >= DAYS[cut]] = 99.0
    np.testing.assert_array_equal(carried(changed, DAYS, delay)["ZN"][: cut + 1], held[: cut + 1])
    slowly = [
        next((float(p) for t, p in reversed(list(decisions["ZN"].items())) if t < DAYS[j - delay]), 0.0)
        if j >= delay
        else 0.0
        for j in range(len(DAYS))
    ]
    np.testing.assert_array_equal(held, slowly)


@pytest.mark.parametrize(
    ("decisions", "message"),
    [
        (pd.DataFrame(index=pd.DatetimeIndex([])), "empty"),
        (positions({"2008-02-29": 1.0, "2008-01-31": 1.0}), "must rise"),
        (positions({"2008-01-31": 1.0, "2008-01-31 10:00": 1.0}), "two rows on 2008-01-31"),
        (positions({"2008-01-31": np.inf}), "infinite"),
        (pd.DataFrame({"ZN": ["long"]}, index=pd.DatetimeIndex(["2008-01-31"])), "must be numbers"),
        (positions({"2008-01-31": 1.0}).to_period("M"), "must be dates"),
        (pd.DataFrame([[1.0, 1.0]], index=DAYS[:1], columns=["ZN", "ZN"]), "twice"),
    ],
)
def test_positions_that_cannot_be_meant_are_refused(decisions: pd.DataFrame, message: str) -> None:
    with pytest.raises(DataError, match=message):
        carried(decisions, DAYS)


def test_trading_before_deciding_is_refused() -> None:
    with pytest.raises(SettingsError, match="before deciding"):
        carried(positions({"2008-01-31": 1.0}), DAYS, delay=-1)


def test_prices_that_end_before_the_first_decision_are_refused() -> None:
    with pytest.raises(DataError, match=r"No session of the prices .* comes after a decision"):
        track_record(positions({"2009-01-31": 1.0}), pd.Series(100.0, index=DAYS, name="ZN"))


def test_a_record_starts_at_the_close_that_fills_the_first_order() -> None:
    prices = pd.Series(np.linspace(100, 110, len(DAYS)), index=DAYS, name="ZN")
    decisions = positions({"2008-01-10": np.nan, "2008-01-31": 1.0})
    record = track_record(decisions, prices, costs="none")
    assert record.returns.index[0] == pd.Timestamp("2008-01-31")
    assert record.exposure["ZN"].iloc[:2].to_list() == [0.0, 1.0]
    late = track_record(decisions, prices, costs="none", delay=2)
    assert late.returns.index[0] == pd.Timestamp("2008-02-04")

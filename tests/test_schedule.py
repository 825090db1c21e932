"""When we decide, and which periods are over by then."""

from __future__ import annotations

import calendar
import datetime

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from macrotrade import Schedule
from macrotrade.errors import SettingsError
from macrotrade.schedule import last_complete_period, month_end_sessions

DAYS = st.dates(datetime.date(1950, 1, 1), datetime.date(2049, 12, 31))


@given(DAYS)
def test_a_month_is_over_when_no_weekday_of_it_is_left(day: datetime.date) -> None:
    last = datetime.date(day.year, day.month, calendar.monthrange(day.year, day.month)[1])
    left = [day + datetime.timedelta(n) for n in range(1, (last - day).days + 1)]
    is_over = not any(later.weekday() < 5 for later in left)

    period = last_complete_period(pd.Timestamp(day), "M")

    assert period == pd.Period(day, "M") - (0 if is_over else 1)


@given(DAYS)
def test_a_quarter_is_over_when_its_last_month_is(day: datetime.date) -> None:
    month = last_complete_period(pd.Timestamp(day), "M")

    quarter = last_complete_period(pd.Timestamp(day), "Q")

    assert quarter == (month + 1).asfreq("Q") - 1


@given(DAYS)
def test_a_day_is_over_at_its_end(day: datetime.date) -> None:
    assert last_complete_period(pd.Timestamp(day), "D") == pd.Period(day, "D")


@pytest.mark.parametrize(
    ("decide", "days", "a_year"),
    [
        ("daily", ["2008-02-28", "2008-02-29", "2008-03-03"], 252),
        ("weekly", ["2008-02-29"], 52),
        ("monthly", ["2008-02-29"], 12),
        ("quarterly", [], 4),
    ],
)
def test_decision_days_by_schedule(decide: str, days: list[str], a_year: float) -> None:
    schedule = Schedule(decide)  # type: ignore[arg-type]

    origins = schedule.origins("2008-02-28", "2008-03-03")

    assert list(origins.strftime("%Y-%m-%d")) == days
    assert schedule.decisions_a_year == a_year


def test_quarters_end_in_march_june_september_and_december() -> None:
    assert list(Schedule("quarterly").origins("2008-01-01", "2008-12-31").month) == [3, 6, 9, 12]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [({"decide": "montly"}, "Did you mean 'monthly'"), ({"refit_every": 0}, "at least 1 origin, not 0")],
)
def test_a_schedule_that_makes_no_sense_is_refused(arguments: dict[str, object], message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        Schedule(**arguments)  # type: ignore[arg-type]


def test_the_last_session_of_each_month_is_found_among_those_given() -> None:
    sessions = pd.DatetimeIndex(["2008-01-30", "2008-01-31", "2008-02-01", "2008-02-28", "2008-03-03"])

    assert list(month_end_sessions(sessions)) == list(sessions[[1, 3, 4]])
    assert len(month_end_sessions(sessions[:0])) == 0

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import pandas as pd
import pytest

from macrotrade.errors import SettingsError
from macrotrade.strategy.clock import Clock
from macrotrade.strategy.parts import parse

NEW_YORK = ZoneInfo("America/New_York")


@pytest.mark.parametrize(
    ("moment", "today"),
    [
        (datetime(2026, 3, 31, 16, 59, tzinfo=NEW_YORK), "2026-03-30"),
        (datetime(2026, 3, 31, 17, 0, tzinfo=NEW_YORK), "2026-03-31"),
        (datetime(2026, 3, 31, 21, 0, tzinfo=UTC), "2026-03-31"),
        (datetime(2026, 1, 30, 21, 0, tzinfo=UTC), "2026-01-29"),
        (datetime(2026, 4, 1, 3, 59, tzinfo=UTC), "2026-03-31"),
    ],
)
def test_a_day_counts_once_its_closing_hour_has_passed_in_its_own_zone(moment: datetime, today: str) -> None:
    assert Clock().today(moment) == pd.Timestamp(today)


@pytest.mark.parametrize("night", ["2026-03-08", "2026-11-01"])
def test_when_clocks_change_every_day_still_counts_once_and_in_order(night: str) -> None:
    moments = pd.date_range(pd.Timestamp(night, tz="UTC") - pd.Timedelta(days=1), periods=4 * 24 * 12, freq="5min")

    days = [Clock(at="01:30").today(moment.to_pydatetime()) for moment in moments]

    turns = [later - earlier for earlier, later in pairwise(days) if later != earlier]
    assert turns == [pd.Timedelta(days=1)] * 4


def test_an_hour_without_a_zone_is_no_moment() -> None:
    with pytest.raises(SettingsError, match="no time zone; give one"):
        Clock().today(datetime(2026, 3, 31, 16, 59))


@pytest.mark.parametrize(
    ("day", "acts_on"),
    [
        ("2025-02-28", "2025-03-03"),  # a weekend
        ("2025-05-31", "2025-06-02"),  # decided on a Saturday
        ("2025-12-31", "2026-01-02"),  # New Year's Day
        ("2025-04-17", "2025-04-21"),  # Good Friday
    ],
)
def test_a_position_is_put_on_at_the_first_session_after_its_day(day: str, acts_on: str) -> None:
    assert Clock().acts_on(pd.Timestamp(day)) == pd.Timestamp(acts_on)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"at": "5 pm"}, "'5 pm' is no time of day; write HH:MM"),
        ({"zone": "New York"}, "'New York' is no time zone"),
        ({"hour": "17:00"}, "unknown key 'hour'"),
    ],
)
def test_a_clock_that_cannot_be_read_is_refused_with_the_remedy(given: dict[str, str], words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        parse(Clock, given, "watchlist.toml, clock")


def test_an_exchange_without_a_calendar_is_refused_with_the_nearest() -> None:
    with pytest.raises(SettingsError, match="Did you mean 'XNYS'"):
        Clock(exchange="XNSY").acts_on(pd.Timestamp("2025-02-28"))

"""Closes from Yahoo through yfinance: whole sessions, never an empty table."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from macrotrade.errors import SourceError
from macrotrade.sources.live.fetched import QUOTES, require_shape
from macrotrade.sources.live.yahoo import SYMBOLS, fetch_yahoo
from tests.sources.live.server import Fault, PublisherServer

CLOSES: dict[str, float | None] = {
    "2026-08-31": 6500.25,
    "2026-09-01": 6480.0,
    "2026-09-02": None,
    "2026-09-03": 6512.5,
    "2026-09-04": 6530.75,
}
FRIDAY_EVENING = pd.Timestamp("2026-09-04 18:30", tz="America/New_York").tz_convert("UTC")
FRIDAY_NOON = pd.Timestamp("2026-09-04 12:00", tz="America/New_York").tz_convert("UTC")


@pytest.fixture
def yahoo(publisher: PublisherServer, tmp_path: Path) -> Iterator[PublisherServer]:
    import yfinance

    yfinance.set_tz_cache_location(str(tmp_path))
    publisher.charts = {symbol: dict(CLOSES) for symbol in SYMBOLS.values()}
    yield publisher
    yfinance.cache._TzDBManager.close_db()


def test_closes_come_by_session_without_time_zone(yahoo: PublisherServer) -> None:
    fetched = fetch_yahoo("SPX", now=FRIDAY_EVENING)

    require_shape(fetched.frame, QUOTES, fetched.name)
    assert fetched.name == "yahoo-SPX"
    assert dict(zip(fetched.frame["date"].dt.strftime("%Y-%m-%d"), fetched.frame["value"], strict=True)) == {
        day: close for day, close in CLOSES.items() if close is not None
    }
    assert fetched.frame["date"].dt.tz is None


def test_a_session_that_is_not_over_has_no_close_yet(yahoo: PublisherServer) -> None:
    assert fetch_yahoo("SPX", now=FRIDAY_NOON).last_day == pd.Timestamp("2026-09-03")


def test_later_closes_join_those_at_hand(yahoo: PublisherServer) -> None:
    stored = fetch_yahoo("SPX", now=FRIDAY_NOON)
    yahoo.asked.clear()

    fetched = fetch_yahoo("SPX", since=stored, now=FRIDAY_EVENING)

    charts = [one for one in yahoo.asked if "interval" in one.query and one.query["interval"] == "1d"]
    assert fetched.frame["value"].tolist() == [6500.25, 6480.0, 6512.5, 6530.75]
    assert all(int(float(one.query.get("period1", "0"))) > 1.7e9 for one in charts if "period1" in one.query)


def test_nothing_new_gives_the_same_table(yahoo: PublisherServer) -> None:
    stored = fetch_yahoo("SPX", now=FRIDAY_EVENING)

    assert fetch_yahoo("SPX", since=stored, now=FRIDAY_EVENING).frame is stored.frame


def test_closes_that_were_changed_are_fetched_anew(yahoo: PublisherServer) -> None:
    stored = fetch_yahoo("SPX", now=FRIDAY_EVENING)
    yahoo.charts["^GSPC"] = {day: None if close is None else close / 2 for day, close in CLOSES.items()}

    fetched = fetch_yahoo("SPX", since=stored, now=FRIDAY_EVENING)

    assert fetched.frame["value"].tolist() == [3250.125, 3240.0, 3256.25, 3265.375]


@pytest.mark.parametrize("symbol", ["ES", "ZT", "ZF", "ZN", "ZB"])
def test_a_front_contract_says_that_it_is_not_adjusted(yahoo: PublisherServer, symbol: str) -> None:
    fetched = fetch_yahoo(symbol, now=FRIDAY_EVENING)

    assert "not what a position earns" in fetched.note
    assert "not what a position earns" in fetched.frame.attrs["title"]


@pytest.mark.parametrize(
    "fault", ["too many", "server error", "reset", "empty", "truncated", "web page", "renamed columns"]
)
def test_a_fault_gives_an_error_and_no_table(yahoo: PublisherServer, fault: Fault) -> None:
    yahoo.fail("chart", fault)

    with pytest.raises(SourceError, match="try again in an hour"):
        fetch_yahoo("SPX", now=FRIDAY_EVENING, timeout=0.5)


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("web page", "is not Yahoo's JSON but a web page or nothing"),
        ("renamed columns", "the answer lacks 'close'; Yahoo's format may have changed"),
        ("too many", "RateLimit"),
    ],
)
def test_what_came_instead_of_closes_is_told_in_words(yahoo: PublisherServer, fault: Fault, words: str) -> None:
    yahoo.fail("chart", fault)

    with pytest.raises(SourceError) as raised:
        fetch_yahoo("SPX", now=FRIDAY_EVENING)

    assert words in str(raised.value)
    assert ".." not in str(raised.value)
    assert raised.value.for_all == (fault == "too many")


def test_an_empty_table_is_an_error(yahoo: PublisherServer) -> None:
    yahoo.charts["^GSPC"] = {}

    with pytest.raises(SourceError, match=r"chart/\^GSPC: "):
        fetch_yahoo("SPX", now=FRIDAY_EVENING)


def test_a_symbol_that_is_gone_is_an_error(yahoo: PublisherServer) -> None:
    del yahoo.charts["^GSPC"]

    with pytest.raises(SourceError, match="delisted"):
        fetch_yahoo("SPX", now=FRIDAY_EVENING)


def test_another_symbol_is_refused() -> None:
    with pytest.raises(SourceError, match="Did you mean 'SPX'"):
        fetch_yahoo("SPY")

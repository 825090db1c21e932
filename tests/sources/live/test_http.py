"""One GET against a server that falters: the whole body, or an error that says what to do."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
import stamina
from pydantic import SecretStr

from macrotrade.errors import SourceError
from macrotrade.sources.live.http import get
from tests.sources.live.server import KEY, Fault, PublisherServer

CSV = b"sasdate,INDPRO\nTransform:,5\n1/1/2020,100.0\n"


def address(publisher: PublisherServer, path: str = "monthly/current.csv") -> str:
    return f"{publisher.url}/fred-md/{path}"


@pytest.fixture
def posted(publisher: PublisherServer) -> PublisherServer:
    publisher.files["monthly/current.csv"] = CSV
    return publisher


def test_a_whole_body_arrives_with_its_version(posted: PublisherServer) -> None:
    answer = get(address(posted), accept="csv")

    assert answer.content == CSV
    assert answer.etag
    assert answer.last_modified == "Fri, 04 Sep 2026 12:00:00 GMT"
    assert answer.fetched_at.tzinfo is not None


def test_an_unchanged_file_is_not_sent_again(posted: PublisherServer) -> None:
    first = get(address(posted), accept="csv")

    again = get(address(posted), accept="csv", etag=first.etag, last_modified=first.last_modified)

    assert again.unchanged
    assert again.content == b""
    assert posted.asked[-1].answered == 304


@pytest.mark.parametrize("fault", ["too many", "server error", "silence", "reset", "empty", "truncated", "web page"])
def test_a_passing_fault_is_tried_again(posted: PublisherServer, fault: Fault) -> None:
    posted.fail("current.csv", fault, times=2)

    answer = get(address(posted), accept="csv", timeout=0.2)

    assert answer.content == CSV
    assert len(posted.asked) == 3


@pytest.mark.parametrize(
    ("fault", "arrived", "remedy"),
    [
        ("too many", "the server answered 429", "try again in some minutes"),
        ("server error", "the server answered 500 Internal Server Error (Sorry, something went wrong)", "later"),
        ("silence", "nothing arrived for 0.1 seconds", "Check the connection"),
        ("reset", "no connection (", "reaches the internet"),
        ("empty", "an empty body arrived", "publisher's page"),
        ("truncated", f"{len(CSV) // 2} of {len(CSV)} bytes arrived", "cuts downloads off"),
        ("web page", "a web page arrived where CSV was asked for", "publisher's page"),
        ("forbidden", "the server answered 403 Forbidden", "refuses"),
    ],
)
def test_a_lasting_fault_says_what_arrived_and_what_to_do(
    posted: PublisherServer, fault: Fault, arrived: str, remedy: str
) -> None:
    posted.fail("current.csv", fault)

    with pytest.raises(SourceError) as raised:
        get(address(posted), accept="csv", timeout=0.1, attempts=2)

    assert address(posted) in str(raised.value)
    assert arrived in str(raised.value)
    assert remedy in str(raised.value)
    assert raised.value.__cause__ is None
    assert raised.value.__context__ is None


def test_what_is_not_there_is_not_asked_for_twice(publisher: PublisherServer) -> None:
    with pytest.raises(SourceError, match="answered 404 Not Found") as raised:
        get(address(publisher), accept="csv")

    assert raised.value.status == 404
    assert len(publisher.asked) == 1


def test_a_closed_port_is_told_from_a_fault_of_the_server() -> None:
    with stamina.set_testing(True, attempts=2), pytest.raises(SourceError, match="no connection"):
        get("http://127.0.0.1:9/current.csv", accept="csv")


@pytest.mark.parametrize("as_date", [False, True], ids=["seconds", "date"])
def test_the_wait_that_a_server_asks_for_is_kept(
    posted: PublisherServer, monkeypatch: pytest.MonkeyPatch, as_date: bool
) -> None:
    until = format_datetime(datetime.now(UTC) + timedelta(seconds=7), usegmt=True)
    posted.fail("current.csv", "too many", times=1, retry_after=until if as_date else "7")
    slept: list[float] = []
    monkeypatch.setattr(time, "sleep", slept.append)

    with stamina.set_testing(False):
        get(address(posted), accept="csv")

    assert len(slept) == 1
    assert 5.0 < slept[0] <= 7.0


def test_a_wait_of_an_hour_is_told_and_not_kept(posted: PublisherServer) -> None:
    posted.fail("current.csv", "too many", retry_after="3600")

    with pytest.raises(SourceError, match="left alone for 3600 seconds"):
        get(address(posted), accept="csv")

    assert len(posted.asked) == 1


def test_a_secret_parameter_is_sent_and_not_shown(publisher: PublisherServer) -> None:
    with pytest.raises(SourceError) as raised:
        get(f"{publisher.url}/fred/series", {"series_id": "NONE", "api_key": SecretStr(KEY)}, accept="xml")

    assert publisher.asked[-1].query["api_key"] == KEY
    assert "series_id=NONE" in str(raised.value)
    assert "The series does not exist" in str(raised.value)
    assert KEY not in str(raised.value)

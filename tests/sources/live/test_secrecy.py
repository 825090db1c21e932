"""A key placed in the environment is sent to FRED, and stands nowhere else."""

from __future__ import annotations

import logging
import pickle
import traceback

import pytest

from macrotrade.errors import MacrotradeError, SourceError
from macrotrade.sources.live.credentials import fred_key, scrubbed
from macrotrade.sources.live.fred import fetch_fred, fetch_fred_latest
from tests.sources.live.server import KEY, Fault, FredSeries, PublisherServer, versions_of


@pytest.fixture
def series(publisher: PublisherServer) -> PublisherServer:
    publisher.fred["UNRATE"] = FredSeries(versions_of({"2020-02-07": {"2020-01-01": "3.6"}}))
    return publisher


def whole_text(error: BaseException | None) -> str:
    """Everything that an exception and those behind it could print, values of local variables included."""
    told = []
    while error is not None:
        told += [str(error), repr(error), repr(vars(error))]
        told += traceback.format_exception(error)
        told += traceback.TracebackException.from_exception(error, capture_locals=True).format()
        error = error.__cause__ or error.__context__
    return "\n".join(told)


def test_the_key_is_sent_and_kept_out_of_tables_and_addresses(series: PublisherServer) -> None:
    fetched = [fetch_fred("UNRATE"), fetch_fred_latest("UNRATE")]

    assert all(one.query["api_key"] == KEY for one in series.asked)
    for one in fetched:
        assert KEY not in repr(one) + one.url + one.note + repr(one.frame.attrs)
        assert KEY.encode() not in pickle.dumps(one.frame)


@pytest.mark.parametrize(
    "fault", ["too many", "server error", "silence", "reset", "empty", "truncated", "web page", "forbidden"]
)
def test_the_key_is_in_no_error_and_no_log(
    series: PublisherServer, fault: Fault, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.DEBUG)
    monkeypatch.setattr("macrotrade.sources.live.http._SILENCE_SECONDS", 0.05)
    series.fail("observations", fault)

    with pytest.raises(SourceError) as raised:
        fetch_fred("UNRATE")

    assert KEY not in whole_text(raised.value)
    assert not [record for record in caplog.records if KEY in repr(vars(record)) + record.getMessage()]


def test_a_server_that_repeats_the_key_is_not_repeated(
    series: PublisherServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def telling(*_: object) -> tuple[int, str, bytes]:
        return 400, "text/xml", f'<error code="400" message="The key {KEY} is not registered." />'.encode()

    monkeypatch.setattr("tests.sources.live.server.fred_answer", telling)

    with pytest.raises(SourceError, match=r"The key \*{10} is not registered") as raised:
        fetch_fred("UNRATE")

    assert KEY not in whole_text(raised.value)


def test_no_server_at_all_tells_no_key(monkeypatch: pytest.MonkeyPatch, publisher: PublisherServer) -> None:
    monkeypatch.setenv("MACROTRADE_FRED_URL", "http://127.0.0.1:9/fred")

    with pytest.raises(MacrotradeError) as raised:
        fetch_fred("UNRATE")

    assert KEY not in whole_text(raised.value)


def test_the_key_prints_as_asterisks(publisher: PublisherServer) -> None:
    assert KEY not in f"{fred_key()} {fred_key()!r}"
    assert scrubbed(f"a text with {KEY} in it") == "a text with ********** in it"

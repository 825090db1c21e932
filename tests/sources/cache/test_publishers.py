"""The cache and publishers on the loopback that misbehave: it is as before or complete, and no more moves than must."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import get_args

import pandas as pd
import pytest
import stamina

from macrotrade.sources.cache.live import load_live
from macrotrade.sources.cache.plan import LivePlan
from macrotrade.sources.cache.store import Cache
from macrotrade.sources.cache.update import update
from macrotrade.sources.cache.upkeep import damage
from tests.sources.live.server import KEY, Fault, FredSeries, PublisherServer, fred_md_csv, versions_of

Held = Callable[[Cache], dict[str, bytes]]

PLAN = LivePlan("current", ("DGS10",), ("UNRATE",), ())
RELEASED = {
    "2020-02-07": {"2019-12-01": "3.5", "2020-01-01": "3.6"},
    "2020-03-06": {"2019-12-01": "3.5", "2020-01-01": "3.7", "2020-02-01": "3.5"},
}


@pytest.fixture
def publisher(monkeypatch: pytest.MonkeyPatch) -> Iterator[PublisherServer]:
    with PublisherServer() as server, stamina.set_testing(True, attempts=2, cap=True):
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        post(server, "2026-03", {**RELEASED})
        yield server


def post(server: PublisherServer, vintage: str, released: dict[str, dict[str, str]]) -> None:
    """What the publishers have when the vintage of that month is the newest."""
    months = pd.period_range("2025-01", pd.Period(vintage, "M") - 1, freq="M")
    numbers = {
        name: [100.0 + place + row for row in range(len(months))] for place, name in enumerate(("INDPRO", "RPI"))
    }
    content = fred_md_csv(months, numbers, {"INDPRO": 5, "RPI": 5})
    server.files["monthly/current.csv"] = server.files[f"monthly/{vintage}-md.csv"] = content
    updated = max(released)
    server.fred["UNRATE"] = FredSeries(versions_of(released), "Unemployment Rate", last_updated=updated)
    quotes = {updated: {f"2020-02-{day:02d}": f"1.{day}" for day in range(3, 8)}}
    server.fred["DGS10"] = FredSeries(versions_of(quotes), "10-Year", frequency="Daily", last_updated=updated)


def test_a_history_is_made_of_what_was_fetched(publisher: PublisherServer, cache: Cache) -> None:
    done = update(PLAN.live_tables(), cache)

    history = load_live(cache.folder, PLAN)

    assert [outcome.kind for outcome in done.outcomes] == ["new"] * 3, done
    assert {"INDPRO", "RPI", "UNRATE", "DGS10"} <= set(history.series)
    assert history.as_of("2020-02-10").monthly["UNRATE"].iloc[-1] == 3.6
    assert history.as_of("2020-03-10").monthly.loc["2020-01", "UNRATE"] == 3.7


@pytest.mark.parametrize("fault", get_args(Fault))
def test_after_any_fault_of_every_publisher_the_cache_is_as_before_and_the_next_update_completes_it(
    publisher: PublisherServer, cache: Cache, held: Held, fault: Fault, monkeypatch: pytest.MonkeyPatch
) -> None:
    from macrotrade.sources.live import http

    monkeypatch.setitem(http.get.__kwdefaults__, "timeout", 0.2)
    # Only the forms of the FRED API have the columns that this fault renames.
    plan = replace(PLAN, fred_md="none") if fault == "renamed columns" else PLAN
    update(plan.live_tables(), cache)
    before = held(cache)
    post(publisher, "2026-04", {**RELEASED, "2020-04-03": {**RELEASED["2020-03-06"], "2020-03-01": "4.4"}})
    publisher.fail("", fault)

    failed = update(plan.live_tables(), cache)

    assert [outcome.kind for outcome in failed.outcomes] == ["failed"] * len(plan.tables), failed
    for outcome in failed.outcomes:
        assert publisher.url in outcome.reason or outcome.table.partition("-")[2] in outcome.reason
    assert held(cache) == before
    assert KEY not in str(failed)
    publisher.behave()
    done = update(plan.live_tables(), cache)
    assert [outcome.kind for outcome in done.outcomes] == ["changed", "unchanged", "changed"][-len(plan.tables) :], done
    assert damage(cache) == ()
    assert KEY.encode() not in b"".join(held(cache).values())


def test_a_warm_update_moves_only_what_changed(publisher: PublisherServer, cache: Cache) -> None:
    update(PLAN.live_tables(), cache)
    publisher.asked.clear()

    same = update(PLAN.live_tables(), cache)

    assert not same.anything_new
    assert [asked.answered for asked in publisher.asked if "fred-md" in asked.path] == [304]
    assert not [path for path in publisher.paths() if path.endswith("/observations")]
    publisher.asked.clear()
    post(publisher, "2026-06", RELEASED)
    newest = publisher.files["monthly/2026-06-md.csv"]
    for month in (4, 5):
        publisher.files[f"monthly/2026-0{month}-md.csv"] = newest[: newest.index(f"\n{month}/1/2026".encode()) + 1]
    update(PLAN.live_tables(), cache)
    fetched = [path.rpartition("/")[2] for path in publisher.paths() if "fred-md" in path]
    assert sorted(fetched) == ["2026-04-md.csv", "2026-05-md.csv", "current.csv"]


@pytest.mark.parametrize("fault", ["silence", "reset", "too many"])
def test_a_publisher_that_does_not_answer_is_not_asked_for_every_table(
    publisher: PublisherServer, cache: Cache, fault: Fault, monkeypatch: pytest.MonkeyPatch
) -> None:
    from macrotrade.sources.live import http

    monkeypatch.setitem(http.get.__kwdefaults__, "timeout", 0.2)
    publisher.fail("/fred/", fault)

    done = update(PLAN.live_tables(), cache)

    assert [outcome.kind for outcome in done.outcomes] == ["new", "failed", "failed"]
    assert "UNRATE was not asked for: what fred-DGS10 met would meet it too" in done.outcomes[2].reason
    assert not [asked for asked in publisher.asked if asked.query.get("series_id") == "UNRATE"]


def test_a_wrong_key_is_told_once_and_a_wrong_name_does_not_stop_the_others(
    publisher: PublisherServer, cache: Cache, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = LivePlan("none", ("DGS100", "DGS10"), ("UNRATE",), ())
    assert [outcome.kind for outcome in update(plan.live_tables(), cache).outcomes] == ["failed", "new", "new"]
    monkeypatch.setenv("FRED_API_KEY", "f" * 32)

    refused = update(plan.live_tables(), cache)

    assert [outcome.kind for outcome in refused.outcomes] == ["failed"] * 3
    assert "Check the key in the environment variable FRED_API_KEY" in refused.outcomes[0].reason
    assert {asked.query["series_id"] for asked in publisher.asked[-1:]} == {"DGS100"}


def test_attempts_are_logged_to_nobody_who_has_not_asked(publisher: PublisherServer, cache: Cache) -> None:
    publisher.fail("", "server error")

    update(PLAN.live_tables(), cache)

    # A logger without any handler of its own prints a line for each attempt on the screen.
    assert any(isinstance(each, logging.NullHandler) for each in logging.getLogger("stamina").handlers)

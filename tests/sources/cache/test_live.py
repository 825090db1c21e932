"""The source `live`: a History from the cache alone, which says how old it is."""

from __future__ import annotations

import socket
from collections.abc import Callable
from datetime import UTC, datetime

import pandas as pd
import pytest

from macrotrade.errors import DataError, SettingsError
from macrotrade.sources.cache.live import load_live
from macrotrade.sources.cache.plan import LivePlan
from macrotrade.sources.cache.store import Cache
from macrotrade.sources.live.fetched import Fetched
from macrotrade.sources.live.tables import live_tables
from macrotrade.sources.load import load
from macrotrade.strategy.parts import DataOptions, parse

Make = Callable[..., Fetched]


@pytest.fixture
def filled(cache: Cache, quotes: Make, vintages: Make) -> Cache:
    with cache.writing() as writer:
        writer.put(quotes())
        writer.put(vintages())
    return cache


def test_it_works_without_the_network_and_says_when_each_source_was_fetched(
    filled: Cache, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_network(*_: object) -> None:
        raise AssertionError("the network was asked")

    monkeypatch.setattr(socket.socket, "connect", no_network)

    history = load_live(filled.folder, now=datetime(2026, 11, 21, 12, tzinfo=UTC))

    assert "Yahoo Finance fetched 2026-11-03, 18 days ago" in history.notes
    assert "ALFRED fetched 2026-11-03, 18 days ago" in history.notes
    assert history.name == "live"
    assert history.as_of("2026-10-31").monthly["UNRATE"].last_valid_index() == pd.Period("2026-09", "M")
    assert history.market["SPX"].index[-1] == pd.Timestamp("2026-11-02")


def test_a_source_that_was_asked_again_is_as_old_as_its_table_asked_longest_ago(filled: Cache, quotes: Make) -> None:
    with filled.writing() as writer:
        writer.put(quotes("yahoo-ES"))
        writer.confirm(["yahoo-SPX"], datetime(2026, 11, 20, tzinfo=UTC))
    now = datetime(2026, 11, 21, tzinfo=UTC)

    assert load_live(filled.folder, LivePlan("none", (), (), ("SPX",)), now=now).notes[0] == (
        "Yahoo Finance fetched 2026-11-20, 1 day ago"
    )
    assert "Yahoo Finance fetched 2026-11-03, 18 days ago" in load_live(filled.folder, now=now).notes


def test_it_is_a_source_by_name_with_a_folder_or_that_of_the_environment(
    filled: Cache, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = load("live", filled.folder)
    monkeypatch.setenv("MACROTRADE_CACHE", str(filled.folder))

    assert load("live").fingerprint() == given.fingerprint()
    assert DataOptions(source="live").load().fingerprint() == given.fingerprint()


def test_a_plan_leaves_other_tables_out_and_names_those_that_are_not_there(filled: Cache) -> None:
    plan = LivePlan("none", ("DGS10",), ("UNRATE",), ())

    history = load("live", filled.folder, live=plan)

    assert set(history.series) == {"UNRATE"}
    assert "not in the cache: fred-DGS10" in history.notes


def test_an_empty_cache_says_how_to_fill_it(cache: Cache) -> None:
    with pytest.raises(DataError, match="holds no live data yet; fetch them with 'macrotrade data update'"):
        load("live", cache.folder)


def test_the_usual_plan_is_every_table_that_is_kept_by_default() -> None:
    assert LivePlan().tables == tuple(dict.fromkeys(sorted(live_tables(with_key=True), key=LivePlan().tables.index)))
    assert set(LivePlan().tables) == set(live_tables(with_key=True))
    assert {table.name for table in LivePlan().live_tables() if not table.needs_key} == {
        name for name in LivePlan().tables if name == "fred-md" or name.startswith("yahoo-")
    }


def test_a_plan_is_read_from_the_table_data_live_of_a_file() -> None:
    options = parse(DataOptions, {"source": "live", "live": {"alfred": ["UNRATE"], "yahoo": [], "fred": []}}, "x.toml")

    assert options.live == LivePlan("all", (), ("UNRATE",), ())


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({"fredd": []}, r"unknown key 'live.fredd'. Did you mean 'fred'"),
        ({"yahoo": ["SPY"]}, r"No live table 'yahoo-SPY'. Did you mean 'yahoo-SPX'"),
        ({"fred_md": "newest"}, r"live.fred_md = 'newest' is not one of all, current, none"),
        ({"fred": ["DGS10", "DGS10"]}, r"names fred-DGS10 more than once"),
        ({"fred_md": "none", "fred": [], "alfred": [], "yahoo": []}, r"names nothing at all"),
    ],
)
def test_a_mistake_in_the_plan_is_told_with_the_key_and_the_nearest_name(table: dict[str, object], words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        parse(DataOptions, {"live": table}, "x.toml")

"""What the cache holds, what is too old in it, and what can go."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pandas as pd
import pytest

from macrotrade.errors import SettingsError
from macrotrade.sources.cache.live import load_live
from macrotrade.sources.cache.store import Cache
from macrotrade.sources.cache.upkeep import cached_tables, outdated, prune
from macrotrade.sources.live.fetched import Fetched

Make = Callable[..., Fetched]
Held = Callable[[Cache], dict[str, bytes]]


@pytest.fixture
def filled(cache: Cache, quotes: Make, vintages: Make) -> Cache:
    with cache.writing() as writer:
        writer.put(quotes(last="2026-10-30"))
        writer.put(quotes(last="2026-11-02"))
        writer.put(vintages())
    return cache


def test_the_list_says_source_rows_range_and_age(filled: Cache) -> None:
    table = cached_tables(filled, datetime(2026, 11, 4, tzinfo=UTC))

    assert table.loc["yahoo-SPX"].tolist() == [
        "Yahoo Finance", 500, "2024-12-03", "2026-11-02", "2026-11-03 07:00", "1 day ago",
    ]  # fmt: skip
    assert list(table.index) == ["alfred-UNRATE", "yahoo-SPX"]


def test_a_table_is_outdated_once_its_newest_number_is_older_than_usual(filled: Cache) -> None:
    assert outdated(filled, datetime(2026, 11, 8, tzinfo=UTC)) == ()

    found = outdated(filled, datetime(2026, 11, 9, tzinfo=UTC))

    assert found == ("yahoo-SPX: its newest number is of 2026-11-02, 7 days ago; at most 6 days are usual",)


def test_a_dry_run_says_what_would_go_and_removes_nothing(filled: Cache, held: Held) -> None:
    (filled.folder / "tables" / ".part-abc.parquet").write_bytes(b"half")
    before = held(filled)

    would = prune(filled, "2025-06-01", dry_run=True)

    assert held(filled) == before
    did = prune(filled, "2025-06-01")
    assert set(would.files) < set(did.files)  # the shortened table replaced a file of its own
    assert would.versions == did.versions == {"alfred-UNRATE": 17}  # of 2023-10 to 2025-02
    assert not (filled.folder / "tables" / ".part-abc.parquet").exists()


def test_pruning_old_versions_leaves_every_later_day_as_it_was(filled: Cache) -> None:
    before = load_live(filled.folder)
    prune(filled, "2025-06-01")
    after = load_live(filled.folder)

    for day in ("2025-06-01", "2025-12-31", "2026-10-31"):
        pd.testing.assert_frame_equal(after.as_of(day).monthly, before.as_of(day).monthly)
    assert cache_note(filled).endswith("versions replaced before 2025-06-01 were pruned")


def cache_note(cache: Cache) -> str:
    return cache.table("alfred-UNRATE").note


def test_pruning_twice_finds_nothing_the_second_time(filled: Cache) -> None:
    prune(filled)

    assert (prune(filled).files, prune(filled).freed) == ((), 0)


def test_a_day_that_is_none_is_refused(filled: Cache) -> None:
    with pytest.raises(SettingsError, match="'yesterdays' is no day"):
        prune(filled, "yesterdays")

"""An update keeps what is new, says what became of each table, and lets no failure spread."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pandas as pd
import pytest

from macrotrade.errors import DataError, SourceError
from macrotrade.sources.cache.manifest import MANIFEST
from macrotrade.sources.cache.store import Cache
from macrotrade.sources.cache.update import Outcome, changed_rows, update
from macrotrade.sources.live.fetched import Fetched
from macrotrade.sources.live.tables import LiveTable

Make = Callable[..., Fetched]
Held = Callable[[Cache], dict[str, bytes]]
NOW = datetime(2026, 11, 3, 7, tzinfo=UTC)


def wanted(
    fetch: Callable[[Fetched | None], Fetched], name: str = "yahoo-SPX", *, needs_key: bool = False
) -> LiveTable:
    return LiveTable(name, "", needs_key, 6, fetch)


def test_a_table_is_new_then_unchanged_then_changed_by_its_new_rows(cache: Cache, quotes: Make) -> None:
    first, second = quotes(n_rows=500, last="2026-11-02"), quotes(n_rows=502, last="2026-11-04")
    second.frame.loc[:, "value"] = 1.0
    second.frame.loc[:499, ["date", "value"]] = first.frame[["date", "value"]].to_numpy()
    second.frame["value"] = second.frame["value"].astype(float)

    def unchanged(stored: Fetched | None) -> Fetched:
        assert stored is not None
        return stored.again(pd.Timestamp("2026-11-04", tz="UTC"))

    outcomes = [
        update([wanted(fetch)], cache, now=NOW).outcomes[0]
        for fetch in (lambda _: first, unchanged, lambda _: replace(second, fetched_at=first.fetched_at))
    ]

    assert [(outcome.kind, outcome.rows, outcome.rows_changed) for outcome in outcomes] == [
        ("new", 500, 500),
        ("unchanged", 500, 0),
        ("changed", 502, 2),
    ]
    assert str(outcomes[2]) == "yahoo-SPX: changed, 2 of 502 rows, to 2026-11-04"


def test_an_unchanged_table_moves_nothing_but_the_day_on_which_the_source_was_asked(
    cache: Cache, quotes: Make, held: Held
) -> None:
    update([wanted(lambda _: quotes())], cache, now=NOW)
    before = held(cache)

    done = update([wanted(lambda stored: stored or quotes())], cache, now=datetime(2026, 11, 9, 7, tzinfo=UTC))

    assert not done.anything_new
    after = held(cache)
    assert {name for name in after if after[name] != before.get(name)} == {MANIFEST}
    record = cache.manifest().tables["yahoo-SPX"]
    assert (record.fetched_at.day, record.checked_at.day) == (3, 9)


def test_a_new_version_mark_of_the_same_rows_is_kept_for_the_next_request(cache: Cache, quotes: Make) -> None:
    update([wanted(lambda _: quotes())], cache, now=NOW)

    done = update([wanted(lambda _: replace(quotes(), etag='"v2"'))], cache, now=NOW)

    assert [outcome.kind for outcome in done.outcomes] == ["unchanged"]
    assert cache.table("yahoo-SPX").etag == '"v2"'


@pytest.mark.parametrize(
    "error",
    [
        SourceError("https://example.org: a web page arrived. Try again later."),
        ConnectionResetError(104, "Connection reset by peer"),
        KeyError("observations"),
        TimeoutError("timed out"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_a_fetch_that_fails_leaves_its_table_byte_for_byte_and_the_others_go_on(
    cache: Cache, quotes: Make, held: Held, error: Exception
) -> None:
    update([wanted(lambda _: quotes())], cache, now=NOW)
    before = held(cache)

    def fail(stored: Fetched | None) -> Fetched:
        raise error

    done = update([wanted(fail), wanted(lambda _: quotes("yahoo-ES"), "yahoo-ES")], cache, now=NOW)

    assert [outcome.kind for outcome in done.outcomes] == ["failed", "new"]
    assert str(error).strip("'\"") in done.outcomes[0].reason
    after = held(cache)
    assert {name: after[name] for name in before if name != MANIFEST} == {
        name: content for name, content in before.items() if name != MANIFEST
    }
    update_alone = update([wanted(fail)], cache, now=NOW)
    assert update_alone.failed
    assert held(cache) == after


@pytest.mark.parametrize("harm", ["no rows", "other columns", "other name"])
def test_a_fetch_that_gives_something_else_than_a_table_is_refused(
    cache: Cache, quotes: Make, held: Held, harm: str
) -> None:
    update([wanted(lambda _: quotes())], cache, now=NOW)
    before = held(cache)
    table = quotes()
    given = {
        "no rows": replace(table, frame=table.frame.iloc[:0]),
        "other columns": replace(table, frame=table.frame.rename(columns={"value": "close"})),
        "other name": replace(table, name="yahoo-ES"),
    }[harm]

    done = update([wanted(lambda _: given)], cache, now=NOW)

    assert [outcome.kind for outcome in done.outcomes] == ["failed"]
    assert held(cache) == before


def test_what_needs_a_key_is_skipped_by_name_without_one_and_fetched_with_one(
    cache: Cache, quotes: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    tables = [
        wanted(lambda _: quotes("fred-DGS10"), "fred-DGS10", needs_key=True),
        wanted(lambda _: quotes()),
    ]
    monkeypatch.delenv("FRED_API_KEY", raising=False)
    without = update(tables, cache, now=NOW)
    monkeypatch.setenv("FRED_API_KEY", "abc")
    with_key = update(tables, cache, now=NOW)

    assert [outcome.kind for outcome in without.outcomes] == ["skipped", "new"]
    assert "FRED_API_KEY is not set" in without.outcomes[0].reason
    assert not without.failed
    assert [outcome.kind for outcome in with_key.outcomes] == ["new", "unchanged"]


def test_a_reason_tells_no_key(cache: Cache, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FRED_API_KEY", "5ec2e7")

    def fail(stored: Fetched | None) -> Fetched:
        raise DataError("GET https://example.org/fred?api_key=5ec2e7&file_type=json gave 500, key 5ec2e7")

    done = update([wanted(fail, needs_key=True)], cache, now=NOW)

    assert "5ec2e7" not in str(done)


def test_each_outcome_is_told_as_soon_as_it_is_known(cache: Cache, quotes: Make) -> None:
    told: list[Outcome] = []

    def second(stored: Fetched | None) -> Fetched:
        assert [outcome.table for outcome in told] == ["yahoo-SPX"]
        return quotes("yahoo-ES")

    done = update([wanted(lambda _: quotes()), wanted(second, "yahoo-ES")], cache, now=NOW, tell=told.append)

    assert tuple(told) == done.outcomes


def test_changed_rows_counts_what_came_and_what_is_another_number(vintages: Make) -> None:
    before, after = vintages(n_months=36).frame, vintages(n_months=36).frame
    after.loc[3, "value"] += 1.0
    fewer_names = vintages(n_months=35).frame

    other_form = before.assign(period=before["period"].dt.as_unit("s"), series=before["series"].astype(str))

    assert changed_rows(before, other_form.astype({"series": "category"}).iloc[::-1]) == 0
    assert changed_rows(before, after) == 1
    assert changed_rows(fewer_names, before) == 2
    assert changed_rows(before, fewer_names) == 2

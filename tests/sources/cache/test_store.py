"""What is put into the cache comes out of it, whole and as it was."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from macrotrade.errors import DataError
from macrotrade.sources.cache.folder import cache_folder
from macrotrade.sources.cache.manifest import MANIFEST
from macrotrade.sources.cache.store import Cache
from macrotrade.sources.live.fetched import QUOTES, VINTAGES, Fetched, require_shape

Make = Callable[..., Fetched]


def test_the_folder_is_the_one_given_then_the_environments_then_the_platforms(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("MACROTRADE_CACHE", raising=False)
    assert cache_folder().name == "macrotrade"
    monkeypatch.setenv("MACROTRADE_CACHE", str(tmp_path / "named"))
    assert cache_folder() == tmp_path / "named"
    assert cache_folder(tmp_path / "given") == tmp_path / "given"


@pytest.mark.parametrize("kind", ["quotes", "vintages"])
def test_a_table_comes_back_as_it_was_put(cache: Cache, kind: str, request: pytest.FixtureRequest) -> None:
    table: Fetched = request.getfixturevalue(kind)()
    with cache.writing() as writer:
        writer.put(table)

    found = cache.table(table.name)

    pd.testing.assert_frame_equal(found.frame, table.frame, check_dtype=False)
    require_shape(found.frame, QUOTES if kind == "quotes" else VINTAGES, found.name)
    assert found.frame.attrs == table.frame.attrs
    parts = ("name", "source", "fetched_at", "url", "etag", "last_modified", "note")
    assert [getattr(found, part) for part in parts] == [getattr(table, part) for part in parts]


def test_the_manifest_says_where_each_table_came_from(cache: Cache, quotes: Make, vintages: Make) -> None:
    with cache.writing() as writer:
        writer.put(quotes(n_rows=500))
        writer.put(vintages())

    told = json.loads((cache.folder / MANIFEST).read_text(encoding="utf-8"))["tables"]

    assert told["yahoo-SPX"]["rows"] == 500
    assert told["yahoo-SPX"]["last"] == "2026-11-02"
    assert told["yahoo-SPX"]["fetched_at"] == "2026-11-03T07:00:00+00:00"
    assert (told["alfred-UNRATE"]["first"], told["alfred-UNRATE"]["last"]) == ("2023-10-01", "2026-09-01")
    assert told["alfred-UNRATE"]["source"] == "ALFRED"


def test_a_key_is_written_nowhere(
    cache: Cache, quotes: Make, held: Callable[[Cache], dict[str, bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FRED_API_KEY", "5ec2e7")
    table = replace(
        quotes(), url="https://example.org/fred?series_id=X&api_key=other-key", note="asked with 5ec2e7 as key"
    )
    with cache.writing() as writer:
        writer.put(table)

    everything = b"".join(held(cache).values())

    assert b"5ec2e7" not in everything
    assert b"other-key" not in everything


def test_a_table_replaces_the_one_of_its_name_and_the_old_file_is_swept_by_the_next_writer(
    cache: Cache, quotes: Make
) -> None:
    for last in ("2026-11-02", "2026-11-03"):
        with cache.writing() as writer:
            writer.put(quotes(last=last))
    assert len(list((cache.folder / "tables").iterdir())) == 2  # a reader of a moment ago may still want the first

    with cache.writing():
        pass

    assert [path.name for path in (cache.folder / "tables").iterdir()] == [cache.manifest().tables["yahoo-SPX"].file]
    assert cache.table("yahoo-SPX").last_day == pd.Timestamp("2026-11-03")


def test_tables_are_read_together_although_a_writer_replaces_them_meanwhile(
    cache: Cache, quotes: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file of the first manifest goes between reading the manifest and reading the file."""
    with cache.writing() as writer:
        writer.put(quotes(last="2026-11-02"))
    read_bytes, once = Path.read_bytes, []

    def meanwhile(path: Path) -> bytes:
        if path.suffix == ".parquet" and not once:
            once.append(path)
            with cache.writing() as writer:
                writer.put(quotes(last="2026-11-03"))
            path.unlink()
        return read_bytes(path)

    monkeypatch.setattr(Path, "read_bytes", meanwhile)

    assert cache.table("yahoo-SPX").last_day == pd.Timestamp("2026-11-03")
    assert once


def test_a_name_that_is_not_there_is_refused_with_the_nearest(cache: Cache, quotes: Make) -> None:
    with cache.writing() as writer:
        writer.put(quotes())

    with pytest.raises(DataError, match=r"'yahoo-SPY' is not there; 'macrotrade data update' .*'yahoo-SPX'"):
        cache.table("yahoo-SPY")


def test_an_empty_cache_is_an_empty_manifest_and_makes_no_folder(cache: Cache) -> None:
    assert dict(cache.manifest().tables) == {}
    assert cache.tables() == {}
    assert not cache.folder.exists()


def test_reading_needs_no_right_to_write(cache: Cache, quotes: Make) -> None:
    with cache.writing() as writer:
        writer.put(quotes())
        found = cache.tables()  # while another holds the lock

    assert list(found) == ["yahoo-SPX"]

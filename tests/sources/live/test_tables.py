"""The tables that live data are made of, each fetched by one call."""

from __future__ import annotations

import pytest

from macrotrade.errors import SettingsError
from macrotrade.sources.live.addresses import ADDRESSES, address
from macrotrade.sources.live.tables import live_table, live_tables
from tests.sources.live.server import FredSeries, PublisherServer, Version, versions_of


def test_the_key_decides_what_is_kept(publisher: PublisherServer, monkeypatch: pytest.MonkeyPatch) -> None:
    with_key = live_tables()
    monkeypatch.delenv("FRED_API_KEY")
    without = live_tables()

    assert set(without) < set(with_key)
    assert not any(table.needs_key for table in without.values())
    assert {"fred-md", "yahoo-SPX", "fred-DGS10", "fred-GS30", "alfred-MTSDS133FMS", "alfred-GDP"} <= set(with_key)


@pytest.mark.parametrize("name", sorted(live_tables(with_key=True)))
def test_every_table_is_found_by_its_name(name: str) -> None:
    assert live_table(name).name == name


def test_any_series_of_fred_is_a_table(publisher: PublisherServer) -> None:
    publisher.fred["UNRATE"] = FredSeries(versions_of({"2020-02-07": {"2020-01-01": "3.6"}}))
    publisher.fred["DFF"] = FredSeries([Version("2026-09-03", "4.1", "2026-09-04")], frequency="Daily, 7-Day")

    for name in ("alfred-UNRATE", "fred-DFF"):
        stored = live_table(name).fetch(None)
        assert stored.name == name
        assert live_table(name).fetch(stored).frame is stored.frame


def test_a_name_that_is_no_table_is_refused() -> None:
    with pytest.raises(SettingsError, match="Did you mean 'yahoo-SPX'"):
        live_table("yahoo-SPY")


def test_an_address_is_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MACROTRADE_FRED_MD_URL", "localhost:8000")

    with pytest.raises(SettingsError, match="MACROTRADE_FRED_MD_URL='localhost:8000' is no address"):
        address("fred-md")
    assert address("yahoo") == ADDRESSES["yahoo"]
    with pytest.raises(SettingsError, match="Did you mean 'yahoo'"):
        address("yahu")

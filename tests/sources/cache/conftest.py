"""Tables as publishers would give them, without a publisher."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from macrotrade.sources.cache.store import Cache
from macrotrade.sources.live.fetched import Fetched

FETCHED_AT = pd.Timestamp("2026-11-03 07:00", tz="UTC")
Quotes = Callable[..., Fetched]


@pytest.fixture
def quotes() -> Quotes:
    """Make a table of daily closes, the last of them `last`."""

    def make(name: str = "yahoo-SPX", n_rows: int = 500, last: str = "2026-11-02", seed: int = 0) -> Fetched:
        days = pd.bdate_range(end=last, periods=n_rows)
        steps = np.random.default_rng(seed).normal(0.0, 0.01, 4000)[:n_rows]
        frame = pd.DataFrame({"date": days, "value": 5000.0 * np.exp(np.cumsum(steps))})
        frame.attrs = {"title": "S&P 500, close", "units": "index points", "frequency": "D"}
        return Fetched(
            name, frame, "Yahoo Finance", FETCHED_AT, "https://example.org/chart", '"v1"', "Mon, 02 Nov 2026"
        )

    return make


@pytest.fixture
def vintages() -> Callable[..., Fetched]:
    """Make a table of monthly vintages: each month's number is revised once, two months later."""

    def make(name: str = "alfred-UNRATE", n_months: int = 36, last: str = "2026-09") -> Fetched:
        rows = []
        for month in pd.period_range(end=last, periods=n_months, freq="M"):
            told = month.end_time.normalize() + pd.Timedelta(days=7)
            revised = told + pd.Timedelta(days=60)
            value = 4.0 + 0.1 * (month.ordinal % 7)
            rows.append(("UNRATE", month.start_time, value, told, revised - pd.Timedelta(days=1)))
            rows.append(("UNRATE", month.start_time, value + 0.1, revised, pd.NaT))
        columns = ["series", "period", "value", "realtime_start", "realtime_end"]
        frame = pd.DataFrame(rows, columns=columns).astype({"series": "category", "realtime_end": "datetime64[ns]"})
        frame.attrs = {
            "title": "Unemployment rate",
            "units": "per cent",
            "frequency": "M",
            "last_updated": "2026-10-09",
        }
        return Fetched(name, frame, "ALFRED", FETCHED_AT, "https://example.org/observations")

    return make


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(tmp_path / "cache")


@pytest.fixture
def held() -> Callable[[Cache], dict[str, bytes]]:
    """Every byte of a cache: file to content, the lock apart."""

    def read(cache: Cache) -> dict[str, bytes]:
        files = (path for path in cache.folder.rglob("*") if path.is_file() and path.name != ".lock")
        return {str(path.relative_to(cache.folder)): path.read_bytes() for path in files}

    return read

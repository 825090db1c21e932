from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from macrotrade.ledger import Entry, Ledger


class Clock:
    """A clock that shows what it is told."""

    def __init__(self) -> None:
        self.now = datetime(2026, 1, 31, 23, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.sqlite"


def an_entry(**changes: Any) -> Entry:
    """A decision on the 10-year note."""
    fields: dict[str, Any] = {
        "as_of": pd.Timestamp("2026-01-31"),
        "strategy": "list",
        "kind": "decision",
        "instrument": "ZN",
        "provider": "AR(12)",
        "provider_name": "autoregression",
        "rule": "long_short",
        "ahead": 1,
        "settings": '{"name":"list"}',
        "driver": "DGS10",
        "measure": "change",
        "origin": 4.25,
        "point": -0.05,
        "low": -0.4,
        "high": 0.3,
        "spread": 0.27,
        "probability_up": 0.57,
        "score": 0.14,
        "position": 1.0,
        "reasons": ("an autoregression of order 12",),
        "source": "embedded",
        "vintages": "pseudo",
        "data_hash": "d" * 64,
        "data_until": {"DGS10": "2026-01-30"},
        "seed": 7,
    }
    return Entry(**{**fields, **changes})


@pytest.fixture
def filled(path: Path, clock: Clock) -> Path:
    """A ledger of twelve rows, three a month."""
    with Ledger.open(path, clock=clock) as ledger:
        for month in range(1, 5):
            clock.now = datetime(2026, month, 28, 22, 0, tzinfo=UTC)
            day = pd.Timestamp(2026, month, 28)
            ledger.append([an_entry(as_of=day, instrument=symbol) for symbol in ("ZN", "ZB", "SPX")])
    return path

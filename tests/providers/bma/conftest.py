"""Real panels that the tests of the machine-built system share."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from macrotrade import History
from macrotrade.sources.embedded import embedded_market, load_embedded
from macrotrade.sources.fred_md import load_fred_md

TABLE = "fredmd/fredmd_all_vintages_1999-08_2026-03.parquet"


class RealPanel:
    """Reported levels from January 1998 to a vintage's last month: ``values`` (n_periods, n_series), ``names``."""

    def __init__(self, frame: pd.DataFrame) -> None:
        recent = frame[frame.index.astype(str).str[:7] >= "1998-01"]
        self.names = list(recent.columns)
        self.values = recent.to_numpy(dtype=float)


def vintage_panel(folder: Path, vintage: str) -> RealPanel:
    """The FRED-MD archive as one vintage shows it."""
    archive = pd.read_parquet(folder / TABLE)
    known = archive[(archive["first_vintage"] <= vintage) & (archive["last_vintage"] >= vintage)]
    return RealPanel(known.pivot_table(index="date", columns="series", values="value").sort_index())


@pytest.fixture(scope="session")
def before_the_crisis(shared_data: Path) -> RealPanel:
    return vintage_panel(shared_data, "2008-01")


@pytest.fixture(scope="session")
def after_the_crisis(shared_data: Path) -> RealPanel:
    return vintage_panel(shared_data, "2011-01")


@pytest.fixture(scope="session")
def embedded_panel() -> RealPanel:
    """The table that ships with the package, August 2026 vintage; October 2025 was never published for many series."""
    import macrotrade

    path = Path(macrotrade.__file__).parent / "sources" / "data" / "fred_md.parquet"
    return RealPanel(pd.read_parquet(path))


def economy(seed: int, n_periods: int = 200, n_series: int = 6) -> np.ndarray:
    """Levels of random walks with drift in logs, all positive."""
    rng = np.random.default_rng(seed)
    return 100.0 * np.exp(np.cumsum(0.001 + 0.01 * rng.standard_normal((n_periods, n_series)), axis=0))


FEW = ("CLAIMSx", "CPIAUCSL", "FEDFUNDS", "GS10", "HOUST", "INDPRO", "M2SL", "PAYEMS", "PERMIT", "UNRATE")
"""Ten series of FRED-MD that every vintage has, enough for a small system."""


@pytest.fixture(scope="session")
def embedded() -> History:
    """The history that ships with the package."""
    return load_embedded()


@pytest.fixture(scope="session")
def archive(shared_data: Path) -> History:
    """FRED-MD's true vintages with the market data that ship with the package."""
    market = embedded_market()
    return load_fred_md(shared_data / TABLE, market=market.frame, market_info=market.info)

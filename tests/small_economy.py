"""A small economy with late, seasonal, gapped and negative series."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from macrotrade import History, Releases, SeriesInfo

MONTHS = pd.period_range("1980-01", "2009-12", freq="M")
QUARTERS = pd.period_range("1980Q1", "2009Q4", freq="Q")


@pytest.fixture(scope="session")
def history() -> History:
    """Monthly, quarterly and daily series: OUTPUT ends a month late and GAPPED two; BALANCE may be negative."""
    generator = np.random.default_rng(0)
    n, season = len(MONTHS), np.asarray(MONTHS.month)
    growth = 0.002 + 0.01 * np.sin(2 * np.pi * season / 12) + 0.004 * generator.normal(size=n)
    gapped = 100 * np.exp(np.cumsum(0.002 + 0.003 * generator.normal(size=n)))
    gapped[MONTHS.get_loc("1995-10")] = gapped[MONTHS.get_loc("2007-10")] = np.nan
    balance = np.cumsum(generator.normal(size=n))
    monthly = pd.DataFrame(
        {"OUTPUT": 50 * np.exp(np.cumsum(growth)), "GAPPED": gapped, "BALANCE": balance}, index=MONTHS
    )
    gdp = 1000 * np.exp(np.cumsum(0.006 + 0.006 * generator.normal(size=len(QUARTERS))))
    sessions = pd.bdate_range("1980-01-02", "2009-12-31")
    market = pd.DataFrame(
        {
            "DGS10": 8 + np.cumsum(0.03 * generator.normal(size=len(sessions))),
            "SPX": 100 * np.exp(np.cumsum(2e-4 + 0.01 * generator.normal(size=len(sessions)))),
        },
        index=sessions,
    )
    market.loc[market.index.month.isin([7]) & (market.index.day == 4), "SPX"] = np.nan
    info = {
        "OUTPUT": SeriesInfo("OUTPUT", tcode=5),
        "GAPPED": SeriesInfo("GAPPED", tcode=5),
        "BALANCE": SeriesInfo("BALANCE"),
        "GDP": SeriesInfo("GDP", "Q", tcode=5),
        "DGS10": SeriesInfo("DGS10", "D", "yield"),
        "SPX": SeriesInfo("SPX", "D", "price"),
    }
    releases = {
        "M": Releases.from_final("M", monthly, {"OUTPUT": 15, "GAPPED": 40, "BALANCE": 20}),
        "Q": Releases.from_final("Q", gdp_frame(gdp), {"GDP": 30}),
    }
    return History("small economy", "pseudo", releases, market, info)  # type: ignore[arg-type]


def gdp_frame(values: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame({"GDP": values}, index=QUARTERS)

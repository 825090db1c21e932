"""A small economy: yields, a price and macro numbers that are released late, once with final data and once revised."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from macrotrade import History, Releases, SeriesInfo

MONTHS = pd.period_range("1990-01", "2011-12", freq="M")


@pytest.fixture(scope="session")
def history() -> History:
    """Final macro numbers, held back by their delay."""
    return History(
        "small economy", "pseudo", {"M": Releases.from_final("M", _macro(), {"CPI": 14, "SURVEY": 5})}, _market(), _INFO
    )


@pytest.fixture(scope="session")
def revised_history() -> History:
    """The same numbers as first published with an error, revised two months later."""
    final = _macro().rename_axis("period").reset_index().melt("period", var_name="series").dropna()
    end = pd.PeriodIndex(final["period"]).end_time.normalize()
    error = np.random.default_rng(3).normal(1.0, 0.002, len(final))
    first = final.assign(released=end + pd.Timedelta(days=14), value=final["value"] * error)
    second = final.assign(released=end + pd.Timedelta(days=75))
    releases = Releases.from_versions("M", pd.concat([first, second], ignore_index=True))
    return History("revised economy", "true", {"M": releases}, _market(), _INFO)


_INFO = {
    "DGS2": SeriesInfo("DGS2", "D", "yield"),
    "DGS10": SeriesInfo("DGS10", "D", "yield"),
    "SPX": SeriesInfo("SPX", "D", "price"),
    "CPI": SeriesInfo("CPI", tcode=5),
    "SURVEY": SeriesInfo("SURVEY", tcode=1),
}


def _macro() -> pd.DataFrame:
    generator = np.random.default_rng(1)
    prices = 100 * np.exp(np.cumsum(generator.normal(0.002, 0.003, len(MONTHS))))
    survey = 50 + generator.normal(0, 4, len(MONTHS))
    survey[np.arange(len(MONTHS)) % 3 != 0] = np.nan  # published once a quarter
    return pd.DataFrame({"CPI": prices, "SURVEY": survey}, index=MONTHS)


def _market() -> pd.DataFrame:
    generator = np.random.default_rng(2)
    sessions = pd.bdate_range("1990-01-02", "2011-12-30")
    level = 6 + 0.02 * np.cumsum(generator.normal(size=len(sessions)))
    slope = 1 + 0.01 * np.cumsum(generator.normal(size=len(sessions)))
    price = 300 * np.exp(np.cumsum(generator.normal(2e-4, 0.01, len(sessions))))
    return pd.DataFrame({"DGS2": level - slope, "DGS10": level, "SPX": price}, index=sessions)

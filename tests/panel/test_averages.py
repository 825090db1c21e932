from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from macrotrade import History, Releases, SeriesInfo
from macrotrade.errors import DataError
from macrotrade.panel.averages import with_monthly_averages

SESSIONS = pd.bdate_range("2000-01-03", "2000-06-30")


@pytest.fixture
def history() -> History:
    yields = pd.DataFrame({"DGS30": np.arange(float(len(SESSIONS)))}, index=SESSIONS)
    months = pd.period_range("2000-01", "2000-06", freq="M")
    macro = pd.DataFrame({"GS30": 9.0, "CPI": 1.0}, index=months)
    return History(
        "small",
        "pseudo",
        {"M": Releases.from_final("M", macro, {"GS30": 1, "CPI": 20})},
        yields,
        {"DGS30": SeriesInfo("DGS30", "D", "yield"), "GS30": SeriesInfo("GS30"), "CPI": SeriesInfo("CPI")},
    )


def test_an_average_is_known_at_the_last_close_of_its_month(history: History) -> None:
    averaged = with_monthly_averages(history, {"GS30": "DGS30"})

    before, after = averaged.as_of("2000-03-30").monthly, averaged.as_of("2000-03-31").monthly

    assert np.isnan(before["GS30"].get(pd.Period("2000-03", "M"), np.nan))
    assert after["GS30"].iloc[-1] == pytest.approx(history.market.loc["2000-03", "DGS30"].mean())


def test_a_published_average_of_that_name_is_replaced_and_others_stay(history: History) -> None:
    averaged = with_monthly_averages(history, {"GS30": "DGS30"})

    frame = averaged.as_of("2000-06-30").monthly

    assert (frame["GS30"] != 9.0).all()
    assert frame["CPI"].dropna().eq(1.0).all()
    assert averaged.series["GS30"].delay_days == 0
    assert history.as_of("2000-06-30").monthly["GS30"].dropna().eq(9.0).all()


def test_months_with_few_quotes_have_no_average(history: History) -> None:
    thin = history.market.loc["2000-03":]
    sparse = pd.concat([history.market.loc[["2000-01-31", "2000-02-29"]], thin])

    averaged = with_monthly_averages(history.with_tables(history.releases, sparse), {"AVERAGE": "DGS30"})

    assert str(averaged.as_of("2000-06-30").values("AVERAGE").index[0]) == "2000-03"


def test_a_series_that_is_not_daily_is_refused(history: History) -> None:
    with pytest.raises(DataError, match="DGS30"):
        with_monthly_averages(history, {"GS30": "DGS3"})

"""What outcomes are measured by: each series in its last edition."""

from __future__ import annotations

import numpy as np
import pandas as pd

from macrotrade import History, Releases, SeriesInfo


def _history() -> History:
    versions = pd.DataFrame(
        [
            ("kept", "2000-01", "2000-02-29", 1.0),
            ("kept", "2000-01", "2000-03-31", 1.5),
            ("kept", "2000-02", "2000-03-31", 2.0),
            ("ended", "2000-01", "2000-02-29", 7.0),
            ("ended", "2000-01", "2000-03-31", 8.0),
            ("ended", "2000-02", "2000-03-31", 9.0),
            ("ended", "2000-01", "2000-04-30", np.nan),
            ("ended", "2000-02", "2000-04-30", np.nan),
        ],
        columns=["series", "period", "released", "value"],
    )
    market = pd.DataFrame({"DGS10": [6.0, 6.1]}, index=pd.to_datetime(["2000-02-29", "2000-05-31"]))
    series = {"kept": SeriesInfo("kept"), "ended": SeriesInfo("ended"), "DGS10": SeriesInfo("DGS10", "D", "yield")}
    return History("two", "true", {"M": Releases.from_versions("M", versions)}, market, series)


def test_a_series_is_as_its_last_revision_left_it() -> None:
    assert _history().as_last_reported()["kept"].dropna().tolist() == [1.5, 2.0]


def test_a_discontinued_series_stands_as_in_its_last_edition() -> None:
    history = _history()
    assert "ended" not in history.as_of("2000-05-31").monthly.columns
    assert history.as_last_reported()["ended"].dropna().tolist() == [8.0, 9.0]


def test_market_series_stand_beside_them() -> None:
    assert _history().as_last_reported()["DGS10"].loc["2000-05"] == 6.1

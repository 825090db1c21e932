"""What outcomes are measured by: each series in its last edition."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from macrotrade import History, Releases, SeriesInfo
from macrotrade.errors import DataError


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


@pytest.mark.parametrize("moment", [20081231, None, pd.NaT, "nonsense", "2000-03-01T10:00+02:00"])
def test_what_is_no_day_is_refused_with_what_to_write(moment: object) -> None:
    with pytest.raises(DataError, match=r"as_of=.*(is no day|has a time zone)"):
        _history().as_of(moment)  # type: ignore[arg-type]

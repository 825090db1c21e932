from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from macrotrade import History, SeriesInfo
from macrotrade.sources.embedded_tables import read_table


@pytest.fixture(scope="session")
def market() -> History:
    """Treasury yields and the S&P 500 as embedded; the 10-year instrument is priced by its yield alone, to be quick."""
    curve = read_table("treasury_daily")
    curve.index = pd.DatetimeIndex(curve.index)
    stocks = read_table("sp500_daily")
    stocks.index = pd.DatetimeIndex(stocks.index)
    yields = curve.rename(columns={"3month": "DGS3MO", "2year": "DGS2", "5year": "DGS5", "10year": "DGS10"})
    frame = yields[["DGS3MO", "DGS2", "DGS5", "DGS10"]].join(stocks["SP500"].rename("SPX"))
    frame["ZN"] = 100.0 * np.exp(-0.08 * (frame["DGS10"] - frame["DGS10"].iloc[0]))
    kinds = {name: "price" if name in {"SPX", "ZN"} else "yield" for name in frame}
    series = {name: SeriesInfo(name, "D", kind) for name, kind in kinds.items()}  # type: ignore[arg-type]
    return History("embedded curve", "pseudo", {}, frame, series)

"""What the publishers would have today: real numbers, moved in time so that the last of them is recent.

FRED-MD comes from the shared data folder, yields and closes from the tables that ship with the package. Each keeps its
own order and distances; only the calendar is another, so that a signal for today finds fresh data whatever day it is.
"""

from __future__ import annotations

import gzip
import io
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd

from macrotrade.sources.embedded import load_embedded
from macrotrade.sources.live.fiscal import FISCAL_SERIES, NATIONAL_ACCOUNTS
from macrotrade.sources.live.fred_md import ARCHIVES
from macrotrade.sources.live.yahoo import SYMBOLS
from tests.sources.live.server import FredSeries, PublisherServer, Version, zipped

__all__ = ["post_fred_md", "post_present", "post_small"]

_SINCE = "1990-01-01"
_SESSIONS = 5000
_MONTHLY = {"GS2": "DGS2", "GS3": "DGS3", "GS7": "DGS7", "GS20": "DGS20", "GS30": "DGS30"}
_WORDS = {"Monthly": "MS", "Quarterly": "QS"}


def post_present(server: PublisherServer, shared_data: Path, today: pd.Timestamp, every: int = 1) -> None:
    """Fill a server with all tables of the usual plan, up to the last session before `today`.

    Of FRED-MD every `every`-th series, for tests that are in a hurry.
    """
    market = load_embedded().market
    yields = {str(name): str(name) for name in market.columns if str(name).startswith("DGS")} | {"DTB3": "DGS3MO"}
    for name, source in yields.items():
        server.fred[name] = _stood(_moved(market[source], today), "Daily")
    for name, daily in _MONTHLY.items():
        quotes = _moved(market[daily], today)
        server.fred[name] = _stood(quotes.resample("MS").mean().iloc[:-1], "Monthly")
    for name, symbol in SYMBOLS.items():
        closes = _moved(market["SPX" if name in ("SPX", "ES") else name], today)
        server.charts[symbol] = {f"{day:%Y-%m-%d}": round(float(value), 4) for day, value in closes.items()}
    months = _fred_md(shared_data)
    _post_alfred(server, months["RPI"].dropna(), today)
    newest = today.to_period("M")
    few = months.iloc[:, ::every]
    few.attrs["codes"] = months.attrs["codes"]
    post_fred_md(server, few, [newest - back for back in range(16)], newest)


def post_small(server: PublisherServer, months: pd.DataFrame, today: pd.Timestamp) -> None:
    """The least that a signal on the ten-year note needs: two yields, and two vintages of twenty series of FRED-MD."""
    market = load_embedded().market
    for name in ("DGS3MO", "DGS10"):
        server.fred[name] = _stood(_moved(market[name], today), "Daily")
    few = months.iloc[-240:, :20]
    few.attrs["codes"] = months.attrs["codes"]
    newest = today.to_period("M")
    post_fred_md(server, few, [newest - 1, newest], newest)


def post_fred_md(
    server: PublisherServer, months: pd.DataFrame, vintages: Iterable[pd.Period], newest: pd.Period
) -> None:
    """Vintages of FRED-MD, each ending the month before it, the last row of `months` ending the month before `newest`.

    The archives hold one vintage each: what stood before the first of the months.
    """
    wanted = sorted(vintages)
    moved = months.set_axis(pd.period_range(end=newest - 1, periods=len(months), freq="M"), axis=0)
    files = {vintage: _csv(moved.loc[: vintage - 1], months.attrs["codes"]) for vintage in wanted}
    for vintage, content in files.items():
        server.files[f"monthly/{vintage}-md.csv"] = content
    server.files["monthly/current.csv"] = files[wanted[-1]]
    for archive, years in zip(ARCHIVES, (4, 3), strict=True):
        vintage = wanted[0] - 12 * years
        server.files[archive] = zipped({f"{vintage}.csv": _csv(moved.loc[: vintage - 1], months.attrs["codes"])})


def _fred_md(shared_data: Path) -> pd.DataFrame:
    """The newest file of the shared folder: months x series, the transformation codes in its attributes."""
    text = gzip.decompress((shared_data / "fredmd" / "fredmd_current_through_2026-03.csv.gz").read_bytes()).decode()
    table = pd.read_csv(io.StringIO(text)).dropna(subset=["sasdate"])
    numbers = table.iloc[1:].set_index("sasdate").astype(float)
    numbers.attrs["codes"] = table.iloc[0].drop("sasdate").astype(float).astype(int).to_dict()
    return numbers


def _csv(numbers: pd.DataFrame, codes: dict[str, int]) -> bytes:
    dated = numbers.set_axis([f"{month.month}/1/{month.year}" for month in numbers.index], axis=0)
    body = dated.to_csv(header=False, lineterminator="\n")
    head = f"sasdate,{','.join(numbers.columns)}\nTransform:,{','.join(str(codes[name]) for name in numbers.columns)}\n"
    return (head + body).encode()


def _moved(series: pd.Series, today: pd.Timestamp) -> pd.Series:
    """The last values on the weekdays before `today`."""
    values = series.dropna().iloc[-_SESSIONS:]
    return values.set_axis(pd.bdate_range(end=today - pd.Timedelta(days=1), periods=len(values)), axis=0)


def _stood(series: pd.Series, frequency: str) -> FredSeries:
    """Numbers that were never revised."""
    versions = [Version(f"{day:%Y-%m-%d}", f"{value:.4f}", _SINCE) for day, value in series.items()]
    return FredSeries(versions, f"{frequency} numbers", frequency=frequency, last_updated=versions[-1].period)


def _post_alfred(server: PublisherServer, income: pd.Series, today: pd.Timestamp) -> None:
    """Receipts and outlays by month, national accounts by quarter: each published a month after its period, once.

    Shares of personal income stand for them, with a swing of their own; the history only has to be made of them.
    """
    for frequency, names in (("Monthly", list(FISCAL_SERIES)), ("Quarterly", list(NATIONAL_ACCOUNTS))):
        values = income.to_numpy()[-120:] if frequency == "Monthly" else income.to_numpy()[-360::3]
        last = (today.to_period("M") - 2 if frequency == "Monthly" else today.to_period("Q") - 2).start_time
        days = pd.date_range(end=last, periods=len(values), freq=_WORDS[frequency])
        for place, name in enumerate(names):
            share = 0.1 + 0.02 * place + 0.01 * np.sin(np.arange(len(values)) + place)
            numbers = dict(zip(days, values * share, strict=True))
            lag = pd.DateOffset(days=40 if frequency == "Monthly" else 120)
            versions = [
                Version(f"{day:%Y-%m-%d}", f"{value:.3f}", f"{day + lag:%Y-%m-%d}") for day, value in numbers.items()
            ]
            server.fred[name] = FredSeries(
                versions, name, "Billions of Dollars", frequency, last_updated=f"{max(v.start for v in versions)}"
            )

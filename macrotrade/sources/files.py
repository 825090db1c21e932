"""Files of one's own: prices, contracts and yields, from CSV, gzipped CSV or Parquet."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from macrotrade.errors import DataError
from macrotrade.sources.checks import (
    MISSING,
    YieldUnits,
    as_dates,
    as_numbers,
    as_per_cent,
    require_columns,
    require_past,
    require_positive,
    require_rising_dates,
    require_some_value,
    require_variation,
)
from macrotrade.sources.raw_table import read_raw_table

__all__ = [
    "Contracts",
    "read_contracts",
    "read_ohlc",
    "read_prices",
    "read_roll_calendar",
    "read_yields",
]

_WIDE_CONTRACTS = ("PRICE", "CARRY", "FORWARD")
_OHLC = ("open", "high", "low", "close")


@dataclass(frozen=True, eq=False)
class Contracts:
    """Prices of futures by contract.

    Attributes
    ----------
    prices
        Columns `date` (session), `contract` (delivery month, monthly Period), `price`: one row a session and contract,
        the day's last price.
    held
        Contract held over each session, where the file says so; else None.
    """

    prices: pd.DataFrame
    held: pd.Series | None


def read_prices(
    path: str | Path,
    columns: Sequence[str] | None = None,
    *,
    date_column: str | None = None,
    date_format: str | None = None,
    today: pd.Timestamp | None = None,
) -> pd.DataFrame:
    """Closing prices: sessions x symbols, NaN where blank.

    Parameters
    ----------
    path
        CSV, gzipped CSV or Parquet: a date column and one column a symbol.
    columns
        Which columns are prices; all but the date by default.
    date_column, date_format
        The first column, read as ISO 8601, by default.
    today
        Dates after it are refused; the clock's day by default.

    Raises
    ------
    DataError
        For every kind of bad input (:mod:`macrotrade.sources.checks`), naming file, series, date and remedy.
    """
    return _dated_numbers(path, columns, date_column, date_format, today, _checked_price)


def read_ohlc(
    path: str | Path,
    *,
    date_column: str | None = None,
    date_format: str | None = None,
    today: pd.Timestamp | None = None,
) -> pd.DataFrame:
    """Open, high, low and close by session, columns so named in lower case whatever the case in the file.

    Raises
    ------
    DataError
        As :func:`read_prices`, and where a day's high is below its low.
    """
    file = str(path)
    table = read_raw_table(path)
    lower = {str(column).lower(): str(column) for column in table.columns}
    require_columns(table.rename(columns=str.lower), _OHLC, file)
    prices = _dated_numbers(path, [lower[name] for name in _OHLC], date_column, date_format, today, _checked_price)
    prices.columns = pd.Index(_OHLC)
    crossed = prices.index[prices["high"] < prices["low"]]
    if len(crossed):
        raise DataError(
            f"{file}: on {crossed[0]:%Y-%m-%d} the high is below the low; are the columns mixed up? Correct the row."
        )
    return prices


def read_yields(
    path: str | Path,
    columns: Sequence[str] | None = None,
    *,
    units: YieldUnits | None = None,
    date_column: str | None = None,
    date_format: str | None = None,
    today: pd.Timestamp | None = None,
) -> pd.DataFrame:
    """Yields in per cent a year: sessions x series, NaN where blank.

    Parameters
    ----------
    path
        CSV, gzipped CSV or Parquet: a date column and one column a yield.
    columns
        Which columns are yields; all but the date by default.
    units
        What the file holds; None expects per cent and refuses what looks like decimals or basis points.
    date_column, date_format, today
        As in :func:`read_prices`.

    Raises
    ------
    DataError
        As :func:`read_prices`, and for yields in other units than said.
    """

    def checked(series: pd.Series, file: str) -> pd.Series:
        require_variation(series, file)
        return as_per_cent(series, file, units)

    return _dated_numbers(path, columns, date_column, date_format, today, checked)


def read_contracts(path: str | Path, *, today: pd.Timestamp | None = None) -> Contracts:
    """Futures prices by contract, tidy.

    Two forms are read. Long: columns date, contract, price and, if wanted, held (the contract held over the session).
    Wide: DATETIME with PRICE, PRICE_CONTRACT and, if present, CARRY and FORWARD with theirs; several rows a day and
    blank prices are usual, and the last price of each day and contract is taken. A contract is its delivery month:
    2009-03, 200903, 20090300 or that as a float.

    Raises
    ------
    DataError
        As :func:`read_prices`, and for a contract that names no month.
    """
    file = str(path)
    table = read_raw_table(path)
    lower = table.rename(columns=lambda name: str(name).lower())
    if "price_contract" in lower.columns:
        return _wide_contracts(lower, file, today)
    require_columns(lower, ("date", "contract", "price"), file)
    quotes = _quotes(lower, "date", "price", "contract", file, today)
    held = _held(_quotes(lower, "date", "price", "held", file, today)) if "held" in lower.columns else None
    return Contracts(_last_of_day(quotes), held)


def read_roll_calendar(path: str | Path) -> pd.DataFrame:
    """Roll dates: columns `date`, `current`, `next` (delivery months); from that session on `next` is held."""
    file = str(path)
    table = read_raw_table(path)
    require_columns(table, ("DATE_TIME", "current_contract", "next_contract"), file)
    dates = as_dates(table["DATE_TIME"], file).normalize()
    require_rising_dates(dates, file)
    return pd.DataFrame(
        {
            "date": dates,
            "current": _delivery_months(table["current_contract"], file),
            "next": _delivery_months(table["next_contract"], file),
        }
    )


def _dated_numbers(
    path: str | Path,
    columns: Sequence[str] | None,
    date_column: str | None,
    date_format: str | None,
    today: pd.Timestamp | None,
    checked: Callable[[pd.Series, str], pd.Series],
) -> pd.DataFrame:
    """Every wanted column as checked numbers, by date."""
    file = str(path)
    table = read_raw_table(path)
    date = date_column or str(table.columns[0])
    wanted = list(columns) if columns is not None else [str(name) for name in table.columns if str(name) != date]
    require_columns(table, [date, *wanted], file)
    if not wanted:
        raise DataError(f"{file}: has no column beside {date!r}; a column of numbers is needed.")
    dates = as_dates(table[date], file, date_format).normalize().rename("date")
    require_rising_dates(dates, file)
    require_past(dates, file, today)
    return pd.DataFrame({name: checked(as_numbers(table[name], dates, file), file) for name in wanted})


def _checked_price(series: pd.Series, file: str) -> pd.Series:
    require_positive(series, file)
    require_variation(series, file)
    return series


def _wide_contracts(table: pd.DataFrame, file: str, today: pd.Timestamp | None) -> Contracts:
    present = [name.lower() for name in _WIDE_CONTRACTS if f"{name.lower()}_contract" in table.columns]
    require_columns(table, ("datetime", *present), file)
    parts = {name: _quotes(table, "datetime", name, f"{name}_contract", file, today) for name in present}
    # Earlier in the list wins: a contract's own PRICE before what is said of it as CARRY or FORWARD.
    together = pd.concat([_last_of_day(part) for part in parts.values()])
    prices = together.drop_duplicates(["date", "contract"]).sort_values(["date", "contract"], ignore_index=True)
    return Contracts(prices, _held(parts["price"]))


def _quotes(
    table: pd.DataFrame, date: str, price: str, contract: str, file: str, today: pd.Timestamp | None
) -> pd.DataFrame:
    """Rows with both a price and a contract, in the order of the file's clock."""
    moments = as_dates(table[date], file)
    require_past(moments, file, today)
    numbers = as_numbers(table[price], pd.Index(moments), file)
    require_positive(numbers, file)
    if price == "price":
        require_some_value(numbers, file)
    rows = numbers.notna().to_numpy() & ~table[contract].astype(str).str.strip().isin(MISSING).to_numpy()
    quotes = pd.DataFrame({"moment": moments[rows], "price": numbers.to_numpy()[rows]})
    quotes["contract"] = _delivery_months(table[contract][rows], file)
    quotes["date"] = quotes["moment"].dt.normalize()
    return quotes.sort_values("moment", kind="stable")


def _last_of_day(quotes: pd.DataFrame) -> pd.DataFrame:
    last = quotes.drop_duplicates(["date", "contract"], keep="last")
    return last[["date", "contract", "price"]].sort_values(["date", "contract"], ignore_index=True)


def _held(quotes: pd.DataFrame) -> pd.Series:
    last = quotes.drop_duplicates("date", keep="last")
    return pd.Series(pd.PeriodIndex(last["contract"]), pd.DatetimeIndex(last["date"]), name="held")


def _delivery_months(cells: pd.Series, file: str) -> pd.PeriodIndex:
    """Delivery month of 2009-03, 200903, 20090300 or 20090300.0."""
    text = cells.astype(str).str.replace(r"\.0*$", "", regex=True).str.replace("-", "")
    months = text.where(text.str.fullmatch(r"(19|20)\d\d(0[1-9]|1[0-2])(\d\d)?"))
    wrong = months.isna()
    if wrong.any():
        raise DataError(
            f"{file}: the contract {cells[wrong].iloc[0]!r} names no delivery month; "
            "write it as 2009-03, 200903 or 20090300."
        )
    codes, unique = pd.factorize(months.str[:6])
    return pd.PeriodIndex([f"{month[:4]}-{month[4:]}" for month in unique], freq="M")[codes]

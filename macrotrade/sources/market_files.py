"""Market data of one's own put in the place of a history's: contracts, prices and yields by file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pandas as pd

from macrotrade.errors import DataError
from macrotrade.panel.futures import RollRule, contract_index, nearby_price
from macrotrade.panel.panel import SeriesInfo
from macrotrade.panel.vintages import History
from macrotrade.sources.files import Contracts, read_contracts, read_prices, read_yields
from macrotrade.sources.raw_table import read_raw_table

__all__ = ["nearby_prices", "with_market_files"]

_CONTRACT_COLUMNS = ({"PRICE", "PRICE_CONTRACT"}, {"contract", "price"})


def with_market_files(
    history: History,
    prices: Mapping[str, str | Path] | None = None,
    yields: Mapping[str, str | Path] | None = None,
    roll: RollRule | None = None,
) -> History:
    """The history with prices and yields from files, which replace series of the same name.

    Parameters
    ----------
    history
        To join.
    prices
        Symbol to file. A table of contracts becomes a ratio-adjusted excess-return index; a table with one column of
        closes is taken as it is and must not be additively adjusted.
    yields
        Series to file, per cent a year, one column.
    roll
        Roll rule for contracts; by default the contract the file says was held, or else three weekdays before first
        notice.

    Raises
    ------
    DataError
        For bad input, naming file, series, date and remedy.
    """
    columns: dict[str, pd.Series] = {}
    info: dict[str, SeriesInfo] = {}
    notes: list[str] = []
    for symbol, file in (prices or {}).items():
        columns[symbol], note = _price(Path(file), roll)
        info[symbol] = SeriesInfo(symbol, "D", "price", description=note)
        notes.append(f"{symbol}: {note}")
    for name, file in (yields or {}).items():
        columns[name] = _only_column(read_yields(file), Path(file))
        info[name] = SeriesInfo(name, "D", "yield", tcode=2, units="per cent a year")
    if not columns:
        return history
    kept = history.market.drop(columns=[name for name in columns if name in history.market.columns])
    market = pd.concat([kept, pd.DataFrame(columns)], axis=1, sort=True).rename_axis("date")
    still_true = [_without(note, set(columns), set(map(str, history.market.columns))) for note in history.notes]
    return replace(
        history,
        market=market,
        series={**history.series, **info},
        notes=(*filter(None, still_true), *notes),
    )


def nearby_prices(prices: Mapping[str, str | Path], roll: RollRule | None = None) -> pd.DataFrame:
    """Unadjusted price of the contract held, sessions x symbols, of those files that are tables of contracts.

    No position earns its percentage changes, which hold the gaps between contracts; a history never holds it. See
    :func:`macrotrade.panel.futures.nearby_price`. `prices` and `roll` are those of :func:`with_market_files`; where no
    file is a table of contracts the frame is empty.
    """
    columns = {}
    for symbol, file in prices.items():
        if _is_by_contract(Path(file)):
            contracts = read_contracts(Path(file))
            columns[symbol] = nearby_price(contracts.prices, _roll(contracts, roll))
    return pd.DataFrame(columns).rename_axis("date")


def _price(file: Path, roll: RollRule | None) -> tuple[pd.Series, str]:
    if not _is_by_contract(file):
        return _only_column(read_prices(file), file), "closes from a file, taken as they are"
    contracts = read_contracts(file)
    index = contract_index(contracts.prices, _roll(contracts, roll))
    return index.index, f"{index.method}, {len(index.rolls)} rolls"


def _is_by_contract(file: Path) -> bool:
    names = set(map(str, read_raw_table(file).columns))
    return any(wanted <= names for wanted in _CONTRACT_COLUMNS)


def _roll(contracts: Contracts, roll: RollRule | None) -> RollRule | pd.Series:
    if roll is not None or contracts.held is None:
        return roll or RollRule()
    return contracts.held


def _only_column(table: pd.DataFrame, file: Path) -> pd.Series:
    if table.shape[1] != 1:
        raise DataError(
            f"{file}: one column besides the date is expected, not {list(table.columns)}; name one file a series."
        )
    return table.iloc[:, 0]


def _without(note: str, replaced: set[str], market: set[str]) -> str:
    """A note without the series that have been replaced; empty where it tells of no other."""
    told = {word.strip(",:;") for word in note.split()} & market
    if not told & replaced:
        return note
    if told <= replaced:
        return ""
    for name in told & replaced:
        note = re.sub(rf"(, )?\b{name}\b(?(1)|(, )?)", "", note)
    return note

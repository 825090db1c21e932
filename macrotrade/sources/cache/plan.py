"""Which live data to keep."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Literal

from macrotrade.errors import SettingsError
from macrotrade.sources.live.fetched import Fetched
from macrotrade.sources.live.tables import LiveTable, live_table, live_tables

__all__ = ["LivePlan"]


def _usual(kind: str) -> tuple[str, ...]:
    usual = (name.partition("-") for name in live_tables(with_key=True) if name != "fred-md")
    return tuple(series for group, _, series in usual if group == kind)


@dataclass(frozen=True)
class LivePlan:
    """What ``macrotrade data update`` fetches and a live history is made of (TOML: ``[data.live]``).

    Attributes
    ----------
    fred_md
        Vintages of FRED-MD: ``all`` begins with the archives from 1999 on, ``current`` with the newest vintage; either
        then adds each month's. ``none`` leaves FRED-MD out. No key is needed.
    fred
        Series of FRED that are never revised, by default the Treasury yields, daily and as monthly averages. A FRED API
        key is needed.
    alfred
        Monthly and quarterly series of FRED with all their vintages, by default federal receipts, outlays and surplus,
        and the parts of the sectoral balances. A key is needed.
    yahoo
        Symbols whose closing prices to keep. No key is needed.

    Examples
    --------
    >>> LivePlan(fred=("DGS10",), alfred=(), yahoo=("SPX",)).tables
    ('fred-md', 'fred-DGS10', 'yahoo-SPX')
    """

    fred_md: Literal["all", "current", "none"] = "all"
    fred: tuple[str, ...] = field(default_factory=partial(_usual, "fred"))
    alfred: tuple[str, ...] = field(default_factory=partial(_usual, "alfred"))
    yahoo: tuple[str, ...] = field(default_factory=partial(_usual, "yahoo"))

    def __post_init__(self) -> None:
        twice = [name for name, times in Counter(self.tables).items() if times > 1]
        if twice:
            raise SettingsError(f"The plan for live data names {', '.join(twice)} more than once; name each once.")
        if not self.tables:
            raise SettingsError("The plan for live data names nothing at all; leave its keys out for the usual data.")
        for name in self.tables:
            live_table(name)

    @property
    def tables(self) -> tuple[str, ...]:
        """Names of the tables, in the order in which they are fetched."""
        kinds = {"fred": self.fred, "alfred": self.alfred, "yahoo": self.yahoo}
        named = (f"{kind}-{name}" for kind, names in kinds.items() for name in names)
        return (*(() if self.fred_md == "none" else ("fred-md",)), *named)

    def live_tables(self) -> tuple[LiveTable, ...]:
        """The tables, with what fetches them."""
        tables = tuple(map(live_table, self.tables))
        if self.fred_md != "current":
            return tables
        return (replace(tables[0], fetch=_newest_fred_md), *tables[1:])


def _newest_fred_md(since: Fetched | None) -> Fetched:
    from macrotrade.sources.live.fred_md import fetch_fred_md

    return fetch_fred_md("current", since=since)

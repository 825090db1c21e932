"""The tables that live data are made of: what each holds, how it is fetched, how old it may be."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from macrotrade.errors import SettingsError, near_misses
from macrotrade.sources.live.credentials import has_fred_key
from macrotrade.sources.live.fetched import Fetched
from macrotrade.sources.live.fiscal import FISCAL_SERIES, NATIONAL_ACCOUNTS
from macrotrade.sources.treasury import MATURITIES

__all__ = ["LiveTable", "live_table", "live_tables"]

_MONTHLY_YIELDS = ("GS2", "GS3", "GS7", "GS20", "GS30")
_YAHOO = ("SPX", "ES", "ZT", "ZF", "ZN", "ZB")


@dataclass(frozen=True)
class LiveTable:
    """One table of live data.

    Attributes
    ----------
    name
        As in :class:`~macrotrade.sources.live.fetched.Fetched`.
    words
        What it holds.
    needs_key
        Whether the fetch needs a FRED API key.
    max_age_days
        Days from its newest number (:attr:`Fetched.last_day`) after which it is too old for a live signal: the
        publisher's usual interval, and as long again as a late release may take.
    fetch
        From the table at hand (or None) to the table as it is now; raises SourceError and changes nothing where the
        publisher fails.
    """

    name: str
    words: str
    needs_key: bool
    max_age_days: int
    fetch: Callable[[Fetched | None], Fetched]

    @property
    def publisher(self) -> str:
        """Who is asked for it, as in :data:`macrotrade.sources.live.addresses.ADDRESSES`."""
        return self.name if self.name == "fred-md" else self.name.partition("-")[0].replace("alfred", "fred")


def live_tables(*, with_key: bool | None = None) -> dict[str, LiveTable]:
    """Tables that `macrotrade` keeps by default, by name.

    Parameters
    ----------
    with_key
        False leaves out what needs a FRED API key. By default the environment decides.
    """
    keyed = has_fred_key() if with_key is None else with_key
    everything = [_fred_md(), *map(_yahoo, _YAHOO)]
    if keyed:
        everything += [_latest(name, 8) for name in (*MATURITIES, "DTB3")]
        everything += [_latest(name, 75) for name in _MONTHLY_YIELDS]
        everything += [live_table(f"alfred-{name}") for name in (*FISCAL_SERIES, *NATIONAL_ACCOUNTS)]
    return {table.name: table for table in everything}


def live_table(name: str) -> LiveTable:
    """The table of that name; any monthly or quarterly series of ALFRED (``alfred-ID``) and any of FRED (``fred-ID``).

    >>> live_table("alfred-UNRATE").needs_key
    True
    """
    kind, _, series = name.partition("-")
    if name == "fred-md":
        return _fred_md()
    if kind == "alfred" and series:
        return _vintages(series)
    if kind == "fred" and series:
        return _latest(series, 75 if series.startswith("GS") else 8)
    if kind == "yahoo" and series in _YAHOO:
        return _yahoo(series)
    known = list(live_tables(with_key=True))
    raise SettingsError(f"No live table {name!r}. {near_misses(name, known)} Any FRED series: alfred-ID or fred-ID.")


def _fred_md() -> LiveTable:
    def fetch(since: Fetched | None) -> Fetched:
        from macrotrade.sources.live.fred_md import fetch_fred_md

        return fetch_fred_md("current" if since is not None else "all", since=since)

    return LiveTable("fred-md", "FRED-MD, every vintage", False, 45, fetch)


def _vintages(series: str) -> LiveTable:
    quarterly = series in NATIONAL_ACCOUNTS
    known = FISCAL_SERIES.get(series)
    words = NATIONAL_ACCOUNTS.get(series) or (known.description if known else series)
    return LiveTable(
        f"alfred-{series}", f"{words}, every vintage", True, 110 if quarterly else 60, partial(_fetch_vintages, series)
    )


def _latest(series: str, max_age_days: int) -> LiveTable:
    words = f"Treasury yield, {MATURITIES[series][0]}" if series in MATURITIES else series
    return LiveTable(f"fred-{series}", words, True, max_age_days, partial(_fetch_latest, series))


def _yahoo(symbol: str) -> LiveTable:
    words = "S&P 500, close" if symbol == "SPX" else f"{symbol}, front contract as quoted"
    return LiveTable(f"yahoo-{symbol}", words, False, 6, partial(_fetch_yahoo, symbol))


def _fetch_vintages(series: str, since: Fetched | None) -> Fetched:
    from macrotrade.sources.live.fred import fetch_fred

    return fetch_fred(series, since=since)


def _fetch_latest(series: str, since: Fetched | None) -> Fetched:
    from macrotrade.sources.live.fred import fetch_fred_latest

    return fetch_fred_latest(series, since=since)


def _fetch_yahoo(symbol: str, since: Fetched | None) -> Fetched:
    from macrotrade.sources.live.yahoo import fetch_yahoo

    return fetch_yahoo(symbol, since=since)

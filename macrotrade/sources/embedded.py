"""The data that ship with the package: no key, no network, and never later than its tables.

Steps: the tables are read (``embedded_tables``); FRED-MD, monthly yields and sectoral balances become pseudo vintages,
each number held back by its publication delay; the daily curve and month ends before 1990 become market yields;
synthetic Treasury futures are priced from them (``panel.futures``) and stand beside the S&P 500.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from macrotrade.panel.futures import ExcessReturnIndex
from macrotrade.panel.panel import SeriesInfo
from macrotrade.panel.vintages import History, Releases
from macrotrade.schedule import month_end_sessions
from macrotrade.sources.embedded_tables import read_table
from macrotrade.sources.fred_md_names import fred_md_series_info
from macrotrade.sources.treasury import (
    MATURITIES,
    continued_thirty_year,
    future_info,
    par_bond_futures,
    yield_info,
)

__all__ = ["BALANCES_DELAY_DAYS", "EmbeddedMarket", "embedded_balances", "embedded_market", "load_embedded"]

_CURVE_COLUMNS = {words: name for name, (words, _) in MATURITIES.items()}
_MONTHLY_YIELDS = {"gs2": 2, "gs3": 3, "gs7": 7, "gs20": 20, "gs30": 30}
_BALANCES = {
    "priv": ("BALANCE_PRIVATE", "Private saving less investment"),
    "gov": ("BALANCE_GOVERNMENT", "Government saving less investment"),
    "row": ("BALANCE_WORLD", "Rest of the world: minus the current account"),
    "gdp": ("GDP", "Gross domestic product, nominal"),
}
BALANCES_DELAY_DAYS = 90
"""All sectors are complete with the second release of the national accounts after a quarter, the third after a year."""


def load_embedded() -> History:
    """US macro series, yields, synthetic Treasury futures and the S&P 500, from the shipped tables.

    Monthly: FRED-MD (117 series, levels) and monthly-average yields of 2, 3, 7, 20 and 30 years (``GS2`` ...).
    Quarterly: sectoral balances and GDP (``BALANCE_PRIVATE``, ``BALANCE_GOVERNMENT``, ``BALANCE_WORLD``, ``GDP``).
    Daily: see :func:`embedded_market`.

    Returns
    -------
    History
        Pseudo vintages: final numbers, a value of a period public its delay after the period's end.

    Raises
    ------
    DataError
        If a shipped table is absent or unreadable.
    """
    monthly = _monthly()
    quarterly = embedded_balances()
    monthly_info = {str(name): _monthly_info(str(name)) for name in monthly.columns}
    quarterly_info = _quarterly_info()
    market = embedded_market()
    return History(
        name="embedded",
        vintages="pseudo",
        releases={
            "M": Releases.from_final("M", monthly, _delays(monthly_info)),
            "Q": Releases.from_final("Q", quarterly, _delays(quarterly_info)),
        },
        market=market.frame,
        series={**monthly_info, **quarterly_info, **market.info},
        notes=("FRED-MD of August 2026, final numbers, each held back by its publication delay", *market.notes),
    )


@dataclass(frozen=True, eq=False)
class EmbeddedMarket:
    """Daily market data that can join any US panel.

    Attributes
    ----------
    frame
        Sessions x series: yields ``DGS1MO`` ... ``DGS30`` (per cent a year), excess-return indices ``ZT``, ``ZF``,
        ``ZN``, ``ZB`` (100 at their start) and ``SPX`` (index points).
    info
        What each series is.
    notes
        What was spliced and how the futures were made.
    """

    frame: pd.DataFrame
    info: dict[str, SeriesInfo]
    notes: tuple[str, ...]


def embedded_market() -> EmbeddedMarket:
    """Treasury yields, synthetic Treasury futures and the S&P 500 close by session.

    Yields are daily from 1990-01-02 to 2017-03-29, and stand on the last session of each month from 1962-01 to
    1989-12 (1, 3, 5 and 10 years). ``ZF`` and ``ZN`` are therefore monthly before 1990; ``ZT`` and ``ZB`` start in
    1990. ``SPX`` is daily from 1950-01-03 to 2022-12-28, without dividends.

    From 2002-02-19 to 2006-02-08 no 30-year yield was published. ``ZB`` holds the 20-year par bond then, and ``DGS30``
    is the 20-year yield plus the last spread between the two (-0.21), which was also the spread on the day the
    30-year yield came back.
    """
    equity = _dated(read_table("sp500_daily"))["SP500"].rename("SPX")
    curve = _curve(pd.DatetimeIndex(equity.index))
    bill = curve["DGS3MO"].fillna(_early_bill(curve.index))
    futures = par_bond_futures(curve, bill)
    yields = curve.assign(DGS30=continued_thirty_year(curve))
    prices = {symbol: result.index for symbol, result in futures.items()}
    frame = pd.concat([yields, pd.DataFrame(prices), equity], axis=1, sort=True)
    return EmbeddedMarket(frame.rename_axis("date"), _market_info(futures), _notes(futures))


def embedded_balances() -> pd.DataFrame:
    """Balances of the sectors and GDP, quarters x series, billions of dollars at annual rates."""
    balances = read_table("sectoral_balances").rename(columns={key: name for key, (name, _) in _BALANCES.items()})
    return balances.set_axis(pd.PeriodIndex(balances.index, freq="Q"))


def _monthly() -> pd.DataFrame:
    fred_md = read_table("fred_md")
    yields = read_table("yields_monthly_average")[list(_MONTHLY_YIELDS)].rename(columns=str.upper)
    together = fred_md.join(yields, how="outer").sort_index()
    return together.set_axis(pd.PeriodIndex(together.index, freq="M"))


def _monthly_info(name: str) -> SeriesInfo:
    years = _MONTHLY_YIELDS.get(name.lower())
    if years is None:
        return fred_md_series_info(name)
    words = f"{years}-year Treasury constant maturity, monthly average"
    filled = "; 2002-03 to 2006-01 extrapolated by the publisher" if years == 30 else ""
    return SeriesInfo(name, "M", "macro", 2, "rates_fx", "per cent a year", 1, words + filled)


def _quarterly_info() -> dict[str, SeriesInfo]:
    return {
        name: SeriesInfo(
            name,
            "Q",
            "macro",
            tcode=5 if name == "GDP" else 2,
            group="national_accounts",
            units="billions of dollars, seasonally adjusted annual rate",
            delay_days=BALANCES_DELAY_DAYS,
            description=words,
        )
        for name, words in _BALANCES.values()
    }


def _delays(info: dict[str, SeriesInfo]) -> dict[str, int]:
    return {name: one.delay_days for name, one in info.items() if one.delay_days is not None}


def _dated(table: pd.DataFrame) -> pd.DataFrame:
    return table.set_axis(pd.DatetimeIndex(table.index))


def _curve(equity_sessions: pd.DatetimeIndex) -> pd.DataFrame:
    """Par yields by session: month ends to 1989, daily from 1990; columns by name, in order of maturity."""
    daily = _dated(read_table("treasury_daily")).rename(columns=_CURVE_COLUMNS)
    early = read_table("treasury_month_end")
    last_sessions = month_end_sessions(equity_sessions)
    by_month = pd.Series(last_sessions, last_sessions.to_period("M"))
    early = early.set_axis(pd.DatetimeIndex(by_month[pd.PeriodIndex(early.index, freq="M")]))
    together: pd.DataFrame = pd.concat([early[early.index < daily.index[0]], daily])
    return together.reindex(columns=list(MATURITIES))


def _early_bill(sessions: pd.Index) -> pd.Series:
    """Three-month bill of the month of each session, bond-equivalent.

    Month-end bill yields are not at hand before 1990; the month's average discount rate d serves to finance a bond,
    where half a month's staleness is worth little: bond-equivalent = 365 d / (360 - 91 d).
    """
    discount = read_table("yields_monthly_average")["tb3ms"] / 100.0
    equivalent = 365.0 * discount / (360.0 - 91.0 * discount) * 100.0
    months = pd.DatetimeIndex(sessions).strftime("%Y-%m")
    return equivalent.reindex(months).set_axis(sessions)


def _market_info(futures: dict[str, ExcessReturnIndex]) -> dict[str, SeriesInfo]:
    yields = {name: yield_info(name) for name in MATURITIES}
    prices = {symbol: future_info(symbol, result) for symbol, result in futures.items()}
    equity = SeriesInfo("SPX", "D", "price", 5, "stock_market", "index points", 0, "S&P 500, close, without dividends")
    return {**yields, **prices, "SPX": equity}


def _notes(futures: dict[str, ExcessReturnIndex]) -> tuple[str, ...]:
    spliced = futures["ZB"].spliced
    return (
        "ZT, ZF, ZN, ZB are synthetic: constant-maturity par bonds priced from Treasury yields, not futures contracts",
        f"ZB is the 20-year par bond on {len(spliced)} sessions from {spliced[0]:%Y-%m-%d} to {spliced[-1]:%Y-%m-%d}",
        "DGS30 is DGS20 less 0.21 from 2002-02-19 to 2006-02-08, when no 30-year yield was published",
        "yields, ZF and ZN stand on month ends only before 1990; they end on 2017-03-29, SPX on 2022-12-28",
    )

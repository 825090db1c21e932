"""The Treasury curve as series of ours, and the futures priced from it as par bonds."""

from __future__ import annotations

import pandas as pd

from macrotrade.panel.futures import ExcessReturnIndex, par_bond_index
from macrotrade.panel.panel import SeriesInfo

__all__ = ["FUTURES", "MATURITIES", "continued_thirty_year", "future_info", "par_bond_futures", "yield_info"]

MATURITIES: dict[str, tuple[str, float]] = {
    "DGS1MO": ("1month", 1 / 12),
    "DGS3MO": ("3month", 0.25),
    "DGS6MO": ("6month", 0.5),
    "DGS1": ("1year", 1.0),
    "DGS2": ("2year", 2.0),
    "DGS3": ("3year", 3.0),
    "DGS5": ("5year", 5.0),
    "DGS7": ("7year", 7.0),
    "DGS10": ("10year", 10.0),
    "DGS20": ("20year", 20.0),
    "DGS30": ("30year", 30.0),
}
"""Constant-maturity yields, in order: maturity in words and in years."""

FUTURES: dict[str, float] = {"ZT": 2.0, "ZF": 5.0, "ZN": 10.0, "ZB": 30.0}
"""Treasury futures: maturity in years of the par bond that stands for each."""

_LAST_THIRTY_YEAR, _NEXT_THIRTY_YEAR = pd.Timestamp("2002-02-15"), pd.Timestamp("2006-02-09")


def par_bond_futures(curve: pd.DataFrame, bill: pd.Series) -> dict[str, ExcessReturnIndex]:
    """Excess-return index of each Treasury future, a par bond of constant maturity financed at the bill rate.

    Parameters
    ----------
    curve
        Yields as published, per cent a year, sessions x names of `MATURITIES`.
    bill
        Three-month bill by session, per cent a year, bond-equivalent.

    Notes
    -----
    Where no 30-year yield was published (2002-02-19 to 2006-02-08), ``ZB`` holds the 20-year par bond. A future whose
    maturity is not a column is left out.
    """
    by_years = curve.rename(columns={name: years for name, (_, years) in MATURITIES.items()})
    return {
        symbol: par_bond_index(
            by_years, bill, years, substitute=20.0 if years == 30.0 and 20.0 in by_years.columns else None
        )
        for symbol, years in FUTURES.items()
        if years in by_years.columns
    }


def continued_thirty_year(curve: pd.DataFrame) -> pd.Series:
    """The 30-year yield; while none was published, the 20-year yield plus the last spread between the two (-0.21).

    A curve without the last day before (2002-02-15) is left as it is.
    """
    if _LAST_THIRTY_YEAR not in curve.index:
        return curve["DGS30"]
    spread = curve["DGS30"][_LAST_THIRTY_YEAR] - curve["DGS20"][_LAST_THIRTY_YEAR]
    gap = (curve.index > _LAST_THIRTY_YEAR) & (curve.index < _NEXT_THIRTY_YEAR)
    return curve["DGS30"].where(~gap, (curve["DGS20"] + spread).round(2))


def yield_info(name: str) -> SeriesInfo:
    """What the constant-maturity yield of that name is."""
    words, _ = MATURITIES[name]
    return SeriesInfo(name, "D", "yield", 2, "rates_fx", "per cent a year", 0, f"Treasury par yield, {words}")


def future_info(symbol: str, index: ExcessReturnIndex) -> SeriesInfo:
    """What the synthetic future of that symbol is."""
    return SeriesInfo(symbol, "D", "price", 5, "market", "index, 100 at start", 0, f"Synthetic: {index.method}")

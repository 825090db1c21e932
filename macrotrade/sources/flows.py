"""Fiscal flows, balances of the sectors and valuation of stocks, month by month as they were known.

Where the money that the private sector receives comes from: the deficit of the government, and that of the rest of the
world, are the surplus of the private sector (Godley and Lavoie, 2007, Monetary Economics, chapter 1). The discrepancy
of the national accounts is counted as the private sector's, so that the three balances sum to zero.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pandas as pd

from macrotrade._typing import Frequency
from macrotrade.panel.as_known import AsKnown, with_as_known
from macrotrade.panel.panel import SeriesInfo
from macrotrade.panel.releases import Releases
from macrotrade.panel.vintages import History
from macrotrade.sources.embedded import BALANCES_DELAY_DAYS, embedded_balances
from macrotrade.sources.embedded_tables import read_table

__all__ = ["FLOWS", "with_flows"]


def _of_gdp(name: str, group: str, words: str, parts: Mapping[str, int], tcode: int = 1, **other: float) -> AsKnown:
    return AsKnown(name, parts, "GDP", group, tcode, units="per cent of GDP", description=words, **other)  # type: ignore[arg-type]


def _treasury(name: str, words: str, part: str) -> AsKnown:
    described = f"{words} of twelve months, Monthly Treasury Statement"
    return _of_gdp(name, "fiscal", described, {part: 1}, periods=12, times=0.1)  # millions over billions


FLOWS: tuple[AsKnown, ...] = (
    _of_gdp("BALANCE_GOVERNMENT_GDP", "balances", "Government saving less investment", {"BALANCE_GOVERNMENT": 1}),
    _of_gdp("BALANCE_WORLD_GDP", "balances", "Rest of the world: minus the current account", {"BALANCE_WORLD": 1}),
    _of_gdp(
        "BALANCE_PRIVATE_GDP",
        "balances",
        "Domestic private saving less investment, statistical discrepancy included",
        {"BALANCE_GOVERNMENT": -1, "BALANCE_WORLD": -1},
    ),
    _of_gdp("FEDERAL_RECEIPTS_GDP", "fiscal", "Federal current receipts", {"FGRECPT": 1}),
    _of_gdp("FEDERAL_OUTLAYS_GDP", "fiscal", "Federal current expenditures", {"FGEXPND": 1}),
    _of_gdp("FEDERAL_DEFICIT_GDP", "fiscal", "Federal expenditures less receipts", {"FGEXPND": 1, "FGRECPT": -1}),
    _of_gdp("PERSONAL_TAXES_GDP", "fiscal", "Personal current taxes", {"W055RC1": 1}),
    # These two have grown through all decades, so it is their changes that are read.
    _of_gdp("SOCIAL_BENEFITS_GDP", "fiscal", "Government social benefits to persons", {"A063RC1": 1}, tcode=2),
    _of_gdp("SOCIAL_CONTRIBUTIONS_GDP", "fiscal", "Contributions for social insurance", {"A061RC1": 1}, tcode=2),
    _of_gdp("TREASURY_CASH_GDP", "fiscal", "Treasury deposits with Federal Reserve Banks", {"TREASURY": 1}),
    _treasury("TREASURY_RECEIPTS_GDP", "Federal receipts", "MTSR133FMS"),
    _treasury("TREASURY_OUTLAYS_GDP", "Federal outlays", "MTSO133FMS"),
    _treasury("TREASURY_SURPLUS_GDP", "Federal surplus", "MTSDS133FMS"),
    AsKnown(
        "STOCKS_GDP", {"SPX": 1}, "GDP", "valuation", 4, units="points per 100 billion dollars",
        description="S&P 500 over GDP",
    ),
    AsKnown(
        "STOCKS_PROFITS", {"SPX": 1}, "CP", "valuation", 4, units="points per 100 billion dollars",
        description="S&P 500 over corporate profits after tax",
    ),
    AsKnown(
        "DIVIDENDS_STOCKS", {"PDI": 1}, "SPX", "valuation", 4, units="100 billion dollars per point",
        description="Dividends received by persons over the S&P 500",
    ),
)  # fmt: skip
"""What can be made, of series that ship with the package or, where it says Monthly Treasury Statement, of live ones."""

_MONTHLY_DELAY_DAYS: dict[str, int] = {
    # With personal income and outlays, as FRED-MD's RPI.
    "W055RC1": 29,
    "A061RC1": 29,
    "A063RC1": 29,
    "PDI": 29,
    # In the weekly statement of the Federal Reserve Banks; the average of a month by the middle of the next.
    "TREASURY": 15,
}


def with_flows(history: History, *, shipped: bool = True) -> History:
    """The history with those of :data:`FLOWS` that its series make, monthly, as known at the end of each month.

    Parameters
    ----------
    history
        Of the United States.
    shipped
        Whether series that it lacks are taken from the tables that ship with the package: final numbers, each held back
        by its publication delay.

    Returns
    -------
    History
        Its notes say what was taken from the shipped tables, and what could not be made for want of which series.
    """
    lacking = {name for one in FLOWS for name in one.needs if name not in history.series}
    taken = _shipped(lacking) if shipped else {}
    source = _together(history, taken)
    made = [one for one in FLOWS if set(one.needs) <= set(source.series)]
    joined = with_as_known(history, made, source)
    return replace(joined, notes=(*history.notes, *_notes(source, taken)))


def _shipped(names: set[str]) -> dict[Frequency, Releases]:
    """Releases of those of the names that ship with the package."""
    quarterly = embedded_balances().join(_table("fiscal_quarterly", "Q"), how="outer")
    monthly = _table("fiscal_monthly", "M")
    delays = {**dict.fromkeys(quarterly.columns, BALANCES_DELAY_DAYS), **_MONTHLY_DELAY_DAYS}
    frames: dict[Frequency, pd.DataFrame] = {"Q": quarterly, "M": monthly}
    wanted = {frequency: frame[[name for name in frame if name in names]] for frequency, frame in frames.items()}
    return {
        frequency: Releases.from_final(frequency, frame, delays)
        for frequency, frame in wanted.items()
        if frame.shape[1]
    }


def _table(name: str, frequency: Frequency) -> pd.DataFrame:
    table = read_table(name).rename(columns=str.upper)
    return table.set_axis(pd.PeriodIndex(table.index, freq=frequency))


def _together(history: History, taken: Mapping[Frequency, Releases]) -> History:
    releases = dict(history.releases)
    for frequency, table in taken.items():
        releases[frequency] = releases[frequency].joined(table) if frequency in releases else table
    info = {name: SeriesInfo(name, frequency) for frequency, table in taken.items() for name in table.names}
    return replace(history, releases=releases, series={**history.series, **info})


def _notes(source: History, taken: Mapping[Frequency, Releases]) -> tuple[str, ...]:
    notes = ["flows and balances stand in each month as known at its end, quarterly ones until the next release"]
    names = sorted(name for table in taken.values() for name in table.names)
    if names:
        notes.append(f"{', '.join(names)}: final numbers that ship with the package, held back by publication delays")
    for one in FLOWS:
        lacking = [name for name in one.needs if name not in source.series]
        if lacking:
            notes.append(f"{one.name} is not made: the source has no {', '.join(lacking)}")
    return tuple(notes)

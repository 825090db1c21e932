"""Fiscal flows and sectoral balances: which published series they are, and how the balances are reckoned."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import numpy as np
import numpy.typing as npt

from macrotrade._typing import FloatArray
from macrotrade.errors import DataError
from macrotrade.panel.panel import SeriesInfo
from macrotrade.panel.releases import NEVER, Releases

__all__ = ["BALANCES", "FISCAL_SERIES", "NATIONAL_ACCOUNTS", "balance_releases"]

_MILLIONS = "millions of dollars"
_BILLIONS = "billions of dollars, seasonally adjusted annual rate"


def _monthly(name: str, tcode: int, words: str) -> SeriesInfo:
    # The Monthly Treasury Statement appears on the eighth working day of the next month.
    return SeriesInfo(name, "M", "macro", tcode, "fiscal", _MILLIONS, 12, f"{words}, not seasonally adjusted")


FISCAL_SERIES: dict[str, SeriesInfo] = {
    info.name: info
    for info in (
        _monthly("MTSR133FMS", 5, "Federal receipts of the month"),
        _monthly("MTSO133FMS", 5, "Federal outlays of the month"),
        # It changes sign, so it has no logarithm.
        _monthly("MTSDS133FMS", 2, "Federal surplus of the month, a deficit being negative"),
    )
}
"""Monthly Treasury Statement, by FRED's name."""

NATIONAL_ACCOUNTS: dict[str, str] = {
    "GPSAVE": "Gross private saving",
    "GPDI": "Gross private domestic investment",
    "GGSAVE": "Gross government saving",
    "DGI": "Federal defence gross investment",
    "NDGI": "Federal non-defence gross investment",
    "SLINV": "State and local gross investment",
    "NETFI": "Balance on current account, national accounts",
    "GDP": "Gross domestic product, nominal",
}
"""Quarterly series of the Bureau of Economic Analysis that the balances are made of, by FRED's name."""

_WORDS = {
    "BALANCE_PRIVATE": "Private saving less investment",
    "BALANCE_GOVERNMENT": "Government saving less investment",
    "BALANCE_WORLD": "Rest of the world: minus the current account",
    "GDP": "Gross domestic product, nominal",
}
_SUMS: dict[str, dict[str, Literal[-1, 1]]] = {
    "BALANCE_PRIVATE": {"GPSAVE": 1, "GPDI": -1},
    "BALANCE_GOVERNMENT": {"GGSAVE": 1, "DGI": -1, "NDGI": -1, "SLINV": -1},
    "BALANCE_WORLD": {"NETFI": -1},
    "GDP": {"GDP": 1},
}

BALANCES: dict[str, SeriesInfo] = {
    name: SeriesInfo(name, "Q", "macro", 5 if name == "GDP" else 2, "national_accounts", _BILLIONS, 90, words)
    for name, words in _WORDS.items()
}
"""Sectoral balances and GDP, under the names they have in the embedded data."""


def balance_releases(parts: Mapping[str, Releases]) -> Releases | None:
    """Vintages of the balances: at any day the sum of what stood on that day.

    Private: saving less domestic investment. Government: saving less gross investment (defence, non-defence, state and
    local). Rest of the world: minus the balance on current account. They sum to the statistical discrepancy. A balance
    stands only while all of its parts do, so it is known from the latest release among them.

    Parameters
    ----------
    parts
        Name in `NATIONAL_ACCOUNTS` to its quarterly versions, one series each. A balance that lacks a part is left out.

    Returns
    -------
    Releases or None
        None where no balance has all its parts.
    """
    made = [
        _signed_sum(name, {part: (parts[part], sign) for part, sign in signs.items()})
        for name, signs in _SUMS.items()
        if all(part in parts for part in signs)
    ]
    return _stacked(made) if made else None


def _signed_sum(name: str, parts: Mapping[str, tuple[Releases, Literal[-1, 1]]]) -> Releases:
    tables = [table for table, _ in parts.values()]
    for part, table in zip(parts, tables, strict=True):
        if len(table.names) != 1 or table.frequency != "Q":
            raise DataError(f"{part}: one quarterly series is expected to make {name} of, not {table.names}.")
    periods = np.unique(np.concatenate([table.period for table in tables]))
    pieces = [_of_period(int(period), list(parts.values())) for period in periods]
    period, released, superseded, value = (np.concatenate(column) for column in zip(*pieces, strict=True))
    return Releases("Q", (name,), np.zeros(period.size, np.int16), period, released, superseded, value)


_Rows = tuple[npt.NDArray[np.int32], npt.NDArray[np.int32], npt.NDArray[np.int32], FloatArray]


def _of_period(period: int, parts: list[tuple[Releases, Literal[-1, 1]]]) -> _Rows:
    """Versions of the sum for one quarter: a new one on every day on which a part changed."""
    rows = [np.flatnonzero(table.period == period) for table, _ in parts]
    edges = np.unique(
        np.concatenate(
            [
                np.concatenate([table.released[at], table.superseded[at]])
                for (table, _), at in zip(parts, rows, strict=True)
            ]
        )
    )
    starts = edges[edges < NEVER]
    ends = np.append(edges[1:], NEVER)[: starts.size]
    total = np.zeros(starts.size)
    for (table, sign), at in zip(parts, rows, strict=True):
        total += sign * _standing(table, at, starts)
    keep = ~np.isnan(total)
    return (
        np.full(int(keep.sum()), period, np.int32),
        starts[keep].astype(np.int32),
        ends[keep].astype(np.int32),
        total[keep],
    )


def _standing(table: Releases, rows: npt.NDArray[np.intp], days: npt.NDArray[np.int32]) -> FloatArray:
    """Value that stood at the end of each day, NaN where none did."""
    values = np.full(days.size, np.nan)
    for row in rows:
        values[(table.released[row] <= days) & (days < table.superseded[row])] = table.value[row]
    return values


def _stacked(tables: list[Releases]) -> Releases:
    return Releases(
        "Q",
        tuple(table.names[0] for table in tables),
        np.concatenate([np.full(table.period.size, place, np.int16) for place, table in enumerate(tables)]),
        np.concatenate([table.period for table in tables]),
        np.concatenate([table.released for table in tables]),
        np.concatenate([table.superseded for table in tables]),
        np.concatenate([table.value for table in tables]),
    )

"""Positions that need no forecast, to stand beside every strategy.

Each reads the panel of the origin and gives a position in one instrument, or NaN where it has nothing to say of it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from macrotrade._typing import FloatArray
from macrotrade.errors import DataError
from macrotrade.instruments import Instrument
from macrotrade.panel.panel import Panel

__all__ = ["BASELINES", "always_short", "buy_and_hold", "coin_flips", "curve_carry", "momentum"]

Baseline: TypeAlias = Callable[[Panel, Instrument], float]

_BILL = "DGS3MO"


def buy_and_hold(panel: Panel, instrument: Instrument) -> float:
    """Always 1."""
    del panel, instrument
    return 1.0


def always_short(panel: Panel, instrument: Instrument) -> float:
    """Always -1."""
    del panel, instrument
    return -1.0


def momentum(panel: Panel, instrument: Instrument) -> float:
    """Sign of the instrument's own return from twelve months to one month before the last complete month.

    The last month is left out, as in Jegadeesh and Titman (1993). NaN with less than thirteen months of prices.
    """
    try:
        prices = panel.values(instrument.symbol, "M").to_numpy()
    except DataError:
        return float("nan")
    if prices.size < 13:
        return float("nan")
    return float(np.sign(prices[-2] / prices[-13] - 1.0))


def curve_carry(panel: Panel, instrument: Instrument) -> float:
    """Sign of what a Treasury earns over the bill rate in a year if the curve stays as it is; NaN for equities.

    carry = (y_m - bill) + D (y_m - y_{m'}) / (m - m'), with m' the next shorter maturity on the curve and
    D = (1 - (1 + y_m/2)^{-2m}) / y_m the duration of a par bond: yield over the bill rate plus roll-down.
    """
    if instrument.maturity is None:
        return float("nan")
    last = _last_curve(panel)
    shorter = max((m for m in last if m < instrument.maturity), default=None)
    bill = _last_yield(panel, _BILL)
    if instrument.maturity not in last or shorter is None or bill is None:
        return float("nan")
    y = last[instrument.maturity] / 100.0
    slope = (y - last[shorter] / 100.0) / (instrument.maturity - shorter)
    duration = (1.0 - (1.0 + y / 2.0) ** (-2 * instrument.maturity)) / y if y > 0 else float(instrument.maturity)
    return float(np.sign(y - bill / 100.0 + duration * slope))


BASELINES: dict[str, Baseline] = {
    "buy and hold": buy_and_hold,
    "always short": always_short,
    "momentum 12-1": momentum,
    "curve carry": curve_carry,
}
"""Baselines by the name they carry in reports."""


def coin_flips(n_origins: int, n_flips: int, seed: int) -> FloatArray:
    """Positions of `n_flips` coin-tossing traders, each 1 or -1 with equal chance; shape (n_origins, n_flips)."""
    return np.random.default_rng(seed).choice(np.array([-1.0, 1.0]), size=(n_origins, n_flips))


def _last_curve(panel: Panel) -> dict[int, float]:
    """Constant-maturity par yields (DGS1, DGS2, ...) known last, per cent, by years to maturity."""
    names = {int(name[3:]): name for name in panel.names("yield") if name.startswith("DGS") and name[3:].isdigit()}
    known = {maturity: _last_yield(panel, name) for maturity, name in names.items()}
    return {maturity: value for maturity, value in known.items() if value is not None}


def _last_yield(panel: Panel, name: str) -> float | None:
    """Last quote of a yield if it is of the last complete month."""
    try:
        column = panel.values(name, "M")
    except DataError:
        return None
    return float(column.iloc[-1]) if column.index[-1] >= panel.period("M") else None

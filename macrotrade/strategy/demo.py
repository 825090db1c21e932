"""The strategy of ``macrotrade demo``: every installed provider on ZN, ZB and SPX."""

from __future__ import annotations

from macrotrade.providers.registry import installed
from macrotrade.strategy.spec import ProviderChoice, Strategy

__all__ = ["demo_strategy"]


def demo_strategy() -> Strategy:
    """Every installed provider with its default settings, long/flat and long/short, on the embedded data."""
    return Strategy(
        name="demo",
        description="Every installed provider, each month, on the 10-year note, the 30-year bond and the S&P 500.",
        providers=tuple(ProviderChoice(name=name) for name in installed()),
        instruments=("ZN", "ZB", "SPX"),
        rules=("long_flat", "long_short"),
        periods_ahead=(1, 2),
    )

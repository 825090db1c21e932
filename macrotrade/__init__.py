"""Macroeconomic forecasts as they could have been made, traded and judged: a plugin for vectorbt.

    sources -> panel -> providers -> signals -> portfolio -> report

Names below are imported when first used, so that ``import macrotrade`` stays quick.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from macrotrade.forecast import Forecast, Forecaster, Provider, Target
    from macrotrade.instruments import Instrument, instrument
    from macrotrade.panel.panel import Panel, SeriesInfo
    from macrotrade.panel.vintages import History, Releases
    from macrotrade.schedule import Schedule

_HOME = {
    "Forecast": "forecast",
    "Forecaster": "forecast",
    "History": "panel.vintages",
    "Instrument": "instruments",
    "Panel": "panel.panel",
    "Provider": "forecast",
    "Releases": "panel.vintages",
    "Schedule": "schedule",
    "SeriesInfo": "panel.panel",
    "Target": "forecast",
    "instrument": "instruments",
}

__all__ = [
    "Forecast",
    "Forecaster",
    "History",
    "Instrument",
    "Panel",
    "Provider",
    "Releases",
    "Schedule",
    "SeriesInfo",
    "Target",
    "instrument",
]


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(f"macrotrade.{_HOME[name]}"), name)
    raise AttributeError(f"module 'macrotrade' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])

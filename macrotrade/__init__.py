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
    from macrotrade.instruments import INSTRUMENTS, Instrument, instrument
    from macrotrade.panel.panel import Panel, SeriesInfo
    from macrotrade.panel.vintages import History, Releases
    from macrotrade.portfolio.indicator import MACROSIGNAL
    from macrotrade.portfolio.simulate import simulate
    from macrotrade.report.document import make_report
    from macrotrade.report.parts import Section
    from macrotrade.schedule import Schedule
    from macrotrade.signals.rules import Rule
    from macrotrade.sources.load import load
    from macrotrade.strategy.backtest import backtest
    from macrotrade.strategy.decide import decide
    from macrotrade.strategy.result import Backtest, Decision
    from macrotrade.strategy.run import positions
    from macrotrade.strategy.sensitivity import Sensitivity, sensitivity
    from macrotrade.strategy.spec import Strategy, read_strategy
    from macrotrade.strategy.walk_forward import Walk, walk_forward
    from macrotrade.testing import check_provider

__all__ = [
    "INSTRUMENTS",
    "MACROSIGNAL",
    "Backtest",
    "Decision",
    "Forecast",
    "Forecaster",
    "History",
    "Instrument",
    "Panel",
    "Provider",
    "Releases",
    "Rule",
    "Schedule",
    "Section",
    "Sensitivity",
    "SeriesInfo",
    "Strategy",
    "Target",
    "Walk",
    "backtest",
    "check_provider",
    "decide",
    "instrument",
    "load",
    "make_report",
    "positions",
    "read_strategy",
    "sensitivity",
    "simulate",
    "walk_forward",
]

_HOME = {
    "INSTRUMENTS": "instruments",
    "MACROSIGNAL": "portfolio.indicator",
    "Backtest": "strategy.result",
    "Decision": "strategy.result",
    "Forecast": "forecast",
    "Forecaster": "forecast",
    "History": "panel.vintages",
    "Instrument": "instruments",
    "Panel": "panel.panel",
    "Provider": "forecast",
    "Releases": "panel.vintages",
    "Rule": "signals.rules",
    "Schedule": "schedule",
    "Section": "report.parts",
    "Sensitivity": "strategy.sensitivity",
    "SeriesInfo": "panel.panel",
    "Strategy": "strategy.spec",
    "Target": "forecast",
    "Walk": "strategy.walk_forward",
    "backtest": "strategy.backtest",
    "check_provider": "testing",
    "decide": "strategy.decide",
    "instrument": "instruments",
    "load": "sources.load",
    "make_report": "report.document",
    "positions": "strategy.run",
    "read_strategy": "strategy.spec",
    "sensitivity": "strategy.sensitivity",
    "simulate": "portfolio.simulate",
    "walk_forward": "strategy.walk_forward",
}


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(f"macrotrade.{_HOME[name]}"), name)
    raise AttributeError(f"module 'macrotrade' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])

"""What the commands print: tables for a terminal, and the same as JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import pandas as pd
from rich.table import Table

from macrotrade.strategy.result import Backtest, Decision

if TYPE_CHECKING:
    from macrotrade.providers.registry import ProviderEntry

__all__ = [
    "decision_table",
    "decisions_json",
    "frame_table",
    "provider_table",
    "providers_json",
    "summary_table",
]

_DIRECTION = {1: "long", 0: "flat", -1: "short"}


def decision_table(decisions: Sequence[Decision]) -> Table:
    """One row for each decision: instrument, provider, rule, direction, score, P(up), forecast with interval, since."""
    first = decisions[0]
    table = Table(title=f"Decisions of {first.as_of:%Y-%m-%d}, held from the first session after")
    for name in (
        "instrument",
        "provider",
        "rule",
        "hold",
        "score",
        "P(price up)",
        "forecast (10..90 %)",
        "since",
        "data",
    ):
        table.add_column(name, justify="right" if name in {"score", "P(price up)", "forecast (10..90 %)"} else "left")
    for decision in decisions:
        table.add_row(
            decision.instrument,
            decision.provider,
            decision.rule,
            _held(decision),
            _number(decision.score, "+.2f"),
            _number(decision.probability_up, ".0%"),
            _forecast(decision),
            f"{decision.since:%Y-%m-%d}" if decision.since is not None else "before the look-back",
            decision.data_until.get(decision.driver, ""),
        )
    return table


def decisions_json(decisions: Sequence[Decision]) -> str:
    """The decisions, a JSON list; dates as YYYY-MM-DD, missing numbers as null."""
    return json.dumps([_plain(asdict(decision)) for decision in decisions], indent=2)


def provider_table(entries: Mapping[str, ProviderEntry]) -> Table:
    """One row for each installed provider."""
    table = Table(title="Installed providers")
    for column in ("name", "what it is", "settings", "from"):
        table.add_column(column)
    for name, entry in entries.items():
        settings = ", ".join(f"{setting.name}={setting.default!r}" for setting in entry.settings)
        table.add_row(name, entry.description, settings, f"{entry.distribution} {entry.version}")
    return table


def providers_json(entries: Mapping[str, ProviderEntry]) -> str:
    """The installed providers, a JSON object by name."""
    return json.dumps({name: _plain(asdict(entry)) for name, entry in entries.items()}, indent=2)


def summary_table(backtest: Backtest) -> Table:
    """One row for each provider, rule and instrument: growth of 1, return, volatility, efficiency, drawdown, direction."""
    from macrotrade.evaluation.performance import performance

    figures = performance(backtest.returns, backtest.periods_per_year, exposure=backtest.exposure)
    span = f"{backtest.returns.index[0]:%Y-%m-%d} to {backtest.returns.index[-1]:%Y-%m-%d}"
    table = Table(title=f"{backtest.strategy.name}: {span}, net of costs; vintages: {backtest.source.vintages}")
    for name in ("instrument", "provider", "rule"):
        table.add_column(name)
    for name in ("growth of 1", "return a year", "volatility", "efficiency", "worst drawdown"):
        table.add_column(name, justify="right")
    for symbol in backtest.strategy.instruments:
        rows = figures.xs(symbol, level="instrument")
        for (provider, rule), row in rows.sort_values("efficiency", ascending=False, na_position="last").iterrows():
            table.add_row(
                symbol,
                str(provider),
                str(rule),
                _number(row["growth"], ".2f"),
                _number(row["annual_return"], "+.1%"),
                _number(row["volatility"], ".1%"),
                _number(row["efficiency"], ".2f"),
                _number(row["max_drawdown"], ".0%"),
            )
        table.add_section()
    return table


def frame_table(frame: pd.DataFrame, title: str) -> Table:
    """Any frame, its index first."""
    table = Table(title=title)
    flat = frame.reset_index()
    for column in flat.columns:
        table.add_column(str(column), justify="right" if pd.api.types.is_numeric_dtype(flat[column]) else "left")
    for row in flat.itertuples(index=False):
        table.add_row(*(_number(cell, ".2f") if isinstance(cell, float) else str(cell) for cell in row))
    return table


def _held(decision: Decision) -> str:
    side = _DIRECTION[int(math.copysign(1, decision.position)) if decision.position else 0]
    sized = "" if abs(decision.position) in {0.0, 1.0} else f" {abs(decision.position):.2f}"
    changed = decision.previous is not None and math.copysign(1, decision.previous) * bool(decision.previous) != (
        math.copysign(1, decision.position) * bool(decision.position)
    )
    return f"{side}{sized}{' (new)' if changed else ''}"


def _forecast(decision: Decision) -> str:
    if math.isnan(decision.point):
        return "none: " + (decision.reasons[0] if decision.reasons else "no forecast")
    if "log" in decision.measure:
        point, low, high = (math.expm1(value) for value in (decision.point, decision.low, decision.high))
        return f"{decision.driver} {point:+.1%} ({low:+.1%}..{high:+.1%})"
    return f"{decision.driver} {decision.point:+.2f} ({decision.low:+.2f}..{decision.high:+.2f})"


def _number(value: float, form: str) -> str:
    return "" if value is None or math.isnan(value) else format(value, form)


def _plain(value: Any) -> Any:
    """Value as JSON can hold it."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, pd.Timestamp):
        return f"{value:%Y-%m-%d}"
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value

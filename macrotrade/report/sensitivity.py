"""A run under other assumptions, as a section of a report: a table and a figure for each instrument and provider."""

from __future__ import annotations

from textwrap import wrap
from typing import Any

import pandas as pd

from macrotrade.report.cast import BUY_AND_HOLD, Cast, cast_of
from macrotrade.report.colours import BENCHMARK, QUIET
from macrotrade.report.layout import numbers, styled
from macrotrade.report.parts import Choice, Column, Figure, Section, Table, Words
from macrotrade.report.words import name_of, rule_of, sentence
from macrotrade.strategy.result import Backtest
from macrotrade.strategy.sensitivity import Sensitivity

__all__ = ["TITLE", "sensitivity_section"]

TITLE = "Sensitivity"

_ADVICE = (
    "Each row changes one assumption and leaves all else as run. A result that lives on one convention, on two months "
    "or on a basis point of the forecast is not one to rely on."
)
_ROW, _LABEL_WIDTH = 34, 26
_SYMBOLS = ("circle", "square", "diamond", "triangle-up", "x", "cross")


def sensitivity_section(sensitivity: Sensitivity, backtest: Backtest) -> Section:
    """Section of a report: what 1 has become, and the efficiency, under each assumption."""
    cast = cast_of(backtest)
    by_instrument = {
        symbol: (
            Choice(
                "Provider",
                {
                    name_of(provider): (
                        _table(sensitivity, symbol, provider),
                        _figure(sensitivity, symbol, provider, cast),
                    )
                    for provider in cast.providers
                },
            ),
        )
        for symbol in cast.instruments
    }
    source = sensitivity.published.source if sensitivity.published else ""
    notes = [*map(sentence, sensitivity.notes), *([f"Published: {source}."] if source else [])]
    return Section(TITLE, (Words(_ADVICE), Choice("Instrument", by_instrument), Words(items=tuple(notes))))


def _table(sensitivity: Sensitivity, symbol: str, provider: str) -> Table:
    table = sensitivity.table(symbol, provider)
    rules = list(table["growth"].columns)
    figures = {"growth": ("1 became", 2), "efficiency": ("efficiency", 2)}
    columns = [
        Column(f"{figure} {rule}", f"{_rule(rule)}, {words}", "number", digits)
        for rule in rules
        for figure, (words, digits) in figures.items()
    ]
    rows = pd.DataFrame({f"{figure} {rule}": table[figure, rule].to_numpy() for rule in rules for figure in figures})
    rows.insert(0, "assumption", [_capital(assumption) for _, assumption in table.index])
    rows["quiet"] = [topic in {"chance", "published"} for topic, _ in table.index]
    return Table(
        f"{symbol} under other assumptions, {name_of(provider)}",
        (Column("assumption", "Assumption"), *columns),
        rows,
        "What 1 became, and annualised return over annualised volatility, net of the costs of the row.",
    )


def _figure(sensitivity: Sensitivity, symbol: str, provider: str, cast: Cast) -> Figure:
    """Growth of 1 as points, an assumption a row, a marker a rule; buy and hold grey."""
    growth = sensitivity.table(symbol, provider)["growth"]
    # Broken lines leave room for the points on a narrow page.
    labels = ["<br>".join(wrap(_capital(assumption), _LABEL_WIDTH)) for _, assumption in growth.index]
    traces: list[dict[str, Any]] = [
        {
            "type": "scatter", "mode": "markers", "name": _rule(str(rule)), "y": labels, "x": numbers(growth[rule], 4),
            "marker": {
                "size": 9, "symbol": _SYMBOLS[rank % len(_SYMBOLS)],
                "color": BENCHMARK if rule == BUY_AND_HOLD else cast.colours.get(provider, QUIET),
                "opacity": 1.0 if rank < len(_SYMBOLS) else 0.5,
            },
            "hovertemplate": "%{y}: %{x:.2f}",
        }
        for rank, rule in enumerate(growth.columns)
    ]  # fmt: skip
    height = 110 + _ROW * len(labels)
    figure = styled(
        traces,
        height,
        hovermode="closest",
        legend={"y": -62 / (height - 46)},
        xaxis={"title": {"text": "1 became"}},
        yaxis={"autorange": "reversed", "showgrid": True, "zeroline": False},
    )
    return Figure(
        f"What 1 became under each assumption, {symbol}, {name_of(provider)}",
        figure,
        "Growth of 1, a row for each assumption and a marker for each rule.",
        height,
    )


def _rule(rule: str) -> str:
    return name_of(rule) if rule == BUY_AND_HOLD else rule_of(rule).capitalize()


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]

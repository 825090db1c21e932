"""Figures of what was said: forecasts against outcomes, and the hit rate by year."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from macrotrade.report.colours import BENCHMARK, QUIET, tint
from macrotrade.report.layout import days, numbers, styled
from macrotrade.report.parts import Figure
from macrotrade.report.words import count, name_of

__all__ = ["UNITS", "forecast_figure", "hit_rate_figure"]

UNITS = {
    "level": "reported units",
    "change": "change, pp",
    "log_change": "log change, %",
    "one_period_change": "change, pp",
    "one_period_log_change": "log change, %",
}
"""How a measure is named on an axis."""


def forecast_figure(rows: pd.DataFrame, colour: str, instrument: str) -> Figure:
    """Forecasts of one provider for one series and horizon, with their 10 to 90 per cent interval, over the outcome.

    `rows` are a run's forecasts: as_of, point, low, high, outcome, one measure and one horizon.
    """
    first = rows.iloc[0]
    provider, measure, horizon = name_of(first["provider"]), str(first["measure"]), int(first["horizon"])
    factor = 100.0 if measure.endswith("log_change") else 1.0
    shown = {name: numbers(rows[name] * factor, 4) for name in ("outcome", "point", "low", "high")}
    line: dict[str, Any] = {
        "type": "scatter",
        "x": days(pd.Index(rows["as_of"])),
        "mode": "lines",
        "hovertemplate": "%{y:.2f}",
    }
    edge = {**line, "line": {"width": 0, "color": colour}}
    dots = {"mode": "lines" if measure == "level" else "markers", "marker": {"color": BENCHMARK, "size": 4}}
    traces: list[dict[str, Any]] = [
        {**edge, "y": shown["low"], "showlegend": False, "name": "10%", "hovertemplate": "%{y:.2f}<extra>10%</extra>"},
        {
            **edge, "y": shown["high"], "fill": "tonexty", "fillcolor": tint(colour, 0.18),
            "name": "10 to 90% interval", "hovertemplate": "%{y:.2f}<extra>90%</extra>",
        },
        {**line, **dots, "y": shown["outcome"], "name": "Outcome", "line": {"color": BENCHMARK, "width": 1.2}},
        {**line, "y": shown["point"], "name": f"{provider}, forecast", "line": {"color": colour, "width": 1.9}},
    ]  # fmt: skip
    height = 360
    title = f"{first['series']}, {UNITS.get(measure, measure)}"
    figure = styled(traces, height, yaxis={"title": {"text": title}})
    return Figure(
        f"Forecasts against outcomes, {instrument}, {provider}, {_ahead(horizon)}",
        figure,
        f"At each origin: the forecast of {first['series']} and, once known, what happened. "
        "Eight outcomes in ten should fall inside the band.",
        height,
    )


def hit_rate_figure(by_year: pd.DataFrame, colour: str, provider: str, instrument: str) -> Figure:
    """Hit rate of each year beside its base rate; `by_year` has hit_rate, base_rate and n by year."""
    years = by_year.index.tolist()
    bars = {
        "type": "bar", "x": years, "y": numbers(100 * by_year["hit_rate"], 1), "customdata": by_year["n"].tolist(),
        "name": f"{name_of(provider)}, hit rate", "marker": {"color": tint(colour, 0.75)},
        "hovertemplate": "%{y:.0f}% of %{customdata}",
    }  # fmt: skip
    marks = {
        "type": "scatter", "x": years, "y": numbers(100 * by_year["base_rate"], 1), "mode": "markers",
        "name": "Base rate: the commoner direction of the year", "hovertemplate": "%{y:.0f}%",
        "marker": {"symbol": "line-ew", "size": 13, "line": {"width": 2.5, "color": BENCHMARK}},
    }  # fmt: skip
    half = {
        "type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": 50, "y1": 50,
        "line": {"color": QUIET, "width": 1, "dash": "dot"},
    }  # fmt: skip
    height, calls = 300, int(by_year["n"].median())
    figure = styled(
        [bars, marks],
        height,
        bargap=0.3,
        shapes=[half],
        legend={"y": -0.14},
        xaxis={"showgrid": False},
        yaxis={"title": {"text": "Right about direction, %"}, "range": [0, 105]},
    )
    return Figure(
        f"Hit rate by year, {instrument}, {name_of(provider)}",
        figure,
        f"A year is {count(calls, 'call')}: chance alone moves its hit rate by more than {50 / math.sqrt(calls):.0f} "
        "points one year in three.",
        height,
    )


def _ahead(horizon: int) -> str:
    return "one period ahead" if horizon == 1 else f"{horizon} periods ahead"

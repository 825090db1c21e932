"""Figures of what was said: forecasts against outcomes, and the hit rate by year."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from macrotrade.report.colours import BENCHMARK, QUIET, tint
from macrotrade.report.layout import styled
from macrotrade.report.parts import Figure
from macrotrade.report.words import name_of

__all__ = ["forecast_figure", "hit_rate_figure"]

_UNITS = {
    "level": "reported units",
    "change": "change, pp",
    "log_change": "log change, %",
    "one_period_change": "change, pp",
    "one_period_log_change": "log change, %",
}


def forecast_figure(rows: pd.DataFrame, colour: str, instrument: str) -> Figure:
    """Forecasts of one provider for one series and horizon, with their 10 to 90 per cent interval, over the outcome.

    `rows` are a run's forecasts: as_of, point, low, high, outcome, one measure and one horizon.
    """
    first = rows.iloc[0]
    provider, measure, horizon = name_of(first["provider"]), str(first["measure"]), int(first["horizon"])
    factor = 100.0 if measure.endswith("log_change") else 1.0
    values = (rows.set_index("as_of")[["outcome", "point", "low", "high"]] * factor).round(4)
    days = [f"{stamp:%Y-%m-%d}" for stamp in values.index]
    lists = {name: values[name].where(values[name].notna(), None).tolist() for name in values}
    figure = go.Figure()
    edge = {"width": 0, "color": colour}
    figure.add_scatter(
        x=days, y=lists["low"], line=edge, mode="lines", showlegend=False, name="10%", hovertemplate="%{y:.2f}"
    )
    figure.add_scatter(
        x=days, y=lists["high"], line=edge, mode="lines", fill="tonexty", fillcolor=tint(colour, 0.18),
        name="10 to 90% interval", hovertemplate="%{y:.2f}",
    )  # fmt: skip
    figure.add_scatter(
        x=days, y=lists["outcome"], name="Outcome", mode="lines" if measure == "level" else "markers",
        marker={"color": BENCHMARK, "size": 4}, line={"color": BENCHMARK, "width": 1.2}, hovertemplate="%{y:.2f}",
    )  # fmt: skip
    figure.add_scatter(
        x=days, y=lists["point"], name=f"{provider}, forecast", mode="lines", line={"color": colour, "width": 1.9},
        hovertemplate="%{y:.2f}",
    )  # fmt: skip
    height = 360
    styled(figure, height).update_yaxes(title=f"{first['series']}, {_UNITS.get(measure, measure)}", zeroline=True)
    return Figure(
        f"Forecasts against outcomes, {instrument}, {provider}, {_ahead(horizon)}",
        figure,
        f"At each origin: the forecast of {first['series']} and, once known, what happened. "
        "Eight outcomes in ten should fall inside the band.",
        height,
    )


def hit_rate_figure(by_year: pd.DataFrame, colour: str, provider: str, instrument: str) -> Figure:
    """Hit rate of each year beside its base rate; `by_year` has hit_rate, base_rate and n by year."""
    figure = go.Figure()
    years = by_year.index.tolist()
    figure.add_bar(
        x=years, y=(100 * by_year["hit_rate"]).round(1).tolist(), name=f"{name_of(provider)}, hit rate",
        marker={"color": tint(colour, 0.75)}, customdata=by_year["n"].tolist(),
        hovertemplate="%{y:.0f}% of %{customdata}",
    )  # fmt: skip
    figure.add_scatter(
        x=years, y=(100 * by_year["base_rate"]).round(1).tolist(), name="Base rate: always up", mode="markers",
        marker={"symbol": "line-ew", "size": 13, "line": {"width": 2.5, "color": BENCHMARK}}, hovertemplate="%{y:.0f}%",
    )  # fmt: skip
    figure.add_hline(y=50, line={"color": QUIET, "width": 1, "dash": "dot"})
    height = 300
    styled(figure, height).update_yaxes(title="Right about direction, %", range=[0, 105])
    figure.update_layout(bargap=0.3, legend={"y": -0.14})
    figure.update_xaxes(showgrid=False)
    return Figure(
        f"Hit rate by year, {instrument}, {name_of(provider)}",
        figure,
        "A year of monthly forecasts is twelve calls: chance alone moves its hit rate by 14 points either way.",
        height,
    )


def _ahead(horizon: int) -> str:
    return "one period ahead" if horizon == 1 else f"{horizon} periods ahead"

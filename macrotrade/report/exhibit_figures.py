"""Figures of what providers show of themselves: lines through time, bars, and heatmaps."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from macrotrade.forecast import Exhibit
from macrotrade.report.colours import FLAT, LONG, QUIET, SHORT, provider_colours
from macrotrade.report.layout import numbers, padded, styled, thinned
from macrotrade.report.parts import Figure
from macrotrade.report.recessions import recession_shapes
from macrotrade.report.words import name_of, sentence

__all__ = ["bars_figure", "heatmap_figure", "lines_figure"]

_BAR, _CELL = 21, 28
"""Pixels of a row."""


def lines_figure(exhibit: Exhibit, frame: pd.DataFrame) -> Figure:
    """A line for each column along the index."""
    index = frame.index.to_timestamp(how="end") if isinstance(frame.index, pd.PeriodIndex) else frame.index
    shown = frame.set_axis(pd.DatetimeIndex(index).normalize(), axis=0)
    shown = thinned(shown) if len(shown) else shown
    names = tuple(map(str, frame.columns))
    colours = provider_colours(names)
    days = pd.DatetimeIndex(shown.index)
    traces: list[dict[str, Any]] = [
        {
            "type": "scatter", "x": days.strftime("%Y-%m-%d").tolist(), "y": numbers(shown[column], 4),
            "name": str(column), "mode": "lines", "line": {"color": colours[str(column)], "width": 1.8},
            "hovertemplate": "%{y:.3f}",
        }
        for column in shown.columns
    ]  # fmt: skip
    values = frame.to_numpy(dtype=float)
    share = {"range": [0, 1]} if bool(((values >= 0) & (values <= 1) | pd.isna(values)).all()) else {}
    bands = recession_shapes(days[0], days[-1]) if exhibit.recessions and len(days) else []
    grey = "Grey: recessions of the United States, dated afterwards by the National Bureau of Economic Research."
    note = " ".join(filter(None, [exhibit.note and sentence(exhibit.note), grey if bands else ""]))
    title = {"title": {"text": exhibit.text}} if exhibit.text else {}
    figure = styled(traces, 300, shapes=bands, yaxis={**share, **title}, legend={"y": -0.16})
    return Figure(exhibit.title, figure, note, 300)


def bars_figure(exhibit: Exhibit, frame: pd.DataFrame) -> Figure:
    """A horizontal bar for each row, with a whisker from low to high where they are known."""
    value = frame["value"]
    bars: dict[str, Any] = {
        "type": "bar", "orientation": "h", "x": numbers(value, 6), "y": [_label(name) for name in frame.index],
        "marker": {"color": [LONG if one >= 0.0 else SHORT for one in value.tolist()]},
        "hovertemplate": "%{y}: %{x:.3g}<extra></extra>",
    }  # fmt: skip
    reach = value.to_numpy(dtype=float)
    if {"low", "high"} <= set(frame):
        bars["error_x"] = {
            "type": "data", "symmetric": False, "array": numbers(frame["high"] - value, 6),
            "arrayminus": numbers(value - frame["low"], 6), "color": QUIET, "thickness": 1.2, "width": 3,
        }  # fmt: skip
        reach = np.concatenate([reach, frame[["low", "high"]].to_numpy(dtype=float).ravel()])
    low, high = padded(np.append(reach, 0.0))
    height = 64 + _BAR * len(frame)
    figure = styled(
        [bars],
        height,
        hovermode="closest",
        showlegend=False,
        bargap=0.35,
        xaxis={
            "title": {"text": exhibit.text, "standoff": 6},
            "range": [min(low, 0.0) if reach.min() < 0.0 else 0.0, high if reach.max() > 0.0 else 0.0],
            "zeroline": True,
        },
        yaxis={"type": "category", "autorange": "reversed", "showgrid": False, "zeroline": False},
    )
    return Figure(exhibit.title, figure, sentence(exhibit.note) if exhibit.note else "", height)


def heatmap_figure(exhibit: Exhibit, frame: pd.DataFrame) -> Figure:
    """A cell for each number: deeper is larger, blue above zero and orange below; a star on those that stand out."""
    values = frame.to_numpy(dtype=float)
    largest = float(np.nanmax(np.abs(values))) if np.isfinite(values).any() else 1.0
    signed, digits = bool((values < 0.0).any()), 1 if largest >= 10.0 else 2
    marked = np.zeros(values.shape, bool) if exhibit.marked is None else exhibit.marked.to_numpy(dtype=bool)
    cells = {
        "type": "heatmap", "x": [_in_lines(_label(name)) for name in frame.columns],
        "y": [_label(name) for name in frame.index], "z": [numbers(pd.Series(row), 4) for row in values],
        "zmin": -largest if signed else 0.0, "zmax": largest, "showscale": False, "xgap": 2, "ygap": 2,
        "colorscale": [[0, SHORT], [0.5, FLAT], [1, LONG]] if signed else [[0, FLAT], [1, LONG]],
        "text": [
            [_written(value, digits) + "*" * bool(star) for value, star in zip(row, stars, strict=True)]
            for row, stars in zip(values, marked, strict=True)
        ],
        "texttemplate": "%{text}", "textfont": {"size": 11}, "hoverongaps": False,
        "hovertemplate": "%{y}, %{x}: %{z:.3g}<extra></extra>",
    }  # fmt: skip
    height = 90 + _CELL * len(frame)
    figure = styled(
        [cells],
        height,
        hovermode="closest",
        xaxis={"type": "category", "showgrid": False, "side": "top", "ticks": ""},
        yaxis={"type": "category", "autorange": "reversed", "showgrid": False, "zeroline": False},
        margin={"t": 48, "b": 12},
    )
    return Figure(exhibit.title, figure, sentence(exhibit.note) if exhibit.note else "", height)


def _label(name: object) -> str:
    """Names of series and factors as they are, words with a capital."""
    words = str(name)
    return words if len(words) <= 4 else name_of(words)


def _written(value: float, digits: int) -> str:
    return f"{value:.{digits}f}".replace("-", "−") if np.isfinite(value) else ""


def _in_lines(words: str) -> str:
    """One word under the other, so that columns are narrow."""
    return words.replace(" ", "<br>")

"""The look that all figures share, and the labels at the ends of their lines."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd

from macrotrade._typing import FloatArray
from macrotrade.report.colours import GRID, TEXT

__all__ = ["DIRECT", "days", "end_labels", "label_room", "log_ticks", "numbers", "padded", "styled", "thinned"]

DIRECT = "direct"
"""Name of an annotation that stands for the legend; a narrow page shows the legend in its place."""

_LABEL_HEIGHT = 15.0

_X_AXIS: dict[str, Any] = {
    "gridcolor": GRID, "linecolor": GRID, "ticks": "outside", "tickcolor": GRID, "zeroline": False, "automargin": True,
}  # fmt: skip
_Y_AXIS: dict[str, Any] = {
    "gridcolor": GRID, "linecolor": GRID, "zeroline": True, "zerolinecolor": GRID, "automargin": True,
}  # fmt: skip

_TICK_STEPS: tuple[tuple[float, ...], ...] = (
    (1.0,),
    (1.0, 2.0, 5.0),
    (1.0, 1.5, 2.0, 3.0, 5.0, 7.0),
    (1.0, 1.2, 1.4, 1.6, 1.8, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0),
)
"""Round values of a decade, coarse to fine."""


def styled(traces: list[dict[str, Any]], height: int, *, labels_width: int = 0, **layout: Any) -> dict[str, Any]:
    """A plotly figure, as its plain dictionary, with the page's type, grid and margins.

    Parameters
    ----------
    traces
        In plotly's own terms.
    height
        Pixels.
    labels_width
        Pixels kept free at the right for labels, which then stand in for the legend.
    layout
        Entries of the layout, added to the page's own; axes are ``xaxis``, ``yaxis``, ``yaxis2``.
    """
    ours: dict[str, Any] = {
        "height": height,
        "font": {"family": "system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif", "size": 12, "color": TEXT},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "margin": {"l": 52, "r": labels_width or 12, "t": 12, "b": 34},
        "hovermode": "x unified",
        "hoverlabel": {"font": {"size": 12, "color": TEXT}, "bgcolor": "#ffffff", "bordercolor": GRID},
        "showlegend": not labels_width,
        "legend": {"orientation": "h", "x": 0, "xanchor": "left", "y": -0.12, "yanchor": "top", "font": {"size": 12}},
    }
    axes = {name: _X_AXIS if name[0] == "x" else _Y_AXIS for name in {"xaxis", "yaxis", *layout} if "axis" in name}
    for name in sorted({*axes, *layout}):
        entries = layout.get(name, {})
        own = axes.get(name, ours.get(name, {}))
        ours[name] = {**own, **entries} if isinstance(entries, dict) else entries
    return {"data": traces, "layout": ours}


def numbers(values: pd.Series, digits: int) -> list[float | None]:
    """Values rounded for drawing, with None where there is none."""
    return [None if math.isnan(value) else round(value, digits) for value in values.astype(float).tolist()]


def days(index: pd.Index) -> list[str]:
    """Dates as plotly takes them."""
    return list(pd.DatetimeIndex(index).strftime("%Y-%m-%d"))


def end_labels(
    ends: list[tuple[str, float, str]], low: float, high: float, pixels: float, *, axis: str = "y"
) -> list[dict[str, Any]]:
    """Annotations that name each line at the right edge, moved apart where they would overlap.

    Parameters
    ----------
    ends
        (label, height on the axis, colour) of each line; on a log axis the height is log10 of the value. A line whose
        last value is missing has no end to name.
    low, high
        Ends of the axis.
    pixels
        Height of the axis on the page.
    axis
        Plotly's name of the axis.
    """
    order = sorted((i for i, (_, height, _) in enumerate(ends) if np.isfinite(height)), key=lambda i: ends[i][1])
    placed = _apart([(ends[i][1] - low) / (high - low) * pixels for i in order], _LABEL_HEIGHT, pixels)
    return [
        {
            "name": DIRECT, "text": ends[i][0], "font": {"color": ends[i][2], "size": 12}, "showarrow": False,
            "x": 1.0, "xref": "paper", "xanchor": "left", "xshift": 6,
            "y": low + height / pixels * (high - low), "yref": axis, "yanchor": "middle",
        }
        for i, height in zip(order, placed, strict=True)
    ]  # fmt: skip


def label_room(labels: list[str]) -> int:
    """Pixels that the longest of the labels needs at the right of a figure."""
    return 18 + round(6.9 * max((len(label) for label in labels), default=0))


def padded(values: FloatArray, share: float = 0.06) -> tuple[float, float]:
    """Ends of an axis that holds the values with some room; 0 and 1 where there are none.

    >>> padded(np.array([0.0, 1.0, np.nan]), 0.1)
    (-0.1, 1.1)
    """
    known = values[np.isfinite(values)]
    low, high = (float(known.min()), float(known.max())) if known.size else (0.0, 1.0)
    margin = share * (high - low) or 0.05
    return low - margin, high + margin


def log_ticks(low: float, high: float) -> list[float]:
    """Round values from `low` to `high` for a log axis, three to eight of them.

    >>> log_ticks(0.6, 12.0)
    [1.0, 2.0, 5.0, 10.0]
    >>> log_ticks(0.9, 1.3)
    [0.9, 1.0, 1.1, 1.2, 1.3]
    """
    decades = range(int(np.floor(np.log10(low))), int(np.ceil(np.log10(high))) + 1)
    for step in _TICK_STEPS:
        ticks = [round(s * 10.0**d, 9) for d in decades for s in step if low <= s * 10.0**d <= high]
        if len(ticks) >= 4:
            return ticks
    ticks = [float(tick) for tick in np.round(np.arange(np.ceil(low * 10) / 10, high + 1e-9, 0.1), 1)]
    return ticks if 2 <= len(ticks) <= 8 else [round(float(t), 3) for t in np.linspace(low, high, 5)]


def thinned(frame: pd.DataFrame, how: str = "last") -> pd.DataFrame:
    """The frame by session, week or month, whichever keeps it under about 400 rows, on the last day of each.

    `how` is ``last``, or ``min`` so that a drawdown keeps its depth.
    """
    span = (frame.index[-1] - frame.index[0]).days / 365.25
    if len(frame) <= 500 or span < 1.5:
        return frame
    days = pd.DatetimeIndex(frame.index)
    buckets = days.to_period("W-FRI" if span <= 8 else "M")
    thin = frame.groupby(buckets).agg(how)
    last_day = pd.Series(days, index=days).groupby(buckets).last()
    return thin.set_index(pd.DatetimeIndex(last_day.to_numpy()))


def _apart(wanted: list[float], gap: float, room: float) -> list[float]:
    """Heights in rising order, at least `gap` apart, as near as can be to `wanted`, inside [0, room] where they fit."""
    clusters: list[list[float]] = []
    for height in wanted:
        clusters.append([height])
        while len(clusters) > 1 and _lowest(clusters[-1], gap) < _highest(clusters[-2], gap) + gap:
            clusters[-2:] = [clusters[-2] + clusters[-1]]
    placed = [_lowest(cluster, gap) + gap * i for cluster in clusters for i in range(len(cluster))]
    return _inside(placed, gap, room)


def _inside(placed: list[float], gap: float, room: float) -> list[float]:
    ceiling = room
    for i in reversed(range(len(placed))):
        placed[i] = min(placed[i], ceiling)
        ceiling = placed[i] - gap
    floor = 0.0
    for i in range(len(placed)):
        placed[i] = max(placed[i], floor)
        floor = placed[i] + gap
    return placed


def _lowest(cluster: list[float], gap: float) -> float:
    return sum(cluster) / len(cluster) - gap * (len(cluster) - 1) / 2


def _highest(cluster: list[float], gap: float) -> float:
    return _lowest(cluster, gap) + gap * (len(cluster) - 1)

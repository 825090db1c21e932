"""Figures of a study over all its series: gains, error growth, direction, weights."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from macrotrade.report.colours import QUIET, provider_colours, provider_line, tint
from macrotrade.report.layout import end_labels, label_room, numbers, padded, styled
from macrotrade.report.parts import Figure
from macrotrade.report.study_judgement import StudyJudgement
from macrotrade.report.words import name_of, span

__all__ = [
    "direction_figure",
    "gain_figure",
    "growth_figure",
    "weight_histogram",
    "weights_through_time",
]

_HEIGHT = 340
_BINS = np.linspace(0.0, 1.0, 41)


def gain_figure(judgement: StudyJudgement, base: str, window: str = "all") -> Figure:
    """D over one base by horizon in one window, a line for each other provider."""
    rows = judgement.gains_over(base, window)
    return Figure(
        f"D over {name_of(base)} by horizon{span(window)}",
        _by_horizon(rows, judgement, f"D over {name_of(base)}", zero=True),
        f"{name_of(base)} is the line at zero; above it a provider is, on the average of the series, more accurate.",
        _HEIGHT,
    )


def growth_figure(judgement: StudyJudgement) -> Figure:
    """Normalised RMSE by horizon."""
    return Figure(
        "Normalised RMSE by horizon",
        _by_horizon(judgement.growth, judgement, "RMSE, first horizon = 1"),
        "A steep line is a forecaster whose errors pile up with the horizon.",
        _HEIGHT,
    )


def direction_figure(judgement: StudyJudgement) -> Figure:
    """Share of right directions by horizon, over the base rate."""
    shares = (100.0 * judgement.direction).pivot_table(index="provider", columns="horizon", values="right")
    base = (100.0 * judgement.direction["majority"]).groupby(level="horizon").mean()
    figure = _by_horizon(shares.reindex([n for n in judgement.providers if n in shares.index]), judgement, "Right, %")
    figure["data"].insert(
        0,
        {
            "type": "scatter", "x": base.index.tolist(), "y": numbers(base, 2), "name": "Base rate",
            "mode": "lines", "line": {"color": QUIET, "width": 1.6, "dash": "dot"}, "hovertemplate": "%{y:.1f}%",
        },
    )  # fmt: skip
    drawn = np.concatenate([shares.to_numpy().ravel(), base.to_numpy()])
    low, high = padded(drawn)
    figure["layout"]["yaxis"]["range"] = [low, high]
    colours = provider_colours(judgement.providers)
    labels = [(name_of(str(n)), float(shares.loc[n].iloc[-1]), colours[str(n)]) for n in shares.index]
    labels.append(("Base rate", float(base.iloc[-1]), QUIET))
    figure["layout"]["annotations"] = end_labels(labels, low, high, _HEIGHT - 66)
    return Figure(
        "Right directions by horizon",
        figure,
        "Share of one-period changes whose direction was called. The dotted line is what always calling each series' "
        "commoner direction would have had.",
        _HEIGHT,
    )


def weight_histogram(weights: pd.DataFrame, provider: str) -> Figure:
    """How members' weights are distributed over series and origins, at the first horizon."""
    rows = weights[(weights["provider"] == provider) & (weights["horizon"] == weights["horizon"].min())]
    members = [str(name) for name in rows["member"].unique()]
    colours = provider_colours(tuple(members))
    middle = (0.5 * (_BINS[1:] + _BINS[:-1])).round(4).tolist()
    traces = []
    for member in members:
        counts, _ = np.histogram(rows.loc[rows["member"] == member, "weight"], _BINS)
        traces.append(
            {
                "type": "scatter", "x": middle, "y": (100.0 * counts / max(counts.sum(), 1)).round(3).tolist(),
                "name": member, "mode": "lines", "fill": "tozeroy", "fillcolor": tint(colours[member], 0.18),
                "line": {"color": colours[member], "width": 1.8, "shape": "hvh"}, "hovertemplate": "%{y:.1f}%",
            }
        )  # fmt: skip
    figure = styled(
        traces,
        _HEIGHT,
        xaxis={"title": {"text": "Weight", "standoff": 6}, "range": [0, 1]},
        yaxis={"title": {"text": "Share of cases, %"}, "rangemode": "tozero"},
        legend={"y": -0.2},
    )
    return Figure(
        f"Distribution of weights, {name_of(provider)}",
        figure,
        f"Over {rows['series'].nunique():,d} series and {rows['as_of'].nunique():,d} origins, "
        f"{int(rows['horizon'].min())} ahead, in steps of {_BINS[1]:g}.",
        _HEIGHT,
    )


def weights_through_time(weights: pd.DataFrame, provider: str) -> Figure | None:
    """Mean weight of each member at each origin; None for a single origin."""
    rows = weights[(weights["provider"] == provider) & (weights["horizon"] == weights["horizon"].min())]
    mean = rows.pivot_table(index="as_of", columns="member", values="weight", sort=False).sort_index()
    if len(mean) < 2:
        return None
    members = [str(name) for name in mean]
    colours = provider_colours(tuple(members))
    at = pd.DatetimeIndex(mean.index).strftime("%Y-%m-%d").tolist()
    traces = [
        {
            "type": "scatter", "x": at, "y": numbers(mean[member], 4), "name": member, "mode": "lines",
            "line": {"color": colours[member], "width": 1.9}, "hovertemplate": "%{y:.3f}",
        }
        for member in members
    ]  # fmt: skip
    figure = styled(traces, 300, yaxis={"title": {"text": "Mean weight"}, "range": [0, 1]}, legend={"y": -0.16})
    return Figure(f"Weights through time, {name_of(provider)}", figure, "Mean over the series at each origin.", 300)


def _by_horizon(rows: pd.DataFrame, judgement: StudyJudgement, title: str, *, zero: bool = False) -> dict[str, Any]:
    """A line for each provider in `rows`, providers x horizons, named at its end; the axis holds zero if asked."""
    colours = provider_colours(judgement.providers)
    names = [name for name in judgement.providers if name in rows.index]
    horizons = [int(horizon) for horizon in rows.columns]
    traces = [
        {
            "type": "scatter", "x": horizons, "y": numbers(pd.Series(rows.loc[name]), 4), "name": name_of(name),
            "mode": "lines+markers", "line": provider_line(judgement.providers, name),
            "marker": {"size": 5, "color": colours[name]}, "hovertemplate": "%{y:.2f}",
        }
        for name in names
    ]  # fmt: skip
    low, high = padded(np.append(rows.to_numpy(dtype=np.float64).ravel(), [0.0] if zero else []))
    last = rows[rows.columns[-1]]
    ends = [(name_of(name), float(last[name]), colours[name]) for name in names if np.isfinite(last[name])]
    return styled(
        traces,
        _HEIGHT,
        labels_width=label_room([label for label, _, _ in [*ends, ("Base rate", 0.0, "")]]),
        annotations=end_labels(ends, low, high, _HEIGHT - 66),
        xaxis={"title": {"text": "Periods ahead", "standoff": 6}, "tickvals": horizons},
        yaxis={"title": {"text": title}, "range": [low, high], "zerolinecolor": QUIET},
    )

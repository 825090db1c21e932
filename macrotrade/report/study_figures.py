"""Figures of a study: gains, error growth, direction, weights, the fluctuation test, forecasts against outcomes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from macrotrade.report.colours import BENCHMARK, QUIET, provider_colours, tint
from macrotrade.report.forecast_figures import UNITS
from macrotrade.report.layout import end_labels, label_room, numbers, styled
from macrotrade.report.parts import Figure
from macrotrade.report.study_judgement import StudyJudgement
from macrotrade.report.words import name_of

__all__ = [
    "direction_figure",
    "fluctuation_figure",
    "gain_figure",
    "growth_figure",
    "outcome_figure",
    "weight_histogram",
    "weights_through_time",
]

_HEIGHT = 340
_BINS = np.linspace(0.0, 1.0, 41)


def gain_figure(judgement: StudyJudgement, base: str) -> Figure:
    """D over one base by horizon, a line for each other provider."""
    rows = judgement.gains_over(base)
    return Figure(
        f"D over {name_of(base)} by horizon",
        _by_horizon(rows, judgement, f"D over {name_of(base)}"),
        "Above the zero line the provider is, on the average of the series, more accurate than the base.",
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
    low, high = _padded(drawn)
    figure["layout"]["yaxis"]["range"] = [low, high]
    labels = [
        (name_of(str(n)), float(shares.loc[n].iloc[-1]), judgement_colours(judgement)[str(n)]) for n in shares.index
    ]
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


def fluctuation_figure(judgement: StudyJudgement, series: str, horizon: int, window: str) -> Figure | None:
    """Fluctuation test against the base: rolling standardised loss differences and the critical value."""
    rows = judgement.paths
    if rows.empty or judgement.race is None:
        return None
    rows = rows[(rows["series"] == series) & (rows["horizon"] == horizon) & (rows["window"] == window)]
    if rows.empty:
        return None
    colours, base = judgement_colours(judgement), name_of(judgement.race.base)
    traces = [
        {
            "type": "scatter", "x": part["centre"].astype(str).tolist(), "y": numbers(part["statistic"], 3),
            "name": name_of(str(provider)), "mode": "lines", "hovertemplate": "%{y:.2f}",
            "line": {"color": colours[str(provider)], "width": 1.9},
        }
        for provider, part in rows.groupby("provider", sort=False)
    ]  # fmt: skip
    line = float(rows["critical_value"].iloc[0])
    shapes = [
        {
            "type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": line, "y1": line,
            "line": {"color": QUIET, "width": 1.2, "dash": "dot"},
        }
    ]  # fmt: skip
    low, high = _padded(np.append(rows["statistic"].to_numpy(dtype=np.float64), [0.0, line]))
    figure = styled(
        traces, 320, shapes=shapes, yaxis={"title": {"text": "Fluctuation statistic"}, "range": [low, high]}
    )
    return Figure(
        f"Fluctuation test against {base}, {series}, {horizon} ahead{_span(window)}",
        figure,
        f"Squared errors of {base} less those of each provider, averaged over a rolling window (Giacomini and Rossi, "
        f"2010), at its middle. Above the dotted line, {line:.2f}, the provider was better at that time, at 5%.",
        320,
    )


def outcome_figure(forecasts: pd.DataFrame, judgement: StudyJudgement, series: str, horizon: int) -> Figure:
    """Every provider's forecasts of one series and horizon over what happened, by the period forecast."""
    rows = forecasts[(forecasts["series"] == series) & (forecasts["horizon"] == horizon)].sort_values("period")
    measure = str(rows["measure"].iloc[0])
    factor = 100.0 if measure.endswith("log_change") else 1.0
    colours = judgement_colours(judgement)
    came = rows.groupby("period")["outcome"].first()
    common: dict[str, Any] = {"type": "scatter", "hovertemplate": "%{y:.3g}"}
    traces = [
        {
            **common, "x": came.index.tolist(), "y": numbers(factor * came, 5), "name": "Outcome",
            "mode": "lines+markers", "line": {"color": BENCHMARK, "width": 1.4},
            "marker": {"size": 4, "color": BENCHMARK},
        },
        *(
            {
                **common, "x": part["period"].tolist(), "y": numbers(factor * part["point"], 5),
                "name": name_of(str(provider)), "mode": "lines",
                "line": {"color": colours[str(provider)], "width": 1.7},
            }
            for provider, part in rows.groupby("provider", sort=False)
        ),
    ]  # fmt: skip
    figure = styled(traces, 360, yaxis={"title": {"text": f"{series}, {UNITS.get(measure, measure)}"}})
    since = "" if measure == "level" or measure.startswith("one_period") else " Changes count from the origin."
    return Figure(
        f"Forecasts against outcomes, {series}, {horizon} ahead", figure, f"By the period forecast.{since}", 360
    )


def judgement_colours(judgement: StudyJudgement) -> dict[str, str]:
    """Colour of each provider throughout the page."""
    return provider_colours(judgement.providers)


def _by_horizon(rows: pd.DataFrame, judgement: StudyJudgement, title: str) -> dict[str, Any]:
    """A line for each provider in `rows`, providers x horizons, named at its end."""
    colours = judgement_colours(judgement)
    names = [name for name in judgement.providers if name in rows.index]
    horizons = [int(horizon) for horizon in rows.columns]
    traces = [
        {
            "type": "scatter", "x": horizons, "y": numbers(pd.Series(rows.loc[name]), 4), "name": name_of(name),
            "mode": "lines+markers", "line": {"color": colours[name], "width": 1.9},
            "marker": {"size": 5, "color": colours[name]}, "hovertemplate": "%{y:.2f}",
        }
        for name in names
    ]  # fmt: skip
    low, high = _padded(rows.to_numpy(dtype=np.float64).ravel())
    ends = [(name_of(name), float(rows[rows.columns[-1]][name]), colours[name]) for name in names]
    return styled(
        traces,
        _HEIGHT,
        labels_width=label_room([label for label, _, _ in [*ends, ("Base rate", 0.0, "")]]),
        annotations=end_labels(ends, low, high, _HEIGHT - 66),
        xaxis={"title": {"text": "Periods ahead", "standoff": 6}, "tickvals": horizons},
        yaxis={"title": {"text": title}, "range": [low, high]},
    )


def _padded(values: np.ndarray, share: float = 0.06) -> tuple[float, float]:
    known = values[np.isfinite(values)]
    low, high = (float(known.min()), float(known.max())) if known.size else (0.0, 1.0)
    margin = share * (high - low) or 0.05
    return low - margin, high + margin


def _span(window: str) -> str:
    return "" if window == "all" else f", {window}"

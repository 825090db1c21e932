"""Figures of what was earned: growth and drawdown, positions through time, result against cost."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from macrotrade.report.cast import BASELINE, BUY_AND_HOLD, Cast, columns_of
from macrotrade.report.colours import FLAT, LONG, QUIET, SHORT, tint
from macrotrade.report.layout import days, end_labels, label_room, log_ticks, numbers, styled, thinned
from macrotrade.report.parts import Figure
from macrotrade.report.words import name_of, rule_of
from macrotrade.strategy.result import Backtest

__all__ = ["cost_figure", "growth_figure", "positions_figure"]

_DASHES = ("dot", "dash", "dashdot", "longdash")
_HEIGHT = 520
_GROWTH_SHARE = 0.63
_RUIN = 1e-3  # lowest growth that a log axis shows


def growth_figure(backtest: Backtest, cast: Cast, rule: str, instrument: str) -> Figure:
    """Growth of 1 on a log axis over the drawdown from the highest value so far, providers beside benchmarks."""
    wealth = (1.0 + _returns(backtest, cast, rule, instrument)).cumprod()
    peak = wealth.cummax().clip(lower=1.0)
    growth, drawdown = _from_one(thinned(wealth)), thinned(wealth / peak - 1.0, "min")
    flips = _coin_flip_band(backtest, instrument)
    names = [str(name) for name in growth]
    fallen = [name for name in names if name in (*cast.providers, BUY_AND_HOLD)]
    traces = [
        *_band_traces(flips),
        *(_growth_trace(growth, cast, name, rank) for rank, name in reversed(list(enumerate(names)))),
        *(_drawdown_trace(drawdown, cast, name) for name in reversed(fallen)),
    ]
    drawn = np.concatenate([growth.to_numpy().ravel(), flips.to_numpy().ravel()])
    low, high = _padded(np.log10(max(np.nanmin(drawn), _RUIN)), np.log10(np.nanmax(drawn)))
    ends = [(name_of(n), float(np.log10(max(growth[n].iloc[-1], _RUIN))), cast.colours[n]) for n in names]
    ticks = log_ticks(10**low, 10**high)
    figure = styled(
        traces,
        _HEIGHT,
        labels_width=label_room([label for label, _, _ in ends]),
        annotations=end_labels(ends, low, high, (_HEIGHT - 46) * _GROWTH_SHARE),
        xaxis={"anchor": "y2"},
        yaxis={
            "title": {"text": "Growth of 1 (log)"}, "type": "log", "range": [low, high], "zeroline": False,
            "domain": [1.0 - _GROWTH_SHARE, 1.0], "tickvals": ticks, "ticktext": [f"{tick:g}" for tick in ticks],
        },
        yaxis2={"title": {"text": "Drawdown, %"}, "domain": [0.0, 0.95 - _GROWTH_SHARE]},
        hoversubplots="single",
        legend={"y": -0.08},
    )  # fmt: skip
    band = "" if flips.empty else " The band holds eight in ten of the coin-flip traders."
    return Figure(
        f"Growth of 1 and drawdown, {instrument}, {rule_of(rule)}",
        figure,
        "Net of costs, returns compounded, from the first session held. Buy and hold and the other benchmarks are "
        f"grey.{band}",
        _HEIGHT,
    )


def positions_figure(backtest: Backtest, cast: Cast, rule: str, instrument: str) -> Figure:
    """Position of every provider, and of the benchmarks that change theirs, at each decision."""
    rows = [(p, rule) for p in cast.providers] + [(b, BASELINE) for b in cast.benchmarks]
    held = {n: backtest.positions[n, by, instrument] for n, by in rows if (n, by, instrument) in backtest.positions}
    held = {n: h for n, h in reversed(held.items()) if n in cast.providers or h.min() < h.max()}
    cells = {
        "type": "heatmap", "x": days(backtest.positions.index), "y": [name_of(name) for name in held],
        "z": [numbers(values, 3) for values in held.values()], "zmin": -1, "zmax": 1, "showscale": False, "ygap": 4,
        "colorscale": [[0, SHORT], [0.5, FLAT], [1, LONG]], "hoverongaps": False,
        "hovertemplate": "%{y}, %{x|%d %b %Y}: %{z:+.2f}<extra></extra>",
    }  # fmt: skip
    keys = [
        {
            "type": "scatter", "x": [None], "y": [None], "mode": "markers", "name": words,
            "marker": {"color": colour, "symbol": "square", "size": 11},
        }
        for words, colour in (("long", LONG), ("flat", FLAT), ("short", SHORT))
    ]  # fmt: skip
    height = 90 + 30 * max(2, len(held))
    figure = styled(
        [cells, *keys],
        height,
        hovermode="closest",
        margin={"l": 110},
        legend={"y": -30 / (height - 46)},
        xaxis={"showgrid": False},
        yaxis={"showgrid": False, "zeroline": False, "range": [-0.5, len(held) - 0.5]},
    )
    return Figure(
        f"Positions through time, {instrument}, {rule_of(rule)}",
        figure,
        "Target position decided at each origin; it is carried from the next session until the next decision.",
        height,
    )


def cost_figure(curve: pd.DataFrame, cast: Cast, rule: str, instrument: str) -> Figure:
    """Annualised return against the multiple of the stated cost; `curve` is multiples x (provider or benchmark)."""
    names, multiples = [str(name) for name in curve], curve.index.tolist()
    traces = [
        {
            "type": "scatter", "x": multiples, "y": numbers(100 * curve[name], 3), "name": name_of(name),
            "line": _line(cast, name), "mode": "lines+markers", "marker": {"size": 5, "color": cast.colours[name]},
            "hovertemplate": "%{y:.2f}%",
        }
        for name in reversed(names)
    ]  # fmt: skip
    values = 100 * curve.to_numpy()
    low, high = _padded(np.nanmin(values), np.nanmax(values))
    height, labels = 340, [(name_of(n), float(100 * curve[n].iloc[-1]), cast.colours[n]) for n in names]
    figure = styled(
        traces,
        height,
        labels_width=label_room([label for label, _, _ in labels]),
        annotations=end_labels(labels, low, high, height - 66),
        xaxis={
            "title": {"text": "Costs, as a multiple of those stated", "standoff": 6}, "tickvals": multiples,
            "ticktext": [f"{multiple:g}×" for multiple in multiples],
        },
        yaxis={"title": {"text": "Annualised return, %"}, "range": [low, high]},
    )  # fmt: skip
    return Figure(
        f"Result against cost, {instrument}, {rule_of(rule)}",
        figure,
        "0 is trading for nothing, 1 the costs stated on this page.",
        height,
    )


def _returns(backtest: Backtest, cast: Cast, rule: str, instrument: str) -> pd.DataFrame:
    """Returns of the providers under one rule, of buy and hold and of the benchmarks; missing sessions earn nothing."""
    chosen = [(p, rule) for p in cast.providers] + [(b, BASELINE) for b in (BUY_AND_HOLD, *cast.benchmarks)]
    found = {n: backtest.returns[n, by, instrument] for n, by in chosen if (n, by, instrument) in backtest.returns}
    frame = pd.DataFrame(found).dropna(axis="columns", how="all").fillna(0.0)
    return frame.loc[first_exposed(backtest, instrument) :]


def first_exposed(backtest: Backtest, instrument: str) -> pd.Timestamp:
    """First session through which anything was held."""
    held = columns_of(backtest.exposure, instrument).fillna(0.0).to_numpy().any(axis=1)
    return pd.DatetimeIndex(backtest.exposure.index)[int(held.argmax())]


def _coin_flip_band(backtest: Backtest, instrument: str) -> pd.DataFrame:
    """10 and 90 per cent quantiles of the wealth of the coin-flip traders; empty where there are none."""
    if backtest.coin_flips.empty:
        return pd.DataFrame()
    flips = columns_of(backtest.coin_flips, instrument).loc[first_exposed(backtest, instrument) :]
    wealth = thinned((1.0 + flips.fillna(0.0)).cumprod())
    low, high = np.quantile(wealth.to_numpy(), [0.1, 0.9], axis=1)
    return pd.DataFrame({"low": low, "high": high}, wealth.index)


def _band_traces(band: pd.DataFrame) -> list[dict[str, Any]]:
    if band.empty:
        return []
    edge = {
        "type": "scatter", "x": days(band.index), "mode": "lines", "line": {"width": 0, "color": QUIET},
        "hoverinfo": "skip",
    }  # fmt: skip
    return [
        {**edge, "y": numbers(band["low"], 4), "showlegend": False},
        {
            **edge, "y": numbers(band["high"], 4), "fill": "tonexty", "fillcolor": tint(QUIET, 0.16),
            "name": "Coin flips, 80%", "legendrank": 2000,
        },
    ]  # fmt: skip


def _growth_trace(growth: pd.DataFrame, cast: Cast, name: str, rank: int) -> dict[str, Any]:
    return {
        "type": "scatter", "x": days(growth.index), "y": numbers(growth[name], 4), "name": name_of(name),
        "line": _line(cast, name), "mode": "lines", "legendgroup": name, "legendrank": rank,
        "hovertemplate": "%{y:.2f}",
    }  # fmt: skip


def _drawdown_trace(drawdown: pd.DataFrame, cast: Cast, name: str) -> dict[str, Any]:
    return {
        "type": "scatter", "x": days(drawdown.index), "y": numbers(100 * drawdown[name], 2), "name": name_of(name),
        "line": {**_line(cast, name), "width": 1.4}, "mode": "lines", "legendgroup": name, "showlegend": False,
        "yaxis": "y2", "hovertemplate": "%{y:.1f}%",
    }  # fmt: skip


def _from_one(growth: pd.DataFrame) -> pd.DataFrame:
    start = pd.DataFrame(1.0, [growth.index[0] - pd.Timedelta(days=1)], growth.columns)
    return pd.concat([start, growth])


def _line(cast: Cast, name: str) -> dict[str, object]:
    if name in cast.benchmarks:
        return {"color": cast.colours[name], "width": 1.2, "dash": _DASHES[cast.benchmarks.index(name) % len(_DASHES)]}
    return {"color": cast.colours[name], "width": 2.2 if name == BUY_AND_HOLD else 1.9}


def _padded(low: float, high: float, share: float = 0.05) -> tuple[float, float]:
    margin = share * (high - low) or 0.05
    return float(low - margin), float(high + margin)

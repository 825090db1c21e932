"""Figures of what was earned: growth and drawdown, positions through time, result against cost."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from macrotrade.report.cast import BASELINE, BUY_AND_HOLD, Cast, columns_of
from macrotrade.report.colours import FLAT, LONG, QUIET, SHORT, tint
from macrotrade.report.layout import end_labels, label_room, log_ticks, styled, thinned
from macrotrade.report.parts import Figure
from macrotrade.report.words import name_of, rule_of
from macrotrade.strategy.result import Backtest

__all__ = ["cost_figure", "growth_figure", "positions_figure"]

_DASHES = ("dot", "dash", "dashdot", "longdash")
_HEIGHT = 520
_GROWTH_SHARE = 0.66


def growth_figure(backtest: Backtest, cast: Cast, rule: str, instrument: str) -> Figure:
    """Growth of 1 on a log axis over the drawdown from the highest value so far, providers beside benchmarks."""
    wealth = (1.0 + _returns(backtest, cast, rule, instrument)).cumprod()
    peak = wealth.cummax().clip(lower=1.0)
    growth, drawdown = _from_one(thinned(wealth)), thinned(wealth / peak - 1.0, "min")
    flips = _coin_flip_band(backtest, instrument)
    figure = make_subplots(
        rows=2, shared_xaxes=True, vertical_spacing=0.05, row_heights=[_GROWTH_SHARE, 1 - _GROWTH_SHARE]
    )
    if flips is not None:
        _draw_band(figure, flips)
    for name in reversed(growth.columns):
        line = _line(cast, name)
        figure.add_scatter(
            x=_days(growth), y=growth[name].round(4).tolist(), name=name_of(name), line=line, mode="lines",
            legendgroup=name, legendrank=list(growth).index(name), hovertemplate="%{y:.2f}", row=1, col=1,
        )  # fmt: skip
        if name in (*cast.providers, BUY_AND_HOLD):
            figure.add_scatter(
                x=_days(drawdown), y=(100 * drawdown[name]).round(2).tolist(), name=name_of(name),
                line={**line, "width": 1.4}, mode="lines", legendgroup=name, showlegend=False,
                hovertemplate="%{y:.1f}%", row=2, col=1,
            )  # fmt: skip
    return _growth_layout(figure, growth, cast, rule, instrument, flips_drawn=flips is not None)


def positions_figure(backtest: Backtest, cast: Cast, rule: str, instrument: str) -> Figure:
    """Position of every provider, and of the benchmarks that change theirs, at each decision."""
    rows = [(p, rule) for p in cast.providers] + [(b, BASELINE) for b in cast.benchmarks]
    held = pd.DataFrame(
        {
            name: backtest.positions[name, by, instrument]
            for name, by in rows
            if (name, by, instrument) in backtest.positions
        }
    )
    held = held.loc[:, [name for name in held if name in cast.providers or held[name].min() < held[name].max()]].iloc[
        :, ::-1
    ]
    names = [name_of(str(name)) for name in held]
    figure = go.Figure(
        go.Heatmap(
            x=_days(held), y=names, z=[held[name].round(3).where(held[name].notna(), None).tolist() for name in held],
            zmin=-1, zmax=1, colorscale=[[0, SHORT], [0.5, FLAT], [1, LONG]], showscale=False, ygap=4,
            hovertemplate="%{y}, %{x|%d %b %Y}: %{z:+.2f}<extra></extra>",
        )
    )  # fmt: skip
    for words, colour in (("long", LONG), ("flat", FLAT), ("short", SHORT)):
        figure.add_scatter(
            x=[None], y=[None], mode="markers", name=words, marker={"color": colour, "symbol": "square", "size": 11}
        )
    height = 90 + 30 * max(2, len(names))
    styled(figure, height).update_layout(
        hovermode="closest", margin={"l": 110}, legend={"y": -0.18 if len(names) > 4 else -0.3}
    )
    figure.update_yaxes(showgrid=False, range=[-0.5, len(names) - 0.5])
    figure.update_xaxes(showgrid=False)
    return Figure(
        f"Positions through time, {instrument}, {rule_of(rule)}",
        figure,
        "Target position decided at each origin; it is carried from the next session until the next decision.",
        height,
    )


def cost_figure(curve: pd.DataFrame, cast: Cast, rule: str, instrument: str) -> Figure:
    """Annualised return against the multiple of the stated cost; `curve` is multiples x (provider or benchmark)."""
    figure = go.Figure()
    for name in reversed(curve.columns):
        figure.add_scatter(
            x=curve.index.tolist(), y=(100 * curve[name]).round(3).tolist(), name=name_of(name),
            line={**_line(cast, name), "shape": "linear"}, mode="lines+markers", marker={"size": 5},
            hovertemplate="%{y:.2f}%",
        )  # fmt: skip
    values = 100 * curve.to_numpy()
    low, high = _padded(np.nanmin(values), np.nanmax(values))
    height, labels = 340, [(name_of(n), float(100 * curve[n].iloc[-1]), cast.colours[n]) for n in map(str, curve)]
    styled(figure, height, labels_width=label_room([label for label, _, _ in labels]))
    figure.update_layout(annotations=end_labels(labels, low, high, height - 56))
    figure.update_yaxes(title="Annualised return, %", range=[low, high], zeroline=True)
    figure.update_xaxes(
        title={"text": "Costs, as a multiple of those stated", "standoff": 6}, tickvals=curve.index.tolist(),
        ticktext=[f"{m:g}×" for m in curve.index],
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


def _coin_flip_band(backtest: Backtest, instrument: str) -> pd.DataFrame | None:
    """10 and 90 per cent quantiles of the wealth of the coin-flip traders; None where there are none."""
    if backtest.coin_flips.empty:
        return None
    flips = columns_of(backtest.coin_flips, instrument).loc[first_exposed(backtest, instrument) :]
    wealth = thinned((1.0 + flips.fillna(0.0)).cumprod())
    low, high = np.quantile(wealth.to_numpy(), [0.1, 0.9], axis=1)
    return pd.DataFrame({"low": low, "high": high}, wealth.index)


def _draw_band(figure: go.Figure, band: pd.DataFrame) -> None:
    edges = {"width": 0, "color": QUIET}
    low, high = (band[column].round(4).tolist() for column in band)
    figure.add_scatter(x=_days(band), y=low, line=edges, mode="lines", showlegend=False, hoverinfo="skip", row=1, col=1)
    figure.add_scatter(
        x=_days(band), y=high, line=edges, mode="lines", fill="tonexty", fillcolor=tint(QUIET, 0.16), row=1, col=1,
        name="Coin flips, 80%", hoverinfo="skip", legendrank=2000,
    )  # fmt: skip


def _growth_layout(
    figure: go.Figure, growth: pd.DataFrame, cast: Cast, rule: str, instrument: str, *, flips_drawn: bool
) -> Figure:
    drawn = [np.asarray(trace.y, dtype=float) for trace in figure.data if trace.yaxis in (None, "y")]
    bottom, top = min(np.nanmin(y) for y in drawn), max(np.nanmax(y) for y in drawn)
    low, high = _padded(np.log10(max(bottom, 1e-3)), np.log10(top))
    ends = [(name_of(n), float(np.log10(max(growth[n].iloc[-1], 1e-3))), cast.colours[n]) for n in map(str, growth)]
    pixels = (_HEIGHT - 46) * (1 - 0.05) * _GROWTH_SHARE
    styled(figure, _HEIGHT, labels_width=label_room([label for label, _, _ in ends]))
    figure.update_layout(annotations=end_labels(ends, low, high, pixels))
    ticks = log_ticks(10**low, 10**high)
    figure.update_yaxes(
        title="Growth of 1 (log)", type="log", range=[low, high], tickvals=ticks, ticktext=[f"{t:g}" for t in ticks],
        row=1, col=1,
    )  # fmt: skip
    figure.update_yaxes(title="Drawdown, %", row=2, col=1)
    figure.update_layout(hoversubplots="axis", legend={"y": -0.08})
    return Figure(
        f"Growth of 1 and drawdown, {instrument}, {rule_of(rule)}",
        figure,
        "Net of costs, returns compounded, from the first session held. Buy and hold and the other benchmarks are grey."
        + (" The band holds eight in ten of the coin-flip traders." if flips_drawn else ""),
        _HEIGHT,
    )


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


def _days(frame: pd.DataFrame) -> list[str]:
    return [f"{stamp:%Y-%m-%d}" for stamp in frame.index]

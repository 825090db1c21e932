"""Figure of one watched instrument: its price, and below it what was said and held at each decision."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pandas as pd

from macrotrade.report.colours import BENCHMARK, FLAT, LONG, SHORT
from macrotrade.report.layout import days, numbers, styled
from macrotrade.report.parts import Figure
from macrotrade.report.watch_lines import WatchLine, stance_words
from macrotrade.report.words import rule_of

__all__ = ["history_figure"]

_HEIGHT = 420
_PRICE_SHARE = 0.58


def history_figure(line: WatchLine, prices: pd.DataFrame) -> Figure:
    """Price of the instrument over the score of each decision, a bar from it to the next one.

    A bar's colour is the position taken by the last rule.

    Parameters
    ----------
    line
        What is said of the instrument.
    prices
        Sessions x instrument.
    """
    past, symbol = line.standings[-1].past, line.said.instrument
    price = prices[symbol].dropna().loc[past.index[0] - pd.DateOffset(months=1) :]
    price = 100.0 * price / price.iloc[0]
    traces: list[dict[str, Any]] = [
        {
            "type": "scatter", "x": days(price.index), "y": numbers(price, 2), "mode": "lines", "name": symbol,
            "line": {"color": BENCHMARK, "width": 1.6}, "showlegend": False, "hovertemplate": "%{y:.1f}",
        },
        *_bars(past),
    ]  # fmt: skip
    figure = styled(
        traces,
        _HEIGHT,
        barmode="overlay",
        xaxis={"anchor": "y2"},
        yaxis={"title": {"text": "Price, start = 100"}, "domain": [1.0 - _PRICE_SHARE, 1.0], "zeroline": False},
        yaxis2={"title": {"text": "Score"}, "domain": [0.0, 0.92 - _PRICE_SHARE]},
        hoversubplots="single",
    )
    return Figure(
        f"{symbol}: price, score and position",
        figure,
        f"Score 2 P(up) - 1, from each decision to the next; colour: position by {rule_of(line.said.rule)}. "
        f"Last: {stance_words(line.said.position)}.",
        _HEIGHT,
    )


_SIDES = (("long", LONG, 1.0), ("flat", FLAT, 0.0), ("short", SHORT, -1.0))
_MILLISECONDS = 86_400_000
_GAP = 0.06  # of a bar, so that neighbours are told apart


def _bars(past: pd.DataFrame) -> list[dict[str, Any]]:
    """A trace for each side. Widths are given: plotly would make them of the distances within one side."""
    sign = (past["position"] > 0).astype(float) - (past["position"] < 0).astype(float)
    width = pd.Series(_days_held(pd.DatetimeIndex(past.index)), past.index) * _MILLISECONDS * (1.0 - _GAP)
    return [
        {
            "type": "bar", "x": days(own.index), "y": numbers(own["score"], 3), "name": words, "yaxis": "y2",
            "offset": 0, "width": width[own.index].tolist(), "marker": {"color": colour},
            "hovertemplate": f"%{{y:+.2f}}, {words}",
        }
        for words, colour, side in _SIDES
        for own in (past[sign == side],)
    ]  # fmt: skip


def _days_held(decided: pd.DatetimeIndex) -> list[int]:
    """Days to the next decision; of the last, as many as of the one before it."""
    gaps = [(after - before).days for before, after in pairwise(decided)]
    return [*gaps, gaps[-1] if gaps else 1]

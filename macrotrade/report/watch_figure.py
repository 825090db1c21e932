"""Figure of one watched instrument: its price, and below it what was said and held at each decision."""

from __future__ import annotations

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
    """Price of the instrument over the score at each decision; a bar's colour is the position taken by the last rule.

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
        *(_bars(past, words, colour, side) for words, colour, side in _SIDES),
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
        f"Score 2 P(up) - 1 at each decision; colour: position by {rule_of(line.said.rule)}, held until the next. "
        f"Last: {stance_words(line.said.position)}.",
        _HEIGHT,
    )


_SIDES = (("long", LONG, 1.0), ("flat", FLAT, 0.0), ("short", SHORT, -1.0))


def _bars(past: pd.DataFrame, words: str, colour: str, side: float) -> dict[str, Any]:
    sign = (past["position"] > 0).astype(float) - (past["position"] < 0).astype(float)
    own = past[sign == side]
    return {
        "type": "bar", "x": days(own.index), "y": numbers(own["score"], 3), "name": words, "yaxis": "y2",
        "marker": {"color": colour}, "hovertemplate": f"%{{y:+.2f}}, {words}",
    }  # fmt: skip

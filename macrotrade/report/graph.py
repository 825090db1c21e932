"""Who informs whom, drawn around one series: what enters its equation, and what enters theirs in turn."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import pandas as pd

from macrotrade.report.colours import BENCHMARK, QUIET, TEXT
from macrotrade.report.layout import styled
from macrotrade.report.parts import Figure
from macrotrade.report.words import sentence

__all__ = ["graph_figure"]

_MOST_NEXT, _MOST_BEYOND = 7, 3
"""Series drawn for one series beside it: of its own neighbours, and of theirs."""

_STRONGEST = 12
_ROW = 34


@dataclass(frozen=True)
class _Link:
    source: str
    target: str
    strength: float
    lags: str


def graph_figure(title: str, links: pd.DataFrame, around: str | None, note: str = "") -> Figure | None:
    """The neighbourhood of one series, arrows towards it from what informs it; None where nothing does.

    Parameters
    ----------
    title
        Of the exhibit.
    links
        A row for each link: source, target, and where known t (strength, by its size) and lags.
    around
        Series in whose equation the first links end; without one the strongest links of all are drawn.
    note
        What to know about it.
    """
    every = [
        _Link(str(row["source"]), str(row["target"]), abs(float(row.get("t", float("nan")))), str(row.get("lags", "")))
        for row in links.to_dict("records")
    ]
    every.sort(key=lambda link: 0.0 if math.isnan(link.strength) else -link.strength)
    columns = _neighbourhood(every, around) if around is not None else _strongest(every)
    drawn = _between(every, columns)
    if not drawn:
        return None
    places = _places(columns)
    height = 70 + _ROW * max(len(names) for names in columns.values())
    what = f"{title}: {around}" if around is not None else f"{title}: the strongest links"
    told = ["Arrows run from what informs to what is informed, with |t| of the strongest lag.", note and sentence(note)]
    return Figure(what, _figure(drawn, places, height), " ".join(filter(None, told)), height)


def _neighbourhood(links: list[_Link], around: str) -> dict[int, list[str]]:
    """Columns from left to right: what informs the informants, the informants, the series itself, what it informs."""
    columns = {0: [around]}
    for column, targets, most in ((-1, 0, _MOST_NEXT), (-2, -1, _MOST_BEYOND)):
        columns[column] = [link.source for target in columns[targets] for link in _first(links, target, columns, most)]
        columns[column] = list(dict.fromkeys(columns[column]))
    near = {name for names in columns.values() for name in names}
    informed = [link.target for link in links if link.source == around and link.target not in near]
    columns[1] = informed[:_MOST_NEXT]
    return {column: names for column, names in sorted(columns.items()) if names}


def _first(links: list[_Link], target: str, columns: dict[int, list[str]], most: int) -> list[_Link]:
    """The strongest links into one series from those not yet placed."""
    placed = {name for names in columns.values() for name in names}
    return [link for link in links if link.target == target and link.source not in placed][:most]


def _strongest(links: list[_Link]) -> dict[int, list[str]]:
    """Two columns: what informs by the strongest links of all, and what is informed."""
    strongest = links[:_STRONGEST]
    targets = list(dict.fromkeys(link.target for link in strongest))
    return {-1: [name for name in dict.fromkeys(link.source for link in strongest) if name not in targets], 0: targets}


def _between(links: list[_Link], columns: dict[int, list[str]]) -> list[_Link]:
    """Links from a series of one column to one of the next."""
    column = {name: at for at, names in columns.items() for name in names}
    return [
        link
        for link in links
        if link.source in column and link.target in column and column[link.target] - column[link.source] == 1
    ]


def _places(columns: dict[int, list[str]]) -> dict[str, tuple[float, float]]:
    """Where each series stands: its column, and its row from top to bottom."""
    return {
        name: (float(at), 0.5 * (len(names) - 1) - float(row))
        for at, names in columns.items()
        for row, name in enumerate(names)
    }


def _figure(links: list[_Link], places: dict[str, tuple[float, float]], height: int) -> dict[str, Any]:
    names = list(places)
    nodes = {
        "type": "scatter", "x": [places[name][0] for name in names], "y": [places[name][1] for name in names],
        "mode": "markers+text", "text": names, "textposition": "top center", "textfont": {"size": 11, "color": TEXT},
        "marker": {"size": 9, "color": BENCHMARK}, "hoverinfo": "skip", "cliponaxis": False,
    }  # fmt: skip
    middles = {
        "type": "scatter", "mode": "markers", "marker": {"size": 14, "color": "rgba(0,0,0,0)"},
        "x": [_between_points(places, link, 0.5)[0] for link in links],
        "y": [_between_points(places, link, 0.5)[1] for link in links],
        "text": [_words(link) for link in links], "hovertemplate": "%{text}<extra></extra>",
    }  # fmt: skip
    low, high = min(x for x, _ in places.values()), max(x for x, _ in places.values())
    tall = max(y for _, y in places.values())
    hidden = {"visible": False, "fixedrange": True}
    return styled(
        [middles, nodes],
        height,
        showlegend=False,
        hovermode="closest",
        margin={"l": 8, "r": 8, "t": 26, "b": 12},
        annotations=[note for link in links for note in _arrow(link, places, _fans_out(link, links))],
        xaxis={**hidden, "range": [low - 0.28, high + 0.28]},
        yaxis={**hidden, "range": [-tall - 0.5, tall + 0.7]},
    )


def _arrow(link: _Link, places: dict[str, tuple[float, float]], fans_out: bool) -> list[dict[str, Any]]:
    """An arrow and its |t|, written where arrows are apart: nearer to the end that shares fewer of them."""
    (x0, y0), (x1, y1) = places[link.source], places[link.target]
    # Identities have |t| in the thousands: the width follows the logarithm, from |t| = 2 to 200.
    share = (
        0.5
        if math.isnan(link.strength)
        else min(max(math.log(max(link.strength, 2.0) / 2.0) / math.log(100.0), 0.0), 1.0)
    )
    arrow = {
        "x": x1, "y": y1, "ax": x0, "ay": y0, "xref": "x", "yref": "y", "axref": "x", "ayref": "y", "text": "",
        "showarrow": True, "arrowhead": 2, "arrowsize": 1.0, "arrowwidth": round(0.9 + 1.8 * share, 2),
        "arrowcolor": QUIET, "standoff": 7, "startstandoff": 7,
    }  # fmt: skip
    if math.isnan(link.strength):
        return [arrow]
    x, y = _between_points(places, link, 0.66 if fans_out else 0.36)
    label = {
        "x": x, "y": y, "xref": "x", "yref": "y", "text": f"{link.strength:.1f}", "showarrow": False,
        "font": {"size": 10, "color": BENCHMARK}, "yshift": 7,
    }  # fmt: skip
    return [arrow, label]


def _fans_out(link: _Link, links: list[_Link]) -> bool:
    """Whether more arrows share the link's beginning than its end."""
    return sum(other.source == link.source for other in links) > sum(other.target == link.target for other in links)


def _between_points(places: dict[str, tuple[float, float]], link: _Link, share: float) -> tuple[float, float]:
    (x0, y0), (x1, y1) = places[link.source], places[link.target]
    return x0 + share * (x1 - x0), y0 + share * (y1 - y0)


def _words(link: _Link) -> str:
    lags = f", lags {link.lags}" if link.lags else ""
    size = f", |t| {link.strength:.2f}" if not math.isnan(link.strength) else ""
    return f"{link.source} → {link.target}{size}{lags}"

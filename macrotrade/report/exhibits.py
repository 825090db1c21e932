"""What providers show of themselves: their exhibits as words, tables and figures."""

from __future__ import annotations

import math

import pandas as pd

from macrotrade.forecast import Exhibit
from macrotrade.report.cast import Cast
from macrotrade.report.exhibit_figures import bars_figure, heatmap_figure, lines_figure
from macrotrade.report.graph import graph_figure
from macrotrade.report.parts import Choice, Column, Part, Section, Table, Words
from macrotrade.report.words import name_of, sentence
from macrotrade.strategy.result import Backtest

__all__ = ["drawn", "exhibit_sections"]


_LOOKED_UP = 20
"""Rows above which a table is not read but looked up."""


def exhibit_sections(backtest: Backtest, cast: Cast) -> tuple[Section, ...]:
    """A section with the exhibits of each provider that has any; none where no provider has."""
    traded = tuple(dict.fromkeys(item.driver for item in cast.traded.values()))
    options = {
        name_of(provider): tuple(part for exhibit in sorted(shown, key=_is_long) for part in drawn(exhibit, traded))
        for provider, shown in backtest.exhibits.items()
    }
    words = Words("As fitted at the last fit of the run.")
    return (Section("Inside the providers", (words, Choice("Provider", options))),) if options else ()


def _is_long(exhibit: Exhibit) -> bool:
    """Whether an exhibit is one to look things up in, so that it goes last."""
    return exhibit.kind == "table" and exhibit.frame is not None and len(exhibit.frame) > _LOOKED_UP


def drawn(exhibit: Exhibit, traded: tuple[str, ...] = ()) -> tuple[Part, ...]:
    """One exhibit in the form that its kind asks for; a graph around each traded series."""
    frame = exhibit.frame
    if exhibit.kind == "text" or frame is None:
        return (Words(exhibit.title), Words(items=tuple(filter(None, [*exhibit.text.splitlines(), exhibit.note]))))
    if exhibit.kind == "table":
        return (_table(exhibit.title, frame, exhibit.note),)
    if exhibit.kind == "lines":
        return (lines_figure(exhibit, frame),)
    if exhibit.kind in ("bars", "heatmap"):
        figure = (bars_figure if exhibit.kind == "bars" else heatmap_figure)(exhibit, frame)
        table = _table(exhibit.title, frame.rename(columns={"value": exhibit.text or "value"}), exhibit.note)
        return (Choice("Shown as", {"figure": (figure,), "table": (table,)}),)
    figures = [graph_figure(exhibit.title, frame, name, exhibit.note) for name in traded]
    around = [figure for figure in figures if figure is not None]
    return tuple(around) or tuple(
        figure for figure in (graph_figure(exhibit.title, frame, None, exhibit.note),) if figure is not None
    )


def _table(title: str, frame: pd.DataFrame, note: str) -> Table:
    """Table of any frame: whole numbers whole, others so that most have three places that count."""
    flat = (frame if isinstance(frame.index, pd.RangeIndex) else frame.reset_index()).rename(columns=str)
    columns = tuple(_column(name, flat[name]) for name in flat.columns)
    return Table(title, columns, flat, sentence(note) if note else "")


def _column(name: str, values: pd.Series) -> Column:
    words = name.replace("_", " ")
    heading = words if words[1:2] == " " else sentence(words)[:-1]
    if not pd.api.types.is_numeric_dtype(values) or pd.api.types.is_bool_dtype(values):
        return Column(name, heading)
    known = values.dropna()
    if bool((known == known.round()).all()):
        return Column(name, heading, "integer", 0)
    size = float(known[known != 0.0].abs().median())
    return Column(name, heading, "number", min(max(2 - math.floor(math.log10(size)), 0), 6))

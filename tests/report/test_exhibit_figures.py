"""Bars, heatmaps and lines before recessions: what is drawn, and the same numbers as a table."""

from __future__ import annotations

from itertools import pairwise

import pandas as pd

from macrotrade.forecast import Exhibit
from macrotrade.report.exhibits import drawn
from macrotrade.report.parts import Choice, Figure, Table
from macrotrade.report.recessions import RECESSIONS, recession_shapes


def shown_as(exhibit: Exhibit) -> tuple[Figure, Table]:
    (choice,) = drawn(exhibit)
    assert isinstance(choice, Choice)
    (figure,), (table,) = choice.options.values()
    assert isinstance(figure, Figure)
    assert isinstance(table, Table)
    return figure, table


def test_bars_have_whiskers_and_a_table_whose_heading_is_their_axis() -> None:
    frame = pd.DataFrame({"value": [2.0, -1.0], "low": [1.0, -3.0], "high": [4.0, 0.0]}, ["housing", "labor_market"])

    figure, table = shown_as(Exhibit("Rest on", "bars", frame, "Loss change, %"))

    (bars,) = figure.figure["data"]
    assert bars["x"] == [2.0, -1.0]
    assert bars["y"] == ["Housing", "Labor market"]
    assert bars["error_x"]["array"] == [2.0, 1.0]
    assert bars["error_x"]["arrayminus"] == [1.0, 2.0]
    assert len(set(bars["marker"]["color"])) == 2
    assert figure.figure["layout"]["xaxis"]["title"]["text"] == "Loss change, %"
    assert figure.figure["layout"]["xaxis"]["range"][0] < -3.0
    assert "Loss change, %" in [column.title for column in table.columns]


def test_a_heatmap_writes_its_numbers_and_stars_those_marked() -> None:
    frame = pd.DataFrame({"federal outlays": [0.5, -0.25], "f1": [float("nan"), 0.1]}, ["jobs", "sales"])
    marked = pd.DataFrame(False, frame.index, frame.columns)
    marked.iloc[0, 0] = True

    figure, _ = shown_as(Exhibit("Relations", "heatmap", frame, marked=marked))

    (cells,) = figure.figure["data"]
    assert cells["text"] == [["0.50*", ""], ["−0.25", "0.10"]]
    assert cells["x"] == ["Federal<br>outlays", "f1"]
    assert (cells["zmin"], cells["zmax"]) == (-0.5, 0.5)


def test_a_heatmap_of_shares_starts_at_nothing() -> None:
    figure, _ = shown_as(Exhibit("Loadings", "heatmap", pd.DataFrame({"PC1": [0.2, 0.4]}, ["labor", "housing"])))

    assert figure.figure["data"][0]["zmin"] == 0.0


def test_recessions_stand_behind_lines_where_they_are_asked_for() -> None:
    frame = pd.DataFrame({"f1": range(240)}, pd.period_range("1990-01", periods=240, freq="M"))

    (plain,), (shaded,) = (
        drawn(Exhibit("Factors", "lines", frame)),
        drawn(Exhibit("F", "lines", frame, recessions=True)),
    )

    assert isinstance(plain, Figure)
    assert isinstance(shaded, Figure)
    assert not plain.figure["layout"]["shapes"]
    bands = [(band["x0"], band["x1"]) for band in shaded.figure["layout"]["shapes"]]
    assert bands == [("1990-07-31", "1991-03-31"), ("2001-03-31", "2001-11-30"), ("2007-12-31", "2009-06-30")]
    assert "National Bureau of Economic Research" in shaded.note


def test_a_recession_is_cut_where_the_lines_begin_and_end() -> None:
    (band,) = recession_shapes(pd.Timestamp("2008-06-15"), pd.Timestamp("2008-10-10"))

    assert (band["x0"], band["x1"]) == ("2008-06-15", "2008-10-10")


def test_recessions_follow_each_other_and_are_as_long_as_their_publisher_says() -> None:
    months = [(pd.Period(peak, "M"), pd.Period(trough, "M")) for peak, trough in RECESSIONS]

    lengths = [trough.ordinal - peak.ordinal for peak, trough in months]

    assert lengths == [8, 11, 10, 8, 10, 11, 16, 6, 16, 8, 8, 18, 2]  # contractions, peak to trough, in months
    assert all(before[1] < after[0] for before, after in pairwise(months))

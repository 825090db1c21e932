"""What providers show of themselves, and why their forecasts changed, as sections of a report."""

from __future__ import annotations

import json
import re

import pandas as pd

from macrotrade.report.finished import Report
from macrotrade.report.graph import graph_figure

LINKS = pd.DataFrame(
    [
        ("a", "x", "1", 5.0),
        ("b", "x", "2", -3.0),
        ("c", "a", "1", 9.0),
        ("x", "y", "0", 4.0),
        ("far", "away", "1", 8.0),
    ],
    columns=["source", "target", "lags", "t"],
)


def arrows(figure: object) -> list[dict[str, float]]:
    return [note for note in figure.figure["layout"]["annotations"] if note["showarrow"]]  # type: ignore[attr-defined]


def test_every_kind_of_exhibit_is_drawn(made: Report) -> None:
    section = made.html.split('<section id="inside-the-providers">')[1].split("</section>")[0]

    for title in ("Equation", "Weights through time", "Who informs whom: DGS10", "Repairs"):
        assert title in section
    assert section.count("data-plot=") == 2, "a figure of lines, and a graph around the one series with neighbours"
    assert "another link cut" in section
    assert "None of them mattered" in made.markdown.replace("none", "None")


def test_a_graph_shows_the_neighbourhood_of_a_series_from_left_to_right() -> None:
    figure = graph_figure("Links", LINKS, "x")

    assert figure is not None
    nodes = figure.figure["data"][1]
    places = dict(zip(nodes["text"], nodes["x"], strict=True))
    assert places == {"c": -2.0, "a": -1.0, "b": -1.0, "x": 0.0, "y": 1.0}
    assert all(arrow["x"] - arrow["ax"] == 1.0 for arrow in arrows(figure))
    assert len(arrows(figure)) == 4


def test_a_series_without_neighbours_has_no_graph_and_the_strongest_links_stand_in() -> None:
    assert graph_figure("Links", LINKS, "lonely") is None

    whole = graph_figure("Links", LINKS, None)

    assert whole is not None
    assert whole.title == "Links: the strongest links"


def test_links_without_strength_are_drawn_without_numbers() -> None:
    figure = graph_figure("Links", LINKS[["source", "target"]], "x")

    assert figure is not None
    assert [note for note in figure.figure["layout"]["annotations"] if not note["showarrow"]] == []
    assert "nan" not in json.dumps(figure.figure).lower()


def test_the_parts_told_sum_to_the_change(made: Report) -> None:
    block = made.markdown.split("## Why the forecasts changed")[1].split("\n## ")[0]
    first = block.split("### ")[1]

    cells = [line.split("|")[-2].strip().replace("−", "-") for line in first.splitlines() if line.startswith("| ")]
    said = re.search(r"sum to the change, (.*?)\.\n", first.replace("−", "-"))

    assert said is not None
    assert abs(sum(map(float, cells[2:])) - float(said[1])) < 2e-3
    assert "20 smaller parts" in first

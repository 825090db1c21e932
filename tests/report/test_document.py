"""What is written to disk: page, Markdown and JSON, each whole."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import pandas as pd
import plotly.graph_objects as go
import pytest
from markupsafe import Markup

from macrotrade.errors import SettingsError
from macrotrade.report import Report, Section, make_report
from macrotrade.report.markdown import markdown
from macrotrade.report.parts import Choice, Column, Table
from macrotrade.strategy.result import Backtest


def without_plotly(html: str) -> str:
    return re.sub(r"<script>/\*\*\s*\n?\* plotly\.js.*?</script>", "", html, flags=re.DOTALL)


def test_a_folder_gets_page_markdown_and_results(made: Report, tmp_path: Path) -> None:
    page = made.save(tmp_path / "runs" / "one")

    assert page == tmp_path / "runs" / "one" / "report.html"
    assert sorted(path.name for path in page.parent.iterdir()) == ["report.html", "report.md", "results.json"]


def test_a_path_ending_in_html_names_the_page(made: Report, tmp_path: Path) -> None:
    page = made.save(tmp_path / "bonds.html")

    assert page.name == "bonds.html"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bonds.html", "bonds.md", "results.json"]


def test_a_failed_write_leaves_the_old_page_and_nothing_half_done(
    made: Report, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made.save(tmp_path)
    before = (tmp_path / "report.html").read_bytes()

    def refuse(*_: Any) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(os, "replace", refuse)
    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(OSError, match="disk full"):
        made.save(tmp_path)

    assert (tmp_path / "report.html").read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["report.html", "report.md", "results.json"]


def test_the_page_holds_plotly_once_and_points_nowhere(made: Report) -> None:
    assert made.html.count("* plotly.js v") == 1
    own = without_plotly(made.html)
    assert re.findall(r"(?:src|href)=\"(?!#|data:)[^\"]*\"", own) == []
    assert "http://" not in own
    assert "https://" not in own


def test_results_are_strict_json_and_agree_with_the_page(made: Report, saved: Path, backtest: Backtest) -> None:
    results = json.loads((saved / "results.json").read_text(), parse_constant=lambda word: pytest.fail(word))

    assert results["format"] == 1
    assert results["run"]["n_origins"] == len(backtest.positions)
    assert results["run"]["n_trials"] == 3 * 4 * 2
    assert results["source"]["vintages"] == "pseudo"
    assert {row["provider"] for row in results["performance"]} >= {"naive", "reversal", "buy and hold"}
    held = next(
        row for row in results["performance"] if row["provider"] == "buy and hold" and row["instrument"] == "SPX"
    )
    assert f"{held['efficiency']:.2f} for buy and hold" in made.html or f"was {held['efficiency']:.2f}" in made.html


def test_the_same_run_gives_the_same_report(made: Report, backtest: Backtest) -> None:
    again = make_report(backtest)

    assert again.html == made.html
    assert again.markdown == made.markdown
    assert again.results == made.results


def test_markdown_tables_have_as_many_cells_in_every_row(made: Report) -> None:
    for block in re.findall(r"(?:^\|.*\n)+", made.markdown, flags=re.MULTILINE):
        assert len({line.count("|") - line.count("\\|") for line in block.splitlines()}) == 1


def test_further_sections_join_the_page_and_plain_strings_carry_no_markup(made: Report, backtest: Backtest) -> None:
    figure = go.Figure(go.Scatter(x=[1, 2], y=[3, 4]))
    weights = pd.DataFrame({"member": ["a", "b"], "weight": [0.25, 0.75]})

    told = make_report(
        backtest,
        [Section("Weights through time", ("<script>alert(1)</script>", Markup("<b>bold</b>"), weights, figure))],
    )

    assert '<a href="#weights-through-time">Weights through time</a>' in told.html
    assert "<b>bold</b>" in told.html
    assert "<script>alert(1)" not in told.html
    assert told.html.count("data-plot=") == made.html.count("data-plot=") + 1
    assert "## Weights through time" in told.markdown
    assert "| a | 0.2500 |" in told.markdown


def test_a_section_says_what_it_cannot_hold() -> None:
    with pytest.raises(SettingsError, match="cannot hold a int"):
        Section("Odd", 3)


def test_markdown_names_an_option_where_its_tables_are_called_as_another_s() -> None:
    def table(title: str) -> Table:
        return Table(title, (Column("k", "K", "integer"),), pd.DataFrame({"k": [8]}))

    same = Choice("Provider", {"LSTM": (table("Training"),), "CNN-LSTM": (table("Training"),)})
    apart = Choice("Instrument", {"ZN": (table("Costs, ZN"),), "ZB": (table("Costs, ZB"),)})

    written = markdown("Page", "", (Section("Inside", (same, apart)),))

    assert written.index("**LSTM**") < written.index("### Training") < written.index("**CNN-LSTM**")
    assert "**ZN**" not in written

"""The horse race of a study as the command prints it."""

from __future__ import annotations

import dataclasses

import pytest
from rich.console import Console

from macrotrade.report.document import Report
from macrotrade.report.study_page import study_report
from macrotrade.report.terminal import race_tables
from macrotrade.strategy.published import Published
from macrotrade.strategy.study import StudyResult


def printed(result: StudyResult, rows: list[dict[str, object]] | None) -> str:
    console = Console(width=110, record=True, file=None, quiet=False)
    with console.capture() as caught:
        for table in race_tables(result, rows):
            console.print(table)
    return caught.get()


def test_every_series_and_window_has_a_table_of_ratios_stars_and_confidence_sets(
    study: StudyResult, made_study: Report
) -> None:
    rows = made_study.results["horse_race"]

    said = printed(study, rows)

    assert said.count("RMSE to that of none") == len({(row["series"], row["window"]) for row in rows})
    for row in rows:
        if row["provider"] == "good":
            assert f"{row['rmse_ratio']:.2f}***††" in said  # it sees nine tenths of what comes
    assert not [line for line in said.splitlines() if line.strip().startswith("none ")]
    assert "Diebold and Mariano" in said
    assert "model confidence set" in said


def test_a_figure_that_is_missing_leaves_its_place_empty(study: StudyResult, made_study: Report) -> None:
    rows = [dict(row) for row in made_study.results["horse_race"] if row["series"] == study.forecasts["series"].iloc[0]]
    for row in rows:
        row["rmse_ratio"] = None if row["provider"] == "half" else row["rmse_ratio"]

    said = printed(study, rows)

    assert [line.split() for line in said.splitlines() if line.strip().startswith("half")] == [["half"]]


def test_providers_that_nest_the_base_are_starred_by_clark_and_west(study: StudyResult, made_study: Report) -> None:
    rows = [dict(row) for row in made_study.results["horse_race"]]
    for row in rows:
        row["diebold_mariano_p_value"], row["clark_west_p_value"] = 0.5, 0.03
    choices = [
        choice.model_copy(update={"nests": ("none",)} if choice.title == "half" else {})
        for choice in study.study.providers
    ]
    nested = dataclasses.replace(study, study=study.study.model_copy(update={"providers": tuple(choices)}))

    said = printed(nested, rows)

    lines = [line for line in said.splitlines() if line.strip().startswith(("half", "good"))]
    assert lines
    assert all(("**" in line) == line.strip().startswith("half") for line in lines)
    assert "Clark and West" in said


@pytest.mark.parametrize("rows", [None, []])
def test_a_study_of_many_series_prints_none(study: StudyResult, rows: list[dict[str, object]] | None) -> None:
    assert printed(study, rows) == ""


def test_published_ratios_stand_beside_the_studys_own(study: StudyResult, made_study: Report) -> None:
    rows = made_study.results["horse_race"]
    row = next(row for row in rows if row["provider"] == "good")
    ratios = {"good": [0.5 + horizon / 100 for horizon in study.study.horizons]}
    quoted = Published(source="A. Author", series=row["series"], window=row["window"], ratios=ratios)
    quoting = dataclasses.replace(study, study=study.study.model_copy(update={"published": (quoted,)}))

    said, page = printed(quoting, rows), study_report(quoting)

    beside = said.split("ours (A. Author)")[1]
    assert f"{row['rmse_ratio']:.2f} ({0.5 + row['horizon'] / 100:.2f})" in beside
    assert f"{row['rmse_ratio']:.3f} ({0.5 + row['horizon'] / 100:.2f})" in page.markdown
    assert "A. Author" not in printed(study, rows)

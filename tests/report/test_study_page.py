"""The page of a study: every number on it is one of the exhibits, and every exhibit is on it."""

from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from macrotrade.errors import DataError
from macrotrade.evaluation.exhibits import gains
from macrotrade.evaluation.initialisation import initialisation_uncertainty
from macrotrade.report.finished import Report
from macrotrade.report.study_page import study_report
from macrotrade.report.terminal import race_tables
from macrotrade.report.words import signed
from macrotrade.strategy.study import StudyResult


def test_every_exhibit_has_its_place_on_the_page(made_study: Report) -> None:
    titles = re.findall(r"<h2>(.*?)</h2>", made_study.html)

    assert titles == [
        "Summary", "Accuracy", "Weights", "Initial values", "Stability", "Direction", "Distributions", "Horse race",
        "Series by series", "Refusals", "Data and sources",
    ]  # fmt: skip
    for title in (
        "D over NONE", "Normalised RMSE", "Right directions", "Fluctuation test", "Distribution of weights",
        "Gain in CRPS", "Gain in log score", "PIT histograms, output", "Members against the mean of all, GOOD",
    ):  # fmt: skip
        assert title in made_study.html
    assert "The members of HALF cannot be compared: it has a single member." in made_study.html
    assert "too short a past" in made_study.markdown
    assert "forecast study" in made_study.html


def test_the_gains_on_the_page_are_those_of_the_evaluation(study: StudyResult, made_study: Report) -> None:
    expected = gains(study.forecasts, study.study.base)

    row = next(line for line in made_study.markdown.splitlines() if line.startswith("| GOOD |"))

    cells = [cell.strip() for cell in row.split("|")[2:-1]]
    assert cells == [signed(value, 1) for value in expected.loc[("good", "none")]]


def test_a_winner_known_to_be_better_gets_its_stars_and_stands_alone_in_the_confidence_set(made_study: Report) -> None:
    race = made_study.markdown.split("### RMSE to NONE, output")[1]

    good, half = (next(line for line in race.splitlines() if line.startswith(f"| {who} |")) for who in ("GOOD", "HALF"))

    assert re.search(r"0\.\d{3}\*\*\*††", good)
    assert "†" not in half


def test_a_better_distribution_has_its_stars_and_a_worse_one_has_none(study: StudyResult, made_study: Report) -> None:
    table = made_study.markdown.split("### Distributions, output, 1 ahead")[1].split("###")[0]
    rows = {line.split("|")[1].strip(): line.split("|") for line in table.splitlines() if line.startswith("| ")}
    own = study.forecasts.query("provider == 'good' and series == 'output' and horizon == 1")
    naive = study.forecasts.query("provider == 'none' and series == 'output' and horizon == 1")

    assert rows["GOOD"][2].strip() == f"{100 * own['crps'].mean():.3f}", "log changes are told in per cent"
    assert rows["GOOD"][3].strip() == f"{own['crps'].mean() / naive['crps'].mean():.3f}***"
    assert rows["GOOD"][5].strip() == f"{100 * (abs(own['pit'] - 0.5) <= 0.25).mean():.0f}%"

    backwards = of_output(study, base=("good",))
    table = study_report(backwards).markdown.split("### Distributions, output, 1 ahead")[1].split("###")[0]
    assert "*" not in next(line for line in table.splitlines() if line.startswith("| NONE"))


def test_gains_are_told_by_window_and_a_window_without_outcomes_says_so(study: StudyResult) -> None:
    windows = {"early": ("2005-01", "2006-01"), "never": ("2050-01", "2051-01")}
    parted = of_output(study, windows=windows)

    made = study_report(parted)

    early = parted.forecasts[parted.forecasts["period"].between("2005-01", "2006-01")]
    expected = gains(early, ("none",)).loc[("good", "none")]
    told = made.markdown.split("### D over NONE, early")[1].split("###")[0]
    good = next(line for line in told.splitlines() if line.startswith("| GOOD |"))
    assert [cell.strip() for cell in good.split("|")[2:-1]] == [signed(value, 1) for value in expected]
    never = made.markdown.split("### D over NONE, never")[1].split("###")[0]
    assert "1, 2 and 3 ahead: no period has an outcome and every provider's forecast." in never
    assert "none, since no outcome is in this window" in made.markdown
    assert "PIT histograms, output, 1 ahead, never: none, since" in made.markdown


def test_members_are_told_by_their_statistics(study: StudyResult, made_study: Report) -> None:
    points = study.members["good"].points["output", 1]
    own = study.forecasts.query("provider == 'good' and series == 'output' and horizon == 1")
    found = initialisation_uncertainty(own["outcome"].to_numpy(), points, 1).summary.loc["diebold_mariano"]

    told = made_study.markdown.split("### Members of GOOD against the mean of all, output, 1 ahead")[1]

    row = next(line for line in told.splitlines() if line.startswith("| Diebold and Mariano |")).split("|")
    assert row[2].strip() == signed(found["mean"], 2)
    assert row[8].strip() == f"{100 * found['beaten_05']:.0f}%"
    assert "40 members, 30 periods." in told


def test_many_series_are_not_raced_one_by_one(study: StudyResult) -> None:
    copies = [study.forecasts.assign(series=study.forecasts["series"] + f" {number}") for number in range(5)]
    many = study_report(dataclasses.replace(study, forecasts=pd.concat(copies, ignore_index=True)))

    assert "Horse race" not in many.html
    assert many.html.count("data-plot=") < 14, "figures of all series together, none alone"
    assert "PIT histograms, all series, 1 ahead" in many.html
    assert "Members are held against the mean of all in studies of up to 12 series." in many.html


def test_everything_is_written_beside_the_page(study: StudyResult, made_study: Report, tmp_path: Path) -> None:
    page = made_study.save(tmp_path)

    assert sorted(path.name for path in page.parent.iterdir()) == [
        "exhibits.parquet", "fluctuation.parquet", "forecasts.parquet", "members.parquet", "report.html", "report.md",
        "results.json", "tables.tex",
    ]  # fmt: skip
    pd.testing.assert_frame_equal(
        pd.read_parquet(tmp_path / "forecasts.parquet"), study.forecasts, check_dtype=False, check_index_type=False
    )
    exhibits = pd.read_parquet(tmp_path / "exhibits.parquet")
    found = exhibits.query("exhibit == 'D' and provider == 'good' and base == 'none'").set_index("horizon")["value"]
    expected = gains(study.forecasts, ("none",)).loc[[("good", "none")]].iloc[0]
    assert found.to_dict() == pytest.approx(expected.to_dict())
    results = json.loads((tmp_path / "results.json").read_text(), parse_constant=lambda word: pytest.fail(word))
    assert results["run"]["n_series"] == 3


def test_tables_are_latex_that_closes_what_it_opens(made_study: Report) -> None:
    text = made_study.latex

    assert text.count(r"\begin{table}") == text.count(r"\end{table}") > 5
    for block in re.findall(r"\\midrule\n(.*?)\\bottomrule", text, flags=re.DOTALL):
        assert len({line.count("&") - line.count(r"\&") for line in block.strip().splitlines()}) == 1
    assert not re.search(r"[†−–±×]", text)
    assert r"10 to 90\% interval" in text


def test_a_study_of_the_future_alone_is_refused_with_the_remedy(study: StudyResult) -> None:
    unknown = dataclasses.replace(study, forecasts=study.forecasts.assign(outcome=np.nan))

    with pytest.raises(DataError, match="no outcome is known yet of any forecast; let it end earlier"):
        study_report(unknown)


def of_output(study: StudyResult, **changes: object) -> StudyResult:
    """The study of one series, judged otherwise."""
    forecasts = study.forecasts[study.forecasts["series"] == "output"].reset_index(drop=True)
    return dataclasses.replace(study, study=study.study.model_copy(update=changes), forecasts=forecasts)


def test_a_study_whose_only_window_holds_no_outcome_says_so_in_page_and_terminal(study: StudyResult) -> None:
    never = of_output(study, windows={"never": ("1990-01", "1992-01")})

    made = study_report(never)

    assert "1 ahead, never: none, since no outcome is in this window" in made.markdown
    said = "".join(str(table.caption) for table in race_tables(never, made.results["horse_race"]))
    assert "1 ahead: no outcome in this window." in said


def test_fewer_periods_than_the_tests_need_crown_nobody_and_the_reason_is_told_once(study: StudyResult) -> None:
    short = of_output(study)
    few = short.forecasts["as_of"].isin(sorted(short.forecasts["as_of"].unique())[:2])
    short = dataclasses.replace(short, forecasts=short.forecasts[few].reset_index(drop=True))

    made = study_report(short)

    summary = made.markdown.split("## Accuracy")[0]
    assert "no verdict: 2 months; the tests need 8" in summary
    assert "highest" not in summary
    assert "2 periods; the test needs 8" in made.markdown
    assert "the set needs" not in made.markdown
    said = "".join(str(table.caption) for table in race_tables(short, made.results["horse_race"]))
    assert "1 ahead: no verdict: 2 periods; the tests need 8." in said

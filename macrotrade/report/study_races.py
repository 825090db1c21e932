"""Sections of a study on distributions, on single series, and on the members of ensembles."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from macrotrade.evaluation.density_race import shared_scores
from macrotrade.evaluation.ensemble_race import EnsembleRace
from macrotrade.evaluation.losses import within
from macrotrade.report.parts import Choice, Part, Section, Words
from macrotrade.report.study_judgement import FEW_SERIES, Cell, Races, StudyJudgement
from macrotrade.report.study_race_figures import (
    fluctuation_figure,
    initialisation_figure,
    outcome_figure,
    pit_figure,
)
from macrotrade.report.study_race_tables import (
    coverage_table,
    density_gain_table,
    density_table,
    initialisation_table,
)
from macrotrade.report.study_tables import published_table, race_table
from macrotrade.report.words import name_of
from macrotrade.strategy.study import StudyResult

__all__ = ["density_section", "ensemble_sections", "race_sections"]


def density_section(result: StudyResult, judgement: StudyJudgement) -> Section:
    """Scores and calibration over all series; PIT histograms here only where series are not told one by one."""
    base = result.study.base[0]
    parts: list[Part] = [
        *(density_gain_table(judgement, base, figure) for figure in ("crps", "log_score")),
        Choice("Interval", {f"{level}%": (coverage_table(judgement, level),) for level in (80, 50, 95)}),
    ]
    if judgement.races is None:
        shared = shared_scores(result.forecasts)
        figures = {
            f"{horizon} ahead": _pit(shared[shared["horizon"] == horizon], judgement, f"all series, {horizon} ahead")
            for horizon in judgement.horizons
        }
        parts.append(Choice("Horizon", figures))
    return Section("Distributions", tuple(parts))


def race_sections(result: StudyResult, judgement: StudyJudgement) -> tuple[Section, ...]:
    """The horse race, series by series with tests; none for many series."""
    if judgement.races is None:
        return ()
    options = {series: _race(result, judgement, judgement.races, series) for series in judgement.series}
    return (Section("Horse race", Choice("Series", options)),)


def ensemble_sections(result: StudyResult, judgement: StudyJudgement) -> tuple[Section, ...]:
    """Members of ensembles against the mean of all; none where the study names no ensemble."""
    if not result.study.ensembles:
        return ()
    if judgement.races is None:
        words = f"Members are held against the mean of all in studies of up to {FEW_SERIES} series."
        return (Section("Initial values", Words(words)),)
    options = {name_of(provider): _ensemble(result, judgement, provider) for provider in result.study.ensembles}
    return (Section("Initial values", Choice("Provider", options)),)


def _ensemble(result: StudyResult, judgement: StudyJudgement, provider: str) -> tuple[Part, ...]:
    reason = result.members[provider].note
    if reason:
        return (Words(f"The members of {name_of(provider)} cannot be compared: {reason}."),)
    by_series = {series: (_by_horizon(result, judgement, provider, series),) for series in judgement.series}
    return (Choice("Series", by_series),)


def _by_horizon(result: StudyResult, judgement: StudyJudgement, provider: str, series: str) -> Choice:
    assert judgement.races is not None
    race = judgement.races.ensembles
    return Choice(
        "Horizon",
        {
            f"{horizon} ahead": tuple(
                part
                for window in result.study.judged_in
                for part in _members(race, provider, Cell(series, horizon, window.name))
            )
            for horizon in judgement.horizons
        },
    )


def _members(race: EnsembleRace, provider: str, cell: Cell) -> tuple[Part, ...]:
    """Table and figure, or words alone where there is no statistic."""
    told = initialisation_figure(race, provider, cell)
    return (told,) if isinstance(told, Words) else (initialisation_table(race, provider, cell), told)


def _race(result: StudyResult, judgement: StudyJudgement, races: Races, series: str) -> tuple[Part, ...]:
    by_horizon = {
        f"{horizon} ahead": _drawn(result, judgement, races, Cell(series, horizon)) for horizon in judgement.horizons
    }
    return (
        *(race_table(races.points, series, window.name) for window in result.study.judged_in),
        *(published_table(races.points, one) for one in result.study.published if one.series == series),
        Choice("Horizon", by_horizon),
    )


def _drawn(result: StudyResult, judgement: StudyJudgement, races: Races, whole: Cell) -> tuple[Part, ...]:
    """Outcomes of all periods, then tests and distributions window by window."""
    windows, frequency = result.study.judged_in, result.study.frequency
    forecasts = whole.rows(result.forecasts)
    measure = str(forecasts["measure"].iloc[0])
    cells = {window: replace(whole, window=window.name) for window in windows}
    parts: list[Part] = [outcome_figure(forecasts, judgement, whole, frequency)]
    parts += [fluctuation_figure(judgement, cell, frequency) for cell in cells.values()]
    for window, cell in cells.items():
        parts += [
            density_table(races, measure, cell),
            *_pit(shared_scores(within(forecasts, window)), judgement, cell.title),
        ]
    return tuple(parts)


def _pit(shared: pd.DataFrame, judgement: StudyJudgement, title: str) -> tuple[Part, ...]:
    figure = pit_figure(shared, judgement, title)
    reason = "no origin has an outcome and every provider's forecast"
    return (figure if figure is not None else Words(f"PIT histograms, {title}: none, since {reason}."),)

"""The page of a study: who forecast how well, over many series, horizons and windows.

1. how good they were                      study_judgement.py, by way of macrotrade.evaluation
2. what is told, in order                  here, from study_tables.py, study_figures.py and study_races.py
3. how it is told                          page.py, markdown.py, latex.py, study_results.py
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from macrotrade.evaluation.comparison import FEWEST_PERIODS
from macrotrade.report.finished import Report
from macrotrade.report.latex import latex
from macrotrade.report.markdown import markdown
from macrotrade.report.page import page
from macrotrade.report.parts import Choice, Part, Section, Words
from macrotrade.report.study_figures import (
    direction_figure,
    gain_figure,
    growth_figure,
    weight_histogram,
    weights_through_time,
)
from macrotrade.report.study_judgement import StudyJudgement, judge_study
from macrotrade.report.study_races import density_section, ensemble_sections, race_sections
from macrotrade.report.study_results import exhibits, frames, results
from macrotrade.report.study_tables import (
    direction_table,
    gain_table,
    growth_table,
    ratio_table,
    refusal_table,
    weight_table,
)
from macrotrade.report.study_verdicts import verdicts
from macrotrade.report.words import cardinal, count, day, name_of, percent, sentence, signed
from macrotrade.strategy.study import StudyResult

__all__ = ["study_report"]

_PERIODS = {"D": "day", "M": "month", "Q": "quarter"}


def study_report(result: StudyResult) -> Report:
    """Report of a finished study: page, Markdown, results, tables as LaTeX, and everything as Parquet.

    ``forecasts`` are the study's tidy forecasts with outcomes and density scores; ``exhibits`` every figure stated, a
    row for each, with columns exhibit, provider, base, member, series, window, horizon, figure and value. Where series
    are told one by one, ``fluctuation`` are the paths of that test, and ``members`` the statistics of every member of
    the study's ensembles.

    Examples
    --------
    ::

        study_report(run_study(study, history)).save("runs/study")
    """
    judgement = judge_study(result)
    sections, opening = _contents(result, judgement), _lead(result, judgement)
    title = result.study.name[:1].upper() + result.study.name[1:]
    return Report(
        title=title,
        html=page(title, opening, sections, "forecast study"),
        markdown=markdown(title, opening, sections),
        results=results(result, judgement),
        latex=latex(sections),
        frames={"forecasts": result.forecasts, "exhibits": exhibits(judgement), **frames(judgement)},
    )


def _lead(result: StudyResult, judgement: StudyJudgement) -> str:
    """One sentence under the title."""
    study, origins = result.study, result.study.origins
    return (
        f"{cardinal([name_of(name) for name in judgement.providers])} forecast {len(judgement.series):,d} series "
        f"{_ahead(judgement.horizons, _PERIODS[study.frequency])}, from {count(len(origins), 'origin')}, "
        f"{day(origins[0])} to {day(origins[-1])}."
    )


def _ahead(horizons: tuple[int, ...], period: str) -> str:
    """Horizons in words.

    >>> _ahead((1, 2, 3), "month"), _ahead((1, 12), "month"), _ahead((1,), "quarter")
    ('1 to 3 months ahead', '1 and 12 months ahead', '1 quarter ahead')
    """
    first, last = horizons[0], horizons[-1]
    run = len(horizons) > 2 and horizons == tuple(range(first, last + 1))
    words = f"{first} to {last}" if run else cardinal(list(map(str, horizons)))
    return f"{words} {period if last == 1 else period + 's'} ahead"


def _contents(result: StudyResult, judgement: StudyJudgement) -> tuple[Section, ...]:
    study = result.study
    over = {f"over {name_of(base)}": _gains(judgement, base) for base in study.base}
    sections = [
        Section("Summary", Words(items=_summary(result, judgement))),
        Section("Accuracy", Choice("Gain", over)),
        *_weights(result, judgement),
        *ensemble_sections(result, judgement),
        Section("Stability", (growth_table(judgement), growth_figure(judgement))),
        Section("Direction", (direction_table(judgement), direction_figure(judgement))),
        density_section(result, judgement),
        *race_sections(result, judgement),
        _series(result, judgement),
        *_refusals(result),
        Section("Data and sources", _data(result)),
    ]
    return tuple(sections)


def _gains(judgement: StudyJudgement, base: str) -> tuple[Part, ...]:
    """D over one base: of everything, and by window where there are any."""
    by_window: dict[str, tuple[Part, ...]] = {
        "all periods" if window == "all" else window: (
            gain_table(judgement, base, window),
            gain_figure(judgement, base, window),
        )
        for window in judgement.windows
    }
    return (Choice("Window", by_window),) if len(by_window) > 1 else by_window["all periods"]


def _summary(result: StudyResult, judgement: StudyJudgement) -> tuple[str, ...]:
    first = judgement.horizons[0]
    period = _PERIODS[result.study.frequency]
    periods = result.forecasts[(result.forecasts["horizon"] == first) & result.forecasts["outcome"].notna()]["period"]
    if periods.nunique() < FEWEST_PERIODS:
        verdict = (
            f"{sentence(_ahead((first,), period))[:-1]}, no verdict: {count(periods.nunique(), period)}; the tests"
        )
        return _with_sources(result, [f"{verdict} need {FEWEST_PERIODS}"])
    points = [_best_gain(judgement, base, first, period) for base in result.study.base]
    if judgement.races is not None:
        points += verdicts(judgement.races.points)
    calls = judgement.direction.reset_index()
    calls = calls[calls["horizon"] == first].sort_values("right", kind="stable")
    if len(calls):
        best = calls.iloc[-1]
        points.append(
            f"Direction, {_ahead((first,), period)}: {name_of(str(best['provider']))} called "
            f"{percent(float(best['right']))} of the changes right; always calling each series' commoner "
            f"direction, known only afterwards, would have had {percent(float(best['majority']))}."
        )
    points += _best_density(judgement, result.study.base[0], first, period)
    return _with_sources(result, points)


def _with_sources(result: StudyResult, points: list[str]) -> tuple[str, ...]:
    """What was found, with what the study is before it and what it rests on after it."""
    if len(result.refusals):
        points.append(f"{count(len(result.refusals), 'refusal')}; see below.")
    points.append(_vintages(result))
    if result.study.description:
        points.insert(0, result.study.description)
    return tuple(map(sentence, points))


def _best_gain(judgement: StudyJudgement, base: str, horizon: int, period: str) -> str:
    gain = judgement.gains_over(base)[horizon].dropna()
    if gain.empty:
        return f"No other provider can be compared with {name_of(base)}"
    best, worst = str(gain.idxmax()), str(gain.idxmin())
    most = f"{name_of(best)} had the highest D over {name_of(base)}, {signed(gain[best], 1)}"
    return f"{sentence(_ahead((horizon,), period))[:-1]}, {most}" + (
        f"; the lowest was {name_of(worst)}, {signed(gain[worst], 1)}" if best != worst else ""
    )


def _best_density(judgement: StudyJudgement, base: str, horizon: int, period: str) -> list[str]:
    gains = judgement.density_gains["crps"]
    gain = gains[gains.index.get_level_values("horizon") == horizon].droplevel("horizon").dropna()
    if gain.empty:
        return []
    best = str(gain.idxmax())
    inside = float(judgement.densities["coverage_80"].loc[best, horizon])
    return [
        f"Distributions, {_ahead((horizon,), period)}: {name_of(best)} had the highest gain in CRPS over "
        f"{name_of(base)}, {signed(gain[best], 1)}%; its 10 to 90% interval held {percent(inside, 0)} of outcomes"
    ]


def _vintages(result: StudyResult) -> str:
    if result.source.vintages != "true":
        kind = "pseudo vintages: each forecast saw only the periods released by that day, in final numbers"
        return f"Data: {result.source.name}, {kind}. Outcomes are the same final numbers"
    kind = "true vintages: each forecast saw the numbers as first published and revised by that day"
    came = "as first reported" if result.study.outcomes == "first" else "as last reported"
    return f"Data: {result.source.name}, {kind}. Outcomes are the numbers {came}"


def _weights(result: StudyResult, judgement: StudyJudgement) -> tuple[Section, ...]:
    options: dict[str, tuple[Part, ...]] = {}
    for provider in judgement.weights.index.unique("provider"):
        if result.weights.loc[result.weights["provider"] == provider, "weight"].nunique() == 1:
            continue  # each member weighs the same, always: an ensemble
        parts = (
            weight_table(judgement, str(provider)),
            weight_histogram(result.weights, str(provider)),
            weights_through_time(result.weights, str(provider)),
        )
        options[name_of(str(provider))] = tuple(part for part in parts if part is not None)
    return (Section("Weights", Choice("Provider", options)),) if options else ()


def _series(result: StudyResult, judgement: StudyJudgement) -> Section:
    tables = {f"{horizon} ahead": (ratio_table(result, judgement, horizon),) for horizon in judgement.horizons}
    return Section("Series by series", Choice("Horizon", tables))


def _refusals(result: StudyResult) -> tuple[Section, ...]:
    shared = "All providers are judged on the origins that they share."
    table = refusal_table(result.refusals, len(result.study.origins), shared)
    return (Section("Refusals", table),) if table is not None else ()


def _data(result: StudyResult) -> tuple[Part, ...]:
    study, source = result.study, result.source
    terms = {
        "Source": source.name,
        "Vintages": source.vintages,
        "Series": f"{study.series}" if isinstance(study.series, str) else cardinal(list(study.series)),
        "Frequency": {"D": "daily", "M": "monthly", "Q": "quarterly"}[study.frequency],
        "Measures": cardinal([str(name).replace("_", " ") for name in result.forecasts["measure"].unique()]),
        "Definitions": (
            "D, weights, normalised RMSE and right directions as in the Automatic Macro Forecasting System, The "
            "Journal of Trading (2016)"
        ),
    }
    providers = tuple(
        f"{choice.title}: {_settings(choice.name, choice.settings)}; {_fitted(choice.fitted_every(study.schedule))}"
        for choice in study.providers
    )
    return (
        Words(terms=terms),
        Words(items=providers),
        *((Words(items=tuple(map(sentence, source.notes))),) if source.notes else ()),
    )


def _fitted(every: int) -> str:
    return "fitted at every origin" if every == 1 else f"fitted every {every} origins"


def _settings(name: str, settings: Mapping[str, Any]) -> str:
    """A provider and its settings in words.

    >>> _settings("bma", {"members": ("machine", "autoregression"), "system": {"max_delay": 6}})
    'bma, members machine and autoregression, system max_delay 6'
    """
    return ", ".join([name, *(f"{key} {_setting(value)}" for key, value in settings.items())])


def _setting(value: Any) -> str:
    if isinstance(value, Mapping):
        return cardinal([f"{key} {_setting(item)}" for key, item in value.items()])
    return cardinal(list(map(str, value))) if isinstance(value, (tuple, list)) else str(value)

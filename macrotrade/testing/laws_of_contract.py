"""Laws of the contract: form, repeatability, and freedom from labels and from what was asked beside it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from macrotrade.forecast import Forecast, Provider, Target, provider_settings
from macrotrade.panel.panel import Panel
from macrotrade.testing import altered
from macrotrade.testing.case import Case, broken, problem_with, state_of
from macrotrade.testing.report import LawResult
from macrotrade.testing.trial import Trial, compare, guarded

__all__ = [
    "column_order",
    "form_of_the_forecast",
    "horizons_alone",
    "names_of_others",
    "nothing_changed",
    "order_of_calls",
    "same_twice",
    "series_alone",
]

_SAME_NUMBERS = 1e-6
"""Share of the spread by which a forecast may move when columns change places: sums are taken in another order."""


def form_of_the_forecast(case: Case) -> LawResult:
    """A forecast answers its target, is dated by its panel, and has as origin the last known values."""
    law = "form of the forecast"
    for day, trial in zip(case.origins, case.base, strict=True):
        problem = trial.error or problem_with(trial.forecast, case.history.as_of(day), case.target)
        if problem:
            return LawResult(law, "failed", problem, day, None, np.inf)
    return LawResult(law, "passed", f"{len(case.base)} forecasts, finite and as asked")


def same_twice(case: Case) -> LawResult:
    """Fitting again, and forecasting again, gives the same numbers."""
    law = "same twice"
    for day, trial, _ in case.made():
        panel = case.history.as_of(day)
        gap = compare(trial, case.on_panel(panel))
        if gap is None:
            gap = compare(trial, guarded(partial(_second_forecast, case, panel)))
        if gap is not None:
            return broken(law, day, gap, "between two runs on one panel")
    return LawResult(law, "passed", "two runs agree bit for bit")


def order_of_calls(case: Case) -> LawResult:
    """What was fitted before changes nothing: late origins first give what early origins first gave."""
    law = "order of calls"
    for day, trial, _ in reversed(case.made()):
        gap = compare(trial, guarded(partial(_forecast_by, case.provider, case.history.as_of(day), case.target)))
        if gap is not None:
            return broken(law, day, gap, "after a later origin had been fitted: something is remembered")
    return LawResult(law, "passed", "nothing is remembered between fits")


def nothing_changed(case: Case) -> LawResult:
    """Fitting and forecasting change neither the panel nor the provider."""
    law = "nothing changed"
    for day, _, _ in case.made():
        panel = case.history.as_of(day)
        before = panel.fingerprint()
        guarded(partial(_forecast_by, case.provider, panel, case.target))
        if panel.fingerprint() != before:
            return LawResult(law, "failed", "the panel was written to", day, None, np.inf)
    if state_of(case.provider) != case.state:
        return LawResult(law, "failed", "the provider's own fields changed in fit or forecast", difference=np.inf)
    return LawResult(law, "passed", "panel and provider are as they were")


def column_order(case: Case) -> LawResult:
    """The order of a panel's columns does not matter."""
    return _relabelled(case, "column order", altered.columns_reversed, "with the columns in reverse order")


def names_of_others(case: Case) -> LawResult:
    """The names of series the provider was not told about do not matter."""
    told = frozenset(case.target.names) | _strings(provider_settings(case.provider))
    return _relabelled(
        case,
        "names of others",
        lambda panel: altered.bystanders_renamed(panel, told),
        "with series renamed that it was not told about",
    )


def horizons_alone(case: Case) -> LawResult:
    """A horizon's forecast is the same whichever other horizons are asked for."""
    law = "horizons alone"
    for day, _, forecast in case.made():
        panel = case.history.as_of(day)
        for row, horizon in enumerate(case.target.horizons):
            alone = case.on_panel(panel, replace(case.target, horizons=(horizon,)))
            gap = compare(_part(forecast, slice(row, row + 1), slice(None)), alone)
            if gap is not None:
                return broken(law, day, gap, f"when horizon {horizon} was asked for alone")
    return LawResult(law, "passed", "each horizon stands by itself")


def series_alone(case: Case) -> LawResult:
    """Whether a series' forecast depends on which others are forecast with it; a joint model's may."""
    law = "series alone"
    largest = 0.0
    for day, _, forecast in case.made():
        panel = case.history.as_of(day)
        for column, (name, measure) in enumerate(zip(case.target.names, case.target.measures, strict=True)):
            alone = case.on_panel(panel, replace(case.target, series=name, measure=measure))
            gap = compare(_part(forecast, slice(None), slice(column, column + 1)), alone)
            largest = max(largest, gap.relative if gap else 0.0)
    words = "each series stands by itself" if largest == 0 else f"a series alone moves by up to {largest:.3g} spreads"
    return LawResult(law, "information", words)


def _relabelled(case: Case, law: str, relabel: Callable[[Panel], Panel], words: str) -> LawResult:
    largest = 0.0
    for day, trial, _ in case.made():
        gap = compare(trial, case.on_panel(relabel(case.history.as_of(day))))
        if gap is not None and not gap.relative <= _SAME_NUMBERS:
            return broken(law, day, gap, words)
        largest = max(largest, gap.relative if gap else 0.0)
    return LawResult(
        law, "passed", f"no forecast moved by more than {largest:.1g} spreads (allowed: {_SAME_NUMBERS:g})"
    )


def _forecast_by(provider: Provider, panel: Panel, target: Target) -> Forecast:
    return provider.fit(panel, target).forecast(panel)


def _second_forecast(case: Case, panel: Panel) -> Forecast:
    forecaster = case.factory(case.history).fit(panel, case.target)
    forecaster.forecast(panel)
    return forecaster.forecast(panel)


def _part(forecast: Forecast, rows: slice, columns: slice) -> Trial:
    """Some horizons and series of a forecast, for comparison with one of these alone."""
    target = replace(
        forecast.target,
        series=forecast.target.names[columns],
        horizons=forecast.target.horizons[rows],
        measure=forecast.target.measures[columns],
    )
    return Trial(
        replace(
            forecast,
            target=target,
            mean=forecast.mean[:, rows, columns],
            scale=forecast.scale[:, rows, columns],
            weights=forecast.weights[:, rows, columns],
            origin=forecast.origin[columns],
        )
    )


def _strings(value: Any) -> frozenset[str]:
    """Every string in a setting, whatever it is nested in."""
    if isinstance(value, str):
        return frozenset({value})
    if isinstance(value, dict):
        return frozenset[str]().union(*map(_strings, value.values()))
    if isinstance(value, (list, tuple, set, frozenset)):
        return frozenset[str]().union(*map(_strings, value))
    return frozenset()

"""One careless provider for each kind of leak, and the law that catches it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import pandas as pd
import pytest

from macrotrade import Forecast, History, Panel, Target
from macrotrade.errors import DataError, LookAheadError
from macrotrade.testing import CheckReport, check_provider

TARGET = Target("DGS10", (1, 2))


@dataclass(frozen=True)
class Rule:
    """Forecasts at every horizon the change that `change` computes from the panel, with a spread of a tenth."""

    change: Callable[[Panel], float]
    target: Target = TARGET

    def fit(self, panel: Panel, target: Target) -> Rule:
        return replace(self, target=target)

    def forecast(self, panel: Panel) -> Forecast:
        origin = panel.values("DGS10").to_numpy()[-1:]
        mean = np.full((1, len(self.target.horizons), 1), self.change(panel))
        return Forecast(self.target, panel.as_of, panel.period(), mean, np.full(mean.shape, 0.1), np.ones(1), origin)


def monthly(history: History) -> pd.DataFrame:
    """Every month of the history, later ones included: what a user has who loaded one file."""
    return history.as_of(history.last_day).monthly


def full_sample_scaling(history: History) -> Rule:
    yields = monthly(history)["DGS10"]
    z = (yields - yields.mean()) / yields.std()
    return Rule(lambda panel: -0.1 * z[panel.period()])


def full_sample_median(history: History) -> Rule:
    median = monthly(history)["DGS10"].median()
    return Rule(lambda panel: 0.1 * (median - panel.values("DGS10").iloc[-1]))


def shifted_from_the_future(history: History) -> Rule:
    label = np.sign(monthly(history)["DGS10"].diff().shift(-1))
    return Rule(lambda panel: 0.1 * label[panel.period()])


def final_data(history: History) -> Rule:
    inflation = np.log(monthly(history)["CPI"]).diff()
    return Rule(lambda panel: inflation[panel.values("CPI").index[-1]])


def target_inside_the_features(history: History) -> Rule:
    table = monthly(history)[["DGS10", "SPX"]].diff().dropna()

    def regression(panel: Panel) -> float:
        known = table[: panel.period()]
        features = np.column_stack([np.ones(len(known)), known["SPX"], known["DGS10"]])
        slope = np.linalg.lstsq(features, known["DGS10"].to_numpy(), rcond=None)[0]
        row = table.loc[panel.period() + 1]  # the row that is forecast, its own outcome among the features
        return float(slope @ [1.0, row["SPX"], row["DGS10"]])

    return Rule(regression)


def interpolated_gap(history: History) -> Rule:
    survey = monthly(history)["SURVEY"].interpolate()
    return Rule(lambda panel: 0.01 * (survey[panel.period()] - 50))


@dataclass(frozen=True)
class Remembers(Rule):
    """Keeps the latest panel that any instance was fitted to."""

    latest: ClassVar[list[Panel]] = []

    def fit(self, panel: Panel, target: Target) -> Rule:
        self.latest.append(panel)
        newest = max(self.latest, key=lambda seen: seen.as_of)
        return Rule(lambda now: 0.1 * (newest.values("DGS10").iloc[-1] - now.values("DGS10").iloc[-1]), target)


def class_level_memory(history: History) -> Remembers:
    return Remembers(lambda panel: 0.0)


LEAKS = [
    (full_sample_scaling, "future truncated"),
    (full_sample_scaling, "future overwritten"),
    (full_sample_median, "future truncated"),
    (full_sample_median, "future overwritten"),
    (shifted_from_the_future, "future truncated"),
    (final_data, "later revisions"),
    (target_inside_the_features, "future truncated"),
    (target_inside_the_features, "future overwritten"),
    (interpolated_gap, "future truncated"),
    (class_level_memory, "order of calls"),
]


@pytest.mark.parametrize(("leak", "law"), LEAKS, ids=lambda value: getattr(value, "__name__", value))
def test_a_leak_is_caught_by_the_law_made_for_it(history: History, leak: Callable[[History], Rule], law: str) -> None:
    Remembers.latest.clear()

    report = check_provider(leak, history, TARGET, ORIGINS)

    assert law in broken(report)
    with pytest.raises(LookAheadError, match=law):
        report.raise_for_failures()


def test_revised_data_are_caught_where_the_vintages_are_true(revised_history: History) -> None:
    report = check_provider(final_data, revised_history, TARGET, ORIGINS)

    assert {"later revisions", "future overwritten", "future truncated"} <= broken(report)


def test_signs_alone_would_have_missed_full_sample_scaling(history: History) -> None:
    """Why forecasts are compared bit for bit: the sign of a score survives a truncated future."""
    origins = pd.date_range("1998-01-31", "2007-12-31", freq="QE")
    whole = full_sample_scaling(history)
    same_sign = [
        np.sign(whole.change(history.as_of(day)))
        == np.sign(full_sample_scaling(history.truncated(day)).change(history.as_of(day)))
        for day in origins
    ]

    assert np.mean(same_sign) > 0.5
    assert "future truncated" in broken(check_provider(full_sample_scaling, history, TARGET, ORIGINS))


def test_a_failure_names_law_origin_series_and_largest_difference(history: History) -> None:
    report = check_provider(full_sample_scaling, history, TARGET, ORIGINS)

    failure = next(result for result in report.failures if result.law == "future truncated")
    expected = [
        abs(full_sample_scaling(history).change(panel) - full_sample_scaling(history.truncated(day)).change(panel))
        for day in ORIGINS[:1]
        for panel in [history.as_of(day)]
    ]
    assert failure.origin == pd.Timestamp(ORIGINS[0])
    assert failure.series == "DGS10"
    assert failure.difference == pytest.approx(expected[0])
    assert "1999-06-30, DGS10" in str(failure)


def test_data_of_its_own_are_caught_although_no_history_reaches_them(history: History) -> None:
    own = monthly(history)["DGS10"]  # as read from a file of final numbers, whatever history is given
    provider = Rule(lambda panel: 0.1 * (6 - own[panel.period()]))

    report = check_provider(provider, history, TARGET, ORIGINS)

    assert broken(report) == {"data of the time"}


def test_memory_of_an_instance_is_caught(history: History) -> None:
    class KeepsItsFirstFit:
        def fit(self, panel: Panel, target: Target) -> Rule:
            self.first = getattr(self, "first", panel)
            return Rule(lambda now: 0.1 * (self.first.values("DGS10").iloc[-1] - now.values("DGS10").iloc[-1]), target)

    report = check_provider(KeepsItsFirstFit(), history, TARGET, ORIGINS)

    assert "nothing changed" in broken(report)


def test_unseeded_draws_are_caught(history: History) -> None:
    report = check_provider(Rule(lambda panel: np.random.default_rng().normal()), history, TARGET, ORIGINS)

    assert "same twice" in broken(report)


def test_reading_by_position_is_caught(history: History) -> None:
    report = check_provider(Rule(lambda panel: panel.monthly.iloc[-1, -1] * 1e-4), history, TARGET, ORIGINS)

    assert "column order" in broken(report)


def test_reading_a_series_it_was_not_told_about_is_caught(history: History) -> None:
    report = check_provider(Rule(lambda panel: panel.values("SPX").iloc[-1] * 1e-4), history, TARGET, ORIGINS)

    assert "names of others" in broken(report)


def test_a_forecaster_that_needs_its_own_panel_is_caught(history: History) -> None:
    @dataclass(frozen=True)
    class OnePanel:
        def fit(self, panel: Panel, target: Target) -> Rule:
            def change(now: Panel) -> float:
                if now.as_of != panel.as_of:
                    raise DataError("this forecaster knows one panel only")
                return 0.1 * panel.values("DGS10").iloc[-1]

            return Rule(change, target)

    report = check_provider(OnePanel(), history, TARGET, ORIGINS)

    assert broken(report) == {"one origin later"}
    assert "knows one panel only" in str(report)


def test_a_forecast_dated_otherwise_is_caught(history: History) -> None:
    class Misdated(Rule):
        def forecast(self, panel: Panel) -> Forecast:
            honest = super().forecast(panel)
            return Forecast(
                honest.target, honest.as_of, honest.period - 1, honest.mean, honest.scale, honest.weights, honest.origin
            )

    report = check_provider(Misdated(lambda panel: panel.values("DGS10").iloc[-1]), history, TARGET, ORIGINS)

    assert "form of the forecast" in broken(report)
    assert "counts horizons from" in str(report)


ORIGINS = ["1999-06-30", "2003-08-31", "2007-10-31"]


def broken(report: CheckReport) -> set[str]:
    return {result.law for result in report.failures}

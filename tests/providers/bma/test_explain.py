"""Why a forecast changed: parts that sum to the change, each against a forecast made without it."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from macrotrade import History
from macrotrade.errors import SettingsError
from macrotrade.forecast import Target
from macrotrade.providers.bma import BMA, ForecastChange, Machine, explain_change
from macrotrade.providers.bma.attribution import Question, parts_of
from macrotrade.providers.bma.chain import Chain, Step, chain_between, solved_with
from macrotrade.providers.bma.responses import solve_members
from tests.providers.bma.conftest import FEW

ALL_MEASURES = Target(
    ("INDPRO", "HOUST", "UNRATE", "GS10", "CPIAUCSL"),
    (1, 3),
    ("level", "log_change", "change", "one_period_change", "one_period_log_change"),
)


def explained(history: History, before: str, after: str, target: Target, provider=None) -> tuple[ForecastChange, ...]:
    return (provider or BMA(series=FEW)).explain(history.as_of(before), history.as_of(after), target)


def assert_the_parts_sum(changes: tuple[ForecastChange, ...]) -> None:
    for change in changes:
        gap = sum(part.amount for part in change.parts) - (change.after - change.before)
        assert abs(gap) < 1e-10 * max(1.0, abs(change.before)), str(change)


@pytest.mark.parametrize(
    ("before", "after"), [("2008-09-30", "2008-10-31"), ("2003-11-30", "2004-03-31"), ("2010-06-15", "2010-06-30")]
)
def test_the_parts_sum_on_final_numbers_held_back(embedded, before, after):
    changes = explained(embedded, before, after, ALL_MEASURES)

    assert_the_parts_sum(changes)
    assert [(change.series, change.horizon) for change in changes] == [
        (name, horizon) for name in ALL_MEASURES.names for horizon in (1, 3)
    ]
    assert not any(part.kind == "revision" for change in changes for part in change.parts)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("2008-08-31", "2008-09-30"),
        ("2003-11-30", "2003-12-31"),  # some series lose their history in a comprehensive revision
        ("2014-12-31", "2015-01-31"),  # claims are counted in persons from then on
        ("2025-10-31", "2025-12-31"),  # a month that was never published
    ],
)
def test_the_parts_sum_on_true_vintages(archive, before, after):
    changes = explained(archive, before, after, ALL_MEASURES)

    assert_the_parts_sum(changes)
    assert any(part.kind == "revision" for change in changes for part in change.parts)


def test_the_parts_sum_for_a_whole_panel_whose_series_change(archive):
    target = Target(("INDPRO", "FEDFUNDS"), (1,), "change")

    changes = explained(archive, "2016-05-31", "2016-06-30", target, BMA(window_years=13))

    assert_the_parts_sum(changes)


def test_the_forecasts_compared_are_the_forecasts_made(embedded):
    provider, target = BMA(series=FEW), Target("HOUST", (1, 2), "log_change")
    panels = [embedded.as_of(day) for day in ("2008-08-31", "2008-09-30")]
    made = [provider.fit(panel, target).forecast(panel) for panel in panels]

    changes = provider.explain(*panels, target)

    for row, change in enumerate(changes):
        assert change.before == pytest.approx(made[0].point()[row, 0], abs=1e-13)
        assert change.after == pytest.approx(made[1].point()[row, 0], abs=1e-13)
        assert change.units == "logarithms, decimal"
        assert (str(change.before_period), str(change.after_period)) == (f"2008-{9 + row:02}", f"2008-{10 + row}")


def chain_of(history: History, before: str, after: str, target: Target) -> tuple[Chain, Question]:
    """The machine's chain, and the question about its first series one period ahead, as a level."""
    forecasters, panels = [], [history.as_of(before), history.as_of(after)]
    for panel in panels:
        forecasters.append(Machine(series=FEW).fit(panel, target))
    readings = tuple(forecaster.read(panel) for forecaster, panel in zip(forecasters, panels, strict=True))
    steps = [
        Step(solve_members(forecaster.system, reading, (1,), ("machine",))[1][0], reading.first)
        for forecaster, reading in zip(forecasters, readings, strict=True)
    ]
    chain = chain_between("machine", steps[0], steps[1], readings, panels[1], "M", 1)
    periods = panels[0].period("M").ordinal + 1, panels[1].period("M").ordinal + 1
    log = forecasters[0].system.conversions[forecasters[0].system.place(target.names[0])].log
    return chain, Question(target.names[0], periods, (None, None), log)


@pytest.mark.parametrize("name", ["HOUST", "INDPRO", "PAYEMS"])
def test_a_revisions_part_is_the_forecast_with_only_that_series_revised(archive, name):
    chain, question = chain_of(archive, "2008-08-31", "2008-09-30", Target(name, (1,), "level"))
    later, revised = chain.later.solved, chain.revised.solved
    parts = {part.series: part.amount for part in parts_of(chain, question) if part.kind == "revision"}
    names = later.system.names

    assert parts
    for series in names:
        column = names.index(series)
        levels = [np.column_stack([c.reported(s.edge.working[:, j]) for j, c in enumerate(s.system.conversions)])
                  for s in (later, revised)]  # fmt: skip
        levels[0][:, column] = levels[1][:, column]
        values = np.full((len(levels[0]), later.system.sample.columns.max() + 1), np.nan)
        values[:, later.system.sample.columns] = levels[0]
        alone = Step(solved_with(later.system, values, later.edge.n_horizons, later.equations), chain.later.first)
        effect = question.then(alone) - question.then(chain.later)
        assert parts.get(series, 0.0) == pytest.approx(effect, abs=1e-11)


def test_a_releases_part_is_what_the_forecast_lacks_without_its_surprise(archive):
    chain, question = chain_of(archive, "2008-08-31", "2008-09-30", Target("HOUST", (1,), "level"))
    released = chain.released.solved
    system, names = released.system, released.system.names
    parts = {part.series: part for part in parts_of(chain, question) if part.kind == "release"}

    assert set(parts) == set(names)
    for series, part in parts.items():
        column = names.index(series)
        working = released.edge.working[: released.edge.n_periods].copy()
        working[released.edge.last_known[column], column] -= part.surprise  # all are differenced once
        levels = np.column_stack([c.reported(working[:, j]) for j, c in enumerate(system.conversions)])
        values = np.full((len(levels), system.sample.columns.max() + 1), np.nan)
        values[:, system.sample.columns] = levels
        without = Step(solved_with(system, values, released.edge.n_horizons, released.equations), chain.released.first)
        assert part.amount == pytest.approx(question.then(chain.released) - question.then(without), abs=1e-11)
        if part.amount:
            assert part.amount == pytest.approx(part.weight * part.surprise)


def test_a_withdrawn_number_is_a_revision(embedded):
    provider, target = Machine(series=FEW), Target("INDPRO", (1,), "level")
    panel = embedded.as_of("2008-10-31")
    last = panel.monthly["HOUST"].last_valid_index()
    frames = dict(panel.frames)
    frames["M"].loc[last, "HOUST"] = np.nan
    later = dataclasses.replace(panel, frames=frames)

    (change,) = explain_change(provider.fit(panel, target), panel, provider.fit(later, target), later)

    assert_the_parts_sum((change,))
    assert {part.series for part in change.parts if part.kind == "revision"} <= {"HOUST"}
    assert not [part for part in change.parts if part.kind in ("time", "release")]


def test_without_a_new_fit_nothing_is_estimated_or_selected_again(embedded):
    provider, target = BMA(series=FEW), Target("INDPRO", (1, 2), "log_change")
    before, after = embedded.as_of("2008-08-31"), embedded.as_of("2008-09-30")
    forecaster = provider.fit(before, target)

    changes = explain_change(forecaster, before, forecaster, after)

    assert_the_parts_sum(changes)
    kinds = {part.kind for change in changes for part in change.parts}
    assert kinds <= {"time", "release", "weights"}


def test_nothing_new_is_no_change(embedded):
    panel = embedded.as_of("2008-08-31")

    (change,) = BMA(series=FEW).explain(panel, panel, Target("INDPRO"))

    assert change.change == 0.0
    assert not change.parts


def test_the_guards_repairs_are_a_part(embedded):
    target = Target(("GS10", "HOUST", "INDPRO"), (1, 3), "change")
    strict = BMA(series=FEW, system={"plausible_change": 0.25})
    panels = [embedded.as_of(day) for day in ("2008-08-31", "2008-09-30")]
    forecasters = [strict.fit(panel, target) for panel in panels]
    for forecaster, panel in zip(forecasters, panels, strict=True):
        assert any("Guard (" in reason for reason in forecaster.forecast(panel).reasons)

    changes = explain_change(forecasters[0], panels[0], forecasters[1], panels[1])

    assert_the_parts_sum(changes)
    assert any(part.kind == "guard" for change in changes for part in change.parts)


def test_an_explanation_reads_largest_first(archive):
    (change,) = explained(archive, "2008-08-31", "2008-09-30", Target("INDPRO", (1,), "log_change"))

    table = change.table()
    lines = str(change).splitlines()

    assert list(table["amount"].abs()) == sorted(table["amount"].abs(), reverse=True)
    assert table["amount"].sum() == pytest.approx(change.change, abs=1e-12)
    assert lines[0].startswith("INDPRO, log_change 1 ahead, in logarithms, decimal: ")
    assert len(lines) == 1 + len(change.parts)
    assert sum(change.by_kind().values()) == pytest.approx(change.change, abs=1e-12)


def test_panels_in_the_wrong_order_and_other_targets_are_refused(embedded):
    provider = BMA(series=FEW)
    before, after = embedded.as_of("2008-08-31"), embedded.as_of("2008-09-30")
    one, other = provider.fit(before, Target("INDPRO")), provider.fit(after, Target("HOUST"))

    with pytest.raises(SettingsError, match="swap the two"):
        provider.explain(after, before, Target("INDPRO"))
    with pytest.raises(SettingsError, match="one target"):
        explain_change(one, before, other, after)

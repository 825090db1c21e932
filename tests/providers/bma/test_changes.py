"""What changed from one system to the next."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from macrotrade.errors import SettingsError
from macrotrade.forecast import Target
from macrotrade.providers.bma import BMA, BMAForecaster, what_changed
from tests.providers.bma.conftest import FEW

TARGET = Target(("HOUST", "GS10"), (1, 2))


@pytest.fixture(scope="module")
def months(embedded) -> tuple[BMAForecaster, BMAForecaster]:
    first, second = (embedded.as_of(day) for day in ("2008-09-30", "2009-03-31"))
    return BMA(series=FEW).fit(first, TARGET), BMA(series=(*FEW, "TB3MS")).fit(second, TARGET)


def test_a_system_does_not_differ_from_itself(months):
    change = what_changed(months[0].system, months[0].system)

    assert not change
    assert str(change) == "Nothing changed."


def test_links_are_gained_and_lost(months):
    before, after = (forecaster.system for forecaster in months)
    change = what_changed(before, after)

    pairs = [{(link.source, link.target) for link in system.links()} for system in (before, after)]
    assert {(link.source, link.target) for link in change.links_gained} == pairs[1] - pairs[0]
    assert {(link.source, link.target) for link in change.links_lost} == pairs[0] - pairs[1]
    assert change.joined == ("TB3MS",)
    assert what_changed(after, before).left == ("TB3MS",)


def test_candidates_are_gained_and_lost(months):
    before, after = (forecaster.system for forecaster in months)

    for change in what_changed(before, after).candidates:
        old, new = set(before.candidates(change.target)), set(after.candidates(change.target))
        assert (set(change.gained), set(change.lost)) == (new - old, old - new)
        assert str(change).startswith(f"{change.target}: ")


def test_every_coefficient_that_moved_is_listed_by_its_standard_errors(months):
    before, after = (forecaster.system for forecaster in months)
    change = what_changed(before, after)

    moved = [term for term in change.terms if np.isfinite(term.deviations)]
    sizes = [term.deviations for term in moved]
    assert sizes == sorted(sizes, reverse=True)
    for term in moved:
        (old,) = [each for each in before.equation(term.target).terms if each.label == term.regressor]
        (new,) = [each for each in after.equation(term.target).terms if each.label == term.regressor]
        error = abs(old.coefficient / old.t_statistic)
        assert (term.before, term.after) == (old.coefficient, new.coefficient)
        assert term.deviations == pytest.approx(abs(new.coefficient - old.coefficient) / error)


def test_a_form_that_changed_is_named_and_its_terms_are_not_compared(months):
    before = months[0].system
    place = before.place("GS10")
    other = dataclasses.replace(before.conversions[place], log=not before.conversions[place].log)
    equations = list(before.equations)
    equations[place] = dataclasses.replace(equations[place], conversion=other)

    change = what_changed(before, dataclasses.replace(before, equations=tuple(equations)))

    assert [str(each) for each in change.forms] == [f"GS10: {before.conversions[place]} -> {other}"]
    assert not [term for term in change.terms if term.target == "GS10"]


def test_forecasts_stand_side_by_side(months, embedded):
    first, second = months[0].forecast(embedded.as_of("2008-09-30")), months[1].forecast(embedded.as_of("2009-03-31"))

    change = what_changed(months[0].system, months[1].system, (first, second), series=["GS10"])

    row = change.forecasts.loc[("GS10", 2)]
    assert (row["period_before"], row["period_after"]) == ("2008-11", "2009-05")
    assert row["change"] == second.point()[1, 1] - first.point()[1, 1]
    assert len(change.forecasts) == 2
    assert "Forecasts:" in str(change)
    assert "Links gained:" in str(change)


def test_forecasts_of_different_targets_are_not_compared(months, embedded):
    panel = embedded.as_of("2008-09-30")
    other = BMA(series=FEW).fit(panel, Target("GS10")).forecast(panel)

    with pytest.raises(SettingsError, match="one target"):
        what_changed(months[0].system, months[0].system, (months[0].forecast(panel), other))

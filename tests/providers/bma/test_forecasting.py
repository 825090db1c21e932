"""Forecasts in reported units, ragged ends, and what the guard does."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from macrotrade.errors import DataError, FitError
from macrotrade.providers.bma import MA, MAS, SystemSettings, average, build_system, forecast, posterior_weights
from macrotrade.providers.bma.building import Design
from macrotrade.providers.bma.equation import Equation, Term
from macrotrade.providers.bma.guard import largest_changes, sound_loops
from macrotrade.providers.bma.system import System

from .conftest import RealPanel, economy

NAMES = ["a", "b", "c", "d"]


@pytest.fixture(scope="module")
def levels() -> np.ndarray:
    return economy(31, 200, 4)


@pytest.fixture(scope="module")
def system(levels: np.ndarray) -> System:
    return build_system(levels, NAMES, SystemSettings(significance=0.5, bidirectional="allowed", first_block="always"))


def with_terms(system: System, name: str, terms: list[Term]) -> tuple[Equation, ...]:
    place = system.place(name)
    changed = replace(system.equations[place], terms=tuple(terms), origin="machine")
    return (*system.equations[:place], changed, *system.equations[place + 1 :])


def test_an_autoregression_is_iterated_in_its_converted_form(system: System, levels: np.ndarray) -> None:
    result = forecast(system, levels, 3, equations=system.autoregressions)

    assert str(system.conversions[0]) == "dlog"
    equation = system.autoregressions[0]
    growth = np.diff(np.log(levels[:, 0])).tolist()
    for _ in range(3):
        growth.append(sum(t.coefficient * (1.0 if t.kind == "intercept" else growth[-t.lag]) for t in equation.terms))
    expected = levels[-1, 0] * np.exp(np.cumsum(growth[-3:]))
    np.testing.assert_allclose(result.levels[:, 0], expected, rtol=1e-12)


def test_uncertainty_grows_by_the_members_own_dynamics(system: System, levels: np.ndarray) -> None:
    result = forecast(system, levels, 4, equations=system.autoregressions)

    equation = system.autoregressions[2]
    weights = np.zeros(13)
    for term in equation.terms[1:]:
        weights[term.lag] = term.coefficient
    psi = [1.0]
    for h in range(1, 4):
        psi.append(sum(weights[d] * psi[h - d] for d in range(1, h + 1)))
    spread = equation.left_out_deviation * np.sqrt(np.cumsum(np.cumsum(psi) ** 2))
    np.testing.assert_allclose(result.working_scales[:, 2], spread, rtol=1e-10)
    np.testing.assert_allclose(result.scales[:, 2], spread * result.levels[:, 2], rtol=1e-10)


def test_system_uncertainty_equals_simulation_of_its_own_shocks(system: System, levels: np.ndarray) -> None:
    ragged = levels.copy()
    ragged[-1, 0] = np.nan
    result = forecast(system, ragged, 3)
    form = system.linear_form
    deviations = np.array([e.left_out_deviation for e in result.equations])
    rng = np.random.default_rng(0)
    converted = np.vstack([c.apply(ragged[:, j]) for j, c in enumerate(system.conversions)]).T
    converted = np.vstack([converted, np.full((3, 4), np.nan)])
    n_draws, paths = 4000, np.zeros((4000, 4, 4))
    base = len(ragged) - 1
    impact = np.linalg.inv(np.eye(4) - form.now)
    for draw in range(n_draws):
        x = np.zeros_like(converted)
        for t in range(base, base + 4):
            unknown = np.isnan(converted[t])
            right = sum(form.lag_matrices[d] @ x[t - d] for d in range(1, len(form.lag_matrices)))
            right = right + deviations * rng.standard_normal(4)
            if unknown.all():
                x[t] = impact @ right
            else:
                rows = np.ix_(unknown, unknown)
                x[t, unknown] = np.linalg.solve((np.eye(4) - form.now)[rows], right[unknown])
        paths[draw] = np.cumsum(x[base : base + 4], axis=0)

    np.testing.assert_allclose(result.working_scales, paths[:, 1:].std(axis=0), rtol=0.06)


def test_a_late_series_is_completed_and_nothing_released_is_overwritten(system: System, levels: np.ndarray) -> None:
    ragged = levels.copy()
    ragged[-2:, 1] = np.nan
    ragged[-1, 3] = np.nan

    result = forecast(system, ragged, 2)

    known = ~np.isnan(ragged[-2:])
    np.testing.assert_allclose(result.edge_levels[known], ragged[-2:][known], rtol=1e-14)
    assert np.isfinite(result.edge_levels).all()
    converted = np.column_stack([c.apply(ragged[:, j]) for j, c in enumerate(system.conversions)])
    solved = result.solution.values[: len(ragged)]
    released = ~np.isnan(converted)
    assert np.array_equal(solved[released], converted[released])


def test_later_values_do_not_reach_back(system: System, levels: np.ndarray) -> None:
    shorter = levels[:-5]
    changed = levels.copy()
    changed[-5:] *= 1.5

    assert np.array_equal(forecast(system, shorter, 2).levels, forecast(system, changed[:-5], 2).levels)


def test_a_loop_of_gain_above_one_is_cut_at_its_weakest_link(system: System) -> None:
    loop = {"a": ("b", 1.2, 9.0), "b": ("c", 1.1, 4.0), "c": ("a", 0.9, 30.0)}
    equations = list(system.equations)
    for name, (source, weight, t) in loop.items():
        place = system.place(name)
        terms = (Term("intercept", 0.0, 0.1), Term("series", weight, t, series=source, form="dlog", lag=0))
        equations[place] = replace(equations[place], terms=terms)
    place = system.place("d")
    equations[place] = replace(equations[place], terms=(Term("intercept", 0.001, 1.0),))

    sound, cuts = sound_loops(Design(system.sample), equations)

    assert [(cut.target, cut.source) for cut in cuts] == [("b", "c")]
    assert "gain" in cuts[0].reason
    assert sound[system.place("b")].contemporaneous == ()
    assert sound[system.place("a")].terms == equations[system.place("a")].terms


def test_a_runaway_equation_is_replaced_by_its_autoregression_and_recorded(system: System, levels: np.ndarray) -> None:
    runaway = [Term("intercept", 0.0, 0.0), Term("series", 3.0, 50.0, series="c", form="dlog", lag=1)]

    result = forecast(system, levels, 6, equations=with_terms(system, "c", runaway))

    assert [(each.target, each.by) for each in result.replacements] == [("c", "autoregression")]
    assert "times the largest" in str(result.replacements[0])
    autoregressive = forecast(system, levels, 6, equations=system.autoregressions).levels
    place = system.place("c")
    np.testing.assert_allclose(result.levels[:, place], autoregressive[:, place], rtol=1e-12)


def test_an_autoregression_that_runs_away_too_repeats_the_last_value(system: System, levels: np.ndarray) -> None:
    place = system.place("c")
    wild = replace(system.autoregressions[place], terms=(Term("intercept", 5.0, 1.0),))
    autoregressions = (*system.autoregressions[:place], wild, *system.autoregressions[place + 1 :])
    broken = replace(system, autoregressions=autoregressions)

    result = forecast(broken, levels, 3, equations=autoregressions)

    assert [each.by for each in result.replacements] == ["last value"]
    np.testing.assert_allclose(result.levels[:, place], levels[-1, place])
    assert result.scales[0, place] > 0.0


def test_no_forecast_changes_more_than_history_allows(after_the_crisis: RealPanel) -> None:
    values, names = after_the_crisis.values, after_the_crisis.names
    system = build_system(values, names, SystemSettings(max_delay=6))

    result = forecast(system, values, 6)

    assert np.isfinite(result.levels).all()
    assert (result.scales > 0).all()
    for j, (name, conversion) in enumerate(zip(system.names, system.conversions, strict=True)):
        history = values[:, names.index(name)]
        known = conversion.working(history[~np.isnan(history)])
        limits = 2.0 * largest_changes(known[:, None], 12)[:, 0]
        delay = len(history) - 1 - np.flatnonzero(~np.isnan(history))[-1]
        steps = np.abs(result.working[:, j] - known[-1])
        assert (steps <= limits[delay : delay + 6] * (1 + 1e-12)).all(), name


def test_weights_follow_the_printed_formula_and_sum_to_one(system: System, levels: np.ndarray) -> None:
    result = average(system, levels, 2, members=MAS)

    equations = [each.equations[0] for each in result.forecasts]
    bic = [np.log(e.rss_tenfold / e.n_observations) + len(e.terms) * np.log(e.n_observations) / e.n_observations
           for e in equations]  # fmt: skip
    expected = np.exp(-np.array(bic) / 2) / np.exp(-np.array(bic) / 2).sum()
    np.testing.assert_allclose(result.weights[:, 0], expected, rtol=1e-12)
    np.testing.assert_allclose(result.weights.sum(axis=0), 1.0)
    mixed = sum(w * f.levels[:, 0] for w, f in zip(result.weights[:, 0], result.forecasts, strict=True))
    np.testing.assert_allclose(result.levels[:, 0], mixed)


def test_weights_on_real_data_are_near_the_printed_ones(after_the_crisis: RealPanel) -> None:
    system = build_system(after_the_crisis.values, after_the_crisis.names, SystemSettings(max_delay=6))
    members = [system.equations, system.autoregressions, system.seasonal_autoregressions]

    per_observation = posterior_weights(members).mean(axis=1)
    n_scaled = posterior_weights(members, "n_scaled").mean(axis=1)

    np.testing.assert_allclose(per_observation, [0.44, 0.28, 0.28], atol=0.02)
    assert n_scaled[0] > 0.9


def test_two_members_leave_the_third_out(system: System, levels: np.ndarray) -> None:
    assert average(system, levels, 1, members=MA).weights.shape == (2, 4)


def test_a_forecast_needs_values_of_every_series(system: System, levels: np.ndarray) -> None:
    blank = levels.copy()
    blank[:, 2] = np.nan

    with pytest.raises(DataError, match="No value is known of c"):
        forecast(system, blank, 1)
    with pytest.raises(DataError, match="columns"):
        forecast(system, levels[:, :2], 1)
    with pytest.raises(FitError, match="longer history"):
        forecast(system, levels[-8:], 1, equations=system.autoregressions)


def test_a_value_below_zero_in_a_log_form_is_an_error(system: System, levels: np.ndarray) -> None:
    below = levels.copy()
    below[-1, 0] = -1.0

    with pytest.raises(DataError, match="logarithm"):
        forecast(system, below, 1)

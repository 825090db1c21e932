"""The compiled building of equations against its plain writing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from macrotrade.providers.bma import SystemSettings, build_system, screen_causes
from macrotrade.providers.bma.building import (
    Design,
    autoregressions,
    build_equations,
    seasonal_autoregressions,
    select_regressors,
    without_term,
)
from macrotrade.providers.bma.sample import Sample, draw_sample
from tests.providers.bma.reference import PlainBuilder

from .conftest import RealPanel, economy

SAMPLED = 14


def disagreements(sample: Sample, places: list[int]) -> list[str]:
    """Names whose compiled selection, fold scheme, coefficients or residual sums differ from the plain ones."""
    design, screen = Design(sample), screen_causes(sample)
    codes, counts, n_folds, _ = select_regressors(design, screen)
    equations = build_equations(design, screen)
    plain = PlainBuilder(sample.standardised, (sample.first_season + sample.first_row) % 12, sample.settings)
    wrong = []
    for i in places:
        expected = plain.build(i, [int(j) for j in np.flatnonzero(screen.candidates[i])])
        scale = sample.scales[i]
        noise = 1e-14 * sample.n_observations * scale**2
        is_identity = equations[i].rss < noise
        same = (
            codes[i, : counts[i]].tolist() == expected.codes
            and n_folds[i] == expected.n_folds
            and np.isclose(equations[i].rss, expected.rss * scale**2, rtol=1e-9, atol=noise)
            and np.isclose(
                equations[i].rss_cross_validated, expected.rss_cross_validated * scale**2, rtol=1e-8, atol=noise
            )
            and (
                is_identity
                or np.allclose([t.t_statistic for t in equations[i].terms[1:]], expected.t_statistics[1:], rtol=1e-6)
            )
        )
        wrong += [] if same else [sample.names[i]]
    return wrong


def heaviest_and_others(sample: Sample) -> list[int]:
    """The four equations with most candidates and every tenth of the rest."""
    by_candidates = np.argsort(-screen_causes(sample).candidates.sum(axis=1), kind="stable")
    return [int(i) for i in np.concatenate([by_candidates[:4], by_candidates[4::12]])][:SAMPLED]


def test_selections_equal_the_plain_writing_before_the_crisis(before_the_crisis: RealPanel) -> None:
    sample = draw_sample(before_the_crisis.values, before_the_crisis.names, SystemSettings())

    assert disagreements(sample, heaviest_and_others(sample)) == []


def test_selections_equal_the_plain_writing_after_the_crisis(after_the_crisis: RealPanel) -> None:
    sample = draw_sample(after_the_crisis.values, after_the_crisis.names, SystemSettings())

    assert disagreements(sample, heaviest_and_others(sample)) == []


def test_selections_equal_the_plain_writing_on_the_embedded_table(embedded_panel: RealPanel) -> None:
    first_ten_years = embedded_panel.values[:144, ::3]
    sample = draw_sample(first_ten_years, embedded_panel.names[::3], SystemSettings())

    assert disagreements(sample, heaviest_and_others(sample)) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"criterion": "aic"},
        {"criterion": "bic", "folds": (5,)},
        {"selection": "joint"},
        {"first_block": "always"},
        {"n_lags": 6, "block_lags": 3},
        {"n_lags": 4, "block_lags": 8, "final_in_sample_deletion": False},
        {"seasonal": False, "trend": False},
        {"bidirectional": "allowed", "significance": 0.9},
    ],
    ids=str,
)
def test_every_option_equals_the_plain_writing(embedded_panel: RealPanel, changes: dict[str, object]) -> None:
    settings = replace(SystemSettings(), **changes)
    sample = draw_sample(embedded_panel.values[:144, ::8], embedded_panel.names[::8], settings)

    assert disagreements(sample, list(range(0, sample.n_series, 3))) == []


def test_a_series_that_moves_in_one_fold_only_takes_the_careful_route() -> None:
    levels = economy(3, n_periods=160, n_series=3)
    rng = np.random.default_rng(4)
    policy_rate = np.full(160, 5.0)
    policy_rate[120:] += np.cumsum(rng.choice([0.0, 0.25, -0.25], size=40))
    levels[:, 1] *= np.exp(0.02 * np.concatenate([[0.0, 0.0], np.cumsum(np.diff(policy_rate))[:-1]]))
    values = np.column_stack([levels, policy_rate])
    settings = SystemSettings(bidirectional="allowed", significance=0.5)
    sample = draw_sample(values, ["a", "b", "c", "policy rate"], settings)

    assert disagreements(sample, [0, 1, 2, 3]) == []


def test_exactly_dependent_blocks_are_dropped_alike() -> None:
    rng = np.random.default_rng(8)
    short, long = np.cumsum(rng.standard_normal((2, 180)), axis=1)
    target = np.concatenate([[0.0], np.cumsum(0.8 * np.diff(short)[:-1]), [0.0]]) + 0.3 * np.cumsum(
        rng.standard_normal(180)
    )
    values = np.column_stack([target, short, long, long - short])
    settings = SystemSettings(bidirectional="allowed", significance=0.2, first_block="always", folds=(4,))
    sample = draw_sample(values, ["target", "short", "long", "spread"], settings)

    assert disagreements(sample, [0, 1, 2, 3]) == []


def test_results_do_not_depend_on_the_number_of_threads(embedded_panel: RealPanel) -> None:
    import numba

    sample = draw_sample(embedded_panel.values[:144, ::8], embedded_panel.names[::8], SystemSettings())
    many = build_equations(Design(sample), screen_causes(sample))
    before = numba.get_num_threads()
    try:
        numba.set_num_threads(1)
        one = build_equations(Design(sample), screen_causes(sample))
    finally:
        numba.set_num_threads(before)

    assert one == many


def test_the_order_of_series_does_not_matter() -> None:
    levels = economy(11, n_series=5)
    names = ["a", "b", "c", "d", "e"]
    shuffle = [3, 0, 4, 1, 2]

    straight = build_system(levels, names)
    shuffled = build_system(levels[:, shuffle], [names[j] for j in shuffle])

    for name in names:
        assert [t.label for t in straight.equation(name).terms] == [t.label for t in shuffled.equation(name).terms]


def test_the_equation_of_a_simulated_economy_is_recovered() -> None:
    rng = np.random.default_rng(5)
    n = 400
    permits, other = 0.04 * rng.standard_normal((2, n))
    starts = np.zeros(n)
    for t in range(2, n):
        starts[t] = 0.002 - 0.4 * starts[t - 1] + 0.5 * permits[t - 1] + 0.3 * permits[t - 2]
        starts[t] += 0.01 * rng.standard_normal()
    values = np.cumsum(np.column_stack([starts, permits, other]), axis=0) - 10.0

    equation = build_system(values, ["starts", "permits", "other"]).equation("starts")

    found = {term.label: term.coefficient for term in equation.terms if term.kind == "series"}
    assert found.keys() == {"diff starts(t-1)", "diff permits(t-1)", "diff permits(t-2)"}
    np.testing.assert_allclose(list(found.values()), [-0.4, 0.5, 0.3], atol=0.08)


def test_seasons_and_trend_are_found_where_they_are() -> None:
    rng = np.random.default_rng(6)
    n = 240
    season = np.where(np.arange(n) % 12 == 2, 3.0, 0.0)
    growth = 0.2 * rng.standard_normal(n) + season + 0.01 * np.arange(n)

    settings = SystemSettings(n_lags=4, block_lags=4)
    equation = build_system(np.cumsum(growth)[:, None] - 500.0, ["x"], settings, first_season=0).equation("x")

    assert "season 3" in [term.label for term in equation.terms]
    assert any(term.kind == "trend" for term in equation.terms)
    assert [t.coefficient for t in equation.terms if t.label == "season 3"] == pytest.approx([3.0], abs=0.2)


def test_companions_equal_plain_least_squares() -> None:
    levels = economy(2, n_series=3)
    sample = draw_sample(levels, ["a", "b", "c"], SystemSettings(), first_season=5)
    design = Design(sample)
    x = sample.converted[:, 1]
    y, n = x[12:], len(x) - 12
    own = np.column_stack([np.ones(n), *(x[12 - d : len(x) - d] for d in range(1, 13))])
    season = (5 + sample.first_row + np.arange(12, len(x))) % 12
    dummies = np.column_stack([own[:, :2], *(1.0 * (season == s) for s in range(11))])

    for equation, regressors in ((autoregressions(design)[1], own), (seasonal_autoregressions(design)[1], dummies)):
        b, rss = np.linalg.lstsq(regressors, y, rcond=None)[:2]
        variance = rss[0] / (n - len(b)) * np.diag(np.linalg.inv(regressors.T @ regressors))
        np.testing.assert_allclose([t.coefficient for t in equation.terms], b, rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose([t.t_statistic for t in equation.terms], b / np.sqrt(variance), rtol=1e-8, atol=1e-9)
        assert equation.rss == pytest.approx(rss[0])
        assert equation.residual_deviation == pytest.approx(np.sqrt(rss[0] / (n - len(b))))
        left_out = 0.0
        for fold in np.array_split(np.arange(n), 10):
            training = np.setdiff1d(np.arange(n), fold)
            fitted = np.linalg.lstsq(regressors[training], y[training], rcond=None)[0]
            left_out += float(np.sum((y[fold] - regressors[fold] @ fitted) ** 2))
        assert equation.rss_tenfold == pytest.approx(left_out)


def test_cutting_a_term_estimates_the_rest_anew() -> None:
    sample = draw_sample(economy(2, n_series=2), ["a", "b"], SystemSettings())
    design = Design(sample)
    full = autoregressions(design)[0]

    cut = without_term(design, full, full.terms[3])

    assert [t.label for t in cut.terms] == [t.label for t in full.terms if t is not full.terms[3]]
    assert cut.rss > full.rss

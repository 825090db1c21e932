"""The synthetic economy obeys the law it states, and is seen as late and as wrongly as it says."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from macrotrade.errors import SettingsError
from macrotrade.sources.synthetic import SyntheticEconomy, synthetic_economy


@pytest.fixture(scope="module")
def economy() -> SyntheticEconomy:
    return synthetic_economy(seed=1, n_months=2400, start="1800-01")


def final_levels(economy: SyntheticEconomy) -> pd.DataFrame:
    return economy.history.as_of(economy.history.last_day).monthly


def test_the_law_is_stationary(economy):
    assert np.abs(np.linalg.eigvals(economy.truth.coefficients)).max() < 1.0


def test_least_squares_on_the_states_recovers_the_coefficients(economy):
    truth = economy.truth
    states = truth.states.to_numpy()
    design = np.column_stack([np.ones(len(states) - 1), states[:-1]])
    found, *_ = np.linalg.lstsq(design, states[1:], rcond=None)
    residual = states[1:] - design @ found
    unscaled = np.diag(np.linalg.inv(design.T @ design))[1:, None]
    standard_errors = np.sqrt(unscaled * residual.var(axis=0))
    misses = np.abs(found[1:] - truth.coefficients.T) / standard_errors
    assert misses.max() < 4.5
    scale = np.sqrt(np.diag(truth.covariance))
    standardised_miss = (np.cov(residual.T) - truth.covariance) / np.outer(scale, scale)
    assert np.abs(standardised_miss).max() < 0.12


def test_the_expected_next_month_is_the_mean_of_the_next_month(economy):
    truth = economy.truth
    by_hand = truth.mean + truth.coefficients @ (truth.states.iloc[10].to_numpy() - truth.mean)
    np.testing.assert_allclose(truth.expected_next.iloc[10], by_hand)
    surprise = truth.states.shift(-1) - truth.expected_next
    standardised = surprise.mean() / surprise.std() * np.sqrt(len(surprise))
    assert standardised.abs().max() < 4.0


def test_final_levels_grow_as_the_states_say(economy):
    levels = final_levels(economy)
    names = list(economy.truth.delay_days)
    growth = 100 * np.log(levels[names]).diff().iloc[1:]
    np.testing.assert_allclose(growth, economy.truth.states[names].iloc[1:], atol=1e-9)


def test_month_ends_of_the_market_are_the_states(economy):
    levels = final_levels(economy)
    states = economy.truth.states
    np.testing.assert_allclose(levels["DGS10"], states["DGS10"], atol=1e-9)
    np.testing.assert_allclose(100 * np.log(levels["SPX"]).diff().iloc[1:], states["SPX"].iloc[1:], atol=1e-8)


def test_a_month_is_unseen_before_its_delay_and_revised_after(economy):
    history, truth = economy.history, economy.truth
    month = pd.Period("1850-06", "M")
    released = month.end_time.normalize() + pd.Timedelta(days=truth.delay_days["INDPRO"])
    before = history.as_of(released - pd.Timedelta(days=1)).monthly["INDPRO"]
    first = history.as_of(released).monthly["INDPRO"]
    assert before.reindex([month]).isna().all()
    assert first[month] > 0
    second = history.as_of(released + pd.Timedelta(days=30)).monthly["INDPRO"][month]
    third = history.as_of(released + pd.Timedelta(days=60)).monthly["INDPRO"][month]
    final = final_levels(economy)["INDPRO"][month]
    assert first[month] != second
    assert second != third
    assert third == final


def test_the_errors_of_early_releases_are_as_large_as_stated(economy):
    table = economy.history.releases["M"]
    versions = pd.DataFrame(
        {"series": table.series, "period": table.period, "released": table.released, "value": table.value}
    ).sort_values("released")
    number = versions.groupby(["series", "period"]).cumcount()
    final = versions[number == 2].set_index(["series", "period"])["value"]
    for release, scale in enumerate(economy.truth.revision_scale[:2]):
        early = versions[number == release].set_index(["series", "period"])["value"]
        error = 100 * np.log(early / final)
        assert error.std() == pytest.approx(scale, rel=0.03)
        assert error.mean() == pytest.approx(0.0, abs=4 * scale / np.sqrt(len(error)))


def test_the_future_falls_when_the_yield_rises(economy):
    daily = economy.history.market
    assert daily["ZN"].pct_change().corr(daily["DGS10"].diff()) < -0.99


def test_the_direction_of_the_yield_can_be_known_better_than_by_chance(economy):
    truth = economy.truth
    expected = truth.expected_next["DGS10"] - truth.states["DGS10"]
    realised = truth.states["DGS10"].diff().shift(-1)
    assert 0.55 < (np.sign(expected) == np.sign(realised)).mean() < 0.75


def test_daily_steps_are_as_large_in_the_middle_of_a_month_as_at_its_ends(economy):
    steps = economy.history.market["DGS10"].diff().iloc[1:]
    place = steps.groupby(pd.DatetimeIndex(steps.index).to_period("M")).cumcount()
    assert steps[place == 0].std() / steps[place == 10].std() == pytest.approx(1.0, abs=0.1)


def test_equal_seeds_give_equal_economies_and_others_do_not():
    day = "1990-12-31"
    one, same, other = (synthetic_economy(seed, 240).history.as_of(day).fingerprint() for seed in (3, 3, 4))
    assert one == same
    assert one != other


def test_irrelevant_series_drive_nothing():
    truth = synthetic_economy(n_months=24, n_irrelevant=2).truth
    for name in ("NOISE1", "NOISE2"):
        column = truth.coefficients[:, truth.names.index(name)]
        assert np.count_nonzero(column) == 1


@pytest.mark.parametrize("wrong", [{"n_months": 23}, {"revision_scale": (0.3, 0.1)}, {"revision_scale": ()}])
def test_settings_that_make_no_economy_are_refused(wrong):
    with pytest.raises(SettingsError):
        synthetic_economy(**wrong)

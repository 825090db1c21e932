from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.signal import lfilter

from macrotrade.errors import DataError
from macrotrade.evaluation.direction import (
    direction,
    direction_table,
    direction_test,
    hit_rate_by_year,
    pesaran_timmermann,
)


def persistent(rho: float, n_periods: int, generator: np.random.Generator) -> np.ndarray:
    return lfilter([1.0], [1.0, -rho], generator.normal(size=n_periods + 200))[200:]


def size_at_five_per_cent(rho: float, n_periods: int, n_samples: int = 600) -> tuple[float, float]:
    generator = np.random.default_rng(8)
    robust = independent = 0
    for _ in range(n_samples):
        called, came = (persistent(rho, n_periods, generator) > 0 for _ in range(2))
        robust += direction_test(called, came).p_value < 0.05
        independent += pesaran_timmermann(called, came).p_value < 0.05
    return robust / n_samples, independent / n_samples


def test_hits_are_counted_by_what_was_called_and_what_came() -> None:
    found = direction(np.array([1.0, 2, -1, -1, 1, 0, 1, np.nan]), np.array([3.0, -1, -2, 1, 1, 1, 0, 1]))
    assert (found.up_up, found.up_down, found.down_up, found.down_down, found.no_call) == (2, 1, 1, 1, 2)
    assert found.hit_rate == pytest.approx(0.6)
    assert found.base_rate == pytest.approx(0.6)
    assert found.called_up == pytest.approx(0.6)


def test_always_calling_the_commoner_direction_reaches_the_base_rate_and_no_more() -> None:
    found = direction(-np.ones(3), np.array([-1.0, 1.0, -1.0]))

    assert found.hit_rate == found.base_rate == pytest.approx(2 / 3)
    assert found.rises == pytest.approx(1 / 3)


def test_persistence_fools_the_independent_test_and_not_the_headline() -> None:
    robust, independent = size_at_five_per_cent(0.9, 240)
    assert independent > 0.17
    assert robust < 0.10


def test_both_tests_have_their_size_where_periods_are_independent() -> None:
    robust, independent = size_at_five_per_cent(0.0, 240)
    assert 0.025 < robust < 0.08
    assert 0.025 < independent < 0.08


def test_skill_is_found() -> None:
    generator = np.random.default_rng(2)
    outcome = persistent(0.5, 240, generator)
    found = direction(outcome + generator.normal(size=240), outcome)
    assert found.test.p_value < 0.001
    assert found.independent_test.p_value < 0.001


def test_the_slope_is_the_difference_of_two_shares() -> None:
    generator = np.random.default_rng(3)
    called, came = generator.random(50) < 0.6, generator.random(50) < 0.5
    slope = came[called].mean() - came[~called].mean()
    assert np.sign(direction_test(called, came).statistic) == np.sign(slope)
    mirrored = direction_test(~called, ~came)
    assert mirrored.statistic == pytest.approx(direction_test(called, came).statistic)


def test_pesaran_and_timmermann_agree_with_statsmodels_but_for_a_term_of_order_one_over_n() -> None:
    diagnostic = pytest.importorskip("statsmodels.stats.diagnostic")
    if not hasattr(diagnostic, "pesaran_timmermann"):
        pytest.skip("this statsmodels has no pesaran_timmermann")
    generator = np.random.default_rng(4)
    forecast, outcome = generator.normal(size=(2, 300))
    theirs = diagnostic.pesaran_timmermann(outcome, forecast, alternative="larger")
    ours = pesaran_timmermann(forecast > 0, outcome > 0)
    assert ours.statistic == pytest.approx(theirs.statistic / np.sqrt(1 - 1 / 300), rel=1e-9)


@pytest.mark.parametrize(
    ("forecast", "outcome", "note"),
    [
        (np.ones(30), np.tile([1.0, -1.0], 15), "every call was up"),
        (-np.ones(30), np.tile([1.0, -1.0], 15), "every call was down"),
        (np.tile([1.0, -1.0], 15), np.ones(30), "every outcome was up"),
        (np.array([1.0, -1.0]), np.array([1.0, -1.0]), "2 calls; the test needs 8"),
        (np.full(30, np.nan), np.ones(30), "0 calls"),
        (np.zeros(30), np.ones(30), "0 calls"),
    ],
)
def test_where_direction_cannot_be_tested_the_verdict_says_why(
    forecast: np.ndarray, outcome: np.ndarray, note: str
) -> None:
    found = direction(forecast, outcome)
    for verdict in (found.test, found.independent_test):
        assert np.isnan(verdict.p_value)
        assert note in verdict.note


def test_calls_that_all_came_true_have_no_error_to_measure() -> None:
    found = direction(np.tile([1.0, -1.0], 15), np.tile([2.0, -3.0], 15))
    assert found.hit_rate == 1.0
    assert "every call came true" in found.test.note
    assert found.independent_test.p_value < 1e-6


def test_series_of_two_lengths_are_refused() -> None:
    with pytest.raises(DataError, match="two series of one length"):
        direction(np.ones(3), np.ones(4))


def tidy() -> pd.DataFrame:
    generator = np.random.default_rng(6)
    origins = pd.date_range("2000-01-31", periods=24, freq="ME")
    return pd.DataFrame(
        {
            "provider": np.repeat(["a", "b"], 24),
            "as_of": [*origins, *origins],
            "series": "DGS10",
            "measure": np.repeat(["change", "level"], 24),
            "horizon": 1,
            "origin": 4.0,
            "probability_up": generator.random(48),
            "outcome": np.concatenate([generator.normal(size=24), 4.0 + generator.normal(size=24)]),
        }
    )


def test_the_table_reads_levels_as_changes_since_the_origin() -> None:
    forecasts = tidy()
    table = direction_table(forecasts)
    for provider, base in (("a", 0.0), ("b", 4.0)):
        part = forecasts[forecasts["provider"] == provider]
        right = (part["probability_up"] > 0.5) == (part["outcome"] > base)
        row = table.loc[(provider, "DGS10", 1)]
        assert row["hit_rate"] == pytest.approx(right.mean())
        rises = (part["outcome"] > base).mean()
        assert row["rises"] == pytest.approx(rises)
        assert row["base_rate"] == pytest.approx(max(rises, 1 - rises))
        assert row[["up_up", "up_down", "down_up", "down_down"]].sum() == row["n"] == 24


def test_a_bond_rises_where_its_yield_falls() -> None:
    rate, price = direction_table(tidy()), direction_table(tidy(), signs={"DGS10": -1})
    np.testing.assert_allclose(price["hit_rate"], rate["hit_rate"])
    np.testing.assert_allclose(price["rises"], 1 - rate["rises"])
    np.testing.assert_allclose(price["base_rate"], rate["base_rate"])
    assert price["up_up"].to_list() == rate["down_down"].to_list()


def test_a_series_without_a_sign_is_named() -> None:
    with pytest.raises(DataError, match="No sign for the series 'DGS10'"):
        direction_table(tidy(), signs={"SPX": 1})


def test_years_add_up_to_the_whole() -> None:
    years, whole = hit_rate_by_year(tidy()), direction_table(tidy())
    assert years.index.names == ["provider", "series", "horizon", "year"]
    hits = (years["hit_rate"] * years["n"]).groupby(level=[0, 1, 2]).sum()
    np.testing.assert_allclose(hits, whole["hit_rate"] * whole["n"])


def test_a_table_of_no_forecasts_is_empty() -> None:
    assert direction_table(tidy().iloc[:0]).empty

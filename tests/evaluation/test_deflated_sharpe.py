"""Sharpe ratios deflated for the trials of a run: published numbers, simulation, and columns that have none."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from macrotrade.errors import SettingsError
from macrotrade.evaluation.deflated_sharpe import (
    deflated_sharpe,
    effective_trials,
    expected_maximum_sharpe,
    minimum_track_record,
    probabilistic_sharpe,
)


def test_the_example_of_bailey_and_lopez_de_prado() -> None:
    """Best of 100 trials, 2.5 a year over 1,250 days of 250 a year, skewness -3, kurtosis 10, variance 1/2 a year."""
    hurdle = expected_maximum_sharpe(100, 0.5 / 250)
    sharpe, n, skewness, kurtosis = (np.array([x]) for x in (2.5 / np.sqrt(250), 1250.0, -3.0, 10.0))

    assert hurdle == pytest.approx(0.1132, abs=5e-5)
    assert probabilistic_sharpe(sharpe, n, skewness, kurtosis, hurdle)[0] == pytest.approx(0.9004, abs=5e-5)


@pytest.mark.parametrize(("a_year", "years"), [(252, 2.73), (52, 2.83), (12, 3.24)])
def test_published_track_records_of_a_ratio_of_two_against_one(a_year: int, years: float) -> None:
    """Bailey and Lopez de Prado (2012): normal returns, 95 per cent; daily, weekly, monthly."""
    two, one, zero = np.array([2 / np.sqrt(a_year)]), 1 / np.sqrt(a_year), np.zeros(1)

    assert minimum_track_record(two, zero, zero + 3, one)[0] / a_year == pytest.approx(years, abs=0.005)


def test_the_best_of_many_shows_about_the_expected_ratio() -> None:
    """The formula is an approximation from extreme values, 1.4 per cent above the truth for 50 trials."""
    best = np.random.default_rng(1).standard_normal((20_000, 50)).max(axis=1)

    assert expected_maximum_sharpe(50, 1.0) == pytest.approx(best.mean(), rel=0.02)


def test_a_run_counts_its_own_columns() -> None:
    returns = pd.DataFrame(np.random.default_rng(2).normal(0.001, 0.04, (240, 12)))

    table = deflated_sharpe(returns)

    sharpe = returns.mean() / returns.std()
    np.testing.assert_allclose(table["sharpe"], sharpe)
    np.testing.assert_allclose(table["skewness"], stats.skew(returns))
    np.testing.assert_allclose(table["kurtosis"], stats.kurtosis(returns, fisher=False))
    assert (table["n_trials"] == 12).all()
    assert table["expected_maximum"].iloc[0] == pytest.approx(expected_maximum_sharpe(12, sharpe.var()))
    assert (table["probability"] < table["above_zero"]).all()


def test_more_trials_deflate_more() -> None:
    returns = pd.DataFrame(np.random.default_rng(3).normal(0.0, 0.04, (240, 40)))
    returns[0] += 0.008

    few, many = deflated_sharpe(returns[[0, 1, 2, 3]]), deflated_sharpe(returns)

    assert many.loc[0, "expected_maximum"] > 0
    assert many.loc[0, "n_trials"] == 40
    assert few.loc[0, "above_zero"] == many.loc[0, "above_zero"]


def test_alike_trials_count_as_few() -> None:
    common = np.random.default_rng(4).standard_normal((240, 1))
    alike = pd.DataFrame(common + 0.1 * np.random.default_rng(5).standard_normal((240, 20)))

    table = deflated_sharpe(alike, trials="effective")

    assert 1.0 < table["n_trials"].iloc[0] < 1.5
    assert effective_trials(np.eye(20)) == 20.0
    assert effective_trials(np.ones((20, 20))) == 1.0
    assert effective_trials(np.ones((1, 1))) == 1.0


def test_luck_alone_is_seldom_called_skill() -> None:
    generator = np.random.default_rng(6)
    called = [
        deflated_sharpe(pd.DataFrame(generator.standard_normal((240, 20))))["probability"].max() > 0.95
        for _ in range(200)
    ]

    assert np.mean(called) < 0.08


def test_columns_without_a_ratio_are_named_and_are_no_trials() -> None:
    returns = pd.DataFrame(np.random.default_rng(7).standard_normal((60, 3)), columns=["a", "b", "short"])
    returns.loc[2:, "short"] = np.nan

    table = deflated_sharpe(returns.assign(flat=0.001))

    assert table.loc["short", "note"] == "2 returns; a Sharpe ratio needs 8"
    assert table.loc["flat", "note"] == "the return is the same in every period"
    assert table.loc[["short", "flat"], "probability"].isna().all()
    assert table.loc["a", "n_trials"] == 2


def test_a_single_column_has_nothing_to_deflate() -> None:
    table = deflated_sharpe(pd.DataFrame({"one": np.random.default_rng(8).normal(0.1, 1, 100)}))

    assert table.loc["one", "expected_maximum"] == 0.0
    assert table.loc["one", "probability"] == table.loc["one", "above_zero"]


def test_a_losing_track_record_is_never_long_enough() -> None:
    table = deflated_sharpe(pd.DataFrame({"one": np.random.default_rng(9).normal(-0.5, 1, 100)}))

    assert np.isinf(table.loc["one", "minimum_track_record"])
    with pytest.raises(SettingsError, match="between 0 and 1"):
        deflated_sharpe(pd.DataFrame({"one": [0.0]}), confidence=95)

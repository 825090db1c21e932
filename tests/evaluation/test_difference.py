from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from macrotrade.errors import DataError, SettingsError
from macrotrade.evaluation.difference import bootstrap_difference, bootstrap_draws, bootstrap_interval, usual_block
from macrotrade.evaluation.performance import performance
from macrotrade.numerics.bootstrap import stationary_bootstrap

MONTHS = pd.date_range("1990-01-31", periods=240, freq="ME")
FIGURES = ["efficiency", "annual_return", "mean_return", "sharpe"]


def drawn(mean: float = 0.004, seed: int = 0, n_columns: int = 3) -> pd.DataFrame:
    values = mean + 0.03 * np.random.default_rng(seed).normal(size=(240, n_columns))
    return pd.DataFrame(values, index=MONTHS, columns=[f"c{number}" for number in range(n_columns)])


@pytest.mark.parametrize("figure", FIGURES)
def test_the_estimate_is_the_figure_of_the_performance_table(figure: str) -> None:
    table = bootstrap_interval(drawn(), 12.0, figure, n_draws=50)  # type: ignore[arg-type]
    np.testing.assert_allclose(table["estimate"], performance(drawn(), 12.0)[figure], rtol=1e-10)
    assert (table["low"] < table["estimate"]).all()
    assert (table["estimate"] < table["high"]).all()


def test_draws_are_figures_of_the_rows_drawn() -> None:
    returns, other = drawn(), drawn(seed=1)
    table = bootstrap_difference(returns, other, 12.0, n_draws=40, mean_block=6, seed=9, level=0.8)
    rows = stationary_bootstrap(240, 6, 40, np.random.default_rng(9))
    slowly = [
        performance(returns.iloc[draw].set_axis(MONTHS), 12.0)["efficiency"]
        - performance(other.iloc[draw].set_axis(MONTHS), 12.0)["efficiency"]
        for draw in rows
    ]
    np.testing.assert_allclose(table["low"], np.quantile(slowly, 0.1, axis=0), rtol=1e-9)
    np.testing.assert_allclose(table["high"], np.quantile(slowly, 0.9, axis=0), rtol=1e-9)


def test_an_interval_covers_the_truth_about_as_often_as_it_says() -> None:
    truth = 0.004 / 0.03 * 12**0.5
    many = drawn(n_columns=300, seed=3)
    table = bootstrap_interval(many, 12.0, "sharpe", level=0.9, n_draws=400)
    covered = ((table["low"] < truth) & (truth < table["high"])).mean()
    assert 0.84 < covered < 0.95


def test_the_benchmark_against_itself_differs_by_nothing() -> None:
    table = bootstrap_difference(drawn(), drawn(), 12.0, n_draws=30)
    np.testing.assert_allclose(table[["estimate", "low", "high"]], 0.0, atol=1e-12)


def test_one_benchmark_stands_against_every_column() -> None:
    each = pd.concat([drawn()["c0"]] * 3, axis=1)
    one = bootstrap_difference(drawn(), drawn()["c0"], 12.0, n_draws=30)
    pd.testing.assert_frame_equal(one, bootstrap_difference(drawn(), each, 12.0, n_draws=30))


def test_the_same_seed_gives_the_same_interval_and_another_does_not() -> None:
    first, again, other = (bootstrap_interval(drawn(), 12.0, n_draws=300, seed=seed) for seed in (1, 1, 2))
    pd.testing.assert_frame_equal(first, again)
    assert (first["low"] != other["low"]).all()


def test_returns_that_never_vary_have_no_efficiency_and_no_interval() -> None:
    flat = pd.DataFrame({"cash": 0.0, "c": drawn()["c0"]}, index=MONTHS)
    table = bootstrap_interval(flat, 12.0, n_draws=30)
    assert table.loc["cash"].isna().all()
    assert table.loc["c"].notna().all()


def test_sessions_missing_anywhere_are_left_out_for_all() -> None:
    returns = drawn()
    returns.iloc[:20, 0] = np.nan
    table = bootstrap_interval(returns, 12.0, n_draws=10)
    np.testing.assert_allclose(table["estimate"], performance(drawn().iloc[20:], 12.0)["efficiency"], rtol=1e-10)


@pytest.mark.parametrize(
    ("n_periods", "a_year", "block"), [(240, 12.0, 240 ** (1 / 3)), (2520, 252.0, 63.0), (5, 252.0, 5)]
)
def test_a_block_holds_a_quarter_of_a_year(n_periods: int, a_year: float, block: float) -> None:
    assert usual_block(n_periods, a_year) == pytest.approx(block)


def test_what_cannot_be_drawn_is_refused() -> None:
    with pytest.raises(SettingsError, match="Did you mean 'sharpe'"):
        bootstrap_interval(drawn(), 12.0, "sharp")  # type: ignore[arg-type]
    with pytest.raises(SettingsError, match="inside"):
        bootstrap_interval(drawn(), 12.0, level=90.0, n_draws=5)
    with pytest.raises(DataError, match="too few"):
        bootstrap_interval(drawn().iloc[:1], 12.0)
    with pytest.raises(DataError, match="rows of the returns"):
        bootstrap_difference(drawn(), drawn().iloc[1:], 12.0)


def test_columns_that_never_move_have_no_interval_and_break_nothing() -> None:
    table = bootstrap_interval(0.0 * drawn(), 12.0, n_draws=30)
    assert table[["estimate", "low", "high", "probability_below"]].isna().to_numpy().all()


def test_one_set_of_draws_gives_every_figure_and_every_pair() -> None:
    both = pd.concat([drawn(), drawn(seed=1)["c0"].rename("held")], axis=1)
    draws = bootstrap_draws(both, 12.0, n_draws=60, seed=4)
    for figure in ("efficiency", "annual_return"):
        alone = bootstrap_difference(drawn(), drawn(seed=1)["c0"], 12.0, figure, n_draws=60, seed=4)
        pd.testing.assert_frame_equal(draws.difference(figure, ["c0", "c1", "c2"], ["held"] * 3), alone)
    with pytest.raises(DataError, match="needs columns that were drawn"):
        draws.difference("efficiency", ["c0"], ["nobody"])

"""The section on luck: trials are counted from the run, and a test that cannot be made says why."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest

from macrotrade.evaluation.deflated_sharpe import deflated_sharpe
from macrotrade.report import Report
from macrotrade.report.cast import BASELINE, BUY_AND_HOLD, cast_of
from macrotrade.report.judgement import judge
from macrotrade.report.luck import judge_luck, monthly_returns
from macrotrade.report.luck_section import luck_point, luck_section
from macrotrade.report.parts import Table, walk
from macrotrade.strategy.result import Backtest


def shortened(backtest: Backtest, n_sessions: int) -> Backtest:
    """The same run over the first sessions through which anything was held."""
    first = int(backtest.exposure.to_numpy().any(axis=1).argmax())
    kept = {
        name: getattr(backtest, name).iloc[first : first + n_sessions]
        for name in ("prices", "exposure", "returns", "gross_returns", "turnover", "coin_flips")
    }
    return dataclasses.replace(backtest, **kept)


def test_monthly_returns_compound_to_those_of_the_run(backtest: Backtest) -> None:
    monthly = monthly_returns(backtest)

    pd.testing.assert_series_equal(
        (1.0 + monthly).prod(), (1.0 + backtest.returns).prod(), check_exact=False, rtol=1e-10
    )
    assert len(monthly) == len(pd.DatetimeIndex(backtest.returns.index[1:]).to_period("M").unique())


def test_a_first_close_alone_in_its_month_is_no_month_and_its_cost_is_kept(backtest: Backtest) -> None:
    days = pd.DatetimeIndex(["2020-01-31", "2020-02-03", "2020-02-28", "2020-03-31"])
    returns = pd.DataFrame({("a", "long_flat", "ZN"): [-0.01, 0.02, 0.03, 0.04]}, index=days)

    monthly = monthly_returns(dataclasses.replace(backtest, returns=returns))

    np.testing.assert_allclose(monthly.iloc[:, 0], [0.99 * 1.02 * 1.03 - 1.0, 0.04])
    assert [str(month) for month in monthly.index] == ["2020-02", "2020-03"]


def test_trials_are_the_providers_and_rules_of_the_run_and_no_baseline(backtest: Backtest) -> None:
    luck = judge_luck(backtest)

    assert len(luck.sharpe) == 3 * 4 * 2
    assert BASELINE not in luck.sharpe.index.get_level_values("rule")
    varying = 2 * 4 * 2  # the naive provider is never in
    assert luck.sharpe["n_trials"].unique().tolist() == [varying]
    assert {symbol: found.n_trials for symbol, found in luck.overfitting.items()} == {"ZN": 8, "SPX": 8}


def test_deflation_is_that_of_the_monthly_returns_of_all_trials(backtest: Backtest) -> None:
    monthly = monthly_returns(backtest)
    tried = monthly.loc[:, monthly.columns.get_level_values("rule") != BASELINE]

    found = judge_luck(backtest).sharpe

    pd.testing.assert_frame_equal(found, deflated_sharpe(tried))


def test_a_trial_that_always_earns_more_is_found_and_named(backtest: Backtest) -> None:
    returns = backtest.returns.copy()
    winner = ("reversal", "long_flat", "ZN")
    noise = 1e-4 * np.random.default_rng(0).standard_normal(len(returns))
    returns[winner] = returns[BUY_AND_HOLD, BASELINE, "ZN"] + 5e-4 + noise
    better = dataclasses.replace(backtest, returns=returns)

    luck = judge_luck(better)

    assert "Reversal long/flat" in luck.superiority["ZN"].superior
    assert luck.superiority["ZN"].spa.p_value < 0.01
    assert luck.sharpe.loc[winner, "probability"] > 0.99
    assert luck.overfitting["ZN"].probability < 0.05
    assert luck.overfitting["ZN"].chosen_share["Reversal long/flat"] > 0.9


@pytest.mark.parametrize("n_sessions", [30, 130, 400])
def test_a_short_run_says_why_there_is_no_test(backtest: Backtest, n_sessions: int) -> None:
    short = shortened(backtest, n_sessions)
    judgement, cast = judge(short), cast_of(short)

    section = luck_section(judgement, cast)
    tables = [part for part in walk(section.parts) if isinstance(part, Table)]

    assert "No PBO on ZN: " in tables[0].note
    assert ("No test of superiority on ZN: " in tables[0].note) == (n_sessions < 150)
    assert "nan" not in luck_point(judgement.luck, cast)
    assert ("and the test needs 8." in luck_point(judgement.luck, cast)) == (n_sessions < 150)
    assert "Of the run's 0" not in tables[1].note
    assert ("so none is deflated" in tables[1].note) == (n_sessions < 150)


def test_the_page_carries_the_section_and_the_summary_its_verdict(made: Report) -> None:
    assert "## Skill or luck" in made.markdown
    assert "Allowing for everything tried" in made.markdown.split("## ")[1]
    assert {row["instrument"] for row in made.results["overfitting"]} == {"ZN", "SPX"}
    assert {row["instrument"] for row in made.results["superiority"]} == {"ZN", "SPX"}
    assert len(made.results["deflated_sharpe"]) == 24
    assert len(made.results["efficiency_interval"]) == 24

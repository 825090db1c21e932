"""The fluctuation test: its path against a plain writing, its table against simulation, and a change it must find."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from macrotrade.errors import DataError, SettingsError
from macrotrade.evaluation.fluctuation import critical_value, fluctuation, rolling_statistics

MONTHS = pd.period_range("1993-05", periods=159, freq="M")


@pytest.fixture
def losses() -> pd.DataFrame:
    values = np.random.default_rng(1).standard_normal((159, 2)) ** 2
    return pd.DataFrame(values, index=MONTHS, columns=["base", "model"])


@pytest.mark.parametrize("horizon", [1, 6])
def test_the_path_is_the_rolling_sum_over_the_whole_samples_error(losses: pd.DataFrame, horizon: int) -> None:
    difference = (losses["base"] - losses["model"]).to_numpy()
    fit = sm.OLS(difference, np.ones(159)).fit(cov_type="HAC", cov_kwds={"maxlags": horizon - 1})
    deviation = fit.bse[0] * np.sqrt(159)
    plain = [difference[t : t + 48].sum() / np.sqrt(48) / deviation for t in range(159 - 47)]

    result = fluctuation(losses["base"], losses["model"], 48, horizon)

    np.testing.assert_allclose(result.path["statistic"], plain, rtol=1e-9, atol=1e-12)
    assert result.verdict.statistic == pytest.approx(max(plain))
    assert list(result.path.iloc[0][["first", "centre", "last"]]) == [MONTHS[0], MONTHS[24], MONTHS[47]]
    assert result.path["last"].iloc[-1] == MONTHS[-1]


def test_the_line_is_the_published_one() -> None:
    assert critical_value(0.3) == 2.770
    assert critical_value(0.3, "two-sided") == 3.012
    assert critical_value(48 / 159) == pytest.approx(2.770 - (48 / 159 - 0.3) / 0.1 * 0.146)
    assert critical_value(0.9, "greater", 0.10) == 1.600


@pytest.mark.parametrize("alternative", ["greater", "two-sided"])
@pytest.mark.parametrize("level", [0.05, 0.10])
def test_the_table_lies_where_simulation_puts_it(alternative: str, level: float) -> None:
    """Paths of 500 periods: between a monthly sample and a continuous path, where the table is closest."""
    total = np.zeros((4000, 501))
    np.cumsum(np.random.default_rng(2).standard_normal((4000, 500)), axis=1, out=total[:, 1:])
    for ratio in (0.1, 0.3, 0.5, 0.7, 0.9):
        window = round(500 * ratio)
        paths = (total[:, window:] - total[:, :-window]) / np.sqrt(window)
        furthest = (np.abs(paths) if alternative == "two-sided" else paths).max(axis=1)

        rejected = np.mean(furthest > critical_value(ratio, alternative, level))  # type: ignore[arg-type]

        assert rejected == pytest.approx(level, abs=0.015)


def test_an_advantage_that_lasted_five_years_is_found_and_dated(losses: pd.DataFrame) -> None:
    losses.loc["2000-01":"2004-12", "base"] += 2.0
    whole = losses["base"] - losses["model"]

    result = fluctuation(losses["base"], losses["model"], 48)

    assert result.rejects
    assert result.verdict.p_value < 0.01
    assert (result.crossings()["last"] >= pd.Period("2000-01", "M")).all()
    assert result.path.loc[result.path["statistic"].idxmax(), "centre"].year in {2001, 2002, 2003}
    assert result.verdict.statistic > whole.mean() / (whole.std() / np.sqrt(159))


def test_one_sided_looks_one_way_only(losses: pd.DataFrame) -> None:
    losses.loc["2000-01":"2004-12", "base"] += 3.0

    assert not fluctuation(losses["model"], losses["base"], 48).rejects
    assert fluctuation(losses["model"], losses["base"], 48, alternative="two-sided").rejects


def test_the_simulated_p_value_agrees_with_the_table(losses: pd.DataFrame) -> None:
    """A statistic at the 5 per cent line of the table has a p-value a little below 5 per cent in a monthly sample."""
    result = fluctuation(losses["base"], losses["model"], 48)
    scaled = 1 + (critical_value(48 / 159) - result.verdict.statistic) / np.sqrt(48)
    shift = (scaled - 1) * np.sqrt((losses["base"] - losses["model"]).var(ddof=0))

    at_line = fluctuation(losses["base"] + shift, losses["model"], 48)

    assert at_line.verdict.statistic == pytest.approx(at_line.critical_value, abs=1e-9)
    assert 0.03 < at_line.verdict.p_value < 0.05


def test_what_cannot_be_tested_says_why(losses: pd.DataFrame) -> None:
    same = fluctuation(losses["base"], losses["base"], 48)
    short = fluctuation(losses["base"][:2], losses["model"][:2], 1)

    assert "same in every period" in same.verdict.note
    assert "2 periods" in short.verdict.note
    assert not same.rejects
    assert same.path.empty
    assert short.path.empty


def test_missing_outcomes_are_left_out_and_counted(losses: pd.DataFrame) -> None:
    expected = fluctuation(losses["base"][:-9], losses["model"][:-9], 48)
    losses.iloc[-9:] = np.nan

    result = fluctuation(losses["base"], losses["model"], 48)

    assert result.verdict.statistic == expected.verdict.statistic
    assert result.verdict.note == "9 of 159 periods have no number"


def test_windows_levels_and_labels_outside_the_table_are_refused(losses: pd.DataFrame) -> None:
    with pytest.raises(SettingsError, match=r"between 0\.1 and 0\.9"):
        fluctuation(losses["base"], losses["model"], 10)
    with pytest.raises(SettingsError, match=r"0\.05 and 0\.10"):
        fluctuation(losses["base"], losses["model"], 48, level=0.01)
    with pytest.raises(DataError, match="same periods"):
        fluctuation(losses["base"], losses["model"].shift(1, freq="M"), 48)


def test_a_true_null_is_rejected_no_more_often_than_it_should() -> None:
    differences = np.random.default_rng(3).standard_normal((2000, 160))

    highest = [rolling_statistics(row, 48, 0).max() for row in differences]

    assert 0.025 < np.mean(np.array(highest) > critical_value(0.3)) < 0.06

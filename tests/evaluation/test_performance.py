from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from macrotrade.errors import DataError
from macrotrade.evaluation.kernels import sharpe_standard_error
from macrotrade.evaluation.performance import PERFORMANCE_FIGURES, growth_of_one, performance

MONTHS = pd.date_range("2008-01-31", periods=36, freq="ME")
DAYS = pd.bdate_range("2001-01-01", periods=700)


def drawn(index: pd.DatetimeIndex, n_columns: int = 3, seed: int = 0) -> pd.DataFrame:
    values = np.random.default_rng(seed).standard_t(5, size=(len(index), n_columns)) * 0.01
    return pd.DataFrame(values, index=index, columns=[f"c{number}" for number in range(n_columns)])


def slowly(returns: pd.Series, a_year: float) -> dict[str, float]:
    """Every figure that needs nothing but returns, written out in pandas."""
    known = returns.dropna()
    growth = (1 + known).cumprod()
    below = growth < growth.cummax()
    runs = below.groupby((~below).cumsum()).sum()
    months = (1 + returns.fillna(0.0)).resample("ME").prod() - 1
    annual = growth.iloc[-1] ** (a_year / len(known)) - 1
    ratio = known.mean() / known.std()
    skewness = ((known - known.mean()) ** 3).mean() / known.std(ddof=0) ** 3
    kurtosis = ((known - known.mean()) ** 4).mean() / known.std(ddof=0) ** 4
    return {
        "sessions": len(known),
        "growth": growth.iloc[-1],
        "total_return": growth.iloc[-1] - 1,
        "annual_return": annual,
        "mean_return": known.mean() * a_year,
        "volatility": known.std() * a_year**0.5,
        "efficiency": annual / (known.std() * a_year**0.5),
        "sharpe": ratio * a_year**0.5,
        "sharpe_error": (a_year / len(known) * (1 + (kurtosis - 1) / 4 * ratio**2 - skewness * ratio)) ** 0.5,
        "sortino": known.mean() * a_year**0.5 / (known.clip(upper=0) ** 2).mean() ** 0.5,
        "calmar": annual / -(growth / growth.cummax() - 1).min(),
        "max_drawdown": (growth / growth.cummax() - 1).min(),
        "drawdown_sessions": runs.max(),
        "hit_rate": (known > 0).sum() / (known != 0).sum(),
        "best_month": months.max(),
        "worst_month": months.min(),
    }


@pytest.mark.parametrize(("index", "a_year"), [(DAYS, 252.0), (MONTHS, 12.0)])
@pytest.mark.parametrize("missing", [0, 7])
def test_every_figure_is_what_its_words_say(index: pd.DatetimeIndex, a_year: float, missing: int) -> None:
    returns = drawn(index, 20)
    returns.iloc[:missing, ::2] = np.nan
    table = performance(returns, a_year)
    for column in returns:
        for figure, value in slowly(returns[column], a_year).items():
            assert table.loc[column, figure] == pytest.approx(value, rel=1e-10), figure


def test_growth_over_three_years_of_months_is_annualised_by_its_cube_root() -> None:
    returns = pd.Series(0.01, index=MONTHS, name="steady")
    table = performance(returns, 12.0)
    assert table.loc["steady", "growth"] == pytest.approx(1.01**36)
    assert table.loc["steady", "annual_return"] == pytest.approx(1.01**12 - 1, rel=1e-12)


def test_returns_that_never_vary_have_no_ratio() -> None:
    table = performance(pd.Series(0.01, index=MONTHS, name="steady"), 12.0).loc["steady"]
    assert table["volatility"] == 0.0
    assert table[["efficiency", "sharpe", "sharpe_error", "sortino", "calmar"]].isna().all()


def test_an_idle_column_and_an_empty_one_have_figures_or_none_but_no_error() -> None:
    returns = pd.DataFrame({"idle": 0.0, "empty": np.nan}, index=MONTHS)
    table = performance(returns, 12.0)
    assert table.loc["idle", ["growth", "max_drawdown", "drawdown_sessions"]].to_list() == [1.0, 0.0, 0.0]
    assert np.isnan(table.loc["idle", "hit_rate"])
    assert table.loc["empty", "sessions"] == 0
    assert table.loc["empty", ["annual_return", "volatility", "sharpe"]].isna().all()


def test_bills_lower_the_sharpe_ratio_and_nothing_else() -> None:
    returns = drawn(MONTHS)
    bills = pd.Series(np.linspace(0.001, 0.003, 36), index=MONTHS)
    plain, over = performance(returns, 12.0), performance(returns, 12.0, bills=bills)
    excess = returns.sub(bills, axis=0)
    np.testing.assert_allclose(over["sharpe"], excess.mean() / excess.std() * 12**0.5, rtol=1e-12)
    np.testing.assert_allclose(over["excess_return"], excess.mean() * 12, rtol=1e-12)
    same = [name for name in PERFORMANCE_FIGURES if name not in ("sharpe", "sharpe_error", "excess_return")]
    pd.testing.assert_frame_equal(over[same], plain[same])
    each = pd.DataFrame({"c0": bills, "c1": 0.0, "c2": 0.0})
    assert performance(returns, 12.0, bills=each)["sharpe"].to_list() == pytest.approx(
        [over["sharpe"].iloc[0], *plain["sharpe"].iloc[1:]]
    )


def test_bills_with_a_gap_are_refused() -> None:
    with pytest.raises(DataError, match="no return on 2010-12-31"):
        performance(drawn(MONTHS), 12.0, bills=pd.Series(0.0, index=MONTHS[:-1]))


def test_turnover_and_exposure_are_means_over_the_sessions_counted() -> None:
    returns = pd.DataFrame({"ZN": [np.nan, 0.01, -0.01, 0.02]}, index=MONTHS[:4])
    exposure = pd.DataFrame({"ZN": [0.0, 1.0, -1.0, 0.5]}, index=MONTHS[:4])
    row = performance(returns, 12.0, exposure=exposure).loc["ZN"]
    assert row["average_exposure"] == pytest.approx(2.5 / 3)
    assert row["net_exposure"] == pytest.approx(0.5 / 3)
    assert row["turnover"] == pytest.approx(12 * (1 + 2 + 1.5) / 3)
    given = performance(returns, 12.0, exposure=exposure, turnover=exposure * 0 + 0.25).loc["ZN"]
    assert given["turnover"] == pytest.approx(3.0)


@pytest.mark.parametrize(
    ("returns", "message"),
    [
        (pd.DataFrame(index=MONTHS), "no returns"),
        (pd.DataFrame({"ZN": [-1.5]}, index=MONTHS[:1]), "simple returns are decimals"),
        (pd.DataFrame({"ZN": [np.inf]}, index=MONTHS[:1]), "is inf"),
        (pd.DataFrame({"ZN": [0.1]}), "need dates"),
    ],
)
def test_returns_that_cannot_be_are_refused(returns: pd.DataFrame, message: str) -> None:
    with pytest.raises(DataError, match=message):
        performance(returns, 12.0)


def test_exposures_of_other_columns_are_refused() -> None:
    with pytest.raises(DataError, match="rows and columns of the returns"):
        performance(drawn(MONTHS), 12.0, exposure=drawn(MONTHS, 2))


@given(st.permutations(range(20)))
@settings(max_examples=20, deadline=None)
def test_a_column_has_the_same_figures_wherever_it_stands(order: list[int]) -> None:
    returns = drawn(MONTHS, 20)
    table = performance(returns, 12.0)
    moved = performance(returns.iloc[:, order], 12.0)
    pd.testing.assert_frame_equal(moved.loc[table.index], table, rtol=1e-12)


def test_growth_of_one_passes_over_missing_returns() -> None:
    returns = pd.Series([0.1, np.nan, 0.1], index=MONTHS[:3], name="ZN")
    assert growth_of_one(returns)["ZN"].to_list() == pytest.approx([1.1, 1.1, 1.21])


def test_the_standard_error_of_a_sharpe_ratio_covers_its_sampling_spread() -> None:
    # Skewed returns with heavy tails: the spread of the ratio over samples is what the formula says it is.
    generator = np.random.default_rng(5)
    shocks = generator.gamma(2.0, 1.0, size=(400, 4000))
    samples = 0.3 + (2.0 - shocks) / 2.0**0.5
    ratio = samples.mean(axis=0) / samples.std(axis=0, ddof=1)
    centred = samples - samples.mean(axis=0)
    second = (centred**2).mean(axis=0)
    error = sharpe_standard_error(
        ratio, (centred**3).mean(axis=0) / second**1.5, (centred**4).mean(axis=0) / second**2, np.full(4000, 400.0)
    )
    assert error.mean() == pytest.approx(ratio.std(), rel=0.04)
    assert np.sqrt((1 + 0.3**2 / 2) / 400) < 0.93 * error.mean()  # what normal returns would have

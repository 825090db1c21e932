from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from macrotrade.evaluation.performance import performance
from macrotrade.evaluation.sensitivity import by_start, sensitivity_table, without_best_months, without_worst_months

DAYS = pd.bdate_range("2008-01-01", "2008-12-31")


@pytest.fixture
def returns() -> pd.DataFrame:
    values = 0.01 * np.random.default_rng(0).normal(size=(len(DAYS), 2))
    return pd.DataFrame(values, index=DAYS, columns=["ZN", "SPX"])


def test_each_column_loses_its_own_best_months(returns: pd.DataFrame) -> None:
    left = without_best_months(returns, 2)
    for column in returns:
        months = (1 + returns[column]).groupby(DAYS.month).prod()
        gone = left[column].isna().groupby(DAYS.month).all()
        assert set(gone.index[gone]) == set(months.nlargest(2).index)
        assert left[column].dropna().equals(returns[column][~DAYS.month.isin(gone.index[gone])])


def test_worst_months_are_the_best_of_the_opposite_in_logs(returns: pd.DataFrame) -> None:
    left = without_worst_months(returns, 3)
    months = (1 + returns["ZN"]).groupby(DAYS.month).prod()
    assert set(DAYS.month[left["ZN"].isna()]) == set(months.nsmallest(3).index)


def test_more_months_than_there_are_leave_nothing(returns: pd.DataFrame) -> None:
    assert without_best_months(returns, 99).isna().all(axis=None)


def test_the_table_holds_one_figure_of_each_variant(returns: pd.DataFrame) -> None:
    variants = {"as it stands": returns, "without the best two months": without_best_months(returns)}
    table = sensitivity_table(variants, 252.0, "annual_return")
    assert list(table.columns) == list(variants)
    assert (table.iloc[:, 1] < table.iloc[:, 0]).all()
    np.testing.assert_array_equal(table["as it stands"], performance(returns, 252.0)["annual_return"])


def test_a_column_that_a_variant_lacks_is_missing_there(returns: pd.DataFrame) -> None:
    table = sensitivity_table({"both": returns, "one": returns[["ZN"]]}, 252.0)
    assert np.isnan(table.loc["SPX", "one"])


def test_samples_begin_where_asked_and_end_together(returns: pd.DataFrame) -> None:
    table = by_start(returns, 252.0, ["2008-01-01", "2008-07-01", "2010-01-01"], "growth")
    assert list(table.columns) == ["2008-01-01", "2008-07-01"]
    np.testing.assert_allclose(table["2008-07-01"], (1 + returns.loc["2008-07":]).prod())

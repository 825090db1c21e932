"""A verdict without a number has a reason; p-values are those of scipy."""

from __future__ import annotations

import math

import pytest
from scipy import stats

from macrotrade.errors import DataError
from macrotrade.evaluation.verdict import Verdict, no_verdict, normal_p_value, student_p_value


def test_a_number_that_is_missing_needs_a_reason() -> None:
    with pytest.raises(DataError, match="no reason"):
        Verdict("a test", math.nan, math.nan, 2)


def test_a_test_that_cannot_be_made_says_why() -> None:
    verdict = no_verdict("a test", 2, "two observations")

    assert math.isnan(verdict.p_value)
    assert verdict.note == "two observations"
    assert verdict.stars == ""


@pytest.mark.parametrize(("p_value", "stars"), [(0.2, ""), (0.09, "*"), (0.05, "*"), (0.04, "**"), (0.001, "***")])
def test_stars_are_for_ten_five_and_one_per_cent(p_value: float, stars: str) -> None:
    assert Verdict("a test", 1.0, p_value, 100).stars == stars


@pytest.mark.parametrize("statistic", [-2.3, 0.0, 0.4, 9.0])
def test_p_values_are_those_of_scipy(statistic: float) -> None:
    assert normal_p_value(statistic, "greater") == pytest.approx(stats.norm.sf(statistic))
    assert normal_p_value(statistic, "less") == pytest.approx(stats.norm.cdf(statistic))
    assert student_p_value(statistic, 7, "two-sided") == pytest.approx(2 * stats.t.sf(abs(statistic), 7))

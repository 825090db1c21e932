"""The seven transformations against plain formulas, and the way back to where one came from."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from macrotrade.errors import DataError
from macrotrade.panel.panel import Panel, SeriesInfo
from macrotrade.panel.transforms import (
    LOST_ROWS,
    integrated,
    integrated_frame,
    stationary,
    transformed,
    transformed_frame,
)

TCODES = (1, 2, 3, 4, 5, 6, 7)
positive = arrays(np.float64, st.tuples(st.integers(4, 25), st.integers(1, 3)), elements=st.floats(0.5, 500.0))


def by_hand(x: list[float], t: int, tcode: int) -> float:
    growth = [math.nan, *(b / a - 1.0 for a, b in pairwise(x))]
    log = [math.log(v) for v in x]
    return {
        1: lambda: x[t],
        2: lambda: x[t] - x[t - 1],
        3: lambda: x[t] - 2 * x[t - 1] + x[t - 2],
        4: lambda: log[t],
        5: lambda: log[t] - log[t - 1],
        6: lambda: log[t] - 2 * log[t - 1] + log[t - 2],
        7: lambda: growth[t] - growth[t - 1],
    }[tcode]()


@pytest.mark.parametrize("tcode", TCODES)
@given(levels=positive)
def test_a_transformation_is_its_formula(levels, tcode):
    found = transformed(levels, tcode)
    assert found.shape == levels.shape
    assert np.isnan(found[: LOST_ROWS[tcode]]).all()
    for column in range(levels.shape[1]):
        x = levels[:, column].tolist()
        for t in range(LOST_ROWS[tcode], len(x)):
            assert found[t, column] == pytest.approx(by_hand(x, t, tcode), rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("tcode", TCODES)
@given(levels=positive, data=st.data())
def test_integrating_what_was_transformed_comes_back_to_the_levels(levels, tcode, data):
    split = data.draw(st.integers(2, len(levels) - 1))
    path = transformed(levels, tcode)[split:]
    back = integrated(path, levels[split - 2 : split], tcode)
    np.testing.assert_allclose(back, levels[split:], rtol=1e-7)


@pytest.mark.parametrize("tcode", TCODES)
def test_many_paths_are_integrated_at_once(tcode):
    paths = np.random.default_rng(0).normal(0, 0.01, (6, 5, 4)) + (1.0 if tcode in (1, 4) else 0.0)
    last = np.array([100.0, 101.0])[:, None, None] * np.ones((2, 5, 4))
    together = integrated(paths, last, tcode)
    np.testing.assert_allclose(together[:, 2, 3], integrated(paths[:, 2, 3], last[:, 2, 3], tcode))


@pytest.mark.parametrize("tcode", TCODES)
def test_a_missing_level_is_missing_in_every_value_it_enters(tcode):
    levels = np.linspace(100.0, 120.0, 10)
    levels[5] = np.nan
    missing = np.flatnonzero(np.isnan(transformed(levels, tcode)))
    expected = {*range(LOST_ROWS[tcode]), *range(5, 6 + LOST_ROWS[tcode])}
    assert set(missing.tolist()) == expected


def test_no_change_forecasts_keep_the_growth_of_codes_three_six_and_seven():
    last, none = np.array([100.0, 110.0]), np.zeros(2)
    assert integrated(none, last, 2).tolist() == [110.0, 110.0]
    assert integrated(none, last, 3).tolist() == [120.0, 130.0]
    np.testing.assert_allclose(integrated(none, last, 5), [110.0, 110.0])
    np.testing.assert_allclose(integrated(none, last, 6), [121.0, 133.1])
    np.testing.assert_allclose(integrated(none, last, 7), [121.0, 133.1])


@pytest.fixture
def levels() -> pd.DataFrame:
    months = pd.period_range("2019-01", periods=6, freq="M")
    return pd.DataFrame(
        {"CPI": [100.0, 101.0, 103.0, 104.0, 106.0, np.nan], "UNRATE": [4.0, 3.9, 3.8, 3.9, 3.7, 3.6]}, index=months
    )


def test_each_series_is_transformed_by_its_own_code(levels):
    found = transformed_frame(levels, {"CPI": 5, "UNRATE": 2})
    np.testing.assert_allclose(found["CPI"].iloc[1], np.log(1.01))
    np.testing.assert_allclose(found["UNRATE"].iloc[1:], [-0.1, -0.1, 0.1, -0.2, -0.1])
    assert found.index.equals(levels.index)


def test_a_panel_is_transformed_by_the_codes_it_carries(levels):
    series = {"CPI": SeriesInfo("CPI", tcode=6), "UNRATE": SeriesInfo("UNRATE", tcode=2)}
    panel = Panel(pd.Timestamp("2019-07-01"), "pseudo", series, {"M": levels})
    pd.testing.assert_frame_equal(stationary(panel), transformed_frame(levels, {"CPI": 6, "UNRATE": 2}))


def test_forecasts_go_on_from_the_last_level_of_each_series(levels):
    forecasts = pd.DataFrame(
        {"CPI": [0.01, 0.01, 0.01], "UNRATE": [np.nan, -0.1, 0.2]},
        index=pd.period_range("2019-06", periods=3, freq="M"),
    )
    found = integrated_frame(forecasts, levels, {"CPI": 5, "UNRATE": 2})
    np.testing.assert_allclose(found["CPI"], 106.0 * np.exp([0.01, 0.02, 0.03]))
    np.testing.assert_allclose(found["UNRATE"].iloc[1:], [3.5, 3.7])
    assert np.isnan(found["UNRATE"].iloc[0])


def test_forecasts_that_leave_a_month_out_are_refused(levels):
    late = pd.DataFrame({"CPI": [0.01]}, index=pd.period_range("2019-07", periods=1, freq="M"))
    with pytest.raises(DataError, match="'CPI': the forecast of 2019-07 does not follow on 2019-05"):
        integrated_frame(late, levels, {"CPI": 5})


def test_a_hole_before_the_last_level_is_refused_where_two_are_needed(levels):
    levels.loc["2019-05", "UNRATE"] = np.nan
    forecasts = pd.DataFrame({"UNRATE": [0.1]}, index=pd.period_range("2019-07", periods=1, freq="M"))
    with pytest.raises(DataError, match="last 2 levels"):
        integrated_frame(forecasts, levels, {"UNRATE": 3})
    assert integrated_frame(forecasts, levels, {"UNRATE": 2}).iloc[0, 0] == pytest.approx(3.7)


def test_the_logarithm_of_what_is_not_above_zero_is_refused(levels):
    levels.loc["2019-03", "UNRATE"] = -0.5
    with pytest.raises(DataError, match=r"'UNRATE' is -0\.5 in 2019-03, and code 5 takes its logarithm; use code 2"):
        transformed_frame(levels, {"CPI": 5, "UNRATE": 5})


@pytest.mark.parametrize("wrong", [None, 0, 8])
def test_a_series_without_a_code_is_refused(levels, wrong):
    with pytest.raises(DataError, match=f"'CPI' has the transformation code {wrong}; give one from 1 to 7"):
        transformed_frame(levels, {"CPI": wrong, "UNRATE": 2})

"""A panel as predictors: forms, dates, order, gaps and what is left out."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from macrotrade import History, Releases, SeriesInfo, Target
from macrotrade.errors import FitError
from macrotrade.inputs.predictors import predictors
from macrotrade.testing.altered import columns_reversed


def test_each_series_is_in_its_form_and_ends_with_its_last_number(history: History) -> None:
    panel = history.as_of("2005-06-30")

    found = predictors(panel, Target(("SPX", "DGS10"), (1,), ("change", "one_period_change")), None)

    monthly = panel.monthly
    expected = {
        "SPX": monthly["SPX"].diff(),  # the target's measure is not in logarithms
        "DGS10": monthly["DGS10"].diff(),
        "OUTPUT": np.log(monthly["OUTPUT"]).diff(),
        "BALANCE": monthly["BALANCE"].diff(),
    }
    for name, series in expected.items():
        newest = series.dropna().to_numpy()[-12:]
        np.testing.assert_allclose(found.stationary[-12:, found.names.index(name)], newest, err_msg=name)
    assert monthly["OUTPUT"].last_valid_index() == pd.Period("2005-05", "M")
    np.testing.assert_array_equal(found.levels[-5:, 0], monthly["SPX"].to_numpy()[-5:])
    assert [found.names[own] for own in found.own] == ["SPX", "DGS10"]


def test_gaps_are_filled_and_told(history: History) -> None:
    panel = history.as_of("2005-06-30")

    found = predictors(panel, Target("DGS10"), None)

    assert not np.isnan(found.stationary).any()
    assert "missing values" in found.notes[-1]
    assert found.notes[0] == "5 series of the panel, each as last known."


def test_the_order_of_columns_is_that_of_their_numbers(history: History) -> None:
    panel = history.as_of("2005-06-30")

    one, two = (predictors(each, Target("DGS10"), 120) for each in (panel, columns_reversed(panel)))

    assert one.names == two.names
    np.testing.assert_array_equal(one.stationary, two.stationary)
    assert one.stationary.shape[0] == 118


def test_series_that_ended_never_move_or_hardly_exist_are_left_out() -> None:
    months = pd.period_range("1990-01", "2009-12", freq="M")
    generator = np.random.default_rng(0)
    frame = pd.DataFrame(np.cumsum(generator.normal(size=(240, 5)), axis=0), months, list("ABCDE"))
    frame.loc["2005-01":, "B"] = np.nan
    frame["C"] = 3.0
    frame.loc[:"2005-01", "D"] = np.nan
    info = {name: SeriesInfo(name) for name in frame}
    history = History(
        "five", "pseudo", {"M": Releases.from_final("M", frame, dict.fromkeys("ABCDE", 10))}, none(), info
    )

    found = predictors(history.as_of("2010-01-31"), Target("A"), None)

    assert set(found.names) == {"A", "E"}
    assert "3 series left out" in found.notes[1]
    assert "B, C, D" in found.notes[1]


def test_rows_begin_when_half_of_the_series_have(history: History) -> None:
    months = pd.period_range("1960-01", "2009-12", freq="M")
    frame = pd.DataFrame(np.cumsum(np.random.default_rng(0).normal(size=(600, 4)), axis=0), months, list("ABCD"))
    frame.loc[:"1989-12", ["B", "C", "D"]] = np.nan
    info = {name: SeriesInfo(name) for name in frame}
    releases = {"M": Releases.from_final("M", frame, dict.fromkeys("ABCD", 10))}

    found = predictors(History("late", "pseudo", releases, none(), info).as_of("2010-01-31"), Target("A"), None)

    assert len(found.stationary) == 240 - 2


def test_a_later_panel_is_read_in_the_same_way(history: History) -> None:
    target = Target("SPX", (1,), "log_change")
    found = predictors(history.as_of("2004-06-30"), target, None)

    recent = found.recent(history.as_of("2005-06-30"), "M", 4)

    anew = predictors(history.as_of("2005-06-30"), target, None)
    for j, name in enumerate(found.names):
        np.testing.assert_allclose(recent[:, j], anew.stationary[-4:, anew.names.index(name)], rtol=1e-12)


def test_a_series_that_is_gone_stands_at_its_mean(history: History) -> None:
    found = predictors(history.as_of("2004-06-30"), Target("SPX", (1,), "log_change"), None)
    later = history.as_of("2005-06-30").select(["SPX", "DGS10", "OUTPUT", "GAPPED"])

    recent = found.recent(later, "M", 3)

    gone = found.names.index("BALANCE")
    np.testing.assert_allclose(recent[:, gone], found.stationary[:, gone].mean())


def test_a_panel_without_common_history_is_refused(history: History) -> None:
    with pytest.raises(FitError, match="start the origins later"):
        predictors(history.as_of("1980-03-31"), Target("SPX", (1,), "log_change"), None)


def none() -> pd.DataFrame:
    return pd.DataFrame(index=pd.DatetimeIndex([]))

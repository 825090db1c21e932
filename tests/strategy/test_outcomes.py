"""Outcomes of forecasts of macro series, against a plain writing of what each means."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from macrotrade._typing import Measure
from macrotrade.forecast import Forecast, Target, tidy
from macrotrade.panel.vintages import History
from macrotrade.sources.synthetic import synthetic_economy
from macrotrade.strategy.outcomes import Reported, with_outcomes

MEASURES: tuple[Measure, ...] = ("level", "change", "log_change", "one_period_change", "one_period_log_change")


@pytest.fixture(scope="module")
def history() -> History:
    return synthetic_economy().history


def forecasts_of(history: History, measure: Measure) -> pd.DataFrame:
    names = tuple(history.releases["M"].names[:3])
    target = Target(names, (1, 3), measure)
    days = pd.date_range("2005-01-31", "2005-06-30", freq="ME")
    shape = (1, 2, len(names))
    made = [
        Forecast(target, day, day.to_period("M"), np.zeros(shape), np.ones(shape), np.ones(1), np.ones(len(names)))
        for day in days
    ]
    return tidy(made)


def plain(row: pd.Series, history: History, reported: Reported) -> float:
    """One outcome, read off the panel of the day on which its period first appeared, or off the last numbers."""
    period = pd.Period(row["period"], "M")
    known = history.as_of(row["as_of"]).frame("M")[row["series"]].dropna().index[-1]
    numbers = history.as_last_reported("M")[row["series"]]
    if reported == "first":
        day = row["as_of"]
        while True:
            numbers = history.as_of(day).frame("M")[row["series"]]
            if period in numbers.index and not np.isnan(numbers[period]):
                break
            day += pd.Timedelta(days=1)
    start = period - 1 if row["measure"].startswith("one_period") else known
    if row["measure"] == "level":
        return float(numbers[period])
    if "log" in row["measure"]:
        return float(np.log(numbers[period] / numbers[start]))
    return float(numbers[period] - numbers[start])


@pytest.mark.parametrize("measure", MEASURES)
@pytest.mark.parametrize("reported", ["first", "last"])
def test_an_outcome_is_what_its_edition_says(history: History, measure: Measure, reported: Reported) -> None:
    table = with_outcomes(forecasts_of(history, measure), history, reported=reported)
    shown = table.sample(8, random_state=2)

    expected = [plain(row, history, reported) for _, row in shown.iterrows()]

    assert shown["outcome"].to_numpy() == pytest.approx(expected, abs=1e-12, nan_ok=True)


def test_rows_keep_their_order_and_their_labels(history: History) -> None:
    table = forecasts_of(history, "change").sample(frac=1.0, random_state=0)

    told = with_outcomes(table, history, reported="first")

    assert told.index.equals(table.index)
    pd.testing.assert_frame_equal(told.drop(columns="outcome"), table)


def test_what_has_not_come_has_no_outcome(history: History) -> None:
    table = forecasts_of(history, "change").assign(period="2090-01")

    assert with_outcomes(table, history, reported="first")["outcome"].isna().all()
    assert with_outcomes(table, history, reported="last")["outcome"].isna().all()

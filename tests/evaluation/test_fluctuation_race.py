"""Fluctuation tests of many cells are those of one, and a cell without a test says why."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from macrotrade.evaluation.fluctuation import fluctuation
from macrotrade.evaluation.fluctuation_race import fluctuation_race
from macrotrade.evaluation.losses import Window

MONTHS = pd.period_range("2000-01", periods=60, freq="M")


@pytest.fixture(scope="module")
def forecasts() -> pd.DataFrame:
    """A base, a better provider, and one that copies the base."""
    generator = np.random.default_rng(4)
    outcome = generator.standard_normal(60)
    base = outcome + generator.standard_normal(60)
    points = {"base": base, "good": outcome + 0.5 * generator.standard_normal(60), "copy": base}
    parts = [
        pd.DataFrame(
            {
                "provider": name, "as_of": (MONTHS - 3).end_time.normalize(), "series": "CPI", "measure": "change",
                "horizon": 3, "period": MONTHS.astype(str), "point": point, "outcome": outcome,
            }
        )
        for name, point in points.items()
    ]  # fmt: skip
    return pd.concat(parts, ignore_index=True)


def test_paths_and_verdicts_are_those_of_the_single_test(forecasts: pd.DataFrame) -> None:
    race = fluctuation_race(forecasts, "base", (Window("early", "2000-01", "2003-12"), Window("all")))
    losses = {
        name: ((part["outcome"] - part["point"]) ** 2).set_axis(MONTHS).loc["2000-01":"2003-12"]
        for name, part in forecasts.groupby("provider")
    }
    alone = fluctuation(losses["base"], losses["good"], 14, 3)

    path = race.paths.query("provider == 'good' and window == 'early'")
    verdict = race.verdicts.query("provider == 'good' and window == 'early'").iloc[0]

    np.testing.assert_allclose(path["statistic"], alone.path["statistic"])
    assert path["centre"].tolist() == alone.path["centre"].tolist()
    assert verdict["critical_value"] == alone.critical_value
    assert (verdict["statistic"], verdict["p_value"]) == (alone.verdict.statistic, alone.verdict.p_value)
    assert set(race.paths["provider"]) == {"good"}


def test_a_cell_without_a_test_says_why(forecasts: pd.DataFrame) -> None:
    silent = forecasts[(forecasts["provider"] != "good") | (forecasts["period"] < "2004-01")]

    windows = (Window("all"), Window("late", "2004-01"), Window("two", "2000-01", "2000-02"))
    verdicts = fluctuation_race(silent, "base", windows).verdicts.set_index(["provider", "window"])

    assert verdicts.loc[("copy", "all"), "note"].startswith("the difference of losses is the same in every period")
    assert verdicts.loc[("good", "late"), "note"] == "no forecasts of good in this window"
    assert verdicts.loc[("good", "two"), "note"].startswith("2 periods; the test needs")
    assert (verdicts["note"] != "").eq(verdicts["statistic"].isna()).all()

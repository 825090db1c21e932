"""The race of discovered equations from rolling origins of euro-area data."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from macrotrade.errors import DataError
from macrotrade.evaluation.comparison import diebold_mariano
from macrotrade.providers.equations.area_wide import area_wide_frame
from macrotrade.providers.equations.settings import DiscoverySettings
from macrotrade.sources.euro_area import load_euro_area
from macrotrade.strategy.area_wide_race import AreaWideRace, area_wide_race

ENTRANTS = {
    "equations": (["pi"], DiscoverySettings(max_terms=1, n_filtered=6, n_origins=3, n_refined=0, n_verified=0)),
}


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    return area_wide_frame(load_euro_area().as_of("2018-12-31"))


@pytest.fixture(scope="module")
def race(frame: pd.DataFrame) -> AreaWideRace:
    return area_wide_race(frame, ENTRANTS, first=pd.Period("2005Q1"), last=pd.Period("2007Q2"), n_steps=3)


def test_outcomes_and_walk_are_the_data(frame: pd.DataFrame, race: AreaWideRace) -> None:
    rows = race.forecasts.loc[pd.Period("2006Q1")]

    np.testing.assert_array_equal(rows["outcome"], frame.loc["2006Q2":"2006Q4", "pi"])
    np.testing.assert_array_equal(rows["random walk"], np.full(3, frame.loc["2006Q1", "pi"]))


def test_forecasts_do_not_move_with_what_comes_after_their_origin(frame: pd.DataFrame, race: AreaWideRace) -> None:
    changed = frame.copy()
    changed.loc["2006Q2":] += 1.0

    again = area_wide_race(changed, ENTRANTS, first=pd.Period("2005Q4"), last=pd.Period("2006Q2"), n_steps=3)

    for origin in pd.period_range("2005Q4", "2006Q1", freq="Q"):
        pd.testing.assert_frame_equal(again.forecasts.loc[origin, race.names], race.forecasts.loc[origin, race.names])
    later = pd.Period("2006Q2")
    assert not np.allclose(again.forecasts.loc[later, "equations"], race.forecasts.loc[later, "equations"])


def test_errors_and_tests_are_those_of_the_forecasts(race: AreaWideRace) -> None:
    errors = race.forecasts[race.names].sub(race.forecasts["outcome"], axis=0)
    second = errors.xs(2, level="horizon")
    verdict = diebold_mariano(second["AR(2)"].to_numpy() ** 2, second["equations"].to_numpy() ** 2, 2)

    rmse, against = race.rmse(), race.against("AR(2)")

    assert rmse.loc[2, "equations"] == pytest.approx(np.sqrt((second["equations"] ** 2).mean()))
    assert rmse.loc["all", "AR(2)"] == pytest.approx(np.sqrt((errors["AR(2)"] ** 2).mean()))
    assert against.loc[("equations", 2), "statistic"] == pytest.approx(verdict.statistic)
    assert against.loc[("equations", 2), "ratio"] == pytest.approx(rmse.loc[2, "equations"] / rmse.loc[2, "AR(2)"])
    assert against.loc[("equations", "all"), "n"] == 10


def test_origins_without_outcomes_are_refused(frame: pd.DataFrame) -> None:
    with pytest.raises(DataError, match="need data to 2019Q4"):
        area_wide_race(frame, ENTRANTS, last=pd.Period("2017Q4"))

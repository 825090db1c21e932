"""Candidates walked over months held out: what they see, what is chosen, kept and written."""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from macrotrade import History, Panel, Releases, SeriesInfo, Target
from macrotrade.errors import FitError, SettingsError
from macrotrade.forecast import Forecast
from macrotrade.providers.neural.provider import FeedForward
from macrotrade.providers.neural.selection import Selection
from macrotrade.providers.registry import load
from macrotrade.strategy.network_selection import (
    NetworkSelection,
    read_selection,
    run_selection,
    selected_toml,
)
from macrotrade.strategy.parts import ProviderChoice, parse
from macrotrade.strategy.walk_forward import derived_seed

FOLDER = Path(__file__).resolve().parents[2] / "strategies" / "networks"
SPANS = [["1998-01", "1998-12"], ["1998-01", "1999-12"]]
SELECTION: dict[str, Any] = {
    "name": "planted",
    "series": "Y",
    "spans": SPANS,
    "refit_every": 12,
    "n_repeats": 3,
    "settings": {"learning_rate": 0.02},
    "network": [
        {
            "name": "feed-forward",
            "label": "FF",
            "nodes": 8,
            "layers": 1,
            "epochs": 60,
            "batch": 64,
            "stage": [{"lags": [2, 4]}, {"epochs": [3, 60]}],
        }
    ],
}


@cache
def planted() -> History:
    """A level whose next change is the size of a number three months old."""
    generator = np.random.default_rng(1)
    months = pd.period_range("1980-01", "1999-12", freq="M")
    x = generator.uniform(-1, 1, len(months))
    change = np.r_[np.zeros(4), np.abs(x[:-4])] + 0.05 * generator.normal(size=len(months))
    return history_of(pd.DataFrame({"Y": np.cumsum(change), "X": x}, index=months))


def history_of(frame: pd.DataFrame) -> History:
    series = {"Y": SeriesInfo("Y", tcode=2), "X": SeriesInfo("X", tcode=1)}
    market = pd.DataFrame(index=pd.DatetimeIndex([]))
    return History("planted", "pseudo", {"M": Releases.from_final("M", frame, {"Y": 0, "X": 0})}, market, series)


def chosen(**changes: Any) -> NetworkSelection:
    return parse(NetworkSelection, {**SELECTION, **changes}, "test")


def brief(**changes: Any) -> NetworkSelection:
    """Two candidates and two more, trained for two epochs: nothing is learned, and all is kept."""
    stages = [{"lags": [2, 4]}, {"learning_rate": [0.001, 0.02]}]
    network = {**SELECTION["network"][0], "epochs": 2, "stage": stages}
    return chosen(**{"network": [network], "spans": [["1998-01", "1998-06"], ["1998-01", "1998-12"]], **changes})


@cache
def uninterrupted() -> Selection:
    return run_selection(brief(), planted())


def test_what_generated_the_data_is_chosen() -> None:
    found = run_selection(chosen(), planted())["FF"]

    assert (found.settings["lags"], found.settings["epochs"]) == (4, 60)
    short, long = (one.judged.score for one in found.tried if one.stage == 1)
    assert long < 0.5 * short


def test_a_run_that_was_killed_goes_on_to_the_same_end(tmp_path: Path) -> None:
    told = 0

    def kill(finished: int) -> None:
        nonlocal told
        told += finished
        if told > 12:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_selection(brief(), planted(), store=tmp_path, progress=kill)
    kept = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    again = run_selection(brief(), planted(), store=tmp_path)

    assert len(kept) == 1
    assert again == uninterrupted()
    assert {name: (tmp_path / name).read_bytes() for name in kept} == kept


def test_what_is_kept_is_not_done_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run_selection(brief(), planted(), store=tmp_path)
    monkeypatch.setattr("macrotrade.strategy.network_selection.walk_forward", None)
    counted: list[int] = []

    again = run_selection(brief(), planted(), store=tmp_path, progress=counted.append)

    assert again == uninterrupted()
    assert sum(counted) == brief().n_forecasts == 4 * 12


@pytest.mark.parametrize("change", [{"seed": 1}, {"n_repeats": 2}, {"refit_every": 6}])
def test_a_candidate_is_kept_under_all_that_decides_it(tmp_path: Path, change: dict[str, Any]) -> None:
    network = {**SELECTION["network"][0], "epochs": 1, "stage": [{"lags": [2]}]}
    run_selection(brief(network=[network]), planted(), store=tmp_path)

    run_selection(brief(network=[network], **change), planted(), store=tmp_path)

    assert len(list(tmp_path.iterdir())) == 2


def test_errors_are_those_of_the_provider_walked_by_hand(tmp_path: Path) -> None:
    network = {**SELECTION["network"][0], "epochs": 2, "stage": [{"lags": [2]}]}
    run_selection(brief(network=[network]), planted(), store=tmp_path)

    (file,) = tmp_path.iterdir()
    errors = json.loads(file.read_text())["errors"]

    day = pd.Timestamp("1997-12-31")
    seed = derived_seed(0, "FF", day)
    provider = FeedForward(
        lags=2, nodes=8, layers=1, epochs=2, batch=64, learning_rate=0.02, n_members=3, n_judged=0, seed=seed
    )
    forecaster = provider.fit(planted().as_of(day), Target("Y"))
    level = planted().as_last_reported()["Y"]
    for month, (series, horizon, period, error) in zip(
        pd.period_range("1998-01", "1998-12", freq="M"), errors, strict=True
    ):
        said = forecaster.forecast(planted().as_of((month - 1).end_time.normalize())).mean[:, 0, 0].mean()
        assert (series, horizon, period) == ("Y", 1, str(month))
        assert error == pytest.approx(level[month] - level[month - 1] - said, abs=1e-9)


def test_numbers_after_a_span_change_nothing_in_it() -> None:
    frame = planted().as_last_reported().copy()
    frame.loc["1998-07":] *= -3.0

    altered = run_selection(brief(), history_of(frame))["FF"]

    for one, other in zip(altered.tried[:2], uninterrupted()["FF"].tried[:2], strict=True):
        assert one.judged.rmse[0] == other.judged.rmse[0]
        assert one.judged.rmse[1] != other.judged.rmse[1]


@dataclass(frozen=True)
class Probe:
    """Keeps what it was fitted on and asked from."""

    lags: int = 1
    n_members: int = 1
    n_judged: int = 1
    seed: int = 0

    def fit(self, panel: Panel, target: Target) -> Probed:
        FITTED.append((target.horizons[0], panel.as_of, panel.monthly.index[-1]))
        return Probed(target, panel.as_of)


@dataclass(frozen=True)
class Probed:
    target: Target
    fitted: pd.Timestamp

    def forecast(self, panel: Panel) -> Forecast:
        period = panel.period("M")
        FORECAST.append((self.target.horizons[0], self.fitted, period + self.target.horizons[0]))
        one = np.ones((1, 1, 1))
        return Forecast(self.target, panel.as_of, period, 0 * one, one, np.ones((1, 1, 1)), np.zeros(1), ("it",), ())


FITTED: list[tuple[int, pd.Timestamp, pd.Period]] = []
FORECAST: list[tuple[int, pd.Timestamp, pd.Period]] = []


def test_no_fit_sees_a_month_that_is_scored_by_it_and_each_horizon_has_its_own_clock() -> None:
    FITTED.clear()
    FORECAST.clear()
    network = {"name": f"{__name__}:Probe", "label": "probe", "stage": [{"lags": [1]}]}

    run_selection(chosen(network=[network], horizons=[1, 3], settings={}), planted())

    for horizon in (1, 3):
        first = [pd.Period("1998-01", "M"), pd.Period("1999-01", "M")]
        scored = {
            fit: [p for h, day, p in FORECAST if (h, day) == (horizon, fit)] for h, fit, _ in FITTED if h == horizon
        }
        assert [periods[0] for periods in scored.values()] == first
        assert [len(periods) for periods in scored.values()] == [12, 12]
        newest = [last for h, _, last in FITTED if h == horizon]
        assert newest == [period - horizon for period in first]


@pytest.mark.parametrize("damage", ['{"x', "", "[1, 2]", "{}"])
def test_a_damaged_candidate_is_judged_again(tmp_path: Path, damage: str) -> None:
    found = run_selection(brief(), planted(), store=tmp_path)
    first = sorted(tmp_path.iterdir())[0]
    whole = first.read_bytes()
    first.write_text(damage)

    again = run_selection(brief(), planted(), store=tmp_path)

    pd.testing.assert_frame_equal(again.table(), found.table())
    assert first.read_bytes() == whole


def test_a_span_after_the_data_is_refused_before_anything_is_trained() -> None:
    with pytest.raises(FitError, match="2040-01 to 2041-12 begins after the data"):
        run_selection(brief(spans=[["2040-01", "2041-12"]]), planted())


def test_what_is_chosen_is_a_provider_for_a_strategy() -> None:
    found = uninterrupted()
    expected = found["FF"].settings

    (table,) = tomllib.loads(selected_toml(brief(), found))["provider"]

    provider: Any = ProviderChoice.model_validate(table).load()
    assert (table["label"], provider.nodes, provider.epochs) == ("FF", 8, 2)
    assert (provider.lags, provider.learning_rate) == (expected["lags"], expected["learning_rate"])


def test_all_rows_in_one_batch_can_be_sought_and_written() -> None:
    network = {**SELECTION["network"][0], "epochs": 2, "lags": 2, "batch": 64, "stage": [{"batch": ["all"]}]}
    selection = brief(network=[{name: value for name, value in network.items() if name != "batch"}])

    found = run_selection(selection, planted())
    (table,) = tomllib.loads(selected_toml(selection, found))["provider"]
    same = run_selection(brief(network=[{**network, "stage": [{"batch": [table["batch"]]}]}]), planted())

    assert found["FF"].settings["batch"] is None
    assert same["FF"].tried[0].judged == found["FF"].tried[0].judged


@pytest.mark.parametrize("file", sorted(FOLDER.glob("*_selection.toml")), ids=lambda file: file.stem)
def test_a_selection_file_is_read(file: Path) -> None:
    selection = read_selection(file)

    for search in selection.searches:
        for stage in search.stages:
            for name, values in stage.items():
                for value in values:
                    load(search.provider, **{**search.settings, name: value})


def test_the_papers_grids_are_those_of_its_table() -> None:
    selection = read_selection(FOLDER / "inflation_selection.toml")

    counted = {
        search.label: [np.prod([len(v) for v in stage.values()]) for stage in search.stages]
        for search in selection.searches
    }
    assert counted == {"FF-own": [64, 6], "FF-pool": [64, 6], "LSTM-pool": [32, 6], "LSTM-all": [32, 6], "FF-LSTM": [6]}
    assert (str(selection.periods[0]), str(selection.periods[-1])) == ("1993-05", "2006-07")
    assert selection.searches[-1].takes["own_lags"] == ("FF-own", "lags")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"spans": []}, "give at least one"),
        ({"spans": [["2001-01", "2000-01"]]}, "ends before it begins"),
        ({"span": [["2001-01", "x"]], "spans": None}, "give 'span' or 'spans', not both"),
        ({"frequency": "D"}, "months or quarters"),
        ({"network": []}, "names none"),
        ({"n_repeat": 3}, "unknown key 'n_repeat'"),
    ],
)
def test_mistakes_in_a_file_are_told(change: dict[str, Any], message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        chosen(**change)


def test_a_value_that_no_provider_takes_is_refused_before_anything_is_trained() -> None:
    network = {**SELECTION["network"][0], "stage": [{"lags": [2, "four"]}]}

    with pytest.raises(SettingsError, match="lags='four' is not valid"):
        run_selection(chosen(network=[network]), planted())
    with pytest.raises(SettingsError, match="no setting 'lagz'"):
        run_selection(chosen(network=[{**network, "stage": [{"lagz": [2]}]}]), planted())

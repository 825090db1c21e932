"""Fitted networks in a folder: the same to the bit, whole or not at all, nothing executed, never from the future."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from macrotrade import History, Schedule, Target
from macrotrade.errors import DataError, FitError
from macrotrade.providers.neural.architecture import Architecture
from macrotrade.providers.neural.forecaster import NeuralForecaster
from macrotrade.providers.neural.provider import CNNLSTM, LSTM, ModuleEnsemble, Networks
from macrotrade.providers.neural.store import load_forecaster, save_forecaster
from macrotrade.strategy.parts import ProviderChoice
from macrotrade.strategy.walk_blocks import identity

SMALL = {"n_members": 3, "n_judged": 2, "epochs": 3, "nodes": 4, "layers": 2, "lags": 6}
TARGET = Target(("DGS10", "OUTPUT"), (1, 2), ("change", "one_period_log_change"))
DAY = "2004-12-31"


@pytest.fixture
def folder(history: History, tmp_path: Path) -> Path:
    return save_forecaster(LSTM(**SMALL).fit(history.as_of(DAY), TARGET), tmp_path / "networks")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "provider",
    [
        LSTM(**SMALL),  # type: ignore[arg-type]
        CNNLSTM(**SMALL),  # type: ignore[arg-type]
        Networks(n_members=2, epochs=2, networks=(Architecture("own", "pool", 3, 6, nodes=4), Architecture("pool"))),
    ],
    ids=lambda provider: type(provider).__name__,
)
def test_what_is_read_back_forecasts_the_same_to_the_bit(
    provider: LSTM | CNNLSTM | Networks, history: History, tmp_path: Path
) -> None:
    fitted = provider.fit(history.as_of(DAY), TARGET)

    again = load_forecaster(save_forecaster(fitted, tmp_path / "networks"))

    for day in (DAY, "2006-03-15"):
        panel = history.as_of(day)
        one, two = fitted.forecast(panel), again.forecast(panel)
        for part in ("mean", "scale", "weights", "origin"):
            np.testing.assert_array_equal(getattr(one, part), getattr(two, part))
        assert (one.members, one.reasons) == (two.members, two.reasons)


def test_a_provider_uses_what_was_saved(folder: Path, history: History) -> None:
    panel = history.as_of("2005-05-31")

    said = LSTM(saved=str(folder)).fit(panel, Target(("DGS10", "OUTPUT"), (2,), TARGET.measures)).forecast(panel)

    expected = load_forecaster(folder).forecast(panel)
    np.testing.assert_array_equal(said.mean[:, 0], expected.mean[:, 1])


def test_networks_trained_later_than_the_origin_are_refused(folder: Path, history: History) -> None:
    with pytest.raises(FitError, match="trained on what was known at 2004-12-31, after the origin 2004-11-30"):
        LSTM(saved=str(folder)).fit(history.as_of("2004-11-30"), TARGET)


@pytest.mark.parametrize(
    "other", [Target("DGS10", (1,)), Target(TARGET.series, (3,), TARGET.measure), Target(TARGET.series, (1,), "change")]
)
def test_networks_of_another_target_are_refused(folder: Path, history: History, other: Target) -> None:
    with pytest.raises(FitError, match=r"forecast DGS10 \(change\), OUTPUT \(one_period_log_change\) at horizons 1, 2"):
        LSTM(saved=str(folder)).fit(history.as_of(DAY), other)


def test_damage_is_noticed(folder: Path) -> None:
    (arrays,) = folder.glob("*.safetensors")
    content = bytearray(arrays.read_bytes())
    content[-5] ^= 1
    arrays.write_bytes(content)

    with pytest.raises(DataError, match="its sha256 differs"):
        load_forecaster(folder)


def test_a_missing_folder_and_a_strange_one_are_told(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"nowhere.*cannot be read"):
        load_forecaster(tmp_path / "nowhere")
    words = folder / "forecaster.json"
    text = words.read_text()
    words.write_text(text[: len(text) // 2])
    with pytest.raises(DataError, match="was cut off"):
        load_forecaster(folder)
    words.write_text(json.dumps({"macrotrade": "system"}))
    with pytest.raises(DataError, match="is no saved forecaster of networks"):
        load_forecaster(folder)
    words.write_text(json.dumps({**json.loads(text), "version": 99}))
    with pytest.raises(DataError, match="written in format 99"):
        load_forecaster(folder)
    with pytest.raises(DataError, match="is a file; name a folder"):
        save_forecaster(load_after(words, text), words)


def load_after(words: Path, text: str) -> NeuralForecaster:
    """Forecaster of a folder whose words are put right again."""
    words.write_text(text)
    return load_forecaster(words.parent)


@pytest.mark.parametrize("gone", ["version", "arrays", "sha256", "as_of", "target", "forecaster"])
def test_words_that_lack_something_are_told_with_the_folder(folder: Path, gone: str) -> None:
    words = folder / "forecaster.json"
    kept = json.loads(words.read_text())
    words.write_text(json.dumps({name: value for name, value in kept.items() if name != gone}))

    with pytest.raises(DataError, match=rf"{folder.name}.*fit the networks again"):
        load_forecaster(folder)


def test_networks_are_not_asked_about_days_before_they_were_trained(folder: Path, history: History) -> None:
    with pytest.raises(FitError, match="would look ahead"):
        load_forecaster(folder).forecast(history.as_of(pd.Timestamp(DAY) - pd.DateOffset(months=2)))


def test_a_saved_ensemble_is_asked_at_every_origin_and_known_by_what_is_in_its_folder(
    folder: Path, history: History
) -> None:
    choice = ProviderChoice(name="lstm", saved=str(folder))
    before = identity(choice.load())

    save_forecaster(LSTM(**SMALL, seed=5).fit(history.as_of(DAY), TARGET), folder)  # type: ignore[arg-type]

    assert choice.fitted_every(Schedule()) == 1
    assert identity(choice.load()) != before
    assert ProviderChoice(name="lstm").fitted_every(Schedule()) == 48


def test_saving_again_leaves_one_whole_forecaster(folder: Path, history: History) -> None:
    other = LSTM(**SMALL, seed=5).fit(history.as_of(DAY), TARGET)  # type: ignore[arg-type]

    save_forecaster(other, folder)

    assert len(list(folder.iterdir())) == 2
    panel = history.as_of(DAY)
    np.testing.assert_array_equal(load_forecaster(folder).forecast(panel).mean, other.forecast(panel).mean)


def test_a_module_of_ones_own_is_kept_like_any_other(history: History, tmp_path: Path) -> None:
    provider = ModuleEnsemble(module="tests.providers.neural.a_module:Line", lags=4, n_members=2, epochs=3)
    fitted = provider.fit(history.as_of(DAY), TARGET)

    again = load_forecaster(save_forecaster(fitted, tmp_path / "lines"))

    panel = history.as_of("2005-06-30")
    np.testing.assert_array_equal(fitted.forecast(panel).mean, again.forecast(panel).mean)
    assert again.members == ("Line 1", "Line 2")

"""Neural ensembles as providers: laws, members, horizons, seeds, and what they say of themselves."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from macrotrade import History, Provider, Releases, SeriesInfo, Target
from macrotrade.errors import FitError, SettingsError
from macrotrade.providers.neural.architecture import Architecture
from macrotrade.providers.neural.provider import CNNLSTM, FFLSTM, LSTM, FeedForward, ModuleEnsemble, Networks
from macrotrade.providers.neural.settings import NeuralSettings
from macrotrade.providers.registry import load, name_of
from macrotrade.testing import check_provider

SMALL = {"n_members": 3, "n_judged": 2, "epochs": 4, "nodes": 4, "layers": 2, "lags": 6}
ALL: tuple[NeuralSettings, ...] = (
    FeedForward(**SMALL),  # type: ignore[arg-type]
    FeedForward(**{**SMALL, "reads": "own", "batch": None}),  # type: ignore[arg-type]
    LSTM(**SMALL),  # type: ignore[arg-type]
    LSTM(**{**SMALL, "reads": "all", "batch": 64}),  # type: ignore[arg-type]
    FFLSTM(**SMALL, own_lags=3),  # type: ignore[arg-type]
    CNNLSTM(**SMALL),  # type: ignore[arg-type]
    Networks(
        n_members=2,
        n_judged=1,
        epochs=3,
        networks=(
            Architecture(in_order="pool", in_order_lags=6, nodes=4),
            Architecture("own", at_once_lags=3, nodes=3),
        ),
    ),
    ModuleEnsemble(module="tests.providers.neural.a_module:Line", lags=6, n_members=2, n_judged=1, epochs=3),
)
DAY = "2005-06-30"


def label(provider: NeuralSettings) -> str:
    return f"{name_of(provider)}-{getattr(provider, 'reads', '')}"


@pytest.fixture(scope="module")
def driven() -> History:
    """Twelve monthly series; Y moves by the product of the signs of two of them, two months before."""
    generator = np.random.default_rng(0)
    n_periods = 420
    panel = generator.normal(size=(n_periods, 12))
    moves = np.r_[0.0, 0.0, np.tanh(3.0 * panel[:-2, 0] * panel[:-2, 1])] + 0.1 * generator.normal(size=n_periods)
    months = pd.period_range("1975-01", periods=n_periods, freq="M")
    frame = pd.DataFrame(panel, months, [f"X{number}" for number in range(12)])
    frame["Y"] = 100.0 + np.cumsum(moves)
    info = {name: SeriesInfo(name, tcode=1) for name in frame}
    releases = {"M": Releases.from_final("M", frame, dict.fromkeys(frame, 0))}
    return History("driven", "pseudo", releases, pd.DataFrame(index=pd.DatetimeIndex([])), info)


@pytest.mark.parametrize("provider", ALL, ids=label)
def test_every_law_of_forecasting_holds(provider: Provider, history: History) -> None:
    target = Target("OUTPUT", (1, 3), "one_period_log_change")
    quick = dataclasses.replace(provider, n_members=2, n_judged=1, epochs=2, window=100)

    report = check_provider(quick, history, target, ["2003-03-31", "2004-09-30"])

    assert report.passed, str(report)


@pytest.mark.parametrize("provider", ALL, ids=label)
def test_every_member_is_seen_in_the_forecast(provider: NeuralSettings, history: History) -> None:
    panel = history.as_of(DAY)

    forecast = provider.fit(panel, Target(("SPX", "DGS10"), (1, 6), ("log_change", "level"))).forecast(panel)

    n_architectures = len(provider.architectures())
    assert forecast.mean.shape == (provider.n_members * n_architectures, 2, 2)
    assert len(set(forecast.members)) == len(forecast.members)
    assert np.ptp(forecast.mean, axis=0).min() > 0.0  # other first weights, other forecasts
    np.testing.assert_allclose(forecast.weights, 1.0 / len(forecast.members))
    assert (forecast.scale > 0.0).all()
    yields = panel.monthly["DGS10"].dropna()
    assert np.abs(forecast.mean[:, :, 1] - yields.iloc[-1]).max() < 5.0  # a level is a change added to the last one
    assert "networks" in forecast.reasons[0]
    assert "trained to 2005-06" in forecast.reasons[0]


def test_a_seed_decides_everything(history: History) -> None:
    panel, target = history.as_of(DAY), Target("DGS10")
    settings = {**SMALL, "batch": 50}

    one, same, other = (
        LSTM(**settings, seed=seed).fit(panel, target).forecast(panel)  # type: ignore[arg-type]
        for seed in (1, 1, 2)
    )

    np.testing.assert_array_equal(one.mean, same.mean)
    assert not np.array_equal(one.mean, other.mean)


def test_a_member_is_the_same_in_a_larger_ensemble(history: History) -> None:
    panel, target = history.as_of(DAY), Target("DGS10")

    few, more = (
        LSTM(**{**SMALL, "n_members": n_members, "n_judged": 0}).fit(panel, target).forecast(panel)  # type: ignore[arg-type]
        for n_members in (2, 11)
    )

    np.testing.assert_array_equal(few.mean, more.mean[:2])


def test_a_nonlinear_rule_is_found_in_the_pool_and_not_in_noise(driven: History) -> None:
    target = Target("Y", (2,), "one_period_change")
    provider = FeedForward(n_members=10, epochs=60, nodes=16, layers=2, lags=1, batch=32, learning_rate=0.01)
    fitted = provider.fit(driven.as_of("2000-12-31"), target)
    days = pd.date_range("2001-01-31", "2009-10-31", freq="ME")

    said = np.array([fitted.forecast(driven.as_of(day)).point()[0, 0] for day in days])

    levels = driven.as_of("2009-12-31").monthly["Y"]
    came = levels.diff().reindex(days.to_period("M") + 2).to_numpy()
    assert np.corrcoef(said, came)[0, 1] > 0.5
    own = dataclasses.replace(provider, reads="own").fit(driven.as_of("2000-12-31"), target)
    blind = np.array([own.forecast(driven.as_of(day)).point()[0, 0] for day in days])
    assert abs(np.corrcoef(blind, came)[0, 1]) < 0.3


def test_the_scale_is_the_error_on_rows_not_trained_on(driven: History) -> None:
    """Pure noise learned by heart leaves no error in sample; the scale must not be fooled."""
    panel, target = driven.as_of("2000-12-31"), Target("X5", (1,), "one_period_change")
    provider = FeedForward(n_members=3, epochs=150, nodes=64, layers=2, lags=6, batch=32, learning_rate=0.003)

    fitted = provider.fit(panel, target)

    spread = float(fitted.forecast(panel).spread()[0, 0])
    assert fitted.fitted[0].ensembles[1][0].losses.max() < 0.01
    assert spread > 0.7 * panel.monthly["X5"].diff().std()


def test_a_release_that_comes_later_is_forecast_from_the_rows_of_the_fit(history: History) -> None:
    """OUTPUT ends a month late at month ends; three weeks on its last number is out, and horizons are nearer."""
    provider, target = LSTM(**SMALL), Target("OUTPUT", (1,), "log_change")  # type: ignore[arg-type]
    fitted = provider.fit(history.as_of("2005-06-30"), target)
    later = history.as_of("2005-07-20")

    said = fitted.forecast(later)

    assert sorted(fitted.fitted[0].ensembles) == [1, 2]
    assert np.isfinite(said.mean).all()


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"n_members": 0}, "n_members must be at least 1"),
        ({"n_judged": -1}, "n_judged must be 0 or more"),
        ({"epochs": 0}, "epochs must be at least 1"),
        ({"batch": 0}, "batch must be None"),
        ({"learning_rate": 0.0}, "learning_rate must lie inside"),
        ({"start": "xavier"}, "not valid|not known"),
        ({"reads": "pool "}, "not valid|not known"),
        ({"lags": 0}, r"lags \(in_order_lags\) must be at least 1"),
        ({"window": 1}, "window must be None"),
    ],
)
def test_a_wrong_setting_is_named(wrong: dict[str, object], message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        load("lstm", **wrong)


def test_a_short_series_is_refused_with_what_is_missing(history: History) -> None:
    with pytest.raises(FitError, match="need 36"):
        LSTM(lags=48, window=60).fit(history.as_of(DAY), Target("DGS10"))


def test_architectures_come_from_tables() -> None:
    provider = load("networks", networks=[{"in_order": "pool", "nodes": 4}, {"in_order": "pool", "nodes": 8}])

    assert isinstance(provider, Networks)
    assert [one.label for one in provider.architectures()] == [
        "LSTM-pool 4 x 4 on 48 lags",
        "LSTM-pool 4 x 8 on 48 lags",
    ]
    with pytest.raises(SettingsError, match="at least one architecture"):
        load("networks", networks=[])


@pytest.mark.parametrize(
    "wrong",
    [
        {"n_members": 2.5}, {"n_members": True}, {"epochs": "3"}, {"seed": None}, {"seed": -1}, {"batch": "all"},
        {"learning_rate": "fast"}, {"forget_bias": float("nan")}, {"pool": "UNRATE"},
    ],
    ids=str,
)  # fmt: skip
def test_a_setting_of_the_wrong_kind_is_named_in_a_script_too(wrong: dict[str, Any]) -> None:
    with pytest.raises(SettingsError, match=f"{next(iter(wrong))} must be"):
        LSTM(**wrong)


def test_a_module_that_was_edited_is_not_the_one_that_was_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "edited_module.py"
    file.write_text("import torch\nclass Line(torch.nn.Linear): ...\n", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    provider = ModuleEnsemble(module="edited_module:Line")
    before = provider.files_fingerprint

    file.write_text("import torch\nclass Line(torch.nn.Bilinear): ...\n", encoding="utf-8")

    assert "" != before != provider.files_fingerprint


def test_a_module_takes_settings_from_a_table(history: History) -> None:
    path = "tests.providers.neural.a_module:Line"
    provider = load("module-ensemble", module=path, settings={"bias": False}, lags=3, n_members=2, epochs=2, n_judged=0)

    fitted = provider.fit(history.as_of(DAY), Target("DGS10"))

    assert fitted.fitted[0].ensembles[1][0].weights.shape == (2, 3 * 4)  # four series in the pool, no bias
    with pytest.raises(SettingsError, match="No module 'Lines' is registered"):
        load("module-ensemble", module="Lines")
    with pytest.raises(SettingsError, match=r"there is no module tests\.nowhere"):
        load("module-ensemble", module="tests.nowhere:Line")
    with pytest.raises(SettingsError, match="needs module"):
        load("module-ensemble")
    with pytest.raises(SettingsError, match="Lines could not be imported"):
        ModuleEnsemble(module=path + "s").fit(history.as_of(DAY), Target("DGS10"))


def test_progress_is_told_by_series_and_horizon(history: History) -> None:
    told: list[str] = []

    LSTM(**SMALL).fit_telling(  # type: ignore[arg-type]
        history.as_of(DAY), Target("DGS10", (1, 2)), lambda what, _done, _of: told.append(what)
    )

    assert {"DGS10, 1 ahead, members", "DGS10, 2 ahead, members"} <= set(told)


def test_networks_that_were_hardly_trained_say_so(history: History) -> None:
    panel, target = history.as_of(DAY), Target("SPX", (1,), "log_change")
    hardly = FeedForward(reads="own", n_members=4, epochs=1, nodes=4, layers=2, lags=3, n_judged=0, batch=None)
    longer = dataclasses.replace(hardly, epochs=80, learning_rate=0.01)

    said, better = (provider.fit(panel, target).forecast(panel).reasons for provider in (hardly, longer))

    assert any("SPX: half of the networks 1 ahead fit their own rows no better than a constant" in one for one in said)
    assert not any("no better than a constant" in one for one in better)

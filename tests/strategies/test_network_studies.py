"""The studies of neural networks: the settings of the published tables, and forecasts by each."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from macrotrade import History, Panel, Target
from macrotrade.providers.neural.architecture import Reads
from macrotrade.strategy.parts import DataOptions, ProviderChoice
from macrotrade.strategy.study import Study, read_study

FOLDER = Path(__file__).resolve().parents[2] / "strategies" / "studies"
# Paranhos (2023), tables S2 and S3: parameters with 10 own series, 118 in the pool and 128 in all for CPI, and with 3,
# 125 and 128 for PCE.
CPI = {
    "FF-own": 80_513,
    "FF-pool": 758_273,
    "LSTM-pool": 51_017,
    "LSTM-all": 51_097,
    "FF-LSTM": 81_737,
    "small FF-own": 1_029,
    "small FF-pool": 22_725,
    "small LSTM-pool": 1_045,
    "small LSTM-all": 1_125,
    "small FF-LSTM": 2_005,
}
PCE = {
    "small FF-own": 357,
    "small FF-pool": 24_069,
    "small LSTM-pool": 1_101,
    "small LSTM-all": 1_125,
    "small FF-LSTM": 1_389,
}


def study(price: str) -> Study:
    return read_study(FOLDER / f"inflation_networks_{price}.toml")


def networks(price: str) -> dict[str, ProviderChoice]:
    return {choice.title: choice for choice in study(price).providers if choice.title != "AR(p)"}


@cache
def history() -> History:
    options = study("cpi").data
    assert options == DataOptions(months_earlier=1, market=False)
    return options.load()


@cache
def panel() -> Panel:
    return history().as_of("1991-04-30")


@pytest.mark.parametrize(("price", "sizes", "counts"), [("cpi", (10, 118), CPI), ("pce", (3, 125), PCE)])
def test_networks_have_the_published_numbers_of_parameters(
    price: str, sizes: tuple[int, int], counts: dict[str, int]
) -> None:
    own, pool = sizes
    series: dict[Reads, int] = {"own": own, "pool": pool, "all": own + pool}

    for label, n_parameters in counts.items():
        provider: Any = networks(price)[label].load()
        (named,) = provider.architectures()
        assert named.architecture.network(series, ()).n_parameters == n_parameters


def test_both_prices_are_raced_by_the_same_networks_but_for_their_own_series() -> None:
    one, other = networks("cpi"), networks("pce")

    def without_own(choice: ProviderChoice) -> dict[str, Any]:
        return {name: value for name, value in choice.settings.items() if name != "own"}

    assert list(one) == list(other) == list(CPI)
    assert all(without_own(one[label]) == without_own(other[label]) for label in CPI)
    alike = ("horizons", "measure", "start", "end", "last_period", "base", "ensembles", "data", "windows")
    assert all(getattr(study("cpi"), name) == getattr(study("pce"), name) for name in alike)


def test_training_is_that_of_the_published_table() -> None:
    found = {label: choice.settings for label, choice in networks("cpi").items()}

    for prefix in ("", "small "):
        epochs = [found[prefix + label]["epochs"] for label in list(CPI)[:5]]
        batches = [found[prefix + label].get("batch") for label in list(CPI)[:5]]
        assert epochs == [200, 400, 400, 400, 400]
        assert batches == [128, 128, None, None, 128]
    assert all(settings["window"] == 412 for settings in found.values())


@pytest.mark.parametrize(("price", "series"), [("cpi", "CPIAUCSL"), ("pce", "PCEPI")])
def test_every_network_forecasts_from_the_monthly_series_alone(price: str, series: str) -> None:
    assert "SPX" not in panel().series
    target = Target(series, (24,), "one_period_log_change")

    for choice in networks(price).values():
        brief = ProviderChoice.model_validate(
            {"name": choice.name, **choice.settings, "n_members": 1, "n_judged": 0, "epochs": 1, "nodes": 4}
        )
        said = brief.load().fit(panel(), target).forecast(panel())
        assert np.isfinite(said.mean).all()
        assert said.period == pd.Period("1991-04", "M")


def test_no_market_leaves_the_series_of_the_database() -> None:
    with_market = DataOptions(months_earlier=1).load()

    assert history().market.shape[1] == 0 < with_market.market.shape[1]
    assert set(panel().series) == set(with_market.as_of("1991-04-30").series) - set(map(str, with_market.market))

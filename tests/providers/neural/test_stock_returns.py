"""Returns over several months by a CNN-LSTM on flows and balances: nothing after the origin is in what it learns."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from macrotrade import History, Target
from macrotrade.providers.neural.inputs import Inputs, Outcome
from macrotrade.providers.neural.provider import CNNLSTM
from macrotrade.sources.embedded import load_embedded
from macrotrade.sources.flows import with_flows
from macrotrade.strategy.study import read_study
from macrotrade.testing.altered import future_overwritten

STUDY = Path(__file__).resolve().parents[3] / "strategies" / "studies" / "stocks_cnn_lstm.toml"
DAY = pd.Timestamp("1999-12-31")
RETURNS = Target("SPX", (1, 12), "log_change")


@pytest.fixture(scope="module")
def history() -> History:
    return with_flows(load_embedded())


@pytest.fixture(scope="module")
def provider() -> CNNLSTM:
    """The study's own inputs, in a network that is trained in a moment."""
    settings = read_study(STUDY).providers[-1].settings
    return CNNLSTM(**{**settings, "n_members": 2, "n_judged": 1, "epochs": 3, "lags": 12})


def test_prices_and_numbers_after_the_origin_change_nothing(history: History, provider: CNNLSTM) -> None:
    other = future_overwritten(history, DAY, seed=1)

    said, again = (provider.fit(panel, RETURNS).forecast(panel) for panel in (history.as_of(DAY), other.as_of(DAY)))

    np.testing.assert_array_equal(said.mean, again.mean)
    np.testing.assert_array_equal(said.scale, again.scale)
    assert not np.array_equal(history.market["SPX"], other.market["SPX"])


def test_no_row_is_learnt_from_whose_return_ends_after_the_origin(history: History, provider: CNNLSTM) -> None:
    forecaster = provider.fit(history.as_of(DAY), RETURNS)
    (series,) = forecaster.fitted
    inputs: Inputs = series.inputs[0]

    for step in series.ensembles:
        outcome = Outcome.of(inputs.found.levels[:, 0], "log_change", step)
        rows = inputs.sample(provider.architectures()[0].architecture, outcome)
        assert rows.ends.max() + step == len(inputs.found.levels) - 1
    assert set(series.ensembles) == {1, 12}
    assert inputs.found.levels[-1, 0] == history.market.loc[:DAY, "SPX"].dropna().iloc[-1]


def test_the_groups_of_the_filters_are_those_of_the_inputs(history: History, provider: CNNLSTM) -> None:
    forecaster = provider.fit(history.as_of(DAY), RETURNS)

    groups = dict(forecaster.fitted[0].inputs[0].groups("all"))

    assert set(groups) == {
        "balances", "fiscal", "money_credit", "prices", "rates_fx", "stock_market", "valuation",
    }  # fmt: skip
    assert groups["balances"] == 3
    assert groups["stock_market"] == 1
    assert any("TREASURY_CASH_GDP" in note for note in forecaster.notes)


def test_the_linear_model_of_the_study_reads_the_same_series() -> None:
    network, regression = (
        next(choice.settings for choice in read_study(STUDY).providers if choice.name == name)
        for name in ("cnn-lstm", "ridge")
    )

    assert (network["pool"], network["optional"]) == (regression["pool"], regression["optional"])

"""Factors of an LSTM against a plain recursion, principal components against a decomposition, and correlations."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest

from macrotrade import Target
from macrotrade._typing import FloatArray
from macrotrade.errors import SettingsError
from macrotrade.providers.neural.factors import Factors, correlations_with, lstm_factors
from macrotrade.providers.neural.held_out import HeldOut, held_out
from macrotrade.providers.neural.provider import LSTM, FeedForward
from tests.providers.neural.planted import planted_panel

LAGS = 5


@pytest.fixture(scope="module")
def held() -> HeldOut:
    provider = LSTM(n_members=4, n_judged=4, epochs=30, nodes=4, layers=1, lags=LAGS, factors=3)
    return held_out(provider.fit(planted_panel(), Target("Y")))


@pytest.fixture(scope="module")
def factors(held: HeldOut) -> Factors:
    return lstm_factors(held)


def plain_states(held: HeldOut, member: int, row: int) -> FloatArray:
    """Last state of the LSTM, gate by gate, in double precision."""
    arrays = held.ensemble.network.split(held.ensemble.weights[member].astype(np.float64))
    window = held.sample().in_order[row - LAGS + 1 : row + 1].astype(np.float64)
    p = held.ensemble.network.factors
    state, cell = np.zeros(p), np.zeros(p)
    for z in window:
        gates = z @ arrays["lstm.input"] + state @ arrays["lstm.recurrent"] + arrays["lstm.bias"]
        passes, keeps, candidate, shows = (gates[place * p : (place + 1) * p] for place in range(4))
        cell = cell / (1.0 + np.exp(-keeps)) + np.tanh(candidate) / (1.0 + np.exp(-passes))
        state = np.tanh(cell) / (1.0 + np.exp(-shows))
    return state


def test_factors_are_the_last_states_of_the_member_with_the_least_error(held: HeldOut, factors: Factors) -> None:
    assert factors.member == int(held.errors().argmin()) + 1
    for place in (0, 100, -1):
        row = int(held.every_row[place])
        np.testing.assert_allclose(factors.states.iloc[place], plain_states(held, factors.member - 1, row), atol=1e-5)


def test_factors_reach_to_the_newest_period_whose_outcome_is_not_known(held: HeldOut, factors: Factors) -> None:
    assert factors.states.index[-1] == held.periods[-1]
    assert held.outcome.ends[-1] < held.every_row[-1]
    assert len(factors.states) == len(held.periods) - LAGS + 1


def test_principal_components_are_those_of_the_standardised_series(factors: Factors) -> None:
    X = ((factors.read - factors.read.mean()) / factors.read.std(ddof=0)).to_numpy()
    U, s, _ = np.linalg.svd(X, full_matrices=False)

    found = factors.components.to_numpy()

    np.testing.assert_allclose(np.abs(found), np.abs(U[:, :2] * s[:2]), atol=1e-8)


def test_correlations_are_taken_over_the_periods_that_both_have(factors: Factors) -> None:
    indicator = pd.Series(
        np.arange(60.0) ** 2, factors.states.index[-50:].union(factors.states.index[-1] + np.arange(1, 11))
    )

    found = correlations_with(factors, indicator.to_frame("rising"))

    both = np.corrcoef(factors.components["PC1"].to_numpy()[-50:], np.arange(50.0) ** 2)[0, 1]
    assert found.loc["PC1", "rising"] == pytest.approx(both)
    assert list(found.index) == ["f1", "f2", "f3", "PC1", "PC2"]


def test_an_indicator_of_other_periods_is_refused(factors: Factors) -> None:
    elsewhere = pd.DataFrame({"gap": [1.0, 2.0]}, pd.period_range("1950-01", periods=2, freq="M"))

    with pytest.raises(SettingsError, match="gap shares 0 periods"):
        correlations_with(factors, elsewhere)


def test_the_series_is_shown_by_its_change_over_a_year(held: HeldOut, factors: Factors) -> None:
    levels = held.inputs.found.levels[:, 0]

    assert factors.over_a_year.iloc[-1] == pytest.approx(levels[-1] - levels[-13])


def test_a_network_without_an_lstm_has_no_factors() -> None:
    provider = FeedForward(n_members=1, n_judged=1, epochs=1, nodes=2, layers=1, lags=2)
    held = held_out(provider.fit(planted_panel(), Target("Y")))

    with pytest.raises(SettingsError, match="FF-pool has no LSTM"):
        lstm_factors(held)


def test_factors_do_not_depend_on_what_they_are_drawn_with(held: HeldOut, factors: Factors) -> None:
    alone = dataclasses.replace(
        held, ensemble=dataclasses.replace(held.ensemble, weights=held.ensemble.weights[[factors.member - 1]])
    )

    np.testing.assert_array_equal(lstm_factors(alone).states, factors.states)

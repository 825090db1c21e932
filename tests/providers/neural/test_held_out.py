"""Members trained without the last rows: which rows these are, and that nothing of them was seen."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from macrotrade import Target
from macrotrade.errors import FitError, SettingsError
from macrotrade.providers.neural.forecaster import NeuralForecaster
from macrotrade.providers.neural.held_out import fitted_ensemble, held_out
from macrotrade.providers.neural.inputs import Outcome
from macrotrade.providers.neural.provider import LSTM
from macrotrade.providers.neural.training import respond
from tests.providers.neural.planted import planted_history, planted_panel

PROVIDER = LSTM(n_members=3, n_judged=2, epochs=5, nodes=4, layers=1, lags=4)


@pytest.fixture(scope="module")
def forecaster() -> NeuralForecaster:
    return PROVIDER.fit(planted_panel(), Target(("Y", "Z"), (1, 3), "change"))


def test_the_last_fifth_of_rows_is_unseen_and_no_outcome_trained_on_reaches_into_it(
    forecaster: NeuralForecaster,
) -> None:
    held = held_out(forecaster, step=3)

    rows = held.outcome.ends[held.outcome.ends >= 3]
    assert held.unseen.tolist() == rows[rows.size - rows.size // 5 :].tolist()
    known = forecaster.fitted[0].inputs[0].found.levels[:, 0].copy()
    known[held.unseen[0] + 1 :] += 1000.0
    later = Outcome.of(known, "change", 3)
    seen = held.outcome.ends + 3 <= held.unseen[0]
    np.testing.assert_array_equal(later.values[seen], held.outcome.values[seen])


def test_by_default_they_are_the_members_from_whose_errors_the_scale_came(forecaster: NeuralForecaster) -> None:
    held, fitted = held_out(forecaster, "Z", 1), fitted_ensemble(forecaster, "Z", 1)

    sample = held.sample()
    said = respond(held.ensemble.network, held.ensemble.weights, sample).outputs.astype(np.float64)
    error, spread = np.mean((sample.outcome - said.mean(axis=0)) ** 2), said.var(axis=0).mean()
    scale = float(held.outcome.scaling.half_range[0]) * np.sqrt(max(error - spread, 0.1 * error))

    assert len(held.ensemble.weights) == 2
    assert fitted.ensemble.scale == pytest.approx(scale, rel=1e-9)
    np.testing.assert_allclose(held.errors(), ((said - sample.outcome) ** 2).mean(axis=1))


def test_periods_are_those_of_the_last_known_value(forecaster: NeuralForecaster) -> None:
    held = held_out(forecaster)

    assert str(held.periods[-1]) == forecaster.fitted[0].last == "2011-08"
    assert held.every_row[0] == 3
    assert held.every_row[-1] == len(held.periods) - 1


def test_a_series_released_later_is_known_to_a_month_of_its_own() -> None:
    panel = planted_history(late={"Z": 10}).as_of("2011-07-31")
    both = PROVIDER.fit(panel, Target(("Y", "Z")))

    assert [series.last for series in both.fitted] == ["2011-07", "2011-06"]
    assert str(held_out(both, "Z").periods[-1]) == "2011-06"
    about = [reason for reason in both.forecast(panel).reasons if "trained to" in reason]
    assert ["trained to 2011-07" in about[0], "trained to 2011-06" in about[1]] == [True, True]


@pytest.mark.parametrize("asked", [{"series": "X9"}, {"step": 2}, {"label": "LSTM-own"}])
def test_what_the_forecaster_does_not_have_is_refused_with_what_it_has(
    forecaster: NeuralForecaster, asked: dict[str, object]
) -> None:
    with pytest.raises(SettingsError, match=str(next(iter(asked.values())))):
        held_out(forecaster, **asked)  # type: ignore[arg-type]


def test_too_few_rows_are_refused() -> None:
    short = dataclasses.replace(PROVIDER, n_judged=0, window=48).fit(planted_panel(), Target("Y"))

    with pytest.raises(FitError, match="fewer than 36 rows"):
        held_out(short)

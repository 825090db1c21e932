"""Members against their ensemble: each statistic is that of the single test, and shares say who beats whom."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from macrotrade._typing import FloatArray
from macrotrade.errors import DataError, SettingsError
from macrotrade.evaluation.comparison import clark_west, diebold_mariano
from macrotrade.evaluation.initialisation import initialisation_uncertainty, member_forecasts
from macrotrade.forecast import Forecast, Target


@pytest.fixture
def ensemble() -> tuple[FloatArray, FloatArray]:
    """Members scatter about a good forecast, the first less than the others."""
    generator = np.random.default_rng(1)
    signal = generator.standard_normal(159)
    noise = generator.standard_normal((159, 40)) * np.r_[0.1, np.full(39, 0.8)]
    return signal + 0.5 * generator.standard_normal(159), signal[:, None] + noise


@pytest.mark.parametrize("horizon", [1, 12])
def test_every_member_has_the_statistic_of_the_single_tests(
    ensemble: tuple[FloatArray, FloatArray], horizon: int
) -> None:
    outcome, members = ensemble
    mean = members.mean(axis=1)

    found = initialisation_uncertainty(outcome, members, horizon)

    for k in (0, 1, 39):
        plain = diebold_mariano((outcome - members[:, k]) ** 2, (outcome - mean) ** 2, horizon)
        adjusted = clark_west(outcome, members[:, k], mean, horizon)
        assert found.members.loc[k, "diebold_mariano"] == pytest.approx(plain.statistic)
        assert found.members.loc[k, "clark_west"] == pytest.approx(adjusted.statistic)
    assert found.ensemble_rmse == pytest.approx(np.sqrt(np.mean((outcome - mean) ** 2)))


def test_the_ensemble_beats_its_noisy_members(ensemble: tuple[FloatArray, FloatArray]) -> None:
    found = initialisation_uncertainty(*ensemble)

    summary = found.summary.loc["diebold_mariano"]
    assert summary["beaten_05"] == pytest.approx(39 / 40)
    assert summary["better_05"] == 0.0
    assert summary["q05"] < summary["q50"] < summary["q95"]
    assert (found.members["clark_west"] > found.members["diebold_mariano"]).mean() > 0.9


def test_mean_and_deviation_make_the_statistic(ensemble: tuple[FloatArray, FloatArray]) -> None:
    found = initialisation_uncertainty(*ensemble)

    rebuilt = found.members["loss_difference"] / found.members["deviation"] * np.sqrt(159)
    factor = np.sqrt((159 + 1 - 2) / 159)
    np.testing.assert_allclose(found.members["diebold_mariano"], factor * rebuilt)


def test_members_that_are_all_alike_have_no_statistic_and_a_reason(ensemble: tuple[FloatArray, FloatArray]) -> None:
    outcome, members = ensemble

    found = initialisation_uncertainty(outcome, np.repeat(members[:, :1], 3, axis=1))

    assert found.members["diebold_mariano"].isna().all()
    assert (found.members["note"] == "same as the ensemble mean, up to a constant").all()
    assert found.summary["beaten_05"].isna().all()


@pytest.mark.parametrize("kept", [0, 2])
def test_too_few_periods_give_a_reason(ensemble: tuple[FloatArray, FloatArray], kept: int) -> None:
    outcome, members = ensemble
    outcome[kept:] = np.nan

    found = initialisation_uncertainty(outcome, members)

    assert found.note.startswith(f"{kept} periods; at horizon 1 the test needs 8")
    assert len(found.members) == 40
    assert found.members["clark_west"].isna().all()


def test_missing_outcomes_are_left_out(ensemble: tuple[FloatArray, FloatArray]) -> None:
    outcome, members = ensemble
    expected = initialisation_uncertainty(outcome[:150], members[:150], 3)
    outcome[150:] = np.nan

    found = initialisation_uncertainty(outcome, members, 3)

    pd.testing.assert_frame_equal(found.members, expected.members)
    assert found.note == "9 of 159 periods have no number"
    with pytest.raises(DataError, match="periods x members"):
        initialisation_uncertainty(outcome, members[:10])


def test_members_are_read_from_forecasts() -> None:
    target = Target(("CPI", "PCE"), (1, 3))
    generator = np.random.default_rng(2)
    made = [
        Forecast(
            target, month.end_time.normalize(), month, generator.normal(size=(5, 2, 2)), np.ones((5, 2, 2)),
            np.full(5, 0.2), np.zeros(2), tuple("abcde"),
        )
        for month in pd.period_range("2000-01", periods=4, freq="M")
    ]  # fmt: skip

    found = member_forecasts(made, "PCE", 3)

    np.testing.assert_array_equal(found, [forecast.mean[:, 1, 1] for forecast in made])
    assert member_forecasts([], "PCE", 3).size == 0
    with pytest.raises(SettingsError, match="Did you mean 'PCE'"):
        member_forecasts(made, "PCX", 3)
    with pytest.raises(SettingsError, match="horizons"):
        member_forecasts(made, "PCE", 2)

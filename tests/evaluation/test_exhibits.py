"""Exhibits over many series, each against its own definition written out."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from macrotrade.errors import SettingsError
from macrotrade.evaluation.exhibits import (
    direction_shares,
    gain_over,
    gains,
    gains_by_window,
    normalised_rmse,
    weight_summary,
)
from macrotrade.evaluation.losses import Window

N_ORIGINS, HORIZONS, SERIES = 30, (1, 2, 3), ("a", "b", "c")


def _forecasts() -> pd.DataFrame:
    rng = np.random.default_rng(5)
    rows = []
    for series in SERIES:
        path = np.cumsum(rng.standard_normal(N_ORIGINS + 5))
        for origin in range(N_ORIGINS):
            for horizon in HORIZONS:
                outcome = path[origin + horizon] - path[origin]
                for provider, point in (("none", 0.0), ("good", 0.6 * outcome), ("noise", rng.standard_normal())):
                    rows.append((provider, origin, series, "change", horizon, 5.0, point, outcome))
    columns = ["provider", "as_of", "series", "measure", "horizon", "origin", "point", "outcome"]
    return pd.DataFrame(rows, columns=columns)


def test_the_gain_is_the_mean_of_each_series_own_ratio() -> None:
    table = _forecasts()
    expected = []
    for series in SERIES:
        rows = table[(table["series"] == series) & (table["horizon"] == 2)]
        square = {name: ((part["outcome"] - part["point"]) ** 2).mean() for name, part in rows.groupby("provider")}
        expected.append(1 - np.sqrt(square["noise"] / square["none"]))
    assert gain_over(table, "none").loc["noise", 2] == pytest.approx(100 * np.mean(expected), abs=1e-12)
    assert gain_over(table, "none").loc["good"].to_numpy() == pytest.approx(60.0)


def test_units_of_a_series_do_not_matter() -> None:
    table = _forecasts()
    scaled = table.copy()
    scaled.loc[scaled["series"] == "b", ["point", "outcome"]] *= 1e6
    pd.testing.assert_frame_equal(gain_over(table, "none"), gain_over(scaled, "none"))


def test_a_window_counts_its_own_periods_and_an_empty_one_has_no_gain() -> None:
    table = _forecasts()
    months = pd.period_range("2000-01", periods=N_ORIGINS + 5, freq="M")
    table["period"] = months[table["as_of"] + table["horizon"]].astype(str)
    early = table[table["period"] <= "2001-01"]

    found = gains_by_window(table, ("none", "noise"), (Window("early", None, "2001-01"), Window("never", "2050-01")))

    pd.testing.assert_series_equal(
        found.loc[("good", "noise", "early")], gain_over(early, "noise").loc["good"], check_names=False
    )
    assert found.xs("never", level="window").isna().all(axis=None)
    assert len(found) == 8


def test_all_providers_stand_on_the_same_months() -> None:
    table = _forecasts()
    missing = table[~((table["provider"] == "noise") & (table["as_of"] < 10))]
    later = table[table["as_of"] >= 10]
    pd.testing.assert_frame_equal(gain_over(missing, "none"), gain_over(later, "none"))


def test_a_base_that_forecast_nothing_is_refused_by_name() -> None:
    with pytest.raises(SettingsError, match=r"No forecasts of 'nonee' to compare with. Did you mean 'none'"):
        gain_over(_forecasts(), "nonee")
    assert list(gains(_forecasts(), ("none", "noise")).index.names) == ["provider", "base"]


def test_error_growth_is_relative_to_the_first_horizon() -> None:
    growth = normalised_rmse(_forecasts())
    assert (growth[1] == 1.0).all()
    assert growth.loc["none", 3] == pytest.approx(growth.loc["good", 3])


def test_direction_is_that_of_single_periods() -> None:
    table = _forecasts()
    shares = direction_shares(table)
    assert shares.loc["good", "right"].to_numpy() == pytest.approx(1.0)
    assert "none" not in shares.index.unique("provider")
    noise = table[table["provider"] == "noise"]
    rows = noise.pivot_table(index=["series", "as_of"], columns="horizon", values=["point", "outcome"])
    said = np.sign(rows["point"][3] - rows["point"][2])
    came = np.sign(rows["outcome"][3] - rows["outcome"][2])
    assert shares.loc[("noise", 3), "right"] == pytest.approx((said == came).mean())
    assert shares.loc[("noise", 3), "rises"] == pytest.approx((came > 0).mean())


def test_levels_count_their_first_change_from_the_origin() -> None:
    changes = _forecasts()
    levels = changes.assign(measure="level", point=changes["point"] + 5.0, outcome=changes["outcome"] + 5.0)
    expected = direction_shares(changes).sort_index()
    pd.testing.assert_frame_equal(direction_shares(levels).sort_index(), expected)


def test_a_one_period_measure_is_the_change_itself_at_every_horizon() -> None:
    table = _forecasts().assign(measure="one_period_change")

    shares = direction_shares(table)

    noise = table[(table["provider"] == "noise") & (table["horizon"] == 3)]
    right = np.sign(noise["point"]) == np.sign(noise["outcome"])
    assert shares.loc[("noise", 3), "right"] == pytest.approx(right.mean())


def test_weights_are_summed_up_by_member() -> None:
    rows = [("bma", at, member, 1, "a", w) for at in range(10) for member, w in (("x", at / 10), ("y", 1 - at / 10))]
    weights = pd.DataFrame(rows, columns=["provider", "as_of", "member", "horizon", "series", "weight"])
    table = weight_summary(weights)
    assert table.loc[("bma", 1, "x"), "mean"] == pytest.approx(0.45)
    assert table.groupby(level=["provider", "horizon"])["mean"].sum().to_numpy() == pytest.approx(1.0)

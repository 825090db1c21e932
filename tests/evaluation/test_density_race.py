"""Density scores side by side: against textbook formulas, on shared origins, with reasons where there is no number."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from macrotrade.errors import SettingsError
from macrotrade.evaluation.comparison import diebold_mariano
from macrotrade.evaluation.density_race import density_gains, density_race, shared_scores
from macrotrade.evaluation.losses import Window

MONTHS = pd.period_range("2000-01", periods=80, freq="M")
SPREADS = {"right": 1.0, "wide": 3.0, "points": 0.0}


def scored(name: str, series: str, unit: float) -> pd.DataFrame:
    """Forecasts N(0, (unit s)^2) of outcomes N(0, unit^2), scored by formulas of their own."""
    spread = unit * SPREADS[name]
    outcome = unit * np.random.default_rng(len(series)).standard_normal(80)
    scores = {"crps": np.abs(outcome), "log_score": np.full(80, np.inf), "pit": 0.5 * (1.0 + np.sign(outcome))}
    if spread:
        law, z = stats.norm(0.0, spread), outcome / spread
        scores = {
            "crps": spread * (z * (2.0 * stats.norm.cdf(z) - 1.0) + 2.0 * stats.norm.pdf(z) - 1.0 / np.sqrt(np.pi)),
            "log_score": -law.logpdf(outcome),
            "pit": law.cdf(outcome),
        }
    return pd.DataFrame(
        {
            "provider": name, "as_of": (MONTHS - 1).end_time.normalize(), "series": series, "measure": "change",
            "horizon": 1, "period": MONTHS.astype(str), "outcome": outcome, **scores,
        }
    )  # fmt: skip


@pytest.fixture(scope="module")
def forecasts() -> pd.DataFrame:
    parts = [scored(name, series, unit) for name in SPREADS for series, unit in (("CPI", 1.0), ("UNRATE", 20.0))]
    return pd.concat(parts, ignore_index=True)


def test_scores_ratios_and_tests_are_those_of_the_shared_origins(forecasts: pd.DataFrame) -> None:
    gap = forecasts[(forecasts["provider"] != "points") | (forecasts["period"] > "2000-06")]
    right, wide = (scored(name, "CPI", 1.0).iloc[6:] for name in ("right", "wide"))

    row = density_race(gap, "wide").query("provider == 'right' and series == 'CPI'").iloc[0]

    assert row["n"] == 74, "the months that one provider lacks count for no one"
    assert row["crps"] == pytest.approx(right["crps"].mean())
    assert row["crps_ratio"] == pytest.approx(right["crps"].mean() / wide["crps"].mean())
    assert row["log_score_gain"] == pytest.approx(wide["log_score"].mean() - right["log_score"].mean())
    assert row["coverage_80"] == pytest.approx(((right["pit"] >= 0.1) & (right["pit"] <= 0.9)).mean())
    for score in ("crps", "log_score"):
        test = diebold_mariano(wide[score].to_numpy(), right[score].to_numpy(), 1, alternative="greater")
        assert row[f"{score}_p_value"] == test.p_value < 0.01
    assert row["note"] == ""


def test_a_worse_distribution_is_not_called_better(forecasts: pd.DataFrame) -> None:
    row = density_race(forecasts, "right").query("provider == 'wide' and series == 'CPI'").iloc[0]

    assert row["crps_ratio"] > 1.0
    assert row["log_score_gain"] < 0.0
    assert min(row["crps_p_value"], row["log_score_p_value"]) > 0.9


def test_points_without_spread_have_a_crps_and_a_reason_for_the_rest(forecasts: pd.DataFrame) -> None:
    over, under = (density_race(forecasts, base).set_index(["provider", "series"]) for base in ("right", "points"))

    row = over.loc[("points", "CPI")]
    assert row["crps"] == pytest.approx(scored("points", "CPI", 1.0)["outcome"].abs().mean())
    assert row["log_score_gain"] == -np.inf
    assert "80 of 80 forecasts have no spread, so no finite log score" in row["note"]
    assert "log score: 0 periods" in under.loc[("right", "CPI"), "note"]
    assert np.isfinite(under.loc[("right", "CPI"), "crps_p_value"])


def test_a_window_without_outcomes_says_so(forecasts: pd.DataFrame) -> None:
    table = density_race(forecasts, "right", (Window("all"), Window("never", "2030-01")))

    never = table[table["window"] == "never"]
    assert (never["n"] == 0).all()
    assert (never["note"] == "no forecast with a known outcome in this window").all()
    assert len(never) == len(table) / 2


def test_gains_count_every_series_alike(forecasts: pd.DataFrame) -> None:
    ratio = [
        scored("right", series, unit)["crps"].mean() / scored("wide", series, unit)["crps"].mean()
        for series, unit in (("CPI", 1.0), ("UNRATE", 20.0))
    ]

    gain = density_gains(forecasts, "wide")

    assert gain.loc[("right", 1), "crps"] == pytest.approx(100.0 * (1.0 - np.mean(ratio)))
    assert gain.loc[("points", 1), "log_score"] == -np.inf
    assert "wide" not in gain.index.get_level_values("provider")


def test_origins_are_shared_within_each_series(forecasts: pd.DataFrame) -> None:
    absent = forecasts[(forecasts["provider"] != "points") | (forecasts["series"] == "CPI")]

    shared = shared_scores(absent)

    assert len(shared) == len(absent), "who never forecasts a series does not keep others from being judged on it"
    with pytest.raises(SettingsError, match="'rigth' made no forecast"):
        density_race(forecasts, "rigth")

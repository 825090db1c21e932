from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from macrotrade import Forecast, Target, instrument
from macrotrade.errors import SettingsError
from macrotrade.signals.score import score, voted


def _forecast(mean: float, scale: float, series: str = "DGS10") -> Forecast:
    day = pd.Timestamp("2008-01-31")
    return Forecast(
        Target(series, (1, 2)),
        day,
        pd.Period(day, "M"),
        mean=np.full((1, 2, 1), mean),
        scale=np.full((1, 2, 1), scale),
        weights=np.ones(1),
        origin=np.array([3.7]),
    )


def test_a_bond_scores_high_when_its_yield_is_forecast_to_fall() -> None:
    expected = 2.0 * norm.cdf(0.1 / 0.2) - 1.0
    assert score(_forecast(-0.1, 0.2), instrument("ZN")) == pytest.approx(expected, abs=1e-15)


def test_a_stock_index_scores_low_when_its_price_is_forecast_to_fall() -> None:
    assert score(_forecast(-0.1, 0.2, "SPX"), instrument("SPX")) == pytest.approx(1.0 - 2.0 * norm.cdf(0.5), abs=1e-15)


def test_no_change_is_no_view() -> None:
    assert score(_forecast(0.0, 0.2), instrument("ZN")) == 0.0
    assert score(_forecast(0.0, 0.0), instrument("ZN")) == 0.0


def test_a_score_without_its_driver_or_horizon_says_what_is_there() -> None:
    with pytest.raises(SettingsError, match="driven by 'DGS30'"):
        score(_forecast(0.0, 1.0), instrument("ZB"))
    with pytest.raises(SettingsError, match=r"holds horizons \(1, 2\), not 3"):
        score(_forecast(0.0, 1.0), instrument("ZN"), 3)


def test_votes_pass_over_those_who_abstain() -> None:
    scores = np.array([[0.2, np.nan, -0.6], [np.nan, np.nan, np.nan]])
    assert voted(scores)[0] == pytest.approx(-0.2)
    assert voted(scores, "majority")[0] == pytest.approx(0.0)
    assert np.isnan(voted(scores)[1])

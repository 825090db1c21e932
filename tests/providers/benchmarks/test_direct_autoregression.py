"""Direct autoregressions against the same regressions written out."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from macrotrade import History, SeriesInfo, Target
from macrotrade.errors import FitError, SettingsError
from macrotrade.providers.benchmarks.direct_autoregression import DirectAutoregression


def written_out(y: pd.Series, outcome: pd.Series, log: bool, max_lags: int) -> tuple[float, float, int]:
    """Forecast, residual deviation and order: labels and shifts instead of arrays, BIC by statsmodels."""
    x = (np.log(y) if log else y).diff()
    lags = pd.DataFrame({lag: x.shift(lag) for lag in range(max_lags)})
    common = lags.notna().all(axis=1) & outcome.notna()
    fits = {
        p: sm.OLS(outcome[common], sm.add_constant(lags.loc[common, list(range(p))])).fit()
        for p in range(1, max_lags + 1)
    }
    p = min(fits, key=lambda order: fits[order].bic)
    rows = lags[list(range(p))].notna().all(axis=1) & outcome.notna()
    fit = sm.OLS(outcome[rows], sm.add_constant(lags.loc[rows, list(range(p))])).fit()
    return float(fit.params.to_numpy() @ np.r_[1.0, lags.iloc[-1, :p]]), float(np.sqrt(fit.scale)), p


@pytest.mark.parametrize("measure", ["level", "change", "log_change", "one_period_change", "one_period_log_change"])
@pytest.mark.parametrize(("name", "log", "delay"), [("DGS10", False, 0), ("SPX", True, 0), ("OUTPUT", True, 1)])
@pytest.mark.parametrize("horizon", [1, 12])
def test_each_horizon_is_its_own_regression(
    history: History, measure: str, name: str, log: bool, delay: int, horizon: int
) -> None:
    panel = history.as_of("2005-06-30")

    forecast = DirectAutoregression().fit(panel, Target(name, (horizon,), measure)).forecast(panel)  # type: ignore[arg-type]

    y, k = panel.values(name), horizon + delay
    start = y.shift(-k + 1) if "one_period" in measure else y
    outcome = np.log(y.shift(-k) / start) if "log" in measure else y.shift(-k) - start
    mean, scale, p = written_out(y, outcome, log, 4)
    shift = y.iloc[-1] if measure == "level" else 0.0
    assert forecast.mean[0, 0, 0] == pytest.approx(mean + shift, rel=1e-8, abs=1e-12)
    assert forecast.scale[0, 0, 0] == pytest.approx(scale, rel=1e-8)
    assert f"direct regressions on {p} lags" in forecast.reasons[0]


def test_the_order_is_found_where_there_is_one() -> None:
    generator = np.random.default_rng(0)
    x = np.zeros(900)
    for t in range(3, 900):
        x[t] = 0.5 * x[t - 3] + generator.normal()
    sessions = pd.bdate_range("1990-01-01", periods=900)
    info = {"R": SeriesInfo("R", "D", "yield")}
    history = History("order three", "pseudo", {}, pd.DataFrame({"R": x}, sessions), info)
    panel = history.as_of(sessions[-1])

    provider = DirectAutoregression(conversion="level")
    forecast = provider.fit(panel, Target("R", (1,), "level", "D")).forecast(panel)

    assert "on 3 lags of its levels" in forecast.reasons[0]


def test_a_forecaster_reads_a_panel_in_which_the_delay_has_changed(history: History) -> None:
    target = Target("OUTPUT", (1, 3), "log_change")
    fitted_on_time = DirectAutoregression().fit(history.as_of("2005-07-20"), target)  # June is complete and published
    late = history.as_of("2005-07-29")  # July is complete and not yet published; the last number is June's still

    forecast = fitted_on_time.forecast(late)

    again = DirectAutoregression().fit(late, target).forecast(late)
    np.testing.assert_array_equal(forecast.mean, again.mean)


def test_gaps_are_left_out_and_said(history: History) -> None:
    panel = history.as_of("2005-06-30")

    forecast = DirectAutoregression().fit(panel, Target("GAPPED", (1,), "log_change")).forecast(panel)

    y = panel.values("GAPPED")
    mean, scale, _ = written_out(y, np.log(y.shift(-3) / y), True, 4)
    assert forecast.mean[0, 0, 0] == pytest.approx(mean, rel=1e-8)
    assert forecast.scale[0, 0, 0] == pytest.approx(scale, rel=1e-8)
    assert any("not published for 1 periods" in reason for reason in forecast.reasons)


def test_too_short_a_series_is_refused_with_name_date_and_remedy(history: History) -> None:
    with pytest.raises(FitError, match=r"DGS10 has 27 values at 1982-03-31 .*12 periods ahead on 4 lags needs 32"):
        DirectAutoregression().fit(history.as_of("1982-03-31"), Target("DGS10", (12,)))


def test_settings_are_checked_when_they_are_made() -> None:
    with pytest.raises(SettingsError, match="max_lags must be at least 1"):
        DirectAutoregression(max_lags=0)

"""Iterated autoregressions against statsmodels, by measure, frequency and state of the data."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from statsmodels.tsa.ar_model import AutoReg

from macrotrade import History, Panel, Releases, SeriesInfo, Target
from macrotrade.errors import FitError, SettingsError
from macrotrade.providers.benchmarks.autoregression import Autoregression, SeasonalAutoregression

HORIZONS = (1, 2, 6)


def statsmodels_path(z: np.ndarray, n_lags: int, steps: int, *, first_month: int | None = None) -> np.ndarray:
    """Levels of z forecast by an autoregression of its differences, the last known level in front."""
    seasonal = first_month is not None
    model = AutoReg(np.diff(z), n_lags, trend="c", seasonal=seasonal, period=12 if seasonal else None)
    return z[-1] + np.r_[0.0, np.cumsum(model.fit().forecast(steps))]


def measured(path: np.ndarray, measure: str, steps: list[int]) -> list[float]:
    y, k = path, np.array(steps)
    return {
        "level": y[k],
        "change": y[k] - y[0],
        "log_change": np.log(y[k] / y[0]),
        "one_period_change": y[k] - y[k - 1],
        "one_period_log_change": np.log(y[k] / y[k - 1]),
    }[measure].tolist()


@pytest.mark.parametrize("measure", ["level", "change", "log_change", "one_period_change", "one_period_log_change"])
@pytest.mark.parametrize(("name", "log", "delay"), [("DGS10", False, 0), ("SPX", True, 0), ("OUTPUT", True, 1)])
def test_every_measure_equals_the_path_of_statsmodels(
    history: History, measure: str, name: str, log: bool, delay: int
) -> None:
    panel = history.as_of("2005-06-30")
    target = Target(name, HORIZONS, measure)  # type: ignore[arg-type]

    forecast = Autoregression().fit(panel, target).forecast(panel)

    y = panel.values(name).to_numpy()
    path = statsmodels_path(np.log(y) if log else y, 12, 6 + delay)
    expected = measured(np.exp(path) if log else path, measure, [h + delay for h in HORIZONS])
    np.testing.assert_allclose(forecast.mean[0, :, 0], expected, rtol=1e-6, atol=1e-9)
    assert forecast.origin[0] == y[-1]


def test_the_spread_is_that_of_statsmodels(history: History) -> None:
    panel = history.as_of("2005-06-30")
    x = np.diff(panel.values("DGS10").to_numpy())
    theirs = AutoReg(x, 3, trend="c").fit()
    rows, k = x.size - 3, 4

    forecast = Autoregression(n_lags=3).fit(panel, Target("DGS10", (1, 2, 3), "one_period_change")).forecast(panel)

    # statsmodels divides the residual sum of squares by n, we by n - k
    expected = theirs.get_prediction(x.size, x.size + 2).se_mean * np.sqrt(rows / (rows - k))
    np.testing.assert_allclose(forecast.scale[0, :, 0], expected, rtol=1e-9)


def test_seasons_follow_the_calendar_from_the_last_known_month(history: History) -> None:
    panel = history.as_of("2005-06-30")

    forecast = SeasonalAutoregression().fit(panel, Target("OUTPUT", HORIZONS, "log_change")).forecast(panel)

    path = statsmodels_path(np.log(panel.values("OUTPUT").to_numpy()), 1, 7, first_month=1)
    np.testing.assert_allclose(forecast.mean[0, :, 0], path[[2, 3, 7]] - path[0], rtol=1e-7)
    assert "order 1 with 12 seasons in log differences" in forecast.reasons[0]


def test_quarters_have_four_seasons(history: History) -> None:
    panel = history.as_of("2005-06-30")  # first quarter published; the second is complete and not published

    forecast = SeasonalAutoregression().fit(panel, Target("GDP", (1,), "log_change", "Q")).forecast(panel)

    z = np.log(panel.values("GDP", "Q").to_numpy())
    theirs = AutoReg(np.diff(z), 1, trend="c", seasonal=True, period=4).fit().forecast(2)
    assert forecast.mean[0, 0, 0] == pytest.approx(theirs.sum(), rel=1e-7)
    assert forecast.period == pd.Period("2005Q2")


def test_daily_horizons_follow_the_sessions_of_the_series(history: History) -> None:
    panel = history.as_of("2005-07-05")

    forecast = Autoregression(n_lags=5).fit(panel, Target("SPX", (1, 5), "log_change", "D")).forecast(panel)

    path = statsmodels_path(np.log(panel.daily["SPX"].dropna().to_numpy()), 5, 5)
    np.testing.assert_allclose(forecast.mean[0, :, 0], path[[1, 5]] - path[0], rtol=1e-6, atol=1e-12)


def test_days_have_no_seasons(history: History) -> None:
    with pytest.raises(FitError, match="Days have no seasons"):
        SeasonalAutoregression().fit(history.as_of("2005-06-30"), Target("SPX", (1,), "log_change", "D"))


def test_the_window_is_the_last_periods_and_nothing_before(history: History) -> None:
    panel, target = history.as_of("2005-06-30"), Target("DGS10", HORIZONS)

    forecast = Autoregression(n_lags=4, window=120).fit(panel, target).forecast(panel)

    path = statsmodels_path(panel.values("DGS10").to_numpy()[-120:], 4, 6)
    np.testing.assert_allclose(forecast.mean[0, :, 0], path[list(HORIZONS)] - path[0], rtol=1e-7)


def test_rows_with_an_old_gap_are_left_out_and_it_is_said(history: History) -> None:
    panel = history.as_of("2005-06-30")  # GAPPED has no 1995-10

    forecast = Autoregression(n_lags=2).fit(panel, Target("GAPPED", (1,), "log_change")).forecast(panel)

    x = np.diff(np.log(panel.values("GAPPED").to_numpy()))
    rows = np.array([[x[t], 1.0, x[t - 1], x[t - 2]] for t in range(2, x.size)])
    rows = rows[~np.isnan(rows).any(axis=1)]
    c, a, b = np.linalg.lstsq(rows[:, 1:], rows[:, 0], rcond=None)[0]
    path = list(x[-2:])
    for _ in range(3):  # April's number is the last, June is the last complete month
        path.append(c + a * path[-1] + b * path[-2])
    assert forecast.mean[0, 0, 0] == pytest.approx(sum(path[2:]), rel=1e-8)
    assert any("not published for 1 periods" in reason for reason in forecast.reasons)


def test_a_gap_among_the_last_lags_is_bridged_between_known_neighbours(history: History) -> None:
    panel = history.as_of("2008-03-31")  # GAPPED has no 2007-10, and ends in 2008-01
    filled = history.as_of("2008-03-31")
    bridged = filled.monthly
    log = np.log(bridged["GAPPED"])
    bridged["GAPPED"] = bridged["GAPPED"].fillna(np.exp(log.interpolate())).where(log.index <= pd.Period("2008-01"))
    filled = Panel(filled.as_of, filled.vintages, filled.series, {**filled.frames, "M": bridged})
    target = Target("GAPPED", (1, 2), "log_change")

    forecaster = Autoregression(n_lags=6).fit(panel, target)

    np.testing.assert_allclose(forecaster.forecast(panel).mean, forecaster.forecast(filled).mean, rtol=1e-10)


def test_a_code_in_logs_gives_way_to_units_where_a_value_is_not_positive(history: History) -> None:
    panel = history.as_of("2005-06-30")
    series = {**panel.series, "BALANCE": SeriesInfo("BALANCE", tcode=5)}
    panel = Panel(panel.as_of, panel.vintages, series, panel.frames)

    forecast = Autoregression().fit(panel, Target("BALANCE")).forecast(panel)

    assert "in differences" in forecast.reasons[0]
    with pytest.raises(FitError, match="use conversion='difference'"):
        Autoregression(conversion="log_difference").fit(panel, Target("BALANCE"))


@pytest.mark.parametrize(
    ("conversion", "words"),
    [("level", "levels"), ("log", "logs"), ("second_difference", "second differences"), ("auto", "log differences")],
)
def test_the_form_is_the_one_asked_for(history: History, conversion: str, words: str) -> None:
    panel = history.as_of("2005-06-30")

    forecast = Autoregression(conversion=conversion).fit(panel, Target("SPX")).forecast(panel)  # type: ignore[arg-type]

    assert f"in {words}," in forecast.reasons[0]


@pytest.mark.parametrize(
    ("provider", "needed"), [(Autoregression(), 40), (SeasonalAutoregression(), 29)], ids=["twelve lags", "seasons"]
)
def test_too_short_a_series_is_refused_with_name_date_and_remedy(
    history: History, provider: Autoregression, needed: int
) -> None:
    panel = history.as_of("1982-03-31")

    with pytest.raises(FitError, match=rf"DGS10 has 27 values at 1982-03-31 .* needs {needed}\. Start"):
        provider.fit(panel, Target("DGS10"))


@pytest.mark.parametrize(
    ("settings", "message"),
    [({"n_lags": 0}, "n_lags"), ({"conversion": "logs"}, "Did you mean 'log'"), ({"window": 0}, "window")],
)
def test_settings_are_checked_when_they_are_made(settings: dict[str, object], message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        Autoregression(**settings)  # type: ignore[arg-type]


def test_forecasts_of_real_series_equal_statsmodels(shared_data: Path) -> None:
    """The vintage of October 2019: every series whose code asks for differences of it or of its logarithm."""
    panel, codes = october_2019(shared_data)
    names = [name for name, code in codes.items() if code in (2, 5) and panel.monthly[name].notna().all()]
    assert len(names) > 50
    logs = np.array([codes[name] == 5 for name in names])

    target = Target(tuple(names), (1, 12), tuple("log_change" if log else "change" for log in logs))
    forecast = Autoregression().fit(panel, target).forecast(panel)

    for column, (name, log) in enumerate(zip(names, logs, strict=True)):
        y = panel.values(name).to_numpy()
        path = statsmodels_path(np.log(y) if log else y, 12, 12)
        scale = np.abs(np.diff(path)).max()
        np.testing.assert_allclose(
            forecast.mean[0, :, column], path[[1, 12]] - path[0], rtol=1e-6, atol=1e-6 * scale, err_msg=name
        )


def october_2019(shared_data: Path) -> tuple[Panel, dict[str, int]]:
    raw = pd.read_csv(shared_data / "fredmd" / "vintages" / "2019-10.csv.gz")
    codes = {name: int(code) for name, code in raw.iloc[0, 1:].items()}
    table = raw.iloc[1:].dropna(subset="sasdate")
    table.index = pd.PeriodIndex(pd.to_datetime(table.pop("sasdate"), format="mixed"), freq="M")
    releases = Releases.from_final("M", table.astype(float), dict.fromkeys(codes, 20))
    info = {name: SeriesInfo(name, tcode=code) for name, code in codes.items()}
    history = History("October 2019", "pseudo", {"M": releases}, pd.DataFrame(index=pd.DatetimeIndex([])), info)
    return history.as_of("2019-10-25"), codes

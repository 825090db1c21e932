"""No change, with the spread of past changes."""

from __future__ import annotations

import numpy as np
import pytest

from macrotrade import History, Target
from macrotrade.errors import FitError, SettingsError
from macrotrade.providers.benchmarks.naive import Naive


def test_the_level_stays_and_its_spread_is_that_of_past_changes(history: History) -> None:
    panel = history.as_of("2005-06-30")
    target = Target(("DGS10", "SPX"), (1, 6))

    forecast = Naive().fit(panel, target).forecast(panel)

    assert (forecast.mean == 0).all()
    yields = panel.monthly["DGS10"]
    for row, h in enumerate((1, 6)):
        change = (yields - yields.shift(h)).dropna()
        assert forecast.scale[0, row, 0] == pytest.approx(np.sqrt((change**2).mean()))
    assert (forecast.probability_up() == 0.5).all()


@pytest.mark.parametrize(
    ("measure", "mean", "over"),
    [("level", "last", 4), ("log_change", 0, 4), ("one_period_change", 0, 1), ("one_period_log_change", 0, 1)],
)
def test_every_measure_of_a_late_series_counts_from_its_last_value(
    history: History, measure: str, mean: object, over: int
) -> None:
    panel = history.as_of("2005-06-30")  # OUTPUT ends in May
    target = Target("OUTPUT", (3,), measure)  # type: ignore[arg-type]

    forecast = Naive().fit(panel, target).forecast(panel)

    y = panel.monthly["OUTPUT"].dropna()
    z = np.log(y) if "log" in measure else y
    assert forecast.mean[0, 0, 0] == (y.iloc[-1] if mean == "last" else 0.0)
    assert forecast.scale[0, 0, 0] == pytest.approx(np.sqrt((z.diff(over) ** 2).mean()))
    assert any("ends 1 period before the origin, in 2005-05" in reason for reason in forecast.reasons)


def test_the_window_limits_the_spread_to_the_last_periods(history: History) -> None:
    panel = history.as_of("2005-06-30")

    forecast = Naive(window=61).fit(panel, Target("DGS10")).forecast(panel)

    change = panel.monthly["DGS10"].diff().iloc[-60:]
    assert forecast.scale[0, 0, 0] == pytest.approx(np.sqrt((change**2).mean()))


def test_periods_never_published_are_left_out(history: History) -> None:
    panel = history.as_of("2005-06-30")

    forecast = Naive().fit(panel, Target("GAPPED", (2,))).forecast(panel)

    values = panel.values("GAPPED")
    assert forecast.scale[0, 0, 0] == pytest.approx(np.sqrt((values.diff(4).dropna() ** 2).mean()))
    assert any("not published for 1 periods" in reason for reason in forecast.reasons)


def test_daily_horizons_count_the_sessions_of_the_series(history: History) -> None:
    panel = history.as_of("2005-07-05")

    forecast = Naive().fit(panel, Target("SPX", (5,), "log_change", "D")).forecast(panel)

    traded = np.log(panel.daily["SPX"].dropna())
    assert forecast.scale[0, 0, 0] == pytest.approx(np.sqrt((traded.diff(5) ** 2).mean()))


def test_too_short_a_series_is_refused_with_name_date_and_remedy(history: History) -> None:
    with pytest.raises(FitError, match=r"DGS10 has 6 values at 1980-06-30 \(to 1980-06\).*Start the origins later"):
        Naive().fit(history.as_of("1980-06-30"), Target("DGS10"))


def test_logarithms_of_a_negative_series_are_refused_with_a_remedy(history: History) -> None:
    with pytest.raises(FitError, match=r"BALANCE holds -.* no logarithm; ask for 'change'"):
        Naive().fit(history.as_of("2005-06-30"), Target("BALANCE", (1,), "log_change"))


def test_a_series_that_has_stopped_is_refused(history: History) -> None:
    with pytest.raises(FitError, match=r"OUTPUT ends in 2009-12, 17 periods before .* 2011-05-31: it has stopped"):
        Naive().fit(history.as_of("2011-05-31"), Target("OUTPUT"))


def test_a_window_of_one_period_is_refused() -> None:
    with pytest.raises(SettingsError, match="window must be None"):
        Naive(window=1)

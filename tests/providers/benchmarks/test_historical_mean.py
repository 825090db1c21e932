"""The mean change of history, by steps ahead."""

from __future__ import annotations

import numpy as np
import pytest

from macrotrade import History, Target
from macrotrade.errors import FitError, SettingsError
from macrotrade.providers.benchmarks.historical_mean import HistoricalMean
from macrotrade.testing import check_provider


@pytest.mark.parametrize(
    ("measure", "over"),
    [("log_change", 3), ("change", 3), ("level", 3), ("one_period_change", 1), ("one_period_log_change", 1)],
)
def test_the_mean_and_the_spread_are_those_of_past_changes(history: History, measure: str, over: int) -> None:
    panel = history.as_of("2005-06-30")
    target = Target("SPX", (3,), measure)  # type: ignore[arg-type]

    forecast = HistoricalMean().fit(panel, target).forecast(panel)

    y = panel.values("SPX")
    z = np.log(y) if "log" in measure else y
    mean = over * z.diff().mean()
    assert forecast.mean[0, 0, 0] == pytest.approx(mean + (y.iloc[-1] if measure == "level" else 0.0))
    assert forecast.scale[0, 0, 0] == pytest.approx(np.sqrt(((z.diff(over) - mean) ** 2).mean()))


def test_a_window_takes_the_last_periods_and_a_late_series_is_counted_from_its_last_value(history: History) -> None:
    panel = history.as_of("2005-06-30")  # OUTPUT ends in May

    forecast = HistoricalMean(window=61).fit(panel, Target("OUTPUT", (2,), "log_change")).forecast(panel)

    changes = np.log(panel.monthly["OUTPUT"].dropna()).diff().iloc[-60:]
    assert forecast.mean[0, 0, 0] == pytest.approx(3 * changes.mean())
    assert any("in 2005-05" in reason for reason in forecast.reasons)


def test_too_little_history_is_refused(history: History) -> None:
    with pytest.raises(SettingsError, match="window must be above 24"):
        HistoricalMean(window=12)
    panel = history.as_of("1981-12-31")
    with pytest.raises(FitError, match="SPX"):
        HistoricalMean().fit(panel, Target("SPX"))


def test_it_keeps_every_law(history: History) -> None:
    check_provider(HistoricalMean(), history, Target(("SPX", "OUTPUT"), (1, 3))).raise_for_failures()

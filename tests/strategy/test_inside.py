"""What a finished run shows of its providers: their last fit, and why they changed their minds."""

from __future__ import annotations

from dataclasses import dataclass, field

import pandas as pd
import pytest

from macrotrade.forecast import Exhibit, Forecast, Forecaster, Target
from macrotrade.panel.panel import Panel
from macrotrade.panel.vintages import History
from macrotrade.sources.load import load
from macrotrade.strategy.inside import exhibits_of, explanations_of
from macrotrade.strategy.parts import ProviderChoice
from macrotrade.strategy.run import Signals, origins_of, signals
from macrotrade.strategy.spec import Strategy


@pytest.fixture(scope="module")
def history() -> History:
    return load("embedded")


@pytest.fixture(scope="module")
def run(history: History) -> Signals:
    strategy = Strategy(
        providers=(
            {"name": "naive"},
            {"name": "bma", "start": "2000-01", "series": ("UNRATE", "INDPRO"), "refit_every": 2},
        ),
        instruments=("ZB",),
        start="2008-09-30",
        end="2008-12-31",
    )
    return signals(strategy, history, origins_of(strategy, history))


def test_a_provider_that_shows_nothing_has_no_entry(run: Signals, history: History) -> None:
    assert set(exhibits_of(run, history)) == {"bma"}
    assert set(explanations_of(run, history)) == {"bma"}


def test_exhibits_are_those_of_the_last_fit_and_the_weights_those_of_the_run(run: Signals, history: History) -> None:
    shown = {exhibit.title: exhibit for exhibit in exhibits_of(run, history)["bma"]}

    drawn = shown["Weights through time, DGS30"].frame
    forecast = run.walks["bma"][0].forecasts[-1]
    last = shown["Weights of the members"].frame

    assert drawn is not None
    assert last is not None
    assert drawn.index[-1] == run.origins[-1]
    assert drawn.iloc[-1].tolist() == forecast.weights[:, 0, 0].tolist()
    # The last fit of four origins, refitted at every second one, is that of the third.
    assert last.loc["DGS30"].to_numpy() == pytest.approx(drawn.iloc[-2].to_numpy(), abs=1e-12)


def test_explanations_are_of_the_last_two_origins_and_sum_to_the_change(run: Signals, history: History) -> None:
    (one,) = explanations_of(run, history)["bma"]

    assert one.series == "DGS30"
    assert float(one.table()["amount"].sum()) == pytest.approx(one.after - one.before, abs=1e-10)


@dataclass(frozen=True)
class _Plain:
    """Forecasts no change; counts how often it is fitted."""

    fits: list[pd.Timestamp] = field(default_factory=list)

    def fit(self, panel: Panel, target: Target) -> _PlainForecaster:
        self.fits.append(panel.as_of)
        return _PlainForecaster()


class _PlainForecaster:
    def forecast(self, panel: Panel) -> Forecast:
        raise NotImplementedError


@dataclass(frozen=True)
class _Unclear:
    """Does not say what its forecasters are."""

    def fit(self, panel: Panel, target: Target) -> Forecaster:
        return _Showing(panel.as_of)


@dataclass(frozen=True)
class _Showing:
    fitted: pd.Timestamp

    def forecast(self, panel: Panel) -> Forecast:
        raise NotImplementedError

    def exhibits(self) -> tuple[Exhibit, ...]:
        return (Exhibit("Fitted", "text", text=f"{self.fitted:%Y-%m-%d}"),)


def test_only_a_provider_whose_forecaster_may_show_something_is_fitted_again(
    run: Signals, history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain, unclear = _Plain(), _Unclear()
    monkeypatch.setattr(ProviderChoice, "load", lambda choice: plain if choice.title == "naive" else unclear)

    shown = exhibits_of(run, history)

    assert plain.fits == []
    assert shown["bma"][0].text == "2008-11-30"

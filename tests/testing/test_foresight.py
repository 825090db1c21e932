"""A provider that knows the outcomes by data of its own is caught by how right it is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

import macrotrade as mt
from macrotrade import Forecast, Panel, Target
from macrotrade.testing import check_provider


@dataclass(frozen=True)
class Peek:
    """Keeps the final numbers in its pocket, which no change to the history reaches; reads the panel for the rest."""

    def fit(self, panel: Panel, target: Target) -> Peek:
        del panel
        self.__dict__["target"] = target
        return self

    def forecast(self, panel: Panel) -> Forecast:
        target: Target = self.__dict__["target"]
        pocket = mt.load("embedded").as_last_reported()
        origin = np.array([panel.values(name).iloc[-1] for name in target.names])
        ends = [[pocket[name].get(panel.period() + h, np.nan) for name in target.names] for h in target.horizons]
        mean = np.nan_to_num(np.array(ends) - origin)
        return Forecast(target, panel.as_of, panel.period(), mean[None], np.ones_like(mean)[None], np.ones(1), origin)


def test_knowing_the_outcome_is_not_forecasting() -> None:
    report = check_provider(Peek(), mt.load("embedded"), Target("DGS10", (1,)))
    assert "foresight" in {result.law for result in report.failures}
    found = next(result for result in report.failures if result.law == "foresight")
    assert "R^2 against what came 1.00" in found.detail


@pytest.mark.parametrize("name", ["naive", "autoregression"])
def test_an_honest_forecast_is_far_from_what_came(name: str) -> None:
    from macrotrade.providers.registry import load

    report = check_provider(load(name), mt.load("embedded"))
    assert next(result for result in report.laws if result.law == "foresight").outcome == "passed"

"""How often a provider is fitted: as said beside it, else in the schedule, else by its class."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import pandas as pd
import pytest

from macrotrade import History, Panel, Schedule, Strategy, Target
from macrotrade.forecast import Forecaster
from macrotrade.ledger.settings import settings_text
from macrotrade.providers.benchmarks.naive import Naive
from macrotrade.strategy import demo
from macrotrade.strategy.run import origins_of, signals
from macrotrade.strategy.spec import ProviderChoice

_HERE = f"{__name__}:Seldom"
_FITTED: list[pd.Timestamp] = []


@dataclass(frozen=True)
class Seldom:
    """No change, fitted every third origin unless told otherwise."""

    n_members: int = 100

    default_refit_every: ClassVar[int | None] = 3
    demo_refit_every: ClassVar[int | None] = 12
    demo_settings: ClassVar[Mapping[str, Any]] = {"n_members": 2}

    def fit(self, panel: Panel, target: Target) -> Forecaster:
        """Writes down the day."""
        _FITTED.append(panel.as_of)
        return Naive().fit(panel, target)


def _strategy(**changes: Any) -> Strategy:
    given: dict[str, Any] = {"providers": (_HERE,), "instruments": ("ZN",), "start": "2014-01-31", "end": "2014-08-31"}
    return Strategy(**{**given, **changes})


@pytest.mark.parametrize(
    ("choice", "schedule", "every"),
    [
        (ProviderChoice(name=_HERE), Schedule(), 3),
        (ProviderChoice(name=_HERE), Schedule(refit_every=1), 1),
        (ProviderChoice(name=_HERE, refit_every=2), Schedule(refit_every=6), 2),
        (ProviderChoice(name="naive"), Schedule(), 1),
        (ProviderChoice(name="naive"), Schedule(refit_every=6), 6),
        (ProviderChoice(name="lstm"), Schedule(), 48),
    ],
)
def test_the_choice_goes_before_the_schedule_and_the_schedule_before_the_class(
    choice: ProviderChoice, schedule: Schedule, every: int
) -> None:
    assert choice.fitted_every(schedule) == every


def test_a_run_fits_on_the_days_that_the_class_asks_for(market: History) -> None:
    _FITTED.clear()
    strategy = _strategy()

    signals(strategy, market, origins_of(strategy, market))

    assert [f"{day:%Y-%m}" for day in _FITTED] == ["2014-01", "2014-04", "2014-07"]


def test_what_is_written_down_says_how_seldom_a_provider_was_fitted() -> None:
    assert json.loads(settings_text(_strategy()))["providers"][0]["refit_every"] == 3


def test_the_demo_takes_the_settings_that_a_class_asks_for_and_says_how_many_members_it_has() -> None:
    choice = demo.demo_choice(_HERE)

    assert (choice.title, choice.settings, choice.refit_every) == (f"{_HERE}, K = 2", {"n_members": 2}, 12)
    assert demo.demo_choice("naive") == ProviderChoice(name="naive", label="naive", refit_every=1)

"""What is checked, and the ways in which laws look at it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from macrotrade.forecast import Forecast, Provider, Target
from macrotrade.panel.panel import Panel
from macrotrade.panel.vintages import History
from macrotrade.testing.report import LawResult
from macrotrade.testing.trial import Factory, Gap, Trial, attempt, guarded

__all__ = ["ABSURD", "Case", "broken", "problem_with", "state_of"]

ABSURD = 100.0
"""Spreads by which a forecast may move, or a mean lie from no change, before it is absurd."""


@dataclass(frozen=True, eq=False)
class Case:
    """A provider's factory on a history, and its forecast at each origin, made early to late.

    Attributes
    ----------
    factory, history, target, origins
        As given to :func:`macrotrade.testing.check_provider`.
    provider, state
        The provider built on the history itself, and everything it held before its first fit.
    base
        The forecast at each origin, or the error that came instead.
    warm_up, seed
        Periods to cut from the start, and the seed of the noise.
    """

    factory: Factory
    history: History
    target: Target
    origins: tuple[pd.Timestamp, ...]
    provider: Provider
    state: str
    base: tuple[Trial, ...]
    warm_up: int
    seed: int

    def made(self) -> Sequence[tuple[pd.Timestamp, Trial, Forecast]]:
        """Origins at which there is a forecast, with it."""
        pairs = zip(self.origins, self.base, strict=True)
        return [(day, trial, trial.forecast) for day, trial in pairs if trial.forecast is not None]

    def on_panel(self, panel: Panel, target: Target | None = None) -> Trial:
        """Forecast from another panel, or for another target, by the provider built on the same history."""
        return attempt(self.factory, self.history, panel, target or self.target)

    def on_history(self, history: History, day: pd.Timestamp) -> Trial:
        """Forecast of that day on another history, by the provider built on it."""
        return guarded(lambda: self.factory(history).fit(panel := history.as_of(day), self.target).forecast(panel))


def broken(law: str, day: pd.Timestamp, gap: Gap, when: str) -> LawResult:
    """Result of a law broken on that day, by that much."""
    return LawResult(law, "failed", f"{gap.words} {when}", day, gap.series, gap.difference)


def problem_with(forecast: Any, panel: Panel, target: Target) -> str:
    """What is wrong with the form of a forecast, or nothing."""
    if not isinstance(forecast, Forecast):
        return f"forecast() gave a {type(forecast).__name__}, not a Forecast"
    if forecast.target != target:
        return f"it answers {forecast.target}, not {target}"
    if forecast.as_of != panel.as_of:
        return f"it is dated {forecast.as_of:%Y-%m-%d}, its panel {panel.as_of:%Y-%m-%d}"
    if forecast.period != panel.period(target.frequency):
        return f"it counts horizons from {forecast.period}, not from {panel.period(target.frequency)}"
    last = np.array([panel.values(name, target.frequency).iloc[-1] for name in target.names])
    if not np.array_equal(forecast.origin, last):
        return f"its origin {forecast.origin} is not the last known values {last}"
    away = np.abs(forecast.point() - np.where([m == "level" for m in target.measures], last, 0.0))
    if (forecast.spread() > 0).all() and (away > ABSURD * forecast.spread()).any():
        return f"a forecast lies more than {ABSURD:g} spreads from no change"
    return ""


def state_of(provider: Provider) -> str:
    """Everything an instance holds, as text."""
    return repr(sorted(vars(provider).items())) if hasattr(provider, "__dict__") else repr(provider)

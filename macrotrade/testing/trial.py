"""One attempt to fit and forecast, and the comparison of two."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from macrotrade._typing import FloatArray
from macrotrade.forecast import Forecast, Provider, Target
from macrotrade.panel.panel import Panel
from macrotrade.panel.vintages import History

__all__ = ["Factory", "Gap", "Trial", "as_factory", "attempt", "compare", "guarded"]

Factory: TypeAlias = Callable[[History], Provider]


@dataclass(frozen=True, eq=False)
class Trial:
    """A forecast, or the error that came instead."""

    forecast: Forecast | None
    error: str = ""


@dataclass(frozen=True)
class Gap:
    """How far two forecasts are apart.

    Attributes
    ----------
    difference
        Largest difference of a mean, scale, weight or origin; infinite where one forecast could not be made.
    relative
        The same in spreads of the forecast.
    series
        Where it is; None where there is no forecast to compare.
    words
        The same as a sentence begins.
    """

    difference: float
    relative: float
    series: str | None
    words: str


def as_factory(provider_or_factory: Provider | type[Provider] | Factory) -> Factory:
    """Function from a history to the provider that a user would have built on it."""
    if isinstance(provider_or_factory, type):
        cls = provider_or_factory
        return lambda _history: cls()
    if isinstance(provider_or_factory, Provider):
        provider = provider_or_factory
        return lambda _history: provider
    return provider_or_factory


def attempt(factory: Factory, history: History, panel: Panel, target: Target) -> Trial:
    """Forecast of the provider built on `history`, fitted to `panel`."""
    return guarded(lambda: factory(history).fit(panel, target).forecast(panel))


def guarded(make: Callable[[], Forecast]) -> Trial:
    """What `make` gives, or the error it raised: a provider's errors are findings."""
    try:
        return Trial(make())
    except Exception as error:
        return Trial(None, f"{type(error).__name__}: {error}")


def compare(one: Trial, other: Trial) -> Gap | None:
    """None where two trials are equal bit for bit, or both failed; else how far apart they are."""
    if one.forecast is None or other.forecast is None:
        if one.forecast is other.forecast:
            return None
        return Gap(np.inf, np.inf, None, f"it raised {one.error or other.error}")
    first, second = _raw(one.forecast), _raw(other.forecast)
    if any(a.shape != b.shape for a, b in zip(first, second, strict=True)):
        return Gap(np.inf, np.inf, None, "the forecasts differ in shape")
    if all(np.array_equal(a, b) for a, b in zip(first, second, strict=True)):
        return None
    apart = np.array([np.abs(a - b).reshape(-1, a.shape[-1]).max(axis=0) for a, b in zip(first, second, strict=True)])
    worst = int(apart.max(axis=0).argmax())
    spread = float(one.forecast.spread()[:, worst].max())
    difference = float(apart[:, worst].max())
    relative = difference / spread if spread > 0 else np.inf
    return Gap(difference, relative, one.forecast.target.names[worst], f"the forecast moved by {difference:.3g}")


def _raw(forecast: Forecast) -> tuple[FloatArray, ...]:
    return forecast.mean, forecast.scale, forecast.weights, forecast.origin

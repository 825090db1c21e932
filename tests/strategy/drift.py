"""A small real forecaster for tests of the walk: the drift of the last months, and noise from its seed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from macrotrade import Forecast, Panel, Target
from macrotrade.errors import FitError


@dataclass(frozen=True)
class Drift:
    """Forecasts the mean change of the last `window` months, with noise from its seed: small, real, and random."""

    window: int = 24
    noise: float = 0.0
    seed: int = 0

    def fit(self, panel: Panel, target: Target) -> DriftForecaster:
        for name in target.names:
            if len(panel.values(name)) <= self.window:
                raise FitError(
                    f"{name} has {len(panel.values(name))} months at {panel.as_of:%Y-%m-%d}; drift needs more."
                )
        return DriftForecaster(
            self, target, np.random.default_rng(self.seed).normal(0.0, self.noise, len(target.names))
        )


@dataclass(frozen=True)
class DriftForecaster:
    settings: Drift
    target: Target
    shock: np.ndarray

    def forecast(self, panel: Panel) -> Forecast:
        means, scales, origins = [], [], []
        for name, measure in zip(self.target.names, self.target.measures, strict=True):
            values = panel.values(name)
            changes = (np.log(values) if "log" in measure else values).diff().iloc[-self.settings.window :]
            means.append(changes.mean())
            scales.append(changes.std())
            origins.append(values.iloc[-1])
        horizons = np.array(self.target.horizons)[:, None]
        whole = np.array([not measure.startswith("one_period") for measure in self.target.measures])
        steps = np.where(whole, horizons, 1)
        mean = np.array(means) * steps + self.shock
        return Forecast(
            self.target,
            panel.as_of,
            panel.period(self.target.frequency),
            mean[None],
            (np.array(scales) * np.sqrt(steps))[None],
            np.ones(1),
            np.array(origins),
            members=("drift",),
            reasons=(f"mean of {self.settings.window} months",),
        )

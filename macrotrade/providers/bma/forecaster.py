"""A fitted system that reads a panel and gives the forecast of its members, averaged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from macrotrade._typing import FloatArray
from macrotrade.errors import DataError, FitError
from macrotrade.forecast import Exhibit, Forecast, Target
from macrotrade.panel.panel import Panel
from macrotrade.providers.bma.averaging import Member, Weighting, posterior_weights
from macrotrade.providers.bma.exhibits import system_exhibits
from macrotrade.providers.bma.reading import Reading, read_panel
from macrotrade.providers.bma.responses import Solved, solve_members
from macrotrade.providers.bma.system import System
from macrotrade.providers.bma.words import member_label, reasons_of

__all__ = ["BMAForecaster"]


@dataclass(frozen=True, eq=False)
class BMAForecaster:
    """A system, and how its members are averaged.

    Attributes
    ----------
    system
        Equations of every series: ``print(forecaster.system.equation("HOUSTNE"))``.
    names
        Series given to the system, in order.
    first
        Period of the first row given to it.
    members, weighting
        Who is averaged, and how.
    target
        What is forecast.
    """

    system: System
    names: tuple[str, ...]
    first: pd.Period
    members: tuple[Member, ...]
    weighting: Weighting
    target: Target

    def forecast(self, panel: Panel) -> Forecast:
        """Forecast from the last values in `panel`; a later panel needs no new fit.

        Raises
        ------
        FitError
            If the panel lacks a series of the system, or holds a value that the series' form cannot.
        """
        target = self.target
        try:
            reading = self.read(panel)
            solved = solve_members(self.system, reading, target.horizons, self.members)
        except (DataError, FitError) as error:
            raise FitError(
                f"No forecast of {', '.join(target.names[:5])} at {panel.as_of:%Y-%m-%d}: {error}"
            ) from error
        mean, scale = self._moments(reading, solved, panel)
        weights = self._weights(solved)
        return Forecast(
            target,
            panel.as_of,
            panel.period(target.frequency),
            mean,
            scale,
            weights,
            np.array([reading.last_value(name) for name in target.names]),
            tuple(member_label(member, self.system.settings) for member in self.members),
            reasons_of(self.system, reading, solved, self.members, target, weights),
        )

    def read(self, panel: Panel) -> Reading:
        """The system's part of a panel."""
        return read_panel(panel, self.names, self.first, self.target.frequency)

    def exhibits(self) -> tuple[Exhibit, ...]:
        """Equations of the target's series, weights, who informs whom, who is informative, and the forms chosen."""
        return system_exhibits(self.system, self.members, self.weighting, self.target)

    def _moments(
        self, reading: Reading, solved: Mapping[int, tuple[Solved, ...]], panel: Panel
    ) -> tuple[FloatArray, FloatArray]:
        target = self.target
        out = np.empty((2, len(self.members), len(target.horizons), len(target.names)))
        for column, (name, measure) in enumerate(zip(target.names, target.measures, strict=True)):
            place, last_known = self.system.place(name), reading.last_known(name)
            if reading.origin_row + target.horizons[0] <= last_known:
                raise FitError(
                    f"{name} is known to {reading.period(last_known)}, past horizon {target.horizons[0]} at "
                    f"{panel.as_of:%Y-%m-%d}; ask for a longer horizon."
                )
            for h, horizon in enumerate(target.horizons):
                for m, member in enumerate(solved[horizon]):
                    out[:, m, h, column] = member.moments(place, reading.origin_row + horizon, measure)
        return out[0], out[1]

    def _weights(self, solved: Mapping[int, tuple[Solved, ...]]) -> FloatArray:
        """Posterior weights, (n_members, n_horizons, n_series of the target)."""
        places = [self.system.place(name) for name in self.target.names]
        by_horizon = [
            posterior_weights([member.equations for member in solved[horizon]], self.weighting)[:, places]
            for horizon in self.target.horizons
        ]
        return np.stack(by_horizon, axis=1)

"""Forecasts from the slope of the yield curve, after Campbell and Shiller (1991)."""

from dataclasses import dataclass

import numpy as np

from macrotrade import Forecast, Panel, Target
from macrotrade.errors import FitError
from macrotrade.numerics.least_squares import LeastSquares, least_squares
from macrotrade.numerics.measures import measure_outcomes


@dataclass(frozen=True)
class YieldCurveSlope:
    """Each outcome regressed on the spread between a long and a short yield when it was forecast.

    Parameters
    ----------
    long, short
        Names of the two yields, in per cent.
    """

    long: str = "DGS10"
    short: str = "DGS2"

    def fit(self, panel: Panel, target: Target) -> "SlopeForecaster":
        """One regression for each series and horizon, on all months known."""
        fits = {
            (name, horizon): self._regress(panel, name, measure, horizon, target)
            for name, measure in zip(target.names, target.measures, strict=True)
            for horizon in target.horizons
        }
        return SlopeForecaster(self, target, fits)

    def slope(self, panel: Panel, target: Target):
        """Long minus short yield, by period."""
        return panel.values(self.long, target.frequency) - panel.values(self.short, target.frequency)

    def _regress(self, panel: Panel, name: str, measure: str, horizon: int, target: Target) -> LeastSquares:
        values = panel.values(name, target.frequency)
        if target.frequency != "D" and values.index[-1] != panel.period(target.frequency):
            raise FitError(f"{name} ends in {values.index[-1]}; the yield curve forecasts series known to the origin.")
        outcome = measure_outcomes(values.to_numpy(), "change" if measure == "level" else measure, horizon)
        slope = self.slope(panel, target).reindex(values.index).to_numpy()[: outcome.size]
        rows = ~(np.isnan(outcome) | np.isnan(slope))
        if rows.sum() < 24:
            raise FitError(f"{name} has {rows.sum()} outcomes with a slope; 24 are needed. Start the origins later.")
        return least_squares(np.column_stack([np.ones(rows.sum()), slope[rows]]), outcome[rows])


@dataclass(frozen=True)
class SlopeForecaster:
    """The regressions, by series and horizon."""

    provider: YieldCurveSlope
    target: Target
    fits: dict[tuple[str, int], LeastSquares]

    def forecast(self, panel: Panel) -> Forecast:
        """Forecast from the last slope in the panel."""
        target, slope = self.target, self.provider.slope(panel, self.target).iloc[-1]
        origin = np.array([panel.values(name, target.frequency).iloc[-1] for name in target.names])
        from_level = np.where([measure == "level" for measure in target.measures], origin, 0.0)
        fits = [[self.fits[name, horizon] for name in target.names] for horizon in target.horizons]
        mean = np.array([[fit.coefficients @ [1.0, slope] for fit in row] for row in fits]) + from_level
        scale = np.array([[fit.scale for fit in row] for row in fits])
        reasons = (f"The curve is {slope:.2f} percentage points steep.",)
        period = panel.period(target.frequency)
        return Forecast(target, panel.as_of, period, mean[None], scale[None], np.ones(1), origin, ("slope",), reasons)

"""A law that needs no altered data: nobody knows the next change to the last digit."""

from __future__ import annotations

import numpy as np
import pandas as pd

from macrotrade._typing import FloatArray
from macrotrade.forecast import Forecast
from macrotrade.testing.case import Case
from macrotrade.testing.report import LawResult

__all__ = ["foresight"]

_N_ORIGINS, _N_PERMUTATIONS, _KNOWN = 24, 200, 0.98


def foresight(case: Case) -> LawResult:
    """Forecasts are not the outcomes themselves: R^2 against what came stays below what only the outcome could give.

    Fitted once at the first origin, the provider forecasts at 24 period ends after it. Its R^2 against the outcomes is
    held beside that against the same outcomes with their labels (their dates) permuted: what a provider knows by data
    of its own, which no change to the history reaches, shows here.
    """
    law = "foresight"
    forecasts = _forecasts(case)
    if len(forecasts) < _N_ORIGINS // 2:
        return LawResult(law, "information", "too few origins after the first one to compare with what came")
    numbers = case.history.as_last_reported(case.target.frequency)
    best = ("", -np.inf, -np.inf)
    for column, name in enumerate(case.target.names):
        said = np.array([_said(forecast, column) for forecast in forecasts])
        came = np.array([_outcome(case, numbers[name], forecast, column) for forecast in forecasts])
        known = ~(np.isnan(said) | np.isnan(came))
        if known.sum() >= _N_ORIGINS // 2 and np.ptp(came[known]) > 0:
            fit, chance = _against_permutations(said[known], came[known], case.seed)
            best = max(best, (name, fit, chance), key=lambda found: found[1])
    name, fit, chance = best
    words = f"best R^2 against what came {fit:.2f} ({name}); with labels permuted at most {chance:.2f}"
    if fit > _KNOWN:
        detail = f"{words}: the forecasts are the outcomes, so they were known"
        return LawResult(law, "failed", detail, forecasts[0].as_of, name, float(fit))
    return LawResult(law, "passed", words if name else "no outcome moved")


def _forecasts(case: Case) -> list[Forecast]:
    """Forecasts at the period ends from the first origin on, by one fit; none where the provider refuses."""
    if case.target.frequency == "D":
        return []
    first = pd.Period(case.origins[0], freq=case.target.frequency)
    days = [(first + step).end_time.normalize() for step in range(_N_ORIGINS)]
    try:
        forecaster = case.factory(case.history).fit(case.history.as_of(days[0]), case.target)
        return [forecaster.forecast(case.history.as_of(day)) for day in days if day < case.history.last_day]
    except Exception:  # whatever a provider raises here, other laws report
        return []


def _said(forecast: Forecast, column: int) -> float:
    """The first horizon's forecast as a change."""
    level = forecast.target.measures[column] == "level"
    return float(forecast.point()[0, column] - (forecast.origin[column] if level else 0.0))


def _outcome(case: Case, series: pd.Series, forecast: Forecast, column: int) -> float:
    """The change that the first horizon's forecast is of, from the series as last reported."""
    name, measure = case.target.names[column], case.target.measures[column]
    panel = case.history.as_of(forecast.as_of)
    at = pd.Period(forecast.period + case.target.horizons[0])
    known = panel.values(name, case.target.frequency).index[-1]
    start = at - 1 if measure.startswith("one_period") else known
    values = series.reindex(pd.Index([start, at])).to_numpy(dtype=np.float64)
    if "log" in measure:
        return float(np.log(values[1] / values[0])) if (values > 0).all() else float("nan")
    return float(values[1] - values[0])


def _against_permutations(said: FloatArray, came: FloatArray, seed: int) -> tuple[float, float]:
    """R^2 of the forecasts, and the largest over permutations of the outcomes."""
    generator = np.random.default_rng(seed)
    total = float(((came - came.mean()) ** 2).sum())
    permuted = [1.0 - float(((generator.permutation(came) - said) ** 2).sum()) / total for _ in range(_N_PERMUTATIONS)]
    return 1.0 - float(((came - said) ** 2).sum()) / total, max(permuted)

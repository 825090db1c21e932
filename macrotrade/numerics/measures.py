"""From a forecast path of a series, or of its logarithm, to the mean and standard deviation of any measure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from macrotrade._typing import FloatArray, Measure
from macrotrade.errors import FitError

__all__ = ["PathForecast", "measure_moments", "measure_outcomes", "value_and_slopes"]


@dataclass(frozen=True, eq=False)
class PathForecast:
    """Forecasts of z, a series or its logarithm, for each period after the last known one.

    Attributes
    ----------
    start
        z[0], the last known value.
    path
        Shape (n_steps,): means of z[1], z[2], ...
    psi
        Shape (n_steps,): the error of z[k] is sum_{j<k} psi[j] e[k-j], with e uncorrelated of deviation `scale`.
    scale
        Standard deviation of e.
    """

    start: float
    path: FloatArray
    psi: FloatArray
    scale: float


def measure_moments(
    forecast: PathForecast, measure: Measure, steps: Sequence[int], *, log: bool = False
) -> tuple[FloatArray, FloatArray]:
    """Mean and standard deviation of a measure, each of shape (n_horizons,), `steps` periods after the last known one.

    With y = z, or y = exp(z) where `log`: exact where the measure is linear in z. Otherwise to first order about the
    path, so the mean is the measure of the median path: a forecast of no change in logarithms stays one in levels.
    The error of a measure f(z[k], z[k-1]) is f_1 times the error of z[k] plus f_0 times that of z[k-1], whose moving
    averages share the same e.

    Raises
    ------
    FitError
        If a logarithmic measure is asked of a path in levels that is not positive.
    """
    mean, deviation = np.empty(len(steps)), np.empty(len(steps))
    z = np.concatenate([[forecast.start], forecast.path])
    for column, k in enumerate(steps):
        mean[column], slope, slope_before = value_and_slopes(measure, z, k, log=log)
        error = slope * forecast.psi[:k]
        if slope_before:
            error[1:] += slope_before * forecast.psi[: k - 1]
        deviation[column] = forecast.scale * np.sqrt(error @ error)
    return mean, deviation


def value_and_slopes(measure: Measure, z: FloatArray, k: int, *, log: bool) -> tuple[float, float, float]:
    """f, df/dz[k] and df/dz[k-1] of a measure f, k periods after the last known number.

    Parameters
    ----------
    z
        Shape (n_steps + 1,): the last known value and the path that follows it, in levels or, with `log`, logarithms.

    Raises
    ------
    FitError
        If a logarithmic measure is asked of a path in levels that is not positive.
    """
    y = np.exp(z) if log else z
    if measure.endswith("log_change") and not log and (y <= 0).any():
        raise FitError(f"A {measure!r} needs positive numbers; the path forecast falls to {y.min():.4g}.")
    if measure.endswith("log_change"):
        before = k - 1 if measure == "one_period_log_change" else 0
        value = z[k] - z[before] if log else np.log(y[k] / y[before])
        slope, slope_before = (1.0, -1.0) if log else (1.0 / y[k], -1.0 / y[before])
    else:
        before = k - 1 if measure == "one_period_change" else 0
        value = y[k] - y[before] if measure != "level" else y[k]
        slope, slope_before = (y[k], -y[before]) if log else (1.0, -1.0)
    return float(value), float(slope), float(slope_before) if measure.startswith("one_period") else 0.0


def measure_outcomes(values: FloatArray, measure: Measure, steps: int) -> FloatArray:
    """Measure of each period's outcome `steps` later, shape (n_periods - steps,); NaN where a number is missing.

    Entry t is the measure at period t + steps as seen from t, in the terms of
    :data:`macrotrade._typing.Measure`. Logarithmic measures need positive values.
    """
    ahead = values[steps:]
    start = values[steps - 1 : -1] if measure.startswith("one_period") else values[: values.size - steps]
    if measure == "level":
        return ahead.copy()
    if measure.endswith("log_change"):
        return np.asarray(np.log(ahead / start))
    return np.asarray(ahead - start)

"""Autoregressions: fitted by least squares, iterated, and carried back through differencing.

The model of a stationary series x, with the intercept of the season s(t) it falls in::

    x[t] = a[s(t)] + phi[1] x[t-1] + ... + phi[p] x[t-p] + e[t],     e ~ (0, scale^2)

Here x is the d-th difference of z, and z the series itself or its logarithm.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from macrotrade._typing import FloatArray, IntArray
from macrotrade.errors import FitError
from macrotrade.numerics.least_squares import least_squares
from macrotrade.numerics.measures import PathForecast

__all__ = [
    "AutoregressionFit",
    "fit_autoregression",
    "forecast_path",
    "iterate",
    "lagged_rows",
    "psi_weights",
    "smallest_sample",
]

_SPARE_ROWS = 10


@dataclass(frozen=True, eq=False)
class AutoregressionFit:
    """A fitted autoregression.

    Attributes
    ----------
    intercepts
        Shape (n_seasons,): one for every season, in order; a single one without seasons.
    lags
        Shape (n_lags,): phi, the nearest lag first.
    scale
        Residual standard deviation, sqrt(RSS / (n - k)).
    rss
        Residual sum of squares.
    n_observations, n_parameters
        Rows n and coefficients k of the regression.
    """

    intercepts: FloatArray
    lags: FloatArray
    scale: float
    rss: float
    n_observations: int
    n_parameters: int


def fit_autoregression(
    values: FloatArray,
    n_lags: int,
    *,
    season: IntArray | None = None,
    n_seasons: int = 1,
    constant: bool = True,
) -> AutoregressionFit:
    """Autoregression of order `n_lags`, by least squares.

    Parameters
    ----------
    values
        Shape (n_periods,), oldest first. A row that touches NaN is left out.
    n_lags
        Order p, 0 or more.
    season
        Shape (n_periods,), integers 0 to n_seasons - 1: an intercept for each season instead of one. Equal to a
        constant with n_seasons - 1 dummies.
    n_seasons
        Length of the year in periods.
    constant
        Whether there is an intercept where there are no seasons.

    Raises
    ------
    FitError
        If there are fewer rows than :func:`smallest_sample` asks, a season never occurs, or the series is constant.
    """
    rows = lagged_rows(values, n_lags)
    outcome, lags = rows[:, 0], rows[:, 1:]
    if season is not None:
        intercept = (season[n_lags:, None] == np.arange(n_seasons)).astype(np.float64)
    else:
        intercept = np.ones((outcome.size, int(constant)))
    if np.isnan(outcome).any() or np.isnan(lags).any():
        complete = ~np.isnan(rows).any(axis=1)
        outcome, lags, intercept = outcome[complete], lags[complete], intercept[complete]
    needed = smallest_sample(n_lags, n_seasons if season is not None else 1)
    if outcome.size < needed:
        raise FitError(f"An autoregression of order {n_lags} needs {needed} complete rows, not {outcome.size}.")
    fit = least_squares(np.column_stack([intercept, lags]), outcome)
    n_intercepts = intercept.shape[1]
    intercepts = fit.coefficients[:n_intercepts] if n_intercepts else np.zeros(1)
    return AutoregressionFit(
        intercepts, fit.coefficients[n_intercepts:], fit.scale, fit.rss, fit.n_observations, fit.n_parameters
    )


def forecast_path(
    fit: AutoregressionFit, levels: FloatArray, difference_order: int, n_steps: int, *, next_season: int = 0
) -> PathForecast:
    """Forecasts of z for the next `n_steps` periods, with the moving-average weights of their errors.

    Parameters
    ----------
    fit
        Autoregression of the d-th difference of z.
    levels
        The last p + d values of z or more, oldest first, without gaps.
    difference_order
        d, 0 or more.
    n_steps
        Periods ahead, 1 or more.
    next_season
        Season of the first period ahead.
    """
    differences = np.diff(levels, n=difference_order) if difference_order else levels
    path = iterate(fit, differences, n_steps, next_season=next_season)
    psi = psi_weights(fit.lags, n_steps)
    for order in range(difference_order - 1, -1, -1):
        path = np.diff(levels, n=order)[-1] + np.cumsum(path)
        psi = np.cumsum(psi)
    return PathForecast(float(levels[-1]), path, psi, fit.scale)


def iterate(fit: AutoregressionFit, recent: FloatArray, n_steps: int, *, next_season: int = 0) -> FloatArray:
    """Means of x for the next `n_steps` periods, shape (n_steps,): each forecast is the next one's lag.

    `recent` ends with the last p values, oldest first.
    """
    p, n_seasons = fit.lags.size, fit.intercepts.size
    oldest_first = fit.lags[::-1]
    path = np.empty(p + n_steps)
    path[:p] = recent[recent.size - p :]
    for step in range(n_steps):
        path[p + step] = fit.intercepts[(next_season + step) % n_seasons] + oldest_first @ path[step : step + p]
    return path[p:]


def psi_weights(lags: FloatArray, n_weights: int) -> FloatArray:
    """Moving-average weights, shape (n_weights,): psi_0 = 1, psi_j = sum_i phi_i psi_{j-i}.

    The error of an h-step forecast is sum_{j<h} psi_j e[t+h-j].
    """
    p = lags.size
    padded = np.zeros(p + n_weights)
    oldest_first = lags[::-1]
    padded[p] = 1.0
    for j in range(1, n_weights):
        padded[p + j] = oldest_first @ padded[j : p + j]
    return padded[p:]


def lagged_rows(values: FloatArray, n_lags: int) -> FloatArray:
    """Rows (x[t], x[t-1], ..., x[t-p]), shape (n_periods - p, p + 1); none where the series is no longer than p."""
    if values.size <= n_lags:
        return np.empty((0, n_lags + 1))
    return np.lib.stride_tricks.sliding_window_view(values, n_lags + 1)[:, ::-1]


def smallest_sample(n_lags: int, n_seasons: int = 1) -> int:
    """Fewest rows from which an autoregression is fitted: two for each parameter, and ten more than parameters."""
    n_parameters = n_lags + n_seasons
    return max(2 * n_parameters, n_parameters + _SPARE_ROWS)

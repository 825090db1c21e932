"""The autoregression of order 2: what every discovered equation must beat, and falls back on."""

from __future__ import annotations

import numpy as np
import pandas as pd

from macrotrade._typing import FloatArray
from macrotrade.errors import DataError, FitError
from macrotrade.numerics.autoregression import fit_autoregression, iterate
from macrotrade.providers.equations.equation import Equation, equation_of_fit
from macrotrade.providers.equations.expression import Constant, Expression, Lagged, Product, Sum
from macrotrade.providers.equations.sample import sample_of
from macrotrade.providers.equations.variables import Variable

__all__ = ["N_LAGS", "autoregression_of", "carried_on"]

N_LAGS = 2
"""Order of the autoregression."""


def autoregression_of(frame: pd.DataFrame, target: str) -> Equation:
    """The target's autoregression of order 2 by least squares, as an equation.

    Parameters
    ----------
    frame
        Series in columns, a row a period without gaps.
    target
        Column to explain.

    Returns
    -------
    Equation
        target = c + c target[-1] + c target[-2]; where the series is constant or too short for it the random walk
        target = target[-1], whose notes say so.

    Raises
    ------
    DataError
        If fewer than two succeeding values are known, or there is a gap.
    """
    lags = [Variable(target, lag) for lag in range(1, N_LAGS + 1)]
    try:
        sample = sample_of(frame, target, lags)
        fit = fit_autoregression(_known(frame[target].to_numpy(dtype=np.float64)), N_LAGS)
    except (DataError, FitError) as reason:
        walk = Lagged(lags[0])
        return equation_of_fit(
            sample_of(frame, target, lags[:1]), walk, np.empty(0), notes=(f"a random walk: {reason}",)
        )
    return equation_of_fit(sample, _linear(lags), np.array([fit.intercepts[0], *fit.lags]))


def carried_on(values: FloatArray, n_more: int) -> FloatArray:
    """The next `n_more` values by an autoregression of order 2; the last one again where none can be fitted.

    Parameters
    ----------
    values
        Shape (n_periods,), oldest first; its first values may be NaN, the last may not.
    n_more
        Periods ahead.

    Returns
    -------
    FloatArray
        Shape (n_more,), within history and half its range on either side: an explosive fit stays there.
    """
    known = _known(values)
    try:
        path = iterate(fit_autoregression(known, N_LAGS), known, n_more)
    except FitError:
        return np.full(n_more, known[-1])
    room = 0.5 * float(np.ptp(known))
    return np.asarray(np.clip(path, known.min() - room, known.max() + room))


def _known(values: FloatArray) -> FloatArray:
    return values[np.isfinite(values)]


def _linear(lags: list[Variable]) -> Expression:
    terms = (Product((Constant(place), Lagged(lag))) for place, lag in enumerate(lags, start=1))
    return Sum((Constant(0), *terms))

"""From a forecast to a score: how strongly it says that an instrument's price will rise."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypeAlias

import numpy as np

from macrotrade._typing import FloatArray
from macrotrade.errors import SettingsError, near_misses
from macrotrade.forecast import Forecast
from macrotrade.instruments import Instrument

__all__ = ["Vote", "score", "voted"]

Vote: TypeAlias = Literal["mean", "majority"]
"""How several scores become one: their mean, or the mean of their signs."""


def score(forecast: Forecast, instrument: Instrument, horizon: int = 1) -> float:
    """Score of one instrument, in [-1, 1]: sign x (2 P(driver up) - 1), which is 2 P(price up) - 1.

    A score of 0 is no view: as likely up as down.

    Raises
    ------
    SettingsError
        If the forecast holds neither the instrument's driver nor the horizon.
    """
    names, horizons = forecast.target.names, forecast.target.horizons
    if instrument.driver not in names:
        raise SettingsError(
            f"{instrument.symbol} is driven by {instrument.driver!r}, which this forecast does not hold. "
            f"{near_misses(instrument.driver, names)}"
        )
    if horizon not in horizons:
        raise SettingsError(f"This forecast holds horizons {horizons}, not {horizon}; ask for it in the Target.")
    probability_up = forecast.probability_up()[horizons.index(horizon), names.index(instrument.driver)]
    return float(instrument.sign * (2.0 * probability_up - 1.0))


def voted(scores: FloatArray | Sequence[float], vote: Vote = "mean") -> FloatArray:
    """One score from several, over the last axis; NaN members abstain, and if all abstain the result is NaN.

    >>> float(voted([0.2, -0.1, 0.4], "majority").round(3))
    0.333
    """
    values = np.asarray(scores, dtype=np.float64)
    cast = np.sign(values) if vote == "majority" else values
    votes = np.sum(~np.isnan(values), axis=-1)
    total = np.nansum(cast, axis=-1)
    return np.asarray(np.where(votes > 0, total / np.maximum(votes, 1), np.nan))

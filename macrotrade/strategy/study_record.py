"""What is kept of a study's walks beside the forecasts: density scores, members' weights and points, refusals.

Scores need the whole mixture, so they are worked out here, where it is at hand; finished blocks hold the mixtures, so a
study that goes on where it stopped scores what it reads back, to the bit.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from macrotrade.evaluation.density import density_scores
from macrotrade.forecast import Forecast
from macrotrade.strategy.walk_forward import Walk

__all__ = ["members_weights", "refusals_of", "scored"]

_MOST_MEMBERS_SHOWN = 12
_SCORES = ["crps", "log_score", "pit"]


def scored(walks: Sequence[Walk], table: pd.DataFrame) -> pd.DataFrame:
    """The table of these walks' forecasts, one after the other, with crps, log_score and pit of each.

    See :func:`macrotrade.evaluation.density.density_scores`; forecasts without an outcome have none.
    """
    parts, start = [], 0
    for walk in walks:
        stop = start + sum(forecast.mean[0].size for forecast in walk.forecasts)
        parts.append(density_scores(walk.forecasts, table["outcome"].iloc[start:stop])[_SCORES])
        start = stop
    return table.join(pd.concat(parts, ignore_index=True))


def members_weights(walks: Sequence[Walk]) -> pd.DataFrame:
    """Tidy: provider, as_of, member, horizon, series, weight; providers of one member or of many are left out."""
    parts = [
        _weights(walk, forecast)
        for walk in walks
        for forecast in walk.forecasts
        if 1 < len(forecast.members) <= _MOST_MEMBERS_SHOWN
    ]
    return pd.concat(parts or [_NO_WEIGHTS], ignore_index=True)


def refusals_of(walks: Sequence[Walk]) -> pd.DataFrame:
    """Tidy: provider, series, as_of, reason."""
    rows = [
        (walk.provider, ", ".join(walk.target.names), refusal.as_of, refusal.reason)
        for walk in walks
        for refusal in walk.refusals
    ]
    return pd.DataFrame(rows, columns=["provider", "series", "as_of", "reason"])


def _weights(walk: Walk, forecast: Forecast) -> pd.DataFrame:
    n_members, n_horizons, n_series = forecast.weights.shape
    return pd.DataFrame(
        {
            "provider": walk.provider,
            "as_of": forecast.as_of,
            "member": np.repeat(np.array(forecast.members, dtype=object), n_horizons * n_series),
            "horizon": np.tile(np.repeat(walk.target.horizons, n_series), n_members),
            "series": np.tile(np.array(walk.target.names, dtype=object), n_members * n_horizons),
            "weight": forecast.weights.ravel(),
        }
    )


_NO_WEIGHTS = pd.DataFrame(
    {"provider": [], "as_of": [], "member": [], "horizon": [], "series": [], "weight": np.empty(0)}
)

"""How long the blocks of a bootstrap must be to keep what neighbours have in common."""

from __future__ import annotations

import math

import numpy as np

from macrotrade._typing import FloatArray

__all__ = ["bootstrap_block"]

_SHORTEST_SERIES = 16


def bootstrap_block(values: FloatArray, horizon: int = 1) -> int:
    """Mean block length for a stationary bootstrap of the columns: the longest that any of them asks for.

    Politis and White (2004), as corrected by Patton, Politis and White (2009); never shorter than `horizon`, since
    errors of forecasts h periods ahead overlap for h - 1, and never longer than a quarter of the periods.

    Parameters
    ----------
    values
        Shape (n_periods, n_columns), finite. Columns that do not vary ask for nothing.
    horizon
        h, periods ahead of the forecasts behind the values.
    """
    from arch.bootstrap import optimal_block_length

    n_periods = len(values)
    longest = max(1, n_periods // 4)
    varying = values[:, np.ptp(values, axis=0) > 0]
    if n_periods < _SHORTEST_SERIES or varying.shape[1] == 0:
        return min(max(1, horizon), longest)
    with np.errstate(divide="ignore", invalid="ignore"):  # a series that returns at once has no long-run variance
        optimal = optimal_block_length(varying)["stationary"].to_numpy()
    optimal = optimal[np.isfinite(optimal)]
    wanted = math.ceil(float(optimal.max())) if optimal.size else 1
    return min(max(wanted, horizon, 1), longest)

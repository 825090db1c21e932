"""The last trading day of each month in a daily table that carries no dates."""

from __future__ import annotations

import numpy as np

from macrotrade._typing import FloatArray, IntArray

__all__ = ["month_end_rows"]

#: A published average is rounded to 0.01, so a right month misses it by at most half of that.
_ROUNDING = 0.0051
_MISS_PENALTY = 50.0
#: A path this much worse than the best so far cannot be the one in which every month fits.
_BEAM = 20.0
_MOST_HOLIDAYS = 4


def month_end_rows(daily: FloatArray, monthly_means: FloatArray, weekdays: IntArray) -> IntArray:
    """Row number of the last observation of each month in an undated daily table.

    Months are consecutive blocks of rows. Among all ways to cut the rows into months of
    ``weekdays[m] - 4 .. weekdays[m]`` rows, the one whose block means are nearest to the
    published monthly averages is found by dynamic programming over the number of rows used:

        cost(e, m) = min over k of cost(e - k, m - 1) + misfit(e - k, e, m),
        misfit(a, b, m) = sum_j |r_j| + 50 max(|r_j| - 0.0051, 0),
        r_j = mean(daily[a:b, j]) - monthly_means[m, j].

    Parameters
    ----------
    daily : ndarray, shape (n_days, n_columns)
        Observations in order, the first being the first of the first month.
    monthly_means : ndarray, shape (n_months, n_columns)
        Published averages of the same columns, same units.
    weekdays : ndarray of int, shape (n_months,)
        Monday-to-Friday days of each month; holidays shorten it by up to four.

    Returns
    -------
    ndarray of int, shape (n_months,)

    Raises
    ------
    ValueError
        If some block mean still misses its published average by more than rounding.
    """
    sums = np.vstack([np.zeros(daily.shape[1]), np.cumsum(daily, axis=0)])
    costs: dict[int, float] = {0: 0.0}
    starts_by_month: list[dict[int, int]] = []
    for means, longest in zip(monthly_means, weekdays, strict=True):
        costs, starts = _extend(costs, sums, means, int(longest))
        starts_by_month.append(starts)
    boundaries = [min(costs, key=costs.__getitem__)]
    for starts in reversed(starts_by_month):
        boundaries.append(starts[boundaries[-1]])
    bounds = np.array(boundaries[::-1])
    fitted = np.diff(sums[bounds], axis=0) / np.diff(bounds)[:, None]
    worst = float(np.abs(fitted - monthly_means).max())
    if worst > _ROUNDING:
        raise ValueError(f"a month misses its published average by {worst:.4f}")
    return bounds[1:] - 1


def _extend(
    costs: dict[int, float], sums: FloatArray, means: FloatArray, longest: int
) -> tuple[dict[int, float], dict[int, int]]:
    """Cheapest cost of each possible end of the next month, and the start it came from."""
    cheapest: dict[int, float] = {}
    starts: dict[int, int] = {}
    for start, cost in costs.items():
        for length in range(longest - _MOST_HOLIDAYS, longest + 1):
            end = start + length
            if end >= len(sums):
                continue
            miss = np.abs((sums[end] - sums[start]) / length - means)
            excess = np.maximum(miss - _ROUNDING, 0.0)
            total = cost + float(miss.sum() + _MISS_PENALTY * excess.sum())
            if total < cheapest.get(end, np.inf):
                cheapest[end], starts[end] = total, start
    limit = min(cheapest.values()) + _BEAM
    return {end: cost for end, cost in cheapest.items() if cost < limit}, starts

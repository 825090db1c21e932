"""Solving a linear system of equations forward in time, period by period."""

from __future__ import annotations

import numpy as np

from macrotrade._typing import BoolArray, FloatArray, IntArray
from macrotrade.providers.bma.kernels.compiled import compiled

__all__ = ["eliminate", "shock_deviations", "substitute_forward", "sweep_forward"]


@compiled
def sweep_forward(
    values: FloatArray,
    first_row: int,
    fixed_part: FloatArray,
    lag_starts: IntArray,
    lag_sources: IntArray,
    lags: IntArray,
    lag_weights: FloatArray,
    now_starts: IntArray,
    now_sources: IntArray,
    now_weights: FloatArray,
    order: IntArray,
    scales: FloatArray,
    tolerance: float,
    max_sweeps: int,
) -> IntArray:
    """Gauss-Seidel: fill the missing cells of ``values`` from ``first_row`` on; known cells are never touched.

    x_i[t] = fixed_i[t] + sum w x_s[t - lag] + sum w x_s[t]. Each period starts from the last one's values and is swept
    in ``order`` until no value moves by more than ``tolerance`` of its scale, or ``max_sweeps`` times.

    Parameters
    ----------
    fixed_part : (n_periods - first_row, n_series) intercept, season and trend.
    scales : (n_series,) unit in which moves are judged.

    Returns
    -------
    sweeps : (n_periods - first_row,) sweeps used, -1 where they did not settle.
    """
    n_periods, n_series = values.shape
    sweeps = np.zeros(n_periods - first_row, dtype=np.int64)
    missing = np.empty(n_series, dtype=np.bool_)
    given = np.empty(n_series)
    for t in range(first_row, n_periods):
        for i in range(n_series):
            missing[i] = np.isnan(values[t, i])
        for i in range(n_series):
            if missing[i]:
                total = fixed_part[t - first_row, i]
                for c in range(lag_starts[i], lag_starts[i + 1]):
                    total += lag_weights[c] * values[t - lags[c], lag_sources[c]]
                given[i] = total
        for i in range(n_series):
            if missing[i]:
                values[t, i] = values[t - 1, i]
        settled = False
        for sweep in range(max_sweeps):
            largest = 0.0
            for place in range(n_series):
                i = order[place]
                if missing[i]:
                    total = given[i]
                    for c in range(now_starts[i], now_starts[i + 1]):
                        total += now_weights[c] * values[t, now_sources[c]]
                    move = abs(total - values[t, i]) / scales[i]
                    if not move <= largest:
                        largest = move
                    values[t, i] = total
            sweeps[t - first_row] = sweep + 1
            if largest <= tolerance:
                settled = True
                break
            if not largest < 1e12:
                break
        if not settled:
            sweeps[t - first_row] = -1
    return sweeps


@compiled
def substitute_forward(
    values: FloatArray,
    first_row: int,
    fixed_part: FloatArray,
    lag_starts: IntArray,
    lag_sources: IntArray,
    lags: IntArray,
    lag_weights: FloatArray,
    now_starts: IntArray,
    now_sources: IntArray,
    now_weights: FloatArray,
    component_starts: IntArray,
    members: IntArray,
) -> bool:
    """The periods of `sweep_forward` directly: (I - A0_uu) x_u = fixed_u + lags_u + A0_uk x_k.

    u are the missing cells of ``values`` from ``first_row`` on, k the known; ``fixed_part`` is as there.

    Components come in the order in which they can be solved, so that this is an elimination by blocks: one value
    where there is no loop, a small dense system where there is.

    Returns
    -------
    solved : False when some loop's system is singular.
    """
    n_periods = values.shape[0]
    for t in range(first_row, n_periods):
        for component in range(component_starts.shape[0] - 1):
            lo = component_starts[component]
            hi = component_starts[component + 1]
            unknown = np.empty(hi - lo, dtype=np.int64)
            size = 0
            for place in range(lo, hi):
                if np.isnan(values[t, members[place]]):
                    unknown[size] = members[place]
                    size += 1
            matrix = np.zeros((size, size + 1))
            for r in range(size):
                i = unknown[r]
                total = fixed_part[t - first_row, i]
                for c in range(lag_starts[i], lag_starts[i + 1]):
                    total += lag_weights[c] * values[t - lags[c], lag_sources[c]]
                matrix[r, r] = 1.0
                for c in range(now_starts[i], now_starts[i + 1]):
                    within = -1
                    for s in range(size):
                        if unknown[s] == now_sources[c]:
                            within = s
                    if within >= 0:
                        matrix[r, within] -= now_weights[c]
                    else:
                        total += now_weights[c] * values[t, now_sources[c]]
                matrix[r, size] = total
            if not eliminate(matrix, size):
                return False
            for r in range(size):
                values[t, unknown[r]] = matrix[r, size]
    return True


@compiled
def eliminate(matrix: FloatArray, size: int) -> bool:
    """Solve the system in the first ``size`` columns for all others, in place, by pivoted elimination."""
    width = matrix.shape[1]
    for c in range(size):
        pivot = c
        for r in range(c + 1, size):
            if abs(matrix[r, c]) > abs(matrix[pivot, c]):
                pivot = r
        if matrix[pivot, c] == 0.0:
            return False
        if pivot != c:
            for k in range(width):
                held = matrix[c, k]
                matrix[c, k] = matrix[pivot, k]
                matrix[pivot, k] = held
        for k in range(c + 1, width):
            matrix[c, k] /= matrix[c, c]
        for r in range(size):
            if r != c and matrix[r, c] != 0.0:
                weight = matrix[r, c]
                for k in range(c + 1, width):
                    matrix[r, k] -= weight * matrix[c, k]
    return True


@compiled
def shock_deviations(
    missing: BoolArray,
    orders: IntArray,
    deviations: FloatArray,
    lag_starts: IntArray,
    lag_sources: IntArray,
    lags: IntArray,
    lag_weights: FloatArray,
    now_starts: IntArray,
    now_sources: IntArray,
    now_weights: FloatArray,
    component_starts: IntArray,
    members: IntArray,
    groups: IntArray,
    n_groups: int,
) -> FloatArray:
    """Standard deviation of every missing cell when each equation is shocked in every period that it forecasts.

    Responses D obey D[t] = lags(D) + A0 D[t] + shock, and are summed ``orders[i]`` times along time for a series that
    is differenced that often. Only series of one group (linked at some lag) can move one another, so each group is
    worked out by itself.

    Parameters
    ----------
    missing : (n_periods, n_series) cells that are forecast.
    deviations : (n_series,) size of each equation's shock.
    groups, n_groups : (n_series,) group of each series, 0..n_groups-1.
    """
    n_periods, n_series = missing.shape
    out = np.zeros((n_periods, n_series))
    for group in range(n_groups):
        shocks = np.zeros((n_periods, n_series), dtype=np.int64)
        n_shocks = 0
        for t in range(n_periods):
            for i in range(n_series):
                if groups[i] == group and missing[t, i]:
                    shocks[t, i] = n_shocks
                    n_shocks += 1
        if n_shocks == 0:
            continue
        place = np.full(n_series, -1)
        size = 0
        for i in range(n_series):
            if groups[i] == group:
                place[i] = size
                size += 1
        response = np.zeros((n_periods, size, n_shocks))
        so_far = 0
        for t in range(n_periods):
            for i in range(n_series):
                if groups[i] == group and missing[t, i]:
                    so_far = shocks[t, i] + 1
            for component in range(component_starts.shape[0] - 1):
                lo = component_starts[component]
                hi = component_starts[component + 1]
                if groups[members[lo]] != group:
                    continue
                unknown = np.empty(hi - lo, dtype=np.int64)
                count = 0
                for m in range(lo, hi):
                    if missing[t, members[m]]:
                        unknown[count] = members[m]
                        count += 1
                matrix = np.zeros((count, count + so_far))
                for r in range(count):
                    i = unknown[r]
                    right = matrix[r, count:]
                    right[shocks[t, i]] = deviations[i]
                    for c in range(lag_starts[i], lag_starts[i + 1]):
                        if lags[c] <= t:
                            source = response[t - lags[c], place[lag_sources[c]]]
                            for k in range(so_far):
                                right[k] += lag_weights[c] * source[k]
                    matrix[r, r] += 1.0
                    for c in range(now_starts[i], now_starts[i + 1]):
                        within = -1
                        for s in range(count):
                            if unknown[s] == now_sources[c]:
                                within = s
                        if within >= 0:
                            matrix[r, within] -= now_weights[c]
                        else:
                            source = response[t, place[now_sources[c]]]
                            for k in range(so_far):
                                right[k] += now_weights[c] * source[k]
                eliminate(matrix, count)
                for r in range(count):
                    for k in range(so_far):
                        response[t, place[unknown[r]], k] = matrix[r, count + k]
        for i in range(n_series):
            if groups[i] != group:
                continue
            for _ in range(orders[i]):
                for t in range(1, n_periods):
                    for k in range(n_shocks):
                        response[t, place[i], k] += response[t - 1, place[i], k]
            for t in range(n_periods):
                total = 0.0
                for k in range(n_shocks):
                    total += response[t, place[i], k] ** 2
                out[t, i] = np.sqrt(total) if missing[t, i] else 0.0
    return out

"""Solving a linear system of equations forward in time, period by period."""

from __future__ import annotations

import numpy as np
from numba import njit

from macrotrade._typing import FloatArray, IntArray


@njit(cache=True, error_model="numpy")
def sweep_forward(
    values, first_row, fixed_part, lag_starts, lag_sources, lags, lag_weights, now_starts, now_sources, now_weights,
    order, scales, tolerance, max_sweeps,
):  # type: ignore[no-untyped-def]
    """Gauss-Seidel: fill the missing cells of ``values`` from ``first_row`` on; known cells are never touched.

    x_i[t] = fixed_i[t] + sum w x_s[t - lag] + sum w x_s[t]. Each period starts from the last one's values and is swept
    in ``order`` until no value moves by more than ``tolerance`` of its scale.

    Parameters
    ----------
    fixed_part : (n_periods - first_row, n_series) intercept, season and trend.
    lag_*, now_* : terms by equation, compressed rows.

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


def substitute_forward(
    values: FloatArray, first_row: int, fixed_part: FloatArray, lag_matrices: FloatArray, now_matrix: FloatArray
) -> FloatArray:
    """The same periods by LU: (I - A0_uu) x_u = fixed_u + lags_u + A0_uk x_k, u the missing cells and k the known."""
    out = values.copy()
    n_series = values.shape[1]
    identity = np.eye(n_series)
    for t in range(first_row, len(values)):
        missing = np.isnan(out[t])
        known = np.where(missing, 0.0, out[t])
        right = fixed_part[t - first_row] + now_matrix @ known
        for lag in range(1, len(lag_matrices)):
            right = right + lag_matrices[lag] @ out[t - lag]
        rows = np.ix_(missing, missing)
        out[t, missing] = np.linalg.solve(identity[rows] - now_matrix[rows], right[missing])
    return out


def strong_components(starts: IntArray, sources: IntArray) -> list[list[int]]:
    """Strongly connected components of the graph i -> sources of i, each after the ones it depends on (Tarjan 1972)."""
    n = len(starts) - 1
    index = np.full(n, -1)
    low = np.zeros(n, dtype=int)
    on_stack = np.zeros(n, dtype=bool)
    stack: list[int] = []
    components: list[list[int]] = []
    counter = 0
    for root in range(n):
        if index[root] >= 0:
            continue
        work = [(root, int(starts[root]))]
        while work:
            node, place = work.pop()
            if index[node] < 0:
                index[node] = low[node] = counter
                counter += 1
                stack.append(node)
                on_stack[node] = True
            descended = False
            while place < starts[node + 1]:
                source = int(sources[place])
                place += 1
                if index[source] < 0:
                    work += [(node, place), (source, int(starts[source]))]
                    descended = True
                    break
                if on_stack[source]:
                    low[node] = min(low[node], index[source])
            if descended:
                continue
            if low[node] == index[node]:
                component = []
                while True:
                    member = stack.pop()
                    on_stack[member] = False
                    component.append(member)
                    if member == node:
                        break
                components.append(sorted(component))
            if work:
                parent = work[-1][0]
                low[parent] = min(low[parent], low[node])
    return components


def spectral_radius(matrix: FloatArray) -> float:
    """Largest absolute eigenvalue, 0 for an empty matrix."""
    return float(np.abs(np.linalg.eigvals(matrix)).max()) if matrix.size else 0.0


def companion_radius(now_matrix: FloatArray, lag_matrices: FloatArray) -> float:
    """Spectral radius of x_t = (I - A0)^-1 sum_l A_l x_{t-l} in companion form.

    Only series that feed back on one another, at any lag, carry eigenvalues other than zero, so the radius is the
    largest over the strongly connected components of the dynamic graph.
    """
    n = len(now_matrix)
    linked = (now_matrix != 0.0) | (lag_matrices[1:] != 0.0).any(axis=0)
    starts = np.concatenate([[0], np.cumsum(linked.sum(axis=1))])
    sources = np.nonzero(linked)[1]
    largest = 0.0
    for members in strong_components(starts, sources):
        if len(members) == 1 and not linked[members[0], members[0]]:
            continue
        block = np.ix_(members, members)
        lags = np.array([matrix[block] for matrix in lag_matrices[1:]])
        used = np.flatnonzero((lags != 0.0).any(axis=(1, 2)))
        if len(used) == 0:
            continue
        size, longest = len(members), int(used[-1]) + 1
        reduced = np.linalg.solve(np.eye(n)[block] - now_matrix[block], np.hstack(list(lags[:longest])))
        companion = np.eye(size * longest, k=-size)
        companion[:size] = reduced
        largest = max(largest, spectral_radius(companion))
    return largest


def shock_responses(
    missing: np.ndarray, now_matrix: FloatArray, lag_matrices: FloatArray, deviations: FloatArray
) -> FloatArray:
    """Response of every cell to a one-deviation shock in every missing cell.

    Parameters
    ----------
    missing : (n_periods, n_series) cells that are forecast, from the first row that misses any.
    deviations : (n_series,) size of each equation's shock.

    Returns
    -------
    (n_periods, n_series, n_shocks), zero where the value is known.
    """
    n_periods, n_series = missing.shape
    columns = np.cumsum(missing.ravel()).reshape(missing.shape) - 1
    n_shocks = int(missing.sum())
    out = np.zeros((n_periods, n_series, n_shocks))
    identity = np.eye(n_series)
    inverse = np.zeros((0, 0))
    before: np.ndarray | None = None
    used = [lag for lag in range(1, len(lag_matrices)) if lag_matrices[lag].any()]
    for t in range(n_periods):
        u = np.flatnonzero(missing[t])
        shocks = columns[t, u[-1]] + 1 if len(u) else 0
        right = np.zeros((len(u), shocks))
        for lag in used:
            if lag <= t:
                weights = lag_matrices[lag][u]
                rows, sources = np.nonzero(weights)
                for row, source in zip(rows, sources, strict=True):
                    right[row] += weights[row, source] * out[t - lag, source, :shocks]
        right[np.arange(len(u)), columns[t, u]] += deviations[u]
        if before is None or not np.array_equal(before, missing[t]):
            block = np.ix_(u, u)
            inverse = np.linalg.inv(identity[block] - now_matrix[block])
            before = missing[t]
        out[t, u, :shocks] = inverse @ right
    return out

"""What a forecast owes to every cell before it: the solved system read backward."""

from __future__ import annotations

import numpy as np

from macrotrade._typing import BoolArray, FloatArray, IntArray
from macrotrade.providers.bma.kernels.compiled import compiled
from macrotrade.providers.bma.kernels.solving import eliminate

__all__ = ["trace_back"]


@compiled
def trace_back(
    gradient: FloatArray,
    missing: BoolArray,
    lag_starts: IntArray,
    lag_sources: IntArray,
    lags: IntArray,
    lag_weights: FloatArray,
    now_starts: IntArray,
    now_sources: IntArray,
    now_weights: FloatArray,
    component_starts: IntArray,
    members: IntArray,
) -> None:
    """Turn the weights of a sum F of cells into F's whole derivative, in place.

    With x[t] = lags + A0 x[t] + shock[t] in the missing cells and x given elsewhere, the derivatives g obey, from the
    last row back, (I - A0_uu)' g_u[t] = c_u[t] + what later rows and later components of the row owe to these cells,
    and a known cell collects c + sum w g over the missing cells that read it.

    Parameters
    ----------
    gradient : (longest lag + n_rows, n_series). On entry c, F's weight on each cell; on return dF/dshock in missing
        cells and dF/dx in known ones. The rows before the first forecast one are known.
    missing : (n_rows, n_series) cells that are forecast.
    """
    before = gradient.shape[0] - missing.shape[0]
    for t in range(missing.shape[0] - 1, -1, -1):
        for component in range(component_starts.shape[0] - 2, -1, -1):
            lo = component_starts[component]
            hi = component_starts[component + 1]
            unknown = np.empty(hi - lo, dtype=np.int64)
            size = 0
            owed = False
            for place in range(lo, hi):
                i = members[place]
                if missing[t, i]:
                    unknown[size] = i
                    size += 1
                    owed = owed or gradient[before + t, i] != 0.0
            if not owed:
                continue
            if size > 1:
                matrix = np.zeros((size, size + 1))
                for r in range(size):
                    matrix[r, r] = 1.0
                    matrix[r, size] = gradient[before + t, unknown[r]]
                for r in range(size):
                    for c in range(now_starts[unknown[r]], now_starts[unknown[r] + 1]):
                        for s in range(size):
                            if unknown[s] == now_sources[c]:
                                matrix[s, r] -= now_weights[c]
                eliminate(matrix, size)
                for r in range(size):
                    gradient[before + t, unknown[r]] = matrix[r, size]
            for r in range(size):
                i = unknown[r]
                owes = gradient[before + t, i]
                for c in range(lag_starts[i], lag_starts[i + 1]):
                    gradient[before + t - lags[c], lag_sources[c]] += lag_weights[c] * owes
                for c in range(now_starts[i], now_starts[i + 1]):
                    inside = False
                    for s in range(size):
                        inside = inside or unknown[s] == now_sources[c]
                    if not inside:
                        gradient[before + t, now_sources[c]] += now_weights[c] * owes

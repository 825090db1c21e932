"""Who depends on whom, and whether what goes round comes back larger."""

from __future__ import annotations

import numpy as np
from scipy.sparse.csgraph import connected_components

from macrotrade._typing import BoolArray, FloatArray, IntArray

__all__ = ["companion_radius", "linked_groups", "spectral_radius", "strong_components"]


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


def linked_groups(linked: BoolArray) -> tuple[IntArray, int]:
    """Group of each series, and how many: two series share a group when links connect them in any direction."""
    count, labels = connected_components(linked, directed=True, connection="weak")
    return labels.astype(np.int64), int(count)

"""Regression trees grown on bootstrap samples (Breiman (2001), Machine Learning 45).

A node of rows i with weights w_i (times drawn) is split where the sum of squares about the means of both sides is
least, that is where

    S_left^2 / W_left + S_right^2 / W_right,     S = sum w_i y_i,  W = sum w_i,

is greatest, over the thresholds of a random choice of columns that leave enough rows on both sides. The threshold lies
halfway between two neighbouring values.

Every column is sorted once for all trees. A node marks the places of its rows in that order as bits and reads them from
the lowest up, so it has its rows in order without sorting or passing over those of other nodes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit, prange

from macrotrade._typing import FloatArray, IntArray

__all__ = ["Trees", "grow", "predict"]

# The lowest bit of a word by one product: each of the 64 powers of two shifts another six bits of this sequence of de
# Bruijn to the top (Leiserson, Prokop and Randall (1998), Using de Bruijn sequences to index a 1 in a computer word).
_DE_BRUIJN = np.uint64(0x03F79D71B4CB0A89)
_BIT = np.empty(64, np.int64)
_BIT[[(int(_DE_BRUIJN) << bit & (1 << 64) - 1) >> 58 for bit in range(64)]] = np.arange(64)


@dataclass(frozen=True, eq=False)
class Trees:
    """Trees as arrays of shape (n_trees, n_nodes); the first node is the root.

    Attributes
    ----------
    column
        Column on which a node is split; -1 in a leaf.
    threshold
        Rows up to it go left.
    left
        Node to the left; the one to the right is the next.
    value
        Weighted mean outcome of the node.
    """

    column: IntArray
    threshold: FloatArray
    left: IntArray
    value: FloatArray


def grow(
    X: FloatArray, y: FloatArray, times: IntArray, n_columns_tried: int, least_in_leaf: int, seeds: IntArray
) -> tuple[Trees, FloatArray]:
    """Trees, and what each says of every row, shape (n_trees, n_rows).

    Parameters
    ----------
    X, y
        Shapes (n_rows, n_columns) and (n_rows,), finite.
    times
        Shape (n_trees, n_rows): how often each tree drew a row.
    n_columns_tried
        Columns considered at a split; more are where none of them can split the node.
    least_in_leaf
        Fewest different rows in a leaf.
    seeds
        Shape (n_trees,), positive: each tree draws its columns from its own, so threads change nothing.
    """
    order = np.ascontiguousarray(np.argsort(X, axis=0, kind="stable").T.astype(np.int32))
    columns = np.ascontiguousarray(X.T)
    place = np.empty_like(order)
    np.put_along_axis(place, order, np.arange(y.size, dtype=np.int32)[None], axis=1)
    column, threshold, left, value, said = _grow_all(
        columns,
        order,
        place,
        _ranks(columns, order),
        y,
        times.astype(np.float64),
        n_columns_tried,
        least_in_leaf,
        seeds,
    )
    return Trees(column, threshold, left, value), said


def predict(trees: Trees, row: FloatArray) -> float:
    """Mean over trees for one row of X, shape (n_columns,)."""
    return float(_predict(trees.column, trees.threshold, trees.left, trees.value, row))


@njit(cache=True, error_model="numpy")
def _ranks(columns, order):  # type: ignore[no-untyped-def]
    """Rank of each value in its column; equal values have equal ranks."""
    n_columns, n_rows = columns.shape
    ranks = np.zeros((n_columns, n_rows), np.int32)
    for j in range(n_columns):
        for k in range(1, n_rows):
            here, before = order[j, k], order[j, k - 1]
            ranks[j, here] = ranks[j, before] + (1 if columns[j, here] > columns[j, before] else 0)
    return ranks


@njit(cache=True, error_model="numpy", parallel=True)
def _grow_all(columns, order, place, ranks, y, times, n_tried, least, seeds):  # type: ignore[no-untyped-def]
    n_trees, n_rows = times.shape
    n_nodes = 2 * (n_rows // least + 1)
    column = np.full((n_trees, n_nodes), -1, np.int64)
    threshold, value = np.zeros((n_trees, n_nodes)), np.zeros((n_trees, n_nodes))
    left = np.zeros((n_trees, n_nodes), np.int64)
    said = np.empty((n_trees, n_rows))
    for tree in prange(n_trees):
        _grow_one(
            columns, order, place, ranks, y, times[tree], n_tried, least, seeds[tree],
            column[tree], threshold[tree], left[tree], value[tree],
        )  # fmt: skip
        for i in range(n_rows):
            said[tree, i] = value[tree, _leaf(column[tree], threshold[tree], left[tree], columns[:, i])]
    return column, threshold, left, value, said


@njit(cache=True, error_model="numpy")
def _grow_one(columns, order, place, ranks, y, weight, n_tried, least, seed, column, threshold, left, value):  # type: ignore[no-untyped-def]
    """One tree, written into the last four arguments; nodes wait in the order in which they were made."""
    n_columns, n_rows = columns.shape
    members = np.flatnonzero(weight > 0.0).astype(np.int32)
    start, stop = np.zeros(column.size, np.int64), np.zeros(column.size, np.int64)
    stop[0] = members.size
    choice = np.arange(n_columns)
    sorted_rows, spare = np.empty(n_rows, np.int32), np.empty(n_rows, np.int32)
    weighted, bits = weight * y, np.zeros(n_rows // 64 + 1, np.uint64)
    state = np.uint64(seed)
    n_nodes, node = 1, 0
    while node < n_nodes:
        rows = members[start[node] : stop[node]]
        W, S, lowest, highest = 0.0, 0.0, np.inf, -np.inf
        for i in rows:
            W += weight[i]
            S += weighted[i]
            lowest, highest = min(lowest, y[i]), max(highest, y[i])
        value[node] = S / W
        best, best_column, best_row, best_next = 1e-12 * S * S, -1, -1, -1
        if rows.size >= 2 * least and highest > lowest:
            tried, seen = 0, 0
            while seen < n_columns and (tried < n_tried or best_column < 0):
                state = _next(state)
                pick = seen + np.int64(state >> np.uint64(33)) % (n_columns - seen)
                j = choice[pick]
                choice[pick] = choice[seen]
                choice[seen] = j
                seen += 1
                _sort(rows, order[j], place[j], bits, sorted_rows)
                if ranks[j, sorted_rows[0]] == ranks[j, sorted_rows[rows.size - 1]]:
                    continue
                tried += 1
                gain, k = _best_split(sorted_rows, rows.size, ranks[j], weight, weighted, W, S, least, best)
                if k >= 0:
                    best, best_column, best_row, best_next = gain, j, sorted_rows[k], sorted_rows[k + 1]
        if best_column >= 0:
            column[node] = best_column
            here, after = columns[best_column, best_row], columns[best_column, best_next]
            middle = 0.5 * (here + after)
            threshold[node] = middle if middle < after else here
            left[node] = n_nodes
            n_left = _part(rows, columns[best_column], threshold[node], spare)
            start[n_nodes], stop[n_nodes] = start[node], start[node] + n_left
            start[n_nodes + 1], stop[n_nodes + 1] = start[node] + n_left, stop[node]
            n_nodes += 2
        node += 1


@njit(cache=True, error_model="numpy")
def _next(state):  # type: ignore[no-untyped-def]
    """Next state of a linear congruential generator modulo 2^64 (Knuth's MMIX); its high bits are used."""
    return state * np.uint64(6364136223846793005) + np.uint64(1442695040888963407)


@njit(cache=True, error_model="numpy")
def _sort(rows, order, place, bits, out):  # type: ignore[no-untyped-def]
    """Rows of a node by one column, into `out`; ties by row number. `bits` is zero before and after."""
    for i in rows:
        bits[place[i] >> 6] |= np.uint64(1) << np.uint64(place[i] & 63)
    k = 0
    for word in range(bits.size):
        left = bits[word]
        bits[word] = 0
        while left != 0:
            lowest = left & (~left + np.uint64(1))
            out[k] = order[64 * word + _BIT[np.int64((lowest * _DE_BRUIJN) >> np.uint64(58))]]
            left ^= lowest
            k += 1


@njit(cache=True, error_model="numpy")
def _best_split(rows, n_rows, ranks, weight, weighted, W, S, least, best):  # type: ignore[no-untyped-def]
    """Greatest gain above `best` and the place after which to split; place -1 where there is none.

    The gain over the unsplit node is D^2 / (W W_left W_right) with D = W S_left - S W_left; two of them are compared
    by cross products, without a division for each row.
    """
    place, top, bottom = -1, best, 1.0
    W_left, S_left = 0.0, 0.0
    for k in range(n_rows - least):
        i = rows[k]
        W_left += weight[i]
        S_left += weighted[i]
        difference = W * S_left - S * W_left
        square, sides = difference * difference, W_left * (W - W_left)
        if square * bottom > top * sides and k + 1 >= least and ranks[i] != ranks[rows[k + 1]]:
            top, bottom, place = square, sides, k
    return top / bottom, place


@njit(cache=True, error_model="numpy")
def _part(rows, values, threshold, spare):  # type: ignore[no-untyped-def]
    """Rows up to the threshold first, the others after them, in place; number of the first."""
    n_left, n_right = 0, 0
    for i in rows:
        if values[i] <= threshold:
            rows[n_left] = i
            n_left += 1
        else:
            spare[n_right] = i
            n_right += 1
    for k in range(n_right):
        rows[n_left + k] = spare[k]
    return n_left


@njit(cache=True, error_model="numpy")
def _leaf(column, threshold, left, row):  # type: ignore[no-untyped-def]
    node = 0
    while column[node] >= 0:
        node = left[node] + (0 if row[column[node]] <= threshold[node] else 1)
    return node


@njit(cache=True, error_model="numpy")
def _predict(column, threshold, left, value, row):  # type: ignore[no-untyped-def]
    total = 0.0
    for tree in range(len(column)):
        total += value[tree, _leaf(column[tree], threshold[tree], left[tree], row)]
    return total / len(column)

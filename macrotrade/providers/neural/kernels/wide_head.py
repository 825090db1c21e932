"""A head of many nodes, one member at a time, all rows at once by matrix products: forward, and backward.

    z_1 = x W_x + f W_f + b_1,   z_q = a_{q-1} W_q + b_q,   a_q = max(z_q, 0),   output = a_Q w + b

A member's weights lie as in `Network.parameters`, with nodes filled up by zeros to a multiple of `LANES` and b to
`LANES` numbers: zeros that stay zero, as nothing flows through them.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from macrotrade._typing import IntArray
from macrotrade.providers.neural.kernels.compiled import compiled
from macrotrade.providers.neural.kernels.lanes import LANES, at_least, kept_where_positive, load, spread, store, sum_of
from macrotrade.providers.neural.kernels.products import add_product
from macrotrade.providers.neural.kernels.reading import Batch, Floats, Form, Reading

__all__ = ["HeadSpace", "answer_wide", "learn_wide"]


class HeadSpace(NamedTuple):
    """Memory of one member's head.

    Parameters
    ----------
    hidden : (layers, n_rows, nodes). slopes : (2, n_rows, nodes).
    outputs : (n_rows,) and, after `learn_wide`, derivatives by them.
    turned : (nodes, nodes) a layer's weights transposed.
    rows : (n_rows,) places of the rows of a table of ``nodes`` columns.
    """

    hidden: Floats
    slopes: Floats
    outputs: Floats
    turned: Floats
    rows: IntArray
    packed: Floats


@compiled
def answer_wide(
    reading: Reading,
    form: Form,
    batch: Batch,
    n_rows: int,
    weights: Floats,
    member: int,
    factors: Floats,
    lane: int,
    space: HeadSpace,
) -> None:
    """Nodes and outputs of the rows, into ``space``.

    Parameters
    ----------
    member : place of the member's weights. factors : (n_rows, p, LANES) f. lane : the member's.
    """
    n = form.nodes
    hidden = space.hidden
    place = member + form.window * n
    bias = place + form.p * n
    for r in range(n_rows):
        for j in range(0, n, LANES):
            total = load(weights, bias + j)
            for k in range(form.p):
                factor = spread(factors[(r * form.p + k) * LANES + lane])
                total = factor * load(weights, place + k * n + j) + total
            store(hidden, r * n + j, total)
    if form.window:
        add_product(
            hidden,
            0,
            n,
            reading.reversed_table,
            0,
            batch.windows,
            reading.units,
            weights,
            member,
            n,
            n_rows,
            n,
            form.window,
            space.packed,
        )
    _bend(hidden, 0, n_rows * n)
    place = bias + n
    size = space.rows.size * n
    for layer in range(1, form.layers):
        above = layer * size
        for r in range(n_rows):
            for j in range(0, n, LANES):
                store(hidden, above + r * n + j, load(weights, place + n * n + j))
        below = above - size
        add_product(
            hidden, above, n, hidden, below, space.rows, reading.units, weights, place, n, n_rows, n, n, space.packed
        )
        _bend(hidden, above, n_rows * n)
        place += (n + 1) * n
    above = (form.layers - 1) * size
    for r in range(n_rows):
        total = spread(np.float32(0.0))
        for j in range(0, n, LANES):
            total = load(hidden, above + r * n + j) * load(weights, place + j) + total
        space.outputs[r] = sum_of(total) + weights[place + n]


@compiled
def learn_wide(
    reading: Reading,
    form: Form,
    batch: Batch,
    n_rows: int,
    weights: Floats,
    gradient: Floats,
    member: int,
    factors: Floats,
    factor_slopes: Floats,
    lane: int,
    space: HeadSpace,
) -> float:
    """Add the gradient of the mean squared error, after `answer_wide`; gives the sum of squared errors.

    Parameters
    ----------
    gradient : what ``weights`` is. factor_slopes : what ``factors`` is; derivatives by f, filled in one lane.
    """
    n = form.nodes
    hidden, slopes, outputs = space.hidden, space.slopes, space.outputs
    size = space.rows.size * n
    squares = _differentiate(batch.outcome, n_rows, outputs)
    place = member + (form.window + form.p + 1) * n + (form.layers - 1) * (n + 1) * n
    above = (form.layers - 1) * size
    by_bias = np.float32(0.0)
    for r in range(n_rows):
        by_bias += outputs[r]
    gradient[place + n] += by_bias
    for j in range(0, n, LANES):
        w = load(weights, place + j)
        total = load(gradient, place + j)
        for r in range(n_rows):
            node = load(hidden, above + r * n + j)
            by_output = spread(outputs[r])
            total = by_output * node + total
            store(slopes, r * n + j, kept_where_positive(by_output * w, node))
        store(gradient, place + j, total)
    now, following = 0, size
    for layer in range(form.layers - 1, 0, -1):
        place -= (n + 1) * n
        below = (layer - 1) * size
        _add_column_sums(slopes, now, n_rows, n, gradient, place + n * n)
        add_product(
            gradient,
            place,
            n,
            hidden,
            below,
            reading.units,
            space.rows,
            slopes,
            now,
            n,
            n,
            n,
            n_rows,
            space.packed,
        )
        for k in range(n):
            for j in range(n):
                space.turned[j * n + k] = weights[place + k * n + j]
        for at in range(0, n_rows * n, LANES):
            store(slopes, following + at, spread(np.float32(0.0)))
        add_product(
            slopes,
            following,
            n,
            slopes,
            now,
            space.rows,
            reading.units,
            space.turned,
            0,
            n,
            n_rows,
            n,
            n,
            space.packed,
        )
        for at in range(0, n_rows * n, LANES):
            kept = kept_where_positive(load(slopes, following + at), load(hidden, below + at))
            store(slopes, following + at, kept)
        now, following = following, now
    place = member + form.window * n
    _add_column_sums(slopes, now, n_rows, n, gradient, place + form.p * n)
    for k in range(form.p):
        w = place + k * n
        for r in range(n_rows):
            at = (r * form.p + k) * LANES + lane
            factor = spread(factors[at])
            total = spread(np.float32(0.0))
            for j in range(0, n, LANES):
                slope = load(slopes, now + r * n + j)
                total = slope * load(weights, w + j) + total
                store(gradient, w + j, slope * factor + load(gradient, w + j))
            factor_slopes[at] = sum_of(total)
    if form.window:
        add_product(
            gradient,
            member,
            n,
            reading.reversed_table,
            0,
            reading.units,
            batch.windows,
            slopes,
            now,
            n,
            form.window,
            n,
            n_rows,
            space.packed,
        )
    return squares


@compiled
def _differentiate(outcome: Floats, n_rows: int, outputs: Floats) -> float:
    """Turn outputs into the derivatives of the mean squared error by them; gives the sum of squared errors."""
    squares = 0.0
    scale = np.float32(2.0 / n_rows)
    for r in range(n_rows):
        error = outputs[r] - outcome[r]
        squares += np.float64(error) * np.float64(error)
        outputs[r] = scale * error
    return squares


@compiled
def _bend(values: Floats, place: int, size: int) -> None:
    """Replace numbers below zero by zero."""
    for at in range(place, place + size, LANES):
        store(values, at, at_least(load(values, at), spread(np.float32(0.0))))


@compiled
def _add_column_sums(values: Floats, place: int, n_rows: int, n: int, out: Floats, o: int) -> None:
    for j in range(0, n, LANES):
        total = load(out, o + j)
        for r in range(n_rows):
            total = total + load(values, place + r * n + j)
        store(out, o + j, total)

"""A head of many nodes, one member at a time, all rows at once by matrix products: forward, and backward with a step.

    z_1 = x W_x + f W_f + b_1,   z_q = a_{q-1} W_q + b_q,   a_q = max(z_q, 0),   output = a_Q w + b

A member's weights lie as in `Network.parameters`, with nodes filled up by zeros to a multiple of `LANES` and b to
`LANES` numbers: zeros that stay zero, as nothing flows through them.
"""

from __future__ import annotations

from typing import NamedTuple, cast

import numpy as np

from macrotrade._typing import IntArray
from macrotrade.providers.neural.kernels.adam import Moved, Pace, move_vector
from macrotrade.providers.neural.kernels.compiled import compiled
from macrotrade.providers.neural.kernels.lanes import (
    FRONT,
    LANES,
    at_least,
    kept_where_positive,
    load,
    spread,
    store,
    sum_of,
    turn,
)
from macrotrade.providers.neural.kernels.products import bend_product, keep_product, move_by_product
from macrotrade.providers.neural.kernels.reading import Batch, Floats, Form, Reading

__all__ = ["HeadSpace", "answer_wide", "learn_wide"]


_NOTHING = np.float32(0.0)
_HELD = cast(int, np.int64(-1))


class HeadSpace(NamedTuple):
    """Memory of one member's head.

    Parameters
    ----------
    hidden : (layers, n_rows, nodes). slopes : (2, n_rows, nodes).
    outputs : (n_rows,) and, after `learn_wide`, derivatives by them.
    turned : (nodes, nodes) a layer's weights transposed.
    gradient : (parameters of a head,) zero but while a step is made.
    rows : (n_rows,) places of the rows of a table of ``nodes`` columns.
    ones : (n_rows,)
    """

    hidden: Floats
    slopes: Floats
    outputs: Floats
    turned: Floats
    gradient: Floats
    rows: IntArray
    ones: Floats
    work: Floats


@compiled
def answer_wide(
    reading: Reading, form: Form, batch: Batch, n_rows: int, weights: Floats, member: int, factors: Floats, lane: int,
    space: HeadSpace,
) -> None:  # fmt: skip
    """Nodes and outputs of the rows, into ``space``.

    Parameters
    ----------
    member : place of the member's weights. factors : (n_rows, p, LANES) f. lane : the member's.
    """
    n, hidden, units, work = form.nodes, space.hidden, reading.units, space.work
    size = space.rows.size * n
    place = member + form.window * n
    _enter_factors(form, n_rows, weights, place, factors, lane, hidden)
    if form.window:
        bend_product(
            hidden, FRONT, n, reading.reversed_table, FRONT, batch.windows, units, weights, member, n, n_rows, n,
            form.window, _HELD, work,
        )  # fmt: skip
    place += (form.p + 1) * n
    for layer in range(1, form.layers):
        above, below = layer * size, (layer - 1) * size
        bias = place + n * n
        bend_product(
            hidden, above, n, hidden, below, space.rows, units, weights, place, n, n_rows, n, n, bias, work
        )  # fmt: skip
        place = bias + n
    above = (form.layers - 1) * size
    for r in range(n_rows):
        total = spread(_NOTHING)
        for j in range(0, n, LANES):
            total = load(hidden, above + r * n + j) * load(weights, place + j) + total
        space.outputs[r] = sum_of(total) + weights[place + n]


@compiled
def learn_wide(
    reading: Reading, form: Form, batch: Batch, n_rows: int, moved: Moved, member: int, pace: Pace, factors: Floats,
    factor_slopes: Floats, lane: int, space: HeadSpace,
) -> float:  # fmt: skip
    """Make a step down the mean squared error, after `answer_wide`; gives the sum of squared errors before it.

    Parameters
    ----------
    moved : all members' weights and moments. factor_slopes : what ``factors`` is; derivatives by f, filled in one lane.
    """
    n, hidden, slopes, units, work = form.nodes, space.hidden, space.slopes, reading.units, space.work
    gradient = space.gradient
    size = space.rows.size * n
    squares = _differentiate(batch.outcome, n_rows, space.outputs)
    place = member + (form.window + form.p + 1) * n + (form.layers - 1) * (n + 1) * n
    _leave_output(n, n_rows, moved.weights, place, space, (form.layers - 1) * size, gradient, place - member)
    _move(moved, place, n + LANES, gradient, member, pace)
    now, following = FRONT, size
    for layer in range(form.layers - 1, 0, -1):
        place -= (n + 1) * n
        below = (layer - 1) * size
        _sum_rows(space.ones, FRONT, 1, slopes, now, n_rows, n, gradient, place - member + n * n)
        _move(moved, place + n * n, n, gradient, member, pace)
        for k in range(0, n, LANES):
            for j in range(0, n, LANES):
                turn(moved.weights, place + k * n + j, n, space.turned, j * n + k, n)
        keep_product(
            slopes, following, slopes, now, space.rows, units, space.turned, FRONT, n, n_rows, n, n, hidden, below, work
        )  # fmt: skip
        move_by_product(
            moved, place, hidden, below, units, space.rows, slopes, now, n, n, n, n_rows, pace, gradient,
            place - member, work,
        )  # fmt: skip
        now, following = following, now
    place = member + form.window * n
    _sum_rows(space.ones, FRONT, 1, slopes, now, n_rows, n, gradient, place - member + form.p * n)
    _leave_factors(form, n_rows, moved.weights, place, slopes, now, factors, factor_slopes, lane, gradient, member)
    _move(moved, place, (form.p + 1) * n, gradient, member, pace)
    if form.window:
        move_by_product(
            moved, member, reading.reversed_table, FRONT, units, batch.windows, slopes, now, n, form.window, n, n_rows,
            pace, gradient, FRONT, work,
        )  # fmt: skip
    return squares


@compiled
def _enter_factors(
    form: Form, n_rows: int, weights: Floats, place: int, factors: Floats, lane: int, hidden: Floats
) -> None:
    """b_1 + f W_f, bent unless more is to be added."""
    n = form.nodes
    for r in range(n_rows):
        for j in range(0, n, LANES):
            total = load(weights, place + form.p * n + j)
            for k in range(form.p):
                factor = spread(factors[(r * form.p + k) * LANES + lane])
                total = factor * load(weights, place + k * n + j) + total
            store(hidden, r * n + j, total if form.window else at_least(total, spread(_NOTHING)))


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
def _leave_output(
    n: int, n_rows: int, weights: Floats, place: int, space: HeadSpace, above: int, gradient: Floats, g: int
) -> None:
    """Back through the output: its weights' gradient from g on, and derivatives by the last nodes' z."""
    by_bias = _NOTHING
    for r in range(n_rows):
        by_bias += space.outputs[r]
    gradient[g + n] = by_bias
    _sum_rows(space.outputs, FRONT, 1, space.hidden, above, n_rows, n, gradient, g)
    for r in range(n_rows):
        by_output = spread(space.outputs[r])
        for j in range(0, n, LANES):
            node = load(space.hidden, above + r * n + j)
            store(space.slopes, r * n + j, kept_where_positive(by_output * load(weights, place + j), node))


@compiled
def _leave_factors(
    form: Form, n_rows: int, weights: Floats, place: int, slopes: Floats, now: int, factors: Floats,
    factor_slopes: Floats, lane: int, gradient: Floats, member: int,
) -> None:  # fmt: skip
    """Back through f W_f: its weights' gradient, and derivatives by f."""
    n = form.nodes
    for k in range(form.p):
        w = place + k * n
        _sum_rows(factors, k * LANES + lane, form.p * LANES, slopes, now, n_rows, n, gradient, w - member)
        for r in range(n_rows):
            total = spread(_NOTHING)
            for j in range(0, n, LANES):
                total = load(slopes, now + r * n + j) * load(weights, w + j) + total
            factor_slopes[(r * form.p + k) * LANES + lane] = sum_of(total)


@compiled
def _move(moved: Moved, place: int, size: int, gradient: Floats, member: int, pace: Pace) -> None:
    """Move weights place..place+size-1 of a member by their gradient, which is set to zero."""
    for at in range(place, place + size, LANES):
        move_vector(moved, at, load(gradient, at - member), pace)
        store(gradient, at - member, spread(_NOTHING))


@compiled
def _sum_rows(
    weights: Floats, w: int, w_step: int, values: Floats, place: int, n_rows: int, n: int, out: Floats, o: int
) -> None:
    """out[j] = sum over r of weights[r] values[r, j], weights being ``w_step`` apart and rows of values n long."""
    j = 0
    while j + 4 * LANES <= n:  # four sums at a time, as each waits for the one before it
        a, b, c, d = spread(_NOTHING), spread(_NOTHING), spread(_NOTHING), spread(_NOTHING)
        for r in range(n_rows):
            weight = spread(weights[w + r * w_step])
            at = place + r * n + j
            a = weight * load(values, at) + a
            b = weight * load(values, at + LANES) + b
            c = weight * load(values, at + 2 * LANES) + c
            d = weight * load(values, at + 3 * LANES) + d
        store(out, o + j, a)
        store(out, o + j + LANES, b)
        store(out, o + j + 2 * LANES, c)
        store(out, o + j + 3 * LANES, d)
        j += 4 * LANES
    while j < n:
        total = spread(_NOTHING)
        for r in range(n_rows):
            total = spread(weights[w + r * w_step]) * load(values, place + r * n + j) + total
        store(out, o + j, total)
        j += LANES

"""Training of networks with few nodes, `LANES` members at a time, and what they say.

A block's weights are (n_parameters, LANES), in the order of the network's parameters, so that the LSTM's input weights
of all members are one matrix, as are those of what is read at once. For each step of Adam:

1. every period is projected once for all members and rows (`products`);
2. a few rows at a time run forward through the LSTM and the head and, while all of it is near, backward (`recurrence`,
   `small_head`);
3. what all rows owe to a period makes the gradient of the input weights by one more product;
4. Adam moves the weights (`adam`).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from macrotrade._typing import IntArray
from macrotrade.providers.neural.kernels.adam import Moved, Pace, Rates, move, pace_of
from macrotrade.providers.neural.kernels.compiled import compiled
from macrotrade.providers.neural.kernels.lanes import FRONT, LANES, load, spread, store
from macrotrade.providers.neural.kernels.products import add_product, move_by_product
from macrotrade.providers.neural.kernels.reading import Batch, Floats, Form, Reading, choose
from macrotrade.providers.neural.kernels.recurrence import gather_slopes, project, run_backward, run_forward
from macrotrade.providers.neural.kernels.small_head import answer, learn
from macrotrade.providers.neural.kernels.subnormals import restore, take_as_zero

__all__ = ["SmallSpace", "respond_small", "train_small"]


class SmallSpace(NamedTuple):
    """Memory of one block; see `recurrence` and `small_head` for most of it.

    Parameters
    ----------
    gradient : (n_parameters, LANES).
    entering, entering_slopes : (n_rows, nodes, LANES) what is read at once times its weights.
    squares : (LANES,) squared errors, summed.
    """

    gradient: Floats
    projected: Floats
    projected_slopes: Floats
    kept: Floats
    state: Floats
    slopes: Floats
    gate_slopes: Floats
    entering: Floats
    entering_slopes: Floats
    hidden: Floats
    head_slopes: Floats
    squares: Floats
    work: Floats


@compiled
def train_small(
    reading: Reading,
    every: Batch,
    form: Form,
    order: IntArray,
    batch: Batch,
    step: int,
    rates: Rates,
    moved: Moved,
    losses: Floats,
    space: SmallSpace,
) -> None:
    """Some epochs of training.

    Parameters
    ----------
    every : all rows. batch : memory for as many rows as a step takes.
    order : (n_epochs, n_rows) rows in the order of each epoch.
    step : steps of Adam made before.
    losses : (n_epochs, LANES) mean squared errors, filled.
    """
    state = take_as_zero()
    n_epochs, n_rows = order.shape
    size = batch.first.size
    for epoch in range(n_epochs):
        mean = spread(np.float32(0.0))
        for start in range(0, n_rows, size):
            count = min(size, n_rows - start)
            choose(every, order[epoch], start, count, batch)
            step += 1
            _learn(reading, form, batch, count, moved, pace_of(rates, step), space)
            mean = mean + load(space.squares, 0)
        store(losses, epoch * LANES, mean * spread(np.float32(1.0 / n_rows)))
    restore(state)


@compiled
def respond_small(
    reading: Reading, every: Batch, form: Form, weights: Floats, outputs: Floats, factors: Floats, space: SmallSpace
) -> None:
    """What the members say of all rows: outputs (n_rows, LANES) and last states (n_rows, p, LANES)."""
    n_rows = every.first.size
    gate = form.p * LANES
    head, row = _enter(reading, form, every, n_rows, weights, space)
    for start in range(0, n_rows, form.tile):
        stop = min(start + form.tile, n_rows)
        now = 0
        if form.p:
            now = run_forward(space.projected, every.first, start, stop, form, weights, space.kept, space.state, False)
        for r in range(start, stop):
            at = now + (r - start) * 2 * gate
            answer(form, weights, head, space.state, at, space.entering, r * row, space.hidden)
            store(outputs, r * LANES, load(space.hidden, form.layers * row))
            for k in range(form.p):
                store(factors, r * gate + k * LANES, load(space.state, at + k * LANES))


@compiled
def _learn(
    reading: Reading, form: Form, batch: Batch, n_rows: int, moved: Moved, pace: Pace, space: SmallSpace
) -> None:
    """One step down the mean squared error over a batch; its squared errors, summed, go to ``space.squares``."""
    weights, gradient = moved.weights, space.gradient
    gate = form.p * LANES
    head, row = _enter(reading, form, batch, n_rows, weights, space)
    scale = spread(np.float32(2.0 / n_rows))
    squares = spread(np.float32(0.0))
    for start in range(0, n_rows, form.tile):
        stop = min(start + form.tile, n_rows)
        now = 0
        if form.p:
            now = run_forward(space.projected, batch.first, start, stop, form, weights, space.kept, space.state, True)
        in_tile = spread(np.float32(0.0))
        for r in range(start, stop):
            at = now + (r - start) * 2 * gate
            output = answer(form, weights, head, space.state, at, space.entering, r * row, space.hidden)
            error = load(space.hidden, form.layers * row) - spread(batch.outcome[r])
            in_tile = error * error + in_tile
            store(space.head_slopes, 2 * row, scale * error)
            learn(
                form,
                weights,
                gradient,
                head,
                space.state,
                at,
                space.hidden,
                output,
                space.head_slopes,
                space.slopes,
                (r - start) * 2 * gate,
                space.entering_slopes,
                r * row,
            )
        squares = squares + in_tile
        if form.p:
            run_backward(
                space.slopes,
                batch.first,
                start,
                stop,
                form,
                weights,
                space.kept,
                space.gate_slopes,
                space.projected_slopes,
                gradient,
            )
    store(space.squares, 0, squares)
    first = head - form.window * row
    if form.p:
        gather_slopes(reading, form, space.projected_slopes, gradient, space.work)
        move(moved, gradient, FRONT, first, pace)
    if form.window:
        move_by_product(
            moved, first, reading.reversed_table, FRONT, reading.units, batch.windows, space.entering_slopes, FRONT,
            row, form.window, row, n_rows, pace, gradient, first, space.work,
        )  # fmt: skip
    move(moved, gradient, head, gradient.size, pace)


@compiled
def _enter(
    reading: Reading, form: Form, batch: Batch, n_rows: int, weights: Floats, space: SmallSpace
) -> tuple[int, int]:
    """Project what is read; gives the place of the weights of f, and the numbers in a row of nodes."""
    row = form.nodes * LANES
    head = form.window * row
    if form.p:
        head += 4 * form.p * (form.n_series + form.p + 1) * LANES
        project(reading, form, weights, space.projected, space.work)
    if form.window:
        space.entering[: n_rows * row] = 0.0
        add_product(
            space.entering,
            FRONT,
            row,
            reading.reversed_table,
            FRONT,
            batch.windows,
            reading.units,
            weights,
            head - form.window * row,
            row,
            n_rows,
            row,
            form.window,
            space.work,
        )
    return head, row

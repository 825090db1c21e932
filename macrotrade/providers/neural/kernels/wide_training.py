"""Training of networks with many nodes: the LSTMs of a block of members together, their heads one after the other.

An LSTM's weights are (parameters, LANES), as in `small_training`; the heads' are (n_members, parameters of a head), as
in `wide_head`. For each step of Adam the LSTMs run forward, each head forward and backward over all rows, and the LSTMs
forward once more, a few rows at a time, and backward while what they kept is near: to run twice costs less than to keep
every step of every row.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from macrotrade._typing import IntArray
from macrotrade.providers.neural.kernels.adam import Moved, Pace, Rates, move, pace_of
from macrotrade.providers.neural.kernels.compiled import compiled
from macrotrade.providers.neural.kernels.lanes import FRONT, LANES, load, store
from macrotrade.providers.neural.kernels.reading import Batch, Floats, Form, Reading, choose
from macrotrade.providers.neural.kernels.recurrence import gather_slopes, project, run_backward, run_forward
from macrotrade.providers.neural.kernels.subnormals import restore, take_as_zero
from macrotrade.providers.neural.kernels.wide_head import HeadSpace, answer_wide, learn_wide

__all__ = ["WideSpace", "respond_wide", "train_wide"]


class WideSpace(NamedTuple):
    """Memory of one block; see `recurrence` for most of it.

    Parameters
    ----------
    factors, factor_slopes : (n_rows, p, LANES) last states, and derivatives by them.
    gradient : of the LSTMs' weights.
    """

    projected: Floats
    projected_slopes: Floats
    kept: Floats
    state: Floats
    slopes: Floats
    gate_slopes: Floats
    factors: Floats
    factor_slopes: Floats
    work: Floats
    gradient: Floats
    head: HeadSpace


@compiled
def train_wide(
    reading: Reading,
    every: Batch,
    form: Form,
    order: IntArray,
    batch: Batch,
    step: int,
    rates: Rates,
    lstm: Moved,
    heads: Moved,
    losses: Floats,
    space: WideSpace,
) -> None:
    """Some epochs of training; parameters as of `small_training.train_small`.

    Parameters
    ----------
    losses : (n_epochs, n_members) mean squared errors, filled.
    """
    state = take_as_zero()
    n_epochs, n_rows = order.shape
    n_members = losses.size // n_epochs
    size = batch.first.size
    squares = np.empty(n_members)
    for epoch in range(n_epochs):
        squares[:] = 0.0
        for start in range(0, n_rows, size):
            count = min(size, n_rows - start)
            choose(every, order[epoch], start, count, batch)
            step += 1
            _learn(reading, form, batch, count, lstm, heads, pace_of(rates, step), squares, space)
        for member in range(n_members):
            losses[epoch * n_members + member] = squares[member] / n_rows
    restore(state)


@compiled
def respond_wide(
    reading: Reading, every: Batch, form: Form, lstm: Floats, heads: Floats, outputs: Floats, space: WideSpace
) -> None:
    """What the members say of all rows, outputs (n_members, n_rows); their last states are left in ``space``."""
    n_rows = every.first.size
    n_members = outputs.size // n_rows
    head_size = heads.size // n_members
    _find_factors(reading, form, every, n_rows, lstm, space)
    for member in range(n_members):
        place = member * head_size
        answer_wide(reading, form, every, n_rows, heads, place, space.factors, member, space.head)
        for r in range(n_rows):
            outputs[member * n_rows + r] = space.head.outputs[r]


@compiled
def _learn(
    reading: Reading, form: Form, batch: Batch, n_rows: int, lstm: Moved, heads: Moved, pace: Pace, squares: Floats,
    space: WideSpace,
) -> None:  # fmt: skip
    """One step down the mean squared error over a batch; the squared errors of each member are added."""
    n_members = squares.size
    head_size = heads.weights.size // n_members
    _find_factors(reading, form, batch, n_rows, lstm.weights, space)
    for member in range(n_members):
        place = member * head_size
        answer_wide(reading, form, batch, n_rows, heads.weights, place, space.factors, member, space.head)
        squares[member] += learn_wide(
            reading, form, batch, n_rows, heads, place, pace, space.factors, space.factor_slopes, member, space.head
        )
    if form.p:
        gate = form.p * LANES
        for start in range(0, n_rows, form.tile):
            stop = min(start + form.tile, n_rows)
            run_forward(space.projected, batch.first, start, stop, form, lstm.weights, space.kept, space.state, True)
            for r in range(start, stop):
                for at in range(0, gate, LANES):
                    store(space.slopes, (r - start) * 2 * gate + at, load(space.factor_slopes, r * gate + at))
            run_backward(
                space.slopes,
                batch.first,
                start,
                stop,
                form,
                lstm.weights,
                space.kept,
                space.gate_slopes,
                space.projected_slopes,
                space.gradient,
            )
        gather_slopes(reading, form, space.projected_slopes, space.gradient, space.work)
        move(lstm, space.gradient, FRONT, space.gradient.size, pace)


@compiled
def _find_factors(reading: Reading, form: Form, batch: Batch, n_rows: int, lstm: Floats, space: WideSpace) -> None:
    """Last states of a block's LSTMs, into ``space.factors``."""
    if form.p == 0:
        return
    gate = form.p * LANES
    project(reading, form, lstm, space.projected, space.work)
    for start in range(0, n_rows, form.tile):
        stop = min(start + form.tile, n_rows)
        now = run_forward(space.projected, batch.first, start, stop, form, lstm, space.kept, space.state, False)
        for r in range(start, stop):
            for at in range(0, gate, LANES):
                store(space.factors, r * gate + at, load(space.state, now + (r - start) * 2 * gate + at))

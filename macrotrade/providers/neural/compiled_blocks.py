"""Blocks of members as compiled kernels take them: weights laid out, memory set aside, results brought back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import prod
from typing import Protocol

import numpy as np
import numpy.typing as npt

from macrotrade._typing import IntArray
from macrotrade.providers.neural.kernels.adam import Moved, Rates
from macrotrade.providers.neural.kernels.lanes import LANES
from macrotrade.providers.neural.kernels.products import WORK
from macrotrade.providers.neural.kernels.reading import Batch, Form, Reading
from macrotrade.providers.neural.kernels.small_training import SmallSpace, respond_small, train_small
from macrotrade.providers.neural.kernels.wide_head import HeadSpace
from macrotrade.providers.neural.kernels.wide_training import WideSpace, respond_wide, train_wide
from macrotrade.providers.neural.network import Network, Parameter
from macrotrade.providers.neural.sample import Sample
from macrotrade.providers.neural.training import Training

__all__ = ["Block", "SmallBlock", "Task", "WideBlock"]

Floats = npt.NDArray[np.float32]

_NEAR = 2**19  # bytes that an LSTM's steps may take, of the cache that a core has to itself
_MOST_IN_TILE = 16


class Block(Protocol):
    """Some members."""

    @property
    def n_members(self) -> int:
        """How many."""

    def train(self, orders: IntArray, training: Training) -> Floats:
        """Train for some epochs, with rows in these orders, (n_epochs, n_rows); losses, (n_members, n_epochs)."""

    def respond(self) -> tuple[Floats, Floats]:
        """Outputs (n_members, n_rows) and factors (n_members, n_rows, p)."""

    def weights(self) -> Floats:
        """Weights now, (n_members, n_parameters)."""


@dataclass(frozen=True, eq=False)
class Task:
    """What all blocks share.

    Attributes
    ----------
    network
        Of every member.
    reading, rows
        Tables, and all rows of the sample.
    size
        Rows in a step.
    """

    network: Network
    reading: Reading
    rows: Batch
    size: int

    @classmethod
    def of(cls, network: Network, sample: Sample, size: int) -> Task:
        """Of a sample whose rows are taken `size` at a time."""
        ends = np.asarray(sample.ends, np.int64)
        last, n_lags = int(ends.max()), network.in_order.n_lags
        oldest = int(ends.min()) - n_lags + 1
        table = sample.in_order[oldest : last + 1] if n_lags else sample.in_order[:0]
        n_series, n_at_once = network.in_order.n_series, network.at_once.n_series
        reading = Reading(
            table=_flat(table),
            periods=np.arange(len(table)) * n_series,
            reversed_table=_flat(sample.at_once[last::-1]),
            units=np.arange(max(n_series, network.at_once.size, network.nodes + LANES)),
        )
        windows = (last - ends) * n_at_once
        return cls(network, reading, Batch(ends - n_lags + 1 - oldest, windows, _flat(sample.outcome)), size)

    def form(self, nodes: int) -> Form:
        """Sizes, with so many nodes."""
        network = self.network
        kept = 4 * LANES * 6 * network.factors * network.n_steps
        tile = max(1, min(_MOST_IN_TILE, _NEAR // max(1, kept)))
        read = network.in_order
        return Form(read.n_series, read.n_lags, network.factors, network.at_once.size, nodes, network.layers, tile)

    def batch(self) -> Batch:
        """Memory for the rows of a step."""
        return Batch(np.zeros(self.size, np.int64), np.zeros(self.size, np.int64), _room(self.size))

    def recurrence(self, form: Form) -> dict[str, Floats]:
        """Memory of `recurrence`."""
        units, n_periods = form.p * LANES, self.reading.periods.size
        return {
            "projected": _room(n_periods * 4 * units),
            "projected_slopes": _room(n_periods * 4 * units),
            "kept": _room(form.n_steps * form.tile * 6 * units),
            "state": _room(form.tile * 2 * units),
            "slopes": _room(form.tile * 2 * units),
            "gate_slopes": _room(form.tile * 4 * units),
            "work": _room(WORK),
        }


class SmallBlock:
    """At most `LANES` members with few nodes, as `kernels.small_training` takes them."""

    def __init__(self, task: Task, weights: Floats) -> None:
        self.n_members = len(weights)
        self._task, self._form, self._batch, self._step = task, task.form(task.network.nodes), task.batch(), 0
        self._lanes = _moved(_in_lanes(weights))
        form, row = self._form, task.network.nodes * LANES
        entering = max(task.size, 1) * row if form.window else 0
        self._space = SmallSpace(
            gradient=_room(self._lanes.weights.size),
            entering=_room(entering),
            entering_slopes=_room(entering),
            hidden=_room(form.layers * row + LANES),
            head_slopes=_room(2 * row + LANES),
            squares=_room(LANES),
            **task.recurrence(form),
        )

    def train(self, orders: IntArray, training: Training) -> Floats:
        """Train for some epochs."""
        losses = _room(len(orders) * LANES)
        task = self._task
        train_small(
            task.reading,
            task.rows,
            self._form,
            orders,
            self._batch,
            self._step,
            _rates(training),
            self._lanes,
            losses,
            self._space,
        )
        self._step += len(orders) * -(-orders.shape[1] // task.size)
        return losses.reshape(-1, LANES).T[: self.n_members]

    def respond(self) -> tuple[Floats, Floats]:
        """Outputs and factors."""
        task, p = self._task, self._form.p
        n_rows = task.rows.first.size
        outputs, factors = _room(n_rows * LANES), _room(n_rows * p * LANES)
        respond_small(task.reading, task.rows, self._form, self._lanes.weights, outputs, factors, self._space)
        return (
            outputs.reshape(n_rows, LANES).T[: self.n_members],
            factors.reshape(n_rows, p, LANES).transpose(2, 0, 1)[: self.n_members],
        )

    def weights(self) -> Floats:
        """Weights now."""
        return _out_of_lanes(self._lanes.weights, self.n_members)

    def moments(self) -> Floats:
        """Adam's first moments now."""
        return _out_of_lanes(self._lanes.first, self.n_members)


class WideBlock:
    """At most `LANES` members with many nodes, as `kernels.wide_training` takes them."""

    def __init__(self, task: Task, weights: Floats) -> None:
        self.n_members = len(weights)
        self._nodes = -(-task.network.nodes // LANES) * LANES
        self._task, self._form, self._batch, self._step = task, task.form(self._nodes), task.batch(), 0
        self._n_lstm = _lstm_parameters(task.network)
        self._lstm = _moved(_in_lanes(weights[:, : self._n_lstm]))
        self._heads = _moved(_flat(np.stack([self._laid_out(member) for member in weights])))
        form, n, size = self._form, self._nodes, task.size
        recurrence = task.recurrence(form)
        head = HeadSpace(
            hidden=_room(form.layers * size * n),
            slopes=_room(2 * size * n),
            outputs=_room(size),
            turned=_room(n * n),
            rows=np.arange(size) * n,
            ones=np.ones(size, np.float32),
            gradient=_room(self._heads.weights.size // self.n_members),
            work=recurrence["work"],
        )
        states = size * form.p * LANES
        gradient = _room(self._lstm.weights.size)
        self._space = WideSpace(
            gradient=gradient, factors=_room(states), factor_slopes=_room(states), head=head, **recurrence
        )

    def train(self, orders: IntArray, training: Training) -> Floats:
        """Train for some epochs."""
        losses = _room(len(orders) * self.n_members)
        task = self._task
        train_wide(
            task.reading,
            task.rows,
            self._form,
            orders,
            self._batch,
            self._step,
            _rates(training),
            self._lstm,
            self._heads,
            losses,
            self._space,
        )
        self._step += len(orders) * -(-orders.shape[1] // task.size)
        return losses.reshape(-1, self.n_members).T

    def respond(self) -> tuple[Floats, Floats]:
        """Outputs and factors."""
        task, p = self._task, self._form.p
        n_rows = task.rows.first.size
        outputs = _room(self.n_members * n_rows)
        respond_wide(task.reading, task.rows, self._form, self._lstm.weights, self._heads.weights, outputs, self._space)
        factors = self._space.factors.reshape(n_rows, p, LANES)
        return outputs.reshape(self.n_members, n_rows), factors.transpose(2, 0, 1)[: self.n_members]

    def weights(self) -> Floats:
        """Weights now."""
        return self._joined(self._lstm.weights, self._heads.weights)

    def moments(self) -> Floats:
        """Adam's first moments now."""
        return self._joined(self._lstm.first, self._heads.first)

    def _joined(self, lstm: Floats, heads: Floats) -> Floats:
        by_member = [self._brought_back(head) for head in heads.reshape(self.n_members, -1)]
        return np.hstack([_out_of_lanes(lstm, self.n_members), np.stack(by_member)])

    def _laid_out(self, weights: Floats) -> Floats:
        """A member's head with its nodes filled up by zeros."""
        pieces = []
        for one, shape in self._layers():
            piece = np.zeros(shape, np.float32)
            piece[tuple(slice(size) for size in one.shape)] = weights[one.start : one.stop].reshape(one.shape)
            pieces.append(piece.ravel())
        return np.concatenate(pieces)

    def _brought_back(self, head: Floats) -> Floats:
        """The inverse."""
        pieces, start = [], 0
        for one, shape in self._layers():
            stop = start + prod(shape)
            pieces.append(head[start:stop].reshape(shape)[tuple(slice(size) for size in one.shape)].ravel())
            start = stop
        return np.concatenate(pieces)

    def _layers(self) -> Iterator[tuple[Parameter, tuple[int, ...]]]:
        """Parameters of a head and the shapes that they are filled up to."""
        n, layers = self._nodes, self._form.layers
        shapes = [(self._task.network.head_inputs, n), (n,), *[(n, n), (n,)] * (layers - 1), (n, 1), (LANES,)]
        head = [one for one in self._task.network.parameters if one.start >= self._n_lstm]
        return zip(head, shapes, strict=True)


def _lstm_parameters(network: Network) -> int:
    """Parameters before those of the head."""
    return next(one.start for one in network.parameters if one.name.startswith("head."))


def _in_lanes(weights: Floats) -> Floats:
    """Weights (n_members, n) as (n, LANES), those of no member zero."""
    lanes = _room(weights.shape[1] * LANES)
    lanes.reshape(-1, LANES)[:, : len(weights)] = weights.T
    return lanes


def _out_of_lanes(lanes: Floats, n_members: int) -> Floats:
    return np.ascontiguousarray(lanes.reshape(-1, LANES).T[:n_members])


def _moved(weights: Floats) -> Moved:
    """Weights and their moments, which begin at zero."""
    return Moved(weights, _room(weights.size), _room(weights.size))


def _rates(training: Training) -> Rates:
    return Rates(training.learning_rate, training.first_moment, training.second_moment, training.epsilon)


def _flat(values: Floats) -> Floats:
    """A copy in one row, aligned."""
    room = _room(values.size)
    room[:] = values.ravel()
    return room


def _room(size: int) -> Floats:
    """Zeros, the first of them where a line of the cache begins, which halves what loading a vector costs."""
    line = LANES
    zeros = np.zeros(size + line, np.float32)
    start = -(zeros.ctypes.data // zeros.itemsize) % line
    return zeros[start : start + size]

"""A network with an ensemble axis: what all members of a block say of some rows, as a few large products.

Arrays keep the ensemble first and rows or periods last: weights (K, n_in, n_out), values (K, n_features, n_rows). Gates
are then contiguous blocks of an array, and a window's step is a slice of the periods.

Whatever comes before an LSTM's state is a function of the period and not of the window it stands in, so filters,
averages and the input weights are applied to each period once, for all members in one product, and windows read the
result at their places. The recurrence has a backward pass of its own; the rest is left to autograd.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias, cast

import numpy as np
import torch
from torch import Tensor

from macrotrade.providers.neural.network import GATES, Network
from macrotrade.providers.neural.sample import Sample

__all__ = ["Reading", "Workspace", "outputs_and_factors", "reading"]

Place: TypeAlias = slice | Tensor
"""Columns of the table of periods that the rows read at one step: a slice where rows are consecutive."""


@dataclass(frozen=True, eq=False)
class Reading:
    """What rows read, on the device.

    Attributes
    ----------
    at_once
        Shape (n_rows, M l), newest period first.
    in_order
        Inputs of the first map over each period, shape (n_inputs, n_periods): one for all series, or with a convolution
        one for each group, whose inputs are its series in `width` periods, oldest first.
    places
        Columns read at each step of the LSTM, oldest first.
    """

    at_once: Tensor
    in_order: tuple[Tensor, ...]
    places: tuple[Place, ...]

    def rows(self, chosen: Tensor) -> Reading:
        """The same periods, read by some of the rows."""
        places = tuple(_columns(place, self.at_once.device)[chosen] for place in self.places)
        return Reading(self.at_once[chosen], self.in_order, places)


def reading(network: Network, sample: Sample, device: torch.device) -> Reading:
    """What the sample's rows read, periods that none of them reads left out."""
    newest_first = sample.ends[:, None] - np.arange(network.at_once.n_lags)
    at_once = sample.at_once[newest_first].reshape(sample.n_rows, network.at_once.size)
    if not network.factors:
        return Reading(torch.from_numpy(at_once).to(device), (), ())
    first, last = int(sample.ends.min()) - network.in_order.n_lags + 1, int(sample.ends.max())
    table = torch.tensor(sample.in_order[first : last + 1].T, device=device).contiguous()
    ends = sample.ends - first
    if network.convolution is None:
        steps = np.arange(network.n_steps)[::-1]
        return Reading(torch.from_numpy(at_once).to(device), (table,), _places(ends, steps, device))
    width, pooled = network.convolution.width, network.convolution.pooled
    groups = torch.split(table, list(network.convolution.groups))
    inputs = tuple(group.unfold(1, width, 1).permute(2, 0, 1).reshape(-1, last - first + 2 - width) for group in groups)
    steps = pooled * np.arange(1, network.n_steps + 1)[::-1] + width - 2  # a step's column is that of its oldest period
    return Reading(torch.from_numpy(at_once).to(device), inputs, _places(ends, steps, device))


class Workspace:
    """Large arrays kept from step to step of a block: fresh pages of memory cost more than the arithmetic in them."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, tuple[int, ...]], Tensor] = {}

    def array(self, name: str, like: Tensor, *shape: int) -> Tensor:
        """Array of that name and shape, holding whatever was last written there."""
        if (name, shape) not in self._kept:
            self._kept[name, shape] = like.new_empty(shape)
        return self._kept[name, shape]


def outputs_and_factors(
    network: Network, arrays: dict[str, Tensor], read: Reading, workspace: Workspace
) -> tuple[Tensor, Tensor]:
    """Outputs (K, n_rows) and last states (K, p, n_rows) of members whose parameters are `arrays`, by their names.

    Gradients must be asked for before the workspace is used again.
    """
    n_members, n_rows = arrays["head.1.bias"].shape[0], read.at_once.shape[0]
    factors = read.at_once.new_zeros(n_members, 0, n_rows)
    if network.factors:
        projected = _projected(network, arrays, read)
        recurrence: Callable[..., Tensor] = _Recurrence.apply
        factors = recurrence(projected, arrays["lstm.recurrent"], read.places, workspace)
    return _head(network, arrays, read.at_once, factors), factors


def _head(network: Network, arrays: dict[str, Tensor], at_once: Tensor, factors: Tensor) -> Tensor:
    weight, values = arrays["head.1.weight"], arrays["head.1.bias"][:, :, None]
    size = network.at_once.size
    if size:
        values = _shared(weight[:, :size], at_once.mT) + values
    if network.factors:
        values = torch.baddbmm(values, weight[:, size:].mT, factors)
    for number in range(2, network.layers + 2):
        values = _mapped(arrays, f"head.{number}", torch.relu(values))
    return values[:, 0]


def _mapped(arrays: dict[str, Tensor], name: str, values: Tensor) -> Tensor:
    """W' x + b for each member, x of shape (K, n_in, n)."""
    return torch.baddbmm(arrays[f"{name}.bias"][:, :, None], arrays[f"{name}.weight"].mT, values)


def _projected(network: Network, arrays: dict[str, Tensor], read: Reading) -> Tensor:
    """What each period adds to the gates before their nonlinearities, shape (K, 4 p, n_columns)."""
    bias = arrays["lstm.bias"][:, :, None]
    if network.convolution is None:
        return _shared(arrays["lstm.input"], read.in_order[0]) + bias
    filtered = [
        _shared(arrays[f"convolution.{number}.weight"].flatten(1, 2), inputs)
        + arrays[f"convolution.{number}.bias"][:, :, None]
        for number, inputs in enumerate(read.in_order, start=1)
    ]
    mixed = torch.relu(_mapped(arrays, "mixing", torch.relu(torch.cat(filtered, 1))))
    return torch.baddbmm(bias, arrays["lstm.input"].mT, _averaged(mixed, network.convolution.pooled))


def _averaged(values: Tensor, count: int) -> Tensor:
    """Mean of each column and the `count - 1` after it; sums of slices, where torch's own pooling is slow."""
    n_columns = values.shape[2] - count + 1
    total = values[:, :, :n_columns]
    for first in range(1, count):
        total = total + values[:, :, first : first + n_columns]
    return total / count


def _shared(weight: Tensor, inputs: Tensor) -> Tensor:
    """W' X of members that read the same X, shape (n_in, n): one product for all of them."""
    n_members, n_in, n_out = weight.shape
    stacked = weight.mT.reshape(n_members * n_out, n_in)
    return (stacked @ inputs).view(n_members, n_out, -1)


class _Recurrence(torch.autograd.Function):
    """Last states of an LSTM run over windows, from what each period adds to its gates.

    With a period's share of the gates x, gates in the order of :data:`GATES` and state f_0 = c_0 = 0, for each step::

        z = x + U' f,   i, o, g = sigmoid(z_i, z_o, z_f),   d = tanh(z_d)
        c = g c + i d,   f = o tanh(c)
    """

    @staticmethod
    def forward(
        ctx: Any, projected: Tensor, recurrent: Tensor, places: tuple[Place, ...], workspace: Workspace
    ) -> Tensor:
        n_members, p, _ = recurrent.shape
        n_rows = _read(projected, places[0]).shape[2]
        transposed = recurrent.mT.contiguous()
        gates = workspace.array("gates", projected, len(places), n_members, len(GATES) * p, n_rows)
        cells = workspace.array("cells", projected, len(places), n_members, p, n_rows)
        bounded = workspace.array("bounded", projected, len(places), n_members, p, n_rows)
        state = cell = projected.new_zeros(n_members, p, n_rows)
        for step, place in enumerate(places):
            now = gates[step]
            torch.bmm(transposed, state, out=now)
            now += _read(projected, place)
            now[:, : 2 * p].sigmoid_()
            now[:, 2 * p : 3 * p].tanh_()
            now[:, 3 * p :].sigmoid_()
            passes, keeps, candidate, shows = torch.split(now, p, 1)
            torch.mul(keeps, cell, out=cells[step])
            cell = cells[step].addcmul_(passes, candidate)
            torch.tanh(cell, out=bounded[step])
            state = shows * bounded[step]
        ctx.save_for_backward(recurrent, gates, cells, bounded)
        ctx.places, ctx.workspace, ctx.shape = places, workspace, projected.shape
        return state

    @staticmethod
    def backward(ctx: Any, *upstream: Tensor) -> tuple[Tensor, Tensor, None, None]:
        recurrent, gates, cells, bounded = ctx.saved_tensors
        p = recurrent.shape[1]
        to_projected = ctx.workspace.array("to_projected", recurrent, *ctx.shape).zero_()
        to_gates, to_recurrent = torch.empty_like(gates[0]), torch.zeros_like(recurrent)
        to_state, to_cell = upstream[0], torch.zeros_like(cells[0])
        for step in reversed(range(len(ctx.places))):
            now, tanh = gates[step], bounded[step]
            passes, keeps, candidate, shows = torch.split(now, p, 1)
            to_cell += _through_tanh(to_state * shows, tanh)
            torch.mul(to_cell, candidate, out=to_gates[:, :p])
            torch.mul(to_cell, cells[step - 1], out=to_gates[:, p : 2 * p]) if step else to_gates[:, p : 2 * p].zero_()
            torch.mul(to_cell, passes, out=to_gates[:, 2 * p : 3 * p])
            torch.mul(to_state, tanh, out=to_gates[:, 3 * p :])
            _through_sigmoid(to_gates[:, : 2 * p], now[:, : 2 * p])
            _through_tanh(to_gates[:, 2 * p : 3 * p], candidate)
            _through_sigmoid(to_gates[:, 3 * p :], shows)
            _add(to_projected, ctx.places[step], to_gates)
            if step:
                before = gates[step - 1][:, 3 * p :] * bounded[step - 1]
                to_recurrent.baddbmm_(before, to_gates.mT)
                to_state = torch.bmm(recurrent, to_gates)
                to_cell *= keeps
        return to_projected, to_recurrent, None, None


def _through_tanh(gradient: Tensor, value: Tensor) -> Tensor:
    """The gradient, in its place, before a tanh that gave this value."""
    return cast("Tensor", torch.ops.aten.tanh_backward.grad_input(gradient, value, grad_input=gradient))


def _through_sigmoid(gradient: Tensor, value: Tensor) -> Tensor:
    """The gradient, in its place, before a sigmoid that gave this value."""
    return cast("Tensor", torch.ops.aten.sigmoid_backward.grad_input(gradient, value, grad_input=gradient))


def _read(periods: Tensor, place: Place) -> Tensor:
    """Columns of shape (K, n, n_rows)."""
    if isinstance(place, slice):
        return periods[:, :, place]
    return torch.gather(periods, 2, place.expand(*periods.shape[:2], -1))


def _add(periods: Tensor, place: Place, values: Tensor) -> None:
    """Add to columns, each of which is read by one row."""
    if isinstance(place, slice):
        periods[:, :, place] += values
    else:
        periods.scatter_add_(2, place.expand(*periods.shape[:2], -1), values)


def _places(ends: np.ndarray[Any, Any], steps: np.ndarray[Any, Any], device: torch.device) -> tuple[Place, ...]:
    """Columns of rows that end in these periods, for steps this many columns earlier."""
    if np.array_equal(ends, np.arange(ends[0], ends[0] + len(ends))):
        return tuple(slice(int(ends[0] - step), int(ends[0] - step) + len(ends)) for step in steps)
    return tuple(torch.from_numpy(ends - step).to(device) for step in steps)


def _columns(place: Place, device: torch.device) -> Tensor:
    return torch.arange(place.start, place.stop, device=device) if isinstance(place, slice) else place

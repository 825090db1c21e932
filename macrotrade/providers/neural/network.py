"""What a network reads and how it is built: its parameters, counted and laid out in one vector."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from math import prod

import numpy as np

from macrotrade._typing import AnyArray
from macrotrade.errors import SettingsError

__all__ = ["GATES", "Convolution", "Network", "Parameter", "Window"]

GATES = ("input", "forget", "candidate", "output")
"""Order of the gates in the columns of an LSTM's weights; the paper's zeta, psi, c and phi."""


@dataclass(frozen=True)
class Window:
    """Some series over some periods, the newest included.

    Attributes
    ----------
    n_series, n_lags
        Both 0 where nothing is read.
    """

    n_series: int = 0
    n_lags: int = 0

    @property
    def size(self) -> int:
        """Numbers in it."""
        return self.n_series * self.n_lags


@dataclass(frozen=True)
class Convolution:
    """Filters over time before an LSTM: within each group of series first, then across the groups.

    In each period of a window that has `width - 1` others before it, the filters of each group and then the mixing map
    are linear maps followed by ReLU: without a second one, mixing and the LSTM's input weights would be a single
    linear map. Nothing outside the window is read and no zeros are put before it.

    Attributes
    ----------
    groups
        Series in each group, in the order of the columns; they sum to the network's series.
    width
        Periods that a filter covers, the newest included: filters are causal. Its weights run from the oldest.
    filters
        Filters of each group.
    mixed
        Channels after mixing all groups' filters in each period.
    pooled
        Periods averaged into one step of the LSTM, counted back from the newest; an oldest step of fewer is dropped.
    """

    groups: tuple[int, ...]
    width: int = 3
    filters: int = 2
    mixed: int = 8
    pooled: int = 3

    def __post_init__(self) -> None:
        for name in ("width", "filters", "mixed", "pooled"):
            if getattr(self, name) < 1:
                raise SettingsError(f"{name} must be at least 1, not {getattr(self, name)}.")
        if not self.groups or min(self.groups) < 1:
            raise SettingsError(f"groups must name at least one series each, not {self.groups}.")


@dataclass(frozen=True)
class Parameter:
    """One array of a network's parameters.

    Attributes
    ----------
    name
        Such as ``lstm.input`` or ``head.1.weight``.
    shape
        Inputs first: a layer is ``x @ weight + bias``.
    start
        Place of its first number in the vector of all parameters; numbers follow in C order.
    fan_in, fan_out
        Numbers that an output reads, and outputs that read an input, as Glorot and Bengio (2010) count them.
    """

    name: str
    shape: tuple[int, ...]
    start: int
    fan_in: int
    fan_out: int

    @property
    def size(self) -> int:
        """Numbers in it."""
        return prod(self.shape)

    @property
    def stop(self) -> int:
        """Place after its last number."""
        return self.start + self.size


@dataclass(frozen=True)
class Network:
    """A feed-forward head on what is read at once and on the last state of an LSTM over what is read in order.

    A window that is read at once enters the head as it is, newest period first, all series of a period together. One
    that is read in order enters an LSTM (Hochreiter and Schmidhuber, 1997; Paranhos, 2023, eq. 4) period by period,
    oldest first, from a state of zero, through a :class:`Convolution` if there is one; its last state f, of `factors`
    numbers, enters the head after what is read at once. The head has `layers` hidden layers of `nodes` with ReLU, and
    one linear output::

        feed-forward         at_once=Window(N, L)
        LSTM                 in_order=Window(N, L)
        feed-forward LSTM    at_once=Window(M, l), in_order=Window(N, L)

    Attributes
    ----------
    at_once, in_order
        Windows, both ending at the origin.
    nodes, layers
        n and Q of the head.
    factors
        p, states of the LSTM; 0 without one.
    convolution
        Filters before the LSTM, or None.

    Examples
    --------
    >>> Network(in_order=Window(118, 48), nodes=128, layers=4, factors=2).n_parameters
    51017
    """

    at_once: Window = field(default_factory=Window)
    in_order: Window = field(default_factory=Window)
    nodes: int = 128
    layers: int = 4
    factors: int = 0
    convolution: Convolution | None = None

    def __post_init__(self) -> None:
        if self.nodes < 1 or self.layers < 1:
            raise SettingsError(f"nodes and layers must be at least 1, not {self.nodes} and {self.layers}.")
        if not (self.at_once.size or self.in_order.size):
            raise SettingsError("A network must read something: give it at_once, in_order or both.")
        if bool(self.in_order.size) != bool(self.factors):
            raise SettingsError("factors is the size of the LSTM's state: at least 1 with in_order, 0 without.")
        if self.convolution is not None and sum(self.convolution.groups) != self.in_order.n_series:
            raise SettingsError(
                f"The convolution's groups hold {sum(self.convolution.groups)} series, in_order has "
                f"{self.in_order.n_series}."
            )
        if self.convolution is not None and self.n_steps < 1:
            least = self.convolution.width + self.convolution.pooled - 1
            raise SettingsError(
                f"in_order has {self.in_order.n_lags} lags, too few for filters over {self.convolution.width} periods "
                f"and steps of {self.convolution.pooled}: take {least} or more."
            )

    @property
    def n_lags(self) -> int:
        """Periods that a row needs, the newest included."""
        return max(self.at_once.n_lags, self.in_order.n_lags)

    @property
    def n_steps(self) -> int:
        """Steps of the LSTM over a window: its periods, or the averages of a convolution's."""
        if self.convolution is None:
            return self.in_order.n_lags
        return (self.in_order.n_lags - self.convolution.width + 1) // self.convolution.pooled

    @property
    def head_inputs(self) -> int:
        """Numbers that enter the head: what is read at once, then the LSTM's last state."""
        return self.at_once.size + self.factors

    @property
    def n_parameters(self) -> int:
        """Numbers to be trained."""
        return self.parameters[-1].stop

    @cached_property
    def parameters(self) -> tuple[Parameter, ...]:
        """Arrays of parameters in the order of the vector: convolution, LSTM, head."""
        arrays = [*self._convolution(), *self._recurrence(), *self._head()]
        starts = np.cumsum([0, *(prod(shape) for _, shape, _, _ in arrays)])
        return tuple(
            Parameter(name, shape, int(start), fan_in, fan_out)
            for (name, shape, fan_in, fan_out), start in zip(arrays, starts, strict=False)
        )

    def split(self, weights: AnyArray) -> dict[str, AnyArray]:
        """Views of the parameters by name, of vectors of shape (..., n_parameters); leading axes stay."""
        leading = weights.shape[:-1]
        return {one.name: weights[..., one.start : one.stop].reshape(*leading, *one.shape) for one in self.parameters}

    def _convolution(self) -> list[tuple[str, tuple[int, ...], int, int]]:
        if self.convolution is None:
            return []
        width, filters, mixed = self.convolution.width, self.convolution.filters, self.convolution.mixed
        arrays: list[tuple[str, tuple[int, ...], int, int]] = []
        for number, n_series in enumerate(self.convolution.groups, start=1):
            name = f"convolution.{number}"
            arrays += [
                (f"{name}.weight", (width, n_series, filters), width * n_series, width * filters),
                (f"{name}.bias", (filters,), width * n_series, width * filters),
            ]
        n_filters = filters * len(self.convolution.groups)
        return [
            *arrays,
            ("mixing.weight", (n_filters, mixed), n_filters, mixed),
            ("mixing.bias", (mixed,), n_filters, mixed),
        ]

    def _recurrence(self) -> list[tuple[str, tuple[int, ...], int, int]]:
        if not self.factors:
            return []
        n_inputs = self.in_order.n_series if self.convolution is None else self.convolution.mixed
        p, gates = self.factors, len(GATES) * self.factors
        return [
            ("lstm.input", (n_inputs, gates), n_inputs, gates),
            ("lstm.recurrent", (p, gates), p, gates),
            ("lstm.bias", (gates,), p, gates),
        ]

    def _head(self) -> list[tuple[str, tuple[int, ...], int, int]]:
        sizes = [self.head_inputs, *[self.nodes] * self.layers, 1]
        arrays: list[tuple[str, tuple[int, ...], int, int]] = []
        for number, (n_in, n_out) in enumerate(pairwise(sizes), start=1):
            arrays += [
                (f"head.{number}.weight", (n_in, n_out), n_in, n_out),
                (f"head.{number}.bias", (n_out,), n_in, n_out),
            ]
        return arrays

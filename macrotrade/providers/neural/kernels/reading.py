"""What networks read, and how a network is laid out, as compiled code takes them."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from macrotrade._typing import IntArray
from macrotrade.providers.neural.kernels.compiled import compiled

__all__ = ["Batch", "Floats", "Form", "Reading", "choose"]

Floats = np.ndarray[Any, np.dtype[np.float32]]


class Reading(NamedTuple):
    """Tables of what is read, and where each row of a sample begins.

    Parameters
    ----------
    table : (n_periods, n_series) read in order, one period after the other.
    periods : (n_periods,) place of each period in ``table``.
    reversed_table : read at once, the newest period first, so that a window is one run of numbers.
    units : 0, 1, 2, ...: places of neighbouring numbers.
    """

    table: Floats
    periods: IntArray
    reversed_table: Floats
    units: IntArray


class Batch(NamedTuple):
    """Some rows.

    Parameters
    ----------
    first : (n_rows,) oldest period of each in ``table``.
    windows : (n_rows,) place of each in ``reversed_table``.
    outcome : (n_rows,).
    """

    first: IntArray
    windows: IntArray
    outcome: Floats


class Form(NamedTuple):
    """Sizes of a network.

    Parameters
    ----------
    n_series, n_steps, p : what an LSTM reads in each period, its periods, and its units; p is 0 without one.
    window : numbers read at once.
    nodes, layers : of the head.
    tile : rows that an LSTM takes together.
    """

    n_series: int
    n_steps: int
    p: int
    window: int
    nodes: int
    layers: int
    tile: int


@compiled
def choose(every: Batch, order: IntArray, start: int, count: int, batch: Batch) -> None:
    """Take the rows order[start], ..., order[start + count - 1] of all into a batch."""
    for place in range(count):
        row = order[start + place]
        batch.first[place] = every.first[row]
        batch.windows[place] = every.windows[row]
        batch.outcome[place] = every.outcome[row]

"""Adam (Kingma and Ba, 2015), as torch writes it.

m <- m + (1 - b1) (g - m),   v <- b2 v + (1 - b2) g^2,
w <- w - a / (1 - b1^step) m / (sqrt(v) / sqrt(1 - b2^step) + epsilon)
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from macrotrade.providers.neural.kernels.compiled import compiled, compiled_in_place
from macrotrade.providers.neural.kernels.lanes import LANES, inverse_root, load, reciprocal, spread, store
from macrotrade.providers.neural.kernels.reading import Floats

__all__ = ["Moved", "Pace", "Rates", "move", "move_vector", "pace_of"]


class Rates(NamedTuple):
    """a, b1, b2 and epsilon."""

    learning_rate: float
    first_decay: float
    second_decay: float
    epsilon: float


class Pace(NamedTuple):
    """What a step's formula needs: 1 - b1, b2, 1 - b2, a / (1 - b1^step), 1 / sqrt(1 - b2^step) and epsilon."""

    fresh: np.float32
    held: np.float32
    fresh_square: np.float32
    rate: np.float32
    scale: np.float32
    least: np.float32


class Moved(NamedTuple):
    """Weights w and their moments m and v, all (n,), n a multiple of `LANES`."""

    weights: Floats
    first: Floats
    second: Floats


@compiled
def pace_of(rates: Rates, step: int) -> Pace:
    """Pace of a step, numbered from 1."""
    return Pace(
        np.float32(1.0 - rates.first_decay),
        np.float32(rates.second_decay),
        np.float32(1.0 - rates.second_decay),
        np.float32(rates.learning_rate / (1.0 - rates.first_decay**step)),
        np.float32(1.0 / np.sqrt(1.0 - rates.second_decay**step)),
        np.float32(rates.epsilon),
    )


@compiled
def move(moved: Moved, gradient: Floats, start: int, stop: int, pace: Pace) -> None:
    """One step of the weights in places start..stop-1; their gradient is set to zero."""
    for place in range(start, stop, LANES):
        move_vector(moved, place, load(gradient, place), pace)
        store(gradient, place, spread(np.float32(0.0)))


@compiled_in_place
def move_vector(moved: Moved, place: int, g: Any, pace: Pace) -> None:
    """One step of the weights in one vector, whose gradient is g."""
    m = load(moved.first, place)
    m = spread(pace.fresh) * (g - m) + m
    v = spread(pace.held) * load(moved.second, place) + spread(pace.fresh_square) * g * g
    store(moved.first, place, m)
    store(moved.second, place, v)
    root = v * inverse_root(v + spread(np.float32(1e-37)))  # 0 where v is 0
    slowness = root * spread(pace.scale) + spread(pace.least)
    store(moved.weights, place, load(moved.weights, place) - spread(pace.rate) * m * reciprocal(slowness))

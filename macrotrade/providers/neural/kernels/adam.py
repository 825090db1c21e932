"""Adam (Kingma and Ba, 2015), as torch writes it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from macrotrade.providers.neural.kernels.compiled import compiled
from macrotrade.providers.neural.kernels.lanes import LANES, load, root, spread, store
from macrotrade.providers.neural.kernels.reading import Floats

__all__ = ["Rates", "move"]


class Rates(NamedTuple):
    """a, b1, b2 and epsilon."""

    learning_rate: float
    first_decay: float
    second_decay: float
    epsilon: float


@compiled
def move(
    weights: Floats,
    gradient: Floats,
    first: Floats,
    second: Floats,
    step: int,
    rates: Rates,
) -> None:
    """One step, numbered from 1, of all the weights; the gradient is set to zero.

    m <- m + (1 - b1) (g - m),   v <- b2 v + (1 - b2) g^2,
    w <- w - a / (1 - b1^step) m / (sqrt(v) / sqrt(1 - b2^step) + epsilon)

    Parameters
    ----------
    weights, gradient, first, second : (n,) w, g, m, v; n is a multiple of `LANES`.
    """
    fresh = spread(np.float32(1.0 - rates.first_decay))
    held = spread(np.float32(rates.second_decay))
    fresh_square = spread(np.float32(1.0 - rates.second_decay))
    scale = spread(np.float32(1.0 / np.sqrt(1.0 - rates.second_decay**step)))
    rate = spread(np.float32(rates.learning_rate / (1.0 - rates.first_decay**step)))
    least = spread(np.float32(rates.epsilon))
    nothing = spread(np.float32(0.0))
    for place in range(0, weights.size, LANES):
        g = load(gradient, place)
        m = load(first, place)
        m = fresh * (g - m) + m
        v = held * load(second, place) + fresh_square * g * g
        store(first, place, m)
        store(second, place, v)
        store(weights, place, load(weights, place) - rate * m / (root(v) * scale + least))
        store(gradient, place, nothing)

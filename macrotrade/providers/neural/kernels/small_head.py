"""A head of few nodes, `LANES` members at a time: forward, and backward to what enters it.

    z_1 = entering + f W_f + b_1,   z_q = a_{q-1} W_q + b_q,   a_q = max(z_q, 0),   output = a_Q w + b

``entering`` is what is read at once times its weights, worked out beforehand. Each number is one of each member.
"""

from __future__ import annotations

import numpy as np

from macrotrade.providers.neural.kernels.compiled import compiled
from macrotrade.providers.neural.kernels.lanes import LANES, at_least, kept_where_positive, load, spread, store
from macrotrade.providers.neural.kernels.reading import Floats, Form

__all__ = ["answer", "learn"]


@compiled
def answer(
    form: Form, weights: Floats, head: int, factors: Floats, at: int, entering: Floats, row: int, hidden: Floats
) -> int:
    """Nodes of one row, (layers, nodes), into ``hidden``; gives the place of the output's weights.

    Parameters
    ----------
    head : place in ``weights`` of the weights of f, behind those of what is read at once.
    at : place of the row's f in ``factors``. row : place of the row in ``entering``.
    """
    n = form.nodes
    wide = n * LANES
    place = head
    for j in range(n):
        total = load(weights, place + form.p * wide + j * LANES)
        if form.window:
            total = total + load(entering, row + j * LANES)
        for k in range(form.p):
            total = load(factors, at + k * LANES) * load(weights, place + k * wide + j * LANES) + total
        store(hidden, j * LANES, at_least(total, spread(np.float32(0.0))))
    place += (form.p + 1) * wide
    for layer in range(1, form.layers):
        below = (layer - 1) * wide
        for j in range(n):
            total = load(weights, place + n * wide + j * LANES)
            for k in range(n):
                total = load(hidden, below + k * LANES) * load(weights, place + k * wide + j * LANES) + total
            store(hidden, below + wide + j * LANES, at_least(total, spread(np.float32(0.0))))
        place += (n + 1) * wide
    total = load(weights, place + wide)
    for k in range(n):
        total = load(hidden, (form.layers - 1) * wide + k * LANES) * load(weights, place + k * LANES) + total
    store(hidden, form.layers * wide, total)
    return place


@compiled
def learn(
    form: Form,
    weights: Floats,
    gradient: Floats,
    head: int,
    factors: Floats,
    at: int,
    hidden: Floats,
    output: int,
    slopes: Floats,
    factor_slopes: Floats,
    factor_row: int,
    entering_slopes: Floats,
    row: int,
) -> None:
    """Add to the gradient what one row owes, and give the derivatives by its f and by what entered.

    Parameters
    ----------
    output : place of the output's weights, from `answer`, which also filled ``hidden``.
    slopes : (2, nodes) and the derivative by the output behind them: workspace.
    factor_slopes, factor_row : where the derivatives by f go. entering_slopes, row : the same by what entered.
    """
    n = form.nodes
    wide = n * LANES
    by_output = load(slopes, 2 * wide)
    store(gradient, output + wide, load(gradient, output + wide) + by_output)
    now, following = 0, wide
    above = (form.layers - 1) * wide
    for k in range(n):
        node = load(hidden, above + k * LANES)
        store(gradient, output + k * LANES, by_output * node + load(gradient, output + k * LANES))
        store(slopes, k * LANES, kept_where_positive(by_output * load(weights, output + k * LANES), node))
    place = output
    for layer in range(form.layers - 1, 0, -1):
        place -= (n + 1) * wide
        below = (layer - 1) * wide
        for j in range(n):
            bias = place + n * wide + j * LANES
            store(gradient, bias, load(gradient, bias) + load(slopes, now + j * LANES))
        for k in range(n):
            node = load(hidden, below + k * LANES)
            total = spread(np.float32(0.0))
            for j in range(n):
                w = place + k * wide + j * LANES
                slope = load(slopes, now + j * LANES)
                total = slope * load(weights, w) + total
                store(gradient, w, slope * node + load(gradient, w))
            store(slopes, following + k * LANES, kept_where_positive(total, node))
        now, following = following, now
    for j in range(n):
        slope = load(slopes, now + j * LANES)
        bias = head + form.p * wide + j * LANES
        store(gradient, bias, load(gradient, bias) + slope)
        if form.window:
            store(entering_slopes, row + j * LANES, slope)
    for k in range(form.p):
        factor = load(factors, at + k * LANES)
        total = spread(np.float32(0.0))
        for j in range(n):
            w = head + k * wide + j * LANES
            slope = load(slopes, now + j * LANES)
            total = slope * load(weights, w) + total
            store(gradient, w, slope * factor + load(gradient, w))
        store(factor_slopes, factor_row + k * LANES, total)

"""A long short-term memory over windows of one table, `LANES` members at a time, forward and backward.

For a window's step t, with x_t W + b known beforehand for each period of the table (`projected`):

    (i, f, g, o) before their functions = x_t W + b + h_{t-1} R
    i, f, o = logistic,  g = tanh
    c_t = f c_{t-1} + i g,   h_t = o tanh c_t,   h_0 = c_0 = 0

Rows are taken a few at a time, all of their steps forward and then backward, so that what is kept between stays near.
Each number below is one of each member: `LANES` of them lie together, last in every array. Gates come in the order
i, f, g, o, all of a gate's units together, in 4 p columns.
"""

from __future__ import annotations

import numpy as np

from macrotrade._typing import IntArray
from macrotrade.providers.neural.kernels.activations import logistic, tangent
from macrotrade.providers.neural.kernels.compiled import compiled
from macrotrade.providers.neural.kernels.lanes import FRONT, LANES, load, spread, store
from macrotrade.providers.neural.kernels.products import add_product
from macrotrade.providers.neural.kernels.reading import Floats, Form, Reading

__all__ = ["gather_slopes", "project", "run_backward", "run_forward"]


@compiled
def project(reading: Reading, form: Form, weights: Floats, projected: Floats, work: Floats) -> None:
    """x_t W + b of every period, into ``projected``; ``work`` is workspace of `products`."""
    wide = 4 * form.p * LANES
    n_periods = reading.periods.size
    bias = (form.n_series + form.p) * wide
    for t in range(n_periods):
        for column in range(0, wide, LANES):
            store(projected, t * wide + column, load(weights, bias + column))
    add_product(
        projected,
        FRONT,
        wide,
        reading.table,
        FRONT,
        reading.periods,
        reading.units,
        weights,
        FRONT,
        wide,
        n_periods,
        wide,
        form.n_series,
        work,
    )


@compiled
def gather_slopes(reading: Reading, form: Form, projected_slopes: Floats, gradient: Floats, work: Floats) -> None:
    """Add the derivatives by W and b to the gradient, from those by `project`'s result, which are set to zero."""
    wide = 4 * form.p * LANES
    n_periods = reading.periods.size
    bias = (form.n_series + form.p) * wide
    add_product(
        gradient,
        FRONT,
        wide,
        reading.table,
        FRONT,
        reading.units,
        reading.periods,
        projected_slopes,
        FRONT,
        wide,
        form.n_series,
        wide,
        n_periods,
        work,
    )
    for column in range(0, wide, LANES):
        total = load(gradient, bias + column)
        for t in range(n_periods):
            total = total + load(projected_slopes, t * wide + column)
            store(projected_slopes, t * wide + column, spread(np.float32(0.0)))
        store(gradient, bias + column, total)


@compiled
def run_forward(
    projected: Floats,
    first: IntArray,
    start: int,
    stop: int,
    form: Form,
    weights: Floats,
    kept: Floats,
    state: Floats,
    keeping: bool,
) -> int:
    """Run rows start..stop-1 through their windows; gives the place in ``state`` of h of the first of them.

    h of the next row lies 2 p vectors further.

    Parameters
    ----------
    keeping : whether every step is kept for `run_backward`; else each is written over by the next, which is quicker.
    """
    n_rows, p, n_steps = stop - start, form.p, form.n_steps
    kept_step = n_rows * 6 * p * LANES if keeping else 0
    recurrent = 4 * p * form.n_series * LANES
    unit, gate, row = LANES, p * LANES, 2 * p * LANES
    now, following = FRONT, gate
    for place in range(0, n_rows * row, LANES):
        store(state, place, spread(np.float32(0.0)))
    for step in range(n_steps):
        for r in range(n_rows):
            x = (first[start + r] + step) * 4 * gate
            keep = step * kept_step + r * 6 * gate
            before = keep - kept_step + 4 * gate
            h = r * row + now
            for u in range(p):
                at = u * unit
                i = load(projected, x + at)
                f = load(projected, x + gate + at)
                g = load(projected, x + 2 * gate + at)
                o = load(projected, x + 3 * gate + at)
                for k in range(p):
                    past = load(state, h + k * unit)
                    w = recurrent + k * 4 * gate + at
                    i = past * load(weights, w) + i
                    f = past * load(weights, w + gate) + f
                    g = past * load(weights, w + 2 * gate) + g
                    o = past * load(weights, w + 3 * gate) + o
                i = logistic(i)
                f = logistic(f)
                g = tangent(g)
                o = logistic(o)
                c = i * g
                if step > 0:
                    c = f * load(kept, before + at) + c
                bent = tangent(c)
                store(kept, keep + at, i)
                store(kept, keep + gate + at, f)
                store(kept, keep + 2 * gate + at, g)
                store(kept, keep + 3 * gate + at, o)
                store(kept, keep + 4 * gate + at, c)
                store(kept, keep + 5 * gate + at, bent)
                store(state, r * row + following + at, o * bent)
        now, following = following, now
    return now


@compiled
def run_backward(
    slopes: Floats,
    first: IntArray,
    start: int,
    stop: int,
    form: Form,
    weights: Floats,
    kept: Floats,
    gate_slopes: Floats,
    projected_slopes: Floats,
    gradient: Floats,
) -> None:
    """Carry the derivatives by each row's last h back through its window.

    Parameters
    ----------
    slopes : derivatives by h on entry, the part by c is set to zero here; used up.
    gate_slopes : (rows, 4 p) workspace: derivatives by what enters the gates' functions.
    projected_slopes : what ``projected`` is; the derivatives by it are added.
    gradient : what ``weights`` is; the derivatives by R are added.
    """
    n_rows, p, n_steps = stop - start, form.p, form.n_steps
    recurrent = 4 * p * form.n_series * LANES
    unit, gate, row = LANES, p * LANES, 2 * p * LANES
    one = spread(np.float32(1.0))
    for r in range(n_rows):
        for u in range(p):
            store(slopes, r * row + gate + u * unit, spread(np.float32(0.0)))
    for step in range(n_steps - 1, -1, -1):
        for r in range(n_rows):
            x = (first[start + r] + step) * 4 * gate
            keep = (step * n_rows + r) * 6 * gate
            before = keep - n_rows * 6 * gate + 4 * gate
            for u in range(p):
                at = u * unit
                i = load(kept, keep + at)
                f = load(kept, keep + gate + at)
                g = load(kept, keep + 2 * gate + at)
                o = load(kept, keep + 3 * gate + at)
                bent = load(kept, keep + 5 * gate + at)
                by_h = load(slopes, r * row + at)
                by_c = by_h * o * (one - bent * bent) + load(slopes, r * row + gate + at)
                by_i = by_c * g * i * (one - i)
                by_g = by_c * i * (one - g * g)
                by_o = by_h * bent * o * (one - o)
                by_f = spread(np.float32(0.0))
                if step > 0:
                    by_f = by_c * load(kept, before + at) * f * (one - f)
                store(slopes, r * row + gate + at, by_c * f)
                to = r * 4 * gate + at
                store(gate_slopes, to, by_i)
                store(gate_slopes, to + gate, by_f)
                store(gate_slopes, to + 2 * gate, by_g)
                store(gate_slopes, to + 3 * gate, by_o)
                into = x + at
                store(projected_slopes, into, load(projected_slopes, into) + by_i)
                store(projected_slopes, into + gate, load(projected_slopes, into + gate) + by_f)
                store(projected_slopes, into + 2 * gate, load(projected_slopes, into + 2 * gate) + by_g)
                store(projected_slopes, into + 3 * gate, load(projected_slopes, into + 3 * gate) + by_o)
        if step == 0:
            break
        for k in range(p):
            w = recurrent + k * 4 * gate
            for r in range(n_rows):
                total = spread(np.float32(0.0))
                for column in range(0, 4 * gate, LANES):
                    total = load(gate_slopes, r * 4 * gate + column) * load(weights, w + column) + total
                store(slopes, r * row + k * unit, total)
            past = ((step - 1) * n_rows) * 6 * gate + k * unit
            for u in range(p):
                at = w + u * unit
                by_i = load(gradient, at)
                by_f = load(gradient, at + gate)
                by_g = load(gradient, at + 2 * gate)
                by_o = load(gradient, at + 3 * gate)
                for r in range(n_rows):
                    keep = past + r * 6 * gate
                    h = load(kept, keep + 3 * gate) * load(kept, keep + 5 * gate)
                    of = r * 4 * gate + u * unit
                    by_i = h * load(gate_slopes, of) + by_i
                    by_f = h * load(gate_slopes, of + gate) + by_f
                    by_g = h * load(gate_slopes, of + 2 * gate) + by_g
                    by_o = h * load(gate_slopes, of + 3 * gate) + by_o
                store(gradient, at, by_i)
                store(gradient, at + gate, by_f)
                store(gradient, at + 2 * gate, by_g)
                store(gradient, at + 3 * gate, by_o)

"""Matrix products of float32, done with as they come: added, bent by ReLU, or turned into a step of Adam.

The left operand may be any rows of a table, overlapping windows among them. Sums are taken in the order of the summed
index, `_DEPTH` of its places at a time, wherever they stand in the result: a number does not depend on its row, its
column, or how many of them there are. A library's products promise neither that nor rows that overlap.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import numpy as np
from llvmlite import ir  # type: ignore[import-untyped]
from numba import types
from numba.core import cgutils

from macrotrade._typing import IntArray
from macrotrade.providers.neural.kernels.adam import Moved, Pace, move_vector
from macrotrade.providers.neural.kernels.compiled import compiled
from macrotrade.providers.neural.kernels.lanes import (
    HAS_WIDE_VECTORS,
    LANES,
    at_least,
    element,
    emitted,
    kept_where_positive,
    load,
    loaded,
    multiplied_and_added,
    nothing,
    prefetched,
    spread,
    spread_out,
    store,
    stored,
)
from macrotrade.providers.neural.kernels.reading import Floats

__all__ = ["WORK", "add_product", "bend_product", "keep_product", "move_by_product"]

_DEPTH = 128  # summed at a time, so that what is packed stays in the nearest cache
_ROWS = 6
_VECTORS = 4 if HAS_WIDE_VECTORS else 1  # so many rows of so many vectors are what registers hold
_STEPS_A_LINE = 4  # so that all lines of a tile are near before its sums are done, and no sooner than need be
_SUMS = _DEPTH * _VECTORS * LANES  # place in ``work`` of a tile's sums, behind what is packed
WORK = _SUMS + _ROWS * _VECTORS * LANES
"""Numbers of workspace that a product needs."""
_NOTHING = np.float32(0.0)


@compiled
def add_product(
    out: Floats, o: int, o_row: int, left: Floats, a: int, rows: IntArray, steps: IntArray, right: Floats, b: int,
    b_row: int, n_rows: int, width: int, depth: int, work: Floats,
) -> None:  # fmt: skip
    """out[i, j] += sum over k of left[i, k] right[k, j]."""
    for k in range(0, depth, _DEPTH):
        j = 0
        while j < width:
            across = _pack(right, b + k * b_row + j, b_row, min(_DEPTH, depth - k), width - j, work)
            i = 0
            while i < n_rows:
                high = _find_sums(left, a, rows, i, n_rows, steps, k, depth, across, work)
                for r in range(high):
                    for v in range(0, across, LANES):
                        at = o + (i + r) * o_row + j + v
                        store(out, at, load(out, at) + load(work, _SUMS + r * across + v))
                i += high
            j += across


@compiled
def bend_product(
    out: Floats, o: int, o_row: int, left: Floats, a: int, rows: IntArray, steps: IntArray, right: Floats, b: int,
    b_row: int, n_rows: int, width: int, depth: int, bias: int, work: Floats,
) -> None:  # fmt: skip
    """out[i, j] = max(c_j + sum over k of left[i, k] right[k, j], 0).

    Parameters
    ----------
    bias : place of c in ``right``, or -1 to begin with what ``out`` holds.
    """
    for k in range(0, depth, _DEPTH):
        j = 0
        while j < width:
            across = _pack(right, b + k * b_row + j, b_row, min(_DEPTH, depth - k), width - j, work)
            i = 0
            while i < n_rows:
                high = _find_sums(left, a, rows, i, n_rows, steps, k, depth, across, work)
                for r in range(high):
                    for v in range(0, across, LANES):
                        at = o + (i + r) * o_row + j + v
                        before = load(right, bias + j + v) if k == 0 and bias >= 0 else load(out, at)
                        total = before + load(work, _SUMS + r * across + v)
                        store(out, at, at_least(total, spread(_NOTHING)) if k + _DEPTH >= depth else total)
                i += high
            j += across


@compiled
def keep_product(
    out: Floats, o: int, left: Floats, a: int, rows: IntArray, steps: IntArray, right: Floats, b: int, b_row: int,
    n_rows: int, width: int, depth: int, kept: Floats, c: int, work: Floats,
) -> None:  # fmt: skip
    """out[i, j] = sum over k of left[i, k] right[k, j] where kept[i, j] > 0, and 0 elsewhere.

    Rows of ``out`` and of ``kept``, which begins at c, are ``width`` long.
    """
    for k in range(0, depth, _DEPTH):
        j = 0
        while j < width:
            across = _pack(right, b + k * b_row + j, b_row, min(_DEPTH, depth - k), width - j, work)
            i = 0
            while i < n_rows:
                high = _find_sums(left, a, rows, i, n_rows, steps, k, depth, across, work)
                for r in range(high):
                    for v in range(0, across, LANES):
                        place = (i + r) * width + j + v
                        total = load(work, _SUMS + r * across + v)
                        if k > 0:
                            total = load(out, o + place) + total
                        store(out, o + place, kept_where_positive(total, load(kept, c + place)))
                i += high
            j += across


@compiled
def move_by_product(
    moved: Moved, o: int, left: Floats, a: int, rows: IntArray, steps: IntArray, right: Floats, b: int, b_row: int,
    n_rows: int, width: int, depth: int, pace: Pace, gradient: Floats, g: int, work: Floats,
) -> None:  # fmt: skip
    """Move weights [i, j], rows of ``width`` from place o on, by the gradient sum over k of left[i, k] right[k, j].

    Parameters
    ----------
    gradient, g : workspace, from g on, where ``depth`` is above `_DEPTH`.
    """
    lines = np.empty(_DEPTH, np.int64)  # of a tile, in the order in which they are asked for
    for step in range(_DEPTH):
        line = min(step // _STEPS_A_LINE, _ROWS * _VECTORS - 1)
        lines[step] = line // _VECTORS * width + line % _VECTORS * LANES
    for k in range(0, depth, _DEPTH):
        j = 0
        while j < width:
            across = _pack(right, b + k * b_row + j, b_row, min(_DEPTH, depth - k), width - j, work)
            i = 0
            while i < n_rows:
                if k == 0 and i + _ROWS <= n_rows and across > LANES:
                    _whole_while_asking(
                        left, a, rows, i, steps, k, work, min(_DEPTH, depth), moved.weights, moved.first, moved.second,
                        o + i * width + j, lines,
                    )  # fmt: skip
                    high = _ROWS
                else:
                    high = _find_sums(left, a, rows, i, n_rows, steps, k, depth, across, work)
                for r in range(high):
                    for v in range(0, across, LANES):
                        place = (i + r) * width + j + v
                        total = load(work, _SUMS + r * across + v)
                        if k > 0:
                            total = load(gradient, g + place) + total
                        if k + _DEPTH < depth:
                            store(gradient, g + place, total)
                        else:
                            move_vector(moved, o + place, total, pace)
                i += high
            j += across


@compiled
def _pack(right: Floats, b: int, b_row: int, depth: int, width: int, work: Floats) -> int:
    """Copy columns of the right operand that are summed together; gives how many, those of a tile or `LANES`."""
    across = _VECTORS * LANES if width >= _VECTORS * LANES else LANES
    for k in range(depth):
        for v in range(0, across, LANES):
            store(work, k * across + v, load(right, b + k * b_row + v))
    return across


@compiled
def _find_sums(
    left: Floats, a: int, rows: IntArray, i: int, n_rows: int, steps: IntArray, k: int, depth: int, across: int,
    work: Floats,
) -> int:  # fmt: skip
    """Sums of a tile's products over what is packed, into ``work`` from `_SUMS` on; gives how many rows it has."""
    deep = min(_DEPTH, depth - k)
    if i + _ROWS <= n_rows:
        if across == LANES:
            _tall(left, a, rows, i, steps, k, work, deep)
        else:
            _whole(left, a, rows, i, steps, k, work, deep)
        return _ROWS
    if across == LANES:
        _single(left, a, rows, i, steps, k, work, deep)
    else:
        _flat(left, a, rows, i, steps, k, work, deep)
    return 1


def _tile(n_rows: int, n_vectors: int) -> Callable[..., None]:
    """Sums of so many rows and so many vectors, all of them in registers."""

    def tile(_: Any, left: Any, a: Any, rows: Any, i: Any, steps: Any, k: Any, work: Any, depth: Any) -> Any:
        def generate(context: Any, builder: Any, kinds: Any, given: Any) -> Any:
            _emit_sums(context, builder, kinds, given, (n_rows, n_vectors), lambda _step: None)
            return context.get_dummy_value()

        return types.void(left, a, rows, i, steps, k, work, depth), generate

    return emitted(tile)


def _asking_tile(n_rows: int, n_vectors: int) -> Callable[..., None]:
    """The same, asking at each step for the numbers at one of ``lines`` from place ``at`` of three arrays.

    Asked for all at once, they would keep the sums waiting for what these read.
    """

    def tile(
        _: Any, left: Any, a: Any, rows: Any, i: Any, steps: Any, k: Any, work: Any, depth: Any, one: Any, two: Any,
        three: Any, at: Any, lines: Any,
    ) -> Any:  # fmt: skip
        def generate(context: Any, builder: Any, kinds: Any, given: Any) -> Any:
            asked = [element(context, builder, kinds.args[array], given[array], given[11]) for array in (8, 9, 10)]
            first_line = element(context, builder, kinds.args[12], given[12], ir.Constant(ir.IntType(64), 0))

            def ask(step: Any) -> None:
                line = builder.load(builder.gep(first_line, [step]))
                for array in asked:
                    prefetched(builder, builder.gep(array, [line]))

            _emit_sums(context, builder, kinds, given, (n_rows, n_vectors), ask)
            return context.get_dummy_value()

        return types.void(left, a, rows, i, steps, k, work, depth, one, two, three, at, lines), generate

    return emitted(tile)


def _emit_sums(
    context: Any, builder: Any, kinds: Any, given: Any, shape: tuple[int, int], before_step: Callable[[Any], None]
) -> None:
    """Instructions for the sums of a tile of so many rows and vectors; arguments as of `_tile`."""
    n_rows, n_vectors = shape

    def place(argument: int, offset: Any) -> Any:
        return element(context, builder, kinds.args[argument], given[argument], offset)

    def ahead(address: Any, count: int) -> Any:
        return builder.gep(address, [ir.Constant(ir.IntType(64), count)])

    first_row = place(2, given[3])
    lefts = [place(0, builder.add(given[1], builder.load(ahead(first_row, r)))) for r in range(n_rows)]
    sums = [[_register(builder, nothing()) for _v in range(n_vectors)] for _r in lefts]
    first_step, right = place(4, given[5]), place(6, ir.Constant(ir.IntType(64), 0))
    with cgutils.for_range(builder, given[7]) as loop:
        before_step(loop.index)  # before any load, which it would hold back: more would be open than fits
        row = builder.gep(right, [builder.mul(loop.index, ir.Constant(ir.IntType(64), n_vectors * LANES))])
        vectors = [loaded(builder, ahead(row, v * LANES)) for v in range(n_vectors)]
        step = builder.load(builder.gep(first_step, [loop.index]))
        for at, totals in zip(lefts, sums, strict=True):
            weight = spread_out(builder, builder.load(builder.gep(at, [step])))
            for vector, total in zip(vectors, totals, strict=True):
                builder.store(multiplied_and_added(builder, weight, vector, builder.load(total)), total)
    out = ahead(right, _SUMS)
    for number, total in enumerate(total for totals in sums for total in totals):
        stored(builder, builder.load(total), ahead(out, number * LANES))


def _register(builder: Any, value: Any) -> Any:
    """A variable that the compiler keeps in a register."""
    return cast(Any, cgutils).alloca_once_value(builder, value)


_whole = _tile(_ROWS, _VECTORS)
_whole_while_asking = _asking_tile(_ROWS, _VECTORS)
_tall = _tile(_ROWS, 1)
_flat = _tile(1, _VECTORS)
_single = _tile(1, 1)

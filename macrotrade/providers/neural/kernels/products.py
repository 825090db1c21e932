"""Matrix products of float32 whose left operand may be any rows of a table, overlapping windows among them.

Products of one kind are added in the order of the summed index, from what was there before, wherever they stand in the
result: a number does not depend on its row, its column, or how many of them there are. A library's products promise
neither that nor rows that overlap.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import llvmlite.binding
from llvmlite import ir
from numba import types
from numba.core import cgutils

from macrotrade._typing import IntArray
from macrotrade.providers.neural.kernels.compiled import compiled
from macrotrade.providers.neural.kernels.lanes import (
    LANES,
    element,
    emitted,
    load,
    loaded,
    multiplied_and_added,
    spread_out,
    store,
    stored,
)
from macrotrade.providers.neural.kernels.reading import Floats

__all__ = ["PACKED", "add_product"]

_DEPTH = 128  # summed at a time, so that what is packed stays in the nearest cache
_ROWS = 6
_VECTORS = 4 if llvmlite.binding.get_host_cpu_features().get("avx512f", False) else 1  # what registers hold
PACKED = _DEPTH * _VECTORS * LANES
"""Numbers of workspace that `add_product` needs."""


@compiled
def add_product(
    out: Floats,
    o: int,
    o_row: int,
    left: Floats,
    a: int,
    rows: IntArray,
    steps: IntArray,
    right: Floats,
    b: int,
    b_row: int,
    n_rows: int,
    width: int,
    depth: int,
    packed: Floats,
) -> None:
    """out[i, j] += sum over k of left[i, k] right[k, j], i < n_rows, j < width, k < depth.

    Row i of ``out`` begins at o + i o_row, row k of ``right`` at b + k b_row, and left[i, k] lies at
    a + rows[i] + steps[k]. ``width`` is a multiple of `LANES`; ``packed`` is workspace.
    """
    for k in range(0, depth, _DEPTH):
        deep = min(_DEPTH, depth - k)
        j = 0
        while j < width:
            vectors = _VECTORS if j + _VECTORS * LANES <= width else 1
            across = vectors * LANES
            for step in range(deep):
                for v in range(vectors):
                    store(packed, step * across + v * LANES, load(right, b + (k + step) * b_row + j + v * LANES))
            i = 0
            while i + _ROWS <= n_rows:
                if vectors == _VECTORS:
                    _add_tile(out, o + i * o_row + j, o_row, left, a, rows, i, steps, k, packed, deep)
                else:
                    _add_narrow_tile(out, o + i * o_row + j, o_row, left, a, rows, i, steps, k, packed, deep)
                i += _ROWS
            while i < n_rows:
                if vectors == _VECTORS:
                    _add_row(out, o + i * o_row + j, o_row, left, a, rows, i, steps, k, packed, deep)
                else:
                    _add_narrow_row(out, o + i * o_row + j, o_row, left, a, rows, i, steps, k, packed, deep)
                i += 1
            j += across


def _tile(n_rows: int, n_vectors: int) -> Callable[..., None]:
    """`add_product` of so many rows and so many vectors, all of its sums in registers."""

    def tile(
        _: Any, out: Any, o: Any, o_row: Any, left: Any, a: Any, rows: Any, i: Any, steps: Any, k: Any, packed: Any,
        depth: Any,
    ) -> Any:  # fmt: skip
        def generate(context: Any, builder: Any, kinds: Any, given: Any) -> Any:
            def place(argument: int, offset: Any) -> Any:
                return element(context, builder, kinds.args[argument], given[argument], offset)

            outs, lefts = [place(0, given[1])], []
            for row in range(n_rows):
                at = builder.add(given[6], ir.Constant(ir.IntType(64), row))
                lefts.append(place(3, builder.add(given[4], builder.load(place(5, at)))))
                if row:
                    outs.append(builder.gep(outs[-1], [given[2]]))
            sums = [
                [cgutils.alloca_once_value(builder, loaded(builder, _ahead(builder, at, v))) for v in range(n_vectors)]
                for at in outs
            ]
            steps_from, right = place(7, given[8]), place(9, ir.Constant(ir.IntType(64), 0))
            with cgutils.for_range(builder, given[10]) as loop:
                across = builder.mul(loop.index, ir.Constant(ir.IntType(64), n_vectors * LANES))
                row_at = builder.gep(right, [across])
                vectors = [loaded(builder, _ahead(builder, row_at, v)) for v in range(n_vectors)]
                step = builder.load(builder.gep(steps_from, [loop.index]))
                for at, totals in zip(lefts, sums, strict=True):
                    weight = spread_out(builder, builder.load(builder.gep(at, [step])))
                    for vector, total in zip(vectors, totals, strict=True):
                        grown = multiplied_and_added(builder, weight, vector, builder.load(total))
                        builder.store(grown, total)
            for at, totals in zip(outs, sums, strict=True):
                for v, total in enumerate(totals):
                    stored(builder, builder.load(total), _ahead(builder, at, v))
            return context.get_dummy_value()

        return types.void(out, o, o_row, left, a, rows, i, steps, k, packed, depth), generate

    return emitted(tile)


def _ahead(builder: Any, address: Any, v: int) -> Any:
    return builder.gep(address, [ir.Constant(ir.IntType(64), v * LANES)])


_add_tile = _tile(_ROWS, _VECTORS)
_add_narrow_tile = _tile(_ROWS, 1)
_add_row = _tile(1, _VECTORS)
_add_narrow_row = _tile(1, 1)

"""Sums of products kept in vector registers until they are complete.

A compiler that cannot prove that arrays do not overlap writes every partial sum back to memory. These few operations
say what it cannot see, in the compiler's own terms: each loads `VECTOR` neighbouring numbers at a time, adds up, and
stores once. Arrays are C-contiguous doubles, and places in them are offsets in elements, so that no view is made.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from llvmlite import ir  # type: ignore[import-untyped]
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from macrotrade._typing import FloatArray
from macrotrade.providers.bma.kernels.compiled import compiled, compiled_in_place

__all__ = ["LANES", "VECTOR", "add_matrix_product", "add_outer_product", "less_combination", "less_products"]

VECTOR = 8
LANES = 16  # numbers that `less_products` and `less_combination` work on at once

_DOUBLE = ir.DoubleType()
_WIDE = ir.VectorType(_DOUBLE, VECTOR)
_FUSED = ("contract",)


def _emitted(function: Callable[..., Any]) -> Callable[..., None]:
    """A function that compiled code calls, from one that gives its types and emits its instructions."""
    return cast(Callable[..., None], intrinsic(function))


@_emitted
def less_products(
    _: Any, out: Any, o: Any, start: Any, s: Any, left: Any, a: Any, right: Any, b: Any, step: Any, count: Any
) -> Any:
    """out[o + j] = start[s + j] - sum over k < count of left[a + k step + j] right[b + k step + j], j = 0..LANES-1.

    The first argument, ``_``, is the compiler's own and is not given.
    """

    def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        place = _places(context, builder, signature, given)
        sums = _loaded(builder, place(2), LANES // VECTOR)
        with cgutils.for_range(builder, given[9]) as loop:
            ahead = builder.mul(loop.index, given[8])
            lefts, rights = builder.gep(place(4), [ahead]), builder.gep(place(6), [ahead])
            for v, total in enumerate(sums):
                product = builder.fmul(_load(builder, lefts, v), _load(builder, rights, v), flags=_FUSED)
                builder.store(builder.fsub(builder.load(total), product, flags=_FUSED), total)
        return _stored(context, builder, sums, place(0))

    return types.void(out, o, start, s, left, a, right, b, step, count), generate


@_emitted
def less_combination(
    _: Any, out: Any, o: Any, start: Any, s: Any, weights: Any, w: Any, rows: Any, r: Any, step: Any, count: Any
) -> Any:
    """out[o + j] = start[s + j] - sum over k < count of weights[w + k] rows[r + k step + j], j = 0..LANES-1.

    The first argument, ``_``, is the compiler's own and is not given.
    """

    def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        place = _places(context, builder, signature, given)
        sums = _loaded(builder, place(2), LANES // VECTOR)
        with cgutils.for_range(builder, given[9]) as loop:
            weight = _spread(builder, builder.load(builder.gep(place(4), [loop.index])))
            row = builder.gep(place(6), [builder.mul(loop.index, given[8])])
            for v, total in enumerate(sums):
                product = builder.fmul(weight, _load(builder, row, v), flags=_FUSED)
                builder.store(builder.fsub(builder.load(total), product, flags=_FUSED), total)
        return _stored(context, builder, sums, place(0))

    return types.void(out, o, start, s, weights, w, rows, r, step, count), generate


@compiled
def add_matrix_product(
    out: FloatArray,
    o: int,
    o_step: int,
    left: FloatArray,
    a: int,
    a_row: int,
    a_step: int,
    right: FloatArray,
    b: int,
    b_step: int,
    n_rows: int,
    width: int,
    count: int,
    scale: float,
) -> None:
    """out[i, j] += scale times the sum over k of left[i, k] right[k, j], i < n_rows, j < width, k < count.

    Row i of ``out`` begins at o + i o_step, row k of ``right`` at b + k b_step, and left[i, k] lies at
    a + i a_row + k a_step; ``width`` is a multiple of `VECTOR`.
    """
    i = 0
    while i < n_rows:
        four = i + 4 <= n_rows
        to, of = o + i * o_step, a + i * a_row
        j = 0
        while j < width:
            if four:
                if j + 2 * VECTOR <= width:
                    _add_tile_4_2(out, to + j, o_step, left, of, a_row, a_step, right, b + j, b_step, count, scale)
                    j += 2 * VECTOR
                else:
                    _add_tile_4_1(out, to + j, o_step, left, of, a_row, a_step, right, b + j, b_step, count, scale)
                    j += VECTOR
            elif j + 2 * VECTOR <= width:
                _add_tile_1_2(out, to + j, o_step, left, of, a_row, a_step, right, b + j, b_step, count, scale)
                j += 2 * VECTOR
            else:
                _add_tile_1_1(out, to + j, o_step, left, of, a_row, a_step, right, b + j, b_step, count, scale)
                j += VECTOR
        i += 4 if four else 1


def _tile(n_rows: int, n_vectors: int) -> Callable[..., None]:
    """`add_matrix_product` of so many rows and so many vectors, all of its sums in registers."""

    def tile(
        _: Any, out: Any, o: Any, o_step: Any, left: Any, a: Any, a_row: Any, a_step: Any, right: Any, b: Any,
        b_step: Any, count: Any, scale: Any,
    ) -> Any:  # fmt: skip
        def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:
            place = _places(context, builder, signature, given)
            outs, lefts = [place(0)], [place(3)]
            for _row in range(1, n_rows):
                outs.append(builder.gep(outs[-1], [given[2]]))
                lefts.append(builder.gep(lefts[-1], [given[5]]))
            nothing = ir.Constant(_WIDE, [0.0] * VECTOR)
            sums = [[_register(builder, nothing) for _v in range(n_vectors)] for _out in outs]
            with cgutils.for_range(builder, given[10]) as loop:
                row = builder.gep(place(7), [builder.mul(loop.index, given[9])])
                vectors = [_load(builder, row, v) for v in range(n_vectors)]
                ahead = builder.mul(loop.index, given[6])
                for i in range(n_rows):
                    weight = _spread(builder, builder.load(builder.gep(lefts[i], [ahead])))
                    for vector, total in zip(vectors, sums[i], strict=True):
                        product = builder.fmul(weight, vector, flags=_FUSED)
                        builder.store(builder.fadd(builder.load(total), product, flags=_FUSED), total)
            times = _spread(builder, given[11])
            for out, totals in zip(outs, sums, strict=True):
                for v, total in enumerate(totals):
                    product = builder.fmul(times, builder.load(total), flags=_FUSED)
                    total_out = builder.fadd(_load(builder, out, v), product, flags=_FUSED)
                    builder.store(total_out, _vector_at(builder, out, v), align=8)
            return context.get_dummy_value()

        return types.void(out, o, o_step, left, a, a_row, a_step, right, b, b_step, count, scale), generate

    return _emitted(tile)


_add_tile_4_2 = _tile(4, 2)
_add_tile_4_1 = _tile(4, 1)
_add_tile_1_2 = _tile(1, 2)
_add_tile_1_1 = _tile(1, 1)


@compiled_in_place
def add_outer_product(
    out: FloatArray, o: int, o_step: int, left: FloatArray, a: int, right: FloatArray, b: int, n_rows: int, width: int,
    scale: float,
) -> None:  # fmt: skip
    """out[i, j] += scale left[a + i] right[b + j], i < n_rows, j < width; row i of ``out`` begins at o + i o_step."""
    j = 0
    while j + 2 * VECTOR <= width:
        _add_outer_2(out, o + j, o_step, left, a, right, b + j, n_rows, scale)
        j += 2 * VECTOR
    if j < width:
        _add_outer_1(out, o + j, o_step, left, a, right, b + j, n_rows, scale)


def _outer(n_vectors: int) -> Callable[..., None]:
    """`add_outer_product` of so many vectors, which stay in registers."""

    def outer(
        _: Any, out: Any, o: Any, o_step: Any, left: Any, a: Any, right: Any, b: Any, n_rows: Any, scale: Any
    ) -> Any:
        def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:
            place = _places(context, builder, signature, given)
            times = _spread(builder, given[8])
            row = [builder.fmul(times, _load(builder, place(5), v)) for v in range(n_vectors)]
            first, weights = place(0), place(3)
            with cgutils.for_range(builder, given[7]) as loop:
                into = builder.gep(first, [builder.mul(loop.index, given[2])])
                weight = _spread(builder, builder.load(builder.gep(weights, [loop.index])))
                for v, vector in enumerate(row):
                    product = builder.fmul(weight, vector, flags=_FUSED)
                    total = builder.fadd(_load(builder, into, v), product, flags=_FUSED)
                    builder.store(total, _vector_at(builder, into, v), align=8)
            return context.get_dummy_value()

        return types.void(out, o, o_step, left, a, right, b, n_rows, scale), generate

    return _emitted(outer)


_add_outer_2 = _outer(2)
_add_outer_1 = _outer(1)


def _places(context: Any, builder: Any, signature: Any, given: Any) -> Callable[[int], Any]:
    """Address of the element that an array argument and the offset behind it name; worked out once."""
    known: dict[int, Any] = {}

    def place(argument: int) -> Any:
        if argument not in known:
            array = context.make_array(signature.args[argument])(context, builder, given[argument])
            known[argument] = builder.gep(array.data, [given[argument + 1]])
        return known[argument]

    return place


def _vector_at(builder: Any, place: Any, v: int) -> Any:
    ahead = builder.gep(place, [ir.Constant(ir.IntType(64), v * VECTOR)])
    return builder.bitcast(ahead, _WIDE.as_pointer())


def _load(builder: Any, place: Any, v: int) -> Any:
    """Vector number v from a place on."""
    return builder.load(_vector_at(builder, place, v), align=8)


def _loaded(builder: Any, place: Any, n_vectors: int) -> list[Any]:
    """Registers that begin with the vectors at a place."""
    return [_register(builder, _load(builder, place, v)) for v in range(n_vectors)]


def _stored(context: Any, builder: Any, sums: list[Any], place: Any) -> Any:
    for v, total in enumerate(sums):
        builder.store(builder.load(total), _vector_at(builder, place, v), align=8)
    return context.get_dummy_value()


def _register(builder: Any, value: Any) -> Any:
    """A variable that the compiler keeps in a register."""
    return cast(Any, cgutils).alloca_once_value(builder, value)


def _spread(builder: Any, number: Any) -> Any:
    """A number in every lane of a vector."""
    nothing, lanes = ir.Constant(_WIDE, ir.Undefined), ir.VectorType(ir.IntType(32), VECTOR)
    first = builder.insert_element(nothing, number, ir.Constant(ir.IntType(32), 0))
    return builder.shuffle_vector(first, nothing, ir.Constant(lanes, [0] * VECTOR))

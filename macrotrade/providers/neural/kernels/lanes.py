"""Vectors of neighbouring numbers as values of compiled code: one number of each of `LANES` members.

`load`, `store` and `spread` move them; ``+ - * /`` work lane by lane, a product and the sum it enters being rounded
once. Arrays are C-contiguous float32, and places in them are offsets in elements, so that no view is made. No operation
mixes lanes, so a member's numbers depend neither on its lane nor on the other members.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any, cast

import llvmlite.binding  # type: ignore[import-untyped]
import numpy as np
from llvmlite import ir
from numba import extending, types
from numba.core import cgutils
from numba.core.typing import templates

__all__ = [
    "FRONT",
    "HAS_WIDE_VECTORS",
    "LANES",
    "at_least",
    "at_most",
    "element",
    "emitted",
    "inverse_root",
    "kept_where_positive",
    "load",
    "loaded",
    "multiplied_and_added",
    "nothing",
    "prefetched",
    "reciprocal",
    "spread",
    "spread_out",
    "store",
    "stored",
    "sum_of",
    "turn",
]

LANES = 16

_cgutils, _extending, _templates, _types = (cast(Any, module) for module in (cgutils, extending, templates, types))

HAS_WIDE_VECTORS = bool(llvmlite.binding.get_host_cpu_features().get("avx512f", False))
"""Whether the processor keeps 32 vectors of `LANES` numbers at hand, and estimates reciprocals of them."""

FRONT = cast(int, np.int64(0))
"""First place of an array. A literal 0 would have what it is given to compiled once more, for 0 alone."""

_SINGLE = ir.FloatType()
_WIDE = ir.VectorType(_SINGLE, LANES)
_FUSED = ("contract",)


class _Lanes(types.Type):
    def __init__(self) -> None:
        super().__init__(name=f"lanes({LANES} x float32)")


_LANES = _Lanes()


@_extending.register_model(_Lanes)
class _LanesModel(extending.models.PrimitiveModel):
    def __init__(self, manager: Any, kind: Any) -> None:
        cast(Any, super()).__init__(manager, kind, _WIDE)


def emitted(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function that compiled code calls, from one that gives its types and emits its instructions.

    Its first argument, ``_``, is the compiler's own and is not given.
    """
    return cast(Callable[..., Any], _extending.intrinsic(function))


@emitted
def load(_: Any, values: Any, place: Any) -> Any:
    """Vector that lies from a place on."""

    def generate(context: Any, builder: Any, kinds: Any, given: Any) -> Any:
        return loaded(builder, element(context, builder, kinds.args[0], given[0], given[1]))

    return _LANES(values, _types.unliteral(place)), generate


@emitted
def store(_: Any, values: Any, place: Any, vector: Any) -> Any:
    """Put a vector from a place on."""

    def generate(context: Any, builder: Any, kinds: Any, given: Any) -> Any:
        stored(builder, given[2], element(context, builder, kinds.args[0], given[0], given[1]))
        return context.get_dummy_value()

    return _types.void(values, _types.unliteral(place), vector), generate


@emitted
def spread(_: Any, number: Any) -> Any:
    """A number in every lane."""

    def generate(_context: Any, builder: Any, _kinds: Any, given: Any) -> Any:
        return spread_out(builder, given[0])

    return _LANES(number), generate


@emitted
def reciprocal(_: Any, vector: Any) -> Any:
    """1 / x to 2 units in the last place, for x whose square does not overflow."""

    def generate(_context: Any, builder: Any, _kinds: Any, given: Any) -> Any:
        x, one, two = given[0], _everywhere(1.0), _everywhere(2.0)
        if not HAS_WIDE_VECTORS:
            return builder.fdiv(one, x)
        y = _estimate(builder, "rcp14", x)
        return builder.fmul(y, builder.fsub(two, builder.fmul(x, y, flags=_FUSED), flags=_FUSED))

    return _LANES(vector), generate


@emitted
def inverse_root(_: Any, vector: Any) -> Any:
    """1 / sqrt(x) to 2 units in the last place, for normal x above 0."""

    def generate(_context: Any, builder: Any, _kinds: Any, given: Any) -> Any:
        x, half, more = given[0], _everywhere(0.5), _everywhere(1.5)
        if not HAS_WIDE_VECTORS:
            kind = ir.FunctionType(_WIDE, [_WIDE])
            root = _cgutils.get_or_insert_function(builder.module, kind, f"llvm.sqrt.v{LANES}f32")
            return builder.fdiv(_everywhere(1.0), builder.call(root, [x]))
        y = _estimate(builder, "rsqrt14", x)
        square = builder.fmul(builder.fmul(x, half), builder.fmul(y, y))
        return builder.fmul(y, builder.fsub(more, square))

    return _LANES(vector), generate


@emitted
def sum_of(_: Any, vector: Any) -> Any:
    """Sum of a vector's numbers, halves added to halves."""

    def generate(_context: Any, builder: Any, _kinds: Any, given: Any) -> Any:
        vector, half = given[0], LANES // 2
        while half:
            lanes = ir.VectorType(ir.IntType(32), half)
            low = builder.shuffle_vector(vector, vector, ir.Constant(lanes, list(range(half))))
            high = builder.shuffle_vector(vector, vector, ir.Constant(lanes, list(range(half, 2 * half))))
            vector, half = builder.fadd(low, high), half // 2
        return builder.extract_element(vector, ir.Constant(ir.IntType(32), 0))

    return _types.float32(vector), generate


@emitted
def turn(_: Any, values: Any, place: Any, row: Any, out: Any, at: Any, out_row: Any) -> Any:
    """Transpose `LANES` rows of `LANES` numbers.

    Row i of ``values`` begins at place + i row, that of ``out`` at at + i out_row. (``_`` is the compiler's own.)
    """

    def generate(context: Any, builder: Any, kinds: Any, given: Any) -> Any:
        source = element(context, builder, kinds.args[0], given[0], given[1])
        target = element(context, builder, kinds.args[3], given[3], given[4])
        vectors = []
        for _row in range(LANES):
            vectors.append(loaded(builder, source))
            source = builder.gep(source, [given[2]])
        lanes, half = ir.VectorType(ir.IntType(32), LANES), LANES // 2
        low = ir.Constant(lanes, [i // 2 + (i % 2) * LANES for i in range(LANES)])
        high = ir.Constant(lanes, [half + i // 2 + (i % 2) * LANES for i in range(LANES)])
        for _stage in range(
            LANES.bit_length() - 1
        ):  # a perfect shuffle of two halves, as often as doubling gives LANES
            pairs = [(vectors[i], vectors[i + half]) for i in range(half)]
            vectors = [builder.shuffle_vector(*pair, mask) for pair in pairs for mask in (low, high)]
        for vector in vectors:
            stored(builder, vector, target)
            target = builder.gep(target, [given[5]])
        return context.get_dummy_value()

    return _types.void(values, place, row, out, at, out_row), generate


@emitted
def at_most(_: Any, vector: Any, bound: Any) -> Any:
    """The lesser of each lane and the bound's; NaN stays NaN."""

    def generate(_context: Any, builder: Any, _kinds: Any, given: Any) -> Any:
        return builder.select(builder.fcmp_ordered(">", given[0], given[1]), given[1], given[0])

    return _LANES(vector, bound), generate


@emitted
def at_least(_: Any, vector: Any, bound: Any) -> Any:
    """The greater of each lane and the bound's; NaN stays NaN."""

    def generate(_context: Any, builder: Any, _kinds: Any, given: Any) -> Any:
        return builder.select(builder.fcmp_ordered("<", given[0], given[1]), given[1], given[0])

    return _LANES(vector, bound), generate


@emitted
def kept_where_positive(_: Any, vector: Any, of: Any) -> Any:
    """Lanes of a vector where those of another are above 0, and 0 elsewhere."""

    def generate(_context: Any, builder: Any, _kinds: Any, given: Any) -> Any:
        return builder.select(builder.fcmp_ordered(">", given[1], nothing()), given[0], nothing())

    return _LANES(vector, of), generate


def element(context: Any, builder: Any, kind: Any, array: Any, place: Any) -> Any:
    """Address of a place in an array."""
    return builder.gep(context.make_array(kind)(context, builder, array).data, [place])


def loaded(builder: Any, address: Any) -> Any:
    """Vector at an address."""
    return builder.load(builder.bitcast(address, _WIDE.as_pointer()), align=4)


def stored(builder: Any, vector: Any, address: Any) -> None:
    """Put a vector at an address."""
    builder.store(vector, builder.bitcast(address, _WIDE.as_pointer()), align=4)


def prefetched(builder: Any, address: Any) -> None:
    """Ask for what lies around an address, without waiting for it."""
    number, to_read, to_the_nearest_cache, data = ir.IntType(32), 0, 3, 1
    kind = ir.FunctionType(ir.VoidType(), [address.type, number, number, number])
    ask = _cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")
    builder.call(ask, [address, *(ir.Constant(number, how) for how in (to_read, to_the_nearest_cache, data))])


def spread_out(builder: Any, number: Any) -> Any:
    """A number in every lane of a vector."""
    lanes = ir.VectorType(ir.IntType(32), LANES)
    first = builder.insert_element(ir.Constant(_WIDE, ir.Undefined), number, ir.Constant(ir.IntType(32), 0))
    return builder.shuffle_vector(first, ir.Constant(_WIDE, ir.Undefined), ir.Constant(lanes, [0] * LANES))


def multiplied_and_added(builder: Any, one: Any, other: Any, total: Any) -> Any:
    """One times other plus total, rounded once where the processor can."""
    kind = ir.FunctionType(_WIDE, [_WIDE, _WIDE, _WIDE])
    fused = _cgutils.get_or_insert_function(builder.module, kind, f"llvm.fmuladd.v{LANES}f32")
    return builder.call(fused, [one, other, total])


def nothing() -> Any:
    """Vector of zeros."""
    return _everywhere(0.0)


def _everywhere(number: float) -> Any:
    return ir.Constant(_WIDE, [number] * LANES)


def _estimate(builder: Any, instruction: str, x: Any) -> Any:
    """What an instruction of AVX-512 finds to 14 binary digits, which one step of Newton's method doubles."""
    every = ir.IntType(LANES)
    kind = ir.FunctionType(_WIDE, [_WIDE, _WIDE, every])
    found = _cgutils.get_or_insert_function(builder.module, kind, f"llvm.x86.avx512.{instruction}.ps.512")
    return builder.call(found, [x, nothing(), ir.Constant(every, -1)])


def _by_lane(symbol: Callable[..., Any], instruction: str) -> None:
    """Let an operator work on two vectors by one instruction."""

    @_templates.infer_global(symbol)
    class _Template(templates.AbstractTemplate):
        def generic(self, given: Any, _named: Any) -> Any:
            return _templates.signature(_LANES, _LANES, _LANES) if tuple(given) == (_LANES, _LANES) else None

    @_extending.lower_builtin(symbol, _LANES, _LANES)  # type: ignore[untyped-decorator]
    def _lowered(_context: Any, builder: Any, _signature: Any, given: Any) -> Any:
        return getattr(builder, instruction)(*given, flags=_FUSED)


_by_lane(operator.add, "fadd")
_by_lane(operator.sub, "fsub")
_by_lane(operator.mul, "fmul")
_by_lane(operator.truediv, "fdiv")

"""Vectors of neighbouring numbers as values of compiled code: one number of each of `LANES` members.

`load`, `store` and `spread` move them; ``+ - * /`` work lane by lane, a product and the sum it enters being rounded
once. Arrays are C-contiguous float32, and places in them are offsets in elements, so that no view is made. No operation
mixes lanes, so a member's numbers depend neither on its lane nor on the other members.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any, cast

from llvmlite import ir  # type: ignore[import-untyped]
from numba import types
from numba.core import cgutils
from numba.core.typing.templates import AbstractTemplate, infer_global, signature
from numba.extending import intrinsic, lower_builtin, models, register_model

__all__ = [
    "LANES",
    "at_least",
    "at_most",
    "element",
    "emitted",
    "kept_where_positive",
    "load",
    "loaded",
    "multiplied_and_added",
    "nothing",
    "root",
    "spread",
    "spread_out",
    "store",
    "stored",
    "sum_of",
]

LANES = 16

_SINGLE = ir.FloatType()
_WIDE = ir.VectorType(_SINGLE, LANES)
_FUSED = ("contract",)


class _Lanes(types.Type):  # type: ignore[misc]
    def __init__(self) -> None:
        super().__init__(name=f"lanes({LANES} x float32)")


_LANES = _Lanes()


@register_model(_Lanes)  # type: ignore[untyped-decorator]
class _LanesModel(models.PrimitiveModel):  # type: ignore[misc]
    def __init__(self, manager: Any, kind: Any) -> None:
        super().__init__(manager, kind, _WIDE)


def emitted(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function that compiled code calls, from one that gives its types and emits its instructions.

    Its first argument, ``_``, is the compiler's own and is not given.
    """
    return cast(Callable[..., Any], intrinsic(function))


@emitted
def load(_: Any, values: Any, place: Any) -> Any:
    """Vector that lies from a place on."""

    def generate(context: Any, builder: Any, kinds: Any, given: Any) -> Any:
        return loaded(builder, element(context, builder, kinds.args[0], given[0], given[1]))

    return _LANES(values, types.unliteral(place)), generate


@emitted
def store(_: Any, values: Any, place: Any, vector: Any) -> Any:
    """Put a vector from a place on."""

    def generate(context: Any, builder: Any, kinds: Any, given: Any) -> Any:
        stored(builder, given[2], element(context, builder, kinds.args[0], given[0], given[1]))
        return context.get_dummy_value()

    return types.void(values, types.unliteral(place), vector), generate


@emitted
def spread(_: Any, number: Any) -> Any:
    """A number in every lane."""

    def generate(_context: Any, builder: Any, _kinds: Any, given: Any) -> Any:
        return spread_out(builder, given[0])

    return _LANES(number), generate


@emitted
def root(_: Any, vector: Any) -> Any:
    """Square roots."""

    def generate(_context: Any, builder: Any, _kinds: Any, given: Any) -> Any:
        kind = ir.FunctionType(_WIDE, [_WIDE])
        return builder.call(cgutils.get_or_insert_function(builder.module, kind, f"llvm.sqrt.v{LANES}f32"), given)

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

    return types.float32(vector), generate


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


def spread_out(builder: Any, number: Any) -> Any:
    """A number in every lane of a vector."""
    lanes = ir.VectorType(ir.IntType(32), LANES)
    first = builder.insert_element(ir.Constant(_WIDE, ir.Undefined), number, ir.Constant(ir.IntType(32), 0))
    return builder.shuffle_vector(first, ir.Constant(_WIDE, ir.Undefined), ir.Constant(lanes, [0] * LANES))


def multiplied_and_added(builder: Any, one: Any, other: Any, total: Any) -> Any:
    """One times other plus total, rounded once where the processor can."""
    kind = ir.FunctionType(_WIDE, [_WIDE, _WIDE, _WIDE])
    fused = cgutils.get_or_insert_function(builder.module, kind, f"llvm.fmuladd.v{LANES}f32")
    return builder.call(fused, [one, other, total])


def nothing() -> Any:
    """Vector of zeros."""
    return ir.Constant(_WIDE, [0.0] * LANES)


def _by_lane(symbol: Callable[..., Any], instruction: str) -> None:
    """Let an operator work on two vectors by one instruction."""

    @infer_global(symbol)  # type: ignore[untyped-decorator]
    class _Template(AbstractTemplate):  # type: ignore[misc]
        def generic(self, given: Any, _named: Any) -> Any:
            return signature(_LANES, _LANES, _LANES) if tuple(given) == (_LANES, _LANES) else None

    @lower_builtin(symbol, _LANES, _LANES)  # type: ignore[untyped-decorator]
    def _lowered(_context: Any, builder: Any, _signature: Any, given: Any) -> Any:
        return getattr(builder, instruction)(*given, flags=_FUSED)


_by_lane(operator.add, "fadd")
_by_lane(operator.sub, "fsub")
_by_lane(operator.mul, "fmul")
_by_lane(operator.truediv, "fdiv")

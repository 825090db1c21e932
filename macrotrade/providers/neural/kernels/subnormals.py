"""Numbers below 1e-38 taken as zero.

The moments of a weight that nothing flows through shrink by a tenth with each step, and after some 800 steps lie where
processors of the x86 family work a hundred times more slowly. They can be told to take such numbers as zero; others are
as fast there.
"""

from __future__ import annotations

from typing import Any, cast

import llvmlite.binding  # type: ignore[import-untyped]
from llvmlite import ir
from numba import types
from numba.core import cgutils

from macrotrade.providers.neural.kernels.lanes import emitted

__all__ = ["restore", "take_as_zero"]

_STATE = ir.IntType(32)
_FLUSH = 0x8040  # of the processor's state: results that are subnormal are zero, and so are operands
_IS_X86 = llvmlite.binding.get_process_triple().startswith(("x86_64", "i686"))


@emitted
def take_as_zero(_: Any) -> Any:
    """Take subnormal numbers as zero in this thread from here on; gives the state to `restore`."""

    def generate(context: Any, builder: Any, _kinds: Any, _given: Any) -> Any:
        if not _IS_X86:
            return context.get_constant(types.int32, 0)
        place = cast(Any, cgutils).alloca_once(builder, _STATE)
        _call(builder, "stmxcsr", place)
        before = builder.load(place)
        builder.store(builder.or_(before, ir.Constant(_STATE, _FLUSH)), place)
        _call(builder, "ldmxcsr", place)
        return before

    return types.int32(), generate


@emitted
def restore(_: Any, state: Any) -> Any:
    """Go back to a state."""

    def generate(context: Any, builder: Any, _kinds: Any, given: Any) -> Any:
        if _IS_X86:
            _call(builder, "ldmxcsr", cast(Any, cgutils).alloca_once_value(builder, given[0]))
        return context.get_dummy_value()

    return types.void(state), generate


def _call(builder: Any, instruction: str, place: Any) -> None:
    byte = ir.IntType(8).as_pointer()
    kind = ir.FunctionType(ir.VoidType(), [byte])
    function = cast(Any, cgutils).get_or_insert_function(builder.module, kind, f"llvm.x86.sse.{instruction}")
    builder.call(function, [builder.bitcast(place, byte)])

"""How kernels are compiled: cached on disk, without the interpreter's lock, division without checks.

Sums are never reordered, so that a member's numbers do not depend on its place among others; products and sums are
fused into one rounding where the processor can.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from numba import njit

from macrotrade.numerics.compiled_code import known_by_its_folder

__all__ = ["Function", "compiled", "compiled_in_place"]

Function = TypeVar("Function", bound=Callable[..., Any])


def compiled(function: Function) -> Function:
    """The function, compiled at its first call."""
    return cast(
        Function,
        njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})(known_by_its_folder(function)),
    )


def compiled_in_place(function: Function) -> Function:
    """The same for a short function called often: it becomes part of its callers."""
    return cast(
        Function,
        njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"}, forceinline=True)(
            known_by_its_folder(function)
        ),
    )

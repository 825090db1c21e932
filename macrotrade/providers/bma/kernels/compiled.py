"""How kernels are compiled: cached on disk, division without checks, sums free to be reordered into vectors.

Infinities and NaN keep their meaning. Parallel kernels share out whole equations, so that no result depends on the
number of threads.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from numba import njit

from macrotrade.numerics.compiled_code import known_by_its_folder

__all__ = ["Function", "compiled", "compiled_in_place", "compiled_parallel"]

Function = TypeVar("Function", bound=Callable[..., Any])

_FAST = {"reassoc", "contract"}


def compiled(function: Function) -> Function:
    """The function, compiled at its first call."""
    return cast(Function, njit(cache=True, error_model="numpy", fastmath=_FAST)(known_by_its_folder(function)))


def compiled_in_place(function: Function) -> Function:
    """The same for a short function called often: it becomes part of its callers, and no reference is counted."""
    return cast(
        Function, njit(cache=True, error_model="numpy", fastmath=_FAST, forceinline=True)(known_by_its_folder(function))
    )


def compiled_parallel(function: Function) -> Function:
    """The same with its ``prange`` loops spread over threads."""
    return cast(
        Function, njit(cache=True, error_model="numpy", fastmath=_FAST, parallel=True)(known_by_its_folder(function))
    )

"""How kernels are compiled: cached on disk, division without checks, sums free to be reordered into vectors.

Infinities and NaN keep their meaning. Parallel kernels share out whole equations, so that no result depends on the
number of threads.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from numba import njit

from macrotrade.numerics.compiled_code import known_by_its_folder

__all__ = ["Function", "compiled", "compiled_in_order", "compiled_parallel", "compiled_within"]

Function = TypeVar("Function", bound=Callable[..., Any])

_FAST = {"reassoc", "contract", "nsz"}


def compiled(function: Function) -> Function:
    """The function, compiled at its first call."""
    return cast(Function, njit(cache=True, error_model="numpy", fastmath=_FAST)(known_by_its_folder(function)))


def compiled_in_order(function: Function) -> Function:
    """The same with sums in the order written, for arithmetic that lives on its rounding."""
    return cast(
        Function,
        njit(cache=True, error_model="numpy", fastmath={"contract"}, forceinline=True)(known_by_its_folder(function)),
    )


def compiled_within(function: Function) -> Function:
    """The same as `compiled`, made part of whatever calls it: passing many arrays costs more than a short sum."""
    return cast(
        Function, njit(cache=True, error_model="numpy", fastmath=_FAST, forceinline=True)(known_by_its_folder(function))
    )


def compiled_parallel(function: Function) -> Function:
    """The same as `compiled` with its ``prange`` loops spread over threads."""
    return cast(
        Function, njit(cache=True, error_model="numpy", fastmath=_FAST, parallel=True)(known_by_its_folder(function))
    )

"""How many threads matrix products and compiled kernels may take."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import cache
from importlib import import_module
from typing import Any, cast

from threadpoolctl import ThreadpoolController

__all__ = ["at_most_threads", "one_blas_thread"]

_BRING_POOLS = ("sklearn", "torch")


def one_blas_thread() -> AbstractContextManager[Any]:
    """Context in which matrix products keep to one thread.

    The matrices of macroeconomic panels are small: a second thread gains little on a free core, and on a busy one it
    waits in a loop that costs many times the product. Results do not depend on the number of cores either.
    """
    return cast("AbstractContextManager[Any]", _pools(()).limit(limits=1, user_api="blas"))


@contextmanager
def at_most_threads(count: int) -> Iterator[None]:
    """Context in which BLAS, OpenMP, torch and numba keep to `count` threads each, so far as they are loaded."""
    loaded = tuple(name for name in _BRING_POOLS if name in sys.modules)
    numba, torch = sys.modules.get("numba"), sys.modules.get("torch")
    with _pools(loaded).limit(limits=count):
        kernels = numba.get_num_threads() if numba is not None else 0
        networks = torch.get_num_threads() if torch is not None else 0
        if numba is not None:
            numba.set_num_threads(min(count, numba.config.NUMBA_NUM_THREADS))
        if torch is not None:
            torch.set_num_threads(count)
        try:
            yield
        finally:
            if numba is not None:
                numba.set_num_threads(kernels)
            if torch is not None:
                torch.set_num_threads(networks)


@cache
def _pools(_loaded: tuple[str, ...]) -> ThreadpoolController:
    """Pools of the libraries that were loaded when these had been."""
    import_module("scipy.linalg.cython_blas")  # the library of compiled products: only what is loaded can be limited
    return ThreadpoolController()

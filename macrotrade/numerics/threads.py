"""How many threads a matrix product may take."""

from __future__ import annotations

from contextlib import AbstractContextManager
from functools import cache
from importlib import import_module
from typing import Any, cast

from threadpoolctl import ThreadpoolController

__all__ = ["one_blas_thread"]


def one_blas_thread() -> AbstractContextManager[Any]:
    """Context in which matrix products keep to one thread.

    The matrices of macroeconomic panels are small: a second thread gains little on a free core, and on a busy one it
    waits in a loop that costs many times the product. Results do not depend on the number of cores either.
    """
    return cast("AbstractContextManager[Any]", _pools().limit(limits=1, user_api="blas"))


@cache
def _pools() -> ThreadpoolController:
    import_module("scipy.linalg.cython_blas")  # the library of compiled products: only what is loaded can be limited
    return ThreadpoolController()

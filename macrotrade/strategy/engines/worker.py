"""What happens in a worker: the history is held, threads and memory are bounded, the work is done."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

from macrotrade.numerics.threads import at_most_threads
from macrotrade.panel.vintages import History

__all__ = ["Limits", "held", "limited"]

_Task = TypeVar("_Task")
_Result = TypeVar("_Result")

_GIGABYTE = 10**9
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
_held: dict[str, History] = {}


@dataclass(frozen=True)
class Limits:
    """How many `threads` one worker may use, and how much it may fill: `memory_gb` times 10^9 bytes."""

    threads: int
    memory_gb: float


def held(key: str, fetch: Callable[[], History]) -> History:
    """The history of that key, fetched when this worker first needs it; what it held before is let go."""
    if key not in _held:
        _held.clear()
        _held[key] = fetch()
    return _held[key]


def limited(work: Callable[[_Task, History], _Result], task: _Task, history: History, limits: Limits) -> _Result:
    """What `work` makes of a task, within its threads and its memory."""
    # A library that is loaded later reads these when it comes; numba refuses a change once it is there.
    names = _THREADS if "numba" in sys.modules else (*_THREADS, "NUMBA_NUM_THREADS")
    os.environ.update(dict.fromkeys(names, str(limits.threads)))
    with at_most_threads(limits.threads), _memory_bound(limits.memory_gb):
        return work(task, history)


@contextmanager
def _memory_bound(gigabytes: float) -> Iterator[None]:
    """Allocations beyond the bound fail with MemoryError, in this process and while the body runs."""
    if sys.platform != "linux":
        yield
        return
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
    bound = int(gigabytes * _GIGABYTE)
    # A limit that the system or a launcher has set lower stays.
    lowest = min((limit for limit in (bound, soft, hard) if limit != resource.RLIM_INFINITY), default=bound)
    resource.setrlimit(resource.RLIMIT_DATA, (lowest, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))

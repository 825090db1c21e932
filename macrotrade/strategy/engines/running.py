"""Tasks done by whichever engine is asked for, in this process where none is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext

from macrotrade.panel.vintages import History
from macrotrade.strategy.engines.engine import Engine
from macrotrade.strategy.engines.loky import Loky
from macrotrade.strategy.engines.pool import Lost, Pool, Result, Task
from macrotrade.strategy.engines.worker import Limits

__all__ = ["kept_open", "run_tasks"]

_kept: dict[Engine, ExitStack] = {}
_pools: dict[Engine, Pool] = {}


def run_tasks(
    work: Callable[[Task, History], Result], tasks: Mapping[int, Task], history: History, engine: Engine | None
) -> Iterator[tuple[int, Result | Lost]]:
    """Number and result of each task as it is done, or how it was lost.

    Parameters
    ----------
    work
        A function of a task and the history that raises nothing it does not want to end the run with.
    tasks
        By number.
    history
        Reaches each worker once.
    engine
        None, or one process of this machine: done here and now, in order.
    """
    if not tasks:
        return
    if engine is None or (engine.name == "loky" and min(engine.workers, len(tasks)) == 1):
        for number, task in tasks.items():
            yield number, work(task, history)
        return
    with _pool(engine) as pool:
        yield from pool.run(work, tasks, history)


@contextmanager
def kept_open(engine: Engine | None) -> Iterator[None]:
    """While the body runs, a cluster once started serves all that is run on this engine, and is closed after it."""
    if engine is None or engine in _kept:
        yield
        return
    with ExitStack() as stack:
        _kept[engine] = stack
        try:
            yield
        finally:
            _kept.pop(engine)
            _pools.pop(engine, None)


def _pool(engine: Engine) -> AbstractContextManager[Pool]:
    if engine not in _kept:
        return _opened(engine)
    if engine not in _pools:
        _pools[engine] = _kept[engine].enter_context(_opened(engine))
    return nullcontext(_pools[engine])


def _opened(engine: Engine) -> AbstractContextManager[Pool]:
    if engine.name == "dask":
        from macrotrade.strategy.engines.dask_cluster import dask_cluster

        return dask_cluster(engine)
    if engine.name == "ray":
        from macrotrade.strategy.engines.ray_cluster import ray_cluster

        return ray_cluster(engine)
    return nullcontext(Loky(engine.workers, Limits(engine.threads, engine.memory_gb)))

"""A Dask cluster, through its own futures: joblib's Dask backend adds some 20 ms to every task."""

from __future__ import annotations

import pickle
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

from macrotrade.errors import SettingsError
from macrotrade.panel.vintages import History
from macrotrade.strategy.engines.engine import Engine
from macrotrade.strategy.engines.pool import Lost, Result, Task, first_line
from macrotrade.strategy.engines.worker import Limits, limited

__all__ = ["DaskCluster", "dask_cluster"]

_QUEUED_A_WORKER = 4
_WAIT_SECONDS = 60


@contextmanager
def dask_cluster(engine: Engine) -> Iterator[DaskCluster]:
    """The cluster at the engine's address, or one of this machine that is closed after the body.

    Raises
    ------
    SettingsError
        If Dask is not installed, nobody answers at the address, or a worker does several tasks at a time.
    """
    try:
        from distributed import Client, LocalCluster
    except ImportError:
        raise SettingsError("engine 'dask' needs the extra: pip install 'macrotrade[dask]'.") from None
    with ExitStack() as stack:
        where: Any = engine.address
        if where is None:
            threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), engine.threads)
            where = stack.enter_context(
                LocalCluster(
                    n_workers=engine.workers,
                    threads_per_worker=1,
                    host="127.0.0.1",
                    dashboard_address=None,
                    memory_limit=0,  # bounded in the worker itself, where the block that asked for too much is known
                    env={name: str(count) for name, count in threads.items()},
                )
            )
        try:
            client = stack.enter_context(Client(where, set_as_default=False))
            client.wait_for_workers(1, timeout=_WAIT_SECONDS)
        except (OSError, TimeoutError) as error:
            raise SettingsError(f"No Dask workers at {engine.address}: {first_line(error)}.") from None
        crowded = [address for address, slots in client.nthreads().items() if slots > 1]
        if crowded:
            raise SettingsError(
                f"Dask worker {crowded[0]} does several tasks at a time in one process; start workers with "
                "--nworkers N --nthreads 1."
            )
        yield DaskCluster(client, engine)


@dataclass(frozen=True)
class DaskCluster:
    """A connected `client`, and the `engine` as it was asked for.

    Dask itself does the tasks of a lost worker again, three times before it gives one up. A worker takes with it what
    it had queued as well, so where several were given up, each is tried once more with no other on the cluster.
    """

    client: Any
    engine: Engine

    def run(
        self, work: Callable[[Task, History], Result], tasks: Mapping[int, Task], history: History
    ) -> Iterator[tuple[int, Result | Lost]]:
        """Number and result of each task; some four tasks a worker are on the cluster at a time."""
        sent, lost = self._sent(history), dict[int, Lost]()
        for number, result in self._results(work, tasks, sent, self._at_a_time):
            if isinstance(result, Lost):
                lost[number] = result
            else:
                yield number, result
        if len(lost) < 2:
            yield from lost.items()
        else:
            yield from self._results(work, {number: tasks[number] for number in lost}, sent, lambda: 1)

    def _results(
        self, work: Callable[[Task, History], Result], tasks: Mapping[int, Task], sent: Any, most: Callable[[], int]
    ) -> Iterator[tuple[int, Result | Lost]]:
        """Number and result of each task, at most so many on the cluster at a time."""
        from distributed import as_completed

        limits = Limits(self.engine.threads, self.engine.memory_gb)
        waiting = deque(tasks)
        numbers: dict[str, int] = {}
        running = as_completed([], loop=self.client.loop, with_results=True, raise_errors=False)
        while waiting or numbers:
            while waiting and len(numbers) < most():
                number = waiting.popleft()
                future = self.client.submit(limited, work, tasks[number], sent, limits, pure=False)
                numbers[future.key] = number
                running.add(future)
            for future, result in running.next_batch(block=True):
                done = future.status == "finished"
                yield numbers.pop(future.key), result if done else Lost(_reason(future, result))

    def _sent(self, history: History) -> Any:
        """The history on every worker.

        It is the result of a task, not data that were scattered: where all workers that hold it die at once, Dask makes
        it again, while scattered data would be gone.
        """
        import dask

        content = pickle.dumps(history.with_tables(history.releases, history.market), protocol=5)
        with dask.config.set({"distributed.admin.large-graph-warning-threshold": "1TB"}):
            sent = self.client.submit(pickle.loads, content, pure=False)
        self.client.replicate(sent)
        return sent

    def _at_a_time(self) -> int:
        if self.engine.address is not None and self.engine.jobs is not None:
            return self.engine.jobs
        return _QUEUED_A_WORKER * max(1, len(self.client.nthreads()))


def _reason(future: Any, result: Any) -> str:
    error = result[1] if isinstance(result, tuple) else None
    return first_line(error) if isinstance(error, BaseException) else f"the task was {future.status}"

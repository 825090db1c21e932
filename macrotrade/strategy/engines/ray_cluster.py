"""A Ray cluster, through its own tasks: Ray's joblib backend gives nothing back before all is done."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Any

from macrotrade.errors import SettingsError
from macrotrade.panel.vintages import History
from macrotrade.strategy.engines.engine import Engine
from macrotrade.strategy.engines.pool import Lost, Result, Task, first_line
from macrotrade.strategy.engines.worker import Limits, held, limited

__all__ = ["RayCluster", "ray_cluster"]

_QUEUED_A_WORKER = 4
_GIGABYTE = 10**9
_OBJECTS_OF_THIS_MACHINE = 500_000_000


@contextmanager
def ray_cluster(engine: Engine) -> Iterator[RayCluster]:
    """The cluster at the engine's address, or one of this machine that is closed after the body.

    Raises
    ------
    SettingsError
        If Ray is not installed, or nobody answers at the address.
    """
    try:
        import ray
    except ImportError:
        raise SettingsError("engine 'ray' needs the extra: pip install 'macrotrade[ray]'.") from None
    if ray.is_initialized():
        yield RayCluster(engine)  # the caller's own, and theirs to close
        return
    quiet: dict[str, Any] = {"log_to_driver": False, "logging_level": "error"}
    try:
        if engine.address is not None:
            ray.init(address=engine.address, **quiet)
        else:
            ray.init(
                num_cpus=engine.workers * engine.threads,
                include_dashboard=False,
                object_store_memory=_OBJECTS_OF_THIS_MACHINE,
                _memory=int(engine.workers * engine.memory_gb * _GIGABYTE),
                **quiet,
            )
    except (ConnectionError, ImportError, TimeoutError) as error:
        raise SettingsError(f"No Ray cluster at {engine.address}: {first_line(error)}.") from None
    try:
        yield RayCluster(engine)
    finally:
        ray.shutdown()


@dataclass(frozen=True)
class RayCluster:
    """A running cluster, and the `engine` as it was asked for.

    Ray itself does the tasks of a lost worker again, three times before it gives one up.
    """

    engine: Engine

    def run(
        self, work: Callable[[Task, History], Result], tasks: Mapping[int, Task], history: History
    ) -> Iterator[tuple[int, Result | Lost]]:
        """Number and result of each task; some four tasks a worker are on the cluster at a time."""
        import ray

        done = ray.remote(_done).options(
            num_cpus=self.engine.threads, memory=int(self.engine.memory_gb * _GIGABYTE), max_retries=3
        )
        # References in a list are not resolved by Ray, which would unpack the history anew for every task.
        sent, key = [ray.put(history.with_tables(history.releases, history.market))], uuid.uuid4().hex
        what = ray.put((work, Limits(self.engine.threads, self.engine.memory_gb)))
        waiting, numbers = iter(tasks.items()), {}

        def start(count: int) -> None:
            for number, task in islice(waiting, count):
                numbers[done.remote(what, task, key, sent)] = number

        start(self._at_a_time())
        while numbers:
            ready, rest = ray.wait(list(numbers), num_returns=1)
            ready += ray.wait(rest, num_returns=len(rest), timeout=0)[0] if rest else []
            finished = [(numbers.pop(one), one) for one in ready]
            start(max(0, self._at_a_time() - len(numbers)))
            for number, one in finished:
                yield number, _result(one)

    def _at_a_time(self) -> int:
        import ray

        if self.engine.address is not None and self.engine.jobs is not None:
            return self.engine.jobs
        cores = float(ray.cluster_resources().get("CPU", 1.0))
        return _QUEUED_A_WORKER * max(1, int(cores // self.engine.threads))


def _done(what: tuple[Callable[[Task, History], Result], Limits], task: Task, key: str, sent: list[Any]) -> Result:
    import ray

    work, limits = what
    return limited(work, task, held(key, lambda: ray.get(sent[0])), limits)


def _result(reference: Any) -> Any:
    import ray

    try:
        return ray.get(reference)
    except ray.exceptions.RayError as error:
        return Lost(first_line(error))

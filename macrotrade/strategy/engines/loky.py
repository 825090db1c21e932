"""Processes of this machine, through joblib: the history is a file that each of them reads once."""

from __future__ import annotations

import hashlib
import os
import pickle
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from threading import Thread

from macrotrade.panel.vintages import History
from macrotrade.strategy.engines.pool import Lost, Result, Task, first_line
from macrotrade.strategy.engines.worker import Limits, held, limited

__all__ = ["Loky"]

_LOSSES_IN_A_ROW = 3
_SECONDS_BETWEEN_LOOKS = 1.0


@dataclass(frozen=True)
class Loky:
    """`n_workers` processes of this machine, each within the `limits`."""

    n_workers: int
    limits: Limits

    def run(
        self, work: Callable[[Task, History], Result], tasks: Mapping[int, Task], history: History
    ) -> Iterator[tuple[int, Result | Lost]]:
        """Number and result of each task.

        A process that dies takes the pool with it: a new one goes on with what is left, those that were running last,
        so that a task which kills its worker does not stop the others.
        """
        with tempfile.TemporaryDirectory(prefix="macrotrade-") as folder:
            content = pickle.dumps(history.with_tables(history.releases, history.market), protocol=5)
            file = Path(folder) / f"{hashlib.sha256(content).hexdigest()}.pickle"
            file.write_bytes(content)
            del content
            left, losses = dict(tasks), 0
            while left:
                try:
                    for number, result in self._started(work, dict(left), file):
                        del left[number]
                        losses = 0
                        yield number, result
                except BrokenProcessPool as error:
                    losses += 1
                    if losses == _LOSSES_IN_A_ROW:
                        yield from ((number, Lost(first_line(error))) for number in left)
                        return
                    left = _running_last(left, self.n_workers)

    def _started(
        self, work: Callable[[Task, History], Result], tasks: Mapping[int, Task], file: Path
    ) -> Iterator[tuple[int, Result]]:
        from joblib import Parallel, delayed

        # Said of a worker that is replaced because its memory has grown; what it was to do is done by the next.
        warnings.filterwarnings("ignore", message="A worker stopped while some jobs", category=UserWarning)
        # A batch of several tasks would come back, and be lost, as one.
        parallel = Parallel(
            n_jobs=self.n_workers,
            return_as="generator_unordered",
            batch_size=1,
            inner_max_num_threads=self.limits.threads,
        )
        done, driver = delayed(_done), os.getpid()
        yield from parallel(done(number, work, task, file, self.limits, driver) for number, task in tasks.items())


def _running_last(tasks: Mapping[int, Task], n_workers: int) -> dict[int, Task]:
    """The same tasks, those that may have been running at the end."""
    items = list(tasks.items())
    return dict(items[n_workers:] + items[:n_workers])


def _done(
    number: int, work: Callable[[Task, History], Result], task: Task, file: Path, limits: Limits, driver: int
) -> tuple[int, Result]:
    _end_with(driver)
    return number, limited(work, task, held(file.stem, lambda: pickle.loads(file.read_bytes())), limits)


@cache
def _end_with(driver: int) -> None:
    """End this worker soon after its driver: after a driver that was killed it would wait for work for ever."""

    def watch() -> None:
        while os.getppid() == driver:
            time.sleep(_SECONDS_BETWEEN_LOOKS)
        os._exit(1)

    Thread(target=watch, name="macrotrade-driver-watch", daemon=True).start()

"""What every engine does: tasks go in, results come back in any order, and what is lost is told."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol, TypeVar

from macrotrade.panel.vintages import History

__all__ = ["Lost", "Pool", "first_line"]

Task = TypeVar("Task")
Result = TypeVar("Result")


@dataclass(frozen=True)
class Lost:
    """A task without a result; the `reason` is not its own error, but what became of the worker or the transport."""

    reason: str


class Pool(Protocol):
    """Workers that are there: they share one history and do one task after another."""

    def run(
        self, work: Callable[[Task, History], Result], tasks: Mapping[int, Task], history: History
    ) -> Iterator[tuple[int, Result | Lost]]:
        """Number and result of each task, as each is done; every number comes once."""
        ...


def first_line(error: BaseException) -> str:
    """Kind of an error and the first line that it says."""
    said = str(error).strip().partition("\n")[0]
    return f"{type(error).__name__}: {said}" if said else type(error).__name__

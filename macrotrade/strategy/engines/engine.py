"""What carries the blocks of a walk: this machine's processes, or a cluster."""

from __future__ import annotations

import os
from typing import Any, Literal, TypeAlias

from pydantic import Field, model_validator

from macrotrade.strategy.parts import Part

__all__ = ["ORIGINS_IN_A_BLOCK", "Engine", "EngineName", "engine_for"]

EngineName: TypeAlias = Literal["loky", "dask", "ray"]

ORIGINS_IN_A_BLOCK = 6
"""Where nothing is said. It depends on nothing else, so that what one run kept serves another on more workers; few, so
that several workers have something to do to the end of a short walk."""

_SCHEMES = {"dask": ("tcp://", "tls://", "ucx://", "ws://", "wss://"), "ray": ("ray://",)}


class Engine(Part):
    """Where blocks are computed; the numbers do not depend on it.

    In a file ``engine = "dask"`` says the same as a table ``[engine]`` with ``name = "dask"``.

    Attributes
    ----------
    name
        ``loky``: processes of this machine; ``dask`` or ``ray``: a cluster, which the extra of that name brings.
    address
        Of a running cluster, ``tcp://host:8786`` for Dask; for Ray ``ray://host:10001`` from outside of it, or
        ``host:6379`` on one of its own nodes. Without one Dask and Ray start a cluster of this machine, and close it
        when the work is done.
    jobs
        Workers to start, every core by default; of a running cluster the most blocks at a time, all it can by default.
    threads
        Threads of a worker's matrix products and kernels.
    memory_gb
        Memory that a worker may fill, in gigabytes of 10^9 bytes. A block that needs more fails by name, the worker
        lives on. Linux keeps this bound; elsewhere it is not enforced.
    block
        Origins that are computed and kept together; fewer give more workers something to do. What is kept in blocks of
        one size is not found by a run in blocks of another.
    """

    name: EngineName = "loky"
    address: str | None = None
    jobs: int | None = Field(default=None, ge=1)
    threads: int = Field(default=1, ge=1)
    memory_gb: float = Field(default=4.0, gt=0.0)
    block: int = Field(default=ORIGINS_IN_A_BLOCK, ge=1)

    @model_validator(mode="before")
    @classmethod
    def _by_name(cls, given: Any) -> Any:
        return {"name": given} if isinstance(given, str) else given

    @model_validator(mode="after")
    def _consistent(self) -> Engine:
        if self.address is None:
            return self
        if self.name == "loky":
            raise ValueError("loky runs on this machine and has no address; name dask or ray")
        on_a_node = self.name == "ray" and "://" not in self.address
        if not on_a_node and not self.address.startswith(_SCHEMES[self.name]):
            raise ValueError(f"an address of {self.name} begins with {', '.join(_SCHEMES[self.name])}")
        return self

    @property
    def workers(self) -> int:
        """Workers to start on this machine."""
        return self.jobs or _cores()


def engine_for(engine: Engine | None, n_jobs: int) -> Engine | None:
    """The engine with `n_jobs` workers where more than one is asked for; None: this process alone."""
    if n_jobs == 1:
        return engine
    jobs = n_jobs if n_jobs > 0 else None
    return engine.model_copy(update={"jobs": jobs}) if engine is not None else Engine(jobs=jobs)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1

"""Runs in one folder stand in line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from macrotrade.errors import DataError

__all__ = ["one_at_a_time"]


@contextmanager
def one_at_a_time(folder: Path, wait_seconds: float = 600.0) -> Iterator[None]:
    """Hold a folder while the body runs; the system lets go of it when the process ends, however it ends.

    A folder that cannot be written is not held: whoever writes there is refused anyway.

    Raises
    ------
    DataError
        If another process has held it for `wait_seconds`.
    """
    from filelock import FileLock, Timeout

    lock = FileLock(folder / ".lock")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock.acquire(timeout=wait_seconds)
    except Timeout:
        raise DataError(
            f"{folder}: another run has been at work there for {wait_seconds:g} seconds. Try again when it has ended, "
            "or give another folder with --out."
        ) from None
    except OSError:
        yield
        return
    try:
        yield
    finally:
        lock.release()

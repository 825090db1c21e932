"""One writer at a time; readers need no lock."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from macrotrade._files import atomically
from macrotrade.errors import DataError

__all__ = ["HOLDER", "LOCK", "one_writer"]

LOCK = ".lock"
HOLDER = ".holder.json"


@contextmanager
def one_writer(folder: Path, wait_seconds: float) -> Iterator[None]:
    """Hold the lock of a folder while the body runs; the system frees it when the process ends, however it ends.

    Parameters
    ----------
    wait_seconds
        How long to wait for another writer; 0 for not at all.

    Raises
    ------
    DataError
        If another process still writes, naming it, or if the folder cannot be written.
    """
    from filelock import FileLock, Timeout

    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / LOCK)
        lock.acquire(timeout=wait_seconds)
    except Timeout:
        raise DataError(
            f"{folder}: {_holder(folder)} is writing this cache; waited {wait_seconds:g} seconds. Try again when it "
            "has ended, or wait longer."
        ) from None
    except OSError as error:
        raise DataError(
            f"{folder}: the cache cannot be written ({error.strerror or error}); allow writing there, or name another "
            "folder with --cache or MACROTRADE_CACHE."
        ) from error
    try:
        _say_who(folder)
        yield
    finally:
        with suppress(OSError):
            (folder / HOLDER).unlink(missing_ok=True)
        lock.release()


def _say_who(folder: Path) -> None:
    since = f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC"
    words = json.dumps({"process": os.getpid(), "machine": socket.gethostname(), "since": since})
    # The name of the holder is a courtesy: without it the lock holds as well.
    with suppress(OSError), atomically(folder / HOLDER) as part:
        part.write_text(words, encoding="utf-8")


def _holder(folder: Path) -> str:
    try:
        told = json.loads((folder / HOLDER).read_text(encoding="utf-8"))
        return f"process {told['process']} on {told['machine']} (since {told['since']})"
    except (OSError, ValueError, KeyError, TypeError):
        return "another process"

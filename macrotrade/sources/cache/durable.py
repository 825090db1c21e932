"""Files that a power cut leaves as they were or as they were to become."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from macrotrade._files import atomically

__all__ = ["Stage", "nothing", "write_durably"]

Stage = Callable[[str], None]
"""Called with the name of a stage once it is passed, so that a test can pause, fail or kill the process there."""


def nothing(stage: str) -> None:
    """What happens between stages: nothing."""


def write_durably(file: Path, content: bytes, at_stage: Stage = nothing) -> None:
    """Write a whole file: content forced to the disk, then its name, then the folder that holds the name.

    Stages: ``begun`` (half of the content is written, under another name), ``written`` (all of it, on the disk) and
    ``named``.

    Raises
    ------
    OSError
        If the disk is full or the folder cannot be written; the file is then as it was.
    """
    with atomically(file) as part:
        with part.open("wb") as stream:
            half = len(content) // 2
            stream.write(content[:half])
            stream.flush()
            at_stage("begun")
            stream.write(content[half:])
            stream.flush()
            os.fsync(stream.fileno())
        at_stage("written")
    _sync_folder(file.parent)
    at_stage("named")


def _sync_folder(folder: Path) -> None:
    """Force the names in a folder to the disk, where the system can (Windows opens no folder)."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

"""Files that appear whole or not at all, and what they hold."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["atomically", "content_hash"]


@contextmanager
def atomically(file: Path) -> Iterator[Path]:
    """Path beside `file` to write to; it takes the place of `file` once the body has succeeded, and is gone otherwise.

    The folder is made where it is missing. The path ends as `file` does, for writers that look at the ending.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    temporary = file.with_name(f".part-{secrets.token_hex(8)}{file.suffix}")
    try:
        yield temporary
        temporary.replace(file)
    finally:
        temporary.unlink(missing_ok=True)


def content_hash(file: Path) -> str:
    """SHA-256 of what a file holds, in hexadecimal; empty where it cannot be read."""
    try:
        return hashlib.sha256(file.read_bytes()).hexdigest()
    except OSError:
        return ""

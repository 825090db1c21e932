"""Files that appear whole or not at all."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["atomically"]


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

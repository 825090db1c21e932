"""Compiled code on disk that is found again only while nothing it was made of has changed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

__all__ = ["known_by_its_folder"]

Function = TypeVar("Function", bound=Callable[..., Any])


def known_by_its_folder(function: Function) -> Function:
    """The function under a name that changes with any source file beside its own, for numba to keep its code under.

    numba looks for changes in the file of the function it compiles, not in those of the functions that this one calls:
    after an upgrade it would run the old machine code of a kernel whose own file stayed as it was.
    """
    function.__qualname__ += f"_{_fingerprint(Path(function.__code__.co_filename).parent)}"
    return function


@cache
def _fingerprint(folder: Path) -> str:
    digest = hashlib.sha256()
    for file in sorted(folder.glob("*.py")):
        digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:12]

"""Where the cache lies."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["ENVIRONMENT_VARIABLE", "cache_folder"]

ENVIRONMENT_VARIABLE = "MACROTRADE_CACHE"


def cache_folder(given: str | Path | None = None) -> Path:
    """The folder given, else that of the environment variable `MACROTRADE_CACHE`, else the platform's cache folder.

    It need not exist yet.
    """
    named = given or os.environ.get(ENVIRONMENT_VARIABLE)
    if named:
        return Path(named).expanduser()
    from platformdirs import user_cache_dir

    return Path(user_cache_dir("macrotrade"))

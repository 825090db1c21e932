"""Where the ledger is kept."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["VARIABLE", "ledger_path"]

VARIABLE = "MACROTRADE_LEDGER"
"""Environment variable that names the file."""


def ledger_path(given: str | Path | None = None) -> Path:
    """File of the ledger: the one given, else the one that `MACROTRADE_LEDGER` names, else the user's own.

    The user's own is ``ledger.sqlite`` in the platform's data folder, which backups include and caches do not.
    """
    chosen = given or os.environ.get(VARIABLE)
    if chosen:
        return Path(chosen).expanduser()
    from platformdirs import user_data_dir

    return Path(user_data_dir("macrotrade", appauthor=False)) / "ledger.sqlite"

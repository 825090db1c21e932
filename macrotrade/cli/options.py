"""Arguments and options that several commands share."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

__all__ = ["AsOf", "Jobs", "Json", "Out", "StrategyFile", "day"]

Out = Annotated[Path, typer.Option("--out", help="Folder for the report and the finished blocks.")]
Jobs = Annotated[int, typer.Option("--jobs", min=1, help="Processes.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
AsOf = Annotated[
    datetime | None, typer.Option("--as-of", formats=["%Y-%m-%d"], help="Day of the decision, YYYY-MM-DD.")
]
StrategyFile = Annotated[Path, typer.Argument(help="Strategy in TOML.", show_default=False)]


def day(given: datetime | None) -> str | None:
    """A day given on the command line, as text."""
    return given.date().isoformat() if given is not None else None

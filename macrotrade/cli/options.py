"""Arguments and options that several commands share."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from macrotrade.strategy.engines import Engine

__all__ = [
    "Address",
    "AsOf",
    "EngineChoice",
    "Jobs",
    "Json",
    "Out",
    "Resume",
    "Store",
    "StrategyFile",
    "Workers",
    "blocks_kept",
    "day",
    "on_engine",
]

Out = Annotated[Path, typer.Option("--out", help="Folder for the report and the finished blocks.")]
Jobs = Annotated[int, typer.Option("--jobs", min=1, help="Processes.")]
Workers = Annotated[int | None, typer.Option("--jobs", min=1, help="Processes, or workers of the engine.")]
EngineChoice = Annotated[
    str | None, typer.Option("--engine", help="loky, dask or ray; the file's, or this process.", show_default=False)
]
Address = Annotated[
    str | None,
    typer.Option("--address", help="Running cluster, tcp://host:8786 or ray://host:10001.", show_default=False),
]
Store = Annotated[
    str | None,
    typer.Option("--store", help="Folder or address of the finished blocks; OUT/blocks.", show_default=False),
]
Resume = Annotated[bool, typer.Option("--resume", help="Go on with finished blocks; refused where there are none.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
AsOf = Annotated[
    datetime | None, typer.Option("--as-of", formats=["%Y-%m-%d"], help="Day of the decision, YYYY-MM-DD.")
]
StrategyFile = Annotated[Path, typer.Argument(help="Strategy in TOML.", show_default=False)]


def day(given: datetime | None) -> str | None:
    """A day given on the command line, as text."""
    return given.date().isoformat() if given is not None else None


def on_engine(written: Engine | None, name: str | None, address: str | None, jobs: int | None) -> Engine | None:
    """The engine a file names, changed by what the command line says; None for this process alone."""
    from macrotrade.strategy.engines import Engine
    from macrotrade.strategy.parts import parse

    said = {key: value for key, value in (("name", name), ("address", address), ("jobs", jobs)) if value is not None}
    if not said:
        return written
    # Another engine than the file's has another address.
    kept = written.model_dump() if written is not None else {}
    if name is not None and name != kept.get("name"):
        kept.pop("address", None)
    if address is not None and name is None and written is None:
        said["name"] = "ray" if address.startswith("ray://") else "dask"
    return parse(Engine, {**kept, **said}, "--engine")


def blocks_kept(where: str | Path, resume: bool) -> str | Path:
    """The folder or address of finished blocks; SettingsError where it is to be gone on with and holds none."""
    from macrotrade.errors import SettingsError
    from macrotrade.strategy.stores import block_store

    if resume and block_store(where).is_empty():
        raise SettingsError(
            f"There are no finished blocks to go on with in {where}; name the --out or --store of the run that was "
            "interrupted, or start anew without --resume."
        )
    return where

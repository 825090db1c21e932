"""Commands about the installed providers."""

from __future__ import annotations

from typing import Annotated

import typer

from macrotrade.cli.app import NOTHING_TO_DO, app
from macrotrade.cli.options import Json
from macrotrade.cli.screen import show

__all__ = ["check", "providers"]


@app.command()
def providers(json: Json = False) -> None:
    """List the installed providers and their settings.

    Example: macrotrade providers
    """
    from macrotrade.providers.registry import installed
    from macrotrade.report.terminal import provider_table, providers_json

    entries = installed()
    if not entries:
        typer.echo("No provider is installed; reinstall macrotrade, its own register by entry point.", err=True)
        raise typer.Exit(NOTHING_TO_DO)
    if json:
        typer.echo(providers_json(entries))
    else:
        show(provider_table(entries))


@app.command()
def check(name: Annotated[str, typer.Argument(help="Provider, as `macrotrade providers` lists it.")]) -> None:
    """Try to make a provider look ahead: change the future, and see whether the past moves.

    Example: macrotrade check autoregression
    """
    from macrotrade.providers.registry import load
    from macrotrade.sources.load import load as load_history
    from macrotrade.testing import check_provider

    report = check_provider(load(name), load_history("embedded"))
    typer.echo(str(report))
    report.raise_for_failures()

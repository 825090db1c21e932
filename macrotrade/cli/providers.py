"""Commands about the installed providers."""

from __future__ import annotations

import tomllib
from typing import Annotated, Any

import typer

from macrotrade.cli.app import NOTHING_TO_DO, app
from macrotrade.cli.options import Json
from macrotrade.cli.screen import progress, show

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
def check(
    name: Annotated[str, typer.Argument(help="Provider, as `macrotrade providers` lists it.")],
    given: Annotated[
        list[str] | None, typer.Option("--set", help="A setting, such as n_lags=6.", show_default=False)
    ] = None,
) -> None:
    """Try to make a provider look ahead: change the future, and see whether the past moves.

    Example: macrotrade check autoregression --set n_lags=6
    """
    from macrotrade.providers.registry import load
    from macrotrade.sources.load import load as load_history
    from macrotrade.testing import check_provider
    from macrotrade.testing.laws import LAWS

    provider = load(name, **_settings(given or []))
    with progress("laws", len(LAWS)) as advance:
        report = check_provider(provider, load_history("embedded"), progress=advance)
    typer.echo(str(report))
    report.raise_for_failures()


def _settings(given: list[str]) -> dict[str, Any]:
    """Settings from their written form, ``name=value``."""
    from macrotrade.errors import SettingsError

    settings: dict[str, Any] = {}
    for text in given:
        name, equals, value = (part.strip() for part in text.partition("="))
        if not (name and equals and value):
            raise SettingsError(f"--set {text} is not a setting; write name=value, such as n_lags=6.")
        settings[name] = _value(value)
    return settings


def _value(text: str) -> Any:
    """A value as in TOML; what TOML does not read is text, since a shell takes its quotes away."""
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text

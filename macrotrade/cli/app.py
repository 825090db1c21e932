"""The command itself, to which each file of commands adds its own."""

from __future__ import annotations

import typer

__all__ = ["NOTHING_TO_DO", "REFUSED", "app", "group"]

REFUSED, NOTHING_TO_DO = 3, 4
"""Exit codes of a command whose data or results were refused, and of one that found nothing to do."""

app = typer.Typer(
    name="macrotrade",
    help="Macroeconomic forecasts as they could have been made, traded and judged.",
    epilog="Exit codes: 0 done, 2 usage, 3 refused (stale or bad data), 4 nothing to do.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def group(name: str, words: str) -> typer.Typer:
    """A group of commands under one name, such as ``macrotrade data``."""
    commands = typer.Typer(help=words, no_args_is_help=True, rich_markup_mode=None)
    app.add_typer(commands, name=name)
    return commands

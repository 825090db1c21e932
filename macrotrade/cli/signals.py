"""Commands that say what to hold now, and why."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from macrotrade.cli.alone import one_at_a_time
from macrotrade.cli.app import NOTHING_TO_DO, REFUSED, app
from macrotrade.cli.options import AsOf, Jobs, Json, StrategyFile, day
from macrotrade.cli.screen import show
from macrotrade.errors import DataError, SettingsError

if TYPE_CHECKING:
    from macrotrade.report.finished import Report

__all__ = ["explain", "signal"]


@app.command()
def signal(
    file: Annotated[Path, typer.Argument(help="Watchlist or strategy in TOML.", show_default=False)],
    as_of: AsOf = None,
    json: Json = False,
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder for the page and the finished forecasts.", show_default=False)
    ] = None,
    ledger: Annotated[
        Path | None,
        typer.Option(
            "--ledger", help="File; MACROTRADE_LEDGER or the user's data folder by default.", show_default=False
        ),
    ] = None,
    no_ledger: Annotated[bool, typer.Option("--no-ledger", help="Write nothing down.")] = False,
    again: Annotated[bool, typer.Option("--again", help="Print also what was said before.")] = False,
    notify: Annotated[bool, typer.Option("--notify", help="Send news to the addresses in MACROTRADE_NOTIFY.")] = False,
    jobs: Jobs = 1,
) -> None:
    """Print what to hold of each instrument, by whose votes and why; write a page and the ledger.

    Decides for the last decision day up to today, and is refused where the data are too old for that. Says nothing and
    exits with 4 where all of it is in the ledger already. With --as-of a past day is replayed; that goes into a ledger
    only where one is named.

    Example: macrotrade signal strategies/watchlist.toml --as-of 2017-03-31
    """
    from macrotrade.ledger.shown import appended_words
    from macrotrade.ledger.watched import record
    from macrotrade.report.message import addressed, send
    from macrotrade.report.watch_page import tells, watch_report
    from macrotrade.report.watch_terminal import watch_json, watch_reasons, watch_table
    from macrotrade.strategy.watch import watch_source
    from macrotrade.strategy.watchlist import read_watchlist

    if no_ledger and ledger is not None:
        raise SettingsError("--ledger names a file to write, and --no-ledger writes none; give one of the two.")
    watchlist = read_watchlist(file)
    notifier = addressed() if notify else None
    folder = out or Path("runs") / file.stem
    watched = watch_source(watchlist, day(as_of), n_jobs=jobs, store=folder / "forecasts")
    kept = not no_ledger and (as_of is None or ledger is not None)
    # Of two runs at once the second finds the page of the first, and has nothing to tell.
    with one_at_a_time(folder):
        written = record(watched, ledger) if kept else None
        page = folder / "signal.html"
        news = written is None or bool(written.new) or not tells(page, written.last_row)
        told = news or again
        if told and json:
            typer.echo(watch_json(watched))
        elif told and watched.standings:
            show(watch_table(watched))
            show(watch_reasons(watched))
        if written is not None and news:
            typer.echo(appended_words(written, watched.voices), err=json)
        for reason, instruments in watched.reasons_refused.items():
            typer.echo(f"macrotrade: {', '.join(instruments)}: {reason}", err=True)
        head, row = (str(written.head), written.last_row) if written is not None else ("", None)
        try:
            # The message goes first: the page is the mark that all were told.
            if notifier is not None and news:
                send(watched, notifier, head)
        finally:
            if told:
                typer.echo(f"wrote {_saved(watch_report(watched, head, row), page)}", err=True)
    if watched.refused:
        raise typer.Exit(REFUSED)
    if not news:
        raise typer.Exit(NOTHING_TO_DO)


def _saved(report: Report, file: Path) -> Path:
    """The page on the disk; where it cannot be written the decision stands all the same."""
    try:
        return report.save(file)
    except OSError as error:
        raise DataError(
            f"The page {file} could not be written ({error.strerror or error}). What was decided is printed above and, "
            "where there is a ledger, written down. Make room or give another folder with --out, and run again."
        ) from error


@app.command()
def explain(
    file: StrategyFile,
    provider: Annotated[str | None, typer.Option("--provider", help="Label or name; the first that explains.")] = None,
    instrument: Annotated[str | None, typer.Option("--instrument", help="Symbol; the strategy's first.")] = None,
    as_of: AsOf = None,
    since: Annotated[
        datetime | None, typer.Option("--since", formats=["%Y-%m-%d"], help="Earlier day; the decision before.")
    ] = None,
) -> None:
    """Print why a provider's forecast changed since the decision before: releases, revisions, the model itself.

    Example: macrotrade explain strategies/treasury_bond_bma.toml --provider bma --instrument ZB --as-of 2008-12-31
    """
    from macrotrade.report.terminal import explanation_table
    from macrotrade.strategy.explain import explain as why
    from macrotrade.strategy.explain import explaining_providers
    from macrotrade.strategy.spec import read_strategy

    strategy = read_strategy(file)
    explanations = why(strategy, strategy.data.load(), provider, instrument, day(as_of), day(since))
    told = provider or explaining_providers(strategy)[0]
    for explanation in explanations:
        show(explanation_table(explanation, provider=told))
    explained = getattr(explanations[0], "after_as_of", None) if explanations else None
    if as_of is not None and explained is not None and explained < as_of:
        typer.echo(f"explained: {explained:%Y-%m-%d}, the last decision day by {day(as_of)} in the data", err=True)

"""Commands about what was said: ``macrotrade ledger``."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from macrotrade.cli.app import NOTHING_TO_DO, group
from macrotrade.cli.options import Json, day
from macrotrade.cli.screen import progress, show

if TYPE_CHECKING:
    from macrotrade.ledger.scores import Score

__all__ = ["ledger_export", "ledger_replay", "ledger_score", "ledger_show", "ledger_verify"]

ledger = group("ledger", "What was said and when: an append-only file of decisions.")

LedgerFile = Annotated[
    Path | None,
    typer.Option("--ledger", help="File; MACROTRADE_LEDGER or the user's data folder by default.", show_default=False),
]
Instrument = Annotated[str | None, typer.Option("--instrument", help="Symbol.")]
Provider = Annotated[str | None, typer.Option("--provider", help="Label or registered name.")]
Named = Annotated[str | None, typer.Option("--strategy", help="Name of a strategy or watchlist.")]
Since = Annotated[
    datetime | None, typer.Option("--since", formats=["%Y-%m-%d"], help="First decision day, YYYY-MM-DD.")
]
Last = Annotated[int | None, typer.Option("--last", min=1, help="So many of the last rows.")]
Data = Annotated[
    Path | None, typer.Option("--data", help="Where the data lie now, in place of the path in the settings.")
]

REFUSED = 3


@ledger.command("show")
def ledger_show(
    instrument: Instrument = None,
    provider: Provider = None,
    strategy: Named = None,
    since: Since = None,
    last: Last = None,
    json: Json = False,
    file: LedgerFile = None,
) -> None:
    """Print what was said, a row each, in the order it was written; exit 4 where there is nothing to show.

    Example: macrotrade ledger show --instrument ZN --last 12
    """
    from macrotrade.ledger.exports import plain_rows
    from macrotrade.ledger.ledger import Ledger
    from macrotrade.ledger.shown import shown
    from macrotrade.report.terminal import frame_table

    with Ledger.read(_there(file)) as book:
        rows = book.frame(instrument=instrument, provider=provider, strategy=strategy, since=day(since), last=last)
        head = book.head()
    if rows.empty:
        typer.echo(f"Nothing to show: no such row among the {head.sequence} of the ledger.", err=True)
        raise typer.Exit(NOTHING_TO_DO)
    if json:
        from json import dumps

        typer.echo(dumps(plain_rows(rows), indent=2))
        return
    show(frame_table(shown(rows).set_index("row"), f"{len(rows)} of {head.sequence} rows"))
    typer.echo(f"head {head}")


@ledger.command("verify")
def ledger_verify(
    head: Annotated[
        str | None, typer.Option("--head", help="A head noted elsewhere: ROW:HASH, or 16 digits of the hash.")
    ] = None,
    file: LedgerFile = None,
) -> None:
    """Check every row, the guards and the order; exit 3 where anything is broken, naming the first broken row.

    Rows cut off at the end do not show by themselves: give a head that was noted elsewhere.

    Example: macrotrade ledger verify --head 128:5d1c06a2f8b94e37
    """
    from macrotrade.errors import DataError
    from macrotrade.ledger.verification import verify

    found = verify(file, head)
    for note in found.notes:
        typer.echo(f"note: {note}")
    if not found.whole:
        raise DataError(f"Ledger {found.path} is not whole. " + "\n".join(found.problems))
    against = "" if head is None else "; it holds the head that was noted"
    typer.echo(f"{found.path} is whole: {found.rows} rows{against}\nhead {found.head}")


@ledger.command("replay")
def ledger_replay(
    instrument: Instrument = None,
    provider: Provider = None,
    strategy: Named = None,
    since: Since = None,
    last: Last = None,
    tolerance: Annotated[float, typer.Option("--tolerance", min=0.0, help="Largest difference that is none.")] = 0.0,
    data: Data = None,
    file: LedgerFile = None,
) -> None:
    """Compute past decisions again from their own settings and the data as of then; exit 3 where one differs.

    Example: macrotrade ledger replay --since 2026-01-01
    """
    from macrotrade.ledger.ledger import Ledger
    from macrotrade.ledger.replays import replay
    from macrotrade.ledger.shown import causes, differing
    from macrotrade.report.terminal import frame_table

    path = _there(file)
    with Ledger.read(path) as book:
        wanted = book.frame(instrument=instrument, provider=provider, strategy=strategy, since=day(since), last=last)
    if wanted.empty:
        typer.echo("Nothing to replay: the ledger has no such row.", err=True)
        raise typer.Exit(NOTHING_TO_DO)
    with progress("rows", len(wanted)) as advance:
        found = replay(
            path,
            tolerance=tolerance,
            data=data,
            instrument=instrument,
            provider=provider,
            strategy=strategy,
            since=day(since),
            last=last,
            progress=advance,
        )
    for numbers, reason in found.not_computed:
        typer.echo(f"rows {numbers[0]} to {numbers[-1]} were not computed again: {reason}", err=True)
    if found.differences:
        table = differing(found)
        several = (
            "" if len(table) == len(found.differences) else f", the first {len(table)} of {len(found.differences)}"
        )
        show(frame_table(table.set_index("row"), f"What comes out otherwise{several}"))
    for cause, where in causes(found).items():
        typer.echo(f"rows {where}: {cause}")
    if found.without_data:
        typer.echo(f"{len(found.without_data)} rows were refused before any data could be read; nothing to compute.")
    typer.echo(
        f"{found.rows} rows computed again, {len({each.row for each in found.differences})} differ; the data of "
        f"{len(found.revised)} are not those of then."
    )
    if not found.same:
        raise typer.Exit(REFUSED)


@ledger.command("score")
def ledger_score(
    strategy: Named = None,
    within: Annotated[int, typer.Option("--within", min=0, help="Days within which a row is live.")] = 7,
    later: Annotated[bool, typer.Option("--later", help="Judge the rows that were written later instead.")] = False,
    data: Data = None,
    out: Annotated[Path | None, typer.Option("--out", help="Folder for a report of each strategy.")] = None,
    file: LedgerFile = None,
) -> None:
    """Print what issued signals have earned since; exit 4 where nothing can be judged yet.

    What was first said counts, from the first session after the day it was written.

    Example: macrotrade ledger score --out runs/issued
    """
    from macrotrade.ledger.scores import score

    scores = score(_there(file), strategy=strategy, later=later, within_days=within, data=data)
    for number, each in enumerate(scores, start=1):
        _print_score(each)
        if out is not None and each.backtest is not None:
            from macrotrade.report.document import make_report

            folder = out if len(scores) == 1 else out / f"{number} {each.strategy.name}"
            typer.echo(f"wrote {make_report(each.backtest).save(folder)}")
    if all(each.backtest is None for each in scores):
        raise typer.Exit(NOTHING_TO_DO)


@ledger.command("export")
def ledger_export(
    out: Annotated[Path, typer.Argument(help="File to write: .csv, .jsonl or .parquet.", show_default=False)],
    file: LedgerFile = None,
) -> None:
    """Write every row, with the texts it refers to, to a CSV, JSON lines or Parquet file.

    Example: macrotrade ledger export ledger.jsonl
    """
    from macrotrade.ledger.exports import export

    typer.echo(f"wrote {export(out, _there(file))} rows to {out}")


def _there(given: Path | None) -> Path:
    """File of the ledger; where there is none yet there is nothing to do."""
    from macrotrade.ledger.place import ledger_path

    path = ledger_path(given)
    if not path.exists():
        words = f"There is no ledger at {path}. `macrotrade signal` writes one; or name a file with --ledger."
        typer.echo(words, err=True)
        raise typer.Exit(NOTHING_TO_DO)
    return path


def _print_score(score: Score) -> None:
    from macrotrade.report.terminal import summary_table

    rows = ", ".join(f"{n} {why}" for why, n in score.counts.items())
    if score.backtest is None:
        counted = "" if rows in score.reason else f" ({rows})"
        typer.echo(f"{score.strategy.name}, {', '.join(score.strategy.instruments)}: {score.reason}{counted}")
        return
    show(summary_table(score.backtest))
    typer.echo(f"rows: {rows}")

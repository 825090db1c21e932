"""Commands that run a strategy or a study over its history."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from macrotrade.cli.app import app
from macrotrade.cli.options import (
    Address,
    EngineChoice,
    Jobs,
    Out,
    Resume,
    Store,
    StrategyFile,
    Workers,
    blocks_kept,
    on_engine,
)
from macrotrade.cli.screen import progress, show

if TYPE_CHECKING:
    from macrotrade.strategy.spec import Strategy

__all__ = ["backtest", "demo", "evaluate", "warm"]


@app.command()
def demo(out: Out = Path("runs/demo"), jobs: Jobs = 2) -> None:
    """Trade the installed providers on ZN, ZB and SPX with the embedded data; print a table, write a report.

    Example: macrotrade demo --out runs/demo
    """
    from macrotrade.strategy.demo import able, demo_strategy, left_out_of_demo

    whole = demo_strategy()
    strategy, refused = able(whole, whole.data.load())
    for title, reason in refused.items():
        typer.echo(f"{title} is left out: {reason}", err=True)
    _run_backtest(strategy.changed(engine=on_engine(None, None, None, jobs)), out, out / "blocks")
    if left_out_of_demo():
        typer.echo(f"not in the demo, for the time they take: {', '.join(left_out_of_demo())}")


@app.command()
def backtest(
    file: StrategyFile,
    out: Annotated[Path | None, typer.Option("--out", help="Folder for the report and the finished blocks.")] = None,
    jobs: Workers = None,
    engine: EngineChoice = None,
    address: Address = None,
    store: Store = None,
    resume: Resume = False,
) -> None:
    """Run a strategy over its history; print a table, write report.html, report.md and results.json.

    A run that was interrupted goes on where it stopped when started again with the same --out.

    Example: macrotrade backtest strategies/treasury_autoregression.toml --jobs 2
    """
    from macrotrade.strategy.spec import read_strategy

    strategy = read_strategy(file)
    strategy = strategy.changed(engine=on_engine(strategy.engine, engine, address, jobs))
    folder = out or Path("runs") / file.stem
    _run_backtest(strategy, folder, blocks_kept(store or folder / "blocks", resume))


@app.command()
def evaluate(
    file: Annotated[Path, typer.Argument(help="Study in TOML.", show_default=False)],
    out: Annotated[Path | None, typer.Option("--out", help="Folder for the report and the finished blocks.")] = None,
    jobs: Workers = None,
    engine: EngineChoice = None,
    address: Address = None,
    store: Store = None,
    resume: Resume = False,
    data: Annotated[
        Path | None, typer.Option("--data", help="FRED-MD vintages: a folder, zip, CSV or Parquet.")
    ] = None,
) -> None:
    """Judge providers on many series and horizons without trading; print gains, write the report and its tables.

    Of few series, ratios of errors are printed too, with tests and confidence sets, window by window.

    A study that was interrupted goes on where it stopped when started again with the same --out.

    Example: macrotrade evaluate strategies/studies/small_panel.toml --jobs 2
    """
    from macrotrade.report.study_page import study_report
    from macrotrade.report.terminal import gain_table, race_tables
    from macrotrade.strategy.engines import kept_open
    from macrotrade.strategy.study import read_study, run_study

    study = read_study(file)
    study = study.model_copy(update={"engine": on_engine(study.engine, engine, address, jobs)})
    study = study if data is None else study.on_vintages(data)
    folder = out or Path("runs") / file.stem
    blocks = blocks_kept(store or folder / "blocks", resume)
    steps = len(study.origins) * len(study.providers)
    with kept_open(study.engine), progress("forecasts", steps) as advance:
        result = run_study(study, study.data.load(), store=blocks, progress=advance)
    report = study_report(result)
    show(gain_table(result))
    for table in race_tables(result, report.results["horse_race"]):
        show(table)
    typer.echo(f"wrote {report.save(folder)}")


@app.command()
def warm() -> None:
    """Fill the compile caches, so that the first real run is quick.

    Example: macrotrade warm
    """
    from macrotrade.strategy.warm import warm_caches

    for line in warm_caches():
        typer.echo(line)


def _run_backtest(strategy: Strategy, out: Path, blocks: str | Path) -> None:
    from macrotrade.report.document import make_report
    from macrotrade.report.terminal import summary_table
    from macrotrade.strategy.backtest import backtest as run
    from macrotrade.strategy.engines import kept_open
    from macrotrade.strategy.run import origins_of, targets_of
    from macrotrade.strategy.sensitivity import sensitivity
    from macrotrade.strategy.variants import n_walks

    history = strategy.data.load()
    n_origins = len(origins_of(strategy, history))
    with kept_open(strategy.engine):
        with progress("forecasts", n_origins * len(strategy.providers) * len(targets_of(strategy))) as advance:
            result = run(strategy, history, store=blocks, progress=advance)
        show(summary_table(result))
        with progress("sensitivity", n_origins * n_walks(strategy)) as advance:
            nearby = strategy.data.nearby()
            changed = sensitivity(strategy, history, nearby=nearby, store=blocks, progress=advance)
    page = make_report(result, sensitivity=changed).save(out)
    changed.tidy().to_csv(out / "sensitivity.csv", index=False)
    typer.echo(f"wrote {page}")

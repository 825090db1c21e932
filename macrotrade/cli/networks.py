"""Commands about neural networks: ``macrotrade networks``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from macrotrade.cli.app import group
from macrotrade.cli.options import Jobs, Json
from macrotrade.cli.screen import progress, show

if TYPE_CHECKING:
    from macrotrade.providers.neural.selection import Search, Tried

__all__ = ["networks_select"]

networks = group("networks", "Neural networks: their settings chosen on months held out.")


@networks.command("select")
def networks_select(
    file: Annotated[Path, typer.Argument(help="Grids in TOML.", show_default=False)],
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder for what is found; runs/ and the file's name.")
    ] = None,
    data: Annotated[
        Path | None, typer.Option("--data", help="FRED-MD vintages: a folder, zip, CSV or Parquet.")
    ] = None,
    repeats: Annotated[
        int | None, typer.Option("--repeats", min=1, help="Members of a candidate; the file's.", show_default=False)
    ] = None,
    jobs: Jobs = 1,
    json: Json = False,
) -> None:
    """Choose settings of networks, stage by stage, by their errors on months held out.

    Prints what was chosen and writes selected.toml, the tables of providers that a strategy or study takes, and
    candidates.csv, every candidate. One that was interrupted goes on with the candidate it was at.

    Example: macrotrade networks select strategies/networks/treasury_selection.toml
    """
    from macrotrade._files import atomically
    from macrotrade.report.terminal import frame_table, vintage_words
    from macrotrade.strategy.network_selection import read_selection, run_selection, selected_toml

    selection = read_selection(file)
    selection = selection if repeats is None else selection.model_copy(update={"n_repeats": repeats})
    selection = selection if data is None else selection.on_vintages(data)
    folder, history = out or Path("runs") / file.stem, selection.data.load()
    with progress("forecasts", selection.n_forecasts) as advance:
        found = run_selection(
            selection,
            history,
            n_jobs=jobs,
            store=folder / "candidates",
            progress=advance,
            tell=None if json else _tell,
        )
    for name, text in {
        "selected.toml": selected_toml(selection, found),
        "candidates.csv": found.table().to_csv(index=False),
    }.items():
        with atomically(folder / name) as unfinished:
            unfinished.write_text(text, encoding="utf-8")
    if json:
        typer.echo(found.table().to_json(orient="records", indent=1))
        return
    spans = {f"rmse {number}": f"{first} to {last}" for number, (first, last) in enumerate(selection.spans, start=1)}
    shown = found.summary().map(lambda cell: f"{cell:.4g}" if isinstance(cell, float) else cell).rename(columns=spans)
    show(frame_table(shown, f"{selection.name}: errors of the mean of {selection.n_repeats} members"))
    typer.echo(f"Data: {history.name}. {vintage_words(history.vintages)}")
    typer.echo(f"wrote {folder / 'selected.toml'} and {folder / 'candidates.csv'}")


def _tell(search: Search, tried: Tried) -> None:
    settings = ", ".join(f"{name} {'all' if value is None else value}" for name, value in tried.settings.items())
    said = tried.judged.refusal or f"{tried.judged.score:.4g}"
    typer.echo(f"{search.label}, stage {tried.stage}: {settings}: {said}", err=True)

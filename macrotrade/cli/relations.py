"""The command about what networks learn from which flow: ``macrotrade networks relate``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from macrotrade.cli.networks import networks
from macrotrade.cli.options import Json
from macrotrade.cli.screen import progress, show

__all__ = ["networks_relate"]


@networks.command("relate")
def networks_relate(
    file: Annotated[Path, typer.Argument(help="Flows and sectors in TOML.", show_default=False)],
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder for the page and tables; runs/ and the file's name.")
    ] = None,
    members: Annotated[
        int | None, typer.Option("--members", min=1, help="Networks of an ensemble; the file's.", show_default=False)
    ] = None,
    json: Json = False,
) -> None:
    """Say which macro flows carry information for which sectors: errors of forecasts without each flow.

    Prints the change of the squared error of every sector without every flow, and writes a page and the tables.

    Example: macrotrade networks relate strategies/networks/flows_to_sectors.toml
    """
    from macrotrade.report.relations_page import relations_report
    from macrotrade.report.terminal import frame_table
    from macrotrade.strategy.relation_study import read_relations, run_relations

    asked = read_relations(file)
    if members is not None:
        asked = asked.model_copy(update={"provider": asked.provider.model_copy(update={"n_members": members})})
    study, history = asked.study(), asked.data.load()
    with progress("ensembles", study.n_fits) as advance:
        found = run_relations(asked, history, lambda _: advance(1))
    kind = "true vintages" if history.vintages == "true" else "final numbers with publication lags (pseudo)"
    source = f"the {history.name} data, {kind}, as known on {asked.as_of or history.last_day.date()}"
    page = relations_report(found, study, source, asked.name).save(out or Path("runs") / file.stem)
    if json:
        typer.echo(found.table.to_json(orient="records", indent=1))
        return
    stars = found.found.map(lambda one: "*" if one else "")
    shown = (found.matrix.map("{:+.1f}".format) + stars).assign(
        **{"loss to mean": [f"{one:.2f}" for one in found.sectors["to_mean"]]}
    )
    show(frame_table(shown, "Change of the squared error without each flow, %; * above zero with 97.5%"))
    typer.echo(f"wrote {page}")

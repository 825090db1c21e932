"""Commands about discovered equations: ``macrotrade equations``."""

from __future__ import annotations

import json as json_format
import shutil
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from macrotrade.cli.app import group
from macrotrade.cli.equation_screen import (
    counted,
    discoveries_of,
    gallery,
    record_of,
    save_data,
    saved_data,
    show_ranked,
    show_systems,
)
from macrotrade.cli.options import Json
from macrotrade.cli.screen import progress, show

if TYPE_CHECKING:
    from macrotrade.providers.equations.discovery import Discovery
    from macrotrade.providers.equations.settings import DiscoverySettings
    from macrotrade.providers.equations.system import SystemDiscovery
    from macrotrade.strategy.equation_task import EquationData, EquationTask

__all__ = ["equations_discover", "equations_recurse", "equations_revise", "equations_show", "equations_table"]

equations = group("equations", "Equations that a grammar allows: found, shown, revised, iterated.")

Saved = Annotated[Path, typer.Argument(help="discovery.json, as `equations discover` writes it.", show_default=False)]
Source = Annotated[str, typer.Option("--data", help="Source of the numbers, as `macrotrade data list` has them.")]
DataPath = Annotated[Path | None, typer.Option("--path", help="File or folder, where the source needs one.")]
Until = Annotated[str | None, typer.Option("--until", help="Last period used, such as 2005Q1 or 2005-01.")]
Threads = Annotated[int, typer.Option("--jobs", help="Threads; -1 for all cores.")]
GrammarName = Annotated[
    str | None, typer.Option("--grammar", help="Shipped grammar or a file; every term of the library by default.")
]
MaxTerms = Annotated[int | None, typer.Option("--max-terms", min=1, help="Most terms beside the constant.")]

_SHOWN = 20


@equations.command("discover")
def equations_discover(
    file: Annotated[
        Path | None, typer.Argument(help="Grammar, or a task in TOML; every term of the library by default.")
    ] = None,
    target: Annotated[
        str | None, typer.Option("--target", help="Series explained; several, pi,y,i, by a system.")
    ] = None,
    data: Annotated[str | None, typer.Option("--data", help="Source of the numbers; euro-area by default.")] = None,
    path: DataPath = None,
    until: Until = None,
    columns: Annotated[str | None, typer.Option("--columns", help="What is read besides, such as y,i.")] = None,
    grammar: GrammarName = None,
    max_terms: MaxTerms = None,
    beam: Annotated[int, typer.Option("--beam", min=0, help="Equations of each size carried on; 0 fits all.")] = 0,
    trend: Annotated[bool, typer.Option("--trend", help="Let terms read time; vetoed all the same.")] = False,
    out: Annotated[Path, typer.Option("--out", help="Folder for discovery.json and the gallery.")] = Path(
        "runs/equations"
    ),
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the pieces of a search in --out.")] = False,
    jobs: Threads = 1,
    json: Json = False,
) -> None:
    """Search a language for equations, choose those that would have forecast, write them and a gallery.

    The size of the language is told before the search, its certificate after it.

    Example: macrotrade equations discover --target pi --columns pi --until 2005Q1 --max-terms 2
    """
    task = _task(file, target, data, path, until, columns)
    choices: dict[str, Any] = {
        "grammar": grammar or _grammar_of(file),
        "max_terms": max_terms,
        "trend_terms": trend or None,
    }
    choices |= {"search": "beam", "beam_width": beam} if beam else {}
    settings = replace(task.settings(), **{key: value for key, value in choices.items() if value is not None})
    found = task.read()
    for line in found.size(settings):
        typer.echo(line, err=json)
    discovery = _discovered(found, settings, out, resume, jobs).labelled(found.units, found.vintage)
    discovery.save(out / "discovery.json")
    save_data(found, out)
    shutil.rmtree(out / "pieces", ignore_errors=True)  # a finished search has nothing to resume
    page = gallery(discovery, found, task.name, out)
    if json:
        typer.echo(json_format.dumps(record_of(discovery), indent=1, ensure_ascii=False))
        return
    for one in discoveries_of(discovery):
        for line in one.certificate.lines():
            typer.echo(line)
        show_ranked(one)
    show_systems(discovery)
    typer.echo(f"wrote {out / 'discovery.json'} and {page}")


@equations.command("show")
def equations_show(
    file: Saved,
    latex: Annotated[bool, typer.Option("--latex", help="Print the equations in LaTeX only.")] = False,
    json: Json = False,
) -> None:
    """Print the equations of a discovery with their scores and steady states.

    Example: macrotrade equations show runs/equations/discovery.json --latex
    """
    from macrotrade.providers.equations.exhibits import steady_state_table
    from macrotrade.providers.equations.iterated import load_any_discovery
    from macrotrade.report.terminal import frame_table

    discovery = load_any_discovery(file)
    if json:
        typer.echo(json_format.dumps(record_of(discovery), indent=1, ensure_ascii=False))
        return
    if latex:
        for one in discoveries_of(discovery):
            for member in one.members:
                typer.echo(member.latex())
        return
    history = saved_data(file)
    for one in discoveries_of(discovery):
        for line in one.certificate.lines():
            typer.echo(line)
        show_ranked(one)
        if history is not None:
            show(frame_table(steady_state_table(one.members, history), f"Steady states of {one.target}"))
    show_systems(discovery)


@equations.command("revise")
def equations_revise(
    draft: Annotated[str, typer.Argument(help="Equation with numbers, or a JSON file of one.", show_default=False)],
    distance: Annotated[int, typer.Option("--distance", min=0, help="Most changes of terms.")] = 1,
    data: Source = "euro-area",
    path: DataPath = None,
    until: Until = None,
    columns: Annotated[str | None, typer.Option("--columns", help="What is read besides, such as y,i.")] = None,
    grammar: GrammarName = None,
    max_terms: MaxTerms = None,
    jobs: Threads = 1,
    json: Json = False,
) -> None:
    """Fit every equation within a few changes of a draft, and print what each change gains.

    Example: macrotrade equations revise "pi = .06 + 1.38 pi[-1] - .40 pi[-2]" --columns pi --until 2005Q1
    """
    from macrotrade.providers.equations.grammar import parse_equation
    from macrotrade.providers.equations.revision import revise
    from macrotrade.providers.equations.settings import DiscoverySettings
    from macrotrade.report.equation_tables import edits_frame
    from macrotrade.report.terminal import frame_table

    equation = _draft(draft)
    name = parse_equation(equation, "draft")[0] if isinstance(equation, str) else equation.target
    found = _task(None, name, data, path, until, columns).read()
    settings = DiscoverySettings(grammar=grammar, max_terms=max_terms)
    revision = revise(
        equation, found.frame, settings, distance=distance, forbidden=found.forbidden.get(name, ()), n_jobs=jobs
    )
    if json:
        typer.echo(json_format.dumps(revision.record(), indent=1, ensure_ascii=False))
        return
    typer.echo(f"draft     {revision.draft}, root mean squared residual {revision.draft.rmse:.4g}")
    typer.echo(f"refitted  {revision.refitted}, {revision.refitted.rmse:.4g}")
    show(frame_table(edits_frame(revision, _SHOWN), f"The best of {len(revision.edits)} changes, {found.source}"))


@equations.command("recurse")
def equations_recurse(
    file: Saved,
    steps: Annotated[int, typer.Option("--steps", min=1, help="Periods ahead.")] = 8,
    data: Annotated[str | None, typer.Option("--data", help="Source to start from; the discovery's own data.")] = None,
    path: DataPath = None,
    until: Until = None,
    json: Json = False,
) -> None:
    """Iterate the equations of a discovery into the future, and say what the guards changed.

    Example: macrotrade equations recurse runs/equations/discovery.json --steps 8
    """
    from macrotrade.providers.equations.iterated import load_any_discovery
    from macrotrade.report.equation_tables import path_frame
    from macrotrade.report.terminal import frame_table

    discovery = load_any_discovery(file)
    found = discovery.forecast(_history(file, discovery, data, path, until), steps)
    if json:
        record = {
            "path": {
                name: dict(zip(map(str, column.index), column, strict=True)) for name, column in found.paths.items()
            },
            "fallen_back": list(found.fallen_back),
            "flags": list(found.flags),
        }
        typer.echo(json_format.dumps(record, indent=1, ensure_ascii=False))
        return
    show(frame_table(path_frame(found), "Recursive forecast"))
    for flag in found.flags or ("every equation ran as it is: nothing was clipped or replaced",):
        typer.echo(flag)


@equations.command("table")
def equations_table(
    jobs: Threads = 1,
    json: Json = False,
) -> None:
    """Print the published euro-area table beside ours: equations found and chosen on data to 2005Q1.

    Example: macrotrade equations table --jobs -1
    """
    from macrotrade.providers.equations.area_wide import area_wide_frame
    from macrotrade.providers.equations.published_table import published_table
    from macrotrade.report.equation_tables import published_frame
    from macrotrade.report.terminal import frame_table
    from macrotrade.sources.euro_area import load_euro_area

    history = load_euro_area()
    with progress("equations", 1) as advance:
        found = published_table(area_wide_frame(history.as_of(history.last_day)), n_jobs=jobs)
        advance(1)
    if json:
        flat = published_frame(found)
        record = {"rows": flat.reset_index().to_dict("records"), "equations": found.equations, "flags": found.flags}
        typer.echo(json_format.dumps(record, indent=1, ensure_ascii=False))
        return
    table = frame_table(published_frame(found), "Euro-area inflation, per cent: to 2005Q1, and 2005Q2 to 2007Q1")
    table.columns[0].no_wrap = True
    show(table)
    for name, written in found.equations.items():
        for equation in written:
            typer.echo(f"{name}: {equation}")
    for name, flags in found.flags.items():
        for flag in flags:
            typer.echo(f"{name}: {flag}")
    typer.echo("Area Wide Model database, 18th update: final numbers, no vintages.")


def _task(
    file: Path | None,
    target: str | None,
    data: str | None,
    path: Path | None,
    until: str | None,
    columns: str | None,
) -> EquationTask:
    """The task of a TOML file, or the usual one, with what was given on the command line in its place."""
    from macrotrade.strategy.equation_task import EquationTask, read_task
    from macrotrade.strategy.parts import DataOptions

    task = read_task(file) if file is not None and file.suffix == ".toml" else EquationTask()
    given: dict[str, Any] = {}
    if target is not None:
        given["targets"] = _listed(target)
    if columns is not None:
        given["columns"] = _listed(columns)
    if until is not None:
        given["until"] = until
    if data is not None:
        given["data"] = DataOptions(source=data, path=None if path is None else str(path))
    return task.model_copy(update=given)


def _grammar_of(file: Path | None) -> str | None:
    return None if file is None or file.suffix == ".toml" else str(file)


def _listed(words: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in words.split(",") if word.strip())


def _discovered(
    found: EquationData, settings: DiscoverySettings, out: Path, resume: bool, jobs: int
) -> Discovery | SystemDiscovery:
    """A discovery of one target, or a system of several, its finished pieces kept until it is done."""
    from macrotrade.errors import SettingsError
    from macrotrade.providers.equations.discovery import discover
    from macrotrade.providers.equations.system import discover_system

    folder = out / "pieces"
    if resume and not folder.exists():
        raise SettingsError(f"There is no search to go on with in {folder}; search anew without --resume.")
    with counted(found.n_equations(settings)) as tell:
        if len(found.targets) == 1:
            name = found.targets[0]
            return discover(
                found.frame,
                name,
                settings,
                forbidden=found.forbidden.get(name, ()),
                folder=folder,
                resume=resume,
                n_jobs=jobs,
                progress=tell,
            )
        return discover_system(
            found.frame,
            found.targets,
            settings,
            forbidden=found.forbidden,
            folder=folder,
            resume=resume,
            n_jobs=jobs,
            progress=tell,
        )


def _history(
    file: Path, discovery: Discovery | SystemDiscovery, data: str | None, path: Path | None, until: str | None
) -> Any:
    """What a recursion starts from: a source's numbers, or those that the discovery was made on."""
    from macrotrade.errors import DataError
    from macrotrade.strategy.equation_task import period_until

    if data is not None:
        targets = ",".join(one.target for one in discoveries_of(discovery))
        return _task(None, targets, data, path, until, None).read().frame
    frame = saved_data(file)
    if frame is None:
        raise DataError(f"There is no data.csv beside {file} to start from; name a source with --data.")
    return frame if until is None else frame.loc[: period_until(until, discoveries_of(discovery)[0].anchor.frequency)]


def _draft(given: str) -> Any:
    """An equation from a JSON file, or the text itself."""
    from macrotrade.providers.equations.equation import Equation

    if not given.endswith(".json"):
        return given
    record = json_format.loads(Path(given).read_text(encoding="utf-8"))
    members = record.get("members") if isinstance(record, dict) else None
    return Equation.from_record(members[0] if members else record)

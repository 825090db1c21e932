"""What the commands about discovered equations show, keep and read back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from macrotrade.cli.screen import progress, show

if TYPE_CHECKING:
    import pandas as pd

    from macrotrade.providers.equations.discovery import Discovery
    from macrotrade.providers.equations.system import SystemDiscovery
    from macrotrade.strategy.equation_task import EquationData

__all__ = [
    "counted",
    "discoveries_of",
    "gallery",
    "record_of",
    "save_data",
    "saved_data",
    "show_ranked",
    "show_systems",
]

_SHOWN = 20
_REASONS_SHOWN = 5


@contextmanager
def counted(total: int | None) -> Iterator[Callable[[int, int], None]]:
    """A bar of equations fitted, told how many are done of one target after another."""
    with progress("equations", total or 0) as advance:
        last = 0

        def tell(done: int, of: int) -> None:
            nonlocal last
            del of
            advance(done - last if done >= last else done)
            last = done

        yield tell


def discoveries_of(discovery: Discovery | SystemDiscovery) -> tuple[Discovery, ...]:
    """The discovery, or those of a system, one a target."""
    from macrotrade.providers.equations.system import SystemDiscovery

    return discovery.discoveries if isinstance(discovery, SystemDiscovery) else (discovery,)


def record_of(discovery: Discovery | SystemDiscovery) -> dict[str, Any]:
    """All of it as plain values, for JSON."""
    from macrotrade.providers.equations.system import SystemDiscovery

    if not isinstance(discovery, SystemDiscovery):
        return discovery.record()
    return {
        "discoveries": [one.record() for one in discovery.discoveries],
        "systems": [system.record() for system in discovery.systems],
        "refused": [list(pair) for pair in discovery.refused],
    }


def show_ranked(discovery: Discovery) -> None:
    """Print the ranking, why equations in it were vetoed, and the members with their weights."""
    from macrotrade.report.equation_tables import ranked_frame
    from macrotrade.report.terminal import frame_table

    shown = ranked_frame(discovery, _SHOWN)
    show(frame_table(shown, f"Equations of {discovery.target}, the best {len(shown)} of {len(discovery.ranked)}"))
    for place, one in enumerate(discovery.ranked[:_SHOWN], start=1):
        if one.veto is not None:
            typer.echo(f"vetoed {place}: {one.veto}")
    for member, weight in zip(discovery.members, discovery.weights, strict=True):
        typer.echo(f"{weight:.0%}  {member}")


def show_systems(discovery: Discovery | SystemDiscovery) -> None:
    """Print the systems that stand; nothing for a discovery of one target."""
    from macrotrade.providers.equations.system import SystemDiscovery

    if not isinstance(discovery, SystemDiscovery):
        return
    typer.echo(f"{len(discovery.systems)} systems stand, {len(discovery.refused)} were refused by the guards")
    for reason, count in Counter(reason for _, reason in discovery.refused).most_common(_REASONS_SHOWN):
        typer.echo(f"refused {count}: {reason}")
    for place, system in enumerate(discovery.systems, start=1):
        typer.echo(f"system {place}:\n{system}")


def gallery(discovery: Discovery | SystemDiscovery, found: EquationData, name: str, out: Path) -> Path:
    """Write the gallery page into a folder; gives back its path."""
    from macrotrade.report.equations_page import equations_report

    title = "" if name == "equations" else name
    return equations_report(discovery, found.frame, found.source, title).save(out)


def save_data(found: EquationData, out: Path) -> None:
    """Keep what the equations were discovered on beside them."""
    from macrotrade._files import atomically

    with atomically(out / "data.csv") as temporary:
        found.frame.to_csv(temporary, index_label="period")


def saved_data(file: Path) -> pd.DataFrame | None:
    """What a discovery was made on, kept beside it; None where it is not."""
    import pandas as pd

    beside = file.with_name("data.csv")
    if not beside.exists():
        return None
    frame = pd.read_csv(beside, index_col="period")
    return frame.set_axis(pd.PeriodIndex(frame.index, freq="Q" if "Q" in str(frame.index[0]) else "M"))

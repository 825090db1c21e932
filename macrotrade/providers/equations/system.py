"""Equations of several variables, discovered one by one and simulated together.

1. the equations of each target are ranked with the other series carried on by their autoregressions (`discovery`)
2. systems are put together from the targets' members, the best first, and those that the guards let pass are kept
3. the forecast is the median of the systems' recursive forecasts, shrunk toward the autoregressions
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import Any

import pandas as pd

from macrotrade._files import atomically
from macrotrade.errors import DataError, SettingsError
from macrotrade.providers.equations.discovery import Discovery, discover
from macrotrade.providers.equations.equation import System
from macrotrade.providers.equations.guards import Guards, why_unsafe
from macrotrade.providers.equations.recursion import Recursion, recurse
from macrotrade.providers.equations.settings import DiscoverySettings
from macrotrade.providers.equations.variables import Variable

__all__ = ["SystemDiscovery", "discover_system", "load_system_discovery"]

_SCHEMA = 1
_MOST_TRIED = 125


@dataclass(frozen=True, eq=False)
class SystemDiscovery:
    """Equations found for several targets that read one another.

    Attributes
    ----------
    discoveries
        One a target.
    systems
        The best that the guards let pass; the autoregressions forecast where there is none.
    refused
        The others that were tried, and why they were refused.
    """

    discoveries: tuple[Discovery, ...]
    systems: tuple[System, ...]
    refused: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        targets = [discovery.target for discovery in self.discoveries]
        if not targets or len(set(targets)) < len(targets):
            raise SettingsError(f"A system is discovered for different targets, not {targets}.")

    @property
    def targets(self) -> tuple[str, ...]:
        """The series explained."""
        return tuple(discovery.target for discovery in self.discoveries)

    def forecast(self, frame: pd.DataFrame, n_steps: int) -> Recursion:
        """Median of the systems' recursive forecasts, shrunk toward each target's autoregression.

        Parameters
        ----------
        frame
            What is known: see :func:`~macrotrade.providers.equations.recursion.recurse`.
        n_steps
            Periods ahead.

        Returns
        -------
        Recursion
            Its ``member_paths`` have two levels of columns: the system's place and the target.
        """
        settings = self.discoveries[0].settings
        if not self.systems:
            return self._anchored(frame, n_steps)
        runs = [recurse(system, frame, n_steps, settings.guards) for system in self.systems]
        members = pd.concat({place: run.paths for place, run in enumerate(runs)}, axis=1)
        median = members.T.groupby(level=1).median().T[list(self.targets)]
        anchors = runs[0].anchor_paths
        flags = [f"{place}: {flag}" for place, run in enumerate(runs) for flag in run.flags]
        return Recursion(
            paths=(1.0 - settings.shrink) * median + settings.shrink * anchors,
            member_paths=members,
            anchor_paths=anchors,
            outside=max((run.outside for run in runs), key=lambda part: part.shape[1]),
            fallen_back=tuple(fell for run in runs for fell in run.fallen_back),
            flags=tuple(dict.fromkeys(flags)),
        )

    def labelled(self, units: Mapping[str, str], vintage: str) -> SystemDiscovery:
        """The same with every equation saying what it is of: units by series, and which data, in words."""
        systems = [
            System(tuple(replace(one, units=units.get(one.target, ""), vintage=vintage) for one in system.equations))
            for system in self.systems
        ]
        return SystemDiscovery(
            tuple(one.labelled(units, vintage) for one in self.discoveries), tuple(systems), self.refused
        )

    def _anchored(self, frame: pd.DataFrame, n_steps: int) -> Recursion:
        """The autoregressions alone, said so."""
        guards = Guards(every_origin=False, largest_radius=None)
        found = recurse(System(tuple(one.anchor for one in self.discoveries)), frame, n_steps, guards)
        flag = "no system passed the guards: the autoregressions forecast"
        return replace(found, fallen_back=(True,) * len(self.targets), flags=(flag, *found.flags))

    def save(self, file: Path) -> None:
        """Write it as JSON; the file appears whole or not at all."""
        record: dict[str, Any] = {
            "schema": _SCHEMA,
            "discoveries": [one.record() for one in self.discoveries],
            "systems": [system.record() for system in self.systems],
            "refused": [list(pair) for pair in self.refused],
        }
        with atomically(file) as temporary:
            temporary.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def discover_system(
    frame: pd.DataFrame,
    targets: Sequence[str],
    settings: DiscoverySettings | None = None,
    *,
    forbidden: Mapping[str, Collection[Variable]] | None = None,
    folder: Path | None = None,
    resume: bool = False,
    n_jobs: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> SystemDiscovery:
    """Equations of each target, each chosen with the other series carried on by their autoregressions.

    Parameters
    ----------
    frame, settings, resume, n_jobs, progress
        As for :func:`~macrotrade.providers.equations.discovery.discover`; the grammar is one for all targets.
    targets
        Columns to explain.
    forbidden
        By target, variables that must not explain it.
    folder
        Where finished pieces are kept, a folder a target inside it.
    """
    banned = forbidden or {}
    found = [
        discover(
            frame,
            target,
            settings,
            forbidden=banned.get(target, ()),
            folder=None if folder is None else folder / target,
            resume=resume,
            n_jobs=n_jobs,
            progress=progress,
        )
        for target in targets
    ]
    systems, refused = _standing(found, frame)
    return SystemDiscovery(tuple(found), systems, refused)


def load_system_discovery(file: Path) -> SystemDiscovery:
    """The system that :meth:`SystemDiscovery.save` wrote, without any search.

    Raises
    ------
    DataError
        If there is no such file, or it holds something else.
    """
    try:
        record = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, json.JSONDecodeError) as error:
        raise DataError(f"No system could be read from {file}: {error}.") from error
    if record.get("schema") != _SCHEMA or "systems" not in record:
        raise DataError(f"{file} holds no discovered system of equations.")
    return SystemDiscovery(
        tuple(map(Discovery.from_record, record["discoveries"])),
        tuple(map(System.from_record, record["systems"])),
        tuple((system, reason) for system, reason in record["refused"]),
    )


def _standing(
    discoveries: Sequence[Discovery], frame: pd.DataFrame
) -> tuple[tuple[System, ...], tuple[tuple[str, str], ...]]:
    """The best systems that the guards let pass, as many as members are wanted; and those that were refused.

    Systems are ordered by the sum of their equations' places among the members of their targets.
    """
    settings = discoveries[0].settings
    places = product(*(range(len(one.members)) for one in discoveries))
    kept, refused = [], []
    for chosen in sorted(places, key=lambda place: (sum(place), place))[:_MOST_TRIED]:
        equations = [one.members[place] for one, place in zip(discoveries, chosen, strict=True)]
        reason = why_unsafe(equations, frame, settings.horizon, settings.guards)
        if reason is None:
            kept.append(System(tuple(equations)))
        else:
            refused.append((str(System(tuple(equations))), reason))
        if len(kept) == settings.n_members:
            break
    return tuple(kept), tuple(refused)

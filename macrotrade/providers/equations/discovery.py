"""From a table of series to the few equations that forecast: search, choose, keep.

1. the language, the search, and the equations of least BIC (`candidates`)
2. the choice among them, by what they would have forecast before the origin (`selection`)
3. a :class:`Discovery`, which is saved as JSON and loads without searching
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from macrotrade._files import atomically
from macrotrade._typing import FloatArray
from macrotrade.errors import DataError
from macrotrade.providers.equations.candidates import candidates_from, pool_of
from macrotrade.providers.equations.certificate import Certificate
from macrotrade.providers.equations.distinct import distinct_places
from macrotrade.providers.equations.equation import Equation
from macrotrade.providers.equations.ranked import Ranked
from macrotrade.providers.equations.recursion import Recursion, recurse
from macrotrade.providers.equations.selection import choose
from macrotrade.providers.equations.settings import (
    DiscoverySettings,
    ScoreName,
    SearchName,
    settings_from_record,
    settings_record,
)
from macrotrade.providers.equations.variables import Variable

__all__ = ["Discovery", "DiscoverySettings", "Ranked", "ScoreName", "SearchName", "discover", "load_discovery"]

_SCHEMA = 1


@dataclass(frozen=True, eq=False)
class Discovery:
    """Equations found for one target, and how they were chosen.

    Attributes
    ----------
    target
        Series explained.
    settings
        What was asked.
    ranked
        The filtered equations, the best score first, vetoed ones among them.
    members
        Those that forecast: the best distinct ones without a veto; the autoregression where none is left.
    weights
        Shape (n_members,), positive, sum 1: inverse to the mean squared error of the recursive forecasts from rolling
        origins; equal where the ranking does without them.
    anchor
        The autoregression of order 2 that forecasts are shrunk toward.
    certificate
        What was searched, and how hard.
    log
        Plain values, for JSON: the vetoes with their reasons, and every choice made.
    """

    target: str
    settings: DiscoverySettings
    ranked: tuple[Ranked, ...]
    members: tuple[Equation, ...]
    weights: FloatArray
    anchor: Equation
    certificate: Certificate
    log: Mapping[str, Any]

    def forecast(self, frame: pd.DataFrame, n_steps: int) -> Recursion:
        """Recursive forecast by the members' median, shrunk toward the autoregression, under the guards.

        Parameters
        ----------
        frame
            What is known: see :func:`~macrotrade.providers.equations.recursion.recurse`.
        n_steps
            Periods ahead.
        """
        found = recurse(self.members, frame, n_steps, self.settings.guards, shrink=self.settings.shrink)
        if not self.log["only_autoregression"]:
            return found
        flag = f"no equation of {self.target} was left without a veto: the autoregression forecasts"
        return replace(found, fallen_back=(True,), flags=(flag, *found.flags))

    def labelled(self, units: Mapping[str, str], vintage: str) -> Discovery:
        """The same with every equation saying what it is of: units by series, and which data, in words."""

        def told(equation: Equation) -> Equation:
            return replace(equation, units=units.get(self.target, ""), vintage=vintage)

        return replace(
            self,
            ranked=tuple(replace(one, equation=told(one.equation)) for one in self.ranked),
            members=tuple(map(told, self.members)),
            anchor=told(self.anchor),
        )

    @property
    def distinct(self) -> tuple[Ranked, ...]:
        """The ranked equations that differ in structure from every better one, vetoed ones among them."""
        expressions = [one.equation.expression for one in self.ranked]
        return tuple(self.ranked[place] for place in distinct_places(expressions, self.settings.min_distance))

    def record(self) -> dict[str, Any]:
        """The discovery as plain values, for JSON; scores that are not finite are None."""
        return {
            "schema": _SCHEMA,
            "target": self.target,
            "settings": settings_record(self.settings),
            "ranked": [
                {"equation": one.equation.record(), "scores": _finite(one.scores), "veto": one.veto}
                for one in self.ranked
            ],
            "members": [member.record() for member in self.members],
            "weights": self.weights.tolist(),
            "anchor": self.anchor.record(),
            "certificate": self.certificate.as_dict(),
            "log": dict(self.log),
        }

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Discovery:
        """The discovery that :meth:`record` gave.

        Raises
        ------
        DataError
            If a part is missing, or it was written by a later version.
        """
        if record.get("schema") != _SCHEMA or "ranked" not in record:
            raise DataError(
                f"This is no discovery of equations with schema {_SCHEMA} (it has {record.get('schema')!r}); "
                "discover the equations again, or read it with the version that wrote it."
            )
        try:
            return cls(
                target=record["target"],
                settings=settings_from_record(record["settings"]),
                ranked=tuple(
                    Ranked(Equation.from_record(one["equation"]), _infinite(one["scores"]), one["veto"])
                    for one in record["ranked"]
                ),
                members=tuple(map(Equation.from_record, record["members"])),
                weights=np.array(record["weights"], dtype=np.float64),
                anchor=Equation.from_record(record["anchor"]),
                certificate=Certificate.from_dict(record["certificate"]),
                log=record["log"],
            )
        except (KeyError, TypeError) as error:
            raise DataError(f"A stored discovery lacks or spoils {error}.") from error

    def save(self, file: Path) -> None:
        """Write it as JSON; the file appears whole or not at all."""
        text = json.dumps(self.record(), indent=1, ensure_ascii=False, allow_nan=False)
        with atomically(file) as temporary:
            temporary.write_text(text + "\n", encoding="utf-8")


def discover(
    frame: pd.DataFrame,
    target: str,
    settings: DiscoverySettings | None = None,
    *,
    forbidden: Collection[Variable] = (),
    folder: Path | None = None,
    resume: bool = False,
    n_jobs: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> Discovery:
    """Equations of a series that would have forecast it best, found and chosen on the frame alone.

    Parameters
    ----------
    frame
        Levels known at the origin: series in columns, a row a period without gaps (PeriodIndex, by quarter or month).
        Rows at either end that lack a value are left out of the fit. Time is counted from its first row.
    target
        Column to explain.
    settings
        The default ones where None.
    forbidden
        Variables that must not explain the target, because they hold its value.
    folder, resume
        Where finished pieces of the search are kept, and whether to go on with those that are there.
    n_jobs
        Threads of the fast path, processes of the general one; -1 for all cores. The result does not depend on it.
    progress
        Told how many equations are fitted, of how many.

    Raises
    ------
    DataError
        If the target or a variable is missing, constant, has gaps, or the sample is too short to be split.
    FitError
        If a variable gives the target away.
    SettingsError
        If the language is too large to be fitted whole, or the folder holds another search, or this one and ``resume``
        is not asked for.
    """
    chosen = settings or DiscoverySettings()
    pool = pool_of(list(frame.columns), target, chosen, forbidden)
    candidates = candidates_from(
        pool, frame, target, chosen, folder=folder, resume=resume, n_jobs=n_jobs, progress=progress
    )
    choice = choose(candidates, frame, chosen, pool.grammar_hash)
    log = {
        "language": str(pool),
        "grammar": None if chosen.grammar is None else str(chosen.grammar),
        "forbidden": [str(variable) for variable in forbidden],
        **choice.log,
    }
    return Discovery(
        target,
        chosen,
        choice.ranked,
        choice.members,
        choice.weights,
        choice.anchor,
        candidates.certificate,
        log,
    )


def load_discovery(file: Path) -> Discovery:
    """The discovery that :meth:`Discovery.save` wrote, without any search.

    Raises
    ------
    DataError
        If there is no such file, or it holds something else.
    """
    try:
        record = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, json.JSONDecodeError) as error:
        raise DataError(f"No discovery could be read from {file}: {error}.") from error
    return Discovery.from_record(record)


def _finite(scores: Mapping[str, float]) -> dict[str, float | None]:
    return {name: value if np.isfinite(value) else None for name, value in scores.items()}


def _infinite(scores: Mapping[str, float | None]) -> dict[str, float]:
    return {name: float("inf") if value is None else value for name, value in scores.items()}

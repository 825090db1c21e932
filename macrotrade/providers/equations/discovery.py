"""From a table of series to the few equations that forecast: search, choose, keep.

1. the language: a grammar's, or every term over the lags of the frame's columns (`searching`)
2. the search, whole or by a beam, on the fast path or the general one (`search`, `beam`, `general`)
3. the choice among what was found, by what it would have forecast before the origin (`selection`)
4. a :class:`Discovery`, which is saved as JSON and loads without searching
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeAlias

import pandas as pd

from macrotrade._typing import FloatArray
from macrotrade.providers.equations.certificate import Certificate
from macrotrade.providers.equations.equation import Equation
from macrotrade.providers.equations.recursion import Guards, Recursion
from macrotrade.providers.equations.variables import Variable
from macrotrade.providers.equations.veto import VetoRules

__all__ = ["Discovery", "DiscoverySettings", "Ranked", "ScoreName", "SearchName", "discover", "load_discovery"]

ScoreName: TypeAlias = Literal["recursive", "one_step", "bic", "esr", "mdl", "mse"]
"""What equations are ranked by, less is better: the root mean squared error of recursive or one-step forecasts from
rolling origins inside the sample; or a criterion in sample."""

SearchName: TypeAlias = Literal["exhaustive", "beam"]
"""Every equation of the language, or those that a beam meets."""


@dataclass(frozen=True)
class DiscoverySettings:
    """How equations are searched for and chosen.

    Attributes
    ----------
    grammar
        Name of a shipped grammar or path of a file; None for every term of the published library over lags of the
        frame's columns.
    lags
        Lags of each column where there is no grammar.
    max_terms
        Most terms beside the constant; None for the grammar's own bound, 2 where there is no grammar.
    lone_sines
        Whether c sin(c V + c) may be a term.
    trend_terms
        Whether terms may read time; they extrapolate badly.
    search, beam_width
        All of the language, or a beam of so many equations of each size.
    score
        What the equations are ranked by.
    n_filtered
        How many equations of least BIC the score is worked out for.
    n_members
        How many of the best distinct equations forecast.
    min_distance
        Terms in which each member must differ from every better one.
    shrink
        Weight of the autoregression of order 2 in the forecast, 0 to 1.
    horizon
        Steps of the recursive forecasts that the score judges.
    n_origins
        Most rolling origins of the score, in the last half of the sample.
    seed
        Of random starts on the general path; those of the fast path are fixed.
    vetoes
        What is refused, and why.
    guards
        Of the recursive forecasts.
    n_refined, n_verified, n_random_starts
        Equations tried again harder, equations tried from random starts, and starts of each of these.
    """

    grammar: str | Path | None = None
    lags: int = 2
    max_terms: int | None = None
    lone_sines: bool = True
    trend_terms: bool = False
    search: SearchName = "exhaustive"
    beam_width: int = 100
    score: ScoreName = "recursive"
    n_filtered: int = 60
    n_members: int = 5
    min_distance: int = 1
    shrink: float = 0.5
    horizon: int = 8
    n_origins: int = 16
    seed: int = 0
    vetoes: VetoRules = field(default_factory=VetoRules)
    guards: Guards = field(default_factory=Guards)
    n_refined: int = 400
    n_verified: int = 20
    n_random_starts: int = 50


@dataclass(frozen=True, eq=False)
class Ranked:
    """One equation in the ranking.

    Attributes
    ----------
    equation
        Fitted to the whole sample.
    scores
        By name, less is better: ``mse``, ``mdl``, ``bic``, ``esr``, ``one_step``, ``recursive``.
    veto
        Why it was refused, in words; None if it was not.
    """

    equation: Equation
    scores: Mapping[str, float]
    veto: str | None = None


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
        Shape (n_members,), positive, sum 1: inverse to the mean squared error by which they were ranked.
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
        """Recursive forecast by the members' median, shrunk toward the autoregression, under the guards."""
        raise NotImplementedError

    def save(self, file: Path) -> None:
        """Write it as JSON; the file appears whole or not at all."""
        raise NotImplementedError


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
        Rows at either end that lack a value are left out of the fit.
    target
        Column to explain.
    settings
        The default ones where None.
    forbidden
        Variables that must not explain the target, because they hold its value.
    folder, resume
        Where finished pieces of the search are kept, and whether to go on with those that are there.
    n_jobs
        Processes; the result does not depend on it.
    progress
        Told how many equations are fitted, of how many.

    Raises
    ------
    DataError
        If the target or a variable is missing, constant, has gaps, or the sample is too short to be split.
    FitError
        If a variable gives the target away.
    SettingsError
        If the language is too large to be fitted whole.
    """
    raise NotImplementedError


def load_discovery(file: Path) -> Discovery:
    """The discovery that :meth:`Discovery.save` wrote, without any search.

    Raises
    ------
    DataError
        If there is no such file, or it holds something else.
    """
    raise NotImplementedError

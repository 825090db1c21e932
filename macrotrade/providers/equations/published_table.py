"""The published table of euro-area inflation forecasts, and our equations in it.

Kazakov, D. and Tsenova, T. (2009), Equation discovery for macroeconomic modelling, ICAART 2009, 318-323, table 2:
errors in sample to 2005Q1, and over the eight quarters that followed, one step ahead and recursively from 2005Q1. Ours
are worked out on the Area Wide Model's 18th update, whose history differs a little from theirs. What we select is
selected on data to 2005Q1.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from macrotrade._typing import FloatArray
from macrotrade.providers.equations.area_wide import FIRST, LAST_OF_TRAINING, T_ORIGIN
from macrotrade.providers.equations.autoregressive import autoregression_of
from macrotrade.providers.equations.discovery import Discovery, discover
from macrotrade.providers.equations.drafts import read_draft
from macrotrade.providers.equations.equation import Equation, equation_of_fit
from macrotrade.providers.equations.grammar import parse_equation
from macrotrade.providers.equations.library import TermLibrary
from macrotrade.providers.equations.recursion import recurse
from macrotrade.providers.equations.revision import revise
from macrotrade.providers.equations.sample import sample_of
from macrotrade.providers.equations.settings import DiscoverySettings
from macrotrade.providers.equations.system import SystemDiscovery, discover_system
from macrotrade.providers.equations.variables import TIME, Variable

__all__ = [
    "LAST_OF_TEST",
    "PRINTED",
    "PUBLISHED",
    "PublishedTable",
    "printed_equation",
    "published_table",
    "rank_within_base",
]

LAST_OF_TEST = pd.Period("2007Q1")
"""Last quarter of the published test."""

PRINTED = {
    5: "pi = .04 + 1.49 pi[-1] - .50 pi[-2]",
    6: "pi = .06 + 1.38 pi[-1] - .40 pi[-2]",
    7: "pi = -.51 + .89 pi[-1] + 3.26 sin(-.19 pi[-2] + 1.99) - 2.51 sin(-.28 pi[-1] - 4.12)",
    10: "pi = .11 + .96 pi[-1] + 6.65 sin(.60 y[-1] - 1.02) sin(.02 pi[-1] - .04) "
    "- .62 sin(-.28 pi[-1] + .71) sin(.21 t - 1.09)",
}
"""Inflation's equations by their number in the paper, constants as it rounds them."""

PUBLISHED = {5: (0.49, 0.36, 0.22, 0.19, 0.46, 0.41), 6: (0.49, 0.36, 0.22, 0.19, 0.46, 0.41)} | {
    7: (0.45, 0.34, 0.20, 0.15, 0.26, 0.23)
}
"""Table 2 by the equation's number: RMSE and MAD in sample, one step ahead, and recursively; per cent."""

_COLUMNS = pd.MultiIndex.from_product([["in sample", "one step", "recursive"], ["RMSE", "MAD"]])
_TARGET = "pi"
_TRIED_HARD = 100


@dataclass(frozen=True, eq=False)
class PublishedTable:
    """The published table and ours.

    Attributes
    ----------
    table
        Rows by what is judged; columns in sample, one step and recursive, each with RMSE and MAD, per cent.
    equations
        By row, the equation or equations judged, as text.
    univariate, system
        What was selected on data to 2005Q1.
    flags
        By row, what the guards of its recursive forecast changed.
    """

    table: pd.DataFrame
    equations: dict[str, tuple[str, ...]]
    univariate: Discovery
    system: SystemDiscovery
    flags: dict[str, tuple[str, ...]]


def published_table(
    frame: pd.DataFrame,
    univariate: DiscoverySettings | None = None,
    system: DiscoverySettings | None = None,
    *,
    n_jobs: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> PublishedTable:
    """Errors of the paper's equations, of least squares, and of ours on the paper's split.

    Parameters
    ----------
    frame
        From :func:`~macrotrade.providers.equations.area_wide.area_wide_frame`, to 2007Q1 at least.
    univariate, system
        How our equations are searched for and chosen: of inflation by its own two lags, all equations of up to three
        terms where None; of inflation, output growth and the short rate by all their lags, of up to two terms.
    n_jobs, progress
        As for :func:`~macrotrade.providers.equations.discovery.discover`.
    """
    data = frame.loc[FIRST:LAST_OF_TEST, [_TARGET, "y", "i"]]
    training = data.loc[:LAST_OF_TRAINING]
    alone = discover(
        training[[_TARGET]], _TARGET, univariate or DiscoverySettings(max_terms=3), n_jobs=n_jobs, progress=progress
    )
    together = discover_system(
        training, [_TARGET, "y", "i"], system or DiscoverySettings(max_terms=2), n_jobs=n_jobs, progress=progress
    )
    rows = _Rows(data, training)
    for number in (5, 6, 7):
        rows.published(f"equation {number}, published", number)
        rows.equation(f"equation {number}, as printed", printed_equation(number, training))
    rows.equation("AR(2), least squares", autoregression_of(training, _TARGET))
    rows.equation("equation 7, refitted", revise(PRINTED[7], training[[_TARGET]], distance=0).refitted)
    rows.equation("best univariate equation", alone.members[0])
    rows.selected("selected univariate ensemble", alone)
    rows.system("best three-equation system", replace(together, systems=together.systems[:1]))
    rows.system("selected three-equation ensemble", together)
    return PublishedTable(rows.table, rows.equations, alone, together, rows.flags)


def printed_equation(number: int, training: pd.DataFrame) -> Equation:
    """An equation of the paper with the constants it prints."""
    target, expression, parameters = parse_equation(PRINTED[number], f"equation {number}")
    variables = list(dict.fromkeys(Variable(name, lag) for name in (target,) for lag in (1, 2)))
    sample = sample_of(training, target, variables, t_origin=T_ORIGIN)
    return equation_of_fit(sample, expression, parameters, notes=("constants as printed, two decimals",))


def rank_within_base(frame: pd.DataFrame, *, n_jobs: int = 1) -> tuple[int, int]:
    """Place of equation 10's structure, by squared error to 2005Q1, among equations of its linear base; and how many.

    The base is the constant and pi[-1]; each equation adds two sine terms over pi, y and i at lags 1 and 2, and time.

    Parameters
    ----------
    frame
        From :func:`~macrotrade.providers.equations.area_wide.area_wide_frame`.
    n_jobs
        Threads, -1 for all cores.
    """
    from macrotrade.providers.equations.candidates import fitted_in_threads
    from macrotrade.providers.equations.fitting import FitSettings, fit_structures

    variables = [Variable(name, lag) for name in (_TARGET, "y", "i") for lag in (1, 2)] + [Variable(TIME)]
    library = TermLibrary.full(list(map(str, variables)))
    sample = sample_of(frame.loc[FIRST:LAST_OF_TRAINING], _TARGET, variables, t_origin=T_ORIGIN)
    _, expression, parameters = parse_equation(PRINTED[10], "equation 10")
    wanted = read_draft(library, expression, parameters).structure
    base = [int(code) for code in wanted if code < library.n_linear]
    sines = range(library.n_linear, len(library.terms))
    rows = np.array([[*base, one, other] for one in sines for other in sines if one <= other], dtype=np.int64)
    place = int(np.flatnonzero((rows == wanted).all(axis=1))[0])
    with fitted_in_threads(n_jobs):
        coarse = FitSettings(n_starts=1, n_cells=5)
        first = fit_structures(library, sample.data, rows, coarse).sse
        best = np.union1d(np.argsort(first)[:_TRIED_HARD], place)
        hard = FitSettings(n_starts=3, n_iterations=100, tolerance=1e-10)
        sse = fit_structures(library, sample.data, rows[best], hard).sse
    return int((sse < sse[np.searchsorted(best, place)]).sum()) + 1, len(rows)


class _Rows:
    """The table row by row."""

    def __init__(self, data: pd.DataFrame, training: pd.DataFrame) -> None:
        self.data, self.training = data, training
        self.n_steps = len(data) - len(training)
        self.rows: dict[str, Sequence[float]] = {}
        self.equations: dict[str, tuple[str, ...]] = {}
        self.flags: dict[str, tuple[str, ...]] = {}

    @property
    def table(self) -> pd.DataFrame:
        """The rows so far."""
        return pd.DataFrame.from_dict(self.rows, orient="index", columns=_COLUMNS)

    def published(self, name: str, number: int) -> None:
        """What the paper prints."""
        self.rows[name] = PUBLISHED[number]
        self.equations[name] = (PRINTED[number],)
        self.flags[name] = ()

    def equation(self, name: str, equation: Equation) -> None:
        """One equation, as it is."""
        found = recurse(equation, self.training, self.n_steps)
        self._add(name, equation.predict(self.data).to_numpy(), found.path, [equation], found.flags)

    def selected(self, name: str, discovery: Discovery) -> None:
        """Median of the members, shrunk."""
        found = discovery.forecast(self.training, self.n_steps)
        one_step = self._one_step(discovery.members, discovery.anchor, discovery.settings.shrink)
        self._add(name, one_step, found.path, discovery.members, found.flags)

    def system(self, name: str, discovery: SystemDiscovery) -> None:
        """Median of the systems, shrunk; a single one as it is."""
        first = discovery.discoveries[0]
        if len(discovery.systems) == 1:
            found, shrink = recurse(discovery.systems[0], self.training, self.n_steps, first.settings.guards), 0.0
        else:
            found, shrink = discovery.forecast(self.training, self.n_steps), first.settings.shrink
        members = [system.equation(_TARGET) for system in discovery.systems] or [first.anchor]
        one_step = self._one_step(members, first.anchor, shrink)
        written = [equation for system in discovery.systems for equation in system.equations]
        self._add(name, one_step, found.path, written, found.flags)

    def _one_step(self, members: Sequence[Equation], anchor: Equation, shrink: float) -> FloatArray:
        median = np.median([member.predict(self.data).to_numpy() for member in members], axis=0)
        return np.asarray((1.0 - shrink) * median + shrink * anchor.predict(self.data).to_numpy())

    def _add(
        self, name: str, one_step: FloatArray, path: FloatArray, equations: Sequence[Equation], flags: tuple[str, ...]
    ) -> None:
        actual = self.data[_TARGET].to_numpy(dtype=np.float64)
        errors = one_step - actual
        n = len(self.training)
        parts = (errors[:n], errors[n:], path - actual[n:])
        self.rows[name] = [figure for part in parts for figure in _figures(part)]
        self.equations[name] = tuple(dict.fromkeys(map(str, equations)))
        self.flags[name] = flags


def _figures(errors: FloatArray) -> tuple[float, float]:
    """RMSE and MAD, quarters without a prediction left out."""
    known = errors[np.isfinite(errors)]
    return float(np.sqrt(np.mean(known**2))), float(np.mean(np.abs(known)))

"""The whole system of one panel at one origin.

`build_system` takes these steps:

1. draw the estimation sample: gaps, window, white-noise forms (`sample`, `conversion`);
2. screen every ordered pair for Granger causality (`screen`);
3. select and estimate each series' equation, and its two companions (`building`);
4. cut loops that cannot be solved (`guard`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from macrotrade._typing import FloatArray
from macrotrade.errors import SettingsError, near_misses
from macrotrade.numerics.threads import one_blas_thread
from macrotrade.providers.bma.building import Design, autoregressions, build_equations, seasonal_autoregressions
from macrotrade.providers.bma.conversion import Conversion
from macrotrade.providers.bma.equation import Equation
from macrotrade.providers.bma.guard import Cut, sound_loops
from macrotrade.providers.bma.sample import Imputed, LeftOut, Sample, Twin, draw_sample
from macrotrade.providers.bma.screen import Screen, screen_causes
from macrotrade.providers.bma.settings import SystemSettings
from macrotrade.providers.bma.solving import LinearForm, linear_form

__all__ = ["Link", "System", "build_system"]


@dataclass(frozen=True)
class Link:
    """A series that informs another through its equation.

    Parameters
    ----------
    source, target : who informs whom.
    lags : periods back at which it enters, 0 for the same period.
    largest_t : largest absolute t statistic among them.
    """

    source: str
    target: str
    lags: tuple[int, ...]
    largest_t: float

    @property
    def contemporaneous(self) -> bool:
        """Whether the source's value in the same period enters."""
        return 0 in self.lags


@dataclass(frozen=True, eq=False)
class System:
    """A machine-built system: one equation for each series, and what it was built from.

    Parameters
    ----------
    sample : converted series, window, gaps filled, series left out.
    screen : F statistics and candidates.
    equations : machine-built, in the order of ``names``, after the guard's cuts.
    autoregressions, seasonal_autoregressions : the companions that the model average uses.
    cuts : links that the guard removed.
    """

    sample: Sample
    screen: Screen
    equations: tuple[Equation, ...]
    autoregressions: tuple[Equation, ...]
    seasonal_autoregressions: tuple[Equation, ...]
    cuts: tuple[Cut, ...]

    @property
    def settings(self) -> SystemSettings:
        """Choices that the system was built with."""
        return self.sample.settings

    @property
    def names(self) -> tuple[str, ...]:
        """Series that have an equation."""
        return self.sample.names

    @property
    def conversions(self) -> tuple[Conversion, ...]:
        """Stationary form of each series."""
        return self.sample.conversions

    @property
    def imputed(self) -> tuple[Imputed, ...]:
        """Gaps that were filled."""
        return self.sample.imputed

    @property
    def left_out(self) -> tuple[LeftOut, ...]:
        """Series without an equation, and why."""
        return self.sample.left_out

    @property
    def twins(self) -> tuple[Twin, ...]:
        """Series that repeat another and are nobody's regressor."""
        return self.sample.twins

    @cached_property
    def linear_form(self) -> LinearForm:
        """The machine-built equations as arrays."""
        return linear_form(self.equations, self.names, self.settings.season_length)

    @property
    def dynamic_radius(self) -> float:
        """Spectral radius of the companion form: forecasts settle when it is below one."""
        return self.linear_form.dynamic_radius

    def place(self, name: str) -> int:
        """Where a series stands in ``names``."""
        if name not in self.names:
            why = {each.name: each.reason for each in self.left_out}.get(name)
            hint = f"it was left out: {why}." if why else near_misses(name, self.names)
            raise SettingsError(f"The system has no equation for {name!r}: {hint}")
        return self.names.index(name)

    def equation(self, name: str) -> Equation:
        """The machine-built equation of a series."""
        return self.equations[self.place(name)]

    def candidates(self, name: str) -> tuple[str, ...]:
        """Series that Granger-cause this one and were offered to its equation."""
        return tuple(np.array(self.names)[self.screen.candidates[self.place(name)]].tolist())

    def links(self) -> tuple[Link, ...]:
        """Who informs whom: one link for each other series in each equation."""
        return tuple(_link(equation, source) for equation in self.equations for source in equation.others)

    def appearances(self) -> dict[str, int]:
        """In how many other series' equations each series appears."""
        counts = dict.fromkeys(self.names, 0)
        for link in self.links():
            counts[link.source] += 1
        return counts


def build_system(
    values: FloatArray,
    names: Sequence[str],
    settings: SystemSettings | None = None,
    *,
    first_season: int = 0,
    start: int = 0,
) -> System:
    """Build the system of a panel of reported levels.

    Parameters
    ----------
    values : (n_periods, n_series) reported levels as known at the origin; NaN where unknown. The last row is the
        origin's period, and ragged ends and gaps are allowed (see `sample`).
    names : (n_series,) distinct names.
    settings : every choice; the published ones by default.
    first_season : season of row 0, counted from 0 (a panel that begins in January, or in a first quarter: 0).
    start : first row of the estimation sample.

    Raises
    ------
    DataError, FitError
        See `sample.draw_sample`.
    """
    with one_blas_thread():
        sample = draw_sample(values, names, settings or SystemSettings(), first_season=first_season, start=start)
        screen = screen_causes(sample)
        design = Design(sample)
        equations, cuts = sound_loops(design, build_equations(design, screen))
        return System(
            sample=sample,
            screen=screen,
            equations=equations,
            autoregressions=autoregressions(design),
            seasonal_autoregressions=seasonal_autoregressions(design),
            cuts=cuts,
        )


def _link(equation: Equation, source: str) -> Link:
    terms = [term for term in equation.terms if term.kind == "series" and term.series == source]
    return Link(
        source=source,
        target=equation.target,
        lags=tuple(term.lag for term in terms),
        largest_t=max((term.t_statistic for term in terms), key=abs),
    )

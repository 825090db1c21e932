"""Grammar-discovered equations, as a provider."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal, TypeAlias, get_args

import pandas as pd

from macrotrade._files import content_hash
from macrotrade._typing import Measure
from macrotrade.errors import DataError, FitError, SettingsError, near_misses
from macrotrade.forecast import Target
from macrotrade.panel.panel import Panel
from macrotrade.providers.equations.direct import DirectFits
from macrotrade.providers.equations.discovery import DiscoverySettings
from macrotrade.providers.equations.forecaster import DirectForecaster, IteratedForecaster
from macrotrade.providers.equations.guards import Guards
from macrotrade.providers.equations.inputs import PERIODS_IN_A_YEAR, Inputs, KnownTarget, economy, known_target
from macrotrade.providers.equations.iterated import (
    CORE,
    IteratedEquations,
    calendar_table,
    discovered_alone,
    discovered_bridge,
    loaded,
)
from macrotrade.providers.equations.veto import VetoRules

__all__ = ["Design", "Equations"]

Design: TypeAlias = Literal["direct", "iterated", "system"]
"""An equation for each horizon; one that reads its own forecasts; or one that bridges from a system."""

_ORIGINS = 5
_FILTERED = 12


@dataclass(frozen=True)
class Equations:
    """Equations discovered in a grammar's language, the best distinct ones averaged.

    What is read of the economy are inflation, output growth, the change of unemployment, the short rate and the term
    spread, made of five series of the panel that are named here (FRED-MD's by default), and the series' own changes.
    Equations of up to `max_terms` further terms, linear, products and sines (Kazakov and Tsenova, 2009), are fitted and
    chosen by what they would have forecast from rolling origins inside the sample; those that an economist would
    object to are vetoed. Each member is shrunk toward the mean of history for prices, and toward an autoregression of
    order 2 for anything else. Its scale is the root mean squared error from origins of the past.

    Parameters
    ----------
    design
        ``"direct"``: an equation for each horizon, of the outcome from the newest numbers. ``"iterated"``: equations of
        the series' level (of the log change of a price), each forecast the next one's lag. ``"system"``: a system of
        inflation, output and the short rate, and equations that bridge from these to the series.
    prices, output
        Indices whose growth over a year is read; ``""`` leaves a column out.
    unemployment
        Rate whose change over a year is read.
    short_rate, long_rate
        Yields: the level of the first, and the second less the first.
    max_terms
        Most terms beside the constant.
    lags
        Lags read, of everything; a direct equation reads the newest numbers as lag 1.
    grammar
        A shipped grammar's name or a file, over ``own`` (direct) or the series' name, ``inflation``, ``output``,
        ``unemployment``, ``short_rate`` and ``spread``; by default every term over them.
    beam_width
        Equations of each size that a beam carries on; 0 searches every equation.
    n_members
        How many equations forecast.
    shrink
        Weight of what members are shrunk toward.
    window_years
        Length of the moving sample of a direct design; 0 takes all. Iterated designs take all.
    discovery
        File of a saved discovery, read instead of searching, for an iterated forecast of its target; fitted before the
        first origin.
    seed
        Of random starts, where the grammar is not for the separable fit.
    """

    design: Design = "direct"
    prices: str = "CPIAUCSL"
    output: str = "INDPRO"
    unemployment: str = "UNRATE"
    short_rate: str = "TB3MS"
    long_rate: str = "GS10"
    max_terms: int = 2
    lags: int = 1
    grammar: str = ""
    beam_width: int = 10
    n_members: int = 5
    shrink: float = 0.5
    window_years: int = 20
    discovery: str = ""
    seed: int = 0

    demo_refit_every: ClassVar[int | None] = 60

    def __post_init__(self) -> None:
        if self.design not in get_args(Design):
            raise SettingsError(f"design={self.design!r} is not known. {near_misses(self.design, get_args(Design))}")
        wrong = [name for name in ("beam_width", "window_years") if getattr(self, name) < 0]
        if wrong:
            raise SettingsError(f"{wrong[0]} is 0 or more, not {getattr(self, wrong[0])}.")
        if self.discovery and self.grammar:
            raise SettingsError("A saved discovery is not searched for in a grammar; give discovery or grammar.")
        self.settings()  # checks the others

    @property
    def inputs(self) -> Inputs:
        """Series that the columns are made of."""
        return Inputs(
            self.prices or None,
            self.output or None,
            self.unemployment or None,
            self.short_rate or None,
            self.long_rate or None,
        )

    @property
    def files_fingerprint(self) -> str:
        """State of the discovery's file and of the grammar's, where they are files."""
        return "".join(content_hash(Path(name)) for name in (self.discovery, self.grammar) if name)

    def settings(self) -> DiscoverySettings:
        """How equations are searched for and chosen."""
        is_direct = self.design == "direct"
        return DiscoverySettings(
            grammar=self.grammar or None,
            lags=self.lags,
            max_terms=self.max_terms,
            search="beam" if self.beam_width else "exhaustive",
            beam_width=self.beam_width or 1,
            n_filtered=_FILTERED,
            n_members=self.n_members,
            shrink=self.shrink,
            n_origins=_ORIGINS,
            seed=self.seed,
            vetoes=VetoRules(steady_state_margin=None, unstable=False) if is_direct else VetoRules(),
            guards=Guards(),
            n_refined=0,
            n_verified=0,
        )

    def fit(self, panel: Panel, target: Target) -> DirectForecaster | IteratedForecaster:
        """Forecaster with equations of each series of `target`.

        Raises
        ------
        FitError
            If the panel lacks a series that the columns are made of, naming it; a sample is too short; or a saved
            discovery was fitted to periods after the panel's.
        """
        if target.frequency not in PERIODS_IN_A_YEAR:
            raise FitError(
                "Equations read months or quarters, not days; ask for monthly or quarterly horizons, or use "
                "'autoregression'."
            )
        columns = economy(panel, target.frequency, self.inputs)
        known = {
            name: known_target(panel, name, target.frequency, logarithms=measure.endswith("log_change"))
            for name, measure in zip(target.names, target.measures, strict=True)
        }
        if self.design == "direct" and not self.discovery:
            window = self.window_years * PERIODS_IN_A_YEAR[target.frequency] or None
            fits = DirectFits(known, columns, self.settings(), window)
            measures: dict[str, Measure] = dict(zip(target.names, target.measures, strict=True))
            found = {
                name: {
                    step: fits.equations(name, measures[name], step) for step in one.steps(target.horizons, panel.as_of)
                }
                for name, one in known.items()
            }
            return DirectForecaster(target, self.inputs, self.n_members, fits, found)
        tables = {name: calendar_table(one, columns) for name, one in known.items()}
        iterated = {name: self._iterated(one, tables[name], panel) for name, one in known.items()}
        return IteratedForecaster(target, self.inputs, self.n_members, iterated, tables)

    def _iterated(self, known: KnownTarget, table: pd.DataFrame, panel: Panel) -> IteratedEquations:
        if self.discovery:
            return loaded(Path(self.discovery), known.name, known.levels.index[-1])
        if self.design == "system" and not any(name in table.columns for name in CORE):
            raise FitError("A system needs prices, output or short_rate; none of them is named.")
        make = discovered_bridge if self.design == "system" else discovered_alone
        try:
            return make(table, known.name, self.settings())
        except DataError as error:
            raise FitError(f"No equations of {known.name} at {panel.as_of:%Y-%m-%d}: {error}") from error

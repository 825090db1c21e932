"""What a discovery of equations is asked to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeAlias, get_args

from macrotrade.errors import SettingsError, near_misses
from macrotrade.providers.equations.guards import Guards
from macrotrade.providers.equations.veto import VetoRules

__all__ = ["DiscoverySettings", "ScoreName", "SearchName", "settings_from_record", "settings_record"]

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
    tolerance
        How much worse than the best member's the score of another may be, as a share of it; by ``bic`` and ``esr``,
        which have no zero, 10 at most. A small language holds few equations that differ and are any good.
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
    min_distance: int = 2
    tolerance: float = 0.25
    shrink: float = 0.5
    horizon: int = 8
    n_origins: int = 16
    seed: int = 0
    vetoes: VetoRules = field(default_factory=VetoRules)
    guards: Guards = field(default_factory=Guards)
    n_refined: int = 400
    n_verified: int = 20
    n_random_starts: int = 50

    def __post_init__(self) -> None:
        for name, choices in (("score", get_args(ScoreName)), ("search", get_args(SearchName))):
            chosen = getattr(self, name)
            if chosen not in choices:
                raise SettingsError(f"No {name} is called {chosen!r}. {near_misses(str(chosen), choices)}")
        positive = ("lags", "beam_width", "n_filtered", "n_members", "horizon", "n_origins", "n_random_starts")
        wrong = [name for name in positive if getattr(self, name) < 1]
        wrong += [name for name in ("n_refined", "n_verified", "min_distance") if getattr(self, name) < 0]
        wrong += ["max_terms"] if self.max_terms is not None and self.max_terms < 1 else []
        if wrong:
            raise SettingsError(f"{', '.join(f'{name} = {getattr(self, name)}' for name in wrong)}: too small.")
        if not self.tolerance >= 0.0:
            raise SettingsError(
                f"A member's score may be worse than the best by a share of 0 or more, not {self.tolerance}."
            )
        if not 0.0 <= self.shrink <= 1.0:
            raise SettingsError(f"Forecasts are shrunk toward the autoregression by 0 to 1, not {self.shrink}.")


def settings_record(settings: DiscoverySettings) -> dict[str, Any]:
    """The settings as plain values, for JSON."""
    record = asdict(settings)
    record["grammar"] = None if settings.grammar is None else str(settings.grammar)
    record["vetoes"]["signs"] = [list(pair) for pair in settings.vetoes.signs]
    return record


def settings_from_record(record: Mapping[str, Any]) -> DiscoverySettings:
    """The settings that :func:`settings_record` gave."""
    vetoes = {**record["vetoes"], "signs": tuple(tuple(pair) for pair in record["vetoes"]["signs"])}
    return DiscoverySettings(**{**record, "vetoes": VetoRules(**vetoes), "guards": Guards(**record["guards"])})

"""A study: providers judged on many series, horizons and windows, without trading.

The same walk as a strategy's (`walk_forward.py`), over targets instead of instruments; what it gives is one tidy table
of forecasts with what happened, and one of members' weights, from which every exhibit is worked out
(:mod:`macrotrade.evaluation`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
from pydantic import Field, model_validator

from macrotrade._typing import Frequency, Measure
from macrotrade.errors import SettingsError, near_misses
from macrotrade.forecast import Forecast, Target
from macrotrade.panel.panel import SeriesInfo
from macrotrade.panel.vintages import History
from macrotrade.schedule import Schedule
from macrotrade.strategy.outcomes import Reported, with_outcomes
from macrotrade.strategy.parts import DataOptions, Document, ProviderChoice, parse, read_toml
from macrotrade.strategy.result import Source
from macrotrade.strategy.walk_forward import Progress, Walk
from macrotrade.strategy.walks import walk_all

__all__ = ["Study", "StudyResult", "read_study", "run_study", "study_series"]

_FEWEST_PERIODS = 60
_MOST_MEMBERS_SHOWN = 12


class Study(Document):
    """What is forecast, by whom, from when to when, and what it is compared with.

    Attributes
    ----------
    name, description
        For the report.
    providers
        Who forecasts (TOML: ``[[provider]]``).
    series
        ``macro`` for every macro series of the panel, ``all`` for yields too, or names.
    exclude
        Names left out.
    complete_from
        Only series known without interruption of their start from this period on, such as ``1998-01``.
    horizons
        Periods ahead.
    measure
        A measure for all series; ``auto`` forecasts log changes since the origin of series that are positive and not
        rates, and changes of the others, so that a new base year between vintages is no error.
    outcomes
        ``first``: outcomes from the edition in which the period first appeared; ``last``: after all revisions.
    frequency
        Of the periods.
    start, end
        First and last origin.
    last_period
        Last period whose forecasts are judged; all that are known by default.
    base
        Labels of the providers that the others are compared with.
    windows
        Name to (first, last) period judged; one window of everything by default.
    schedule, seed, data
        As of a strategy.
    """

    name: str = "study"
    description: str = ""
    providers: tuple[ProviderChoice, ...]
    series: Literal["macro", "all"] | tuple[str, ...] = "macro"
    exclude: tuple[str, ...] = ()
    complete_from: str | None = None
    horizons: tuple[int, ...] = (1,)
    measure: Literal["auto"] | Measure = "auto"
    outcomes: Reported = "first"
    frequency: Frequency = "M"
    start: str
    end: str
    last_period: str | None = None
    base: tuple[str, ...]
    windows: Mapping[str, tuple[str, str]] = Field(default_factory=dict)
    schedule: Schedule = Schedule()
    seed: int = 0
    data: DataOptions = DataOptions()

    @model_validator(mode="after")
    def _consistent(self) -> Study:
        titles = [choice.title for choice in self.providers]
        if len(set(titles)) != len(titles):
            raise ValueError(f"every provider needs a label of its own, got {titles}")
        for name in self.base:
            if name not in titles:
                raise ValueError(f"base {name!r} is no provider of the study. {near_misses(name, titles)}")
        return self

    def on_vintages(self, path: str | Path) -> Study:
        """The same study on true vintages of FRED-MD: one CSV, a folder or zip of them, or a Parquet of intervals."""
        data = DataOptions.model_validate({**self.data.model_dump(), "source": "fred-md", "path": str(path)})
        return self.model_copy(update={"data": data})

    @property
    def origins(self) -> pd.DatetimeIndex:
        """Days at which forecasts are made."""
        days = self.schedule.origins(self.start, self.end)
        if len(days) == 0:
            raise SettingsError(f"Study {self.name!r} has no decision day from {self.start} to {self.end}.")
        return days


@dataclass(frozen=True, eq=False)
class StudyResult:
    """A finished study.

    Attributes
    ----------
    study, source
        What was run, on what.
    forecasts
        Tidy, a row for each (provider, as_of, series, horizon); columns as of a backtest's, ``outcome`` included; only
        periods up to the study's last.
    weights
        Tidy: provider, as_of, series, horizon, member, weight; providers of more than a dozen members are left out.
    refusals
        Tidy: provider, as_of, reason.
    """

    study: Study
    source: Source
    forecasts: pd.DataFrame
    weights: pd.DataFrame
    refusals: pd.DataFrame


def read_study(file: str | Path) -> Study:
    """Study from a TOML file; mistakes are told with the file, the key and the nearest known name."""
    return parse(Study, read_toml(file), str(file))


def run_study(
    study: Study,
    history: History,
    *,
    n_jobs: int = 1,
    store: str | Path | None = None,
    progress: Progress | None = None,
) -> StudyResult:
    """Every provider's forecasts of every series at every origin, with what happened.

    Parameters
    ----------
    study, history
        What to run, on what.
    n_jobs, store, progress
        See :func:`macrotrade.strategy.walk_forward.walk_forward`; a study stopped half-way goes on from its store.

    Raises
    ------
    FitError
        If a provider forecasts at no origin.
    """
    origins = study.origins
    target = study_target(study, history)
    walked = walk_all(study, history, (target,), origins, n_jobs=n_jobs, store=store, progress=progress)
    walks = [walk for (walk,) in walked.values()]
    said = pd.concat([walk.table() for walk in walks], ignore_index=True)
    table = with_outcomes(said, history, study.frequency, study.outcomes)
    return StudyResult(
        study,
        Source(history.name, history.vintages, history.notes, origins[0], origins[-1]),
        _judged(table, study),
        pd.concat([part for walk in walks for part in _weights(walk)] or [_NO_WEIGHTS], ignore_index=True),
        _refusals(walks),
    )


def study_target(study: Study, history: History) -> Target:
    """Target of a study: its series at its horizons, each in its measure."""
    names = study_series(study, history)
    last = history.as_last_reported(study.frequency)
    measures = tuple(_measure(study, history.series[name], last[name].dropna()) for name in names)
    return Target(names, study.horizons, measures, study.frequency)


def study_series(study: Study, history: History) -> tuple[str, ...]:
    """Series forecast: those asked for that are known at the first origin and at the last, with five years behind them.

    Raises
    ------
    SettingsError
        If a series asked for by name is not there, or none is left.
    """
    first, last = history.as_of(study.origins[0]), history.as_of(study.origins[-1])
    frame = first.frame(study.frequency)
    if isinstance(study.series, tuple):
        for name in study.series:
            if name not in frame.columns:
                raise SettingsError(
                    f"No series {name!r} at {study.origins[0]:%Y-%m-%d}. {near_misses(name, frame.columns)}"
                )
        return study.series
    kinds = ("macro",) if study.series == "macro" else ("macro", "yield")
    until = set(last.frame(study.frequency).columns)
    names = tuple(
        name
        for name in map(str, frame.columns)
        if first.series[name].kind in kinds
        and name in until
        and name not in study.exclude
        and _long_enough(frame[name], study)
    )
    if not names:
        raise SettingsError(f"Study {study.name!r} has no series known from {study.complete_from or 'the start'} on.")
    return names


def _long_enough(series: pd.Series, study: Study) -> bool:
    known = series.index[series.notna()]
    if len(known) < _FEWEST_PERIODS:
        return False
    return study.complete_from is None or bool(known[0] <= pd.Period(study.complete_from, study.frequency))


def _measure(study: Study, info: SeriesInfo, values: pd.Series) -> Measure:
    if study.measure != "auto":
        return study.measure
    rate = info.kind == "yield" or "%" in info.units or "per cent" in info.units.lower() or info.tcode in {1, 2, 3}
    return "change" if rate or bool((values <= 0).any()) else "log_change"


def _judged(table: pd.DataFrame, study: Study) -> pd.DataFrame:
    if study.last_period is None:
        return table
    last = pd.Period(study.last_period, study.frequency)
    return table[pd.PeriodIndex(table["period"], freq=study.frequency) <= last].reset_index(drop=True)


def _weights(walk: Walk) -> list[pd.DataFrame]:
    return [_member_weights(walk, f) for f in walk.forecasts if 1 < len(f.members) <= _MOST_MEMBERS_SHOWN]


def _member_weights(walk: Walk, forecast: Forecast) -> pd.DataFrame:
    n_members, n_horizons, n_series = forecast.weights.shape
    return pd.DataFrame(
        {
            "provider": walk.provider,
            "as_of": forecast.as_of,
            "member": np.repeat(np.array(forecast.members, dtype=object), n_horizons * n_series),
            "horizon": np.tile(np.repeat(walk.target.horizons, n_series), n_members),
            "series": np.tile(np.array(walk.target.names, dtype=object), n_members * n_horizons),
            "weight": forecast.weights.ravel(),
        }
    )


_NO_WEIGHTS = pd.DataFrame(
    {"provider": [], "as_of": [], "member": [], "horizon": [], "series": [], "weight": np.empty(0)}
)


def _refusals(walks: Sequence[Walk]) -> pd.DataFrame:
    rows = [(walk.provider, refusal.as_of, refusal.reason) for walk in walks for refusal in walk.refusals]
    return pd.DataFrame(rows, columns=["provider", "as_of", "reason"])

"""A study: providers judged on many series, horizons and windows, without trading.

1. what is forecast                          study_series.py
2. forecasts at each origin                  walks.py, walk_forward.py: the same walk as a strategy's
3. what happened                             outcomes.py
4. density scores, weights, members          study_record.py

From its tables every exhibit is worked out (:mod:`macrotrade.evaluation`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal, TypeAlias

import pandas as pd
from pydantic import BeforeValidator, Field, model_validator

from macrotrade._typing import Frequency, Measure
from macrotrade.errors import SettingsError, near_misses
from macrotrade.evaluation.ensemble_race import MemberPoints, member_points
from macrotrade.evaluation.losses import WHOLE, Window
from macrotrade.panel.vintages import History
from macrotrade.schedule import Schedule
from macrotrade.strategy.engines import Engine
from macrotrade.strategy.outcomes import Reported, with_outcomes
from macrotrade.strategy.parts import (
    DataOptions,
    Document,
    ProviderChoice,
    checked_day,
    checked_month,
    parse,
    read_toml,
)
from macrotrade.strategy.published import Published
from macrotrade.strategy.result import Source
from macrotrade.strategy.study_record import members_weights, refusals_of, scored
from macrotrade.strategy.study_series import study_target
from macrotrade.strategy.walk_forward import Progress
from macrotrade.strategy.walks import walk_all

__all__ = ["Study", "StudyResult", "read_study", "run_study"]

_Day: TypeAlias = Annotated[str, BeforeValidator(checked_day)]
_Month: TypeAlias = Annotated[str, BeforeValidator(checked_month)]


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
        Labels of the providers that the others are compared with; ratios and tests are against the first.
    windows
        Name to (first, last) period judged; one window of everything by default.
    ensembles
        Labels of the providers whose members differ by their initial values alone: each member is held against the mean
        of all, which shows what initial values do to a verdict.
    published
        Ratios printed elsewhere, shown beside the study's own (TOML: ``[[published]]``).
    schedule, seed, data
        As of a strategy.
    engine
        What carries the blocks; this process by default. The numbers do not depend on it, so it is no part of what is
        written down with them.
    """

    name: str = "study"
    description: str = ""
    providers: tuple[ProviderChoice, ...]
    series: Literal["macro", "all"] | tuple[str, ...] = "macro"
    exclude: tuple[str, ...] = ()
    complete_from: _Month | None = None
    horizons: tuple[int, ...] = (1,)
    measure: Literal["auto"] | Measure = "auto"
    outcomes: Reported = "first"
    frequency: Frequency = "M"
    start: _Day
    end: _Day
    last_period: _Month | None = None
    base: tuple[str, ...]
    windows: Mapping[str, tuple[_Month, _Month]] = Field(default_factory=dict)
    ensembles: tuple[str, ...] = ()
    published: tuple[Published, ...] = ()
    schedule: Schedule = Schedule()
    seed: int = 0
    data: DataOptions = DataOptions()
    engine: Engine | None = Field(default=None, exclude=True)

    @model_validator(mode="after")
    def _consistent(self) -> Study:
        titles = [choice.title for choice in self.providers]
        if len(set(titles)) != len(titles):
            raise ValueError(f"every provider needs a label of its own, got {titles}")
        if not self.base:
            raise ValueError("base names no provider; name at least one that the others are compared with")
        nested = {f"{choice.title}.nests": choice.nests for choice in self.providers}
        for where, names in {"base": self.base, "ensembles": self.ensembles, **nested}.items():
            for name in names:
                if name not in titles:
                    raise ValueError(f"{where} {name!r} is no provider of the study. {near_misses(name, titles)}")
        try:
            windows = [window.name for window in self.judged_in]
        except SettingsError as error:
            raise ValueError(str(error)) from None
        for table in self.published:
            table.check(titles, windows, self.horizons)
        return self

    @property
    def judged_in(self) -> tuple[Window, ...]:
        """Windows, or the one that holds every period."""
        return tuple(Window(name, *span) for name, span in self.windows.items()) or WHOLE

    def nesting(self, base: str) -> tuple[str, ...]:
        """Labels of the providers that contain the base as a special case."""
        return tuple(choice.title for choice in self.providers if base in choice.nests)

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
        Tidy, a row for each (provider, as_of, series, horizon); columns as of a backtest's, ``outcome`` included, and
        crps, log_score and pit of :func:`macrotrade.evaluation.density.density_scores`; only periods up to the study's
        last.
    weights
        Tidy: provider, as_of, series, horizon, member, weight; providers of more than a dozen members are left out.
    refusals
        Tidy: provider, as_of, reason.
    members
        Label of each of the study's ensembles to the points of its members.
    """

    study: Study
    source: Source
    forecasts: pd.DataFrame
    weights: pd.DataFrame
    refusals: pd.DataFrame
    members: Mapping[str, MemberPoints] = field(default_factory=dict)


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
        _judged(scored(walks, table), study),
        members_weights(walks),
        refusals_of(walks).drop(columns="series"),
        {walk.provider: member_points(walk.forecasts) for walk in walks if walk.provider in study.ensembles},
    )


def _judged(table: pd.DataFrame, study: Study) -> pd.DataFrame:
    if study.last_period is None:
        return table
    last = pd.Period(study.last_period, study.frequency)
    return table[pd.PeriodIndex(table["period"], freq=study.frequency) <= last].reset_index(drop=True)

"""Settings of networks chosen on months held out of a history: the file, the walk of each candidate, what is kept.

1. what is sought                     a TOML file, :class:`NetworkSelection`
2. candidates, stage by stage         providers/neural/selection.py
3. months, fits and forecasts         walk_forward.py: the same walk as a study's, so that no fit sees a month it is
                                      judged on, nor an outcome that was not known on its day
4. what each candidate said, kept     candidate_store.py
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, ClassVar, TypeAlias

import pandas as pd
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from macrotrade import __version__
from macrotrade._typing import Frequency, Measure
from macrotrade.errors import FitError
from macrotrade.forecast import Provider, Target
from macrotrade.panel.vintages import History
from macrotrade.providers.neural.selection import Judged, Search, Selection, Tried, judged_by, select
from macrotrade.providers.registry import load
from macrotrade.strategy.candidate_store import Candidate, CandidateStore
from macrotrade.strategy.outcomes import Reported, with_outcomes
from macrotrade.strategy.parts import DataOptions, Document, checked_month, parse, read_toml
from macrotrade.strategy.walk_blocks import identity
from macrotrade.strategy.walk_forward import Progress, fit_days, walk_forward

__all__ = ["NetworkChoice", "NetworkSelection", "read_selection", "run_selection", "selected_toml"]

_Month: TypeAlias = Annotated[str, BeforeValidator(checked_month)]
_ALL_ROWS = ("batch", "all")
_MORE_ROWS_THAN_ANY = 1_000_000


class NetworkChoice(BaseModel):
    """One kind of network; further keys are settings of the provider that are not sought.

    Attributes
    ----------
    name
        Provider, as ``macrotrade providers`` lists it.
    label
        Name in tables; the provider's name where none is given.
    takes
        Setting to the label of an earlier network whose choice is taken over, or to ``"label.setting"`` where the
        setting has another name there.
    stages
        Tables of setting to the values tried (TOML: ``[[network.stage]]``); of ``batch``,
        ``"all"`` is every row in one.
    """

    model_config = ConfigDict(frozen=True, extra="allow")

    name: str
    label: str = ""
    takes: Mapping[str, str] = Field(default_factory=dict)
    stages: tuple[Mapping[str, tuple[Any, ...]], ...] = Field(alias="stage")

    def search(self, common: Mapping[str, Any]) -> Search:
        """What is sought, with settings common to all networks."""
        given = {**common, **(self.model_extra or {})}
        return Search(
            self.label or self.name,
            self.name,
            tuple(
                {name: tuple(_value(name, value) for value in values) for name, values in stage.items()}
                for stage in self.stages
            ),
            {name: _value(name, value) for name, value in given.items()},
            {name: _source(name, where) for name, where in self.takes.items()},
        )


class NetworkSelection(Document):
    """What is sought, for which target, and the months on which candidates are judged.

    Attributes
    ----------
    name, description
        For the table.
    networks
        In order (TOML: ``[[network]]``).
    series, horizons, measure, frequency, outcomes
        What is forecast, as of a study.
    spans
        First and last period of each stretch of months; they usually begin together and one is longer than the other.
    refit_every
        Origins between fits; each horizon has its own, from the first month judged.
    n_repeats
        Members of a candidate, whose mean is judged.
    settings
        Settings that all networks have in common.
    seed, data
        As of a study.
    """

    singulars: ClassVar[Mapping[str, str]] = {"network": "networks", "span": "spans"}

    name: str = "networks"
    description: str = ""
    networks: tuple[NetworkChoice, ...]
    series: tuple[str, ...]
    horizons: tuple[int, ...] = (1,)
    measure: Measure = "change"
    frequency: Frequency = "M"
    outcomes: Reported = "first"
    spans: tuple[tuple[_Month, _Month], ...]
    refit_every: int = Field(default=48, ge=1)
    n_repeats: int = Field(default=140, ge=1)
    settings: Mapping[str, Any] = Field(default_factory=dict)
    seed: int = 0
    data: DataOptions = DataOptions()

    @field_validator("spans")
    @classmethod
    def _rise(cls, spans: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
        for first, last in spans:
            if first > last:
                raise ValueError(f"a span ends before it begins: {first} to {last}")
        if not spans:
            raise ValueError('give at least one, such as [["1993-05", "1997-10"]]')
        return spans

    @model_validator(mode="after")
    def _periods(self) -> NetworkSelection:
        if self.frequency == "D":
            raise ValueError("networks are selected on months or quarters; frequency 'D' is not among them")
        if not self.networks:
            raise ValueError("networks names none; give at least one [[network]]")
        return self

    @property
    def searches(self) -> tuple[Search, ...]:
        """What is sought, in order."""
        return tuple(network.search(self.settings) for network in self.networks)

    @property
    def periods(self) -> pd.PeriodIndex:
        """Every period judged, from the first of any span to the last."""
        return pd.period_range(
            min(first for first, _ in self.spans), max(last for _, last in self.spans), freq=self.frequency
        )

    @property
    def n_forecasts(self) -> int:
        """Origins at which all candidates forecast, summed over horizons: what a bar of progress counts."""
        return sum(search.n_candidates for search in self.searches) * len(self.periods) * len(self.horizons)

    def on_vintages(self, path: str | Path) -> NetworkSelection:
        """The same on vintages of FRED-MD: one CSV, a folder or zip of them, or a Parquet of intervals."""
        data = DataOptions.model_validate({**self.data.model_dump(), "source": "fred-md", "path": str(path)})
        return self.model_copy(update={"data": data})


def read_selection(file: str | Path) -> NetworkSelection:
    """Selection from a TOML file; mistakes are told with the file, the key and the nearest known name."""
    return parse(NetworkSelection, read_toml(file), str(file))


def run_selection(
    selection: NetworkSelection,
    history: History,
    *,
    n_jobs: int = 1,
    store: str | Path | None = None,
    progress: Progress | None = None,
    tell: Callable[[Search, Tried], None] | None = None,
) -> Selection:
    """Settings of each network that were least far off on the months of the spans.

    A candidate is judged by the mean of `n_repeats` members, for each horizon fitted at the first origin and every
    `refit_every` origins after it, each time from the panel of that day: its rows are those whose outcome was known
    then. One that refuses a month is not chosen.

    Parameters
    ----------
    selection, history
        What is sought, on what.
    n_jobs
        Processes.
    store
        Folder in which each candidate is kept once it is judged, named for all that decides it; a selection started
        again with the same store goes on with the first that is missing.
    progress
        Called with the number of origins just finished, of :attr:`NetworkSelection.n_forecasts`.
    tell
        Called with each candidate once it is judged.

    Raises
    ------
    SettingsError
        For settings that a provider does not have, or two networks of one label.
    FitError
        If no candidate of a stage could be judged, or a span holds no outcome.
    """
    searches = selection.searches
    for search in searches:
        _check(search)
    last = history.last_day.to_period(selection.frequency)
    ahead = [span for span in selection.spans if pd.Period(span[0], freq=selection.frequency) > last]
    if ahead:
        raise FitError(
            f"The span {ahead[0][0]} to {ahead[0][1]} begins after the data, which end on {history.last_day:%Y-%m-%d}; "
            "take an earlier one."
        )
    judge = _WalkingJudge(selection, history, n_jobs, CandidateStore(None if store is None else Path(store)), progress)
    return select(searches, judge, tell)


def selected_toml(selection: NetworkSelection, found: Selection) -> str:
    """What was chosen as ``[[provider]]`` tables, for a strategy or a study."""
    first, last = selection.periods[0], selection.periods[-1]
    lines = [
        f"# {selection.name}: chosen on {', '.join(selection.series)}, {first} to {last},",
        f"# by the mean of {selection.n_repeats} members fitted every {selection.refit_every} origins.",
        "# Judge it on later months only.",
    ]
    for one in found.chosen:
        lines += ["", "[[provider]]", f'name = "{one.search.provider}"', f'label = "{one.search.label}"']
        lines += [f"{name} = {_toml(value)}" for name, value in one.settings.items()]
    return "\n".join(lines) + "\n"


@dataclass(frozen=True, eq=False)
class _WalkingJudge:
    """Judges candidates by their forecasts of the months of the spans."""

    selection: NetworkSelection
    history: History
    n_jobs: int
    store: CandidateStore
    progress: Progress | None

    def __call__(self, search: Search, settings: Mapping[str, Any]) -> Judged:
        # Only points are judged, so no member is trained a second time for a scale.
        provider = load(search.provider, **{**settings, "n_members": self.selection.n_repeats, "n_judged": 0})
        name = self._name(search.label, provider)
        candidate = self.store.read(name)
        if candidate is None:
            candidate = self._walked(search, settings, provider)
            self.store.write(name, candidate)
        elif self.progress is not None:
            self.progress(len(self.selection.periods) * len(self.selection.horizons))
        if candidate.refusal:
            return Judged(refusal=candidate.refusal)
        return judged_by(candidate.table(self.selection.frequency), self.selection.spans)

    def _walked(self, search: Search, settings: Mapping[str, Any], provider: Provider) -> Candidate:
        said, refusals = [], []
        for target, origins in self._horizons:
            walk = walk_forward(
                provider,
                self.history,
                target,
                origins,
                fit_origins=fit_days(origins, self.selection.refit_every),
                name=search.label,
                seed=self.selection.seed,
                n_jobs=self.n_jobs,
                progress=self.progress,
            )
            said.append(walk.table())
            refusals += [f"{one.as_of:%Y-%m-%d}: {one.reason}" for one in walk.refusals]
        if refusals:
            return Candidate(search.label, dict(settings), (), f"refused {len(refusals)} origins; {refusals[0]}")
        table = with_outcomes(
            pd.concat(said, ignore_index=True), self.history, self.selection.frequency, self.selection.outcomes
        )
        known = table[table["outcome"].notna()]
        rows = zip(
            known["series"], known["horizon"], known["period"].astype(str), known["outcome"] - known["point"],
            strict=True,
        )  # fmt: skip
        errors = tuple((str(series), int(horizon), period, float(error)) for series, horizon, period, error in rows)
        return Candidate(search.label, dict(settings), errors)

    def _name(self, label: str, provider: Provider) -> str:
        """Name of a candidate: of everything that its errors depend on."""
        chosen = self.selection
        what = (__version__, label, identity(provider), chosen.refit_every, chosen.seed, chosen.outcomes, self._data)
        return hashlib.sha256(repr(what).encode()).hexdigest()[:24]

    @cached_property
    def _horizons(self) -> list[tuple[Target, pd.DatetimeIndex]]:
        """What is forecast at each horizon, and the days: the ends of the periods so many before those judged."""
        chosen = self.selection
        return [
            (
                Target(chosen.series, (horizon,), chosen.measure, chosen.frequency),
                pd.DatetimeIndex([(period - horizon).end_time.normalize() for period in chosen.periods]),
            )
            for horizon in chosen.horizons
        ]

    @cached_property
    def _data(self) -> str:
        """What the forecasts read, and by which numbers they are judged."""
        what = [repr(target) for target, _ in self._horizons]
        days = [day for _, origins in self._horizons for day in origins]
        what += [self.history.panel_fingerprint(day) for day in (*dict.fromkeys(days), self.history.last_day)]
        return hashlib.sha256("|".join(what).encode()).hexdigest()


def _check(search: Search) -> None:
    """Raise SettingsError for a value that the provider does not take, before anything is trained."""
    for stage in search.stages:
        for name, values in stage.items():
            for value in values:
                load(search.provider, **{**search.settings, name: value})


def _value(name: str, given: Any) -> Any:
    if (name, given) == _ALL_ROWS:
        return None
    return tuple(given) if isinstance(given, list) else given


def _source(name: str, where: str) -> tuple[str, str]:
    label, _, setting = where.rpartition(".")
    return (label, setting) if label else (where, name)


def _toml(value: Any) -> str:
    if value is None:
        return f"{_MORE_ROWS_THAN_ANY}  # all rows"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, tuple | list):
        return f"[{', '.join(map(_toml, value))}]"
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{name} = {_toml(one)}' for name, one in value.items())}}}"
    return repr(value)

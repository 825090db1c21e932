"""Settings of networks chosen stage by stage, each by how far off its candidates were on months held out.

The procedure of Paranhos (2023, appendix D) and any like it: a search has stages, the first of them, say, over
architectures and the second over training; what a stage has chosen stays in the next, and a search may take settings
that another has chosen, as an LSTM takes the nodes of a feed-forward network. How a candidate is judged is handed in;
:mod:`macrotrade.strategy.network_selection` judges it by a walk through a history.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from math import exp, inf, log, prod
from typing import Any, TypeAlias

import pandas as pd

from macrotrade.errors import FitError, SettingsError, near_misses

__all__ = ["Chosen", "Judge", "Judged", "Search", "Selection", "Tried", "judged_by", "select"]


@dataclass(frozen=True)
class Judged:
    """How far off a candidate was.

    Attributes
    ----------
    rmse
        Root mean squared error of the members' mean over each span of months; of several series and horizons the
        geometric mean.
    score
        Of each series and horizon the mean of its errors over the spans, and of these the geometric mean: lower is
        better, and no unit of a series weighs on the order of candidates. Infinite where there is none.
    refusal
        Why it could not be judged; empty where it was.
    """

    rmse: tuple[float, ...] = ()
    score: float = inf
    refusal: str = ""


Judge: TypeAlias = Callable[["Search", Mapping[str, Any]], Judged]
"""What tells how far off a search's provider is with these settings."""


@dataclass(frozen=True)
class Search:
    """What is sought for one kind of network.

    Attributes
    ----------
    label
        Name that tables and other searches call it by.
    provider
        Name of the provider, as ``macrotrade providers`` lists it.
    stages
        Each a mapping of setting to the values tried; all combinations are tried, in this order.
    settings
        What is not sought. A setting that a later stage seeks stands, until then, as it does here or by default.
    takes
        Setting to (label, setting) of an earlier search, whose choice is taken over.
    """

    label: str
    provider: str
    stages: tuple[Mapping[str, tuple[Any, ...]], ...]
    settings: Mapping[str, Any] = field(default_factory=dict)
    takes: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        sought = [name for stage in self.stages for name in stage]
        for name in sought:
            if sought.count(name) > 1 or name in self.takes:
                raise SettingsError(f"{self.label} seeks {name!r} twice, or seeks what it takes; name it once.")
        for stage in self.stages:
            for name, values in stage.items():
                if not values:
                    raise SettingsError(f"{self.label} seeks {name!r} among no values; give at least one.")

    @property
    def n_candidates(self) -> int:
        """Candidates of all stages; of each but the first one was tried before."""
        return sum(prod(map(len, stage.values())) for stage in self.stages)


@dataclass(frozen=True)
class Tried:
    """A candidate: the `stage` it stood in, from 1, its `settings` that the stage seeks, and how it was `judged`."""

    stage: int
    settings: Mapping[str, Any]
    judged: Judged


@dataclass(frozen=True)
class Chosen:
    """What a search found.

    Attributes
    ----------
    search
        What was sought.
    settings
        All that the provider is told: given, taken over and chosen.
    tried
        Candidates in the order tried.
    """

    search: Search
    settings: Mapping[str, Any]
    tried: tuple[Tried, ...]

    def best(self, stage: int) -> Tried:
        """Candidate that a stage, counted from 1, chose: the first of the least score."""
        return _best([one for one in self.tried if one.stage == stage])


@dataclass(frozen=True)
class Selection:
    """What all searches found, in order.

    Attributes
    ----------
    chosen
        One for each search.
    """

    chosen: tuple[Chosen, ...]

    def __getitem__(self, label: str) -> Chosen:
        """That of the search of this label."""
        for one in self.chosen:
            if one.search.label == label:
                return one
        labels = [one.search.label for one in self.chosen]
        raise SettingsError(f"No search {label!r}. {near_misses(label, labels)}")

    def table(self) -> pd.DataFrame:
        """A row for each candidate: label, stage, settings in words, rmse over each span, score, chosen, refusal."""
        return pd.DataFrame([_row(one, tried) for one in self.chosen for tried in one.tried])

    def summary(self) -> pd.DataFrame:
        """A row for each search: what was chosen, in words, the rmse over each span and the score."""
        rows = []
        for one in self.chosen:
            last = one.best(len(one.search.stages))
            sought = {name: one.settings[name] for name in [*one.search.takes, *_sought(one.search)]}
            rows.append({"network": one.search.label, "settings": _words(sought), **_figures(last.judged)})
        return pd.DataFrame(rows).set_index("network")


def select(searches: Sequence[Search], judge: Judge, tell: Callable[[Search, Tried], None] | None = None) -> Selection:
    """Settings that each search, stage by stage, finds least far off.

    Parameters
    ----------
    searches
        In order: one that takes settings of another comes after it.
    judge
        How far off the provider is with some settings. The best candidate of a stage stands among those of the next
        once more, so a judge had better remember what it said.
    tell
        Called with each candidate once it is judged.

    Raises
    ------
    SettingsError
        If two searches have one label, or one takes what no earlier search has.
    FitError
        If no candidate of a stage could be judged, with the first one's reason.
    """
    found: dict[str, Chosen] = {}
    for search in searches:
        if search.label in found:
            raise SettingsError(f"Two searches are called {search.label!r}; give each a label of its own.")
        settings = {**search.settings, **{name: _taken(search, name, found) for name in search.takes}}
        tried: list[Tried] = []
        for number, stage in enumerate(search.stages, start=1):
            for values in product(*stage.values()):
                sought = dict(zip(stage, values, strict=True))
                tried.append(Tried(number, sought, judge(search, {**settings, **sought})))
                if tell is not None:
                    tell(search, tried[-1])
            settings |= _best([one for one in tried if one.stage == number]).settings
        found[search.label] = Chosen(search, settings, tuple(tried))
    return Selection(tuple(found.values()))


def judged_by(errors: pd.DataFrame, spans: Sequence[tuple[str, str]]) -> Judged:
    """Root mean squared errors over each span, and the score.

    Parameters
    ----------
    errors
        Columns series, horizon, period (a Period) and error, outcome less forecast; a row for each month judged.
    spans
        First and last period of each, both included.

    Raises
    ------
    FitError
        If a span holds no month of a series at a horizon.
    """
    squared = errors.assign(squared=errors["error"] ** 2)
    cells: list[list[float]] = []
    for (series, horizon), rows in squared.groupby(["series", "horizon"], sort=False):
        cells.append([])
        for first, last in spans:
            inside = rows[(rows["period"] >= first) & (rows["period"] <= last)]
            if inside.empty:
                raise FitError(f"{series}, {horizon} ahead, has no outcome from {first} to {last} to be judged by.")
            cells[-1].append(float(inside["squared"].mean()) ** 0.5)
    by_span = tuple(_geometric_mean(one) for one in zip(*cells, strict=True))
    return Judged(by_span, _geometric_mean([sum(cell) / len(cell) for cell in cells]))


def _geometric_mean(values: Sequence[float]) -> float:
    return exp(sum(map(log, values)) / len(values)) if min(values) > 0.0 else 0.0


def _best(tried: Sequence[Tried]) -> Tried:
    best = min(tried, key=lambda one: one.judged.score)
    if best.judged.score == inf:
        raise FitError(f"None of {len(tried)} candidates could be judged. The first: {tried[0].judged.refusal}")
    return best


def _taken(search: Search, name: str, found: Mapping[str, Chosen]) -> Any:
    label, setting = search.takes[name]
    if label not in found:
        raise SettingsError(
            f"{search.label} takes {name!r} of {label!r}, but no search before it is called so. "
            f"{near_misses(label, found)}"
        )
    if setting not in found[label].settings:
        raise SettingsError(
            f"{search.label} takes {setting!r} of {label!r}, which was neither told nor sought there. "
            f"{near_misses(setting, found[label].settings)}"
        )
    return found[label].settings[setting]


def _row(one: Chosen, tried: Tried) -> dict[str, Any]:
    return {
        "network": one.search.label,
        "stage": tried.stage,
        "settings": _words(tried.settings),
        **_figures(tried.judged),
        "chosen": tried is one.best(tried.stage),
        "refusal": tried.judged.refusal,
    }


def _figures(judged: Judged) -> dict[str, float]:
    return {**{f"rmse {number}": rmse for number, rmse in enumerate(judged.rmse, start=1)}, "score": judged.score}


def _sought(search: Search) -> list[str]:
    return [name for stage in search.stages for name in stage]


def _words(settings: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {'all' if value is None else value}" for name, value in settings.items())

"""What changed from one system to the next, such as since last month."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import pandas as pd

from macrotrade.errors import SettingsError
from macrotrade.forecast import Forecast
from macrotrade.providers.bma.equation import Equation, Term
from macrotrade.providers.bma.system import Link, System

__all__ = ["CandidateChange", "FormChange", "SystemChange", "TermChange", "what_changed"]

_MOST_SHOWN = 12


@dataclass(frozen=True)
class FormChange:
    """A series whose stationary form is another, such as ``diff`` before and ``dlog`` after."""

    series: str
    before: str
    after: str

    def __str__(self) -> str:
        return f"{self.series}: {self.before} -> {self.after}"


@dataclass(frozen=True)
class CandidateChange:
    """Series that newly Granger-cause `target` (`gained`), and series that no longer do (`lost`)."""

    target: str
    gained: tuple[str, ...]
    lost: tuple[str, ...]

    def __str__(self) -> str:
        return (
            f"{self.target}: {' '.join([*(f'+{name}' for name in self.gained), *(f'-{name}' for name in self.lost)])}"
        )


@dataclass(frozen=True)
class TermChange:
    """A regressor that came into an equation, left it, or has another coefficient.

    Attributes
    ----------
    target, regressor
        Equation, and regressor in words.
    before, after
        Coefficients; None where the regressor was not there.
    deviations
        Size of the move in standard errors of the earlier coefficient; infinite for one that came or went.
    """

    target: str
    regressor: str
    before: float | None
    after: float | None
    deviations: float

    def __str__(self) -> str:
        if self.before is None:
            return f"{self.target}: {self.regressor} enters at {self.after:.4g}"
        if self.after is None:
            return f"{self.target}: {self.regressor} leaves (was {self.before:.4g})"
        return (
            f"{self.target}: {self.regressor} {self.before:.4g} -> {self.after:.4g} "
            f"({self.deviations:.1f} standard errors)"
        )


@dataclass(frozen=True, eq=False)
class SystemChange:
    """Everything in which two systems differ.

    Attributes
    ----------
    joined, left
        Series that have an equation in the later system only, or in the earlier one only.
    forms
        Series in another stationary form.
    links_gained, links_lost
        Who newly informs whom, and who no longer does.
    candidates
        Changes of who Granger-causes whom, by series, for series in both systems.
    terms
        Changes inside the equations of series in both systems that stand in the same form, largest move first.
    repairs_gained, repairs_lost
        Links that the guard cut in one system and not in the other.
    forecasts
        Rows (series, horizon), columns period_before, before, period_after, after, change, in the forecasts' measures;
        None where no forecasts were given.
    """

    joined: tuple[str, ...]
    left: tuple[str, ...]
    forms: tuple[FormChange, ...]
    links_gained: tuple[Link, ...]
    links_lost: tuple[Link, ...]
    candidates: tuple[CandidateChange, ...]
    terms: tuple[TermChange, ...]
    repairs_gained: tuple[str, ...]
    repairs_lost: tuple[str, ...]
    forecasts: pd.DataFrame | None = None

    def __bool__(self) -> bool:
        parts = (self.joined, self.left, self.forms, self.links_gained, self.links_lost, self.candidates, self.terms)
        return any(parts) or bool(self.repairs_gained or self.repairs_lost)

    def __str__(self) -> str:
        moved = [change for change in self.terms if change.before is not None and change.after is not None]
        came_or_went = [change for change in self.terms if change.before is None or change.after is None]
        sections = [
            _section("Series that joined", self.joined),
            _section("Series that left", self.left),
            _section("Forms", self.forms),
            _section("Links gained", map(_link_words, self.links_gained)),
            _section("Links lost", map(_link_words, self.links_lost)),
            _section("Cut by the guard", self.repairs_gained),
            _section("No longer cut", self.repairs_lost),
            _section("Regressors that came or went", came_or_went),
            _section("Coefficients that moved most", moved),
            _section("Candidates", self.candidates),
        ]
        if self.forecasts is not None:
            sections.append(["Forecasts:", *(f"  {line}" for line in self.forecasts.to_string().splitlines())])
        lines = [line for section in sections for line in section]
        return "\n".join(lines) if lines else "Nothing changed."


def what_changed(
    before: System, after: System, forecasts: tuple[Forecast, Forecast] | None = None, series: Sequence[str] = ()
) -> SystemChange:
    """Differences of two systems, and of two forecasts made with them.

    Parameters
    ----------
    before, after
        Systems built alike on two panels.
    forecasts
        The earlier and the later forecast of one target; their points are put side by side.
    series
        Series of the forecasts that are shown; all by default.

    Raises
    ------
    SettingsError
        If the forecasts answer different targets.
    """
    common = [name for name in after.names if name in set(before.names)]
    forms = tuple(
        FormChange(name, str(before.equation(name).conversion), str(after.equation(name).conversion))
        for name in common
        if before.equation(name).conversion != after.equation(name).conversion
    )
    reformed = {change.series for change in forms}
    terms = [
        change
        for name in common
        if name not in reformed
        for change in _term_changes(before.equation(name), after.equation(name))
    ]
    links = [{(link.source, link.target): link for link in system.links()} for system in (before, after)]
    repairs = [tuple(f"{cut.target} <- {cut.source}" for cut in system.cuts) for system in (before, after)]
    return SystemChange(
        joined=tuple(name for name in after.names if name not in set(before.names)),
        left=tuple(name for name in before.names if name not in set(after.names)),
        forms=forms,
        links_gained=tuple(link for pair, link in links[1].items() if pair not in links[0]),
        links_lost=tuple(link for pair, link in links[0].items() if pair not in links[1]),
        candidates=tuple(change for name in common for change in _candidate_changes(name, before, after)),
        terms=tuple(sorted(terms, key=lambda change: -change.deviations)),
        repairs_gained=tuple(cut for cut in repairs[1] if cut not in repairs[0]),
        repairs_lost=tuple(cut for cut in repairs[0] if cut not in repairs[1]),
        forecasts=_side_by_side(*forecasts, series) if forecasts is not None else None,
    )


def _candidate_changes(name: str, before: System, after: System) -> Iterable[CandidateChange]:
    old, new = before.candidates(name), after.candidates(name)
    gained = tuple(each for each in new if each not in set(old))
    lost = tuple(each for each in old if each not in set(new))
    return [CandidateChange(name, gained, lost)] if gained or lost else []


def _term_changes(before: Equation, after: Equation) -> Iterable[TermChange]:
    old = {term.label: term for term in before.terms}
    new = {term.label: term for term in after.terms}
    for label in dict.fromkeys([*old, *new]):
        one, other = old.get(label), new.get(label)
        if one is None or other is None:
            before_value, after_value = one.coefficient if one else None, other.coefficient if other else None
            yield TermChange(before.target, label, before_value, after_value, float("inf"))
        elif one.coefficient != other.coefficient:
            yield TermChange(before.target, label, one.coefficient, other.coefficient, _deviations(one, other))


def _deviations(one: Term, other: Term) -> float:
    """Move of a coefficient in its earlier standard errors, |b' - b| |t| / |b|."""
    if one.coefficient == 0.0:
        return float("inf")
    return abs((other.coefficient - one.coefficient) * one.t_statistic / one.coefficient)


def _side_by_side(before: Forecast, after: Forecast, series: Sequence[str]) -> pd.DataFrame:
    if before.target != after.target:
        raise SettingsError("Only forecasts of one target can be put side by side; forecast both alike.")
    target = before.target
    rows = [
        (
            name,
            horizon,
            str(before.period + horizon),
            before.point()[h, column],
            str(after.period + horizon),
            after.point()[h, column],
        )
        for column, name in enumerate(target.names)
        for h, horizon in enumerate(target.horizons)
        if not series or name in series
    ]
    columns = ["series", "horizon", "period_before", "before", "period_after", "after"]
    frame = pd.DataFrame(rows, columns=columns).set_index(["series", "horizon"])
    return frame.assign(change=frame["after"] - frame["before"])


def _section(title: str, lines: Iterable[object]) -> list[str]:
    """A heading and its lines; none where there is nothing to tell."""
    told = [f"  {line}" for line in lines]
    more = [f"  and {len(told) - _MOST_SHOWN} more"] if len(told) > _MOST_SHOWN else []
    return [f"{title}:", *told[:_MOST_SHOWN], *more] if told else []


def _link_words(link: Link) -> str:
    return f"{link.source} -> {link.target} (lags {', '.join(map(str, link.lags))}; t {link.largest_t:.1f})"

"""Nothing implausible passes silently: cut the loops that amplify themselves, replace what still runs away.

Two laws are kept. *Before* a forecast, every contemporaneous loop has a gain below one, a positive determinant of
I - A0 and a moderate condition number; otherwise the loop's weakest link (least |t|) is cut and its equation
re-estimated. *After* it, a forecast whose h-period change (in levels, or in logs of a series held in logs) is larger
than ``plausible_change`` times the largest h-period change in the series' own history is answered in the same way while
a loop feeds the series, then by its autoregression, and at last by no change at all. Each answer is recorded.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from macrotrade._typing import FloatArray
from macrotrade.providers.bma.building import Design, without_term
from macrotrade.providers.bma.equation import Equation, Term
from macrotrade.providers.bma.solving import LinearForm, linear_form, loop_health

__all__ = ["Cut", "Replacement", "cut_weakest", "feeding_loop", "largest_changes", "no_change", "sound_loops"]


@dataclass(frozen=True)
class Cut:
    """A contemporaneous link that the guard removed, after which the equation was estimated anew.

    Parameters
    ----------
    target, source : whose equation it was in, and whose value entered.
    t_statistic : of the link when it was removed.
    reason : in words.
    """

    target: str
    source: str
    t_statistic: float
    reason: str

    def __str__(self) -> str:
        return f"{self.target} <- {self.source} cut (t = {self.t_statistic:.1f}): {self.reason}"


@dataclass(frozen=True)
class Replacement:
    """An equation that the guard put another in place of.

    Parameters
    ----------
    target : series whose equation it was.
    by : what forecasts it instead.
    reason : in words.
    """

    target: str
    by: str
    reason: str

    def __str__(self) -> str:
        return f"{self.target} forecast by its {self.by}: {self.reason}"


def sound_loops(design: Design, equations: Sequence[Equation]) -> tuple[tuple[Equation, ...], tuple[Cut, ...]]:
    """Equations whose contemporaneous loops can all be trusted, and the links cut to make them so."""
    sample = design.sample
    current = list(equations)
    cuts: list[Cut] = []
    while True:
        form = linear_form(current, sample.names, sample.settings.season_length)
        health = loop_health(form, sample.names, sample.scales)
        unsound = [each for each in health if not each.sound(sample.settings.max_condition)]
        if not unsound:
            return tuple(current), tuple(cuts)
        worst = unsound[0]
        reason = (
            f"loop {', '.join(worst.members)} has gain {worst.gain:.3f}, "
            f"determinant {worst.determinant:.3g}, condition {worst.condition:.3g}"
        )
        cuts.append(cut_weakest(design, current, worst.members, reason))


def cut_weakest(design: Design, equations: list[Equation], members: Sequence[str], reason: str) -> Cut:
    """Cut the link of least |t| among a loop's members, in place, and say which."""
    names = design.sample.names
    links = [
        (abs(term.t_statistic), i, term)
        for i in (names.index(member) for member in members)
        for term in equations[i].terms
        if _is_link(term, members)
    ]
    _, i, weakest = min(links, key=lambda link: link[:2])
    equations[i] = without_term(design, equations[i], weakest)
    return Cut(names[i], weakest.series, weakest.t_statistic, reason)


def no_change(equation: Equation, mean_square: float) -> Equation:
    """An equation that repeats the last level (or, for a series in levels, the last value).

    ``mean_square`` is the mean square error of that forecast of the converted series in the sample.
    """
    terms = [Term("intercept", 0.0, 0.0)]
    if equation.conversion.order == 0:
        terms.append(Term("series", 1.0, 0.0, series=equation.target, form=str(equation.conversion), lag=1))
    rss = mean_square * equation.n_observations
    return replace(
        equation, terms=tuple(terms), origin="no change", n_folds=0, rss=rss, rss_cross_validated=rss, rss_tenfold=rss
    )


def largest_changes(working: FloatArray, n_steps: int) -> FloatArray:
    """Largest absolute change over 1..n_steps periods in each series' history, (n_steps, n_series).

    ``working`` holds levels or logs, (n_periods, n_series); missing values are passed over. A step longer than the
    history takes the largest change over any shorter one.
    """
    largest = np.zeros((n_steps, working.shape[1]))
    for step in range(1, n_steps + 1):
        if step < len(working):
            changes = np.abs(working[step:] - working[:-step])
            largest[step - 1] = np.where(np.isnan(changes), 0.0, changes).max(axis=0)
    return np.asarray(np.maximum.accumulate(largest, axis=0))


def feeding_loop(form: LinearForm, place: int) -> tuple[int, ...]:
    """The nearest contemporaneous loop that the series is part of or is fed by, empty if there is none."""
    loops = {member: loop for loop in form.loops for member in loop}
    seen, frontier = {place}, [place]
    while frontier:
        for node in frontier:
            if node in loops:
                return loops[node]
        sources = {int(j) for node in frontier for j in np.flatnonzero(form.now[node])}
        frontier = sorted(sources - seen)
        seen |= sources
    return ()


def _is_link(term: Term, members: Sequence[str]) -> bool:
    return term.kind == "series" and term.lag == 0 and term.series in members

"""One member's change of forecast, split along its chain."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from macrotrade.errors import FitError
from macrotrade.providers.bma.chain import Chain, Step
from macrotrade.providers.bma.explanation import Part
from macrotrade.providers.bma.kernels.conversion import integrate

__all__ = ["Question", "parts_of"]


@dataclass(frozen=True)
class Question:
    """Which forecast is compared.

    Attributes
    ----------
    name
        Series.
    periods
        Periods (ordinals) that the earlier and the later forecast are for.
    references
        Periods that they are measured from; None for a level.
    log
        Whether values are counted in logarithms.
    """

    name: str
    periods: tuple[int, int]
    references: tuple[int | None, int | None]
    log: bool

    def first(self, step: Step) -> float:
        """The forecast as it was asked for earlier."""
        return self._difference(step, self.periods[0], self.references[0])

    def then(self, step: Step) -> float:
        """The forecast as it is asked for later."""
        return self._difference(step, self.periods[1], self.references[1])

    def weights(self, step: Step, since: int) -> dict[int, float]:
        """Weight of the series' working values in rows after `since` in what is asked for later."""
        signed = ((self.periods[1], 1.0), (self.references[1], -1.0))
        rows = {step.row(period): sign for period, sign in signed if period is not None}
        return {row: sign for row, sign in rows.items() if row > since}

    def _difference(self, step: Step, period: int, reference: int | None) -> float:
        return self._value(step, period) - (0.0 if reference is None else self._value(step, reference))

    def _value(self, step: Step, period: int) -> float:
        conversion = step.solved.system.conversions[step.solved.system.place(self.name)]
        if conversion.log == self.log:
            return step.working(self.name, period)
        reported = step.reported(self.name, period)
        if self.log and reported <= 0.0:
            raise FitError(
                f"{self.name} is held in logs by one system and forecast at {reported:.4g} by the other; "
                "the two forecasts have no form in common."
            )
        return float(np.log(reported)) if self.log else reported


def parts_of(chain: Chain, question: Question) -> Iterator[Part]:
    """Parts that sum to the member's later forecast less its earlier one."""
    then = question.then
    yield Part("time", then(chain.later) - question.first(chain.before))
    yield from _revisions(chain.later, chain.revised, question)
    last = chain.revised
    for name, step in chain.withdrawn:
        yield Part("revision", then(step) - then(last), name)
        last = step
    yield from _releases(last, chain.released, question)
    yield Part("re-estimation", then(chain.re_estimated) - then(chain.released))
    yield Part("re-selection", then(chain.re_selected) - then(chain.unrepaired))
    repairs = then(chain.unrepaired) - then(chain.re_estimated) + then(chain.after) - then(chain.re_selected)
    yield Part("guard", repairs)


def _revisions(before: Step, after: Step, question: Question) -> Iterator[Part]:
    """What changed numbers of each series do through the same equations, the same cells being known."""
    system, place = before.solved.system, before.solved.system.place(question.name)
    last_known = int(before.solved.edge.last_known[place])
    weights = question.weights(before, last_known)
    gradient = before.solved.gradient(place, weights)
    rows = slice(max(weights) + 1 - len(gradient), max(weights) + 1)
    changes = after.solved.edge.converted[rows] - before.solved.edge.converted[rows]
    effects = np.where(np.isnan(changes), 0.0, changes * gradient).sum(axis=0)
    effects[place] += _start(after, question, last_known) - _start(before, question, last_known)
    for name, effect in zip(system.names, effects.tolist(), strict=True):
        if effect:
            yield Part("revision", effect, name)


def _start(step: Step, question: Question, last_known: int) -> float:
    """What is asked for if nothing happened after the series' last known value: no converted value but zeros."""
    place = step.solved.system.place(question.name)
    order = step.solved.system.conversions[place].order
    known = step.solved.edge.working[: last_known + 1, place]

    def value(period: int) -> float:
        row = step.row(period)
        if row <= last_known:
            return float(known[row])
        return float(integrate(np.zeros(row - last_known), known[len(known) - order :])[-1])

    reference = question.references[1]
    return value(question.periods[1]) - (0.0 if reference is None else value(reference))


def _releases(before: Step, after: Step, question: Question) -> Iterator[Part]:
    """Surprise times weight of each cell that was forecast before and is known after."""
    system, place = after.solved.system, after.solved.system.place(question.name)
    since = int(before.solved.edge.last_known[place])
    weights = question.weights(after, since)
    gradient = after.solved.gradient(place, weights, since, before.solved.solution.first_row)
    first_row = max(weights) + 1 - len(gradient)
    known = ~np.isnan(after.solved.edge.converted[: max(weights) + 1])
    for row, column in np.argwhere(known & np.isnan(before.solved.edge.converted[: max(weights) + 1])):
        released = float(after.solved.edge.converted[row, column])
        expected = float(before.solved.solution.values[row, column])
        yield Part(
            "release",
            float(gradient[row - first_row, column]) * (released - expected),
            system.names[column],
            str(after.first + int(row)),
            str(system.conversions[column]),
            released,
            expected,
        )

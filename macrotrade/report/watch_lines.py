"""A watchlist line by line: one instrument, what is said of it and by whom, in words that a table or a page prints."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from macrotrade.report.signals import stance_of
from macrotrade.report.words import percent, rule_of
from macrotrade.strategy.quoted import amount_in_words, quoted, unit_of
from macrotrade.strategy.reasons import Change
from macrotrade.strategy.result import Decision
from macrotrade.strategy.watch import Standing, Watched

__all__ = [
    "WatchLine",
    "change_words",
    "forecast_words",
    "probability_words",
    "rules_of",
    "stance_words",
    "watch_lines",
]

_CAUSES_SHOWN = 3
_WORTH_TELLING = 0.1  # of the largest cause
_NOTHING = "0.0"


@dataclass(frozen=True, eq=False)
class WatchLine:
    """What one voice, or the vote of all, says of one instrument at one horizon.

    Attributes
    ----------
    standings
        One for each rule, otherwise alike.
    alone
        Whether it is the only voice on its instrument, so that the instrument names it.
    """

    standings: tuple[Standing, ...]
    alone: bool

    @property
    def said(self) -> Decision:
        """The decision by the last rule; all rules share its forecast."""
        return self.standings[-1].decision

    @property
    def votes(self) -> tuple[Decision, ...]:
        """Every provider's decision by the last rule."""
        return self.standings[-1].votes

    @property
    def changes(self) -> tuple[Change, ...]:
        """Why the forecasts changed."""
        return self.standings[-1].changes

    @property
    def held(self) -> dict[str, str]:
        """Rule to position, with a star where it is new."""
        return {_plain(each.decision.rule): _held(each.decision) for each in self.standings}

    @property
    def since(self) -> str:
        """Rule to the day since which its side has been held, in words; shorter where all rules agree."""
        days = {_plain(each.decision.rule): _since(each) for each in self.standings}
        if len(set(days.values())) == 1:
            return next(iter(days.values()))
        return ", ".join(f"{rule_of(rule)} {day}" for rule, day in days.items())

    @property
    def ahead(self) -> str:
        """Periods ahead of each forecast that votes for the score: ``1``, or ``1, 3`` where several do."""
        return ", ".join(map(str, self.standings[-1].horizons))

    @property
    def data_until(self) -> str:
        """Newest and oldest last value among what the decision rests on."""
        until = sorted(set(self.said.data_until.values()))
        return until[0] if len(until) == 1 else f"{until[0]} to {until[-1]}" if until else ""


def watch_lines(watched: Watched) -> tuple[WatchLine, ...]:
    """Lines in the order of the watchlist."""
    grouped: dict[tuple[str, str, int], list[Standing]] = {}
    for standing in watched.standings:
        said = standing.decision
        grouped.setdefault((said.instrument, said.provider, said.horizon), []).append(standing)
    voices = Counter(instrument for instrument, _ in {key[:2] for key in grouped})
    return tuple(WatchLine(tuple(group), voices[key[0]] == 1) for key, group in grouped.items())


def forecast_words(said: Decision) -> str:
    """Forecast of the driver with its interval, or why there is none."""
    if math.isnan(said.point):
        return said.reasons[0] if said.reasons else "none"
    return quoted(said.driver, said.point, said.low, said.high, said.measure)


def change_words(change: Change, measure: str = "") -> str:
    """A change with its largest causes: ``+2.0 to −4.1 bp: new data −5.0, re-estimation −1.1``.

    Parameters
    ----------
    change
        To tell.
    measure
        In which the forecast itself is told: a change of a yield that its provider counts in logarithms is told in per
        cent of the yield.
    """
    before, after = amount_in_words(change.before, change.units), amount_in_words(change.after, change.units)
    largest = abs(change.causes[0].amount) if change.causes else 0.0
    amounts = [(cause, amount_in_words(cause.amount, change.units)) for cause in change.causes[:_CAUSES_SHOWN]]
    told = [
        f"{' '.join(filter(None, (cause.kind, cause.series, cause.period)))} {amount}"
        for cause, amount in amounts
        if abs(cause.amount) > _WORTH_TELLING * largest and amount != _NOTHING
    ]
    unit = unit_of(change.units) + (" of its level" if "log" in change.units and measure == "change" else "")
    moved = f"{before} to {after}{unit}" if before != after else f"{after}{unit} as before"
    return moved + (f": {', '.join(told)}" if told else "")


def stance_words(position: float) -> str:
    """Side of a position, and its size where it is not whole."""
    side = stance_of(position)
    return side if side == "flat" or abs(position) == 1.0 else f"{side} {percent(abs(position), 0)}"


def probability_words(decision: Decision) -> str:
    """Probability that the price rises, or that there is no view."""
    return "no view" if math.isnan(decision.probability_up) else percent(decision.probability_up, 0)


def _held(decision: Decision) -> str:
    new = decision.previous is not None and stance_of(decision.previous) != stance_of(decision.position)
    return stance_words(decision.position) + ("*" if new else "")


def _since(standing: Standing) -> str:
    """Day since which the side has been held; ``before`` the first that was run where it is older."""
    said = standing.decision
    return f"before {standing.past.index[0]:%Y-%m-%d}" if said.since is None else f"{said.since:%Y-%m-%d}"


def _plain(rule: str) -> str:
    return rule.partition(",")[0]


def rules_of(lines: Sequence[WatchLine]) -> tuple[str, ...]:
    """Rules of all lines, in order of appearance."""
    return tuple(dict.fromkeys(rule for line in lines for rule in line.held))

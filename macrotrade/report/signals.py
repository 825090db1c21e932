"""Cards of the current signals: what each provider says of each instrument, and what is behind it."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Literal

from macrotrade.instruments import INSTRUMENTS
from macrotrade.report.parts import Card, Cards
from macrotrade.report.words import day, name_of, percent, rule_of, signed
from macrotrade.strategy.result import Decision

__all__ = ["relevant_reasons", "signal_card", "signal_cards", "stance_of"]

_MEMBERS_SHOWN = 6
_REASONS_SHOWN = 5


def signal_cards(decisions: tuple[Decision, ...]) -> Cards:
    """A card for each provider, instrument and horizon; it carries the position by every rule."""
    grouped: dict[tuple[str, str, int], list[Decision]] = {}
    for decision in decisions:
        grouped.setdefault((decision.instrument, decision.provider, decision.horizon), []).append(decision)
    return Cards(tuple(signal_card(tuple(group)) for group in grouped.values()))


def signal_card(decisions: tuple[Decision, ...]) -> Card:
    """What one provider says of one instrument, and what each rule makes of it.

    `decisions` differ in their rule alone. The side shown largest is that of the last rule.
    """
    said = decisions[-1]
    facts = {rule_of(decision.rule).capitalize(): _held(decision) for decision in decisions}
    facts["Probability that it rises"] = _known(said.probability_up, lambda p: percent(p, 0))
    if not math.isnan(said.point):
        facts |= {
            f"Forecast of {said.driver}": _amount(said.point, said.measure),
            "80% interval": f"{_amount(said.low, said.measure)} to {_amount(said.high, said.measure)}",
            f"{said.driver} last known": _known(said.origin, lambda value: f"{value:,.2f}"),
        }
    facts |= {"Decided": day(said.as_of), "Last data used": _data_until(said)}
    return Card(
        title=said.instrument,
        subtitle=f"{name_of(said.provider)}, {_ahead(said.horizon)}",
        stance=stance_of(said.position),
        headline=_headline(said.position),
        facts=facts,
        members=_heaviest(said),
        reasons=relevant_reasons(said)[:_REASONS_SHOWN],
    )


def relevant_reasons(decision: Decision) -> tuple[str, ...]:
    """Reasons but those that open with the name of another instrument's driver."""
    others = {item.driver for item in INSTRUMENTS.values()} - {decision.driver}
    return tuple(reason for reason in decision.reasons if reason.partition(":")[0] not in others)


def stance_of(position: float) -> Literal["long", "short", "flat"]:
    """Side of a position; none is flat."""
    if math.isnan(position) or position == 0.0:
        return "flat"
    return "long" if position > 0 else "short"


def _headline(position: float) -> str:
    side = stance_of(position)
    return side if side == "flat" or abs(position) == 1.0 else f"{side} {percent(abs(position), 0)}"


def _held(decision: Decision) -> str:
    """Position, and since when its side has been held."""
    now = _headline(decision.position)
    if decision.since is not None and decision.since < decision.as_of:
        return f"{now} since {decision.since:%b %Y}"
    if decision.previous is not None and decision.previous != decision.position:
        return f"{now}, was {_headline(decision.previous)}"
    return now


def _heaviest(decision: Decision) -> tuple[tuple[str, float], ...]:
    members = sorted(decision.members, key=lambda member: -float(member["weight"]))
    if len(members) < 2:
        return ()
    return tuple((str(member["member"]), float(member["weight"])) for member in members[:_MEMBERS_SHOWN])


def _data_until(decision: Decision) -> str:
    """Newest and, where they differ, oldest last period among the series used."""
    periods = sorted({str(period) for period in decision.data_until.values()})
    if not periods:
        return "–"
    if len(decision.data_until) == 1 or len(periods) == 1:
        return periods[-1]
    return f"{periods[0]} to {periods[-1]}, {len(decision.data_until)} series"


def _amount(value: float, measure: str) -> str:
    if math.isnan(value):
        return "–"
    if measure.endswith("log_change"):
        return signed(100.0 * value, 1) + "%"
    return signed(value, 2) + " pp" if measure.endswith("change") else f"{value:,.2f}"


def _known(value: float | None, write: Callable[[float], str]) -> str:
    return "–" if value is None or math.isnan(value) else write(value)


def _ahead(horizon: int) -> str:
    return "one period ahead" if horizon == 1 else f"{horizon} periods ahead"

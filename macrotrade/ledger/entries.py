"""From decisions, or from the refusal of a run, to entries."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence

import pandas as pd

from macrotrade.errors import DataError, SettingsError
from macrotrade.ledger.entry import Entry
from macrotrade.ledger.settings import settings_text
from macrotrade.panel.vintages import History
from macrotrade.strategy.result import Decision
from macrotrade.strategy.run import POOL, origins_of, rule_label
from macrotrade.strategy.spec import Strategy
from macrotrade.strategy.walk_forward import fit_days

__all__ = ["data_hash", "entries_of", "refusal"]


def entries_of(strategy: Strategy, decisions: Sequence[Decision], history: History) -> tuple[Entry, ...]:
    """Entries of the decisions of one day, as :func:`macrotrade.strategy.decide.decide` gives them.

    A decision without a score, because its provider could not forecast, becomes a refusal that holds what its rule
    holds without a score.
    """
    if not decisions:
        return ()
    day = decisions[0].as_of
    if any(decision.as_of != day for decision in decisions):
        raise SettingsError("entries_of takes the decisions of one day; call it once for each day.")
    settings, hashed = settings_text(strategy), data_hash(strategy, history, day)
    names = _names(strategy)
    return tuple(
        Entry(
            as_of=decision.as_of,
            strategy=strategy.name,
            kind="refusal" if math.isnan(decision.score) else "decision",
            instrument=decision.instrument,
            provider=decision.provider,
            provider_name=names[decision.provider],
            rule=decision.rule,
            ahead=decision.horizon,
            settings=settings,
            driver=decision.driver,
            measure=decision.measure,
            origin=decision.origin,
            point=decision.point,
            low=decision.low,
            high=decision.high,
            spread=_spread(decision),
            probability_up=decision.probability_up,
            score=decision.score,
            position=decision.position,
            reasons=decision.reasons,
            source=history.name,
            vintages=decision.vintages,
            data_hash=hashed,
            data_until=decision.data_until,
            seed=strategy.seed,
        )
        for decision in decisions
    )


def refusal(
    strategy: Strategy,
    as_of: str | pd.Timestamp,
    reason: str,
    *,
    history: History | None = None,
    instruments: Sequence[str] | None = None,
) -> tuple[Entry, ...]:
    """Entries of a run that was refused as a whole: one where each decision would have stood, without a position.

    When the run succeeds later, each of its decisions is a correction of the refusal in its place.

    Parameters
    ----------
    strategy, as_of
        What was to be decided, and the decision day.
    reason
        Why it was not, such as the message of a :class:`~macrotrade.errors.StaleDataError`.
    history
        Whose data were refused, if it could be loaded.
    instruments
        Those refused; all by default.
    """
    day, settings, names = pd.Timestamp(as_of).normalize(), settings_text(strategy), _names(strategy)
    hashed = _refused_hash(history, day)
    return tuple(
        Entry(
            as_of=day,
            strategy=strategy.name,
            kind="refusal",
            instrument=item.symbol,
            provider=provider,
            provider_name=name,
            rule=rule_label(rule, ahead),
            ahead=ahead,
            settings=settings,
            driver=item.driver,
            reasons=(reason,),
            source=history.name if history is not None else "",
            vintages=history.vintages if history is not None else "",
            data_hash=hashed,
            seed=strategy.seed,
        )
        for provider, name in names.items()
        for ahead in strategy.periods_ahead
        for rule in strategy.rules
        for item in strategy.traded
        if instruments is None or item.symbol in instruments
    )


def data_hash(strategy: Strategy, history: History, as_of: pd.Timestamp) -> str:
    """SHA-256 of the panels behind the decision of that day: those it was forecast from, and those it was fitted to.

    Panels rather than the whole history up to that day: what is published later, a new series included, leaves them
    as they were, so a hash that differs means that numbers known then were revised, replaced or lost. With true
    vintages it never should; with pseudo vintages every revision shows. The panels are cut for the forecast anyway.
    """
    origins = strategy.schedule.origins(origins_of(strategy, history, as_of)[0], as_of)
    made = slice(-max(strategy.periods_ahead), None)
    days = set(origins[made])
    for choice in strategy.providers:
        days |= set(fit_days(origins, choice.fitted_every(strategy.schedule))[made])
    joined = "|".join(f"{day:%Y-%m-%d} {history.panel_fingerprint(day)}" for day in sorted(days))
    return hashlib.sha256(joined.encode("ascii")).hexdigest()


def _refused_hash(history: History | None, day: pd.Timestamp) -> str:
    """Fingerprint of the panel of that day; empty where nothing was public, or nothing could be loaded."""
    try:
        return history.panel_fingerprint(day) if history is not None else ""
    except DataError:
        return ""


def _names(strategy: Strategy) -> dict[str, str]:
    """Labels to registered names, the pooled vote among them where the strategy has one."""
    names = {choice.title: choice.name for choice in strategy.providers}
    return {**names, POOL: POOL} if strategy.pool else names


def _spread(decision: Decision) -> float | None:
    """Standard deviation of the mixture: sqrt(sum_k w_k (s_k^2 + (m_k - m)^2)), None where there is no forecast."""
    if not decision.members:
        return None
    parts = [
        float(member["weight"]) * (float(member["scale"]) ** 2 + (float(member["mean"]) - decision.point) ** 2)
        for member in decision.members
    ]
    return math.sqrt(math.fsum(parts))

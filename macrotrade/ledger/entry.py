"""An entry: what is said of one instrument, before it is written down."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Literal, TypeAlias

import pandas as pd

from macrotrade.errors import DataError

__all__ = ["NUMBERS", "SAID", "Entry", "Key", "Kind"]

Kind: TypeAlias = Literal["decision", "refusal"]
"""``decision``: a score stands behind the position. ``refusal``: none does, and the reasons say why."""

Key: TypeAlias = tuple[str, str, str, str, str, int]
"""What an entry is about: decision day, strategy, instrument, provider, rule, periods ahead."""

NUMBERS = ("origin", "point", "low", "high", "spread", "probability_up", "score", "position")
"""Fields that are numbers, None where there is none."""

SAID = ("driver", "measure", *NUMBERS)
"""Fields that make two entries about one thing say the same; of refusals, the reasons too."""


@dataclass(frozen=True)
class Entry:
    """What one provider and rule say of one instrument at one decision day.

    As in :class:`~macrotrade.strategy.result.Decision`, with what is needed to compute it again.
    Numbers that are NaN become None; infinite ones are refused.

    Attributes
    ----------
    as_of
        Decision day.
    strategy
        Name of the strategy or watchlist.
    kind
        ``decision`` or ``refusal``. The ledger itself writes ``correction`` where it had said something else before.
    instrument, provider, provider_name, rule, ahead
        Symbol; label of the provider in the strategy, and the name it is registered under; label of the rule; periods
        ahead of the forecast behind the position.
    settings
        Everything that is needed to compute the entry again, as canonical JSON; see
        :func:`macrotrade.ledger.settings.settings_text`.
    driver, measure
        Series that is forecast, and as what.
    origin, point, low, high, spread
        Last known value of the driver in reported units; mean, 10 and 90 per cent quantiles and standard deviation of
        its forecast, in `measure`.
    probability_up, score, position
        Probability that the price rises; 2 P - 1; target exposure. A provider that cannot forecast holds 0, as in a
        backtest; a run that was refused gives no position, None.
    reasons
        In words.
    source, vintages, data_hash, data_until
        Name of the history, ``true`` or ``pseudo``, fingerprint of the panels behind the decision, and the last known
        period of each series named.
    seed
        Of the strategy.
    """

    as_of: pd.Timestamp
    strategy: str
    kind: Kind
    instrument: str
    provider: str
    provider_name: str
    rule: str
    ahead: int
    settings: str
    driver: str = ""
    measure: str = ""
    origin: float | None = None
    point: float | None = None
    low: float | None = None
    high: float | None = None
    spread: float | None = None
    probability_up: float | None = None
    score: float | None = None
    position: float | None = None
    reasons: tuple[str, ...] = ()
    source: str = ""
    vintages: str = ""
    data_hash: str = ""
    data_until: Mapping[str, str] = field(default_factory=dict)
    seed: int = 0

    def __post_init__(self) -> None:
        for item in fields(self):
            if item.name in NUMBERS:
                object.__setattr__(self, item.name, self._number(item.name))
        if (self.score is None) != (self.kind == "refusal"):
            raise DataError(
                f"A {self.kind} on {self.instrument} with score {self.score}: a decision has one, a refusal has none."
            )

    def _number(self, name: str) -> float | None:
        value = getattr(self, name)
        if value is None or math.isnan(value):
            return None
        if math.isinf(value):
            raise DataError(f"{name} of {self.provider} on {self.instrument} is infinite; the ledger takes numbers.")
        # SQLite keeps -0.0 as 0.0, and what is read must be what was hashed.
        return float(value) + 0.0

    @property
    def key(self) -> Key:
        """What the entry is about."""
        day = f"{self.as_of:%Y-%m-%d}"
        return (day, self.strategy, self.instrument, self.provider, self.rule, self.ahead)

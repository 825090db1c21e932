"""What a check found: one result for each law."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

import pandas as pd

from macrotrade.errors import LookAheadError
from macrotrade.forecast import Target
from macrotrade.panel.panel import Vintages

__all__ = ["CheckReport", "LawResult", "Outcome"]

Outcome: TypeAlias = Literal["passed", "failed", "information"]


@dataclass(frozen=True)
class LawResult:
    """Whether one law held.

    Attributes
    ----------
    law
        Its name.
    outcome
        ``passed``, ``failed``, or ``information`` for what is measured but not judged.
    detail
        What was found, in words.
    origin, series
        Where it broke first; None where it held.
    difference
        Largest difference between forecasts that should be equal, in the target's measure; infinite where one of them
        could not be made.
    """

    law: str
    outcome: Outcome
    detail: str
    origin: pd.Timestamp | None = None
    series: str | None = None
    difference: float = 0.0

    def __str__(self) -> str:
        where = f" at {self.origin:%Y-%m-%d}" if self.origin is not None else ""
        which = f", {self.series}" if self.series is not None else ""
        return f"{self.law}{where}{which}: {self.detail}"


@dataclass(frozen=True)
class CheckReport:
    """Every law, with what was found.

    Attributes
    ----------
    provider, history
        Names of what was checked, and on which data.
    vintages
        Whether those were ``true`` or ``pseudo``.
    target
        What was forecast.
    origins
        Days at which it was forecast.
    laws
        One result for each law, in the order in which they were tried.
    """

    provider: str
    history: str
    vintages: Vintages
    target: Target
    origins: tuple[pd.Timestamp, ...]
    laws: tuple[LawResult, ...]

    @property
    def failures(self) -> tuple[LawResult, ...]:
        """The laws that were broken."""
        return tuple(result for result in self.laws if result.outcome == "failed")

    @property
    def passed(self) -> bool:
        """Whether no law was broken."""
        return not self.failures

    def raise_for_failures(self) -> None:
        """Raise LookAheadError naming each broken law, its origin and series, and the largest difference."""
        if self.failures:
            listed = "\n".join(f"- {result}" for result in self.failures)
            raise LookAheadError(f"Provider {self.provider} broke {len(self.failures)} laws:\n{listed}")

    def __str__(self) -> str:
        head = f"{self.provider} on {self.history} ({self.vintages} vintages), " + ", ".join(
            f"{origin:%Y-%m-%d}" for origin in self.origins
        )
        width = max(len(result.law) for result in self.laws)
        rows = [f"{result.outcome:<12} {result.law:<{width}}  {result.detail}" for result in self.laws]
        return "\n".join([head, *rows])

"""One equation in a ranking."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from macrotrade.providers.equations.equation import Equation

__all__ = ["Ranked"]


@dataclass(frozen=True, eq=False)
class Ranked:
    """One equation in the ranking.

    Attributes
    ----------
    equation
        Fitted to the whole sample.
    scores
        By name, less is better: ``mse``, ``mdl``, ``bic``, ``esr`` in sample; and, where they were asked for, the root
        mean squared errors ``one_step`` and ``recursive`` from rolling origins inside it.
    veto
        Why it was refused, in words; None if it was not.
    """

    equation: Equation
    scores: Mapping[str, float]
    veto: str | None = None

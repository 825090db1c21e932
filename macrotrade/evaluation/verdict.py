"""What a test says, and why it says nothing where it cannot speak."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, TypeAlias

from scipy.special import ndtr, stdtr

from macrotrade.errors import DataError

__all__ = ["Alternative", "Verdict", "no_verdict", "normal_p_value", "stars", "student_p_value"]

Alternative: TypeAlias = Literal["two-sided", "greater", "less"]
"""What is held against the null: a statistic that differs from zero, lies above it, or lies below it."""


@dataclass(frozen=True)
class Verdict:
    """Result of one statistical test.

    Attributes
    ----------
    name
        Of the test.
    statistic, p_value
        Test statistic, and the probability of one as extreme under the null. NaN only where the test cannot be made,
        and then `note` says why.
    n
        Observations used.
    alternative
        The side that the p-value is for.
    note
        What the reader must know: why there is no verdict, or what was left out. Empty where there is nothing to say.

    Raises
    ------
    DataError
        If a statistic or p-value is NaN and no reason is given.
    """

    name: str
    statistic: float
    p_value: float
    n: int
    alternative: Alternative = "two-sided"
    note: str = ""

    def __post_init__(self) -> None:
        if (math.isnan(self.statistic) or math.isnan(self.p_value)) and not self.note:
            raise DataError(f"The test {self.name!r} has no result and no reason; a verdict without one needs a note.")

    @property
    def stars(self) -> str:
        """``***``, ``**``, ``*`` or nothing: below 1, 5 and 10 per cent.

        >>> Verdict("a test", 2.0, 0.046, 100).stars
        '**'
        """
        return stars(self.p_value)


def stars(p_value: float) -> str:
    """``***``, ``**``, ``*`` or nothing for p-values below 1, 5 and 10 per cent; nothing for a missing one."""
    return "*" * sum(p_value < level for level in (0.01, 0.05, 0.10))


def no_verdict(name: str, n: int, note: str, alternative: Alternative = "two-sided") -> Verdict:
    """Verdict of a test that cannot be made, with the reason."""
    return Verdict(name, math.nan, math.nan, n, alternative, note)


def normal_p_value(statistic: float, alternative: Alternative) -> float:
    """Probability, under a standard normal law, of a statistic as extreme."""
    return _p_value(float(ndtr(-statistic)), float(ndtr(statistic)), alternative)


def student_p_value(statistic: float, degrees_of_freedom: float, alternative: Alternative) -> float:
    """Probability, under Student's t, of a statistic as extreme."""
    above = float(stdtr(degrees_of_freedom, -statistic))
    return _p_value(above, float(stdtr(degrees_of_freedom, statistic)), alternative)


def _p_value(above: float, below: float, alternative: Alternative) -> float:
    return {"greater": above, "less": below, "two-sided": min(1.0, 2.0 * min(above, below))}[alternative]

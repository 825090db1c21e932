"""From scores to positions: what to hold until the next decision."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

import numpy as np

from macrotrade._typing import FloatArray
from macrotrade.errors import SettingsError, near_misses

__all__ = ["Rule", "RuleName", "volatility_multiple"]

RuleName: TypeAlias = Literal["long_flat", "long_short"]


@dataclass(frozen=True)
class Rule:
    """A rule that reads one instrument's scores in order of time and says what to hold after each.

    Attributes
    ----------
    name
        ``long_flat``: 1 where score > `threshold`, else 0. ``long_short``: the sign of the score where its size exceeds
        `threshold` (the dead band), else 0.
    threshold
        In units of score, 0 to 1.
    hysteresis
        A position once taken is kept until its score falls below `threshold` - `hysteresis`, so that small changes of
        mind cost nothing. 0 forgets the past.
    size
        ``full`` holds 1 or -1; ``score`` holds the score itself where the rule is in the market.

    Notes
    -----
    A missing score (the provider could not forecast) is no position: 0, and the hysteresis starts anew.
    """

    name: RuleName
    threshold: float = 0.0
    hysteresis: float = 0.0
    size: Literal["full", "score"] = "full"

    def __post_init__(self) -> None:
        if self.name not in get_args(RuleName):
            raise SettingsError(f"rule={self.name!r} is not known. {near_misses(self.name, get_args(RuleName))}")
        if not 0.0 <= self.threshold < 1.0:
            raise SettingsError(f"A rule's threshold is a score from 0 to below 1, not {self.threshold}.")
        if self.hysteresis < 0.0:
            raise SettingsError(f"hysteresis must not be negative, not {self.hysteresis}.")

    def positions(self, scores: FloatArray) -> FloatArray:
        """Position after each score; shape (n_origins,) or (n_origins, n_columns), in [-1, 1].

        >>> Rule("long_short", threshold=0.1).positions(np.array([0.3, 0.05, -0.2])).tolist()
        [1.0, 0.0, -1.0]
        >>> Rule("long_flat", threshold=0.1, hysteresis=0.2).positions(np.array([0.3, 0.05, -0.2])).tolist()
        [1.0, 1.0, 0.0]
        """
        scores = np.asarray(scores, dtype=np.float64)
        held = np.zeros_like(scores)
        side = np.zeros(scores.shape[1:])
        for row, score in enumerate(scores):
            side = self._side(score, side)
            held[row] = side * (np.abs(score) if self.size == "score" else 1.0)
        return np.asarray(np.where(np.isnan(scores), 0.0, held))

    @property
    def remembers(self) -> bool:
        """Whether a position depends on the one before it."""
        return self.hysteresis > 0.0

    def _side(self, score: FloatArray, side: FloatArray) -> FloatArray:
        """New side: a score past the threshold decides; short of it, hysteresis may keep the old side."""
        keep = self.threshold - self.hysteresis
        long, short = score > self.threshold, score < -self.threshold
        keep_long = (side > 0) & (score > keep) & self.remembers
        keep_short = (side < 0) & (score < -keep) & self.remembers
        decided = np.select([long, short, keep_long, keep_short], [1.0, -1.0, 1.0, -1.0], 0.0)
        return np.maximum(decided, 0.0) if self.name == "long_flat" else decided


def volatility_multiple(
    returns: FloatArray, target: float, maximum: float, periods_per_year: float = 252.0, window: int = 63
) -> float:
    """Exposure per unit of position that would have had the target volatility over the last `window` returns.

    multiple = min(maximum, target / (sd(r) sqrt(periods_per_year)))

    Parameters
    ----------
    returns
        Shape (n_periods,), simple returns up to the origin, decimal; NaN are passed over.
    target
        Annual volatility, decimal.
    maximum
        Largest multiple, the leverage allowed.
    periods_per_year, window
        Periods in a year; periods looked back on. Fewer than half a window of returns gives 1 or `maximum`, the lesser.
    """
    recent = returns[~np.isnan(returns)][-window:]
    if recent.size < window // 2:
        return min(1.0, maximum)
    volatility = float(np.std(recent, ddof=1)) * periods_per_year**0.5
    return float(min(maximum, target / volatility)) if volatility > 0 else maximum

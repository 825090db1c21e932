"""Reasons to refuse an equation that fits: what an economist would object to, in rules.

Each rule gives its reason in words, which are kept with the ranked list.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

__all__ = ["Sign", "VetoRules"]

Sign: TypeAlias = Literal["+", "-"]


@dataclass(frozen=True)
class VetoRules:
    """What is refused. A rule that is None or empty is not asked.

    Attributes
    ----------
    trend_terms
        Whether terms in time are refused.
    signs
        Pairs of a variable, such as ``y[-1]``, and the sign that the equation's mean derivative by it must have;
        equations that do not read it pass.
    steady_state_margin
        How far beyond history its nearest steady state may lie, as a share of history's range.
    unstable
        Whether equations are refused that leave history and the guards' margin from some origin of the past, or have a
        spectral radius at the steady state beyond the guards'.
    largest_coefficient
        Largest amplitude of a sine term and largest effect of a linear one, in standard deviations of the target.
    largest_condition
        Largest condition number of the derivatives by the constants, columns scaled to length 1.
    """

    trend_terms: bool = True
    signs: tuple[tuple[str, Sign], ...] = ()
    steady_state_margin: float | None = 0.5
    unstable: bool = True
    largest_coefficient: float | None = 20.0
    largest_condition: float | None = 1e8

"""What a strategy file says of its own assumptions: which others to try, and what was published under them."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
from pydantic import Field, field_validator

from macrotrade.strategy.parts import Part

__all__ = ["Published", "SensitivityOptions"]


class SensitivityOptions(Part):
    """Which assumptions a sensitivity table changes beyond those that cost little; each of these fits models anew.

    Attributes
    ----------
    sample_starts
        First periods of the estimation, such as ``1995-01``, for providers that have a setting ``start``.
    averages
        Whether instruments driven by a daily yield are driven by its month average as well.
    shifts
        Basis points by which every forecast is shifted before it becomes a score.
    n_months
        Best and worst months left out.
    level
        Probability inside the bootstrap band.
    """

    sample_starts: tuple[str, ...] = ()
    averages: bool = False
    shifts: tuple[float, ...] = (-5.0, -1.0, 1.0, 5.0)
    n_months: int = Field(default=2, ge=1)
    level: float = Field(default=0.90, gt=0.0, lt=1.0)

    @field_validator("sample_starts")
    @classmethod
    def _periods(cls, starts: tuple[str, ...]) -> tuple[str, ...]:
        for start in starts:
            try:
                pd.Period(start, freq="M")
            except ValueError:
                raise ValueError(f"{start!r} is no month; write 1998-01") from None
        return starts


class Published(Part):
    """Growth of 1 that someone else reported for the same exercise, to stand beside ours.

    Attributes
    ----------
    label
        Name of the row.
    source
        Where it was published, in words.
    instrument
        Symbol it belongs to.
    growth
        What 1 became, by rule; ``buy and hold`` for the instrument itself.
    """

    label: str = "Published"
    source: str
    instrument: str
    growth: Mapping[str, float]

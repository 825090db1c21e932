"""Why a forecast changed: parts that sum to the change, and how they read."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

import pandas as pd

from macrotrade._typing import Measure

__all__ = ["ForecastChange", "Part", "PartKind"]

PartKind: TypeAlias = Literal["time", "revision", "release", "re-estimation", "re-selection", "guard", "weights"]
"""What changed.

================  ==================================================================================
time              the same information, looked at a period later, for a period later
revision          numbers that were known before and now read otherwise, or were withdrawn
release           a number that was not known before: surprise x weight
re-estimation     the same equations, their coefficients estimated on the new sample
re-selection      other equations: forms, regressors, the series that take part
guard             repairs of implausible forecasts that were made at one of the two days, or otherwise
weights           of the members in the average
================  ==================================================================================
"""


@dataclass(frozen=True)
class ForecastChange:
    """Why a forecast changed between two panels: parts that sum to the change.

    Attributes
    ----------
    series, horizon, measure
        Which forecast.
    units
        Of `before`, `after` and the parts: the form in which the forecast is linear in the data.
    before_as_of, after_as_of
        Days of the two panels.
    before_period, after_period
        Periods that were forecast.
    before, after
        The two forecasts.
    parts
        Reasons; their amounts sum to `after` - `before`.
    """

    series: str
    horizon: int
    measure: Measure
    units: str
    before_as_of: pd.Timestamp
    after_as_of: pd.Timestamp
    before_period: pd.Period
    after_period: pd.Period
    before: float
    after: float
    parts: tuple[Part, ...]

    @property
    def change(self) -> float:
        """`after` less `before`."""
        return self.after - self.before

    def by_kind(self) -> dict[str, float]:
        """Sum of the parts of each kind, largest first."""
        sums: dict[str, float] = {}
        for part in self.parts:
            sums[part.kind] = sums.get(part.kind, 0.0) + part.amount
        return dict(sorted(sums.items(), key=lambda item: -abs(item[1])))

    def table(self) -> pd.DataFrame:
        """A row for each part, largest first.

        Columns kind, series, period, form, released, expected, surprise, weight, amount; see :class:`Part`.
        """
        columns = ["kind", "series", "period", "form", "released", "expected", "surprise", "weight", "amount"]
        ordered = sorted(self.parts, key=lambda part: -abs(part.amount))
        rows = [[getattr(part, column) for column in columns] for part in ordered]
        return pd.DataFrame(rows, columns=columns)

    def __str__(self) -> str:
        head = (
            f"{self.series}, {self.measure} {self.horizon} ahead, in {self.units}: {self.before:.6g} for "
            f"{self.before_period} ({self.before_as_of:%Y-%m-%d}) -> {self.after:.6g} for {self.after_period} "
            f"({self.after_as_of:%Y-%m-%d}), a change of {self.change:+.4g}"
        )
        shown = [part for part in sorted(self.parts, key=lambda part: -abs(part.amount)) if part.amount]
        width = max((len(part.words) for part in shown), default=0)
        rows = [f"  {part.words:<{width}}  {part.amount:+.4g}{_surprise_words(part)}" for part in shown]
        return "\n".join([head, *rows])


@dataclass(frozen=True)
class Part:
    """One reason why a forecast changed.

    Attributes
    ----------
    kind
        See :data:`PartKind`.
    amount
        What it adds to the forecast, in the explanation's units.
    series, period
        Which numbers, for revisions and releases.
    form
        In which `released` and `expected` are counted, such as ``dlog``.
    released, expected
        The new number, and what it was expected to be; NaN where there is none.
    """

    kind: PartKind
    amount: float
    series: str = ""
    period: str = ""
    form: str = ""
    released: float = float("nan")
    expected: float = float("nan")

    def times(self, factor: float) -> Part:
        """The part of a member whose weight is `factor`: its amount, and its share of what the average expected."""
        return replace(self, amount=factor * self.amount, expected=factor * self.expected)

    def plus(self, other: Part) -> Part:
        """Two members' shares of one part."""
        return replace(self, amount=self.amount + other.amount, expected=self.expected + other.expected)

    @property
    def surprise(self) -> float:
        """Released less expected."""
        return self.released - self.expected

    @property
    def weight(self) -> float:
        """What a unit of surprise adds to the forecast; NaN without one."""
        return self.amount / self.surprise if self.surprise else float("nan")

    @property
    def words(self) -> str:
        """Kind, and what it is about."""
        return " ".join(word for word in (self.kind, self.series, self.period) if word)


def _surprise_words(part: Part) -> str:
    if part.kind != "release":
        return ""
    return f"  ({part.form} {part.released:.4g}, expected {part.expected:.4g}; weight {part.weight:.3g})"

"""Equations iterated into the future, each forecast the next one's lag, with guards against running away.

1. what is read and not explained is carried on by an autoregression of order 2 (`carrying`)
2. each equation is tried from every origin of the past, and at its steady state (`guards`)
3. those that pass are iterated, every step kept inside history and a margin; the others are replaced by the
   autoregression. Whatever was clipped or replaced is said in words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from macrotrade._typing import FloatArray
from macrotrade.errors import SettingsError
from macrotrade.providers.equations.equation import Equation, System

__all__ = ["Guards", "Recursion", "recurse"]


@dataclass(frozen=True)
class Guards:
    """What a recursive forecast may do before an autoregression takes its place.

    Attributes
    ----------
    margin
        How far beyond history a step may go, as a share of history's range; further steps are clipped.
    largest_radius
        Largest spectral radius at the steady state; None asks for none.
    every_origin
        Whether the equation must stay inside history and margin from every origin of the past too.
    """

    margin: float = 0.5
    largest_radius: float | None = 1.0
    every_origin: bool = True

    def __post_init__(self) -> None:
        if not self.margin >= 0.0 or (self.largest_radius is not None and not self.largest_radius > 0.0):
            raise SettingsError(f"A margin is 0 or more and a spectral radius positive, or None; these came: {self}.")


@dataclass(frozen=True, eq=False)
class Recursion:
    """A recursive forecast; every number is finite.

    Attributes
    ----------
    paths
        Columns the targets, rows the `n_steps` periods after the last in which all of them are known; a target known
        further keeps its known values. Of several members, their median shrunk toward the autoregression.
    member_paths
        Columns the members, 0, 1, ..., in the order given, each after its guards; rows as in `paths`. Of a system, its
        targets.
    anchor_paths
        The autoregression of order 2 of each target, fitted to the same frame; columns and rows as in `paths`.
    outside
        Paths of the series that are read and not explained; columns their names.
    fallen_back
        Whether the autoregression took each member's place, by column of `member_paths`.
    flags
        What was clipped, replaced or carried, in words; empty if every equation ran as it is.
    """

    paths: pd.DataFrame
    member_paths: pd.DataFrame
    anchor_paths: pd.DataFrame
    outside: pd.DataFrame
    fallen_back: tuple[bool, ...]
    flags: tuple[str, ...]

    @property
    def path(self) -> FloatArray:
        """Shape (n_steps,): the first target's path."""
        return self.paths.iloc[:, 0].to_numpy()


def recurse(
    model: Equation | Sequence[Equation] | System,
    frame: pd.DataFrame,
    n_steps: int,
    guards: Guards | None = None,
    *,
    shrink: float = 0.0,
) -> Recursion:
    """Forecasts of the next periods by equations that read their own forecasts.

    Parameters
    ----------
    model
        One equation; several of one target, of whose paths the median is taken; or a system, iterated together.
    frame
        What is known: series in columns, rows a succession of periods (PeriodIndex). Series may end at different
        periods (NaN after that) and begin late; a gap inside is an error.
    n_steps
        Periods ahead, 1 or more.
    guards
        The default ones where None.
    shrink
        Weight of the autoregression in `paths`, 0 to 1.

    Raises
    ------
    DataError
        If a series is missing, has a gap, or is too short for its lags.
    """
    raise NotImplementedError

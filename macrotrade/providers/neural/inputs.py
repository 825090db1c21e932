"""What networks read of a panel: the target's own group and the pool of other series, scaled by what was known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
import numpy.typing as npt

from macrotrade._typing import FloatArray, IntArray, Measure
from macrotrade.errors import FitError, near_misses
from macrotrade.inputs.predictors import Predictors
from macrotrade.numerics.measures import measure_outcomes
from macrotrade.providers.neural.architecture import Reads
from macrotrade.providers.neural.module_architecture import AnyArchitecture
from macrotrade.providers.neural.module_network import AnyNetwork
from macrotrade.providers.neural.sample import Sample, Scaling

__all__ = ["FEWEST_ROWS", "Inputs", "Outcome", "inputs_of"]

FEWEST_ROWS = 36
"""Rows below which nothing is trained."""


@dataclass(frozen=True, eq=False)
class Inputs:
    """Series as networks read them, and how the same ones are read later.

    Attributes
    ----------
    found
        Predictors at the fit, for one target series: stationary, each as last known, without gaps.
    own, pool
        Places of the series of each in ``found.names``; the pool's stand together by group.
    scaling
        Of all columns, by the periods of the fit.
    """

    found: Predictors
    own: tuple[int, ...]
    pool: tuple[int, ...]
    scaling: Scaling

    def columns(self, reads: Reads | None) -> tuple[int, ...]:
        """Places of the series that are read, the pool before the own group; none for None."""
        chosen: dict[Reads | None, tuple[int, ...]] = {
            None: (),
            "own": self.own,
            "pool": self.pool,
            "all": (*self.pool, *self.own),
        }
        return chosen[reads]

    def names(self, reads: Reads | None) -> tuple[str, ...]:
        """Names of the series that are read, in the order of a table's columns."""
        return tuple(self.found.names[place] for place in self.columns(reads))

    def groups(self, reads: Reads | None) -> tuple[tuple[str, int], ...]:
        """Neighbouring series of one group, as the publisher has it: its name and how many."""
        labels = [self.found.groups[place] for place in self.columns(reads)]
        return tuple((label, len(list(members))) for label, members in groupby(labels))

    def network(self, architecture: AnyArchitecture) -> AnyNetwork:
        """The architecture for these series."""
        sizes: dict[Reads, int] = {reads: len(self.columns(reads)) for reads in ("own", "pool", "all")}
        for reads in (architecture.at_once, architecture.in_order):
            if reads is not None and not sizes[reads]:
                raise FitError(f"No series is left to read as {reads!r}: name others, or give the panel more.")
        return architecture.network(sizes, tuple(size for _, size in self.groups(architecture.in_order)))

    def tables(
        self, architecture: AnyArchitecture, values: FloatArray
    ) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        """Scaled numbers, shapes (n_periods, M) and (n_periods, N), read at once and in order."""
        scaled = self.scaling.scaled(values)
        at_once, in_order = (list(self.columns(reads)) for reads in (architecture.at_once, architecture.in_order))
        return np.ascontiguousarray(scaled[:, at_once]), np.ascontiguousarray(scaled[:, in_order])

    def sample(self, architecture: AnyArchitecture, outcome: Outcome) -> Sample:
        """Rows whose window and outcome are both known."""
        at_once, in_order = self.tables(architecture, self.found.stationary)
        ends = outcome.ends[outcome.ends >= architecture.n_lags - 1]
        if ends.size < FEWEST_ROWS:
            raise FitError(
                f"{self.found.names[self.found.own[0]]} has {ends.size} rows with {architecture.n_lags} periods before "
                f"and an outcome {outcome.step} after; networks need {FEWEST_ROWS}. Start the origins later, lengthen "
                "the window or ask for fewer lags."
            )
        return Sample(at_once, in_order, ends, outcome.scaled[-ends.size :])

    def newest(self, architecture: AnyArchitecture, recent: FloatArray) -> Sample:
        """One row, the newest of `recent`, predictors of :meth:`Predictors.recent`; its outcome stands at zero."""
        at_once, in_order = self.tables(architecture, recent[-architecture.n_lags :])
        return Sample(at_once, in_order, np.array([architecture.n_lags - 1]), np.zeros(1, np.float32))


@dataclass(frozen=True, eq=False)
class Outcome:
    """What is to be forecast, some steps ahead, on the rows where it is known.

    Attributes
    ----------
    ends
        Shape (n_rows,): periods of the table from which it is counted, rising.
    values
        Shape (n_rows,), in the target's measure; a level as its change.
    scaling
        Of `values`.
    step
        Periods from the last known value.
    """

    ends: IntArray
    values: FloatArray
    scaling: Scaling
    step: int

    @classmethod
    def of(cls, levels: FloatArray, measure: Measure, step: int) -> Outcome:
        """That of a series, shape (n_periods,), in reported units."""
        values = measure_outcomes(levels, "change" if measure == "level" else measure, step)
        ends = np.flatnonzero(~np.isnan(values))
        if not ends.size:
            raise FitError(f"No outcome {step} periods ahead is known; lengthen the window.")
        return cls(ends, values[ends], Scaling.of(values[ends][:, None]), step)

    @property
    def scaled(self) -> npt.NDArray[np.float32]:
        """Shape (n_rows,), in [-1, 1]."""
        return self.scaling.scaled(self.values[:, None])[:, 0]


def inputs_of(
    found: Predictors, own: Sequence[str] = (), pool: Sequence[str] = (), optional: Sequence[str] = ()
) -> Inputs:
    """Inputs of one target series.

    Parameters
    ----------
    found
        Predictors for that series; see :meth:`Predictors.for_target`.
    own
        Series of its own group beside itself.
    pool
        Series of the pool; all that are not its own by default.
    optional
        Series that join a named pool where they are among the predictors.

    Raises
    ------
    FitError
        For a series named that is not among the predictors.
    """
    for name in (*own, *pool):
        if name not in found.names:
            raise FitError(
                f"{name} is not among the {len(found.names)} series that can be read at this origin. "
                f"{near_misses(name, found.names)}"
            )
    target = found.names[found.own[0]]
    is_own = {target, *own}
    own_places = [place for place, name in enumerate(found.names) if name in is_own]
    named = {*pool, *optional} if pool else set(found.names)
    pool_places = [place for place, name in enumerate(found.names) if name in named and name not in is_own]
    pool_places.sort(key=lambda place: found.groups[place])
    return Inputs(found, tuple(own_places), tuple(pool_places), Scaling.of(found.stationary))

"""What networks are trained on: tables of scaled numbers, the rows that are complete, and their outcomes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from macrotrade._typing import AnyArray, FloatArray, IntArray

__all__ = ["Sample", "Scaling"]


@dataclass(frozen=True, eq=False)
class Scaling:
    """Linear maps of columns to [-1, 1], by the least and greatest numbers seen in sample.

    Numbers met later may lie outside.

    Attributes
    ----------
    least, greatest
        Shape (n_columns,).
    """

    least: FloatArray
    greatest: FloatArray

    @classmethod
    def of(cls, values: FloatArray) -> Scaling:
        """That of a table of shape (n_rows, n_columns) without gaps."""
        return cls(values.min(axis=0), values.max(axis=0))

    def scaled(self, values: FloatArray) -> npt.NDArray[np.float32]:
        """2 (x - least) / (greatest - least) - 1; a column that never moved is 0."""
        return (2.0 * (values - self.least) / self._range - self._moves).astype(np.float32)

    def reported(self, values: AnyArray) -> FloatArray:
        """The inverse."""
        return np.asarray(0.5 * (np.asarray(values, np.float64) + 1.0) * (self.greatest - self.least) + self.least)

    @property
    def half_range(self) -> FloatArray:
        """Units of a column in one unit of its scaled numbers."""
        return np.asarray(0.5 * (self.greatest - self.least))

    @property
    def _range(self) -> FloatArray:
        moved = self.greatest > self.least
        return np.where(moved, self.greatest - self.least, 1.0)

    @property
    def _moves(self) -> FloatArray:
        return (self.greatest > self.least).astype(np.float64)


@dataclass(frozen=True, eq=False)
class Sample:
    """Rows to train on, all of them windows of two tables.

    Attributes
    ----------
    at_once, in_order
        Shapes (n_periods, M) and (n_periods, N), scaled, float32, C order: the series of each of the network's windows;
        no columns where it has none.
    ends
        Shape (n_rows,): place of each row's newest period in the tables, rising. Rows are mostly consecutive.
    outcome
        Shape (n_rows,), scaled, float32.
    """

    at_once: npt.NDArray[np.float32]
    in_order: npt.NDArray[np.float32]
    ends: IntArray
    outcome: npt.NDArray[np.float32]

    @property
    def n_rows(self) -> int:
        """Rows."""
        return self.ends.size

    def rows(self, chosen: AnyArray | slice) -> Sample:
        """The same tables with some of the rows: by place, mask or slice."""
        return Sample(self.at_once, self.in_order, self.ends[chosen], self.outcome[chosen])

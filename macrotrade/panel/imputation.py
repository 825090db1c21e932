"""Missing values of a panel filled from its common components, in sample only, with a record of what was filled."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from macrotrade._typing import BoolArray, FloatArray
from macrotrade.errors import DataError
from macrotrade.numerics.principal_components import fill_by_components

__all__ = ["Imputation", "impute"]

_TOLERANCE = 1e-4
_MOST_ROUNDS = 50


@dataclass(frozen=True, eq=False)
class Imputation:
    """A panel without gaps, and which of its values were not known.

    Attributes
    ----------
    complete
        Shape (n_periods, n_series), in the units given; known values as they were.
    filled
        Shape (n_periods, n_series), true where a value was missing.
    n_components, n_rounds
        Principal components used, and rounds until the filled values stood still.
    """

    complete: FloatArray
    filled: BoolArray
    n_components: int
    n_rounds: int

    @property
    def note(self) -> str:
        """What was done, in words; empty where nothing was missing."""
        if not self.filled.any():
            return ""
        n_series = int(self.filled.any(axis=0).sum())
        return (
            f"{int(self.filled.sum())} missing values ({self.filled.mean():.2%}) in {n_series} series filled by "
            f"{self.n_components} principal components of the panel ({self.n_rounds} rounds)."
        )


def impute(values: FloatArray, n_components: int = 8) -> Imputation:
    """Panel with missing values filled by the EM algorithm of Stock and Watson (2002).

    Nothing but `values` is used: give the rows known at the origin, in stationary form. Rounds end when the filled
    values change by less than one per cent (root mean square), or after 50.

    Parameters
    ----------
    values
        Shape (n_periods, n_series), NaN where missing.
    n_components
        Principal components; eight are what McCracken and Ng (2016) find in FRED-MD. Small panels use half as many as
        they have series.

    Raises
    ------
    DataError
        If a series has fewer than two known values.
    """
    filled = np.isnan(values)
    n_known = (~filled).sum(axis=0)
    if (n_known < 2).any():
        raise DataError(
            f"Column {int(np.argmin(n_known))} of {values.shape[1]} has {int(n_known.min())} known values, too few to "
            "fill the rest; leave the series out."
        )
    completed = fill_by_components(values, n_components, tolerance=_TOLERANCE, max_iterations=_MOST_ROUNDS)
    return Imputation(completed.values, filled, completed.n_components, completed.n_iterations)

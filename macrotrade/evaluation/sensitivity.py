"""What is left of a result when an assumption changes: other months, another start, other costs, a later fill."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from macrotrade.evaluation.performance import performance

__all__ = ["by_start", "sensitivity_table", "without_best_months", "without_worst_months"]


def sensitivity_table(
    variants: Mapping[str, pd.DataFrame], periods_per_year: float, figure: str = "efficiency"
) -> pd.DataFrame:
    """One figure of every column under every variant, column x variant.

    `variants` name returns, sessions x column: the result as it stands, :func:`without_best_months` of it, the same
    positions under a delay or other costs, and so on. A column that a variant lacks is NaN there.
    """
    return pd.DataFrame({name: performance(returns, periods_per_year)[figure] for name, returns in variants.items()})


def without_best_months(returns: pd.DataFrame, n_months: int = 2) -> pd.DataFrame:
    """Returns with each column's best calendar months taken out (NaN): what remains without its luckiest moments."""
    return _without(returns, n_months, best=True)


def without_worst_months(returns: pd.DataFrame, n_months: int = 2) -> pd.DataFrame:
    """Returns with each column's worst calendar months taken out (NaN)."""
    return _without(returns, n_months, best=False)


def by_start(
    returns: pd.DataFrame, periods_per_year: float, starts: Sequence[str | pd.Timestamp], figure: str = "efficiency"
) -> pd.DataFrame:
    """One figure of every column for samples that begin at each of `starts` and end together, column x start."""
    samples = {str(pd.Timestamp(start).date()): returns.loc[pd.Timestamp(start) :] for start in starts}
    kept = {name: sample for name, sample in samples.items() if len(sample)}
    return sensitivity_table(kept, periods_per_year, figure)


def _without(returns: pd.DataFrame, n_months: int, *, best: bool) -> pd.DataFrame:
    month = pd.DatetimeIndex(returns.index).year * 12 + pd.DatetimeIndex(returns.index).month
    earned = (1.0 + returns.fillna(0.0)).groupby(month).prod().to_numpy()
    order = np.argsort(-earned if best else earned, axis=0, kind="stable")
    out = np.zeros(earned.shape, dtype=np.bool_)
    np.put_along_axis(out, order[: min(n_months, len(order))], True, axis=0)
    return returns.mask(out[np.unique(month, return_inverse=True)[1]])

"""How likely is it that the best of a run was best by chance? Combinatorially symmetric cross-validation.

The sample is cut into blocks of time; for every way of choosing half of them, the column that was best on that half is
ranked among all columns on the other half. If choosing helps, the chosen one ranks high; if the run is overfitted, it
ranks in the lower half every other time or more (Bailey, Borwein, Lopez de Prado and Zhu, 2017).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import Literal, TypeAlias

import numpy as np
import pandas as pd

from macrotrade._typing import FloatArray
from macrotrade.errors import SettingsError

__all__ = ["Criterion", "Overfitting", "overfitting_probability"]

Criterion: TypeAlias = Literal["sharpe", "mean"]
"""What makes a column the best: mean return over its deviation, or mean return."""

_FEWEST_PER_BLOCK = 2
_MOST_BLOCKS = 20


@dataclass(frozen=True, eq=False)
class Overfitting:
    """Probability of backtest overfitting of a run.

    Attributes
    ----------
    probability
        Share of splits in which the column chosen on one half ranks at or below the middle on the other; NaN, with a
        note, where there is nothing to choose from. Without skill anywhere it is about one half.
    probability_of_loss
        Share of splits in which the chosen column lost money on the other half.
    logits
        Of the relative rank on the other half, ln(w / (1 - w)), one for each split; 0 is the middle.
    chosen, realised
        Criterion of the chosen column on the half it was chosen on, and on the other, one for each split.
    slope
        Of `realised` on `chosen`: below zero, a better past went with a worse future.
    chosen_share
        How often each column was chosen, by its label.
    n_trials, n_periods, n_blocks
        Columns compared (those that vary), periods used, and blocks they were cut into.
    note
        What was left out, or why there is no probability.
    """

    probability: float
    probability_of_loss: float
    logits: FloatArray
    chosen: FloatArray
    realised: FloatArray
    slope: float
    chosen_share: pd.Series
    n_trials: int
    n_periods: int
    n_blocks: int
    note: str = ""


def overfitting_probability(returns: pd.DataFrame, n_blocks: int = 16, criterion: Criterion = "sharpe") -> Overfitting:
    """Probability of backtest overfitting over the columns of a run.

    Parameters
    ----------
    returns
        Periods x everything that was tried, simple returns, decimal, in the order of time. Periods with a NaN in any
        column that takes part are left out, and as many at the start as make the blocks equal; columns that do not vary
        are no trials.
    n_blocks
        Even; 16 gives 12,870 splits.
    criterion
        What makes a column the best.
    """
    if n_blocks % 2 or not 2 <= n_blocks <= _MOST_BLOCKS:
        raise SettingsError(f"n_blocks must be even, from 2 to {_MOST_BLOCKS}, not {n_blocks}.")
    given = returns.loc[:, returns.notna().any()]
    complete = given.dropna()
    spread = np.ptp(complete.to_numpy(dtype=np.float64), axis=0) if len(complete) else np.zeros(given.shape[1])
    used = complete.loc[:, spread > 1e-12]
    n_periods = len(used) // n_blocks * n_blocks
    note = _left_out(returns, given, complete, used)
    reason = ""
    if used.shape[1] < 2:
        reason = f"{'1' if used.shape[1] == 1 else 'no'} trial's returns vary; a choice needs 2"
    elif n_periods < _FEWEST_PER_BLOCK * n_blocks:
        reason = f"{len(used)} periods; {n_blocks} blocks need {_FEWEST_PER_BLOCK * n_blocks}"
    if reason:
        return _nothing(used.columns, n_periods, n_blocks, "; ".join(filter(None, (reason, note))))
    values = used.to_numpy(dtype=np.float64)[len(used) - n_periods :]
    return _cross_validated(values, used.columns, n_blocks, criterion, note)


def _cross_validated(
    values: FloatArray, labels: pd.Index, n_blocks: int, criterion: Criterion, note: str
) -> Overfitting:
    n_periods, n_trials = values.shape
    halves = _halves(n_blocks)
    blocks = values.reshape(n_blocks, -1, n_trials)
    sums, squares = blocks.sum(axis=1), (blocks**2).sum(axis=1)
    inside = _criterion(halves @ sums, halves @ squares, n_periods // 2, criterion)
    outside_sums = (1.0 - halves) @ sums
    outside = _criterion(outside_sums, (1.0 - halves) @ squares, n_periods // 2, criterion)
    best = inside.argmax(axis=1)
    split = np.arange(len(halves))
    chosen, realised = inside[split, best], outside[split, best]
    rank = _rank(outside, realised)
    logits = np.log(rank / (n_trials + 1.0 - rank))
    centred = chosen - chosen.mean()
    variation = float(centred @ centred)
    return Overfitting(
        float(np.mean(logits <= 1e-12)),
        float(np.mean(outside_sums[split, best] < 0.0)),
        logits,
        chosen,
        realised,
        float(centred @ realised) / variation if variation > 0 else 0.0,
        pd.Series(np.bincount(best, minlength=n_trials) / len(halves), index=labels, name="chosen_share"),
        n_trials,
        n_periods,
        n_blocks,
        note,
    )


def _rank(values: FloatArray, value: FloatArray) -> FloatArray:
    """Rank of `value` among the columns of each row, 1 the lowest; ties share the middle of their places."""
    lower = (values < value[:, None]).sum(axis=1)
    equal = (values == value[:, None]).sum(axis=1)
    return np.asarray(lower + (equal + 1.0) / 2.0)


def _halves(n_blocks: int) -> FloatArray:
    """Every choice of half the blocks, shape (n_splits, n_blocks), 1 where a block is chosen."""
    chosen = np.array(list(combinations(range(n_blocks), n_blocks // 2)))
    halves = np.zeros((len(chosen), n_blocks))
    np.put_along_axis(halves, chosen, 1.0, axis=1)
    return halves


def _criterion(sums: FloatArray, squares: FloatArray, n_periods: int, criterion: Criterion) -> FloatArray:
    """Criterion from sums of r and r^2; a column that does not vary on its half stands at 0."""
    mean = sums / n_periods
    if criterion == "mean":
        return np.asarray(mean)
    variance = squares / n_periods - mean**2
    varies = variance > 1e-14 * squares / n_periods
    return np.where(varies, mean / np.sqrt(np.where(varies, variance, 1.0)), 0.0)


def _left_out(returns: pd.DataFrame, given: pd.DataFrame, complete: pd.DataFrame, used: pd.DataFrame) -> str:
    parts = []
    if len(given) > len(complete):
        parts.append(f"{len(given) - len(complete)} of {len(given)} periods have no number")
    if returns.shape[1] > used.shape[1]:
        parts.append(f"{returns.shape[1] - used.shape[1]} of {returns.shape[1]} trials never traded or have no returns")
    return "; ".join(parts)


def _nothing(labels: pd.Index, n_periods: int, n_blocks: int, note: str) -> Overfitting:
    empty = np.empty(0)
    share = pd.Series(np.nan, index=labels, name="chosen_share")
    nothing = float("nan")
    return Overfitting(nothing, nothing, empty, empty, empty, nothing, share, len(labels), n_periods, n_blocks, note)

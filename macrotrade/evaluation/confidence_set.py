"""Which models may be the best? The model confidence set of Hansen, Lunde and Nason (2011)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import pandas as pd

from macrotrade._typing import FloatArray, IntArray
from macrotrade.errors import SettingsError
from macrotrade.evaluation.blocks import bootstrap_block
from macrotrade.evaluation.comparison import FEWEST_PERIODS

__all__ = ["ConfidenceSet", "Elimination", "model_confidence_set"]

Elimination: TypeAlias = Literal["R", "max"]
"""Statistic of the set: the range over pairs of models, or the worst model against the average of the set."""

_ROUNDING = 1e-10


@dataclass(frozen=True, eq=False)
class ConfidenceSet:
    """Models that a confidence set keeps.

    Attributes
    ----------
    frame
        A row for each model, in the order given: mean_loss, p_value (the largest 1 - level at which the model is still
        in), ``in_75``, ``in_90``, ... for each level, and note (why a model has no p-value, or whose it shares).
    n
        Periods used: those in which every model that takes part has a loss.
    block, n_draws
        Mean block length and number of bootstrap samples.
    note
        What was left out, or why there is no set.
    """

    frame: pd.DataFrame
    n: int
    block: int
    n_draws: int
    note: str = ""

    def members(self, level: float) -> tuple[str, ...]:
        """Models in the set of a confidence level, such as 0.75."""
        inside = self.frame["p_value"] > 1.0 - level + _ROUNDING
        return tuple(self.frame.index[inside])


def model_confidence_set(
    losses: pd.DataFrame,
    levels: Sequence[float] = (0.75, 0.90),
    *,
    horizon: int = 1,
    block: int | None = None,
    n_draws: int = 5000,
    elimination: Elimination = "R",
    seed: int = 0,
) -> ConfidenceSet:
    """Confidence set of the models with the lowest expected loss, by stationary bootstrap (``arch.bootstrap.MCS``).

    Parameters
    ----------
    losses
        Periods x models, in the order of time. A model without any loss has no p-value; of the others, a period that
        is NaN for one of them is left out and counted.
    levels
        Confidence levels to mark.
    horizon
        Periods ahead of the forecasts; the shortest block.
    block
        Mean block length; None takes :func:`macrotrade.evaluation.blocks.bootstrap_block` of the losses about their
        mean over models.
    n_draws
        Bootstrap samples.
    elimination
        Statistic, as in Hansen, Lunde and Nason: T_R (``R``) or T_max (``max``).
    seed
        Of the bootstrap.

    Notes
    -----
    Models whose losses are the same in every period stand or fall together. A model whose loss exceeds another's by the
    same amount in every period is out: that difference has no variance.
    """
    if not all(0.0 < level < 1.0 for level in levels):
        raise SettingsError(f"Confidence levels lie between 0 and 1, not {tuple(levels)}.")
    present = losses.columns[losses.notna().any()]
    complete = losses[present].dropna()
    values = complete.to_numpy(dtype=np.float64)
    missing = len(losses) - len(complete)
    note = f"{missing} of {len(losses)} periods have no number" if missing else ""
    frame = pd.DataFrame({"mean_loss": complete.mean(), "p_value": np.nan, "note": ""}, index=losses.columns)
    frame.loc[~losses.columns.isin(present), "note"] = "no losses"
    if len(complete) < FEWEST_PERIODS or not len(present):
        reason = f"{len(complete)} periods; the set needs {FEWEST_PERIODS}"
        frame["note"] = frame["note"].where(frame["note"] != "", reason)
        return ConfidenceSet(_marked(frame, levels), len(complete), 0, 0, "; ".join(filter(None, (reason, note))))
    block = bootstrap_block(values - values.mean(axis=1, keepdims=True), horizon) if block is None else block
    first = _first_of_their_shape(values)
    p_values = _p_values(values[:, np.unique(first)], block, n_draws, elimination, seed)
    frame.loc[present, "p_value"], frame.loc[present, "note"] = _shared(p_values, first, values, present)
    return ConfidenceSet(_marked(frame, levels), len(complete), block, n_draws, note)


def _p_values(values: FloatArray, block: int, n_draws: int, elimination: Elimination, seed: int) -> FloatArray:
    """Confidence-set p-value of each column; no two columns may differ by a constant."""
    from arch.bootstrap import MCS

    n_models = values.shape[1]
    if n_models == 1:
        return np.ones(1)
    # Equal mean losses, usual for hits and misses, would make arch strike several models at one step.
    nudge = np.arange(n_models) * _ROUNDING * np.abs(values).max()
    models = MCS(values + nudge, 0.1, n_draws, block, elimination, seed=np.random.default_rng(seed))
    models.compute()
    return np.asarray(models.pvalues["Pvalue"].sort_index(), dtype=np.float64)


def _first_of_their_shape(values: FloatArray) -> IntArray:
    """For each column, the best column that differs from it by the same amount in every period; often itself."""
    mean = values.mean(axis=0)
    centred = values - mean
    tolerance = _ROUNDING * max(float(np.abs(values).max()), np.finfo(np.float64).tiny)
    order = np.argsort(mean, kind="stable")
    first = np.full(values.shape[1], -1)
    for best in order:
        if first[best] < 0:
            alike = np.abs(centred - centred[:, [best]]).max(axis=0) <= tolerance
            first[alike & (first < 0)] = best
    return first


def _shared(p_values: FloatArray, first: IntArray, values: FloatArray, names: pd.Index) -> tuple[FloatArray, list[str]]:
    """P-values spread over columns of one shape: shared where losses are equal, 0 where they are always higher."""
    position = np.searchsorted(np.unique(first), first)
    excess = values.mean(axis=0) - values[:, first].mean(axis=0)
    worse = excess > _ROUNDING * np.abs(values).max()
    notes = [
        ""
        if column == best
        else f"always worse than {names[best]} by the same amount"
        if worse[column]
        else f"identical losses to {names[best]}"
        for column, best in enumerate(first)
    ]
    return np.where(worse, 0.0, p_values[position]), notes


def _marked(frame: pd.DataFrame, levels: Sequence[float]) -> pd.DataFrame:
    """The frame with a column for each level, before the notes."""
    marks = {f"in_{level * 100:g}": frame["p_value"] > 1.0 - level + _ROUNDING for level in levels}
    return frame.drop(columns="note").assign(**marks, note=frame["note"])

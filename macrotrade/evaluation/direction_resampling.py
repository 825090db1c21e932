"""Tests of direction that keep the persistence of calls and outcomes, by drawing or shifting whole stretches of them.

Calls and outcomes that both persist agree over long stretches by luck alone. Both tests here ask how often two series,
each as persistent as it is but strangers to each other, agree as well.
"""

from __future__ import annotations

import numpy as np

from macrotrade._typing import BoolArray, FloatArray
from macrotrade.evaluation.blocks import bootstrap_block
from macrotrade.evaluation.timing import why_undirected
from macrotrade.evaluation.verdict import Verdict, no_verdict
from macrotrade.numerics.bootstrap import stationary_bootstrap

__all__ = ["bootstrapped_direction", "shifted_direction"]


def bootstrapped_direction(
    called: BoolArray,
    came: BoolArray,
    *,
    horizon: int = 1,
    block: float | None = None,
    n_draws: int = 2000,
    seed: int = 0,
) -> Verdict:
    """Block-bootstrap test that a called rise makes a rise no more likely.

    Statistic: b = P(rise | rise called) - P(rise | fall called). Calls and outcomes are drawn by separate stationary
    bootstraps, so that the null holds and each keeps its own persistence; the p-value is the share of draws with as
    large a b. A draw with calls on one side only has no b and counts for nothing.

    Parameters
    ----------
    called, came
        Shape (n_periods,), in the order of time: a rise was called, a rise came.
    horizon
        Periods ahead of the calls; the shortest block.
    block
        Mean block length; None takes :func:`macrotrade.evaluation.blocks.bootstrap_block` of both series.
    n_draws, seed
        Of the bootstrap.
    """
    name = "direction, block bootstrap"
    reason = why_undirected(called, came)
    if reason:
        return no_verdict(name, called.size, reason, "greater")
    calls, outcomes = called.astype(np.float64), came.astype(np.float64)
    block = bootstrap_block(np.column_stack([calls, outcomes]), horizon) if block is None else block
    generator = np.random.default_rng(seed)
    rows = [stationary_bootstrap(called.size, block, n_draws, generator) for _ in range(2)]
    statistic = float(_share_differences(calls[None], outcomes[None])[0])
    drawn = _share_differences(calls[rows[0]], outcomes[rows[1]])
    drawn = drawn[np.isfinite(drawn)]
    p_value = (float((drawn >= statistic - 1e-12).sum()) + 1.0) / (drawn.size + 1.0)
    return Verdict(name, statistic, p_value, called.size, "greater")


def shifted_direction(called: BoolArray, came: BoolArray) -> Verdict:
    """Circular-shift test that calls and outcomes are strangers: the share of all shifts that agree as well.

    The outcomes, closed to a circle, are turned against the calls by every number of periods. If the two are
    independent and each is as likely shifted as not (stationary; the seam is the only break), the turn of zero is one
    of n equally likely ones, so the test is exact but for the seam, needs no seed and no block length. Its p-value is
    a multiple of 1/n. Statistic: b as in :func:`bootstrapped_direction`.

    Parameters
    ----------
    called, came
        Shape (n_periods,), in the order of time: a rise was called, a rise came.
    """
    name = "direction, circular shifts"
    reason = why_undirected(called, came)
    if reason:
        return no_verdict(name, called.size, reason, "greater")
    calls, outcomes = called.astype(np.float64), came.astype(np.float64)
    spectrum = np.fft.rfft(calls) * np.conj(np.fft.rfft(outcomes))
    rises_called = np.rint(np.fft.irfft(spectrum, called.size))
    statistic = float(_share_differences(calls[None], outcomes[None])[0])
    p_value = float((rises_called >= rises_called[0]).mean())
    return Verdict(name, statistic, p_value, called.size, "greater")


def _share_differences(calls: FloatArray, outcomes: FloatArray) -> FloatArray:
    """P(rise | rise called) - P(rise | fall called) of each row, shape (n_rows,); NaN where calls are on one side."""
    n_called = calls.sum(axis=1)
    n_other = calls.shape[1] - n_called
    both = np.einsum("rt,rt->r", calls, outcomes)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(both / n_called - (outcomes.sum(axis=1) - both) / n_other)

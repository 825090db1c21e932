"""Did calls of direction time the market? Tests by counts and by what a trader who followed them would have earned."""

from __future__ import annotations

import numpy as np
from scipy.stats import hypergeom

from macrotrade._typing import BoolArray, FloatArray
from macrotrade.evaluation.comparison import FEWEST_PERIODS
from macrotrade.evaluation.verdict import Verdict, no_verdict, normal_p_value

__all__ = ["anatolyev_gerko", "henriksson_merton", "why_undirected"]


def henriksson_merton(called: BoolArray, came: BoolArray) -> Verdict:
    """Henriksson and Merton (1981) test of market timing: given the margins, rises called right are hypergeometric.

    Statistic: P(rise called | rise) + P(fall called | fall) - 1, which is 0 without skill and 1 with foresight. The
    p-value is exact, the probability of as many rises called right or more, where periods are independent.

    Parameters
    ----------
    called, came
        Shape (n_periods,): a rise was called, a rise came.
    """
    name = "Henriksson-Merton"
    reason = why_undirected(called, came)
    if reason:
        return no_verdict(name, called.size, reason, "greater")
    right = int((called & came).sum())
    statistic = float(called[came].mean() + (~called[~came]).mean() - 1.0)
    p_value = float(hypergeom.sf(right - 1, called.size, int(came.sum()), int(called.sum())))
    return Verdict(name, statistic, p_value, called.size, "greater")


def anatolyev_gerko(called: BoolArray, returns: FloatArray) -> Verdict:
    """Anatolyev and Gerko (2005) excess profitability test of a trader who is long or short as called.

    EP = mean(s r) - mean(s) mean(r) over sqrt(V), with s = 1 where a rise is called and -1 elsewhere, p the share of
    rises called, and V = 4 p (1 - p) sum (r - mean(r))^2 / n^2; standard normal where returns cannot be predicted.

    Parameters
    ----------
    called
        Shape (n_periods,): a rise was called.
    returns
        Shape (n_periods,): the change or return that came, finite.
    """
    name = "Anatolyev-Gerko"
    reason = why_undirected(called, returns > returns.mean() if returns.size else called)
    if reason:
        return no_verdict(name, called.size, reason.replace("outcome was down", "outcome was the same"), "greater")
    n_periods, share = called.size, float(called.mean())
    side = np.where(called, 1.0, -1.0)
    profit = float((side * returns).mean() - side.mean() * returns.mean())
    variance = 4.0 * share * (1.0 - share) * float(((returns - returns.mean()) ** 2).sum()) / n_periods**2
    statistic = profit / float(np.sqrt(variance))
    return Verdict(name, statistic, normal_p_value(statistic, "greater"), n_periods, "greater")


def why_undirected(called: BoolArray, came: BoolArray) -> str:
    """Reason why direction cannot be tested, or nothing: too few calls, or one side only."""
    if called.size < FEWEST_PERIODS:
        return f"{called.size} {'call' if called.size == 1 else 'calls'}; the test needs {FEWEST_PERIODS}"
    for what, rises in (("call", called), ("outcome", came)):
        if rises.all() or not rises.any():
            return f"every {what} was {'up' if rises.all() else 'down'}"
    return ""

"""Information criteria of a least-squares equation with n observations and k parameters, the intercept counted."""

from __future__ import annotations

import math

from macrotrade.providers.bma.kernels.compiled import compiled

__all__ = ["EXACT", "criterion_value", "largest_rss"]

BICA, BIC, AIC = 0, 1, 2
EXACT = 1e-14  # a mean square, of a standardised series, below which a fit is an identity and its digits are noise


@compiled
def criterion_value(kind: int, rss: float, k: int, n: int) -> float:
    """BICa = ln(RSS/(n-k)) + k ln(n)/n, BIC = ln(RSS/n) + k ln(n)/n, AIC = ln(RSS/n) + 2k/n.

    An identity counts as exact, so that only the number of its parameters is judged.
    """
    if n - k <= 0:
        return math.inf
    rss = max(rss, EXACT * n)
    if kind == BICA:
        return math.log(rss / (n - k)) + k * math.log(n) / n
    if kind == BIC:
        return math.log(rss / n) + k * math.log(n) / n
    return math.log(rss / n) + 2.0 * k / n


@compiled
def largest_rss(kind: int, value: float, k: int, n: int) -> float:
    """The residual sum of squares at which k parameters give this value of the criterion, with a hair to spare."""
    spare = 1.0 + 1e-9
    if n - k <= 0:
        return 0.0
    if kind == BICA:
        return (n - k) * math.exp(value - k * math.log(n) / n) * spare
    if kind == BIC:
        return n * math.exp(value - k * math.log(n) / n) * spare
    return n * math.exp(value - 2.0 * k / n) * spare

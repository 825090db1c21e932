"""The logistic function and the hyperbolic tangent of vectors, as ratios of polynomials.

tanh x = x P(x^2) / Q(x^2) for |x| <= 8, both of the fourth degree, fitted here by weighted least squares until the
largest error no longer fell: 3e-7 at most in float32, of the value as well as absolute. Beyond 8 it stays at the value
there, 1 - 6e-8. The logistic function of x is (1 + tanh(x / 2)) / 2.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from macrotrade.providers.neural.kernels.compiled import compiled_in_place
from macrotrade.providers.neural.kernels.lanes import at_least, at_most, reciprocal, spread

__all__ = ["logistic", "tangent"]

_REACH = np.float32(8.0)
_P0, _P1, _P2, _P3, _P4 = (
    np.float32(coefficient)
    for coefficient in (9.999999895e-01, 1.344336360e-01, 3.570258577e-03, 2.187277384e-05, 1.519995582e-08)
)
_Q0, _Q1, _Q2, _Q3, _Q4 = (
    np.float32(coefficient) for coefficient in (1.0, 4.677668979e-01, 2.615932871e-02, 3.409110390e-04, 8.510033556e-07)
)


@compiled_in_place
def tangent(x: Any) -> Any:
    """Hyperbolic tangent of a vector."""
    x = at_least(at_most(x, spread(_REACH)), spread(-_REACH))
    square = x * x
    p = square * spread(_P4) + spread(_P3)
    q = square * spread(_Q4) + spread(_Q3)
    p = p * square + spread(_P2)
    q = q * square + spread(_Q2)
    p = p * square + spread(_P1)
    q = q * square + spread(_Q1)
    p = p * square + spread(_P0)
    q = q * square + spread(_Q0)
    return x * p * reciprocal(q)


@compiled_in_place
def logistic(x: Any) -> Any:
    """1 / (1 + exp(-x)) of a vector."""
    half = spread(np.float32(0.5))
    return half * tangent(half * x) + half

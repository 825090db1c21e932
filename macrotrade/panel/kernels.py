"""Arithmetic of returns: par bonds repriced from yields, futures contracts joined by ratio."""

from __future__ import annotations

import numpy as np

from macrotrade._typing import FloatArray, IntArray

__all__ = [
    "chained_index",
    "contract_returns",
    "interpolated_yield",
    "par_bond_excess_return",
    "par_bond_price",
]


def par_bond_excess_return(
    start_yield: FloatArray,
    end_yield: FloatArray,
    bill: FloatArray,
    maturity: float,
    elapsed: FloatArray,
) -> FloatArray:
    """Return of a bond bought at par, less the cost of financing it with bills.

    The bond is issued at the start with `maturity` years and a coupon equal to its yield, so its price is 1; after
    `elapsed` years it is worth its dirty price P at the yield then ruling for what is left of it::

        excess = P(coupon = start_yield, end_yield, maturity, elapsed) - 1 - bill * elapsed

    Accrued interest is inside P. Bills pay simple interest for less than half a year, as the bond-equivalent yield of
    a bill is quoted.

    Parameters
    ----------
    start_yield, end_yield, bill
        Decimals a year (0.05), yields with semi-annual compounding; NaN where not quoted. Broadcast together.
    maturity
        Years at the start, a multiple of one half.
    elapsed
        Years from start to end, at most one half (no coupon is paid in between).

    Returns
    -------
    ndarray
        Simple return, decimal, over the elapsed time; NaN where an input is.
    """
    return par_bond_price(start_yield, end_yield, maturity, elapsed) - 1.0 - bill * elapsed


def par_bond_price(coupon: FloatArray, yield_now: FloatArray, maturity: float, elapsed: FloatArray) -> FloatArray:
    """Dirty price, per 1 of face, of a semi-annual bond `elapsed` years after issue.

    With v = 1 / (1 + y/2), n = 2 maturity coupons and s = 2 elapsed half-years gone, each payment is s half-years
    nearer than at issue::

        P = v**-s * [ c/2 * (v + v**2 + ... + v**n) + v**n ]
          = v**-s * [ c * (1 - v**n) / y + v**n ]

    which is the street convention (Stigum and Robinson (1996), Money Market and Bond Calculations).
    """
    half_years = 2.0 * maturity
    growth = np.log1p(np.asarray(yield_now, dtype=np.float64) / 2.0)
    # (1 - v**n) / y is 0/0 at a yield of zero, where the n coupons are simply added: n/2.
    at_zero = np.abs(yield_now) < 1e-12
    safe_yield = np.where(at_zero, 1.0, yield_now)
    annuity = np.where(at_zero, half_years / 2.0, -np.expm1(-half_years * growth) / safe_yield)
    return np.asarray(np.exp(2.0 * elapsed * growth) * (coupon * annuity + np.exp(-half_years * growth)))


def interpolated_yield(
    shorter: FloatArray, longer: FloatArray, shorter_maturity: FloatArray, maturity: float, remaining: FloatArray
) -> FloatArray:
    """Yield at `remaining` years on the straight line between two quoted maturities.

    y(remaining) = longer - (longer - shorter) * (maturity - remaining) / (maturity - shorter_maturity)
    """
    slope = (longer - shorter) / (maturity - shorter_maturity)
    return np.asarray(longer - slope * (maturity - remaining))


def contract_returns(prices: FloatArray, held: IntArray) -> tuple[FloatArray, IntArray, FloatArray]:
    """Returns of always holding one contract and moving to the next by the ratio of their prices.

    The return of session t is that of the contract held over it::

        r[t] = prices[t, held[t]] / prices[t-1, held[t]] - 1

    At a change of contract, prices[t-1, new] may be blank; the old price is then carried to the new contract by the
    ratio of both on the last session q < t on which both were quoted::

        r[t] = prices[t, new] / (prices[t-1, old] * prices[q, new] / prices[q, old]) - 1

    Parameters
    ----------
    prices
        Shape (n_sessions, n_contracts); NaN where not quoted. ``prices[t, held[t]]`` is quoted.
    held
        Shape (n_sessions,), column of the contract held over the session that ends at row t.

    Returns
    -------
    returns
        Shape (n_sessions,), simple, decimal; NaN at the first row, and at a roll without a common session.
    quoted
        Shape (n_sessions,), row q of the ratio at a roll; -1 where there was no roll or no common session.
    ratio
        Shape (n_sessions,), new price over old at q; NaN elsewhere.
    """
    n_sessions = len(held)
    rows = np.arange(1, n_sessions)
    quoted = np.full(n_sessions, -1, dtype=np.int64)
    ratio = np.full(n_sessions, np.nan)
    scale = np.ones(n_sessions)
    for t in rows[held[1:] != held[:-1]]:
        old, new = held[t - 1], held[t]
        common = np.flatnonzero(~np.isnan(prices[:t, old]) & ~np.isnan(prices[:t, new]))
        if common.size:
            quoted[t] = common[-1]
            ratio[t] = prices[common[-1], new] / prices[common[-1], old]
        scale[t] = ratio[t]
    returns = np.full(n_sessions, np.nan)
    returns[1:] = prices[rows, held[1:]] / (prices[rows - 1, held[:-1]] * scale[1:]) - 1.0
    return returns, quoted, ratio


def chained_index(returns: FloatArray, base: float = 100.0) -> FloatArray:
    """Index that compounds returns from `base`: I[t] = I[t-1] (1 + r[t]).

    A level stands at both ends of every known return, and nowhere else: NaN elsewhere, so that no return can be read
    across an unknown one. After a gap the index goes on from the last level. (Where a single return is unknown between
    two known ones, the level of its end is left out, and with it the first return after.)

    Parameters
    ----------
    returns
        Shape (n_sessions,), decimal, NaN where unknown; the first has no session before it and is ignored.
    """
    known = ~np.isnan(returns)
    known[0] = False
    after = np.append(known[1:], False)
    before = np.append(False, known[:-1])
    starts = ~known & after & ~before
    level = base * np.cumprod(np.where(known, 1.0 + returns, 1.0))
    return np.where(known | starts, level, np.nan)

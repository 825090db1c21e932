"""Which series Granger-cause which."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import fdtri

from macrotrade._typing import BoolArray, FloatArray
from macrotrade.numerics.threads import one_blas_thread
from macrotrade.providers.bma.kernels.granger import exact_gain, partitioned, stronger_of_two
from macrotrade.providers.bma.sample import Sample

__all__ = ["Screen", "screen_causes"]

_DOUBTFUL = 1e-6  # pivots below this share of a column's variation are recomputed by orthogonal decomposition


@dataclass(frozen=True, eq=False)
class Screen:
    """F statistics of every ordered pair and the candidates that they leave.

    Parameters
    ----------
    f_statistics : (n_series, n_series) ``[effect, cause]``; NaN on the diagonal, for a constant, and for a twin.
    critical : value that F must exceed.
    candidates : (n_series, n_series) booleans ``[effect, cause]``.
    joint_rss : (n_series, n_series) in-sample residual sum of squares, in standardised units, of own lags and the
        cause's whole block (same period included); 0 where it is not known accurately.
    """

    f_statistics: FloatArray
    critical: float
    candidates: BoolArray
    joint_rss: FloatArray


def screen_causes(sample: Sample) -> Screen:
    """Test every ordered pair for Granger causality.

    The effect is regressed on a constant and its own lags 1..p, with and without lags 1..p of the cause;
    F = ((rss_r - rss_u)/p) / (rss_u/(n - 2p - 1)). Where both directions pass and ``bidirectional`` says so, the
    one with the smaller F is dropped, and a tie drops both. A constant series causes nothing; a twin causes nothing
    and is not caused by the series it repeats.
    """
    settings = sample.settings
    p, q = settings.n_lags, settings.block_lags
    n = len(sample.converted) - p
    values = sample.standardised
    with one_blas_thread():
        restricted, tested, whole, doubtful = partitioned(values, settings.presample, p, q, min(p, q), _DOUBTFUL)
    joint_rss = np.where(doubtful, 0.0, restricted[:, None] - whole)
    if q != p:
        restricted, tested, _, doubtful = partitioned(values, p, p, p, p, _DOUBTFUL)
    shut = _shut_out(sample)
    with np.errstate(divide="ignore", invalid="ignore"):
        f = (tested / p) / ((restricted[:, None] - tested) / (n - 2 * p - 1))
    for effect, cause in np.argwhere(doubtful & ~shut):
        f[effect, cause] = _exact_f(values, int(effect), int(cause), p)
    f[shut] = np.nan
    critical = float(fdtri(p, n - 2 * p - 1, settings.significance))  # scipy.stats takes a second to import
    passed = np.nan_to_num(f, nan=0.0) > critical
    if settings.bidirectional == "weaker_dropped":
        passed = stronger_of_two(np.nan_to_num(f, nan=0.0), passed)
    return Screen(f_statistics=f, critical=critical, candidates=passed, joint_rss=joint_rss)


def _shut_out(sample: Sample) -> BoolArray:
    """Pairs that are not tested, ``[effect, cause]``."""
    constant = np.isin(sample.names, sample.constant)
    twin = np.isin(sample.names, [each.name for each in sample.twins])
    shut = np.eye(sample.n_series, dtype=bool) | constant[:, None] | constant[None, :] | twin[None, :]
    for each in sample.twins:
        shut[sample.names.index(each.name), sample.names.index(each.repeats)] = True
    return shut


def _exact_f(values: FloatArray, effect: int, cause: int, p: int) -> float:
    n_periods = len(values)
    n = n_periods - p
    own = np.column_stack([np.ones(n), *(values[p - d : n_periods - d, effect] for d in range(1, p + 1))])
    block = np.column_stack([values[p - d : n_periods - d, cause] for d in range(1, p + 1)])
    gain, free, rank = exact_gain(values[p:, effect], own, block)
    if gain <= 1e-12 * float(values[p:, effect] @ values[p:, effect]):
        return 0.0
    return float("inf") if free <= 0.0 else (gain / p) / (free / (n - rank))

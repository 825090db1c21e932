"""Is one forecast more accurate than another, or is the difference luck?

Losses are of any kind (squared errors, absolute errors, CRPS, ...), lower is better, one a period. A positive statistic
says that the model beats the base. Diebold and Mariano (1995) compare two forecasts as they are; Clark and West (2007)
correct the squared errors of a model that nests the base for the noise in the parameters that it need not have.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

import numpy as np

from macrotrade._typing import BoolArray, FloatArray
from macrotrade.errors import DataError, SettingsError
from macrotrade.evaluation.verdict import Alternative, Verdict, no_verdict, normal_p_value, student_p_value

__all__ = [
    "FEWEST_PERIODS",
    "Kernel",
    "adjusted_differences",
    "clark_west",
    "diebold_mariano",
    "difference_statistics",
    "harvey_factor",
    "long_run_variance",
]

Kernel: TypeAlias = Literal["bartlett", "rectangular"]
"""Weights of the autocovariances: falling in the lag, so that the variance is never negative, or all alike."""

FEWEST_PERIODS = 8
"""Periods below which no variance of a mean is worth a test."""

_BLOCK = 128
"""Columns summed together: 128 of a few hundred rows stay in cache between passes, which makes it twice as fast."""

_ROUNDING = 64 * np.finfo(np.float64).eps


def diebold_mariano(
    base_loss: FloatArray,
    model_loss: FloatArray,
    horizon: int = 1,
    *,
    alternative: Alternative = "two-sided",
    kernel: Kernel = "bartlett",
    n_lags: int | None = None,
) -> Verdict:
    """Diebold-Mariano test of equal accuracy, with the correction of Harvey, Leybourne and Newbold (1997).

    DM = sqrt((n + 1 - 2h + h(h-1)/n) / n) mean(d) / sqrt(S / n) with d = base_loss - model_loss and S its long-run
    variance; compared with Student's t on n - 1 degrees of freedom.

    Parameters
    ----------
    base_loss, model_loss
        Shape (n_periods,), losses of the same periods in the order of time. A period that is NaN in either is left out
        and counted in the note; gaps inside the sample are closed.
    horizon
        h, periods ahead of both forecasts.
    alternative
        ``greater``: the model is more accurate; ``less``: the base is.
    kernel
        ``bartlett`` (as statsmodels) or ``rectangular`` (as the authors wrote it; where its variance is not positive,
        Bartlett weights are used and the note says so).
    n_lags
        Autocovariances in S; None takes h - 1, which is what an optimal h-step forecast leaves.
    """
    name = "Diebold-Mariano"
    differences, note = _complete(_checked(base_loss), _checked(model_loss))
    reason = _why_not(differences, horizon)
    if reason:
        return no_verdict(name, differences.size, _joined(reason, note), alternative)
    n_lags = horizon - 1 if n_lags is None else n_lags
    statistic = difference_statistics(differences[:, None], n_lags, kernel)[0]
    if np.isnan(statistic):
        note = _joined("the rectangular variance is not positive; Bartlett weights instead", note)
        statistic = difference_statistics(differences[:, None], n_lags)[0]
    statistic = float(statistic * harvey_factor(differences.size, horizon))
    p_value = student_p_value(statistic, differences.size - 1, alternative)
    return Verdict(name, statistic, p_value, differences.size, alternative, note)


def clark_west(
    outcome: FloatArray,
    base: FloatArray,
    model: FloatArray,
    horizon: int = 1,
    *,
    alternative: Alternative = "greater",
    n_lags: int | None = None,
) -> Verdict:
    """Clark-West test that a model which nests the base forecasts no better than it, by adjusted squared errors.

    The mean of f = (y - base)^2 - ((y - model)^2 - (base - model)^2) over its standard error, against a standard normal
    law (Clark and West, 2007).

    Parameters
    ----------
    outcome, base, model
        Shape (n_periods,), in the order of time: what happened, the forecast of the smaller model, of the larger one.
        A period with a NaN is left out and counted in the note.
    horizon
        h, periods ahead of both forecasts.
    alternative
        ``greater`` by default, as the authors advise: the larger model is better.
    n_lags
        Autocovariances in the variance, with Bartlett weights; None takes h - 1.
    """
    name = "Clark-West"
    outcome, base, model = _checked(outcome), _checked(base), _checked(model)
    adjusted, note = _complete((outcome - base) ** 2, (outcome - model) ** 2 - (base - model) ** 2)
    reason = _why_not(adjusted, horizon)
    if reason:
        return no_verdict(name, adjusted.size, _joined(reason, note), alternative)
    statistic = float(difference_statistics(adjusted[:, None], horizon - 1 if n_lags is None else n_lags)[0])
    return Verdict(name, statistic, normal_p_value(statistic, alternative), adjusted.size, alternative, note)


def adjusted_differences(outcome: FloatArray, base: FloatArray, model: FloatArray) -> FloatArray:
    """Clark-West adjusted loss differences, (y - b)^2 - (y - m)^2 + (b - m)^2, broadcast over members."""
    return np.asarray((outcome - base) ** 2 - (outcome - model) ** 2 + (base - model) ** 2)


def difference_statistics(
    differences: FloatArray, n_lags: int, kernel: Kernel = "bartlett", size: FloatArray | None = None
) -> FloatArray:
    """Mean over its standard error of each column, shape (n_columns,); NaN where the variance is not positive.

    Parameters
    ----------
    differences
        Shape (n_periods, n_columns), finite, in the order of time: one column a model or ensemble member.
    n_lags
        Autocovariances in the long-run variance.
    kernel
        Their weights.
    size
        Shape (n_columns,): largest loss behind each column, whose rounding counts as no variance; None takes the
        largest difference.
    """
    mean = differences.mean(axis=0)
    variance = long_run_variance(differences - mean, n_lags, kernel)
    size = np.abs(differences).max(axis=0, initial=0.0) if size is None else size
    positive = variance > (_ROUNDING * size) ** 2
    error = np.sqrt(np.where(positive, variance, 1.0) / differences.shape[0])
    return np.asarray(np.where(positive, mean / error, np.nan))


def long_run_variance(centred: FloatArray, n_lags: int, kernel: Kernel = "bartlett") -> FloatArray:
    """Long-run variance of each centred column, shape (n_columns,).

    Rectangular: G_0 + 2 sum_{l=1..L} G_l. Bartlett: G_0 + 2 sum_l (1 - l/(L+1)) G_l, which is the mean square of sums
    over L + 1 neighbours in the series padded by zeros, (1/(L+1)) (1/n) sum_s (sum_{j=0..L} v_{s+j})^2: as many passes
    over the numbers whatever L.
    """
    n_periods, n_columns = centred.shape
    n_lags = min(n_lags, n_periods - 1)
    if kernel == "rectangular":
        cross = sum(np.einsum("tk,tk->k", centred[lag:], centred[:-lag]) for lag in range(1, n_lags + 1))
        return np.asarray((np.einsum("tk,tk->k", centred, centred) + 2.0 * cross) / n_periods)
    if n_lags == 0:
        return np.asarray(np.einsum("tk,tk->k", centred, centred) / n_periods)
    blocks = (centred[:, first : first + _BLOCK] for first in range(0, n_columns, _BLOCK))
    squares = np.concatenate([_window_squares(block, n_lags) for block in blocks])
    return np.asarray(squares / (n_periods * (n_lags + 1)))


def _window_squares(centred: FloatArray, n_lags: int) -> FloatArray:
    """Sum of squared sums over n_lags + 1 neighbours, of each column padded by n_lags zeros at both ends."""
    n_periods, n_columns = centred.shape
    sums = np.zeros((n_periods + 2 * n_lags + 1, n_columns))
    np.cumsum(centred, axis=0, out=sums[n_lags + 1 : n_lags + 1 + n_periods])
    sums[n_lags + 1 + n_periods :] = sums[n_lags + n_periods]
    windows = sums[n_lags + 1 :] - sums[: -n_lags - 1]
    return np.asarray(np.einsum("tk,tk->k", windows, windows))


def harvey_factor(n_periods: int, horizon: int) -> float:
    """Small-sample factor of Harvey, Leybourne and Newbold (1997), equation 9: sqrt((n + 1 - 2h + h(h-1)/n) / n)."""
    return float(np.sqrt((n_periods + 1 - 2 * horizon + horizon * (horizon - 1) / n_periods) / n_periods))


def _checked(values: FloatArray) -> FloatArray:
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 1:
        raise DataError(f"A comparison takes one number a period, not an array of shape {array.shape}.")
    return array


def _complete(base: FloatArray, model: FloatArray) -> tuple[FloatArray, str]:
    """Differences of the periods that both have, and a note of how many were left out."""
    if base.shape != model.shape:
        raise DataError(f"A comparison needs the same periods on both sides, not {base.size} and {model.size}.")
    differences = base - model
    usable: BoolArray = np.isfinite(differences)
    missing = int((~usable).sum())
    differences, losses = differences[usable], base[usable]
    differences[np.abs(differences) <= _ROUNDING * np.abs(losses).max(initial=0.0)] = 0.0
    return differences, f"{missing} of {usable.size} periods have no number" if missing else ""


def _why_not(differences: FloatArray, horizon: int) -> str:
    """Reason why these differences cannot be tested, or nothing."""
    if horizon < 1:
        raise SettingsError(f"A horizon is at least 1 period ahead, not {horizon}.")
    needed = max(FEWEST_PERIODS, 2 * horizon)
    if differences.size < needed:
        return f"{differences.size} periods; at horizon {horizon} the test needs {needed}"
    spread = np.ptp(differences)
    if spread <= _ROUNDING * np.abs(differences).max():
        return "identical losses" if not differences.any() else "the difference is the same in every period"
    return ""


def _joined(*notes: str) -> str:
    return "; ".join(note for note in notes if note)

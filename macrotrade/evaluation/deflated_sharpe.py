"""Is a Sharpe ratio more than the luck of the best of many trials?

Sharpe ratios here are per period, not annualised, with no riskless rate taken off. The number of trials is that of the
columns of the run's own returns, never typed in: every column that was tried counts, whatever was shown.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

import numpy as np
import pandas as pd
from scipy.special import ndtr, ndtri

from macrotrade._typing import BoolArray, FloatArray
from macrotrade.errors import SettingsError
from macrotrade.evaluation.comparison import FEWEST_PERIODS

__all__ = [
    "Trials",
    "deflated_sharpe",
    "effective_trials",
    "expected_maximum_sharpe",
    "minimum_track_record",
    "probabilistic_sharpe",
]

Trials: TypeAlias = Literal["columns", "effective"]
"""Count every column as one trial, or as many as they amount to once correlated ones are counted less than once."""

_EULER = 0.5772156649015329


def deflated_sharpe(returns: pd.DataFrame, *, trials: Trials = "columns", confidence: float = 0.95) -> pd.DataFrame:
    """Deflated Sharpe ratio of each column of a run (Bailey and Lopez de Prado, 2014), a row for each column.

    Columns: n, sharpe (per period), skewness, kurtosis (3 for a normal law), n_trials, expected_maximum (Sharpe ratio
    that the best of n_trials without skill is expected to show), probability (deflated Sharpe ratio: that the true
    ratio lies above it), above_zero (the same against zero), minimum_track_record (periods after which `sharpe` would
    be above zero with `confidence`), note.

    Parameters
    ----------
    returns
        Periods x everything that was tried, simple returns, decimal; NaN is left out column by column. A column that
        does not vary has no Sharpe ratio and is no trial. Yardsticks that nobody would have chosen, such as being
        always short, are no trials either: leave them out, for they widen the spread that luck is measured by.
    trials
        How many trials the columns are; ``effective`` takes :func:`effective_trials` of their mean correlation.
    confidence
        Of the minimum track record.
    """
    if not 0.0 < confidence < 1.0:
        raise SettingsError(f"A confidence lies between 0 and 1, not {confidence}.")
    values = returns.to_numpy(dtype=np.float64)
    n, sharpe, skewness, kurtosis = _moments(values)
    usable: BoolArray = np.isfinite(sharpe)
    n_trials = _count(values[:, usable], trials)
    variance = float(np.var(sharpe[usable], ddof=1)) if usable.sum() > 1 else 0.0
    hurdle = expected_maximum_sharpe(n_trials, variance)
    return pd.DataFrame(
        {
            "n": n.astype(np.int64),
            "sharpe": sharpe,
            "skewness": skewness,
            "kurtosis": kurtosis,
            "n_trials": n_trials,
            "expected_maximum": hurdle,
            "probability": probabilistic_sharpe(sharpe, n, skewness, kurtosis, hurdle),
            "above_zero": probabilistic_sharpe(sharpe, n, skewness, kurtosis),
            "minimum_track_record": minimum_track_record(sharpe, skewness, kurtosis, confidence=confidence),
            "note": [_note(int(count), bool(fine)) for count, fine in zip(n, usable, strict=True)],
        },
        index=returns.columns,
    )


def expected_maximum_sharpe(n_trials: float, variance: float) -> float:
    """Expected largest Sharpe ratio of `n_trials` independent trials without skill whose ratios have this variance.

    sqrt(V) ((1 - g) Z(1 - 1/N) + g Z(1 - 1/(N e))), g Euler's constant, Z the normal quantile (Bailey and Lopez de
    Prado, 2014); 0 for a single trial.
    """
    if n_trials <= 1.0:
        return 0.0
    tails = ndtri(1.0 - 1.0 / n_trials), ndtri(1.0 - 1.0 / (n_trials * np.e))
    return float(np.sqrt(variance) * ((1.0 - _EULER) * tails[0] + _EULER * tails[1]))


def probabilistic_sharpe(
    sharpe: FloatArray, n_periods: FloatArray, skewness: FloatArray, kurtosis: FloatArray, hurdle: float = 0.0
) -> FloatArray:
    """Probability that the true Sharpe ratio lies above `hurdle`, for ratios per period, elementwise.

    Phi((SR - SR*) sqrt(n - 1) / sqrt(1 - g3 SR + (g4 - 1)/4 SR^2)) with SR the `sharpe` and SR* the `hurdle`, n the
    `n_periods`, g3 the `skewness` and g4 the `kurtosis`, 3 for a normal law (Bailey and Lopez de Prado, 2012).
    """
    freedom = np.maximum(n_periods - 1.0, 0.0)
    return np.asarray(ndtr((sharpe - hurdle) * np.sqrt(freedom) / _error(sharpe, skewness, kurtosis)))


def minimum_track_record(
    sharpe: FloatArray, skewness: FloatArray, kurtosis: FloatArray, hurdle: float = 0.0, confidence: float = 0.95
) -> FloatArray:
    """Periods needed before a Sharpe ratio is above `hurdle` with `confidence`; infinite where it lies below.

    1 + (1 - g3 SR + (g4 - 1)/4 SR^2) (Z(confidence) / (SR - SR*))^2 with `sharpe`, `skewness` and `kurtosis` as in
    :func:`probabilistic_sharpe` (Bailey and Lopez de Prado, 2012).
    """
    excess = np.where(sharpe > hurdle, sharpe - hurdle, np.nan)
    periods = 1.0 + (_error(sharpe, skewness, kurtosis) * ndtri(confidence) / excess) ** 2
    return np.asarray(np.where(np.isnan(sharpe), np.nan, np.where(np.isnan(excess), np.inf, periods)))


def effective_trials(correlation: FloatArray) -> float:
    """How many independent trials these amount to, r + (1 - r) N with r the mean correlation of pairs, from 1 to N.

    The interpolation of Bailey and Lopez de Prado (2014, appendix): one trial where all are alike, N where
    they are independent; a negative mean correlation counts as none.
    """
    n_trials = len(correlation)
    if n_trials < 2:
        return float(n_trials)
    mean = (float(correlation.sum()) - n_trials) / (n_trials * (n_trials - 1))
    mean = min(max(mean, 0.0), 1.0)
    return mean + (1.0 - mean) * n_trials


def _moments(values: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Periods, Sharpe ratio, skewness and kurtosis of each column; NaN for a column too short or without variation."""
    known = ~np.isnan(values)
    n = known.sum(axis=0).astype(np.float64)
    safe = np.maximum(n, 1.0)
    filled = np.where(known, values, 0.0)
    mean = filled.sum(axis=0) / safe
    deviations = np.where(known, filled - mean, 0.0)
    second, third, fourth = ((deviations**power).sum(axis=0) / safe for power in (2, 3, 4))
    size = np.abs(filled).max(axis=0, initial=0.0)
    varies = (n >= FEWEST_PERIODS) & (second > (1e-12 * size) ** 2)
    second = np.where(varies, second, np.nan)
    sample_deviation = np.sqrt(second * n / np.maximum(n - 1.0, 1.0))
    return n, mean / sample_deviation, third / second**1.5, fourth / second**2


def _error(sharpe: FloatArray, skewness: FloatArray, kurtosis: FloatArray) -> FloatArray:
    """sqrt(1 - g3 SR + (g4 - 1)/4 SR^2), the standard error of SR times sqrt(n - 1)."""
    # Never negative: g4 >= 1 + g3^2, so the quadratic in SR has no two real roots.
    return np.asarray(np.sqrt(np.maximum(1.0 - skewness * sharpe + 0.25 * (kurtosis - 1.0) * sharpe**2, 0.0)))


def _count(values: FloatArray, trials: Trials) -> float:
    if trials == "columns" or values.shape[1] < 2:
        return float(values.shape[1])
    return effective_trials(pd.DataFrame(values).corr().fillna(0.0).to_numpy())


def _note(n_periods: int, usable: bool) -> str:
    if usable:
        return ""
    few = f"{n_periods} {'return' if n_periods == 1 else 'returns'}; a Sharpe ratio needs {FEWEST_PERIODS}"
    return few if n_periods < FEWEST_PERIODS else "the return is the same in every period"

"""Is any of many models better than the base, once we have looked at them all?

Three answers to data snooping, from one stationary bootstrap of ``arch.bootstrap``: White's reality check (2000),
Hansen's test of superior predictive ability (2005), and the stepwise test of Romano and Wolf (2005), which names the
models that are better.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from macrotrade._typing import FloatArray
from macrotrade.errors import DataError
from macrotrade.evaluation.blocks import bootstrap_block
from macrotrade.evaluation.comparison import FEWEST_PERIODS
from macrotrade.evaluation.verdict import Verdict, no_verdict

__all__ = ["Superiority", "bootstrap_deviation", "superior_losses", "superior_returns"]

_SPA, _REALITY_CHECK = "superior predictive ability", "reality check"


@dataclass(frozen=True, eq=False)
class Superiority:
    """Whether any model beats the base, and which.

    Attributes
    ----------
    spa
        Hansen's test, studentised: statistic max_k sqrt(n) mean(d_k) / w_k, at least 0, with the consistent p-value.
    lower, upper
        The p-values between which the consistent one lies: the models that are worse than the base are taken as far
        worse, or as just as good.
    reality_check
        White's test, not studentised: sqrt(n) max_k mean(d_k).
    superior
        Models that the stepwise test finds better, with a chance of `level` of naming any wrongly.
    level
        Of the stepwise test.
    left_out
        Models without numbers, or whose difference to the base never varies, with the reason.
    block, n_draws
        Mean block length and number of bootstrap samples.
    """

    spa: Verdict
    lower: float
    upper: float
    reality_check: Verdict
    superior: tuple[str, ...]
    level: float
    left_out: tuple[str, ...]
    block: int
    n_draws: int


def superior_losses(
    base_loss: pd.Series,
    model_losses: pd.DataFrame,
    *,
    horizon: int = 1,
    block: int | None = None,
    n_draws: int = 5000,
    level: float = 0.05,
    seed: int = 0,
) -> Superiority:
    """Tests whether the best of the models has a lower expected loss than the base.

    Parameters
    ----------
    base_loss
        Losses of the base, in the order of time.
    model_losses
        Periods x models, labelled alike. A period with a NaN in the base or any model that takes part is left out.
    horizon
        Periods ahead of the forecasts; the shortest block.
    block
        Mean block length; None takes :func:`macrotrade.evaluation.blocks.bootstrap_block` of the differences.
    n_draws
        Bootstrap samples.
    level
        Family-wise error of the stepwise test.
    seed
        Of the bootstrap.

    Raises
    ------
    DataError
        If the labels differ.
    """
    if not base_loss.index.equals(model_losses.index):
        raise DataError("The losses of base and models must be of the same periods; their labels differ.")
    complete, left_out, note = _varying(model_losses.rsub(base_loss, axis=0))
    n_periods = len(complete)
    if n_periods < FEWEST_PERIODS or complete.empty:
        counted = "1 period" if n_periods == 1 else f"{n_periods} periods"
        reason = f"{counted}; the test needs {FEWEST_PERIODS}" if n_periods < FEWEST_PERIODS else _STILL
        reason = "; ".join(filter(None, (reason, note)))
        blank = [no_verdict(name, n_periods, reason, "greater") for name in (_SPA, _REALITY_CHECK)]
        return Superiority(blank[0], np.nan, np.nan, blank[1], (), level, left_out, 0, 0)
    differences = complete.to_numpy(dtype=np.float64)
    block = bootstrap_block(differences, horizon) if block is None else block
    found = _bootstrapped(differences, block, n_draws, level, seed)
    return Superiority(
        Verdict(_SPA, max(0.0, found.studentised), found.consistent, n_periods, "greater", note),
        found.lower,
        found.upper,
        Verdict(_REALITY_CHECK, found.plain, found.reality_check, n_periods, "greater", note),
        tuple(complete.columns[found.superior]),
        level,
        left_out,
        block,
        n_draws,
    )


def superior_returns(
    base: pd.Series,
    returns: pd.DataFrame,
    *,
    block: int | None = None,
    n_draws: int = 5000,
    level: float = 0.05,
    seed: int = 0,
) -> Superiority:
    """Tests whether the best of the strategies has a higher expected return than the base, such as buy and hold.

    Parameters
    ----------
    base, returns
        Simple returns by period, decimal; periods x strategies, labelled alike.
    block, n_draws, level, seed
        As in :func:`superior_losses`. Thirty years of daily returns take seconds a thousand draws; monthly ones do not.
    """
    return superior_losses(-base, -returns, block=block, n_draws=n_draws, level=level, seed=seed)


def bootstrap_deviation(values: FloatArray, block: float) -> FloatArray:
    """Standard deviation of sqrt(n) times the mean of each column under the stationary bootstrap, shape (n_columns,).

    w^2 = G_0 + 2 sum_{i=1..n-1} k_i G_i, k_i = (1 - i/n)(1 - q)^i + (i/n)(1 - q)^(n-i), q = 1/block
    (Politis and Romano, 1994; Hansen, 2005, section 3.2). Autocovariances by Fourier transform.
    """
    n_periods = values.shape[0]
    centred = values - values.mean(axis=0)
    size = 1 << (2 * n_periods - 1).bit_length()
    spectrum = np.abs(np.fft.rfft(centred, size, axis=0)) ** 2
    covariance = np.fft.irfft(spectrum, size, axis=0)[:n_periods] / n_periods
    lag, stay = np.arange(n_periods), 1.0 - 1.0 / block
    kernel = (1 - lag / n_periods) * stay**lag + (lag / n_periods) * stay ** (n_periods - lag)
    return np.asarray(np.sqrt(covariance[0] + 2.0 * kernel[1:] @ covariance[1:]))


_STILL = "the difference to the base is the same in every period"


def _varying(differences: pd.DataFrame) -> tuple[pd.DataFrame, tuple[str, ...], str]:
    """Differences that vary, over the periods that all have; what was left out, by name; a note of lost periods."""
    given = differences.loc[:, differences.notna().any()]
    complete = given.dropna()
    values = complete.to_numpy(dtype=np.float64)
    varies = values.max(axis=0, initial=-np.inf) - values.min(axis=0, initial=np.inf) > 1e-12 * np.abs(values).max(
        initial=0.0
    )
    absent = (f"{name}: no losses" for name in differences.columns.difference(given.columns, sort=False))
    still = (f"{name}: {_STILL}" for name in complete.columns[~varies]) if len(complete) else ()
    missing = len(differences) - len(complete)
    note = f"{missing} of {len(differences)} periods have no number" if missing else ""
    return complete.loc[:, varies], (*absent, *still), note


@dataclass(frozen=True)
class _Bootstrapped:
    """Statistics, p-values and superior columns."""

    studentised: float
    plain: float
    lower: float
    consistent: float
    upper: float
    reality_check: float
    superior: list[int]


def _bootstrapped(differences: FloatArray, block: int, n_draws: int, level: float, seed: int) -> _Bootstrapped:
    """All tests from one bootstrap of the differences beside the same divided by their deviations.

    The division is ours because arch 8 uses the deviations only to choose which models count, and compares plain means.
    """
    from arch.bootstrap import SPA

    n_periods, n_models = differences.shape
    scaled = differences / bootstrap_deviation(differences, block)
    both = np.concatenate([scaled, differences], axis=1)
    spa = SPA(np.zeros(n_periods), -both, block, n_draws, seed=np.random.default_rng(seed))
    is_scaled = np.arange(2 * n_models) < n_models
    spa.subset(~is_scaled)
    spa.compute()
    reality_check = float(spa.pvalues["upper"])
    spa.subset(is_scaled)
    spa.compute()
    lower, consistent, upper = (float(spa.pvalues[name]) for name in ("lower", "consistent", "upper"))
    studentised, plain = (float(np.sqrt(n_periods) * part.mean(axis=0).max()) for part in (scaled, differences))
    superior = _stepwise(spa, n_models, level)
    return _Bootstrapped(studentised, plain, lower, consistent, upper, reality_check, superior)


def _stepwise(spa: Any, n_models: int, level: float) -> list[int]:
    """Columns found better, step by step: each step sets the found ones aside and looks again at the rest.

    The loop of ``arch.bootstrap.StepM``, which fails where the last step finds every model that was left.
    """
    columns = np.arange(2 * n_models)
    superior: list[int] = []
    while len(superior) < n_models:
        spa.subset((columns < n_models) & ~np.isin(columns, superior))
        spa.compute()
        better = spa.better_models(level)
        if not better.size:
            break
        superior.extend(int(column) for column in better)
    return sorted(superior)

"""How sure a figure is, and its difference to buy and hold: intervals by the stationary bootstrap.

A strategy and its benchmark are drawn together, whole blocks of sessions at a time, so that what they share stays
shared and positions held for a while stay together (Politis and Romano, 1994; Ledoit and Wolf, 2008).
"""

from __future__ import annotations

from typing import Literal, TypeAlias, get_args

import numpy as np
import pandas as pd

from macrotrade._typing import FloatArray
from macrotrade.errors import DataError, SettingsError, near_misses
from macrotrade.numerics.bootstrap import stationary_bootstrap

__all__ = ["Figure", "bootstrap_difference", "bootstrap_interval", "usual_block"]

Figure: TypeAlias = Literal["efficiency", "annual_return", "mean_return", "sharpe"]
"""Figures of :func:`macrotrade.evaluation.performance.performance` that can be drawn."""

_DRAWS_AT_ONCE = 250


def bootstrap_difference(
    returns: pd.DataFrame,
    benchmark: pd.DataFrame | pd.Series,
    periods_per_year: float,
    figure: Figure = "efficiency",
    *,
    level: float = 0.90,
    n_draws: int = 2000,
    mean_block: float | None = None,
    seed: int = 0,
) -> pd.DataFrame:
    """Difference of a figure to that of a benchmark: estimate, low, high, probability_below; a row for each column.

    `low` and `high` are quantiles of the differences drawn; `probability_below` is the share of draws at or below
    zero, a one-sided p-value of "no better than the benchmark".

    Parameters
    ----------
    returns, benchmark
        Sessions x column on the same rows; a Series stands against every column. Sessions with a NaN anywhere are left
        out for all.
    periods_per_year
        Sessions in a year.
    figure
        What is compared.
    level
        Probability inside the interval.
    n_draws, mean_block, seed
        Of the bootstrap; None takes :func:`usual_block`.
    """
    other = benchmark.to_frame() if isinstance(benchmark, pd.Series) else benchmark
    if not other.index.equals(returns.index) or other.shape[1] not in (1, returns.shape[1]):
        raise DataError("A benchmark needs the rows of the returns, and one column or as many as they have.")
    both = np.hstack([returns.to_numpy(dtype=np.float64), other.to_numpy(dtype=np.float64)])
    estimate, drawn = _estimate_and_draws(both, periods_per_year, figure, n_draws, mean_block, seed)
    split = returns.shape[1]
    return _interval(estimate[:split] - estimate[split:], drawn[:, :split] - drawn[:, split:], level, returns.columns)


def bootstrap_interval(
    returns: pd.DataFrame,
    periods_per_year: float,
    figure: Figure = "efficiency",
    *,
    level: float = 0.90,
    n_draws: int = 2000,
    mean_block: float | None = None,
    seed: int = 0,
) -> pd.DataFrame:
    """A figure and its interval: estimate, low, high, probability_below (zero).

    Parameters
    ----------
    returns, periods_per_year, figure, level, n_draws, mean_block, seed
        As in :func:`bootstrap_difference`.
    """
    values = returns.to_numpy(dtype=np.float64)
    estimate, drawn = _estimate_and_draws(values, periods_per_year, figure, n_draws, mean_block, seed)
    return _interval(estimate, drawn, level, returns.columns)


def usual_block(n_periods: int, periods_per_year: float) -> float:
    """Mean length of a block: the cube root of the sample, and at least a quarter of a year.

    The rate n^(1/3) is that of Politis and White (2004); the quarter keeps a monthly decision's sessions together.
    """
    return float(min(n_periods, max(n_periods ** (1.0 / 3.0), periods_per_year / 4.0)))


def _estimate_and_draws(
    values: FloatArray, periods_per_year: float, figure: Figure, n_draws: int, mean_block: float | None, seed: int
) -> tuple[FloatArray, FloatArray]:
    """Figure of each column, shape (n_columns,), and of each draw, shape (n_draws, n_columns)."""
    if figure not in get_args(Figure):
        raise SettingsError(f"figure={figure!r} cannot be drawn. {near_misses(figure, get_args(Figure))}")
    values = values[~np.isnan(values).any(axis=1)]
    n_periods = values.shape[0]
    if n_periods < 2:
        raise DataError(f"{n_periods} sessions are too few to draw from; the bootstrap needs 2 or more.")
    with np.errstate(divide="ignore"):
        powers = np.hstack([values, values**2, np.log1p(values)])
    block = usual_block(n_periods, periods_per_year) if mean_block is None else mean_block
    generator = np.random.default_rng(seed)
    sums = [
        _counts(stationary_bootstrap(n_periods, block, min(_DRAWS_AT_ONCE, n_draws - start), generator)) @ powers
        for start in range(0, n_draws, _DRAWS_AT_ONCE)
    ]
    estimate = _figure(powers.sum(axis=0)[None], n_periods, periods_per_year, figure)[0]
    return estimate, _figure(np.vstack(sums), n_periods, periods_per_year, figure)


def _counts(rows: np.ndarray[tuple[int, ...], np.dtype[np.int64]]) -> FloatArray:
    """How often each session was drawn, shape (n_draws, n_periods): all that sums over a draw depend on."""
    n_draws, n_periods = rows.shape
    flat = rows + np.arange(n_draws)[:, None] * n_periods
    return np.bincount(flat.ravel(), minlength=n_draws * n_periods).reshape(n_draws, n_periods).astype(np.float64)


def _figure(sums: FloatArray, n_periods: int, periods_per_year: float, figure: Figure) -> FloatArray:
    """Figure from sums of r, r^2 and ln(1 + r), each of shape (n_draws, n_columns), side by side."""
    total, squares, logs = np.split(sums, 3, axis=1)
    mean = total / n_periods
    annual = np.expm1(logs * periods_per_year / n_periods)
    if figure == "annual_return":
        return np.asarray(annual)
    if figure == "mean_return":
        return np.asarray(mean * periods_per_year)
    variance = (squares - n_periods * mean**2) / (n_periods - 1)
    volatility = np.sqrt(np.where(variance > 1e-14 * squares, variance, np.nan) * periods_per_year)
    return np.asarray((annual if figure == "efficiency" else mean * periods_per_year) / volatility)


def _interval(estimate: FloatArray, drawn: FloatArray, level: float, columns: pd.Index) -> pd.DataFrame:
    if not 0.0 < level < 1.0:
        raise SettingsError(f"level={level} is not a probability inside (0, 1).")
    known = ~np.isnan(estimate)
    low, high = np.full((2, estimate.size), np.nan)
    low[known], high[known] = np.nanquantile(drawn[:, known], [(1 - level) / 2, (1 + level) / 2], axis=0)
    below = np.where(known, (drawn <= 0.0).mean(axis=0), np.nan)
    return pd.DataFrame({"estimate": estimate, "low": low, "high": high, "probability_below": below}, index=columns)

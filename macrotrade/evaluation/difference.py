"""How sure a figure is, and its difference to buy and hold: intervals by the stationary bootstrap.

A strategy and its benchmark are drawn together, whole blocks of sessions at a time, so that what they share stays
shared and positions held for a while stay together (Politis and Romano, 1994; Ledoit and Wolf, 2008).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, get_args

import numpy as np
import pandas as pd

from macrotrade._typing import FloatArray
from macrotrade.errors import DataError, SettingsError, near_misses
from macrotrade.numerics.bootstrap import stationary_bootstrap

__all__ = [
    "BootstrapDraws",
    "Figure",
    "bootstrap_difference",
    "bootstrap_draws",
    "bootstrap_interval",
    "usual_block",
]

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
    both = pd.concat([returns, other], axis=1).set_axis(range(returns.shape[1] + other.shape[1]), axis=1)
    drawn = bootstrap_draws(both, periods_per_year, n_draws=n_draws, mean_block=mean_block, seed=seed)
    split = returns.shape[1]
    against = [split + column if other.shape[1] > 1 else split for column in range(split)]
    return drawn.difference(figure, range(split), against, level).set_axis(returns.columns, axis=0)


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
    drawn = bootstrap_draws(returns, periods_per_year, n_draws=n_draws, mean_block=mean_block, seed=seed)
    return drawn.interval(figure, level)


@dataclass(frozen=True, eq=False)
class BootstrapDraws:
    """Columns drawn together again and again, of which every figure is then read off.

    Attributes
    ----------
    columns
        What was drawn.
    whole, sums
        Sums of r, r^2 and ln(1 + r) over the sample, shape (1, 3 n_columns), and over each draw, shape (n_draws,
        3 n_columns), side by side.
    n_periods, periods_per_year
        Sessions in the sample, and in a year.
    """

    columns: pd.Index
    whole: FloatArray
    sums: FloatArray
    n_periods: int
    periods_per_year: float

    def interval(self, figure: Figure, level: float = 0.90) -> pd.DataFrame:
        """A figure of each column: estimate, low, high, probability_below (zero)."""
        estimate, drawn = self._figures(figure)
        return _interval(estimate, drawn, level, self.columns)

    def difference(
        self, figure: Figure, tried: Iterable[Any], benchmarks: Iterable[Any], level: float = 0.90
    ) -> pd.DataFrame:
        """Difference of a figure between each column of `tried` and the one of `benchmarks` in its place."""
        estimate, drawn = self._figures(figure)
        labels = list(tried)
        ours, theirs = (self.columns.get_indexer(pd.Index(list(names))) for names in (labels, benchmarks))
        if (ours < 0).any() or (theirs < 0).any():
            raise DataError("A difference needs columns that were drawn.")
        index = self.columns[ours]
        return _interval(estimate[ours] - estimate[theirs], drawn[:, ours] - drawn[:, theirs], level, index)

    def _figures(self, figure: Figure) -> tuple[FloatArray, FloatArray]:
        """Figure of each column, shape (n_columns,), and of each draw, shape (n_draws, n_columns)."""
        if figure not in get_args(Figure):
            raise SettingsError(f"figure={figure!r} cannot be drawn. {near_misses(figure, get_args(Figure))}")
        estimate, drawn = (
            _figure(sums, self.n_periods, self.periods_per_year, figure) for sums in (self.whole, self.sums)
        )
        return estimate[0], drawn


def bootstrap_draws(
    returns: pd.DataFrame,
    periods_per_year: float,
    *,
    n_draws: int = 2000,
    mean_block: float | None = None,
    seed: int = 0,
) -> BootstrapDraws:
    """Stationary-bootstrap draws of all columns at once; see :func:`bootstrap_difference` for the parameters.

    Parameters
    ----------
    returns
        Sessions x column, benchmarks among them. Sessions with a NaN anywhere are left out for all.
    periods_per_year
        Sessions in a year.
    n_draws, mean_block, seed
        Of the bootstrap; None takes :func:`usual_block`.
    """
    values = returns.to_numpy(dtype=np.float64)
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
    return BootstrapDraws(returns.columns, powers.sum(axis=0)[None], np.vstack(sums), n_periods, periods_per_year)


def usual_block(n_periods: int, periods_per_year: float) -> float:
    """Mean length of a block: the cube root of the sample, and at least a quarter of a year.

    The rate n^(1/3) is that of Politis and White (2004); the quarter keeps a monthly decision's sessions together.
    """
    return float(min(n_periods, max(n_periods ** (1.0 / 3.0), periods_per_year / 4.0)))


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
    if known.any():
        low[known], high[known] = np.nanquantile(drawn[:, known], [(1 - level) / 2, (1 + level) / 2], axis=0)
    below = np.where(known, (drawn <= 0.0).mean(axis=0), np.nan)
    return pd.DataFrame({"estimate": estimate, "low": low, "high": high, "probability_below": below}, index=columns)

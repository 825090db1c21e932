"""Random forest on every series of the panel with its lags."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from macrotrade._typing import BoolArray, FloatArray
from macrotrade.errors import SettingsError
from macrotrade.forecast import Target
from macrotrade.inputs.known import check_window
from macrotrade.inputs.predictors import Predictors
from macrotrade.numerics.bootstrap import circular_block_bootstrap
from macrotrade.panel.panel import Panel
from macrotrade.providers.benchmarks.direct import DirectForecaster, Rows, Standardised, fit_direct
from macrotrade.providers.benchmarks.kernels.forest import Trees, grow, predict

__all__ = ["RandomForest"]


@dataclass(frozen=True)
class RandomForest:
    """Random forest (Breiman, 2001): the mean of regression trees, each grown on a bootstrap sample of the rows.

    The outcome at each horizon is regressed on all series and their lags; every split considers a random share of the
    columns, drawn anew. The scale is the root mean square of out-of-bag errors: a row
    is forecast by the trees that did not see it.

    Rows of neighbouring months are alike, and where outcomes overlap (a change over more than one period) they share
    most of what is forecast, so a row left out is seen in its neighbours. Blocks of rows are therefore drawn whole:
    as long as outcomes overlap by default, single rows where they do not.

    Series enter as last known: a row holds each series' newest number, however late, at the origin as in every row of
    the regression. Gaps are filled in sample by the EM algorithm; both are told in the forecast's reasons.

    Parameters
    ----------
    n_trees
        Trees.
    least_in_leaf
        Fewest rows in a leaf.
    share_of_columns
        Share of columns considered at each split.
    n_lags
        Lags of every series, the newest number included.
    block
        Rows in a block of the circular block bootstrap (Politis and Romano, 1992); 1 draws single rows, None takes the
        periods by which outcomes overlap.
    window
        Periods used, the last ones known; None takes all.
    seed
        Of the bootstrap and the columns drawn; each horizon draws its own.
    """

    n_trees: int = 500
    least_in_leaf: int = 5
    share_of_columns: float = 1 / 3
    n_lags: int = 4
    block: int | None = None
    window: int | None = None
    seed: int = 0

    demo_refit_every: ClassVar[int | None] = None

    def __post_init__(self) -> None:
        for name in ("n_trees", "least_in_leaf", "n_lags"):
            if getattr(self, name) < 1:
                raise SettingsError(f"{name} must be at least 1, not {getattr(self, name)}.")
        if not 0.0 < self.share_of_columns <= 1.0:
            raise SettingsError(f"share_of_columns must lie above 0 and up to 1, not {self.share_of_columns}.")
        if self.block is not None and self.block < 1:
            raise SettingsError(f"block must be None or at least 1 row, not {self.block}.")
        check_window(self.window)

    def fit(self, panel: Panel, target: Target) -> DirectForecaster:
        """Forecaster with a forest for each series and horizon; raises FitError where a series is too short."""
        return fit_direct(panel, target, self.window, _ForestMethod(self))


@dataclass(frozen=True)
class _ForestMethod:
    """The forest as a method of direct forecasts."""

    settings: RandomForest

    @property
    def n_lags(self) -> int:
        """Lags of every series."""
        return self.settings.n_lags

    @property
    def member(self) -> str:
        """Name."""
        return "random forest"

    def features(self, found: Predictors) -> Standardised:
        """All predictors, the series itself among them; a tree is the same in any units."""
        return Standardised.at_fit(found)

    def regress(self, rows: Rows) -> _Forest:
        """Forest grown on bootstrap samples of the rows."""
        settings, n_rows = self.settings, rows.outcome.size
        X = np.ascontiguousarray(rows.lags.reshape(n_rows, -1))
        generator = np.random.default_rng([settings.seed, rows.step])
        block = min(settings.block or rows.overlap, n_rows)
        samples = circular_block_bootstrap(n_rows, block, settings.n_trees, generator)
        times = np.stack([np.bincount(sample, minlength=n_rows) for sample in samples])
        seeds = generator.integers(1, 2**62, settings.n_trees)
        n_tried = max(1, int(settings.share_of_columns * X.shape[1]))
        trees, said = grow(X, rows.outcome, times, n_tried, settings.least_in_leaf, seeds)
        blocks = f" of blocks of {block}" if block > 1 else ""
        return _Forest(
            trees,
            _out_of_bag_deviation(rows.outcome, said, times == 0),
            f"{settings.n_trees} trees on bootstrap samples{blocks} of {n_rows} rows",
        )


def _out_of_bag_deviation(outcome: FloatArray, said: FloatArray, unseen: BoolArray) -> float:
    """Root mean square error of each row's mean over the trees that did not see it."""
    n_trees = unseen.sum(axis=0)
    if not n_trees.any():
        return float(outcome.std())
    rows = n_trees > 0
    error = outcome[rows] - np.where(unseen, said, 0.0).sum(axis=0)[rows] / n_trees[rows]
    return float(np.sqrt(error @ error / error.size))


@dataclass(frozen=True, eq=False)
class _Forest:
    """Trees, and the deviation of their out-of-bag errors."""

    trees: Trees
    scale: float
    words: str

    def mean(self, row: FloatArray) -> float:
        """Forecast from features of shape (n_lags, n_features), newest first."""
        return predict(self.trees, row.ravel())

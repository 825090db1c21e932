"""Factor model: the outcome on the target's own lags and those of the panel's principal components."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from macrotrade._typing import FloatArray
from macrotrade.errors import FitError, SettingsError
from macrotrade.forecast import Target
from macrotrade.inputs.known import check_window
from macrotrade.inputs.predictors import Predictors
from macrotrade.numerics.criteria import bic
from macrotrade.numerics.least_squares import least_squares
from macrotrade.numerics.principal_components import leading_eigenvectors, moments
from macrotrade.panel.panel import Panel
from macrotrade.providers.benchmarks.direct import DirectForecaster, Rows, fit_direct

__all__ = ["FactorModel"]


@dataclass(frozen=True)
class FactorModel:
    """Factor-augmented distributed lags: a direct regression on own lags and principal components, each with p lags.

    For the outcome m at horizon h, own stationary form x and factors f_1..f_r (Stock and Watson (2002), Journal of
    Business & Economic Statistics 20)::

        m[t+h] = a + sum_i b_i x[t-i] + sum_j sum_i c_ij f_j[t-i] + e,     i = 0..p-1,  j = 1..r

    with r and p chosen together by Schwarz's criterion on the rows common to all. Factors are principal components of
    the standardised panel, the target's series included. The scale is the residual deviation of the regression.

    Series enter as last known: a row holds each series' newest number, however late, at the origin as in every row of
    the regression. Gaps are filled in sample by the EM algorithm; both are told in the forecast's reasons.

    Parameters
    ----------
    max_factors, max_lags
        Most factors r and lags p tried.
    own_group
        Whether series of the target's own group are among those the components are taken of.
    window
        Periods used, the last ones known; None takes all.
    """

    max_factors: int = 4
    max_lags: int = 4
    own_group: bool = True
    window: int | None = None

    demo_refit_every: ClassVar[int | None] = None

    def __post_init__(self) -> None:
        if self.max_factors < 1 or self.max_lags < 1:
            raise SettingsError(
                f"max_factors and max_lags must be at least 1, not {self.max_factors} and {self.max_lags}."
            )
        check_window(self.window)

    def fit(self, panel: Panel, target: Target) -> DirectForecaster:
        """Forecaster with a regression for each series and horizon; raises FitError where a series is too short."""
        return fit_direct(panel, target, self.window, _FactorMethod(self))


@dataclass(frozen=True)
class _FactorMethod:
    """The factor model as a method of direct forecasts."""

    settings: FactorModel

    @property
    def n_lags(self) -> int:
        """Most lags."""
        return self.settings.max_lags

    @property
    def member(self) -> str:
        """Name."""
        return "factor model"

    def features(self, found: Predictors) -> _OwnAndFactors:
        """The series itself and the principal components."""
        own = found.own[0]
        group = found.groups[own]
        used = np.array(
            [self.settings.own_group or not group or other != group for other in found.groups], dtype=np.bool_
        )
        if used.sum() < 2:
            raise FitError(
                f"{found.names[own]}: {int(used.sum())} series are left to take principal components of; use "
                "'direct-autoregression' for a panel this small."
            )
        mean, deviation = moments(found.stationary[:, used])
        standardised = (found.stationary[:, used] - mean) / deviation
        n_factors = min(self.settings.max_factors, int(used.sum()) - 1)
        vectors = leading_eigenvectors(standardised.T @ standardised, n_factors)
        loadings = np.zeros((used.size, n_factors))
        loadings[used] = vectors / deviation[:, None]
        centre = np.zeros(used.size)
        centre[used] = mean
        return _OwnAndFactors(own, centre, loadings)

    def regress(self, rows: Rows) -> _FactorRegression:
        """Regression with the numbers of factors and lags of the least criterion."""
        n, n_lags, n_features = rows.lags.shape
        # A regression on some columns has the same coefficients and residual sum on the triangular factor of all.
        everything = np.column_stack([np.ones(n), rows.lags.reshape(n, -1), rows.outcome])
        if n < everything.shape[1] + 2:
            raise FitError(f"{n} rows carry no regression on {everything.shape[1] - 1} columns; use fewer lags.")
        root = np.asarray(np.linalg.qr(everything, mode="r"))
        best, least = (1, 1), np.inf
        for r in range(1, n_features):
            for p in range(1, n_lags + 1):
                columns = _columns(r, p, n_features)
                rss = least_squares(root[:, columns], root[:, -1]).rss
                criterion = float(bic(rss, n, columns.size))
                if criterion < least:
                    best, least = (r, p), criterion
        columns = _columns(*best, n_features)
        fit = least_squares(everything[:, columns], rows.outcome)
        return _FactorRegression(
            fit.coefficients, columns, fit.scale, f"{_counted(best[0], 'factor')} with {_counted(best[1], 'lag')}"
        )


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")


def _columns(r: int, p: int, n_features: int) -> np.ndarray:
    """Constant, then the own series and the first r factors at the newest p lags."""
    lagged = 1 + np.add.outer(np.arange(p) * n_features, np.arange(1 + r))
    return np.concatenate([[0], lagged.ravel()])


@dataclass(frozen=True, eq=False)
class _OwnAndFactors:
    """Column of the series, mean of each predictor, and loadings of shape (n_series, n_factors) in their units."""

    own: int
    centre: FloatArray
    loadings: FloatArray

    def of(self, values: FloatArray) -> FloatArray:
        """The series itself, then its factors."""
        return np.column_stack([values[:, self.own], (values - self.centre) @ self.loadings])


@dataclass(frozen=True, eq=False)
class _FactorRegression:
    """Coefficients of the columns used."""

    coefficients: FloatArray
    columns: np.ndarray
    scale: float
    words: str

    def mean(self, row: FloatArray) -> float:
        """Forecast from features of shape (n_lags, n_features), newest first."""
        return float(self.coefficients @ np.concatenate([[1.0], row.ravel()])[self.columns])

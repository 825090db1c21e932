"""LASSO, elastic net and Ridge on series of the panel with their lags, penalised by Schwarz's criterion."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal, Protocol, TypeAlias, get_args

import numpy as np

from macrotrade._typing import FloatArray
from macrotrade.errors import FitError, SettingsError, near_misses
from macrotrade.forecast import Target
from macrotrade.inputs.known import check_window
from macrotrade.inputs.pool import Pool
from macrotrade.inputs.predictors import Predictors
from macrotrade.numerics.criteria import bic
from macrotrade.numerics.principal_components import moments
from macrotrade.panel.panel import Panel
from macrotrade.providers.benchmarks.direct import DirectForecaster, Rows, Standardised, fit_direct
from macrotrade.providers.benchmarks.kernels.lasso import lasso_path
from macrotrade.providers.benchmarks.kernels.shrinkage import Path, elastic_net_path, largest_penalty, ridge_path

__all__ = ["Degrees", "ElasticNet", "Lasso", "Ridge"]

Degrees: TypeAlias = Literal["effective", "columns"]
"""What Schwarz's criterion counts of a Ridge regression: the trace of its hat matrix, or every column.

The trace is the textbook's count (Hastie, Tibshirani and Friedman, 2001). No coefficient of Ridge is zero, so a count
of those that are not is the same at every penalty and the criterion takes the least one of the path: software that
counts coefficients does so. Of about 14 rules tried on US inflation of 1993 to 2006 it came nearest to published Ridge
forecasts of those months, a guess at theirs that was picked where it is scored. It is no default for that reason; what
each count gives on months that played no part is told in `docs/inflation_study.md`.
"""

# As glmnet has it (Friedman, Hastie and Tibshirani, 2010): a path down to a hundredth of its first penalty where there
# are more columns than rows, else to a ten-thousandth; Ridge, which has no first penalty, from that of a thousandth of
# absolute values.
_LEAST_PENALTY_WIDE = 1e-2
_LEAST_PENALTY_TALL = 1e-4
_RIDGE_FIRST_SHARE = 1e-3


@dataclass(frozen=True)
class Lasso:
    """LASSO: a direct regression on all series and lags, with a penalty on absolute coefficients.

    The coefficients b of the lags x minimise |m - a - x b|^2 / (2 n) + l |b|_1 (Tibshirani, 1996), for each horizon,
    with outcome m and lags x standardised. The penalty l is the one of least ln(RSS/n) + k ln(n)/n along the path, with
    k the number of coefficients that are not zero and the intercept (Zou, Hastie and Tibshirani, 2007). With more
    columns than rows that criterion falls without bound at the end of the path, where the fit becomes perfect, so the
    path stops at `most_columns` of the number of rows. The scale is sqrt(RSS / (n - k)).

    Series enter as last known: a row holds each series' newest number, however late, at the origin as in every row of
    the regression. Gaps are filled in sample by the EM algorithm; both are told in the forecast's reasons.

    Parameters
    ----------
    n_lags
        Lags of every series, the newest number included.
    n_penalties
        Penalties tried, in equal steps of their logarithm.
    most_columns
        Degrees of freedom at which a path stops, as a share of the rows.
    window
        Periods used, the last ones known; None takes all.
    pool, optional
        Series read beside what is forecast, all by default, and those that join them where the panel has them.
    """

    n_lags: int = 4
    n_penalties: int = 100
    most_columns: float = 0.2
    window: int | None = None
    pool: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()

    demo_refit_every: ClassVar[int | None] = None

    def __post_init__(self) -> None:
        _check(self)

    @property
    def essential_series(self) -> tuple[str, ...] | None:
        """The pool, where one is named."""
        return _pool(self).essential

    def fit(self, panel: Panel, target: Target) -> DirectForecaster:
        """Forecaster with a regression for each series and horizon; raises FitError where a series is too short."""
        return fit_direct(panel, target, self.window, _ShrinkageMethod(self, "LASSO", (1.0,)), _pool(self))


@dataclass(frozen=True)
class ElasticNet:
    """Elastic net: as :class:`Lasso`, with part of the penalty on squared coefficients.

    The penalty is l (a |b|_1 + (1 - a) |b|^2 / 2) (Zou and Hastie, 2005). Both l and a are those of the least
    criterion, whose k is then the trace of the matrix that turns the outcomes into the fit, and the intercept.

    Parameters
    ----------
    n_lags, n_penalties, most_columns, window, pool, optional
        As in :class:`Lasso`.
    shares
        Shares a that are tried, above 0 and up to 1.
    """

    n_lags: int = 4
    n_penalties: int = 100
    most_columns: float = 0.2
    window: int | None = None
    shares: tuple[float, ...] = (0.25, 0.5, 0.75, 1.0)
    pool: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()

    demo_refit_every: ClassVar[int | None] = None

    def __post_init__(self) -> None:
        _check(self)
        if not self.shares or min(self.shares) <= 0.0 or max(self.shares) > 1.0:
            raise SettingsError(
                f"shares must lie above 0 and up to 1, not {self.shares}; use 'ridge' for a share of 0."
            )

    @property
    def essential_series(self) -> tuple[str, ...] | None:
        """The pool, where one is named."""
        return _pool(self).essential

    def fit(self, panel: Panel, target: Target) -> DirectForecaster:
        """Forecaster with a regression for each series and horizon; raises FitError where a series is too short."""
        method = _ShrinkageMethod(self, "elastic net", tuple(self.shares))
        return fit_direct(panel, target, self.window, method, _pool(self))


@dataclass(frozen=True)
class Ridge:
    """Ridge: as :class:`Lasso`, with the penalty on squared coefficients.

    The coefficients minimise |m - a - x b|^2 / (2 n) + l |b|^2 / 2 (Hoerl and Kennard, 1970); k of the criterion is the
    trace of the matrix that turns the outcomes into the fit, and the intercept.

    Parameters
    ----------
    n_lags, n_penalties, most_columns, window, pool, optional
        As in :class:`Lasso`.
    degrees
        What the criterion counts; see :data:`Degrees`. With ``columns`` the path ends where glmnet's does, at a
        hundredth (with more rows than columns a ten-thousandth) of its first penalty.
    """

    n_lags: int = 4
    n_penalties: int = 100
    most_columns: float = 0.2
    window: int | None = None
    degrees: Degrees = "effective"
    pool: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()

    demo_refit_every: ClassVar[int | None] = None

    def __post_init__(self) -> None:
        _check(self)
        if self.degrees not in get_args(Degrees):
            raise SettingsError(
                f"degrees={self.degrees!r} is not known. {near_misses(self.degrees, get_args(Degrees))}"
            )

    @property
    def essential_series(self) -> tuple[str, ...] | None:
        """The pool, where one is named."""
        return _pool(self).essential

    def fit(self, panel: Panel, target: Target) -> DirectForecaster:
        """Forecaster with a regression for each series and horizon; raises FitError where a series is too short."""
        method = _ShrinkageMethod(self, "Ridge", (0.0,), self.degrees)
        return fit_direct(panel, target, self.window, method, _pool(self))


class _Settings(Protocol):
    """Settings that all three have."""

    @property
    def n_lags(self) -> int: ...
    @property
    def n_penalties(self) -> int: ...
    @property
    def most_columns(self) -> float: ...
    @property
    def window(self) -> int | None: ...
    @property
    def pool(self) -> tuple[str, ...]: ...
    @property
    def optional(self) -> tuple[str, ...]: ...


@dataclass(frozen=True)
class _ShrinkageMethod:
    """A penalised regression as a method of direct forecasts; a share of 0 is Ridge."""

    settings: _Settings
    member: str
    shares: tuple[float, ...]
    degrees: Degrees = "effective"

    @property
    def n_lags(self) -> int:
        """Lags of every series."""
        return self.settings.n_lags

    def features(self, found: Predictors) -> Standardised:
        """All predictors, the series itself among them."""
        return Standardised.at_fit(found)

    def regress(self, rows: Rows) -> _PenalisedRegression:
        """Regression with the penalty, and share of absolute values, of the least criterion."""
        design = rows.lags.reshape(rows.outcome.size, -1)
        mean, deviation = moments(design)
        X = (design - mean) / deviation
        centre, unit = float(rows.outcome.mean()), float(rows.outcome.std())
        if unit <= 1e-12 * abs(centre):
            raise FitError("The outcome is the same in every row; ask for another measure or series.")
        y = (rows.outcome - centre) / unit
        chosen = min(
            (self._best(path, share, y.size) for share, path in zip(self.shares, self._paths(X, y), strict=True)),
            key=lambda point: point.criterion,
        )
        coefficients = unit * chosen.coefficients / deviation
        scale = unit * float(np.sqrt(chosen.rss / (y.size - chosen.degrees - 1.0)))
        return _PenalisedRegression(centre - float(mean @ coefficients), coefficients, scale, self._words(chosen))

    def _paths(self, X: FloatArray, y: FloatArray) -> list[Path]:
        n_rows, n_columns = X.shape
        most = max(1, int(self.settings.most_columns * n_rows))
        least = _LEAST_PENALTY_WIDE if n_columns > n_rows else _LEAST_PENALTY_TALL
        cross = X.T @ y / n_rows
        if self.shares == (0.0,):
            least = least if self.degrees == "columns" else _RIDGE_FIRST_SHARE * least
            falling = np.geomspace(1.0, least, self.settings.n_penalties)
            return [ridge_path(X, y, largest_penalty(cross, _RIDGE_FIRST_SHARE) * falling, most)]
        falling = np.geomspace(1.0, least, self.settings.n_penalties)
        if self.shares == (1.0,):
            return [lasso_path(X, y, largest_penalty(cross, 1.0) * falling, most)]
        gram = X.T @ X / n_rows
        total = float(y @ y) / n_rows
        return [
            elastic_net_path(gram, cross, total, n_rows, largest_penalty(cross, share) * falling, share, most)
            for share in self.shares
        ]

    def _best(self, path: Path, share: float, n_rows: int) -> _Chosen:
        degrees = path.degrees_of_freedom if self.degrees == "effective" else np.zeros(path.rss.size)
        criterion = bic(path.rss, n_rows, degrees + 1.0)
        best = int(np.argmin(criterion))
        return _Chosen(
            float(criterion[best]),
            share,
            path.coefficients[best],
            float(path.rss[best]),
            float(path.degrees_of_freedom[best]),
        )

    def _words(self, chosen: _Chosen) -> str:
        if self.shares == (0.0,):
            return f"{chosen.degrees:.1f} degrees of freedom of {chosen.coefficients.size} columns"
        share = f", {chosen.share:.0%} of the penalty on absolute values" if len(self.shares) > 1 else ""
        return f"{np.count_nonzero(chosen.coefficients)} of {chosen.coefficients.size} columns{share}"


@dataclass(frozen=True, eq=False)
class _Chosen:
    """The point of a path with the least criterion."""

    criterion: float
    share: float
    coefficients: FloatArray
    rss: float
    degrees: float


@dataclass(frozen=True, eq=False)
class _PenalisedRegression:
    """Intercept and coefficients in the columns' units."""

    intercept: float
    coefficients: FloatArray
    scale: float
    words: str

    def mean(self, row: FloatArray) -> float:
        """Forecast from features of shape (n_lags, n_features), newest first."""
        return self.intercept + float(self.coefficients @ row.ravel())


def _check(settings: _Settings) -> None:
    if settings.n_lags < 1 or settings.n_penalties < 2:
        raise SettingsError(
            f"n_lags must be at least 1 and n_penalties 2, not {settings.n_lags} and {settings.n_penalties}."
        )
    if not 0.0 < settings.most_columns < 1.0:
        raise SettingsError(f"most_columns is a share of the rows, inside (0, 1), not {settings.most_columns}.")
    check_window(settings.window)
    _pool(settings)


def _pool(settings: _Settings) -> Pool:
    return Pool(settings.pool, settings.optional)

"""The building of one equation written plainly with ``numpy.linalg.lstsq``: the law that the kernels obey.

A design is a list of column codes. With L the longest lag, series j at lag d is ``j * (L + 1) + d``; the
intercept, the seasonal dummies and the trend follow in that order. Series are standardised over the window.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from macrotrade.providers.bma.settings import SystemSettings

DEPENDENT = 1e-6  # a column explained to within this share of its variance adds nothing to an equation
EXACT = 1e-14  # a mean square below which a fit is an identity and its digits are noise
ROUNDING = 1e-9  # a round that ends with the equation it began with has not improved it
DEPENDENT_IN_TRAINING = 1e-10  # the same for the rows left in when a fold is left out


@dataclass
class PlainEquation:
    """What building one equation ends with."""

    codes: list[int]
    n_folds: int
    coefficients: np.ndarray
    t_statistics: np.ndarray
    rss: float
    rss_cross_validated: float
    criterion: float


class PlainBuilder:
    """Build equations of standardised series, one fit at a time."""

    def __init__(self, standardised: np.ndarray, first_season: int, settings: SystemSettings) -> None:
        self.settings = settings
        n_periods, self.n_series = standardised.shape
        self.longest = settings.presample
        self.n = n_periods - self.longest
        rows = np.arange(self.longest, n_periods)
        columns = [standardised[rows - d, j] for j in range(self.n_series) for d in range(self.longest + 1)]
        self.intercept = len(columns)
        columns.append(np.ones(self.n))
        season = (first_season + rows) % settings.season_length
        columns += [1.0 * (season == s) for s in range(settings.season_length - 1)]
        self.trend = len(columns)
        columns.append((rows - rows.mean()) / rows.std())
        self.columns = np.array(columns).T
        self.spread = ((self.columns - self.columns.mean(axis=0)) ** 2).sum(axis=0)

    # designs ---------------------------------------------------------------------------------------
    def own_lags(self, target: int) -> list[int]:
        start = target * (self.longest + 1)
        return [self.intercept] + [start + d for d in range(1, self.settings.n_lags + 1)]

    def block(self, series: int) -> list[int]:
        start = series * (self.longest + 1)
        return [start + d for d in range(1, self.settings.block_lags + 1)] + [start]

    def independent(self, codes: list[int], rows: np.ndarray, share: float) -> list[int]:
        """Keep, in order, each column that the ones kept before it leave unexplained on these rows."""
        x = self.columns[np.ix_(rows, codes)]
        singular = np.linalg.svd(x, compute_uv=False)
        if len(rows) >= len(codes) and singular[-1] ** 2 > share * self.spread[codes].max():
            return codes
        kept = [codes[0]]
        for code in codes[1:]:
            column = self.columns[rows, code]
            basis = self.columns[np.ix_(rows, kept)]
            left = column - basis @ np.linalg.lstsq(basis, column, rcond=None)[0]
            if left @ left > share * self.spread[code]:
                kept.append(code)
        return kept

    # fits --------------------------------------------------------------------------------------------
    def fit(self, y: np.ndarray, codes: list[int]) -> tuple[np.ndarray, float]:
        x = self.columns[:, codes]
        b = np.linalg.lstsq(x, y, rcond=None)[0]
        return b, float(np.sum((y - x @ b) ** 2))

    def absolute_t(self, y: np.ndarray, codes: list[int]) -> np.ndarray:
        b, rss = self.fit(y, codes)
        x = self.columns[:, codes]
        variance = np.diag(np.linalg.inv(x.T @ x)) * rss / (self.n - len(codes))
        return np.abs(b) / np.sqrt(variance)

    def rss_left_out(self, y: np.ndarray, codes: list[int], n_folds: int) -> float:
        """Squared residuals of each contiguous fold under the fit to all the other folds."""
        rows = np.arange(self.n)
        total = 0.0
        for fold in np.array_split(rows, n_folds):
            training = np.setdiff1d(rows, fold)
            x = self.columns[np.ix_(training, codes)]
            b, _, _, singular = np.linalg.lstsq(x, y[training], rcond=None)
            held = self.columns[np.ix_(fold, codes)]
            if len(training) < len(codes) or singular[-1] ** 2 <= DEPENDENT_IN_TRAINING * self.spread[codes].max():
                kept = self.independent(codes, training, DEPENDENT_IN_TRAINING)
                x = self.columns[np.ix_(training, kept)]
                b = np.linalg.lstsq(x, y[training], rcond=None)[0]
                held = self.columns[np.ix_(fold, kept)]
            total += float(np.sum((y[fold] - held @ b) ** 2))
        return total

    def criterion(self, rss: float, k: int) -> float:
        if self.n - k <= 0:
            return math.inf
        rss = max(rss, EXACT * self.n)
        match self.settings.criterion:
            case "bica":
                return math.log(rss / (self.n - k)) + k * math.log(self.n) / self.n
            case "bic":
                return math.log(rss / self.n) + k * math.log(self.n) / self.n
            case _:
                return math.log(rss / self.n) + 2 * k / self.n

    # steps -------------------------------------------------------------------------------------------
    def append(self, codes: list[int], more: list[int]) -> list[int]:
        return self.independent(codes + more, np.arange(self.n), DEPENDENT)

    def score(self, y: np.ndarray, codes: list[int], n_folds: int | None) -> float:
        """The criterion, cross-validated or (no folds) in-sample."""
        rss = self.fit(y, codes)[1] if n_folds is None else self.rss_left_out(y, codes, n_folds)
        return self.criterion(rss, len(codes))

    def delete_backward(
        self, y: np.ndarray, codes: list[int], score: float, n_folds: int | None
    ) -> tuple[list[int], float]:
        """Delete the regressor of least |t| while that lowers the criterion."""
        while len(codes) > 1:
            weakest = 1 + int(np.argmin(self.absolute_t(y, codes)[1:]))
            without = codes[:weakest] + codes[weakest + 1 :]
            lower = self.score(y, without, n_folds)
            if not lower < score:
                break
            codes, score = without, lower
        return codes, score

    def best_joint(self, y: np.ndarray, codes: list[int], remaining: list[int], n_folds: int) -> tuple[float, int]:
        scores = [self.score(y, self.append(codes, self.block(j)), n_folds) for j in remaining]
        return min(scores), remaining[int(np.argmin(scores))]

    def best_on_residuals(
        self, y: np.ndarray, codes: list[int], remaining: list[int], n_folds: int
    ) -> tuple[float, int]:
        residuals = y - self.columns[:, codes] @ self.fit(y, codes)[0]
        k = len(codes) + self.settings.block_lags + 1
        scores = []
        for j in remaining:
            design = self.append([self.intercept], self.block(j))
            scores.append(self.criterion(self.rss_left_out(residuals, design, n_folds), k))
        return min(scores), remaining[int(np.argmin(scores))]

    def alternate(self, target: int, candidates: list[int], n_folds: int) -> tuple[list[int], float]:
        """Forward selection and backward deletion in turn until nothing improves."""
        y = self.columns[:, target * (self.longest + 1)]
        codes = self.append(self.own_lags(target)[:1], self.own_lags(target)[1:])
        score = self.score(y, codes, n_folds)
        remaining = list(candidates)
        first = True
        while True:
            before = codes, score
            while remaining and len(codes) <= self.n * self.settings.max_parameter_share:
                joint = first or self.settings.selection == "joint"
                choose = self.best_joint if joint else self.best_on_residuals
                least, entering = choose(y, codes, remaining, n_folds)
                if not least < score and not (first and self.settings.first_block == "always"):
                    break
                first = False
                remaining.remove(entering)
                codes = self.append(codes, self.block(entering))
                score = self.score(y, codes, n_folds)
            codes, score = self.delete_backward(y, codes, score, n_folds)
            if not score < before[1] - ROUNDING:
                return before
            if not remaining:
                return codes, score

    def build(self, target: int, candidates: list[int]) -> PlainEquation:
        """Build the equation of one series from its candidate series."""
        settings = self.settings
        y = self.columns[:, target * (self.longest + 1)]
        best: tuple[float, int, list[int]] | None = None
        for n_folds in settings.folds:
            codes, _ = self.alternate(target, candidates, n_folds)
            rss = self.rss_left_out(y, codes, n_folds)
            if best is None or rss < best[0]:
                best = rss, n_folds, codes
        assert best is not None
        _, n_folds, codes = best
        if settings.seasonal and settings.season_length > 1:
            seasons = [self.intercept + 1 + s for s in range(settings.season_length - 1)]
            codes = self.append(codes, seasons)
            codes, _ = self.delete_backward(y, codes, self.score(y, codes, n_folds), n_folds)
        if settings.trend:
            codes = self.append(codes, [self.trend])
            codes, _ = self.delete_backward(y, codes, self.score(y, codes, n_folds), n_folds)
        if settings.final_in_sample_deletion:
            codes, _ = self.delete_backward(y, codes, self.score(y, codes, None), None)
        b, rss = self.fit(y, codes)
        t = np.sign(b) * self.absolute_t(y, codes)
        left_out = self.rss_left_out(y, codes, n_folds)
        return PlainEquation(codes, n_folds, b, t, rss, left_out, self.criterion(left_out, len(codes)))


def plain_screen(standardised: np.ndarray, n_lags: int) -> np.ndarray:
    """F statistics, ``[effect, cause]``, of n_lags lags of the cause beside own lags, by lstsq."""
    n_periods, n_series = standardised.shape
    n = n_periods - n_lags
    lags = [
        np.array([standardised[n_lags - d : n_periods - d, j] for d in range(1, n_lags + 1)]).T for j in range(n_series)
    ]
    ones = np.ones((n, 1))
    f = np.full((n_series, n_series), np.nan)
    for effect in range(n_series):
        y = standardised[n_lags:, effect]
        own = np.hstack([ones, lags[effect]])
        restricted = np.sum((y - own @ np.linalg.lstsq(own, y, rcond=None)[0]) ** 2)
        for cause in range(n_series):
            if cause == effect:
                continue
            both = np.hstack([own, lags[cause]])
            free = np.sum((y - both @ np.linalg.lstsq(both, y, rcond=None)[0]) ** 2)
            f[effect, cause] = (restricted - free) / n_lags / (free / (n - 2 * n_lags - 1))
    return f


def plain_candidates(f: np.ndarray, critical: float, both_ways: bool) -> list[list[int]]:
    """Causes that pass for each effect; of two that pass both ways the weaker is dropped."""
    passed = f > critical
    if not both_ways:
        passed &= ~(passed.T & (f <= f.T))
    return [list(np.flatnonzero(row)) for row in passed]

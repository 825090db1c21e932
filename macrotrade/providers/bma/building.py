"""Build, estimate and re-estimate equations on a sample.

1. `Design` lays out every regressor a sample offers (`kernels.building` explains the order).
2. `build_equations` selects and estimates the machine-built equation of each series.
3. `autoregressions` and `seasonal_autoregressions` estimate its companions.
4. `without_term` re-estimates one equation after a term is cut.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numba
import numpy as np

from macrotrade._typing import BoolArray, FloatArray, IntArray
from macrotrade.providers.bma.equation import Equation, Origin, Term
from macrotrade.providers.bma.kernels.blocks import lay_out_blocks, prepare_blocks
from macrotrade.providers.bma.kernels.building import build_all
from macrotrade.providers.bma.kernels.criteria import AIC, BIC, BICA
from macrotrade.providers.bma.kernels.estimation import estimate_all
from macrotrade.providers.bma.kernels.sweeping import padded
from macrotrade.providers.bma.kernels.task import Task
from macrotrade.providers.bma.sample import Sample
from macrotrade.providers.bma.screen import Screen

__all__ = [
    "Design",
    "autoregressions",
    "build_equations",
    "estimate",
    "seasonal_autoregressions",
    "select_regressors",
    "without_term",
]

_CRITERIA = {"bica": BICA, "bic": BIC, "aic": AIC}
_TENFOLD = 10


class Design:
    """Every regressor that a sample offers, standardised, one row each.

    Parameters
    ----------
    sample : the converted series.
    """

    def __init__(self, sample: Sample) -> None:
        self.sample = sample
        self.settings = sample.settings
        self.stride = self.settings.presample + 1
        self.intercept = sample.n_series * self.stride
        self.n_seasons = self.settings.season_length - 1
        self.trend = self.intercept + self.n_seasons + 1
        self.rows = sample.first_row + np.arange(self.settings.presample, len(sample.converted))

    @property
    def n_observations(self) -> int:
        """Rows of every equation."""
        return len(self.rows)

    @cached_property
    def columns(self) -> FloatArray:
        """(n_codes, n_observations) regressors."""
        n = self.n_observations
        values = self.sample.standardised
        out = np.empty((self.trend + 1, n))
        lagged = out[: self.intercept].reshape(self.sample.n_series, self.stride, n)
        for lag in range(self.stride):
            first = self.settings.presample - lag
            lagged[:, lag] = values[first : first + n].T
        out[self.intercept] = 1.0
        season = (self.sample.first_season + self.rows) % self.settings.season_length
        out[self.intercept + 1 : self.trend] = season == np.arange(self.n_seasons)[:, None]
        out[self.trend] = (self.rows - self.rows.mean()) / self.rows.std()
        return out

    @cached_property
    def spread(self) -> FloatArray:
        """Variation of each regressor about its mean."""
        return np.asarray(((self.columns - self.columns.mean(axis=1, keepdims=True)) ** 2).sum(axis=1))

    @cached_property
    def means(self) -> FloatArray:
        """What was taken off each regressor."""
        plain = np.zeros(self.n_seasons + 1)
        return np.concatenate([np.repeat(self.sample.means, self.stride), plain, [self.rows.mean()]])

    @cached_property
    def scales(self) -> FloatArray:
        """What each regressor was divided by."""
        plain = np.ones(self.n_seasons + 1)
        return np.concatenate([np.repeat(self.sample.scales, self.stride), plain, [self.rows.std()]])

    @cached_property
    def forms(self) -> tuple[str, ...]:
        """Converted form of each series, in words."""
        return tuple(map(str, self.sample.conversions))

    def fold_bounds(self, n_folds: int) -> IntArray:
        """First row of each contiguous fold, and the end; the first folds take what does not divide."""
        lengths = [len(fold) for fold in np.array_split(np.arange(self.n_observations), n_folds)]
        return np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)

    def code(self, term: Term) -> int:
        """Row of a term's regressor."""
        match term.kind:
            case "series":
                return self.sample.names.index(term.series) * self.stride + term.lag
            case "season":
                return self.intercept + 1 + term.season
            case "trend":
                return self.trend
            case _:
                return self.intercept

    def term(self, code: int, coefficient: float, t_statistic: float) -> Term:
        """The term whose regressor is this row."""
        if code < self.intercept:
            series, lag = divmod(code, self.stride)
            return Term("series", coefficient, t_statistic, self.sample.names[series], self.forms[series], lag)
        if code == self.intercept:
            return Term("intercept", coefficient, t_statistic)
        if code == self.trend:
            return Term("trend", coefficient, t_statistic)
        return Term("season", coefficient, t_statistic, season=code - self.intercept - 1)


def build_equations(design: Design, screen: Screen) -> tuple[Equation, ...]:
    """The machine-built equation of every series of the sample."""
    codes, counts, n_folds, rss_chosen = select_regressors(design, screen)
    return estimate(design, codes, counts, "machine", n_folds=n_folds, rss_chosen=rss_chosen)


def select_regressors(design: Design, screen: Screen) -> tuple[IntArray, IntArray, IntArray, FloatArray]:
    """Regressor codes (n_series, most), their counts, the winning fold counts and their residual sums."""
    settings, sample = design.settings, design.sample
    candidates = [np.flatnonzero(row).astype(np.int64) for row in screen.candidates]
    moving = ~np.isin(sample.names, sample.constant)
    order, shares = _dealt(np.array([len(each) for each in candidates]), moving)
    codes, numbers = build_all(
        _task(design, np.asarray(screen.candidates.any(axis=0))),
        shares,
        order,
        np.concatenate([[0], np.cumsum([len(each) for each in candidates])]).astype(np.int64),
        np.concatenate(candidates),
        screen.joint_rss[screen.candidates],
        _capacity(design),
    )
    counts = numbers[:, 0].astype(np.int64)
    counts[~moving] = 1
    codes[~moving, 0] = design.intercept
    n_folds_chosen = np.array(settings.folds, dtype=np.int64)[numbers[:, 1].astype(np.int64)]
    return codes[:, : counts.max()], counts, n_folds_chosen, numbers[:, 3]


def autoregressions(design: Design) -> tuple[Equation, ...]:
    """Each series on a constant and its own lags 1..n_lags."""
    own = np.arange(design.sample.n_series)[:, None] * design.stride + np.arange(1, design.settings.n_lags + 1)
    return _companions(design, own, "autoregression")


def seasonal_autoregressions(design: Design) -> tuple[Equation, ...]:
    """Each series on a constant, its own last value, and seasonal dummies."""
    n_series = design.sample.n_series
    seasons = np.tile(design.intercept + 1 + np.arange(design.n_seasons), (n_series, 1))
    own = np.hstack([np.arange(n_series)[:, None] * design.stride + 1, seasons])
    return _companions(design, own, "seasonal autoregression")


def without_term(design: Design, equation: Equation, term: Term) -> Equation:
    """The equation re-estimated without one of its terms."""
    kept = [design.code(each) for each in equation.terms if each is not term]
    place = np.array([design.sample.names.index(equation.target)])
    codes = np.array([kept], dtype=np.int64)
    (estimated,) = estimate(
        design, codes, np.array([len(kept)]), equation.origin, n_folds=np.array([equation.n_folds]), places=place
    )
    return estimated


def estimate(
    design: Design,
    codes: IntArray,
    counts: IntArray,
    origin: Origin,
    *,
    n_folds: IntArray | None = None,
    rss_chosen: FloatArray | None = None,
    places: IntArray | None = None,
) -> tuple[Equation, ...]:
    """Equations with these regressors, estimated by least squares and cross-validated with ten folds.

    Parameters
    ----------
    design : the regressors.
    codes, counts : (n_equations, most) rows of ``design.columns``, the intercept first, and how many of them count.
    origin : how the equations came about.
    n_folds : (n_equations,) folds that chose each equation; by default none did.
    rss_chosen : (n_equations,) standardised residual sums from those folds; by default the tenfold ones stand in.
    places : (n_equations,) the series on the left; all in turn by default.
    """
    sample = design.sample
    left = np.arange(sample.n_series) if places is None else places
    coefficients, t_statistics, numbers, kept = estimate_all(
        design.columns,
        design.spread,
        left * design.stride,
        np.ascontiguousarray(codes),
        counts.astype(np.int64),
        design.means,
        design.scales,
        design.fold_bounds(_TENFOLD),
        _TENFOLD,
    )
    t_statistics = np.nan_to_num(t_statistics, posinf=np.inf, neginf=-np.inf)
    equations = []
    for e, j in enumerate(left):
        k = int(numbers[e, 0])
        chosen = numbers[e, 2] if rss_chosen is None else rss_chosen[e] * sample.scales[j] ** 2
        equations.append(
            Equation(
                target=sample.names[j],
                conversion=sample.conversions[j],
                terms=_terms(design, kept[e, :k], coefficients[e, :k], t_statistics[e, :k]),
                origin=origin,
                n_observations=design.n_observations,
                n_folds=0 if n_folds is None else int(n_folds[e]),
                rss=float(numbers[e, 1]),
                rss_cross_validated=float(chosen),
                rss_tenfold=float(numbers[e, 2]),
            )
        )
    return tuple(equations)


def _terms(design: Design, codes: IntArray, b: FloatArray, t: FloatArray) -> tuple[Term, ...]:
    return tuple(map(design.term, codes.tolist(), b.tolist(), t.tolist()))


def _companions(design: Design, regressors: IntArray, origin: Origin) -> tuple[Equation, ...]:
    n_series, n_regressors = regressors.shape
    constant = np.full((n_series, 1), design.intercept)
    counts = np.full(n_series, n_regressors + 1)
    counts[np.isin(design.sample.names, design.sample.constant)] = 1
    return estimate(design, np.hstack([constant, regressors]).astype(np.int64), counts, origin)


def _task(design: Design, needed: BoolArray) -> Task:
    """What building reads; blocks are prepared for the series ``needed`` as candidates."""
    settings = design.settings
    counts = np.array(settings.folds, dtype=np.int64)
    bounds = np.zeros((len(counts), counts.max() + 1), dtype=np.int64)
    for scheme, n_folds in enumerate(settings.folds):
        bounds[scheme, : n_folds + 1] = design.fold_bounds(n_folds)
    blocks = lay_out_blocks(design.columns, needed, design.stride, settings.block_lags)
    products, inverses, usable, floors = prepare_blocks(blocks, needed, settings.block_lags, bounds, counts)
    season_block, season_products, season_floors = _lone_block(design, range(1, design.n_seasons + 1), bounds, counts)
    trend_block, trend_products, trend_floors = _lone_block(design, [design.n_seasons + 1], bounds, counts)
    return Task(
        columns=design.columns,
        spread=design.spread,
        stride=design.stride,
        p=settings.n_lags,
        q=settings.block_lags,
        intercept=design.intercept,
        n_seasons=design.n_seasons if settings.seasonal else 0,
        trend=settings.trend,
        final_in_sample=settings.final_in_sample_deletion,
        blocks=blocks,
        products=products,
        inverses=inverses,
        usable=usable,
        floors=floors,
        season_block=season_block,
        season_products=season_products,
        season_floors=season_floors,
        trend_block=trend_block,
        trend_products=trend_products,
        trend_floors=trend_floors,
        fold_bounds=bounds,
        fold_counts=counts,
        kind=_CRITERIA[settings.criterion],
        share=settings.max_parameter_share,
        joint=settings.selection == "joint",
        first_always=settings.first_block == "always",
    )


def _lone_block(
    design: Design, places: Sequence[int], bounds: IntArray, counts: IntArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """The columns at these places behind the intercept as a block, its cross products by scheme, and its floors."""
    width = padded(len(places) + 1)
    block = np.zeros((1, design.n_observations, width))
    block[0, :, 0] = 1.0
    for column, place in enumerate(places, start=1):
        block[0, :, column] = design.columns[design.intercept + place]
    products, _, _, floors = prepare_blocks(block, np.ones(1, dtype=bool), len(places) - 1, bounds, counts)
    return block[0], np.ascontiguousarray(products[:, 0]), floors[0]


def _capacity(design: Design) -> int:
    """Most regressors that an equation can hold on its way."""
    settings = design.settings
    before_a_block = max(settings.n_lags + 1, int(design.n_observations * settings.max_parameter_share))
    return before_a_block + settings.block_lags + design.n_seasons + 2


def _dealt(n_candidates: IntArray, moving: BoolArray) -> tuple[IntArray, IntArray]:
    """Series that vary in the order of building, heavy ones dealt evenly, and where each worker's share begins."""
    heavy_first = np.argsort(-n_candidates, kind="stable")
    heavy_first = heavy_first[moving[heavy_first]]
    n_workers = numba.get_num_threads()
    dealt = [heavy_first[first::n_workers] for first in range(n_workers)]
    shares = np.concatenate([[0], np.cumsum([len(each) for each in dealt])])
    return np.concatenate(dealt).astype(np.int64), shares.astype(np.int64)

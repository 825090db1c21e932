"""Equations of what a series does some periods ahead, from what is known now: discovered for every horizon by itself.

1. a table whose rows hold what was known together, every series' newest number however late, and what came of it
2. the search, whole or by a beam, and the equations of least BIC (`candidates`)
3. the choice: fitted to the first part of the sample, judged on later rows none of whose outcomes were known then
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd

from macrotrade._typing import FloatArray, Measure
from macrotrade.errors import DataError, FitError
from macrotrade.numerics.measures import measure_outcomes
from macrotrade.providers.equations.candidates import Candidates, candidates_from, pool_of
from macrotrade.providers.equations.certificate import Certificate
from macrotrade.providers.equations.distinct import distinct_places
from macrotrade.providers.equations.equation import Equation, equation_of_fit
from macrotrade.providers.equations.expression import Constant, Expression, Lagged, Product, Sum, evaluate
from macrotrade.providers.equations.guards import limits_of
from macrotrade.providers.equations.inputs import OWN, KnownTarget, moved_to_end
from macrotrade.providers.equations.ranked import Ranked
from macrotrade.providers.equations.sample import Sample, sample_of
from macrotrade.providers.equations.settings import DiscoverySettings
from macrotrade.providers.equations.variables import Variable
from macrotrade.providers.equations.veto import objections

__all__ = ["AHEAD", "DirectEquations", "DirectFits", "direct_equations", "direct_table", "outcomes"]

AHEAD = "ahead"
"""Name of what is explained: the outcome seen from the period before its row."""

_EARLIEST = 0.5  # share of the sample before the first origin
_FEWEST = 36
_ANCHOR_LAGS = 2


@dataclass(frozen=True, eq=False)
class DirectEquations:
    """Equations of one series' outcome at one distance.

    Attributes
    ----------
    step
        Periods from the last known value to the outcome.
    members
        The best distinct equations without a veto; the anchor alone where none is left.
    weights
        Shape (n_members,), positive, sum 1: inverse to the mean squared error from rolling origins.
    scales
        Shape (n_members,): root mean squared error of each member's forecast, shrunk as it will be.
    anchor
        What forecasts are shrunk toward: the mean of history for a price; an autoregression for anything else.
    shrink
        Its weight, 0 to 1.
    limits
        Least and largest forecast: the outcomes of history and a margin.
    ranked
        Every equation that was judged, the least error first, vetoed ones among them.
    anchor_error
        Root mean squared error of the anchor from the same origins.
    certificate
        What was searched.
    """

    step: int
    members: tuple[Equation, ...]
    weights: FloatArray
    scales: FloatArray
    anchor: Equation
    shrink: float
    limits: tuple[float, float]
    ranked: tuple[Ranked, ...]
    anchor_error: float
    certificate: Certificate

    def means(self, table: pd.DataFrame) -> tuple[FloatArray, tuple[str, ...]]:
        """Forecast of each member from the last row of a table, and what was clipped or replaced, in words.

        Parameters
        ----------
        table
            From :func:`direct_table`.
        """
        newest = _newest(table, [self.anchor, *self.members])
        anchor = _value(self.anchor, newest)
        found, flags = [], []
        for place, member in enumerate(self.members, start=1):
            value = _value(member, newest)
            if not np.isfinite(value):
                flags.append(f"equation {place} has no value at the origin: {self._anchor_words} took its place")
                value = anchor
            elif not self.limits[0] <= value <= self.limits[1]:
                flags.append(
                    f"equation {place} gives {value:.4g}, clipped to [{self.limits[0]:.4g}, {self.limits[1]:.4g}]"
                )
            found.append(float(np.clip(value, *self.limits)))
        if not any(one.veto is None for one in self.ranked):
            flags.append(f"every equation was vetoed: {self._anchor_words} forecasts alone")
        return (1.0 - self.shrink) * np.array(found) + self.shrink * anchor, tuple(flags)

    @property
    def _anchor_words(self) -> str:
        return "the autoregression" if self.anchor.variables else "the mean of history"


@dataclass(frozen=True, eq=False)
class DirectFits:
    """What was known at a fit, and how equations are found in it.

    Attributes
    ----------
    targets
        By name, the series to be forecast.
    columns
        From :func:`~macrotrade.providers.equations.inputs.economy`.
    settings, window
        As :func:`direct_equations` takes them.
    """

    targets: Mapping[str, KnownTarget]
    columns: pd.DataFrame
    settings: DiscoverySettings
    window: int | None

    def equations(self, name: str, measure: Measure, step: int) -> DirectEquations:
        """Equations of a series `step` periods after its last value."""
        known = self.targets[name]
        table = direct_table(known, self.columns).assign(**{AHEAD: outcomes(known, measure, step)})
        return direct_equations(table, name, step, self.settings, window=self.window, to_mean=known.is_price)


def direct_table(known: KnownTarget, columns: pd.DataFrame, n_periods: int | None = None) -> pd.DataFrame:
    """Rows of what was known together, every series' newest number however late.

    Parameters
    ----------
    known
        The series to be forecast.
    columns
        From :func:`~macrotrade.providers.equations.inputs.economy`.
    n_periods
        Rows wanted, the last ones; all by default.

    Returns
    -------
    pd.DataFrame
        Columns :data:`OWN` and those given. What is read of a row stands in the one before it: the last row, one period
        after the series' last value, is the forecast's and empty. NaN where not known.
    """
    levels = known.levels if n_periods is None else known.levels.iloc[-n_periods:]
    last = known.levels.index[-1]
    full = pd.period_range(levels.index[0], max(last, columns.index[-1]))
    data = {OWN: known.modelled.to_numpy(dtype=np.float64)[-len(levels) :]}
    aligned = columns.reindex(full)
    for name in map(str, columns):
        data[name] = moved_to_end(aligned[name], last)[: len(levels)]
    return pd.DataFrame(data, index=levels.index).reindex(levels.index.append(pd.PeriodIndex([last + 1])))


def outcomes(known: KnownTarget, measure: Measure, step: int) -> pd.Series:
    """What came `step` periods after the last value that each row reads, in a measure, a level as its change.

    The rows are those of :func:`direct_table`; NaN where not known yet.
    """
    levels = known.levels
    outcome = np.full(len(levels) + 1, np.nan)
    seen = measure_outcomes(levels.to_numpy(), "change" if measure == "level" else measure, step)
    outcome[1 : 1 + seen.size] = seen
    return pd.Series(outcome, index=levels.index.append(pd.PeriodIndex([levels.index[-1] + 1])))


def direct_equations(
    table: pd.DataFrame, name: str, step: int, settings: DiscoverySettings, *, window: int | None, to_mean: bool
) -> DirectEquations:
    """The equations that would have forecast the outcome best, found and chosen on the table alone.

    Parameters
    ----------
    table
        From :func:`direct_table`, with the outcomes in a column :data:`AHEAD`.
    name, step
        The series, and its distance.
    settings
        Of the search and the choice; its score, horizon and guards of recursions are not used but for the margin.
    window
        Rows used, the last ones whose outcome is known; None takes all.
    to_mean
        Whether forecasts are shrunk toward the mean of history; otherwise toward an autoregression of order 2.

    Raises
    ------
    FitError
        If too few outcomes are known, or a column gives them away.
    """
    lags = max(settings.lags, _ANCHOR_LAGS)
    read = table.drop(columns=AHEAD).notna().all(axis=1)
    complete = table[AHEAD].notna() & read.astype(float).rolling(lags).min().shift(1).eq(1.0)
    explained = table.index[complete][-window if window is not None else 0 :]
    if len(explained) < _FEWEST + step:
        raise FitError(
            f"Equations of {name} {step} periods ahead need {_FEWEST + step} rows with everything known; there are "
            f"{len(explained)}. Start the origins later, or leave out the columns that begin late."
        )
    rows = table.loc[explained[0] - lags : explained[-1]]
    forbidden = [Variable(AHEAD, lag) for lag in range(1, settings.lags + 1)]
    try:
        pool = pool_of(list(rows.columns), AHEAD, settings, forbidden)
        candidates = candidates_from(pool, rows.loc[explained[0] - settings.lags :], AHEAD, settings)
    except DataError as error:
        raise FitError(f"{name}, {step} periods ahead: {error}") from error
    return _Choice(candidates, rows, step, settings, to_mean).made(pool.grammar_hash)


class _Choice:
    """Candidates judged on rows after those that they were fitted to."""

    def __init__(
        self, candidates: Candidates, rows: pd.DataFrame, step: int, settings: DiscoverySettings, to_mean: bool
    ) -> None:
        self.candidates, self.rows, self.step, self.settings = candidates, rows, step, settings
        self.sample = candidates.sample
        lags = () if to_mean else [Variable(OWN, lag) for lag in range(1, _ANCHOR_LAGS + 1)]
        self.anchor_sample = sample_of(rows, AHEAD, lags, first=self.sample.periods[0], last=self.sample.periods[-1])
        self.ends, self.tested = _origins(self.sample.n_periods, step, settings.n_origins)

    def made(self, grammar_hash: str) -> DirectEquations:
        """The best distinct equations without a veto."""
        limits = [limits_of(self.sample.response[:end], self.settings.guards.margin) for end in self.ends]
        outcome = np.concatenate([self.sample.response[rows] for rows in self.tested])
        anchor = self._anchor_forecasts(limits)
        forecasts = [
            self._forecasts(expression, constants, limits, anchor)
            for expression, constants in zip(self.candidates.expressions, self.candidates.refit(self.ends), strict=True)
        ]
        errors = [_root_mean_square(made - outcome) for made in forecasts]
        order = np.argsort(errors, kind="stable")
        ranked = tuple(self._ranked(int(place), errors[place], grammar_hash) for place in order)
        standing = [(one, int(place)) for one, place in zip(ranked, order, strict=True) if one.veto is None]
        distinct = distinct_places(
            [one.equation.expression for one, _ in standing], self.settings.min_distance, self.settings.n_members
        )
        chosen = [standing[place] for place in distinct]
        shrink = self.settings.shrink
        scales = [
            _root_mean_square((1.0 - shrink) * forecasts[place] + shrink * anchor - outcome) for _, place in chosen
        ]
        anchor_error = _root_mean_square(anchor - outcome)
        equation = self._anchor()
        return DirectEquations(
            self.step,
            tuple(one.equation for one, _ in chosen) or (equation,),
            _inverse_squares(np.array([errors[place] for _, place in chosen] or [1.0])),
            np.array(scales),
            equation,
            shrink,
            limits_of(self.sample.response, self.settings.guards.margin),
            ranked,
            anchor_error,
            self.candidates.certificate,
        )

    def _forecasts(
        self, expression: Expression, constants: FloatArray, limits: list[tuple[float, float]], anchor: FloatArray
    ) -> FloatArray:
        """Forecasts of the tested rows, each block by the constants of its origin; the anchor's where there is none."""
        lagged, made = self.sample.regressors, []
        for rows, parameters, ends in zip(self.tested, constants, limits, strict=True):
            values = {one: lagged[rows, place] for place, one in enumerate(self.sample.variables)}
            found = np.broadcast_to(evaluate(expression, values, parameters), (rows.stop - rows.start,))
            made.append(np.clip(found, *ends))
        joined = np.concatenate(made)
        return np.where(np.isfinite(joined), joined, anchor)

    def _anchor_forecasts(self, limits: list[tuple[float, float]]) -> FloatArray:
        design, response = _design(self.anchor_sample), self.anchor_sample.response
        made = []
        for end, rows, ends in zip(self.ends, self.tested, limits, strict=True):
            coefficients = np.linalg.lstsq(design[:end], response[:end], rcond=None)[0]
            made.append(np.clip(design[rows] @ coefficients, *ends))
        return np.concatenate(made)

    def _anchor(self) -> Equation:
        sample = self.anchor_sample
        coefficients = np.asarray(np.linalg.lstsq(_design(sample), sample.response, rcond=None)[0], dtype=np.float64)
        terms = [Product((Constant(place), Lagged(lag))) for place, lag in enumerate(sample.variables, start=1)]
        expression: Expression = Sum((Constant(0), *terms)) if terms else Constant(0)
        return equation_of_fit(sample, expression, coefficients)

    def _ranked(self, place: int, error: float, grammar_hash: str) -> Ranked:
        candidates = self.candidates
        equation = equation_of_fit(
            self.sample, candidates.expressions[place], candidates.parameters[place], grammar_hash=grammar_hash
        )
        scores = {"mse": equation.sse / equation.n_periods, "one_step": error}
        settings = self.settings
        reasons = objections(equation, self.sample, self.rows, settings.vetoes, settings.guards, settings.horizon)
        return Ranked(equation, scores, "; ".join(reasons) or None)


def _newest(table: pd.DataFrame, equations: Sequence[Equation]) -> dict[Variable, FloatArray]:
    """What the equations read for the last row of a table."""
    read = {variable for equation in equations for variable in equation.variables}
    values, places = table.to_numpy(dtype=np.float64), {name: place for place, name in enumerate(table.columns)}
    return {one: values[-1 - one.lag, places[one.name], None] for one in read}


def _value(equation: Equation, newest: Mapping[Variable, FloatArray]) -> float:
    return float(np.ravel(evaluate(equation.expression, newest, equation.parameters))[0])


def _origins(n_periods: int, step: int, n_origins: int) -> tuple[list[int], list[slice]]:
    """Sample sizes at the origins, and the rows each is judged on: from when its last outcome was known.

    >>> _origins(100, 3, 2)
    ([50, 74], [slice(52, 76, None), slice(76, 100, None)])
    """
    first = int(np.ceil(_EARLIEST * n_periods))
    edges = np.unique(np.linspace(first + step - 1, n_periods, n_origins + 1).round().astype(int))
    tested = [slice(int(start), int(stop)) for start, stop in pairwise(edges)]
    return [rows.start - step + 1 for rows in tested], tested


def _design(sample: Sample) -> FloatArray:
    return np.column_stack([np.ones(sample.n_periods), sample.regressors])


def _root_mean_square(errors: FloatArray) -> float:
    return float(np.sqrt(np.mean(errors**2)))


def _inverse_squares(errors: FloatArray) -> FloatArray:
    inverse = errors**-2.0
    return np.asarray(inverse / inverse.sum())

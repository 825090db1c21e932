"""Series of a panel as predictors: stationary, in step by last known value, without gaps."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import pandas as pd

from macrotrade._typing import BoolArray, FloatArray, Frequency, IntArray, Measure
from macrotrade.errors import FitError
from macrotrade.forecast import Target
from macrotrade.inputs.conversion import Form, automatic_form, form_of_measure
from macrotrade.inputs.known import LONGEST_DELAY
from macrotrade.inputs.pool import Pool
from macrotrade.panel.imputation import impute
from macrotrade.panel.panel import Panel

__all__ = ["EVERY_SERIES", "Predictors", "predictors"]

EVERY_SERIES = Pool()
"""The pool of all series of a panel."""

_LEAST_SHARE_KNOWN = 0.5
_DIFFERENCES_LOST = 2


@dataclass(frozen=True, eq=False)
class Predictors:
    """Series in stationary form, each shifted so that its last known value stands in the last row.

    So a row holds what was known together: a number released a month late is a month older than one that is not, at the
    origin as in every row of a regression. Columns are in the order of their last numbers, not of the panel or of
    names, so that neither decides which random numbers or ties a column meets.

    Attributes
    ----------
    names, forms
        Series and the form each is in.
    groups
        Group of each series, as its publisher has it.
    stationary
        Shape (n_periods, n_series); missing values are filled by :func:`macrotrade.panel.imputation.impute`.
    levels
        Shape (n_periods, n_targets), reported units: the target's series in its order, in step with `stationary`; NaN
        where not published.
    own
        Column of each target series.
    notes
        What was left out and what was filled, in words.
    """

    names: tuple[str, ...]
    forms: tuple[Form, ...]
    groups: tuple[str, ...]
    stationary: FloatArray
    levels: FloatArray
    own: tuple[int, ...]
    notes: tuple[str, ...]

    def for_target(self, column: int) -> Predictors:
        """The same predictors for one of the target's series."""
        return replace(self, levels=self.levels[:, column : column + 1], own=(self.own[column],))

    def recent(self, panel: Panel, frequency: Frequency, n_periods: int) -> FloatArray:
        """Last rows of the same predictors as `panel` shows them, shape (n_periods, n_series).

        A series that the panel no longer has stands at its mean of the fit.
        """
        n_rows = len(self.stationary) + _DIFFERENCES_LOST
        table = _in_step(panel, self.names, frequency, n_rows)
        values = _stationary(table, self.forms)[_DIFFERENCES_LOST:]
        gone = np.isnan(values[-n_periods:]).all(axis=0)
        if np.isnan(values[-n_periods:, ~gone]).any():
            values[:, ~gone] = impute(values[:, ~gone]).complete
        recent = values[-n_periods:]
        recent[:, gone] = self.stationary.mean(axis=0)[gone]
        return recent


def predictors(panel: Panel, target: Target, window: int | None, pool: Pool = EVERY_SERIES) -> Predictors:
    """Series of `panel` at the target's frequency, as predictors of the target.

    A series of the target is in first differences, of logarithms where its measure is; any other in the form of its
    FRED-MD code, else in log differences for prices and differences. Left out are series that have ended, that are
    constant, or that are known for less than half of the rows. Rows begin with the target, and not before half of the
    series do.

    Parameters
    ----------
    panel, target
        What is known, and what is forecast.
    window
        Periods used, the last ones known; None takes all.
    pool
        Series read beside the target's; all of the panel by default. None of a pool is left out unless it is optional.

    Raises
    ------
    FitError
        If fewer than three rows are left, or a series of the pool is absent or cannot be used.
    """
    return _predictors(panel, target.names, target.measures, target.frequency, window, pool)


# The same panel is read by one method after another, at horizon after horizon. A panel is frozen and told from others
# by identity, so what is kept can only be what would be computed.
@lru_cache(maxsize=2)
def _predictors(
    panel: Panel,
    targets: tuple[str, ...],
    measures: tuple[Measure, ...],
    frequency: Frequency,
    window: int | None,
    pool: Pool,
) -> Predictors:
    whole = panel.frame(frequency)
    names = pool.chosen(tuple(map(str, whole.columns)), targets, panel)
    frame = whole[list(names)]
    alive = _alive(panel, frame, frequency)
    own = [names.index(name) for name in targets]
    alive[own] = True
    levels = _in_step(panel, names, frequency, window or len(frame))
    levels = levels[_first_row(levels[:, alive], levels[:, own]) :]
    if len(levels) < _DIFFERENCES_LOST + 3:
        raise FitError(
            f"{', '.join(targets)}: {len(levels)} periods are known together with half of the panel's series at "
            f"{panel.as_of:%Y-%m-%d}; start the origins later or lengthen the window."
        )
    positive: BoolArray = np.asarray(~(levels <= 0.0).any(axis=0))
    forms = [automatic_form(panel.series[name], positive=bool(positive[j])) for j, name in enumerate(names)]
    for column, measure in zip(own, measures, strict=True):
        forms[column] = form_of_measure(measure)
    values = _stationary(levels, tuple(forms))[_DIFFERENCES_LOST:]
    levels = levels[_DIFFERENCES_LOST:]
    usable: BoolArray = np.asarray(alive & ((~np.isnan(values)).mean(axis=0) >= _LEAST_SHARE_KNOWN))
    usable[usable] = np.nanmax(values[:, usable], axis=0) > np.nanmin(values[:, usable], axis=0)
    usable[own] = True
    order = _by_last_numbers(values, np.flatnonzero(usable))
    used = tuple(names[column] for column in order)
    pool.require(used, panel)
    imputation = impute(values[:, order])
    place = {int(column): i for i, column in enumerate(order)}
    left_out = [name for name, kept in zip(names, usable, strict=True) if not kept]
    absent = [name for name in pool.left_out(used) if name not in left_out]
    return Predictors(
        used,
        tuple(forms[column] for column in order),
        tuple(panel.series[names[column]].group for column in order),
        imputation.complete,
        levels[:, own],
        tuple(place[column] for column in own),
        _notes(len(order), left_out, absent, imputation.note),
    )


def _alive(panel: Panel, frame: pd.DataFrame, frequency: Frequency) -> BoolArray:
    """Series whose last number is recent enough for them not to have ended."""
    known = ~np.isnan(frame.to_numpy(np.float64))
    last = len(frame) - 1 - known[::-1].argmax(axis=0)
    late = len(frame) - 1 - last
    if frequency != "D":
        late = late + panel.period(frequency).ordinal - pd.PeriodIndex(frame.index)[-1].ordinal
    return np.asarray(known.any(axis=0) & (late <= LONGEST_DELAY[frequency]))


def _in_step(panel: Panel, names: tuple[str, ...], frequency: Frequency, n_rows: int) -> FloatArray:
    """Levels of the series, shape (n_rows or fewer, n_series), each with its last known value in the last row."""
    frame = panel.frame(frequency)
    table = frame.reindex(columns=list(names)).to_numpy(np.float64)
    late = (~np.isnan(table))[::-1].argmax(axis=0)
    n_rows = min(n_rows, len(table))
    rows = np.arange(len(table) - n_rows, len(table))[:, None] - late
    return np.where(rows >= 0, table[np.maximum(rows, 0), np.arange(len(names))], np.nan)


def _first_row(levels: FloatArray, own: FloatArray) -> int:
    """First row in which a target series is known and half of all series have begun."""
    begun: BoolArray = np.cumsum(~np.isnan(levels), axis=0) > 0
    together = (begun.mean(axis=1) >= _LEAST_SHARE_KNOWN) & ~np.isnan(own).all(axis=1)
    return int(together.argmax()) if together.any() else len(levels)


def _stationary(levels: FloatArray, forms: tuple[Form, ...]) -> FloatArray:
    """Each column in its form; NaN in rows lost to differences, and where a logarithm does not exist."""
    values = np.full(levels.shape, np.nan)
    for form in set(forms):
        columns = [j for j, other in enumerate(forms) if other == form]
        z = levels[:, columns]
        z = np.log(np.where(z > 0.0, z, np.nan)) if form.log else z
        values[form.order :, columns] = np.diff(z, n=form.order, axis=0)
    return values


def _by_last_numbers(values: FloatArray, columns: IntArray) -> IntArray:
    """The columns in the order of their last values, ties broken by the values before."""
    return np.asarray(columns[np.lexsort(np.nan_to_num(values[-12:, columns]))])


def _notes(n_used: int, left_out: list[str], absent: list[str], filled: str) -> tuple[str, ...]:
    notes = [f"{n_used} series of the panel, each as last known."]
    if left_out:
        some = ", ".join(left_out[:5]) + (", ..." if len(left_out) > 5 else "")
        notes.append(
            f"{len(left_out)} series left out, which have ended, are constant or known for less than half of the rows: "
            f"{some}."
        )
    if absent:
        notes.append(f"The panel does not have {', '.join(absent)}, which would join the pool.")
    return (*notes, filled) if filled else tuple(notes)

"""What a study forecasts: its series, each in its measure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from macrotrade._typing import Measure
from macrotrade.errors import SettingsError, near_misses
from macrotrade.forecast import Target
from macrotrade.panel.panel import SeriesInfo
from macrotrade.panel.vintages import History

if TYPE_CHECKING:
    from macrotrade.strategy.study import Study

__all__ = ["study_series", "study_target"]

_FEWEST_PERIODS = 60


def study_target(study: Study, history: History) -> Target:
    """Target of a study: its series at its horizons, each in its measure."""
    names = study_series(study, history)
    last = history.as_last_reported(study.frequency)
    measures = tuple(_measure(study, history.series[name], last[name].dropna()) for name in names)
    return Target(names, study.horizons, measures, study.frequency)


def study_series(study: Study, history: History) -> tuple[str, ...]:
    """Series forecast: those asked for that are known at the first origin and at the last, with five years behind them.

    Raises
    ------
    SettingsError
        If a series asked for by name is not there, or none is left.
    """
    first, last = history.as_of(study.origins[0]), history.as_of(study.origins[-1])
    frame = first.frame(study.frequency)
    if isinstance(study.series, tuple):
        for name in study.series:
            if name not in frame.columns:
                raise SettingsError(
                    f"No series {name!r} at {study.origins[0]:%Y-%m-%d}. {near_misses(name, frame.columns)}"
                )
        return study.series
    kinds = ("macro",) if study.series == "macro" else ("macro", "yield")
    until = set(last.frame(study.frequency).columns)
    names = tuple(
        name
        for name in map(str, frame.columns)
        if first.series[name].kind in kinds
        and name in until
        and name not in study.exclude
        and _long_enough(frame[name], study)
    )
    if not names:
        raise SettingsError(f"Study {study.name!r} has no series known from {study.complete_from or 'the start'} on.")
    return names


def _long_enough(series: pd.Series, study: Study) -> bool:
    known = series.index[series.notna()]
    if len(known) < _FEWEST_PERIODS:
        return False
    return study.complete_from is None or bool(known[0] <= pd.Period(study.complete_from, study.frequency))


def _measure(study: Study, info: SeriesInfo, values: pd.Series) -> Measure:
    if study.measure != "auto":
        return study.measure
    rate = info.kind == "yield" or "%" in info.units or "per cent" in info.units.lower() or info.tcode in {1, 2, 3}
    return "change" if rate or bool((values <= 0).any()) else "log_change"

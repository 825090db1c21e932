"""What a provider is checked on where nothing else was asked."""

from __future__ import annotations

import numpy as np
import pandas as pd

from macrotrade._typing import Measure, SeriesKind
from macrotrade.errors import SettingsError
from macrotrade.forecast import Target
from macrotrade.panel.vintages import History
from macrotrade.schedule import Schedule

__all__ = ["default_origins", "default_target"]

_PREFERRED = ("DGS10", "SPX", "CPIAUCSL", "UNRATE")
_MEASURES: dict[SeriesKind, Measure] = {"yield": "change", "price": "log_change", "macro": "one_period_change"}
_SHARES = (0.6, 0.75, 0.9)


def default_target(history: History) -> Target:
    """One yield, one price and one monthly macro series, where there are any, 1, 2 and 6 months ahead."""
    monthly = set(history.releases["M"].names) if "M" in history.releases else set()
    candidates = [name for name in history.series if name in monthly or name in history.market.columns]
    candidates.sort(key=lambda name: name not in _PREFERRED)
    chosen: dict[SeriesKind, str] = {}
    for name in candidates:
        chosen.setdefault(history.series[name].kind, name)
    if not chosen:
        raise SettingsError(f"History {history.name!r} has no monthly series to check a provider on; give a target.")
    kinds = [kind for kind in _MEASURES if kind in chosen]
    return Target(tuple(chosen[kind] for kind in kinds), (1, 2, 6), tuple(_MEASURES[kind] for kind in kinds))


def default_origins(history: History, target: Target) -> tuple[pd.Timestamp, ...]:
    """Three month ends, 60, 75 and 90 per cent of the way through what is known of every target series."""
    final = history.as_of(history.last_day)
    starts, ends = [], []
    for name in target.names:
        index = final.values(name, target.frequency).index
        dates = index.to_timestamp(how="end").normalize() if isinstance(index, pd.PeriodIndex) else index
        starts.append(dates[0])
        ends.append(dates[-1])
    start, end = max(starts), min(ends)
    days = Schedule().origins(start, min(end, history.last_day - pd.Timedelta(days=1)))
    if len(days) < 2:
        raise SettingsError(
            f"The series {', '.join(target.names)} have no common history to choose origins in; give origins."
        )
    return tuple(days[int(np.floor(share * (len(days) - 1)))] for share in _SHARES)

"""What happened after each forecast, from the series as last reported."""

from __future__ import annotations

import numpy as np
import pandas as pd

from macrotrade._typing import FloatArray, Frequency
from macrotrade.panel.vintages import History

__all__ = ["with_outcomes"]


def with_outcomes(forecasts: pd.DataFrame, history: History, frequency: Frequency = "M") -> pd.DataFrame:
    """The tidy forecasts with a column ``outcome``: the realised value of the forecast measure; NaN while unknown.

    Changes since the origin count from the last period known at the origin, the value that the column ``origin`` holds;
    both ends are taken from the series as last reported, so that a change of base year between vintages is no change.
    """
    if forecasts.empty:
        return forecasts.assign(outcome=np.empty(0))
    final = history.as_of(history.last_day).frame(frequency)
    parts = [
        part.assign(
            outcome=_outcome(part, final[str(name)], _known_until(part, history, str(name), frequency), frequency)
        )
        for name, part in forecasts.groupby("series", sort=False)
    ]
    return pd.concat(parts).sort_index()


def _outcome(part: pd.DataFrame, series: pd.Series, known_until: pd.PeriodIndex, frequency: Frequency) -> FloatArray:
    period = pd.PeriodIndex(part["period"], freq=frequency)
    end = _at(series, period)
    since_origin, one_before = _at(series, known_until), _at(series, period - 1)
    measure = part["measure"].to_numpy(dtype=object)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.select(
            [measure == "level", measure == "change", measure == "log_change", measure == "one_period_change"],
            [end, end - since_origin, np.log(end / since_origin), end - one_before],
            np.log(end / one_before),
        )


def _known_until(part: pd.DataFrame, history: History, name: str, frequency: Frequency) -> pd.PeriodIndex:
    """Last period of the series that was known at each row's origin."""
    if name in history.market.columns:
        made_at = pd.PeriodIndex(part["period"], freq=frequency) - part["horizon"].to_numpy()
        return pd.PeriodIndex(made_at)
    until = {origin: history.as_of(origin).values(name, frequency).index[-1] for origin in part["as_of"].unique()}
    return pd.PeriodIndex([until[origin] for origin in part["as_of"]], freq=frequency)


def _at(series: pd.Series, periods: pd.PeriodIndex) -> FloatArray:
    return series.reindex(periods).to_numpy(dtype=np.float64)

"""Every test of direction side by side, the robust ones first."""

from __future__ import annotations

import numpy as np
import pandas as pd

from macrotrade._typing import FloatArray
from macrotrade.errors import DataError
from macrotrade.evaluation.direction import direction_test, pesaran_timmermann
from macrotrade.evaluation.direction_resampling import bootstrapped_direction, shifted_direction
from macrotrade.evaluation.timing import anatolyev_gerko, henriksson_merton

__all__ = ["direction_tests"]


def direction_tests(
    forecast: FloatArray | pd.Series, outcome: FloatArray | pd.Series, *, horizon: int = 1, seed: int = 0
) -> pd.DataFrame:
    """All tests of direction of one forecaster, a row for each test, one-sided against "no skill".

    Columns: statistic, p_value, n (calls), allows_persistence (whether the p-value holds where calls and outcomes both
    persist; the others reject a true null several times too often then), note (why there is no p-value). The first row
    is the headline.

    Parameters
    ----------
    forecast
        Shape (n_periods,), in the order of time: above 0 calls up, below 0 down, 0 neither. A score or a forecast
        change; not a probability.
    outcome
        Shape (n_periods,): the change that came. Periods with a NaN in either, without a call or without a change are
        left out.
    horizon
        Periods ahead of the forecasts.
    seed
        Of the bootstrap.
    """
    said, came = np.asarray(forecast, dtype=np.float64), np.asarray(outcome, dtype=np.float64)
    if said.ndim != 1 or said.shape != came.shape:
        raise DataError(f"Forecasts {said.shape} and outcomes {came.shape} must be two series of one length.")
    decided = np.isfinite(said) & np.isfinite(came) & (said != 0.0) & (came != 0.0)
    called, moved = said[decided] > 0.0, came[decided]
    rose = moved > 0.0
    found = [
        (direction_test(called, rose), True),
        (bootstrapped_direction(called, rose, horizon=horizon, seed=seed), True),
        (shifted_direction(called, rose), True),
        (pesaran_timmermann(called, rose), False),
        (henriksson_merton(called, rose), False),
        (anatolyev_gerko(called, moved), False),
    ]
    return pd.DataFrame(
        {
            "statistic": [verdict.statistic for verdict, _ in found],
            "p_value": [verdict.p_value for verdict, _ in found],
            "n": [verdict.n for verdict, _ in found],
            "allows_persistence": [robust for _, robust in found],
            "note": [verdict.note for verdict, _ in found],
        },
        index=pd.Index([verdict.name for verdict, _ in found], name="test"),
    )

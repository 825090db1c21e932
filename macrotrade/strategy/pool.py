"""One forecast from several: the linear opinion pool."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from macrotrade.errors import DataError
from macrotrade.forecast import Forecast

__all__ = ["linear_pool"]


def linear_pool(forecasts: Mapping[str, Forecast]) -> Forecast:
    """Mixture of forecasts with equal weights, F(x) = (1/n) sum_i F_i(x).

    Its probability of a rise is the mean of theirs, as the vote ``mean`` takes it. Source: Stone (1961), The opinion
    pool, Annals of Mathematical Statistics 32, 1339-1342.

    Parameters
    ----------
    forecasts
        By provider; of one target, made on one day.

    Returns
    -------
    Forecast
        With every provider's members, named ``provider`` or ``provider: member``.

    Raises
    ------
    DataError
        If there is none, or they differ in target or day.
    """
    each = list(forecasts.values())
    if not each:
        raise DataError("There is no forecast to pool.")
    first = each[0]
    if any(other.target != first.target or other.as_of != first.as_of for other in each[1:]):
        raise DataError(
            f"Forecasts of {', '.join(forecasts)} differ in target or day; pool those of one target and day."
        )
    return replace(
        first,
        mean=np.concatenate([forecast.mean for forecast in each]),
        scale=np.concatenate([forecast.scale for forecast in each]),
        weights=np.concatenate([forecast.weights for forecast in each]) / len(each),
        members=tuple(
            f"{provider}: {member}" if member else provider
            for provider, forecast in forecasts.items()
            for member in forecast.members
        ),
        reasons=(f"equal mixture of {', '.join(forecasts)}",),
        extra={},
    )

"""How much does a member of an ensemble owe to where it began, and is the ensemble better than its members?

Every member is held against the mean of all by the Diebold-Mariano and Clark-West statistics; their distribution over
members is what initial values alone can do to a verdict. Positive values say that the ensemble mean is the better.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import ndtri, stdtrit

from macrotrade._typing import FloatArray
from macrotrade.errors import DataError, SettingsError, near_misses
from macrotrade.evaluation.comparison import FEWEST_PERIODS, difference_statistics, harvey_factor
from macrotrade.forecast import Forecast

__all__ = ["Initialisation", "MemberStatistics", "initialisation_uncertainty", "member_forecasts", "member_statistics"]

_BLOCK = 128
"""Members worked on together: 128 over a few hundred periods stay in cache from one pass to the next."""


@dataclass(frozen=True, eq=False)
class Initialisation:
    """Statistics of every member against the ensemble mean.

    Attributes
    ----------
    members
        A row for each member: rmse, loss_difference (mean squared error of the member less that of the ensemble),
        deviation (its standard error times the root of the periods), diebold_mariano, clark_west, and note where a
        member has no statistic.
    summary
        A row for each statistic: mean, deviation, quantiles 5, 25, 50, 75 and 95 per cent over members, and the shares
        of members that the ensemble beats at 5 and 1 per cent (``beaten_05``, ``beaten_01``) and that beat it
        (``better_05``), each one-sided.
    ensemble_rmse
        Of the mean of all members.
    critical_values
        One-sided 5 and 1 per cent values of each statistic, for the lines of a figure: Student's t for
        Diebold-Mariano, normal for Clark-West.
    n, horizon
        Periods used and periods ahead.
    note
        What was left out, or why there are no statistics.
    """

    members: pd.DataFrame
    summary: pd.DataFrame
    ensemble_rmse: float
    critical_values: pd.DataFrame
    n: int
    horizon: int
    note: str = ""


def initialisation_uncertainty(
    outcome: FloatArray, members: FloatArray, horizon: int = 1, *, n_lags: int | None = None
) -> Initialisation:
    """Distribution over members of the statistics of Diebold and Mariano and of Clark and West.

    With e the error of a member and E that of the ensemble mean, Diebold-Mariano takes d = e^2 - E^2; Clark-West takes
    the member as the smaller model and adds the squared distance of the two forecasts to d.

    Parameters
    ----------
    outcome
        Shape (n_periods,), in the order of time. Periods whose outcome or any member is missing are left out.
    members
        Shape (n_periods, n_members): point forecast of each member.
    horizon
        h, periods ahead.
    n_lags
        Autocovariances in the variance of a mean difference, with Bartlett weights; None takes h - 1.
    """
    outcome, members = np.asarray(outcome, dtype=np.float64), np.asarray(members, dtype=np.float64)
    if members.ndim != 2 or outcome.shape != members.shape[:1]:
        raise DataError(f"Members {members.shape} must be periods x members over {outcome.size} outcomes.")
    known = np.isfinite(outcome) & np.isfinite(members).all(axis=1)
    note = "" if known.all() else f"{int((~known).sum())} of {known.size} periods have no number"
    y, forecasts = outcome[known], members[known]
    needed = max(FEWEST_PERIODS, 2 * horizon)
    if len(y) < needed or not members.shape[1]:
        short = f"{len(y)} periods; at horizon {horizon} the test needs {needed}"
        reason = short if members.shape[1] else "no members"
        return _nothing(members.shape[1], len(y), horizon, "; ".join(filter(None, (reason, note))))
    ensemble = forecasts.mean(axis=1)
    found = member_statistics(y, ensemble, forecasts, horizon, n_lags)
    plain = found.diebold_mariano / harvey_factor(y.size, horizon)
    table = pd.DataFrame(
        {
            "rmse": found.rmse,
            "loss_difference": found.loss_difference,
            "deviation": found.loss_difference / np.where(plain != 0.0, plain, np.nan) * np.sqrt(y.size),
            "diebold_mariano": found.diebold_mariano,
            "clark_west": found.clark_west,
            "note": np.where(np.isnan(plain), "same as the ensemble mean, up to a constant", ""),
        }
    )
    critical = _critical_values(y.size)
    ensemble_rmse = float(np.sqrt(((y - ensemble) ** 2).mean()))
    return Initialisation(table, _summary(table, critical), ensemble_rmse, critical, y.size, horizon, note)


@dataclass(frozen=True, eq=False)
class MemberStatistics:
    """Statistics of members against one rival; every field has shape (n_members,).

    Attributes
    ----------
    rmse
        Of each member.
    loss_difference
        Mean squared error of the member less that of the rival.
    diebold_mariano, clark_west
        Positive where the rival is the better; NaN where the two differ by nothing that varies.
    """

    rmse: FloatArray
    loss_difference: FloatArray
    diebold_mariano: FloatArray
    clark_west: FloatArray


def member_statistics(
    outcome: FloatArray, rival: FloatArray, members: FloatArray, horizon: int = 1, n_lags: int | None = None
) -> MemberStatistics:
    """Diebold-Mariano and Clark-West statistics of many members against one rival, such as their mean.

    Parameters
    ----------
    outcome, rival
        Shape (n_periods,), finite, in the order of time.
    members
        Shape (n_periods, n_members), finite.
    horizon
        h, periods ahead.
    n_lags
        Autocovariances in the variance, with Bartlett weights; None takes h - 1.
    """
    y, other = outcome[:, None], rival[:, None]
    other_loss = (y - other) ** 2
    n_lags = horizon - 1 if n_lags is None else n_lags
    figures = np.empty((4, members.shape[1]))
    for first in range(0, members.shape[1], _BLOCK):
        block = members[:, first : first + _BLOCK]
        losses = (y - block) ** 2
        differences, size = losses - other_loss, losses.max(axis=0)
        figures[:, first : first + _BLOCK] = (
            losses.mean(axis=0),
            differences.mean(axis=0),
            difference_statistics(differences, n_lags, size=size),
            difference_statistics(differences + (block - other) ** 2, n_lags, size=size),
        )
    rmse, difference, plain, adjusted = figures
    return MemberStatistics(np.sqrt(rmse), difference, plain * harvey_factor(outcome.size, horizon), adjusted)


def member_forecasts(forecasts: Sequence[Forecast], series: str, horizon: int) -> FloatArray:
    """Point forecasts of each member, shape (n_origins, n_members), from forecasts with the same members.

    Parameters
    ----------
    forecasts
        In the order of their origins.
    series, horizon
        Which of the target to take.

    Raises
    ------
    SettingsError
        If the target holds neither.
    DataError
        If members change from one origin to another.
    """
    if not forecasts:
        return np.empty((0, 0))
    target, names = forecasts[0].target, forecasts[0].members
    if series not in target.names:
        raise SettingsError(f"These forecasts hold no {series!r}. {near_misses(series, target.names)}")
    if horizon not in target.horizons:
        raise SettingsError(f"These forecasts hold horizons {target.horizons}, not {horizon}.")
    for forecast in forecasts:
        if forecast.members != names:
            raise DataError(
                f"The members at {forecast.as_of.date()} are not those at {forecasts[0].as_of.date()}; initial values "
                "can be compared only where every origin has the same members."
            )
    place = target.horizons.index(horizon), target.names.index(series)
    return np.stack([forecast.mean[:, place[0], place[1]] for forecast in forecasts])


_STATISTICS = ["diebold_mariano", "clark_west"]
_QUANTILES = (0.05, 0.25, 0.50, 0.75, 0.95)


def _critical_values(n_periods: int) -> pd.DataFrame:
    """One-sided critical values, statistic x level."""
    levels = np.array([0.05, 0.01])
    values = [stdtrit(n_periods - 1, 1.0 - levels), ndtri(1.0 - levels)]
    return pd.DataFrame(values, index=pd.Index(_STATISTICS, name="statistic"), columns=[0.05, 0.01])


def _summary(table: pd.DataFrame, critical: pd.DataFrame) -> pd.DataFrame:
    rows = {
        name: _distribution(np.asarray(table[name].dropna(), dtype=np.float64), *lines)
        for name, lines in zip(_STATISTICS, critical.to_numpy(), strict=True)
    }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("statistic")


def _distribution(values: FloatArray, five: float, one: float) -> dict[str, float]:
    """Mean, deviation, quantiles and shares beyond the critical values; NaN without values."""
    names = ["mean", "deviation", *(f"q{100 * q:02.0f}" for q in _QUANTILES), "beaten_05", "beaten_01", "better_05"]
    if not values.size:
        return dict.fromkeys(names, float("nan"))
    shares = ((values > five).mean(), (values > one).mean(), (values < -five).mean())
    figures = (values.mean(), values.std(), *np.quantile(values, _QUANTILES), *shares)
    return {name: float(figure) for name, figure in zip(names, figures, strict=True)}


def _nothing(n_members: int, n_periods: int, horizon: int, note: str) -> Initialisation:
    columns = ["rmse", "loss_difference", "deviation", *_STATISTICS]
    table = pd.DataFrame(np.nan, index=range(n_members), columns=columns).assign(note=note)
    critical = _critical_values(max(n_periods, 2))
    return Initialisation(table, _summary(table, critical), float("nan"), critical, n_periods, horizon, note)

"""What initial values alone do to a verdict, on every series, horizon and window; see `initialisation.py`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from macrotrade._typing import FloatArray
from macrotrade.errors import DataError
from macrotrade.evaluation.initialisation import Initialisation, initialisation_uncertainty, member_forecasts
from macrotrade.evaluation.losses import WHOLE, Window, within
from macrotrade.forecast import Forecast

__all__ = ["EnsembleRace", "MemberPoints", "ensemble_race", "member_points"]


@dataclass(frozen=True, eq=False)
class MemberPoints:
    """Point forecasts of every member of one ensemble, compactly.

    Attributes
    ----------
    as_of
        Origins, in order.
    points
        (series, horizon) to an array of shape (n_origins, n_members), in the measure forecast; empty where the members
        cannot be followed through time.
    note
        Why they cannot; empty where they can.
    """

    as_of: pd.DatetimeIndex
    points: Mapping[tuple[str, int], FloatArray]
    note: str = ""


@dataclass(frozen=True, eq=False)
class EnsembleRace:
    """Members of ensembles against the mean of all.

    Attributes
    ----------
    summary
        A row for each (provider, series, horizon, window, statistic): the distribution over members as in
        :class:`macrotrade.evaluation.initialisation.Initialisation`, critical_05 and critical_01, n (periods),
        n_members, ensemble_rmse, and note, the reason where there are no statistics.
    members
        A row for each member in each cell: provider, series, horizon, window, member (counted from 1), rmse,
        loss_difference, deviation, diebold_mariano, clark_west, note.
    """

    summary: pd.DataFrame
    members: pd.DataFrame


def member_points(forecasts: Sequence[Forecast]) -> MemberPoints:
    """Points of every member of one provider's forecasts of one target, in the order of their origins."""
    as_of = pd.DatetimeIndex([forecast.as_of for forecast in forecasts])
    if not forecasts or len(forecasts[0].members) < 2:
        return MemberPoints(as_of, {}, "it has a single member" if forecasts else "it made no forecast")
    target = forecasts[0].target
    try:
        points = {
            (series, horizon): member_forecasts(forecasts, series, horizon)
            for series in target.names
            for horizon in target.horizons
        }
    except DataError as error:
        return MemberPoints(as_of, {}, str(error).rstrip("."))
    return MemberPoints(as_of, points)


def ensemble_race(
    ensembles: Mapping[str, MemberPoints], forecasts: pd.DataFrame, windows: Sequence[Window] = WHOLE
) -> EnsembleRace:
    """Distribution over members of the statistics against their mean, for every ensemble, series, horizon and window.

    Parameters
    ----------
    ensembles
        Label of a provider to its members' points.
    forecasts
        Tidy, columns provider, as_of, series, horizon, period, outcome; only their origins are judged.
    windows
        Periods forecast that count.
    """
    summaries, members = [], []
    for provider, of in ensembles.items():
        for window in windows:
            rows = within(forecasts[forecasts["provider"] == provider], window)
            for series, horizon in forecasts[["series", "horizon"]].drop_duplicates().itertuples(index=False):
                cell = rows[(rows["series"] == series) & (rows["horizon"] == horizon)].sort_values("as_of")
                key: dict[str, str | int] = {
                    "provider": provider, "series": str(series), "horizon": int(horizon), "window": window.name,
                }  # fmt: skip
                if of.note:
                    summaries.append(pd.DataFrame({"statistic": _STATISTICS, "note": of.note}).assign(**key))
                    continue
                points = of.points[series, int(horizon)][of.as_of.get_indexer(pd.Index(cell["as_of"]))]
                found = initialisation_uncertainty(cell["outcome"].to_numpy(dtype=float), points, int(horizon))
                summaries.append(_summary(found).assign(**key))
                members.append(found.members.assign(**key, member=range(1, len(found.members) + 1)))
    return EnsembleRace(_table(summaries, _SUMMARY), _table(members, _MEMBERS))


def _summary(found: Initialisation) -> pd.DataFrame:
    lines = found.critical_values.set_axis(["critical_05", "critical_01"], axis=1)
    return (
        found.summary.join(lines)
        .reset_index()
        .assign(n=found.n, n_members=len(found.members), ensemble_rmse=found.ensemble_rmse, note=found.note)
    )


def _table(parts: Sequence[pd.DataFrame], columns: list[str]) -> pd.DataFrame:
    return (pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()).reindex(columns=columns)


_STATISTICS = ("diebold_mariano", "clark_west")
_KEYS = ["provider", "series", "horizon", "window"]
_SUMMARY = [
    *_KEYS, "statistic", "mean", "deviation", "q05", "q25", "q50", "q75", "q95", "beaten_05", "beaten_01", "better_05",
    "critical_05", "critical_01", "n", "n_members", "ensemble_rmse", "note",
]  # fmt: skip
_MEMBERS = [*_KEYS, "member", "rmse", "loss_difference", "deviation", *_STATISTICS, "note"]

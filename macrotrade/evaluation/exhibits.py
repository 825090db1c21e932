"""Exhibits over many series: gain over a benchmark, stability by horizon, direction, members' weights.

Definitions follow the design of the automatic forecasting system of 2016 (its exhibits 7 to 16): every series counts
alike, whatever its units.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from macrotrade.errors import SettingsError, near_misses
from macrotrade.evaluation.losses import Window, within

__all__ = [
    "direction_shares",
    "gain_over",
    "gains",
    "gains_by_window",
    "normalised_rmse",
    "series_rmse",
    "weight_summary",
]


def series_rmse(forecasts: pd.DataFrame) -> pd.DataFrame:
    """Root mean square error by (provider, horizon) x series, in the units of each series' measure.

    Only origins at which every provider forecast the series are counted, so that all stand on the same months.

    Parameters
    ----------
    forecasts
        Tidy, columns provider, as_of, series, horizon, point, outcome; rows without an outcome are left out.
    """
    known = forecasts.dropna(subset=["outcome"])
    n_providers = known["provider"].nunique()
    shared = known.groupby(["as_of", "series", "horizon"])["provider"].transform("nunique") == n_providers
    errors = known[shared].assign(square=lambda rows: (rows["outcome"] - rows["point"]) ** 2)
    mean_square = errors.groupby(["provider", "horizon", "series"])["square"].mean().reset_index()
    return mean_square.pivot_table(index=["provider", "horizon"], columns="series", values="square").pow(0.5)


def gain_over(forecasts: pd.DataFrame, base: str) -> pd.DataFrame:
    """D by provider x horizon: (100 / n) sum_i (1 - RMSE_i / RMSE_i of the base); above 0 the provider is better.

    A series that the base forecast without error has no ratio and is left out.

    Raises
    ------
    SettingsError
        If `base` made no forecast.
    """
    rmse = series_rmse(forecasts)
    providers = rmse.index.unique("provider")
    if base not in providers:
        raise SettingsError(f"No forecasts of {base!r} to compare with. {near_misses(base, map(str, providers))}")
    others = [str(name) for name in providers if name != base]
    gain = {name: (100.0 * (1.0 - _ratio(rmse, name, base))).mean(axis=1) for name in others}
    return pd.DataFrame(gain).T.rename_axis(index="provider", columns="horizon")


def gains(forecasts: pd.DataFrame, bases: tuple[str, ...]) -> pd.DataFrame:
    """D over each base: rows (provider, base), columns horizons; see :func:`gain_over`."""
    tables = {base: gain_over(forecasts, base) for base in bases}
    return pd.concat(tables, names=["base"]).swaplevel().sort_index(level=0, sort_remaining=False)


def gains_by_window(forecasts: pd.DataFrame, bases: tuple[str, ...], windows: Sequence[Window]) -> pd.DataFrame:
    """D over each base in each window: rows (provider, base, window), columns horizons.

    NaN where the window holds no outcome that all providers forecast.
    """
    providers = [str(name) for name in pd.unique(forecasts["provider"])]
    horizons = pd.Index(np.sort(forecasts["horizon"].unique()), name="horizon")
    tables = {}
    for window in windows:
        inside = within(forecasts, window)
        shared = len(series_rmse(inside)) > 0
        for base in bases:
            over = gain_over(inside, base) if shared else pd.DataFrame()
            others = [name for name in providers if name != base]
            tables[base, window.name] = over.reindex(index=others, columns=horizons)
    table = pd.concat(tables, names=["base", "window", "provider"])
    return table.reorder_levels(["provider", "base", "window"]).astype(np.float64)


def normalised_rmse(forecasts: pd.DataFrame) -> pd.DataFrame:
    """Mean over series of RMSE at each horizon over RMSE at the first, provider x horizon."""
    rmse = series_rmse(forecasts)
    growth = rmse / rmse.groupby(level="provider").transform("first").where(lambda first: first > 0.0)
    mean = growth.mean(axis=1).rename("growth").reset_index()
    return mean.pivot_table(index="provider", columns="horizon", values="growth", sort=False)


def direction_shares(forecasts: pd.DataFrame) -> pd.DataFrame:
    """Share of changes whose direction was right, rows (provider, horizon).

    The change at a horizon is that since the horizon before it (h - 1, where they follow each other from 1), of
    forecast and outcome alike, and since the origin at the first; a one-period measure is that change itself. Log
    changes and changes have the same sign as those of the series as reported. Periods without a change, and forecasts
    of none (naive), are no call and are not counted.

    Returns
    -------
    DataFrame
        ``right``: share of calls that were right; ``rises``: share of rises among the outcomes called; ``majority``:
        share that calling, for each series, always the direction that turned out commoner would have had, which nobody
        knew beforehand; ``n``: calls.
    """
    rows = forecasts.sort_values("horizon", kind="stable")
    keys = ["provider", "as_of", "series"]
    first = rows["horizon"] == rows["horizon"].min()
    itself = rows["measure"].str.startswith("one_period")
    start = rows["origin"].where(rows["measure"] == "level", 0.0)
    said, came = (
        rows[name] - rows.groupby(keys)[name].shift().where(~first, start).mask(itself, 0.0)
        for name in ("point", "outcome")
    )
    moved = rows.assign(said=said, came=came).dropna(subset=["said", "came"])
    called = moved[(moved["said"] != 0) & (moved["came"] != 0)]
    right = called.assign(right=np.sign(called["said"]) == np.sign(called["came"]), rises=called["came"] > 0)
    by_series = right.groupby(["provider", "horizon", "series"], sort=False)["rises"].agg(["sum", "size"])
    commoner = by_series["sum"].where(2 * by_series["sum"] > by_series["size"], by_series["size"] - by_series["sum"])
    grouped = right.groupby(["provider", "horizon"], sort=False)
    n = grouped.size()
    majority = commoner.groupby(level=["provider", "horizon"], sort=False).sum() / n
    return grouped[["right", "rises"]].mean().assign(majority=majority, n=n)


def weight_summary(weights: pd.DataFrame) -> pd.DataFrame:
    """Members' weights over series and origins, rows (provider, horizon, member): mean and quantiles."""
    grouped = weights.groupby(["provider", "horizon", "member"], sort=False)["weight"]
    quantiles = {f"{share:.0%}": grouped.quantile(share) for share in (0.05, 0.25, 0.5, 0.75, 0.95)}
    return pd.DataFrame({"mean": grouped.mean(), **quantiles, "n": grouped.size()})


def _ratio(rmse: pd.DataFrame, name: str, base: str) -> pd.DataFrame:
    """RMSE of one provider over that of the base, horizon x series; missing where the base made no error."""
    above, below = (rmse[rmse.index.get_level_values("provider") == who].droplevel("provider") for who in (name, base))
    return above / below.where(below > 0.0)

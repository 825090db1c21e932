"""Positions, scores and forecasts as rows of the ledger said them, in the form of a backtest's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import numpy as np
import pandas as pd

from macrotrade.panel.vintages import History
from macrotrade.schedule import last_complete_period
from macrotrade.strategy.backtest import coin_flip_positions
from macrotrade.strategy.result import COLUMN_LEVELS
from macrotrade.strategy.run import POOL, baselines, volatility_multiples
from macrotrade.strategy.spec import Strategy

__all__ = ["forecasts_of", "positions_of", "scores_of", "yardsticks"]


def positions_of(rows: pd.DataFrame) -> pd.DataFrame:
    """Days from which positions are held x (provider, rule, instrument), from rows of `issued`.

    A position stands until the next is said: over days on which the run was refused, or was written too late. Where a
    later decision day says nothing at all of a column, such as of a provider that was dropped, it is flat.
    """
    days = {day: group["held_from"].max() for day, group in rows[rows["counts"]].groupby("as_of")}
    columns = {
        cast("tuple[str, str, str]", key): _held(own, days)
        for key, own in rows.groupby(list(COLUMN_LEVELS), sort=False)
        if own["counts"].any()
    }
    frame = pd.concat(columns, axis=1).sort_index().ffill()
    frame.index.name = "origin"
    frame.columns = pd.MultiIndex.from_tuples(list(columns), names=COLUMN_LEVELS)
    return frame


def _held(own: pd.DataFrame, days: dict[Any, pd.Timestamp]) -> pd.Series:
    """What one column said, by the day from which it is held."""
    counted = own[own["counts"]].drop_duplicates("held_from", keep="last")
    said = pd.Series(counted["position"].to_numpy(), pd.DatetimeIndex(counted["held_from"]), dtype=np.float64)
    first, spoken = own["as_of"].min(), set(own["as_of"])
    silent = pd.DatetimeIndex(sorted({held for day, held in days.items() if day > first and day not in spoken}))
    flat = pd.Series(0.0, index=silent.difference(pd.DatetimeIndex(said.index)))
    held: pd.Series = pd.concat([said, flat])
    return held.sort_index()


def scores_of(rows: pd.DataFrame) -> pd.DataFrame:
    """Days from which positions are held x (provider, ahead, instrument): the scores behind them."""
    counted = rows[rows["counts"]].drop_duplicates(["held_from", "provider", "ahead", "instrument"], keep="last")
    return counted.pivot(index="held_from", columns=["provider", "ahead", "instrument"], values="score")  # noqa: PD010


def forecasts_of(strategy: Strategy, rows: pd.DataFrame) -> pd.DataFrame:
    """Tidy forecasts behind the positions, as of a backtest without outcomes; the vote's own are left out.

    P(rise of the driver) is that of the score where one forecast stands behind it. Where several horizons vote it is
    that of a Gaussian with the point and the spread that were quoted.
    """
    spoken = rows[rows["counts"] & rows["point"].notna() & (rows["provider_name"] != POOL)]
    spoken = spoken.drop_duplicates(["provider", "as_of", "driver", "ahead"])
    signs = {item.symbol: item.sign for item in strategy.traded}
    return pd.DataFrame([_forecast(strategy, row, signs) for row in spoken.to_dict("records")], columns=_TIDY)


_TIDY = [
    "provider", "as_of", "series", "measure", "horizon", "period", "origin", "point", "spread", "low", "high",
    "probability_up",
]  # fmt: skip


def _forecast(strategy: Strategy, row: dict[Any, Any], signs: Mapping[str, int]) -> dict[str, Any]:
    ahead, frequency = int(row["ahead"]), strategy.forecast_frequency
    votes = ahead == 1 and strategy.horizons != (1,)
    horizon = ahead if not votes or 1 in strategy.horizons else min(strategy.horizons)
    made = strategy.schedule.origins(row["as_of"] - pd.DateOffset(months=4 * ahead), row["as_of"])[-ahead]
    sign = signs.get(row["instrument"], 1)
    return {
        **{name: row[name] for name in ("provider", "measure", "origin", "point", "spread", "low", "high")},
        "as_of": made,
        "series": row["driver"],
        "horizon": horizon,
        "period": str(last_complete_period(made, frequency) + horizon),
        "probability_up": _gaussian_rise(row) if votes else 0.5 * (1.0 + sign * row["score"]),
    }


def _gaussian_rise(row: dict[Any, Any]) -> float:
    from scipy.special import ndtr

    change = row["point"] - (row["origin"] if row["measure"] == "level" else 0.0)
    return float(ndtr(change / row["spread"])) if row["spread"] > 0 else 0.5 + 0.5 * float(np.sign(change))


def yardsticks(strategy: Strategy, history: History, days: pd.DatetimeIndex) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Baselines and coin tosses decided on the same days, sized as the strategy sizes positions.

    Each is days x (provider, rule, instrument), as in a backtest.
    """
    held = baselines(strategy, history, days)
    multiples = volatility_multiples(strategy, history, days)
    if multiples is not None:
        held = held.mul(multiples, level="instrument", axis=1)
    return held, coin_flip_positions(strategy, days)

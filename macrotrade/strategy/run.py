"""The sentence, written once: positions over many origins, or the decision at one.

1. origins and fit days                      schedule.py
2. forecasts at each origin                  walks.py, walk_forward.py
3. scores of each instrument                 signals/score.py
4. positions by each rule, and baselines     signals/rules.py, signals/baselines.py
5. exposure, costs, returns                  portfolio/        (a backtest only)

`decide` is `positions` at the last origin: the same function with fewer rows.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import numpy as np
import pandas as pd

from macrotrade.errors import DataError, SettingsError
from macrotrade.forecast import Target
from macrotrade.panel.vintages import History
from macrotrade.signals.baselines import BASELINES
from macrotrade.signals.rules import volatility_multiple
from macrotrade.signals.score import score, voted
from macrotrade.strategy.result import COLUMN_LEVELS
from macrotrade.strategy.spec import Strategy
from macrotrade.strategy.walk_forward import Progress, Walk
from macrotrade.strategy.walks import walk_all

__all__ = [
    "POOL",
    "Signals",
    "baselines",
    "origins_of",
    "positions",
    "rule_label",
    "ruled",
    "scores_of",
    "signals",
    "targets_of",
    "volatility_multiples",
]

POOL = "vote"
"""Provider name under which the pooled score of all providers stands."""

_YEARS_BEFORE_FIRST_ORIGIN = 10


@dataclass(frozen=True, eq=False)
class Signals:
    """Forecasts, scores and positions at a run of origins.

    Attributes
    ----------
    strategy, origins
        As run.
    walks
        Provider to its walks, one for each target.
    scores
        Origins x (provider, ahead, instrument): 2 P(price up) - 1 for the period that the position is held, NaN where
        the provider refused.
    positions
        Origins x (provider, rule, instrument): target exposure from the first session after each origin.
    made_at
        For each number of periods ahead the day on which the forecast behind the last position was made.
    whole_run
        All origins of the run, also where only its last rows were wanted: they fix the days of fits.
    """

    strategy: Strategy
    origins: pd.DatetimeIndex
    walks: Mapping[str, tuple[Walk, ...]]
    scores: pd.DataFrame
    positions: pd.DataFrame
    made_at: Mapping[int, pd.Timestamp | None]
    whole_run: pd.DatetimeIndex


def positions(
    strategy: Strategy,
    history: History,
    start: str | pd.Timestamp | None = None,
    end: str | pd.Timestamp | None = None,
    *,
    n_jobs: int = 1,
    store: str | Path | None = None,
    progress: Progress | None = None,
) -> pd.DataFrame:
    """Positions decided at every origin: origins x (provider, rule, instrument), target exposure, baselines included.

    Parameters
    ----------
    strategy, history
        What to run, on what.
    start, end
        First and last origin wanted; the strategy's own by default.
    n_jobs, store, progress
        Processes, folder of finished blocks, and progress callback; see :func:`walk_forward`.
    """
    changes = {name: str(pd.Timestamp(day).date()) for name, day in (("start", start), ("end", end)) if day is not None}
    wanted = strategy.changed(**changes) if changes else strategy
    origins = origins_of(wanted, history)
    return signals(wanted, history, origins, n_jobs=n_jobs, store=store, progress=progress).positions


def origins_of(strategy: Strategy, history: History, end: pd.Timestamp | None = None) -> pd.DatetimeIndex:
    """All origins of a strategy on a history, from its start to its end or to the last quote of what it trades.

    Raises
    ------
    SettingsError
        If there is none, saying what the data cover.
    """
    wanted = sorted({name for item in strategy.traded for name in (item.symbol, item.driver)})
    covered = {name: _coverage(history, name) for name in wanted}
    if strategy.start is not None:
        first = pd.Timestamp(strategy.start)
    else:
        first = max(span[0] for span in covered.values()) + pd.DateOffset(years=_YEARS_BEFORE_FIRST_ORIGIN)
    last = min(span[1] for span in covered.values())
    last = min([last, *(pd.Timestamp(day) for day in (strategy.end, end) if day is not None)])
    origins = strategy.schedule.origins(first, last)
    if len(origins) == 0:
        spans = ", ".join(f"{name} {span[0]:%Y-%m-%d}..{span[1]:%Y-%m-%d}" for name, span in covered.items())
        raise SettingsError(
            f"Strategy {strategy.name!r} has no decision day between {first:%Y-%m-%d} and {last:%Y-%m-%d}; "
            f"the data cover {spans}. Change start or end."
        )
    return origins


def signals(
    strategy: Strategy,
    history: History,
    origins: pd.DatetimeIndex,
    *,
    rows: int | None = None,
    n_jobs: int = 1,
    store: str | Path | None = None,
    block: int | None = None,
    progress: Progress | None = None,
) -> Signals:
    """Forecasts, scores and positions at `origins`, or at the last `rows` of them.

    Parameters
    ----------
    strategy, history
        What to do, on what.
    origins
        Of the whole run even where only its last rows are wanted, since they fix the days at which providers are
        fitted again.
    rows
        How many of the last origins to give; all by default. A rule that remembers is given all of them to walk.
    n_jobs, store, block, progress
        As in :func:`macrotrade.strategy.walks.walk_all`.
    """
    lead = max(strategy.periods_ahead) - 1
    kept = len(origins) if rows is None else min(len(origins), rows + lead)
    if kept < len(origins) and any(strategy.rule(name).remembers for name in strategy.rules):
        kept = len(origins)
    walks = walk_all(
        strategy,
        history,
        targets_of(strategy),
        origins,
        rows=kept,
        n_jobs=n_jobs,
        store=store,
        block=block,
        progress=progress,
    )
    whole_run, origins = origins, origins[-kept:]
    scores = scores_of(strategy, walks, origins)
    held = pd.concat([ruled(strategy, scores), baselines(strategy, history, origins)], axis=1)
    multiples = volatility_multiples(strategy, history, origins)
    if multiples is not None:
        held = held.mul(multiples, level="instrument", axis=1)
    shown = slice(len(origins) - min(len(origins), rows or len(origins)), None)
    made_at = {ahead: _made_at(origins, ahead)[-1] for ahead in strategy.periods_ahead}
    return Signals(strategy, origins[shown], walks, scores.iloc[shown], held.iloc[shown], made_at, whole_run)


def targets_of(strategy: Strategy) -> tuple[Target, ...]:
    """What is asked of each provider: the drivers' change over the voting horizons, and over single later periods.

    One target serves both where no horizons vote, so that a provider is fitted once an origin.
    """
    drivers = {item.driver: item for item in strategy.traded}
    names = tuple(drivers)
    frequency = strategy.forecast_frequency
    ahead = sorted(set(strategy.periods_ahead))
    whole = Target(
        names, tuple(sorted(set(strategy.horizons))), tuple(i.measure(1) for i in drivers.values()), frequency
    )
    if ahead == [1]:
        return (whole,)
    periods = tuple(item.measure(2) for item in drivers.values())
    if strategy.horizons == (1,):
        return (Target(names, tuple(ahead), periods, frequency),)
    return (whole, Target(names, tuple(k for k in ahead if k > 1), periods, frequency))


def scores_of(strategy: Strategy, walks: Mapping[str, tuple[Walk, ...]], origins: pd.DatetimeIndex) -> pd.DataFrame:
    """Scores of forecasts already made: origins x (provider, ahead, instrument); see :class:`Signals`."""
    columns: dict[tuple[str, int, str], list[float]] = {}
    for title, parts in walks.items():
        for ahead in strategy.periods_ahead:
            for item in strategy.traded:
                columns[title, ahead, item.symbol] = [
                    _score_at(strategy, parts, made_at, item.symbol, ahead) for made_at in _made_at(origins, ahead)
                ]
    if strategy.pool:
        for ahead in strategy.periods_ahead:
            for item in strategy.traded:
                each = np.column_stack([columns[title, ahead, item.symbol] for title in walks])
                columns[POOL, ahead, item.symbol] = list(voted(each, strategy.vote))
    frame = pd.DataFrame(columns, index=origins)
    frame.columns = pd.MultiIndex.from_tuples(list(columns), names=["provider", "ahead", "instrument"])
    return frame


def _made_at(origins: pd.DatetimeIndex, ahead: int) -> Sequence[pd.Timestamp | None]:
    """Day on which the forecast behind each origin's position was made: `ahead` - 1 origins before."""
    lead = ahead - 1
    return [None] * min(lead, len(origins)) + list(origins[: len(origins) - lead])


def _score_at(
    strategy: Strategy, parts: tuple[Walk, ...], made_at: pd.Timestamp | None, symbol: str, ahead: int
) -> float:
    item = next(item for item in strategy.traded if item.symbol == symbol)
    if made_at is None:
        return float("nan")
    if ahead == 1 and strategy.horizons != (1,):
        forecast = parts[0].at(made_at)
        if forecast is None:
            return float("nan")
        return float(voted([score(forecast, item, horizon) for horizon in strategy.horizons], strategy.vote))
    forecast = parts[-1].at(made_at)
    return float("nan") if forecast is None else score(forecast, item, ahead)


def rule_label(rule: str, ahead: int) -> str:
    """Name of a rule applied to forecasts `ahead` periods old; plain for 1."""
    return rule if ahead == 1 else f"{rule}, {ahead} ahead"


def ruled(strategy: Strategy, scores: pd.DataFrame) -> pd.DataFrame:
    """Positions of these scores by every rule, before any sizing by volatility and without baselines."""
    columns: dict[tuple[str, str, str], np.ndarray] = {}
    keys = cast(list[tuple[str, int, str]], scores.columns.to_list())
    for provider, ahead, symbol in keys:
        values = scores[provider, ahead, symbol].to_numpy()
        for name in strategy.rules:
            columns[provider, rule_label(name, ahead), symbol] = strategy.rule(name).positions(values)
    return _labelled(columns, scores.index)


def baselines(strategy: Strategy, history: History, origins: pd.DatetimeIndex) -> pd.DataFrame:
    """Positions of the baselines that can be taken: origins x (name, ``baseline``, instrument), before any sizing."""
    columns: dict[tuple[str, str, str], list[float]] = {
        (name, "baseline", item.symbol): [] for name in BASELINES for item in strategy.traded
    }
    for origin in origins:
        panel = history.as_of(origin)
        for name, baseline in BASELINES.items():
            for item in strategy.traded:
                columns[name, "baseline", item.symbol].append(baseline(panel, item))
    frame = _labelled(columns, origins)
    return frame.loc[:, frame.notna().any()].fillna(0.0)


def volatility_multiples(strategy: Strategy, history: History, origins: pd.DatetimeIndex) -> pd.DataFrame | None:
    """Exposure per unit of position, origins x instrument; None where the strategy has no volatility target."""
    target = strategy.portfolio.volatility_target
    if target is None:
        return None
    multiples = {
        symbol: [
            volatility_multiple(
                np.asarray(history.as_of(origin).daily[symbol].dropna().pct_change(), dtype=np.float64),
                target,
                strategy.portfolio.maximum_leverage,
            )
            for origin in origins
        ]
        for symbol in strategy.instruments
    }
    return pd.DataFrame(multiples, index=origins)


def _labelled(columns: Mapping[tuple[str, str, str], Sequence[float] | np.ndarray], index: pd.Index) -> pd.DataFrame:
    frame = pd.DataFrame(dict(columns), index=index)
    frame.columns = pd.MultiIndex.from_tuples(list(columns), names=COLUMN_LEVELS)
    return frame


def _coverage(history: History, name: str) -> tuple[pd.Timestamp, pd.Timestamp]:
    """First and last day on which a market series was quoted, or a macro series was released."""
    if name in history.market.columns:
        quoted = history.market[name].dropna().index
        if len(quoted):
            return pd.Timestamp(quoted[0]), pd.Timestamp(quoted[-1])
    for table in history.releases.values():
        if name in table.names:
            released = table.released[table.series == table.names.index(name)]
            return pd.Timestamp(int(released.min()), unit="D"), pd.Timestamp(int(released.max()), unit="D")
    about = "; ".join(note for note in history.notes if re.search(rf"\b{re.escape(name)}\b", note))
    raise DataError(
        f"History {history.name!r} holds no {name!r}, which the strategy trades or forecasts; choose another source or "
        f"add its prices{f' ({about})' if about else ''}."
    )

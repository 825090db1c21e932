"""A strategy over its whole history: signals, and what they earned."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from macrotrade.panel.vintages import History
from macrotrade.schedule import month_end_sessions
from macrotrade.signals.baselines import coin_flips
from macrotrade.strategy.decide import decisions
from macrotrade.strategy.inside import exhibits_of, explanations_of
from macrotrade.strategy.outcomes import with_outcomes
from macrotrade.strategy.result import COLUMN_LEVELS, Backtest, Source
from macrotrade.strategy.run import Signals, origins_of, signals
from macrotrade.strategy.spec import Strategy
from macrotrade.strategy.study_record import refusals_of
from macrotrade.strategy.walk_forward import Progress, derived_seed

__all__ = ["backtest", "coin_flip_positions"]


def backtest(
    strategy: Strategy,
    history: History,
    *,
    n_jobs: int = 1,
    store: str | Path | None = None,
    progress: Progress | None = None,
) -> Backtest:
    """Forecasts, positions and returns of a strategy from its first origin to its last.

    Parameters
    ----------
    strategy, history
        What to run, on what.
    n_jobs, store, progress
        Processes, folder of finished blocks, progress callback; see
        :func:`macrotrade.strategy.walk_forward.walk_forward`.

    Raises
    ------
    SettingsError
        If the data cover no decision day of the strategy.
    DataError
        If the history lacks a price or a driver.
    """
    from macrotrade.portfolio.simulate import track_record

    run = signals(strategy, history, origins_of(strategy, history), n_jobs=n_jobs, store=store, progress=progress)
    prices = traded_prices(strategy, history)
    record = track_record(run.positions, prices, strategy.portfolio.costs, strategy.portfolio.delay)
    coins = coin_flip_positions(strategy, run.origins)
    tossed = track_record(coins, prices, strategy.portfolio.costs, strategy.portfolio.delay).returns
    return Backtest(
        strategy=strategy,
        source=Source(history.name, history.vintages, history.notes, prices.index[0], prices.index[-1]),
        forecasts=_forecasts(run, history),
        scores=run.scores,
        positions=run.positions,
        prices=record.closes.frame,
        exposure=record.exposure,
        returns=record.returns,
        gross_returns=record.gross_returns,
        turnover=record.turnover,
        coin_flips=tossed,
        cost_rates=record.rates.table(),
        periods_per_year=record.periods_per_year,
        decisions=decisions(run, history),
        refusals=refusals_of([walk for walks in run.walks.values() for walk in walks]),
        exhibits=exhibits_of(run, history),
        explanations=explanations_of(run, history),
    )


def traded_prices(strategy: Strategy, history: History) -> pd.DataFrame:
    """Sessions x instrument, from the first origin's close to the last day on which all are quoted."""
    prices = history.prices(strategy.instruments)
    last = min(prices.index[prices[symbol].notna()][-1] for symbol in strategy.instruments)
    first = origins_of(strategy, history)[0]
    start = max(int(prices.index.searchsorted(first, side="right")) - 1, 0)
    prices = prices.iloc[start:].loc[:last]
    if strategy.end is not None:
        prices = prices.loc[: pd.Timestamp(strategy.end) + pd.offsets.MonthEnd(1)]
    if strategy.portfolio.bars == "monthly":
        return prices.ffill().loc[month_end_sessions(pd.DatetimeIndex(prices.index))]
    return prices


def _forecasts(run: Signals, history: History) -> pd.DataFrame:
    tables = [walk.table() for walks in run.walks.values() for walk in walks]
    table = pd.concat([part for part in tables if len(part)], ignore_index=True)
    return with_outcomes(table, history, run.strategy.forecast_frequency)


def coin_flip_positions(strategy: Strategy, origins: pd.DatetimeIndex) -> pd.DataFrame:
    """Origins x (coin, ``coin``, instrument): seeded traders, each tossing anew at every origin and instrument."""
    n_coins, symbols = strategy.coin_flips, strategy.instruments
    seed = derived_seed(strategy.seed, "coin flips", origins[0])
    tossed = coin_flips(len(origins), n_coins * len(symbols), seed)
    labels = [(f"coin {number + 1}", "coin", symbol) for number in range(n_coins) for symbol in symbols]
    return pd.DataFrame(tossed, index=origins, columns=pd.MultiIndex.from_tuples(labels, names=COLUMN_LEVELS))

"""How much of a run is luck: what the best of so many trials would show without skill, worked out by `evaluation`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from macrotrade.evaluation.deflated_sharpe import deflated_sharpe
from macrotrade.evaluation.overfitting import Overfitting, overfitting_probability
from macrotrade.evaluation.superiority import Superiority, superior_returns
from macrotrade.report.cast import BASELINE, BUY_AND_HOLD
from macrotrade.report.words import name_of, rule_of
from macrotrade.strategy.result import Backtest

__all__ = ["Luck", "judge_luck", "monthly_returns"]

_MONTHS = 12.0


@dataclass(frozen=True, eq=False)
class Luck:
    """Tests of a run that allow for everything that was tried, on monthly returns.

    Trials are the provider and rule pairs of the run on each instrument; baselines are yardsticks and no trials.

    Attributes
    ----------
    sharpe
        Rows by (provider, rule, instrument): deflated Sharpe ratio and its parts, over all trials of the run; see
        :func:`macrotrade.evaluation.deflated_sharpe.deflated_sharpe`. Sharpe ratios are monthly.
    overfitting
        Instrument to the probability of backtest overfitting over its trials.
    superiority
        Instrument to the tests of superior predictive ability against buy and hold, trials named in words.
    """

    sharpe: pd.DataFrame
    overfitting: Mapping[str, Overfitting]
    superiority: Mapping[str, Superiority]


def judge_luck(backtest: Backtest) -> Luck:
    """Deflated Sharpe ratios, probability of overfitting, and tests of superiority of a run."""
    monthly = monthly_returns(backtest)
    tried = monthly.loc[:, monthly.columns.get_level_values("rule") != BASELINE]
    symbols = list(tried.columns.unique("instrument"))
    by_symbol = {str(symbol): _named(tried, symbol) for symbol in symbols}
    seed = backtest.strategy.seed
    return Luck(
        sharpe=deflated_sharpe(tried),
        overfitting={symbol: overfitting_probability(returns) for symbol, returns in by_symbol.items()},
        superiority={
            symbol: superior_returns(monthly[BUY_AND_HOLD, BASELINE, symbol], returns, seed=seed)
            for symbol, returns in by_symbol.items()
        },
    )


def monthly_returns(backtest: Backtest) -> pd.DataFrame:
    """Returns of the run compounded by calendar month, months x (provider, rule, instrument); bars of months are kept.

    Months, because decisions are monthly at most, and months are nearer to independent than sessions. Nothing is held
    through the first session, whose close fills the first order: what that order costs is charged to the month of the
    second, and a month of nothing but that close is none.
    """
    sessions = pd.DatetimeIndex(backtest.returns.index)
    months = sessions if backtest.periods_per_year <= _MONTHS else sessions.to_period("M")
    earning = months[1:2].append(months[1:]) if len(months) > 1 else months
    return (1.0 + backtest.returns).groupby(earning).prod(min_count=1) - 1.0


def _named(tried: pd.DataFrame, symbol: str) -> pd.DataFrame:
    """Trials of one instrument, their columns named in words."""
    own = tried.loc[:, tried.columns.get_level_values("instrument") == symbol]
    pairs = zip(own.columns.get_level_values("provider"), own.columns.get_level_values("rule"), strict=True)
    return own.set_axis([f"{name_of(str(provider))} {rule_of(str(rule))}" for provider, rule in pairs], axis=1)

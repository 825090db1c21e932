"""How good a run was: every figure that a report states, worked out by :mod:`macrotrade.evaluation`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pandas as pd

from macrotrade.evaluation.accuracy import accuracy
from macrotrade.evaluation.difference import BootstrapDraws, bootstrap_draws
from macrotrade.evaluation.direction import direction_table, hit_rate_by_year
from macrotrade.evaluation.performance import performance
from macrotrade.evaluation.sensitivity import sensitivity_table, without_best_months, without_worst_months
from macrotrade.report.cast import BASELINE, BUY_AND_HOLD
from macrotrade.report.luck import Luck, judge_luck
from macrotrade.strategy.result import Backtest

__all__ = ["INTERVAL", "Judgement", "judge"]

INTERVAL = 0.90
"""Probability inside the intervals of a report."""

_COST_MULTIPLES = (0.0, 0.5, 1.0, 2.0, 5.0)

_BASES = ("direct-autoregression", "autoregression", "naive")
"""Providers whose errors make the base of a ratio, as the forecasting literature has it."""

_CALLS = ("provider", "series", "measure", "horizon")


@dataclass(frozen=True, eq=False)
class Judgement:
    """Figures of a run; what each column is stands in the functions of :mod:`macrotrade.evaluation` that make them.

    Attributes
    ----------
    performance, coin_flips
        Rows by (provider, rule, instrument): track records, of the run and of the coin-flip traders.
    efficiency
        Rows by (provider, rule, instrument) of the providers: efficiency with its interval, estimate, low and high.
    efficiency_difference, return_difference
        Rows by (provider, rule, instrument): estimate, low, high and probability_below of the difference to buy and
        hold.
    direction
        Rows by (provider, series, measure, horizon): hit rate, base rate, confusion, p-values, of the price.
    years
        Rows by (provider, series, measure, horizon, year): hit_rate, base_rate, n.
    accuracy
        Rows by (provider, series, measure, horizon): rmse, mae, bias, and ``rmse to NAME`` for each of `bases`.
    bases
        Providers at the base of a ratio.
    sensitivity
        Rows by (provider, rule, instrument), a column for each changed assumption: efficiency.
    costs
        Rows by (provider, rule, instrument), a column for each multiple of the stated costs: annual return.
    luck
        Tests that allow for everything tried.
    """

    performance: pd.DataFrame
    coin_flips: pd.DataFrame
    efficiency: pd.DataFrame
    efficiency_difference: pd.DataFrame
    return_difference: pd.DataFrame
    direction: pd.DataFrame
    years: pd.DataFrame
    accuracy: pd.DataFrame
    bases: tuple[str, ...]
    sensitivity: pd.DataFrame
    costs: pd.DataFrame
    luck: Luck


def judge(backtest: Backtest) -> Judgement:
    """Everything that a report states of a run."""
    forecasts = backtest.forecasts
    signs = {item.driver: int(item.sign) for item in backtest.strategy.traded}
    bases = _bases(backtest)
    drawn = bootstrap_draws(backtest.returns, backtest.periods_per_year, seed=backtest.strategy.seed)
    return Judgement(
        performance=_performance(backtest, backtest.returns, backtest.exposure, backtest.turnover),
        coin_flips=_coin_flips(backtest),
        efficiency=_tried(drawn.interval("efficiency", INTERVAL)),
        efficiency_difference=_difference(drawn, "efficiency"),
        return_difference=_difference(drawn, "annual_return"),
        direction=direction_table(forecasts, _CALLS, signs),
        years=hit_rate_by_year(forecasts, _CALLS, signs),
        accuracy=_accuracy(forecasts, bases),
        bases=bases,
        sensitivity=_sensitivity(backtest),
        costs=_costs(backtest),
        luck=judge_luck(backtest),
    )


def _performance(
    backtest: Backtest, returns: pd.DataFrame, exposure: pd.DataFrame | None, turnover: pd.DataFrame | None
) -> pd.DataFrame:
    table = performance(returns, backtest.periods_per_year, exposure=exposure, turnover=turnover)
    return table.assign(drawdown_years=table["drawdown_sessions"] / backtest.periods_per_year)


def _coin_flips(backtest: Backtest) -> pd.DataFrame:
    if backtest.coin_flips.empty:
        return _performance(backtest, backtest.returns, None, None).iloc[:0]
    return _performance(backtest, backtest.coin_flips, None, None)


def _tried(table: pd.DataFrame) -> pd.DataFrame:
    """Rows of the providers, baselines left out."""
    return table[table.index.get_level_values("rule") != BASELINE]


def _difference(drawn: BootstrapDraws, figure: Literal["efficiency", "annual_return"]) -> pd.DataFrame:
    """Every provider and rule against buy and hold of the same instrument, drawn together."""
    tried = [column for column in drawn.columns if column[1] != BASELINE]
    held = [(BUY_AND_HOLD, BASELINE, symbol) for _, _, symbol in tried]
    return drawn.difference(figure, tried, held, INTERVAL)


def _bases(backtest: Backtest) -> tuple[str, ...]:
    """Titles of the providers of the run that serve as a base: naive, and the best-known autoregression among them."""
    titles = {choice.name: choice.title for choice in backtest.strategy.providers}
    known = set(backtest.forecasts["provider"])
    found = [titles[name] for name in _BASES if titles.get(name) in known]
    autoregressions = [title for title in found if title != titles.get("naive")]
    return (*(title for title in found if title == titles.get("naive")), *autoregressions[:1])


def _accuracy(forecasts: pd.DataFrame, bases: tuple[str, ...]) -> pd.DataFrame:
    table = accuracy(forecasts)
    return table.assign(**{f"rmse to {base}": accuracy(forecasts, base)["rmse_ratio"] for base in bases})


def _sensitivity(backtest: Backtest) -> pd.DataFrame:
    """Efficiency as run and under one change at a time."""
    from macrotrade.portfolio.simulate import track_record

    returns, gross = backtest.returns, backtest.gross_returns
    options = backtest.strategy.portfolio
    later = track_record(backtest.positions, backtest.prices, options.costs, options.delay + 1).returns
    halfway = returns.index[len(returns) // 2]
    variants = {
        "As run": returns,
        "No costs": gross,
        "Costs doubled": gross - 2.0 * (gross - returns),
        "Filled a session later": later,
        "Best two months out": without_best_months(returns),
        "Worst two months out": without_worst_months(returns),
        f"Until {halfway:%b %Y}": returns.loc[:halfway],
        f"From {halfway:%b %Y}": returns.loc[halfway:].iloc[1:],
    }
    return sensitivity_table(variants, backtest.periods_per_year)


def _costs(backtest: Backtest) -> pd.DataFrame:
    """Annual return at multiples of the costs charged; returns are linear in their costs."""
    charged = backtest.gross_returns - backtest.returns
    variants = {multiple: backtest.gross_returns - multiple * charged for multiple in _COST_MULTIPLES}
    table = sensitivity_table(
        {str(multiple): returns for multiple, returns in variants.items()}, backtest.periods_per_year, "annual_return"
    )
    return table.set_axis(list(_COST_MULTIPLES), axis=1)

"""What a backtest and a decision are, once they have been made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pandas as pd

from macrotrade.forecast import Exhibit, Explanation
from macrotrade.panel.panel import Vintages

if TYPE_CHECKING:
    from macrotrade.strategy.spec import Strategy

__all__ = ["COLUMN_LEVELS", "Backtest", "Decision", "Source"]

COLUMN_LEVELS = ("provider", "rule", "instrument")
"""Levels of the columns of positions and returns. Baselines stand among the providers, with the rule ``baseline``."""


@dataclass(frozen=True)
class Source:
    """Where the numbers came from, for the foot of every page.

    Attributes
    ----------
    name
        Of the history.
    vintages
        ``true`` or ``pseudo``.
    notes
        What was spliced, renamed, imputed or left out, in words.
    first, last
        First and last day of the prices used.
    """

    name: str
    vintages: Vintages
    notes: tuple[str, ...]
    first: pd.Timestamp
    last: pd.Timestamp


@dataclass(frozen=True)
class Decision:
    """What one provider and rule say of one instrument at one origin.

    Attributes
    ----------
    provider, rule, instrument
        Who says it, by which rule, of what.
    as_of
        Origin: decided at the end of this day, held from the first session after it.
    position
        Target exposure in [-1, 1].
    score
        2 P(price up) - 1, in [-1, 1].
    probability_up
        Probability that the instrument's price rises over the holding period.
    driver, origin, point, low, high, measure
        The driver series: its last known value in reported units; mean and 10 and 90 per cent quantiles of its
        forecast in `measure`.
    horizon
        Periods ahead.
    since
        Origin since which the position has had this sign; None where no earlier origin was run.
    previous
        Position at the origin before, or None.
    members
        Tidy rows (member, weight, mean, scale).
    reasons
        What is behind the forecast, in words.
    data_until
        Series name to its last known period at the origin.
    vintages
        ``true`` or ``pseudo``: the kind of numbers it rests on.
    """

    provider: str
    rule: str
    instrument: str
    as_of: pd.Timestamp
    position: float
    score: float
    probability_up: float
    driver: str
    origin: float
    point: float
    low: float
    high: float
    measure: str
    horizon: int
    since: pd.Timestamp | None
    previous: float | None
    members: tuple[Mapping[str, Any], ...]
    reasons: tuple[str, ...]
    data_until: Mapping[str, str]
    vintages: Vintages = "pseudo"


@dataclass(frozen=True, eq=False)
class Backtest:
    """A finished run: forecasts, positions and what they earned.

    Attributes
    ----------
    strategy
        The strategy as it was run.
    source
        Where the numbers came from.
    forecasts
        Tidy, a row per (provider, as_of, series, horizon): columns provider, as_of, series, measure, horizon, period
        (the period forecast), origin (last known value), point, spread, low, high, probability_up, outcome (realised
        value of the same measure from the series as last reported; NaN while unknown).
    scores
        Origins x (provider, ahead, instrument): 2 P(price up) - 1 for the period held, forecast `ahead` periods before.
    positions
        Origins x (provider, rule, instrument): target exposure decided at each origin.
    prices
        Sessions x instrument: the index or price that was traded.
    exposure
        Sessions x (provider, rule, instrument): exposure carried through each session.
    returns
        Sessions x (provider, rule, instrument): simple returns net of costs, decimal, per session.
    gross_returns
        The same before costs.
    turnover
        Sessions x (provider, rule, instrument): traded at each close, as a fraction of the portfolio.
    coin_flips
        Sessions x (coin, ``coin``, instrument): net returns of traders who toss a coin at every origin; their spread is
        what luck alone earns.
    cost_rates
        Instrument x (trade, roll): cost of one unit of turnover, and of holding one unit for a session, decimal.
    periods_per_year
        Sessions in a year: 252 for daily bars, 12 for monthly.
    decisions
        The decisions at the last origin.
    refusals
        Tidy: provider, series, as_of and reason of every origin at which there is no forecast; nothing is held there.
    exhibits
        What providers show of themselves as fitted last, by provider.
    explanations
        Why forecasts changed at the last origin, by provider that can say.
    """

    strategy: Strategy
    source: Source
    forecasts: pd.DataFrame
    scores: pd.DataFrame
    positions: pd.DataFrame
    prices: pd.DataFrame
    exposure: pd.DataFrame
    returns: pd.DataFrame
    gross_returns: pd.DataFrame
    turnover: pd.DataFrame
    coin_flips: pd.DataFrame
    cost_rates: pd.DataFrame
    periods_per_year: float
    decisions: tuple[Decision, ...]
    refusals: pd.DataFrame = field(
        default_factory=lambda: pd.DataFrame(columns=["provider", "series", "as_of", "reason"])
    )
    exhibits: Mapping[str, tuple[Exhibit, ...]] = field(default_factory=dict)
    explanations: Mapping[str, tuple[Explanation, ...]] = field(default_factory=dict)

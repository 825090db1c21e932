"""Issued signals judged against what happened since.

1. which rows count, and from which day      `issued`
2. positions as they were said               positions.py
3. exposure, costs, returns                  portfolio/, the code of every backtest
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from macrotrade.errors import DataError, SettingsError
from macrotrade.ledger.ledger import Ledger
from macrotrade.ledger.positions import forecasts_of, positions_of, scores_of, yardsticks
from macrotrade.ledger.replays import Histories
from macrotrade.ledger.settings import strategy_of
from macrotrade.panel.vintages import History
from macrotrade.schedule import month_end_sessions
from macrotrade.strategy.clock import Clock
from macrotrade.strategy.outcomes import with_outcomes
from macrotrade.strategy.result import Backtest, Source
from macrotrade.strategy.spec import Strategy

__all__ = ["LIVE_WITHIN_DAYS", "Score", "issued", "score"]

LIVE_WITHIN_DAYS = 7
"""A row written more days after its decision day than this was written later, and is no live signal."""

_FEWEST_SESSIONS = 2


@dataclass(frozen=True, eq=False)
class Score:
    """Issued signals of one strategy, judged.

    Attributes
    ----------
    strategy
        As in the settings last written.
    rows
        Every row of it, with the columns of :func:`issued`: which count, and why others do not.
    later
        Whether the rows judged are those written later, in place of the live ones.
    backtest
        What the positions earned, in the form that reports take; None where nothing can be judged yet.
    reason
        Why there is no track record, in words; empty where there is one.
    """

    strategy: Strategy
    rows: pd.DataFrame
    later: bool
    backtest: Backtest | None
    reason: str

    @property
    def counts(self) -> dict[str, int]:
        """How many rows count, and how many do not for each reason."""
        return {str(why): int(n) for why, n in self.rows["standing"].value_counts().items()}


def score(
    path: str | Path | None = None,
    *,
    strategy: str | None = None,
    later: bool = False,
    within_days: int = LIVE_WITHIN_DAYS,
    data: str | Path | None = None,
) -> tuple[Score, ...]:
    """What the signals in the ledger have earned since they were issued, a score for each strategy.

    A position counts as it was first said, whatever was corrected later, from the first session strictly after the day
    on which it was written (in New York) and not before its decision day; it stands until the next is said. Costs are
    those of the strategy.

    Parameters
    ----------
    path
        File; see :func:`macrotrade.ledger.place.ledger_path` for the default.
    strategy
        Name; all by default. Groups of a watchlist with settings of their own are judged one by one.
    later
        Judge the rows that were written later, each from its decision day, in place of those issued live. They prove
        nothing: whoever wrote them could know what had happened.
    within_days
        Days after its decision day within which a row is live.
    data
        Where the data lie now, in place of the path in the settings.

    Raises
    ------
    SettingsError
        If the ledger has no such strategy.
    """
    if within_days < 0:
        raise SettingsError(f"within_days={within_days} counts days, 0 or more.")
    with Ledger.read(path) as ledger:
        rows, settings = ledger.frame(strategy=strategy), ledger.texts("settings")
    if strategy is not None and rows.empty:
        raise SettingsError(f"The ledger has no row of a strategy {strategy!r}; see `macrotrade ledger show`.")
    histories, scores = Histories(data), []
    for text, group in _groups(rows):
        run = histories.moved(strategy_of(settings[text], int(group["sequence"].iloc[-1])))
        scores.append(_score(run, histories.of(run), issued(group, later, within_days), later))
    return tuple(scores)


def issued(rows: pd.DataFrame, later: bool = False, within_days: int = LIVE_WITHIN_DAYS) -> pd.DataFrame:
    """Rows with what they are worth as proof.

    Further columns: ``days_after`` (days from the decision day to the day of writing, in New York), ``held_from`` (the
    position is carried by the first session strictly after this day), ``standing`` (``counts``, or why not) and
    ``counts``.

    Parameters
    ----------
    rows
        Of one strategy, as :meth:`macrotrade.ledger.ledger.Ledger.frame` gives them.
    later
        Count the rows written later, from their decision day, in place of the live ones.
    within_days
        Days within which a row is live.
    """
    written = rows["written"].dt.tz_convert(ZoneInfo(Clock().zone)).dt.tz_localize(None).dt.normalize()
    days_after = (written - rows["as_of"]).dt.days
    live = (days_after <= within_days).to_numpy()
    positioned = rows["position"].notna().to_numpy()
    wanted = (live != later) & positioned
    key = ["as_of", "instrument", "provider", "rule", "ahead"]
    repeated = np.zeros(len(rows), dtype=bool)
    repeated[wanted] = rows.loc[wanted, key].duplicated().to_numpy()
    standing = np.select(
        [~live & (not later), live & later, ~positioned, repeated],
        ["written later", "live", "no position", "said before"],
        "counts",
    )
    held_from = rows["as_of"] if later else np.maximum(rows["as_of"], written)
    return rows.assign(
        days_after=days_after, held_from=held_from, standing=standing, counts=standing == "counts"
    ).sort_values(["as_of", "sequence"], kind="stable")


def _groups(rows: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    """Rows of each strategy, its instruments parted by the settings they last had."""
    for _, named in rows.groupby("strategy", sort=False):
        last = named.groupby("instrument", sort=False)["settings"].last()
        for text in dict.fromkeys(last):
            yield str(text), named[named["instrument"].isin(last.index[last == text])]


def _score(strategy: Strategy, history: History, rows: pd.DataFrame, later: bool) -> Score:
    counted = rows[rows["counts"]]
    if counted.empty:
        which = "was written later" if later else f"was issued live ({_counts(rows)})"
        return Score(strategy, rows, later, None, f"No position {which}: there is nothing to judge.")
    try:
        return Score(strategy, rows, later, _backtest(strategy, history, rows, later), "")
    except DataError as error:
        return Score(strategy, rows, later, None, str(error))


def _counts(rows: pd.DataFrame) -> str:
    return ", ".join(f"{n} {why}" for why, n in rows["standing"].value_counts().items())


def _backtest(strategy: Strategy, history: History, rows: pd.DataFrame, later: bool) -> Backtest:
    """The track record of what was said, by the code of every backtest."""
    from macrotrade.portfolio.simulate import track_record

    said = positions_of(rows)
    baselines, coins = yardsticks(strategy, history, pd.DatetimeIndex(said.index))
    held = pd.concat([said, baselines], axis=1)
    prices = _prices(strategy, history, said)
    options = strategy.portfolio
    record = track_record(held, prices, options.costs, options.delay)
    # A report asks what one session later would have earned, so it takes two.
    if len(record.returns) <= _FEWEST_SESSIONS:
        raise DataError(_too_early(said, prices))
    forecasts = with_outcomes(forecasts_of(strategy, rows), history, strategy.forecast_frequency)
    return Backtest(
        strategy=strategy.changed(name=f"{strategy.name}, {'written later' if later else 'as issued'}"),
        source=Source(
            history.name,
            history.vintages,
            (*_notes(rows, later), *history.notes),
            prices.index[0],
            prices.index[-1],
        ),
        forecasts=forecasts,
        scores=scores_of(rows),
        positions=held,
        prices=record.closes.frame,
        exposure=record.exposure,
        returns=record.returns,
        gross_returns=record.gross_returns,
        turnover=record.turnover,
        coin_flips=track_record(coins, prices, options.costs, options.delay).returns,
        cost_rates=record.rates.table(),
        periods_per_year=record.periods_per_year,
        decisions=(),
    )


def _prices(strategy: Strategy, history: History, said: pd.DataFrame) -> pd.DataFrame:
    """Sessions x instrument, from the close that fills the first position to the last at which all are quoted."""
    prices = history.prices(list(said.columns.unique("instrument")))
    last = min(prices.index[prices[symbol].notna()][-1] for symbol in prices)
    start = max(int(prices.index.searchsorted(said.index[0], side="right")) - 1, 0)
    prices = prices.iloc[start:].loc[:last]
    if prices.empty or prices.index[-1] <= said.index[0]:
        raise DataError(_too_early(said, history.prices(list(said.columns.unique("instrument")))))
    if strategy.portfolio.bars == "monthly":
        return prices.ffill().loc[month_end_sessions(pd.DatetimeIndex(prices.index))]
    return prices


def _too_early(said: pd.DataFrame, prices: pd.DataFrame) -> str:
    return (
        f"Too early to judge: the first position is held from the first session after {said.index[0]:%Y-%m-%d}, "
        f"and the prices end on {prices.index[-1]:%Y-%m-%d}. Update the data, and ask again when two sessions have "
        "passed."
    )


def _notes(rows: pd.DataFrame, later: bool) -> tuple[str, ...]:
    counted = rows[rows["counts"]]
    first, last = counted["written"].min(), counted["written"].max()
    span = f"{first:%Y-%m-%d %H:%M} to {last:%Y-%m-%d %H:%M} UTC"
    if later:
        told = (
            f"written later: {len(counted)} rows of the ledger, written {span}, each held from its decision day; they "
            "were written when the outcome could be known, and prove nothing"
        )
    else:
        told = (
            f"positions as issued: {len(counted)} rows of the ledger, written {span}, each held from the first session "
            "after the day it was written"
        )
    return (told, f"what was first said counts; of all {len(rows)} rows {_counts(rows)}")

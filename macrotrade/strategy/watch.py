"""What a watchlist says on a day: where each instrument stands, by whose votes, since when, and why it changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd

from macrotrade.errors import DataError, FitError, SettingsError
from macrotrade.instruments import Instrument
from macrotrade.panel.panel import Vintages
from macrotrade.panel.vintages import History
from macrotrade.strategy.decide import decisions, signals_at
from macrotrade.strategy.reasons import Change, changes
from macrotrade.strategy.result import Decision
from macrotrade.strategy.run import POOL, Signals, rule_label, targets_of
from macrotrade.strategy.spec import Strategy
from macrotrade.strategy.walk_forward import Progress, fit_days
from macrotrade.strategy.watchlist import Watchlist

__all__ = ["Decided", "Refused", "Standing", "Watched", "watch", "watch_source"]

_LOOK_BACK = 13
_YEARS_OF_PRICES = 4


@dataclass(frozen=True, eq=False)
class Standing:
    """Where one instrument stands by one rule.

    Attributes
    ----------
    decision
        What counts: the pooled vote where the providers are pooled, else the one provider's.
    votes
        Every provider's own decision, the same as `decision` where there is only one.
    changes
        Why the forecasts of the driver changed since the decision before, by provider.
    past
        Origins x (score, position), the last row being the decision's own.
    horizons
        Periods ahead whose forecasts vote for the score, rising; the forecast quoted is that of the first.
    """

    decision: Decision
    votes: tuple[Decision, ...]
    changes: tuple[Change, ...]
    past: pd.DataFrame
    horizons: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Decided:
    """Decisions of one group of instruments, with the strategy that made them.

    Attributes
    ----------
    strategy
        As run.
    decisions
        Every provider's and the vote's, by rule and instrument.
    """

    strategy: Strategy
    decisions: tuple[Decision, ...]


@dataclass(frozen=True)
class Refused:
    """A group of instruments for which there is no decision.

    Attributes
    ----------
    strategy
        What would have been run.
    as_of
        Day of the decision that was asked for.
    reason
        In words: which data are too old, or why no provider could be fitted.
    """

    strategy: Strategy
    as_of: pd.Timestamp
    reason: str


@dataclass(frozen=True, eq=False)
class Watched:
    """A watchlist on a day.

    Attributes
    ----------
    watchlist
        As run.
    as_of
        Last day whose data could be used.
    acts_on
        First session after the decision: when positions are put on.
    standings
        In the order of the file, by instrument and rule.
    decided, refused
        What was decided by which strategy, and what could not be.
    prices
        Sessions x instrument, the last years.
    vintages, source, notes
        Kind of numbers, their source, and what was spliced, imputed or left out.
    history
        Where the numbers came from; None where they could not be loaded, and all was refused.
    """

    watchlist: Watchlist
    as_of: pd.Timestamp
    acts_on: pd.Timestamp
    standings: tuple[Standing, ...]
    decided: tuple[Decided, ...]
    refused: tuple[Refused, ...]
    prices: pd.DataFrame
    vintages: Vintages
    source: str
    notes: tuple[str, ...]
    history: History | None

    @property
    def voices(self) -> frozenset[tuple[str, str, str]]:
        """Instrument, provider and rule of each standing."""
        return frozenset((said.instrument, said.provider, said.rule) for said in (s.decision for s in self.standings))

    @property
    def reasons_refused(self) -> dict[str, tuple[str, ...]]:
        """Each reason to the instruments that were refused for it."""
        found: dict[str, tuple[str, ...]] = {}
        for refused in self.refused:
            found[refused.reason] = (*found.get(refused.reason, ()), *refused.strategy.instruments)
        return found


def watch_source(
    watchlist: Watchlist,
    as_of: str | pd.Timestamp | None = None,
    *,
    now: datetime | None = None,
    look_back: int = _LOOK_BACK,
    n_jobs: int = 1,
    store: str | Path | None = None,
    progress: Progress | None = None,
) -> Watched:
    """The same on the watchlist's own data; where they cannot be loaded, every group is refused with the reason.

    Parameters
    ----------
    watchlist, as_of, now, look_back, n_jobs, store, progress
        See :func:`watch`.
    """
    try:
        history = watchlist.data.load()
    except DataError as error:
        today = _today(watchlist, as_of, now)
        refused = tuple(
            Refused(strategy, _decision_day(strategy, today), str(error)) for strategy in watchlist.strategies
        )
        acts_on = watchlist.clock.acts_on(today)
        source = watchlist.data.source
        return Watched(watchlist, today, acts_on, (), (), refused, pd.DataFrame(), "pseudo", source, (), None)
    return watch(watchlist, history, as_of, now=now, look_back=look_back, n_jobs=n_jobs, store=store, progress=progress)


def watch(
    watchlist: Watchlist,
    history: History,
    as_of: str | pd.Timestamp | None = None,
    *,
    now: datetime | None = None,
    look_back: int = _LOOK_BACK,
    n_jobs: int = 1,
    store: str | Path | None = None,
    progress: Progress | None = None,
) -> Watched:
    """Decisions of a watchlist for the last decision day on or before `as_of`.

    Each group is decided by :func:`macrotrade.strategy.decide.signals_at`, the function that backtests use. A group
    that is refused does not take the others with it.

    Parameters
    ----------
    watchlist, history
        What to watch, from what.
    as_of
        A past day, replayed from what was known then; one that is not over yet is refused. By default the last day
        whose closing hour has passed.
    now
        The moment of asking, with a time zone; the clock's by default.
    look_back
        Origins run, the decision's own included: how far back a page can show a signal.
    n_jobs, store, progress
        See :func:`macrotrade.strategy.walk_forward.walk_forward`; with a store a second run computes nothing again.
    """
    today = _today(watchlist, as_of, now)
    watchlist.clock.acts_on(today)  # an exchange that is not known is told before the work
    standings: list[Standing] = []
    decided: list[Decided] = []
    refused: list[Refused] = []
    for strategy in watchlist.strategies:
        try:
            run = signals_at(
                strategy, history, today, look_back=look_back, n_jobs=n_jobs, store=store, progress=progress
            )
        except (DataError, FitError) as error:
            refused.append(Refused(strategy, _decision_day(strategy, today), str(error)))
            continue
        made = decisions(run, history)
        decided.append(Decided(strategy, made))
        standings += _standings(run, history, made, None if store is None else Path(store))
    days = [group.decisions[0].as_of for group in decided] or [group.as_of for group in refused]
    last = max(days)
    return Watched(
        watchlist,
        last,
        watchlist.clock.acts_on(last),
        tuple(standings),
        tuple(decided),
        tuple(refused),
        _prices(watchlist, history, last),
        history.vintages,
        history.name,
        history.notes,
        history,
    )


def _today(watchlist: Watchlist, as_of: str | pd.Timestamp | None, now: datetime | None) -> pd.Timestamp:
    """The day asked for, or the last one of which the closing hour has passed; never a later one than that."""
    last = watchlist.clock.today(now or datetime.now(UTC))
    if as_of is None:
        return last
    asked = pd.Timestamp(as_of)
    if asked > last:
        raise SettingsError(
            f"{asked:%Y-%m-%d} is not over: the last day that can be decided is {last:%Y-%m-%d}, since a day ends for "
            f"{watchlist.name!r} at {watchlist.clock.at} in {watchlist.clock.zone}. Ask for that day or an earlier one."
        )
    return asked


def _decision_day(strategy: Strategy, today: pd.Timestamp) -> pd.Timestamp:
    """Last decision day on or before `today`: a refusal repeated until the next one says nothing new."""
    return pd.Timestamp(strategy.schedule.origins(today - pd.DateOffset(months=6), today)[-1])


def _standings(run: Signals, history: History, made: tuple[Decision, ...], store: Path | None) -> list[Standing]:
    why = {ahead: _changes(run, history, ahead, store) for ahead in run.strategy.periods_ahead}
    chosen = [POOL] if run.strategy.pool else [choice.title for choice in run.strategy.providers]
    by_key = {(each.provider, each.rule, each.instrument): each for each in made}
    found = []
    for item in run.strategy.traded:
        for ahead in run.strategy.periods_ahead:
            voting = tuple(sorted(set(run.strategy.horizons))) if ahead == 1 else (ahead,)
            for rule in (rule_label(name, ahead) for name in run.strategy.rules):
                votes = tuple(by_key[choice.title, rule, item.symbol] for choice in run.strategy.providers)
                for provider in chosen:
                    own = votes if provider == POOL else (by_key[provider, rule, item.symbol],)
                    found.append(
                        Standing(
                            by_key[provider, rule, item.symbol],
                            own,
                            _of_driver(why[ahead], item, voting[0], tuple(vote.provider for vote in own)),
                            _past(run, provider, rule, ahead, item),
                            voting,
                        )
                    )
    return found


def _of_driver(why: list[Change], item: Instrument, horizon: int, providers: tuple[str, ...]) -> tuple[Change, ...]:
    return tuple(
        change
        for change in why
        if change.series == item.driver and change.horizon == horizon and change.provider in providers
    )


def _changes(run: Signals, history: History, ahead: int, store: Path | None) -> list[Change]:
    """Why the forecasts behind the positions changed since the decision before; none at the first.

    The forecast behind a position `ahead` periods ahead was made `ahead` - 1 origins before it.
    """
    last = len(run.origins) - ahead
    if last < 1:
        return []
    days = (run.origins[last - 1], run.origins[last])
    target = targets_of(run.strategy)[0 if ahead == 1 else -1]
    found: list[Change] = []
    for choice in run.strategy.providers:
        fits = fit_days(run.whole_run, choice.fitted_every(run.strategy.schedule))
        then = (fits[-ahead - 1], fits[-ahead])
        found += changes(choice, history, target, days, then, seed=run.strategy.seed, store=store)
    return found


def _past(run: Signals, provider: str, rule: str, ahead: int, item: Instrument) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "score": run.scores[provider, ahead, item.symbol],
            "position": run.positions[provider, rule, item.symbol],
        }
    )


def _prices(watchlist: Watchlist, history: History, last: pd.Timestamp) -> pd.DataFrame:
    held = [symbol for symbol in watchlist.instruments if symbol in history.market.columns]
    since = last - pd.DateOffset(years=_YEARS_OF_PRICES)
    return history.market.loc[since:last, held].dropna(how="all")

"""The same strategy under one changed assumption: what each column would have earned."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from macrotrade._typing import FloatArray
from macrotrade.errors import FitError
from macrotrade.evaluation.sensitivity import without_best_months, without_worst_months
from macrotrade.forecast import Forecast, provider_settings
from macrotrade.panel.averages import with_monthly_averages
from macrotrade.panel.vintages import History
from macrotrade.portfolio.costs import CostRates
from macrotrade.strategy.backtest import traded_prices
from macrotrade.strategy.parts import ProviderChoice
from macrotrade.strategy.run import Signals, ruled, scores_of, signals, targets_of, volatility_multiples
from macrotrade.strategy.spec import Strategy
from macrotrade.strategy.walk_forward import Progress, Walk

__all__ = ["BASELINE", "BUY_AND_HOLD", "Run", "Variant", "cheap_variants", "n_walks", "refitted_variants"]

BASELINE = "baseline"
BUY_AND_HOLD = "buy and hold"

_COST_MULTIPLES = {0.0: "no costs", 1.0: "costs as stated", 2.0: "costs doubled", 5.0: "costs five times as high"}
_BASIS_POINT = {"yield": 0.01, "price": 0.0001}


@dataclass(frozen=True, eq=False)
class Variant:
    """Returns under one changed assumption.

    Attributes
    ----------
    topic
        What kind of assumption: ``as run``, ``price``, ``yield``, ``sample``, ``forecast``, ``execution``, ``cost``,
        ``months``.
    assumption
        In words.
    returns
        Sessions x (provider, rule, instrument), net of costs; buy and hold included.
    periods_per_year
        Sessions in a year.
    notes
        What must be known to read it.
    """

    topic: str
    assumption: str
    returns: pd.DataFrame
    periods_per_year: float
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Run:
    """A run whose assumptions can be changed.

    Attributes
    ----------
    strategy, history, signals
        What was run, on what, and the forecasts, scores and positions it came to.
    """

    strategy: Strategy
    history: History
    signals: Signals

    @cached_property
    def positions(self) -> pd.DataFrame:
        """Positions of the providers and of buy and hold; the other baselines have no forecast to doubt."""
        held = self.signals.positions
        rule, provider = held.columns.get_level_values("rule"), held.columns.get_level_values("provider")
        return held.loc[:, (rule != BASELINE) | (provider == BUY_AND_HOLD)]

    @cached_property
    def prices(self) -> pd.DataFrame:
        """Prices on the strategy's bars."""
        return traded_prices(self.strategy, self.history)

    @cached_property
    def daily_prices(self) -> pd.DataFrame:
        """Prices on daily sessions."""
        options = self.strategy.portfolio.model_copy(update={"bars": "daily"})
        return traded_prices(self.strategy.changed(portfolio=options), self.history)

    @cached_property
    def multiples(self) -> pd.DataFrame | None:
        """Sizes by volatility, where there are any."""
        return volatility_multiples(self.strategy, self.history, self.signals.origins)

    def variant(
        self,
        topic: str,
        assumption: str,
        *,
        positions: pd.DataFrame | None = None,
        prices: pd.DataFrame | None = None,
        costs: CostRates | None = None,
        delay: int | None = None,
        notes: tuple[str, ...] = (),
    ) -> Variant:
        """What positions (the run's own by default) earned on prices, at costs and with a delay, likewise."""
        from macrotrade.portfolio.simulate import track_record

        options = self.strategy.portfolio
        record = track_record(
            self.positions if positions is None else positions,
            self.prices if prices is None else prices,
            options.costs if costs is None else costs,
            options.delay if delay is None else delay,
        )
        return Variant(topic, assumption, record.returns, record.periods_per_year, notes)

    def held_on(self, walks: Mapping[str, tuple[Walk, ...]], strategy: Strategy | None = None) -> pd.DataFrame:
        """Positions on other forecasts, made for the strategy given (the run's own by default), and buy and hold."""
        strategy = strategy or self.strategy
        held = ruled(strategy, scores_of(strategy, walks, self.signals.origins))
        if self.multiples is not None:
            held = held.mul(self.multiples, level="instrument", axis=1)
        return self.with_buy_and_hold(held)

    def with_buy_and_hold(self, *held: pd.DataFrame) -> pd.DataFrame:
        """Positions with those of buy and hold, in the run's order of columns; providers left out are left out."""
        joined = pd.concat([*held, self.positions.loc[:, [BUY_AND_HOLD]]], axis=1)
        return joined[[column for column in self.positions.columns if column in joined.columns]]


def cheap_variants(run: Run, nearby: pd.DataFrame | None = None) -> Iterator[Variant]:
    """The run as it is, and everything that needs no new forecast; `nearby` are unadjusted prices."""
    as_run = run.variant("as run", "as run")
    yield as_run
    yield from _unadjusted(run, nearby, "price", "unadjusted nearby price, roll gaps in it", run.positions)
    yield from _shifted_forecasts(run)
    yield from _execution(run)
    yield from _costs(run)
    yield from _months(run, as_run)


def refitted_variants(
    run: Run,
    nearby: pd.DataFrame | None = None,
    *,
    n_jobs: int = 1,
    store: str | Path | None = None,
    progress: Progress | None = None,
) -> Iterator[Variant]:
    """Other samples and other drivers, as ``strategy.sensitivity`` asks; each makes its forecasts anew.

    Parameters
    ----------
    run
        The run that is varied.
    nearby, n_jobs, store, progress
        As in :func:`macrotrade.strategy.sensitivity.sensitivity`.
    """

    def again(strategy: Strategy, history: History) -> Signals:
        return signals(strategy, history, run.signals.origins, n_jobs=n_jobs, store=store, progress=progress)

    yield from _samples(run, again)
    yield from _averages(run, nearby, again)


def n_walks(strategy: Strategy) -> int:
    """How many providers walk all origins, each time for one target: for the run itself and for what is refitted."""
    options, n_targets = strategy.sensitivity, len(targets_of(strategy))
    once = len(strategy.providers)
    again = len(_with_start(strategy)) * len(options.sample_starts) + once * (
        options.averages and _has_yields(strategy)
    )
    return (once + again) * n_targets


def _unadjusted(
    run: Run, nearby: pd.DataFrame | None, topic: str, assumption: str, positions: pd.DataFrame
) -> Iterator[Variant]:
    """Positions on the unadjusted price of the contract held, for those instruments that have one."""
    if nearby is None or nearby.empty:
        return
    traded = [symbol for symbol in run.strategy.instruments if symbol in nearby]
    held = positions.loc[:, positions.columns.get_level_values("instrument").isin(traded)]
    prices = nearby[traded].reindex(run.daily_prices.index).ffill().reindex(run.prices.index)
    note = "An unadjusted price holds the gaps between contracts, which no position earns; it is shown for comparison."
    yield run.variant(topic, assumption, positions=held, prices=prices, notes=(note,))


def _shifted_forecasts(run: Run) -> Iterator[Variant]:
    for points in run.strategy.sensitivity.shifts:
        size = {item.driver: points * _BASIS_POINT[item.driver_kind] for item in run.strategy.traded}

        def by(forecast: Forecast, size: dict[str, float] = size) -> FloatArray:
            return np.array([size[name] for name in forecast.target.names])

        walks = {title: tuple(_shifted(walk, by) for walk in parts) for title, parts in run.signals.walks.items()}
        note = "A basis point is a hundredth of a percentage point of a yield, or of a per cent of a price."
        unit, way = ("basis point" if abs(points) == 1.0 else "basis points"), ("higher" if points > 0 else "lower")
        words = f"every forecast {abs(points):g} {unit} {way}"
        yield run.variant("forecast", words, positions=run.held_on(walks), notes=(note,))


def _shifted(walk: Walk, by: Callable[[Forecast], FloatArray]) -> Walk:
    """The walk with every member's mean moved by an array that spreads over (members, horizons, series)."""
    moved = tuple(replace(forecast, mean=forecast.mean + by(forecast)) for forecast in walk.forecasts)
    return replace(walk, forecasts=moved)


def _execution(run: Run) -> Iterator[Variant]:
    delay = run.strategy.portfolio.delay
    if run.strategy.portfolio.bars != "daily":
        yield run.variant("execution", "daily sessions", prices=run.daily_prices)
    yield run.variant("execution", "a session later", prices=run.daily_prices, delay=delay + 1)


def _costs(run: Run) -> Iterator[Variant]:
    from macrotrade.portfolio.closes import closes_of
    from macrotrade.portfolio.costs import cost_rates

    stated = cost_rates("futures", closes_of(run.prices))
    charged = 0.0 if run.strategy.portfolio.costs == "none" else 1.0
    for multiple, words in _COST_MULTIPLES.items():
        if multiple != charged:
            yield run.variant("cost", words, costs=stated.times(multiple))


def _months(run: Run, as_run: Variant) -> Iterator[Variant]:
    n_months, returns = run.strategy.sensitivity.n_months, as_run.returns
    halfway = returns.index[len(returns) // 2]
    changes = {
        f"best {n_months} months out": without_best_months(returns, n_months),
        f"worst {n_months} months out": without_worst_months(returns, n_months),
        f"until {halfway:%B %Y}": returns.loc[:halfway],
        f"after {halfway:%B %Y}": returns.loc[halfway:].iloc[1:],
    }
    for words, kept in changes.items():
        yield replace(as_run, topic="months", assumption=words, returns=kept)


def _samples(run: Run, again: Callable[[Strategy, History], Signals]) -> Iterator[Variant]:
    choices = _with_start(run.strategy)
    for start in run.strategy.sensitivity.sample_starts if choices else ():
        words = f"estimated from {start} on"
        held, notes = [], []
        for choice in choices:
            later = ProviderChoice.model_validate({**choice.model_dump(), "start": start, "label": choice.title})
            try:
                other = again(run.strategy.changed(providers=(later,), pool=False), run.history)
            except FitError as error:
                notes.append(f"{words}: {error}")
                continue
            held.append(_but_baselines(other.positions))
            notes += _flat_at(other, words)
        yield run.variant("sample", words, positions=run.with_buy_and_hold(*held), notes=tuple(notes))


def _flat_at(other: Signals, words: str) -> Iterator[str]:
    """How many origins a provider refused though not all of them: it held nothing there."""
    for title, walks in other.walks.items():
        refused = {refusal.as_of for walk in walks for refusal in walk.refusals}
        if refused:
            yield f"{words}: {title!r} refused {len(refused)} of {len(other.origins)} origins and held nothing then"


def _with_start(strategy: Strategy) -> list[ProviderChoice]:
    """Providers whose sample can be told to start elsewhere."""
    return [choice for choice in strategy.providers if "start" in provider_settings(choice.load())]


def _has_yields(strategy: Strategy) -> bool:
    return any(item.driver_kind == "yield" and item.symbol not in strategy.drivers for item in strategy.traded)


def _averages(
    run: Run, nearby: pd.DataFrame | None, again: Callable[[Strategy, History], Signals]
) -> Iterator[Variant]:
    daily = {
        item.symbol: item.driver
        for item in run.strategy.traded
        if item.driver_kind == "yield" and item.driver in run.history.market.columns
    }
    if not run.strategy.sensitivity.averages or not daily:
        return
    averages = {_average_name(driver): driver for driver in daily.values()}
    drivers = {symbol: _average_name(driver) for symbol, driver in daily.items()}
    strategy = run.strategy.changed(drivers={**run.strategy.drivers, **drivers})
    words = "month-average yield, against the last average"
    try:
        other = again(strategy, with_monthly_averages(run.history, averages))
    except FitError as error:
        yield run.variant("yield", words, positions=run.with_buy_and_hold(), notes=(f"{words}: {error}",))
        return
    held = run.with_buy_and_hold(_but_baselines(other.positions))
    yield run.variant(
        "yield",
        words,
        positions=held,
        notes=(
            "A forecast of the next month's average yield, measured from the last average, is half a month stale: part "
            "of the move it speaks of had happened by the day of the decision.",
        ),
    )
    yield from _unadjusted(run, nearby, "yield", "the same on the unadjusted nearby price", held)

    def from_close(forecast: Forecast) -> FloatArray:
        return _since_last_close(forecast, averages, run.history)

    walks = {title: tuple(_shifted(walk, from_close) for walk in parts) for title, parts in other.walks.items()}
    yield run.variant(
        "yield",
        "month-average yield, against the last close",
        positions=run.held_on(walks, strategy),
        notes=(
            "The change between two later averages, two and more periods ahead, has no origin to be measured from.",
        ),
    )


def _average_name(driver: str) -> str:
    """FRED's own names: DGS30 by day, GS30 as the average of the month."""
    return driver.removeprefix("D") if driver.startswith("DGS") else f"{driver}_AVERAGE"


def _since_last_close(forecast: Forecast, averages: Mapping[str, str], history: History) -> FloatArray:
    """What turns changes since the last average into changes since the last close: last average - last close."""
    target = forecast.target
    by = np.zeros((len(target.horizons), len(target.names)))
    for column, (series, measure) in enumerate(zip(target.names, target.measures, strict=True)):
        if series not in averages:
            continue
        close = history.market[averages[series]].loc[: forecast.as_of].dropna().iloc[-1]
        since_origin = [measure == "change" or horizon == 1 for horizon in target.horizons]
        by[since_origin, column] = forecast.origin[column] - float(close)
    return by


def _but_baselines(held: pd.DataFrame) -> pd.DataFrame:
    return held.loc[:, held.columns.get_level_values("rule") != BASELINE]

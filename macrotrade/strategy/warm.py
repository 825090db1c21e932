"""Fill the compile caches: run once, on real numbers, everything that is compiled when first used."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from functools import partial

from macrotrade.errors import MacrotradeError
from macrotrade.panel.vintages import History
from macrotrade.providers.registry import installed
from macrotrade.strategy.demo import demo_choice, demo_strategy
from macrotrade.strategy.run import origins_of, signals
from macrotrade.strategy.spec import Strategy

__all__ = ["warm_caches"]


def warm_caches() -> Iterator[str]:
    """Fit and forecast once with every installed provider, and simulate once; yields a line on each step."""
    from macrotrade.sources.load import load

    history = load("embedded")
    strategy = demo_strategy()
    for name in installed():
        yield f"{name}: {_seconds(partial(_one_origin, strategy, name, history))}"
    yield f"portfolio: {_seconds(partial(_simulated, history))}"


def _one_origin(strategy: Strategy, name: str, history: History) -> None:
    alone = strategy.changed(providers=(demo_choice(name),))
    signals(alone, history, origins_of(alone, history), rows=1)


def _simulated(history: History) -> None:
    """The portfolio of buying and holding, its statistics read."""
    from macrotrade.portfolio.simulate import simulate

    prices = history.prices(["ZN"]).dropna().iloc[-500:]
    simulate(prices.iloc[::21] * 0.0 + 1.0, prices).stats(agg_func=None)


def _seconds(work: Callable[[], None]) -> str:
    started = time.perf_counter()
    try:
        work()
    except MacrotradeError as error:
        return f"skipped, {error}"
    return f"{time.perf_counter() - started:.1f} s"

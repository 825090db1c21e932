"""The strategy of ``macrotrade demo``: the installed providers on ZN, ZB and SPX."""

from __future__ import annotations

from macrotrade.errors import MacrotradeError
from macrotrade.panel.vintages import History
from macrotrade.providers.registry import ProviderEntry, installed, provider_class
from macrotrade.strategy.parts import ProviderChoice
from macrotrade.strategy.run import origins_of, signals
from macrotrade.strategy.spec import Strategy

__all__ = ["able", "demo_choice", "demo_strategy", "left_out_of_demo"]


def demo_strategy() -> Strategy:
    """Installed providers with their default settings, long/flat and long/short, on the embedded data.

    A provider class may carry ``demo_refit_every``: origins between its fits in the demo, so that all are done in
    a minute, or None to stay out of it. Without that attribute it is fitted anew every month. It may carry
    ``demo_settings`` too, such as fewer members of an ensemble, whose number K is then part of its label.
    """
    return Strategy(
        name="demo",
        description="Installed providers, each month, on the 10-year note, the 30-year bond and the S&P 500.",
        providers=tuple(demo_choice(name) for name, refit in _refits().items() if refit is not None),
        instruments=("ZN", "ZB", "SPX"),
        rules=("long_flat", "long_short"),
        periods_ahead=(1, 2),
    )


def demo_choice(name: str) -> ProviderChoice:
    """A provider as the demo takes it: refitted as seldom, and set, as its class asks."""
    cls = provider_class(name)
    settings = dict(getattr(cls, "demo_settings", {}))
    label = f"{name}, K = {settings['n_members']}" if "n_members" in settings else name
    return ProviderChoice(name=name, label=label, refit_every=getattr(cls, "demo_refit_every", 1), **settings)


def able(strategy: Strategy, history: History) -> tuple[Strategy, dict[str, str]]:
    """The strategy without others' providers that cannot forecast its last origin, and what each of these said.

    Those that come with macrotrade are not tried: the demo's data are embedded, and to fit twice takes twice as long.
    """
    refused: dict[str, str] = {}
    origins = origins_of(strategy, history)
    entries = installed()
    for choice in strategy.providers:
        if choice.name in entries and entries[choice.name].is_own:
            continue
        try:
            signals(strategy.changed(providers=(choice,), pool=False), history, origins, rows=1)
        except MacrotradeError as error:
            refused[choice.title] = str(error)
    kept = tuple(choice for choice in strategy.providers if choice.title not in refused)
    return strategy.changed(providers=kept), refused


def left_out_of_demo() -> tuple[str, ...]:
    """Providers that take too long for the demo, or cannot be imported."""
    usable = {name: refit for name, refit in _refits().items() if refit is not None}
    return tuple(name for name in installed() if name not in usable)


def _refits() -> dict[str, int | None]:
    return {name: _refit_every(entry) for name, entry in installed().items() if entry.problem is None}


def _refit_every(entry: ProviderEntry) -> int | None:
    refit: int | None = getattr(entry.provider_class(), "demo_refit_every", 1)
    return refit

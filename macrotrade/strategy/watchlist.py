"""A watchlist as it is written down: what to watch, by whose forecasts, decided when."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from macrotrade.errors import SettingsError
from macrotrade.strategy.clock import Clock
from macrotrade.strategy.parts import DataOptions, parse, read_toml
from macrotrade.strategy.spec import Strategy

__all__ = ["Watchlist", "read_watchlist"]

_COMMON_ONLY = ("data", "name")


@dataclass(frozen=True)
class Watchlist:
    """Instruments watched together on the same data.

    Attributes
    ----------
    name, description
        For the page and the ledger.
    clock
        When a decision is taken.
    strategies
        One for each group of instruments that are watched alike; their data are the same.
    """

    name: str
    description: str
    clock: Clock
    strategies: tuple[Strategy, ...]

    @property
    def data(self) -> DataOptions:
        """Where the numbers come from."""
        return self.strategies[0].data

    @property
    def instruments(self) -> tuple[str, ...]:
        """Symbols, in the order of the file."""
        return tuple(symbol for strategy in self.strategies for symbol in strategy.instruments)


def read_watchlist(file: str | Path) -> Watchlist:
    """Watchlist from a TOML file; a strategy file is a watchlist of its instruments.

    A watchlist has the keys of a strategy (see :class:`macrotrade.strategy.spec.Strategy`), a table ``[clock]`` (see
    :class:`macrotrade.strategy.clock.Clock`), and a table ``[[watch]]`` for each group of instruments, whose keys
    replace those above for this group. Where several providers speak, their votes are pooled unless ``pool = false``.

    Raises
    ------
    SettingsError
        Naming the file, the group, the key, and the nearest known key or value.
    """
    return watchlist_of(read_toml(file), str(file))


def watchlist_of(table: Mapping[str, Any], origin: str = "watchlist") -> Watchlist:
    """Watchlist from the table of such a file; `origin` names it in messages."""
    common = dict(table)
    clock = parse(Clock, _as_table(common.pop("clock", {}), "clock", origin), f"{origin}, clock")
    groups = common.pop("watch", [{}])
    if not isinstance(groups, list) or not groups or not all(isinstance(group, Mapping) for group in groups):
        raise SettingsError(f"{origin}: write each group of instruments as a table [[watch]], at least one.")
    strategies = tuple(
        _strategy(common, group, origin if len(groups) == 1 else f"{origin}, watch {number}")
        for number, group in enumerate(groups, 1)
    )
    watched = Counter(symbol for strategy in strategies for symbol in strategy.instruments)
    twice = [symbol for symbol, times in watched.items() if times > 1]
    if twice:
        raise SettingsError(f"{origin}: {', '.join(twice)} is watched in several groups; leave it in one.")
    return Watchlist(strategies[0].name, strategies[0].description, clock, strategies)


def _strategy(common: Mapping[str, Any], group: Mapping[str, Any], origin: str) -> Strategy:
    for key in _COMMON_ONLY:
        if key in group:
            raise SettingsError(f"{origin}: {key!r} is common to the whole list; write it above the first [[watch]].")
    fields = dict(common)
    for singular, plural in Strategy.singulars.items():
        if singular in group or plural in group:
            fields.pop(singular, None)
            fields.pop(plural, None)
    fields.update(group)
    strategy = parse(Strategy, fields, origin)
    if "pool" not in fields and len(strategy.providers) > 1:
        return strategy.changed(pool=True)
    return strategy


def _as_table(given: object, key: str, origin: str) -> dict[str, Any]:
    if not isinstance(given, Mapping):
        raise SettingsError(f"{origin}: {key} is a table; write [{key}] and its keys below.")
    return dict(given)

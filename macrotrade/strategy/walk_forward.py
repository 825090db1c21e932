"""The walk: one forecast at every origin, each from what was known then.

The heart of it, for every origin::

    panel = history.as_of(origin)
    forecaster = provider.fit(history.as_of(fit_origin), target)     # fit_origin: the last origin at which to fit
    forecasts.append(forecaster.forecast(panel))

A live decision is this walk with one origin.

1. origins in blocks, the unit of work      walk_blocks.py
2. blocks that were done before             stores.py, blocks.py
3. the rest, here or on a cluster           engines/
4. walks of the whole                       this file
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from pathlib import Path
from typing import TypeAlias

import numpy as np
import pandas as pd

from macrotrade.errors import MacrotradeError
from macrotrade.forecast import Forecast, Provider, Target, tidy
from macrotrade.panel.vintages import History
from macrotrade.strategy.blocks import block_bytes, block_content
from macrotrade.strategy.engines import ORIGINS_IN_A_BLOCK, Engine, Lost, engine_for, run_tasks
from macrotrade.strategy.stores import Store, block_store
from macrotrade.strategy.walk_blocks import (
    Block,
    Failure,
    Outcome,
    Refusal,
    block_slices,
    derived_seed,
    outcomes,
    sharing_fits,
)

__all__ = ["Itinerary", "Progress", "Refusal", "Walk", "derived_seed", "fit_days", "walk_forward", "walks_of"]

Progress: TypeAlias = Callable[[int], None]
"""Called with the number of origins that have just been finished."""


@dataclass(frozen=True, eq=False)
class Walk:
    """Forecasts of one provider for one target.

    Attributes
    ----------
    provider, target
        Name of who forecast, and what.
    forecasts
        In order of their origins.
    refusals
        Origins at which there is no forecast, in order.
    """

    provider: str
    target: Target
    forecasts: tuple[Forecast, ...]
    refusals: tuple[Refusal, ...]

    def at(self, origin: pd.Timestamp) -> Forecast | None:
        """Forecast made at that origin, or None where the provider refused."""
        return self._by_origin.get(origin)

    @cached_property
    def _by_origin(self) -> dict[pd.Timestamp, Forecast]:
        return {forecast.as_of: forecast for forecast in self.forecasts}

    def table(self) -> pd.DataFrame:
        """Tidy table, a row for each (as_of, series, horizon); see :meth:`macrotrade.forecast.Forecast.frame`."""
        table = tidy(self.forecasts)
        table.insert(0, "provider", self.provider)
        return table


@dataclass(frozen=True, eq=False)
class Itinerary:
    """Who walks, for which target, over which origins.

    Attributes
    ----------
    provider, target, origins, fit_origins, name, seed, block
        As in :func:`walk_forward`.
    """

    provider: Provider
    target: Target
    origins: tuple[pd.Timestamp, ...]
    fit_origins: tuple[pd.Timestamp, ...]
    name: str
    seed: int = 0
    block: int = ORIGINS_IN_A_BLOCK

    def blocks(self) -> list[Block]:
        """Origins in blocks, never cut between two that share a fit."""
        return [
            Block(self.provider, self.target, self.origins[at], self.fit_origins[at], self.name, self.seed)
            for at in block_slices(self.fit_origins, self.block)
        ]


def walk_forward(
    provider: Provider,
    history: History,
    target: Target,
    origins: Sequence[pd.Timestamp] | pd.DatetimeIndex,
    *,
    fit_origins: Sequence[pd.Timestamp] | pd.DatetimeIndex | None = None,
    name: str = "provider",
    seed: int = 0,
    n_jobs: int = 1,
    engine: Engine | None = None,
    store: str | Path | None = None,
    block: int = ORIGINS_IN_A_BLOCK,
    progress: Progress | None = None,
) -> Walk:
    """Forecasts of `target` by `provider` at every origin, each from the panel of that day.

    Parameters
    ----------
    provider, history, target
        Who forecasts, from what, and what.
    origins
        Days at which to forecast, rising.
    fit_origins
        For each origin the day at whose panel the provider is fitted, never later than the origin; by default the
        origin itself.
    name
        Name in tables, and part of the seed.
    seed
        Of the run. Each fit draws from a seed made of (run, name, fit origin), so the order and the number of
        processes change nothing.
    n_jobs
        Processes of this machine, or workers of the engine; 1 stays in this process unless an engine is named.
    engine
        What carries the blocks; a cluster is connected or started for this walk alone, but within
        :func:`macrotrade.strategy.engines.kept_open`.
    store
        Folder in which finished blocks are kept, or the address of a shared folder or object store that fsspec knows;
        a walk started again with the same store does only what is missing. A block is known by the panels it reads,
        so it stays good when later data arrive.
    block
        Origins kept together in one file, never cut between two that share a fit; 1 keeps each origin by itself, for
        a live decision whose next run starts one origin later.
    progress
        Told how many origins were just finished.

    Raises
    ------
    MacrotradeError
        Naming provider, series and origin, if a provider breaks, once all other blocks are done and kept; a
        :class:`FitError` at one origin is a refusal instead, kept in the result.
    """
    days = tuple(pd.Timestamp(origin) for origin in origins)
    fits = tuple(pd.Timestamp(origin) for origin in fit_origins) if fit_origins is not None else days
    itinerary = Itinerary(provider, target, days, fits, name, seed, block)
    (walk,) = walks_of([itinerary], history, engine=engine_for(engine, n_jobs), store=store, progress=progress)
    return walk


def walks_of(
    itineraries: Sequence[Itinerary],
    history: History,
    *,
    engine: Engine | None = None,
    store: str | Path | None = None,
    progress: Progress | None = None,
) -> tuple[Walk, ...]:
    """Walk of each itinerary; the blocks of all of them are one pool of work.

    Parameters
    ----------
    itineraries, history
        Who walks where, and from what.
    engine, store, progress
        As in :func:`walk_forward`; without an engine all is done in this process.

    Raises
    ------
    MacrotradeError
        As :func:`walk_forward`.
    """
    parts = [itinerary.blocks() for itinerary in itineraries]
    blocks = dict(enumerate(block for part in parts for block in part))
    keep = _Keep(block_store(store), blocks, history) if store is not None else None
    results = keep.found() if keep is not None else {}
    for number in results:
        _tell(progress, len(blocks[number].origins))
    failures = {}
    ends = list(accumulate(map(len, parts)))
    for number, outcome in _computed(_missing(blocks, results, ends), history, engine):
        if isinstance(outcome, Failure):
            failures[number] = outcome
            continue
        results[number] = outcome
        if keep is not None:
            keep.write(number, outcome)
        _tell(progress, len(blocks[number].origins))
    if failures:
        raise _told([failures[number] for number in sorted(failures)])
    return tuple(
        _walk(itinerary, [results[number] for number in range(end - len(part), end)])
        for itinerary, part, end in zip(itineraries, parts, ends, strict=True)
    )


@dataclass(frozen=True, eq=False)
class _Keep:
    """Blocks in a store, by the number they have in this run."""

    store: Store
    blocks: Mapping[int, Block]
    history: History

    def found(self) -> dict[int, Outcome]:
        """Outcome of the blocks that were finished before."""
        found = {}
        for number, block in self.blocks.items():
            content = self.store.read(self._names[number])
            saved = block_content(content, block.target) if content is not None else None
            if saved is not None:
                found[number] = Outcome(saved[0], tuple(Refusal(*pair) for pair in saved[1]))
        return found

    def write(self, number: int, outcome: Outcome) -> None:
        """Keep one block."""
        pairs = [(refusal.as_of, refusal.reason) for refusal in outcome.refusals]
        self.store.write(self._names[number], block_bytes(outcome.forecasts, pairs))

    @cached_property
    def _names(self) -> dict[int, str]:
        return {number: block.file_name(self.history) for number, block in self.blocks.items()}


def _missing(blocks: Mapping[int, Block], done: Mapping[int, object], ends: Sequence[int]) -> list[dict[int, Block]]:
    """Blocks still to do, those of one walk that share a fit together; walks end before the numbers `ends`."""
    starts = [0, *ends[:-1]]
    return [
        task
        for start, end in zip(starts, ends, strict=True)
        for task in sharing_fits({number: blocks[number] for number in range(start, end) if number not in done})
    ]


def _computed(
    tasks: Sequence[Mapping[int, Block]], history: History, engine: Engine | None
) -> Iterator[tuple[int, Outcome | Failure]]:
    for place, finished in run_tasks(outcomes, dict(enumerate(tasks)), history, engine):
        if isinstance(finished, Lost):
            yield from ((number, block.lost(finished.reason)) for number, block in tasks[place].items())
        else:
            yield from finished


def _walk(itinerary: Itinerary, done: Sequence[Outcome]) -> Walk:
    return Walk(
        itinerary.name,
        itinerary.target,
        tuple(forecast for outcome in done for forecast in outcome.forecasts),
        tuple(refusal for outcome in done for refusal in outcome.refusals),
    )


def _told(failures: Sequence[Failure]) -> MacrotradeError:
    """The first failure, how many more there are, and where the code broke as a note."""
    more = "" if len(failures) == 1 else f" {len(failures) - 1} more block(s) failed; the next: {failures[1].message}"
    error = MacrotradeError(f"{failures[0].message}{more}")
    if failures[0].trace:
        error.add_note(failures[0].trace)
    return error


def _tell(progress: Progress | None, finished: int) -> None:
    if progress is not None:
        progress(finished)


def fit_days(origins: pd.DatetimeIndex, refit_every: int) -> pd.DatetimeIndex:
    """For each origin the last one at which to fit: every `refit_every`-th from the first."""
    return origins[(np.arange(len(origins)) // refit_every) * refit_every]

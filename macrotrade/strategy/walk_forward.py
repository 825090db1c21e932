"""The walk: one forecast at every origin, each from what was known then.

The heart of it, for every origin::

    panel = history.as_of(origin)
    forecaster = provider.fit(history.as_of(fit_origin), target)     # fit_origin: the last origin at which to fit
    forecasts.append(forecaster.forecast(panel))

A live decision is this walk with one origin. Origins that share a fit are computed together; blocks of them are the
unit of parallel work and of what is saved (`blocks.py`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TypeAlias

import numpy as np
import pandas as pd

from macrotrade import __version__
from macrotrade.errors import FitError, MacrotradeError
from macrotrade.forecast import Forecast, Forecaster, Provider, Target, tidy, with_seed
from macrotrade.numerics.threads import one_blas_thread
from macrotrade.panel.vintages import History
from macrotrade.strategy.blocks import read_block, write_block

__all__ = ["Progress", "Refusal", "Walk", "derived_seed", "fit_days", "walk_forward"]

Progress: TypeAlias = Callable[[int], None]
"""Called with the number of origins that have just been finished."""


@dataclass(frozen=True)
class Refusal:
    """An origin, `as_of`, at which the provider could not forecast, and the `reason`."""

    as_of: pd.Timestamp
    reason: str


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
    store: Path | None = None,
    block: int = 24,
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
        Processes; 1 stays in this one.
    store
        Folder in which finished blocks are kept; a walk started again with the same store does only what is missing. A
        block is known by the panels it reads, so it stays good when later data arrive.
    block
        Origins kept together in one file, never cut between two that share a fit; 1 keeps each origin by itself, for
        a live decision whose next run starts one origin later.
    progress
        Told how many origins were just finished.

    Raises
    ------
    MacrotradeError
        Naming provider, series and origin, if a provider breaks; a :class:`FitError` at one origin is a refusal
        instead, kept in the result.
    """
    days = [pd.Timestamp(origin) for origin in origins]
    fits = [pd.Timestamp(origin) for origin in fit_origins] if fit_origins is not None else days
    slices = _block_slices(fits, block)
    blocks = [_Block(provider, target, tuple(days[at]), tuple(fits[at]), name, seed) for at in slices]
    files = [store / each.file_name(history) for each in blocks] if store is not None else []
    results: dict[int, _Outcome] = {}
    missing = []
    for number, each in enumerate(blocks):
        saved = read_block(files[number], target) if files else None
        if saved is None:
            missing.append(number)
        else:
            results[number] = _Outcome(saved[0], tuple(Refusal(*pair) for pair in saved[1]))
            _tell(progress, len(each.origins))
    for number, outcome in _computed(blocks, missing, history, n_jobs):
        results[number] = outcome
        if files:
            pairs = [(refusal.as_of, refusal.reason) for refusal in outcome.refusals]
            write_block(files[number], outcome.forecasts, pairs)
        _tell(progress, len(blocks[number].origins))
    ordered = [results[number] for number in range(len(blocks))]
    return Walk(
        name,
        target,
        tuple(forecast for outcome in ordered for forecast in outcome.forecasts),
        tuple(refusal for outcome in ordered for refusal in outcome.refusals),
    )


def derived_seed(run: int, name: str, origin: pd.Timestamp) -> int:
    """Seed of one fit: 32 bits of the SHA-256 of (run, name, origin), the same on every machine."""
    digest = hashlib.sha256(f"{run}|{name}|{origin:%Y-%m-%d}".encode()).digest()
    return int.from_bytes(digest[:4], "big")


@dataclass(frozen=True)
class _Outcome:
    forecasts: tuple[Forecast, ...]
    refusals: tuple[Refusal, ...]

    def at(self, origins: Sequence[pd.Timestamp]) -> _Outcome:
        return _Outcome(
            tuple(forecast for forecast in self.forecasts if forecast.as_of in origins),
            tuple(refusal for refusal in self.refusals if refusal.as_of in origins),
        )


@dataclass(frozen=True)
class _Block:
    provider: Provider
    target: Target
    origins: tuple[pd.Timestamp, ...]
    fits: tuple[pd.Timestamp, ...]
    name: str
    seed: int

    def file_name(self, history: History) -> str:
        panels = [history.panel_fingerprint(day) for day in (*self.origins, *self.fits)]
        what = [__version__, self.name, repr(self.provider), repr(self.target), self.seed, *self.origins, *panels]
        return f"{hashlib.sha256('|'.join(map(str, what)).encode()).hexdigest()[:24]}.npz"

    def run(self, history: History) -> _Outcome:
        forecasts, refusals = [], []
        fitted_at: pd.Timestamp | None = None
        forecaster: Forecaster | None = None
        for origin, fit_origin in zip(self.origins, self.fits, strict=True):
            try:
                panel = history.as_of(origin)
                if forecaster is None or fit_origin != fitted_at:
                    forecaster, fitted_at = None, fit_origin
                    seeded = with_seed(self.provider, derived_seed(self.seed, self.name, fit_origin))
                    known_at_fit = panel if fit_origin == origin else history.as_of(fit_origin)
                    forecaster = seeded.fit(known_at_fit, self.target)
                forecasts.append(forecaster.forecast(panel))
            except FitError as error:
                refusals.append(Refusal(origin, str(error)))
            except Exception as error:
                raise MacrotradeError(
                    f"Provider {self.name!r} broke on {', '.join(self.target.names)} at origin {origin:%Y-%m-%d}: "
                    f"{type(error).__name__}: {error}"
                ) from error
        return _Outcome(tuple(forecasts), tuple(refusals))


def _block_slices(fits: Sequence[pd.Timestamp], block: int) -> list[slice]:
    """Cuts between fits, each block holding at least `block` origins unless it is the last; anywhere where it is 1."""
    slices, start = [], 0
    for position in range(1, len(fits) + 1):
        at_cut = block == 1 or position == len(fits) or fits[position] != fits[position - 1]
        if at_cut and (position - start >= block or position == len(fits)):
            slices.append(slice(start, position))
            start = position
    return slices


def _computed(
    blocks: Sequence[_Block], missing: Sequence[int], history: History, n_jobs: int
) -> Iterator[tuple[int, _Outcome]]:
    """Outcome of each missing block, those that share a fit computed together."""
    tasks = [{number: blocks[number] for number in numbers} for numbers in _sharing_fits(blocks, missing)]
    if n_jobs == 1 or len(tasks) < 2:
        for task in tasks:
            yield from _outcomes(task, history)
        return
    from joblib import Parallel, delayed

    run = Parallel(n_jobs=n_jobs, return_as="generator_unordered", inner_max_num_threads=1)
    for finished in run(delayed(_outcomes)(task, history) for task in tasks):
        yield from finished


def _sharing_fits(blocks: Sequence[_Block], missing: Sequence[int]) -> list[list[int]]:
    """Missing blocks in runs, of which each next block begins with the fit that the one before ended with."""
    runs: list[list[int]] = []
    for number in missing:
        if runs and runs[-1][-1] == number - 1 and blocks[number].fits[0] == blocks[number - 1].fits[-1]:
            runs[-1].append(number)
        else:
            runs.append([number])
    return runs


def _outcomes(task: Mapping[int, _Block], history: History) -> list[tuple[int, _Outcome]]:
    """Outcome of each block of a task, run as one."""
    blocks = list(task.values())
    whole = replace(
        blocks[0],
        origins=tuple(origin for block in blocks for origin in block.origins),
        fits=tuple(fit for block in blocks for fit in block.fits),
    )
    with one_blas_thread():
        outcome = whole.run(history)
    return [(number, outcome.at(block.origins)) for number, block in task.items()]


def _tell(progress: Progress | None, finished: int) -> None:
    if progress is not None:
        progress(finished)


def fit_days(origins: pd.DatetimeIndex, refit_every: int) -> pd.DatetimeIndex:
    """For each origin the last one at which to fit: every `refit_every`-th from the first."""
    return origins[(np.arange(len(origins)) // refit_every) * refit_every]

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
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TypeAlias

import numpy as np
import pandas as pd

from macrotrade import __version__
from macrotrade.errors import FitError, MacrotradeError
from macrotrade.forecast import Forecast, Forecaster, Provider, Target, tidy, with_seed
from macrotrade.panel.vintages import History
from macrotrade.strategy.blocks import read_block, write_block

__all__ = ["Progress", "Refusal", "Walk", "derived_seed", "fit_days", "walk_forward"]

Progress: TypeAlias = Callable[[int], None]
"""Called with the number of origins that have just been finished."""

_BLOCK = 24


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
        Folder in which finished blocks are kept; a walk started again with the same store does only what is missing.
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
    blocks = [_Block(provider, target, tuple(days[at]), tuple(fits[at]), name, seed) for at in _block_slices(fits)]
    if store is not None:
        store = store / history.fingerprint()[:16]
    results: dict[int, _Outcome] = {}
    missing = []
    for number, block in enumerate(blocks):
        saved = read_block(store / block.file_name, target) if store is not None else None
        if saved is None:
            missing.append(number)
        else:
            results[number] = _Outcome(saved[0], tuple(Refusal(*pair) for pair in saved[1]))
            _tell(progress, len(block.origins))
    for number, outcome in _computed(blocks, missing, history, n_jobs):
        results[number] = outcome
        if store is not None:
            pairs = [(refusal.as_of, refusal.reason) for refusal in outcome.refusals]
            write_block(store / blocks[number].file_name, outcome.forecasts, pairs)
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


@dataclass(frozen=True)
class _Block:
    provider: Provider
    target: Target
    origins: tuple[pd.Timestamp, ...]
    fits: tuple[pd.Timestamp, ...]
    name: str
    seed: int

    @property
    def file_name(self) -> str:
        what = [__version__, self.name, repr(self.provider), repr(self.target), self.seed, *self.origins, *self.fits]
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


def _block_slices(fits: Sequence[pd.Timestamp]) -> list[slice]:
    """Cuts between fits, each block holding at least `_BLOCK` origins unless it is the last."""
    slices, start = [], 0
    for position in range(1, len(fits) + 1):
        at_cut = position == len(fits) or fits[position] != fits[position - 1]
        if at_cut and (position - start >= _BLOCK or position == len(fits)):
            slices.append(slice(start, position))
            start = position
    return slices


def _computed(
    blocks: Sequence[_Block], missing: Sequence[int], history: History, n_jobs: int
) -> Iterator[tuple[int, _Outcome]]:
    if n_jobs == 1 or len(missing) < 2:
        for number in missing:
            yield number, blocks[number].run(history)
        return
    from joblib import Parallel, delayed

    tasks = (delayed(_numbered)(number, blocks[number], history) for number in missing)
    yield from Parallel(n_jobs=n_jobs, return_as="generator_unordered", inner_max_num_threads=1)(tasks)


def _numbered(number: int, block: _Block, history: History) -> tuple[int, _Outcome]:
    return number, block.run(history)


def _tell(progress: Progress | None, finished: int) -> None:
    if progress is not None:
        progress(finished)


def fit_days(origins: pd.DatetimeIndex, refit_every: int) -> pd.DatetimeIndex:
    """For each origin the last one at which to fit: every `refit_every`-th from the first."""
    return origins[(np.arange(len(origins)) // refit_every) * refit_every]

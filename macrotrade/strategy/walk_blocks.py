"""A block of origins: the unit of what is computed, kept, lost and done again."""

from __future__ import annotations

import hashlib
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import pandas as pd

from macrotrade import __version__
from macrotrade.errors import FitError
from macrotrade.forecast import Forecast, Forecaster, Provider, Target, with_seed
from macrotrade.numerics.threads import one_blas_thread
from macrotrade.panel.panel import Panel
from macrotrade.panel.vintages import History

__all__ = [
    "Block",
    "Failure",
    "Outcome",
    "Refusal",
    "block_slices",
    "derived_seed",
    "identity",
    "outcomes",
    "sharing_fits",
]


@dataclass(frozen=True)
class Refusal:
    """An origin, `as_of`, at which the provider could not forecast, and the `reason`."""

    as_of: pd.Timestamp
    reason: str


@dataclass(frozen=True)
class Outcome:
    """What came of a block: forecasts, and refusals at the other origins."""

    forecasts: tuple[Forecast, ...]
    refusals: tuple[Refusal, ...]


@dataclass(frozen=True)
class Failure:
    """Why a block has no outcome: a `message` that names provider, series and origin, and the `trace` of the code."""

    message: str
    trace: str = ""


@dataclass(frozen=True)
class Block:
    """Origins forecast one after another by one provider.

    Attributes
    ----------
    provider, target
        Who forecasts, and what.
    origins, fits
        Days, and for each the day at whose panel the provider is fitted.
    name, seed
        Of the provider and of the run.
    """

    provider: Provider
    target: Target
    origins: tuple[pd.Timestamp, ...]
    fits: tuple[pd.Timestamp, ...]
    name: str
    seed: int

    def file_name(self, history: History) -> str:
        """Name under which the block is kept: of everything that its forecasts depend on."""
        panels = [history.panel_fingerprint(day) for day in (*self.origins, *self.fits)]
        provider = identity(self.provider)
        what = [__version__, self.name, provider, repr(self.target), self.seed, *self.origins, *panels]
        return f"{hashlib.sha256('|'.join(map(str, what)).encode()).hexdigest()[:24]}.npz"

    def run(self, history: History, fitted: Fitted) -> Outcome | Failure:
        """Forecasts at each origin, the last fit taken from and left in `fitted`."""
        forecasts, refusals = [], []
        for origin, fit_origin in zip(self.origins, self.fits, strict=True):
            try:
                panel = history.as_of(origin)
                if fit_origin not in fitted:
                    fitted.clear()
                    fitted[fit_origin] = self._fit(history, fit_origin, panel if fit_origin == origin else None)
                forecasts.append(fitted[fit_origin].forecast(panel))
            except FitError as error:
                refusals.append(Refusal(origin, str(error)))
            except Exception as error:
                return self._broken(origin, error)
        return Outcome(tuple(forecasts), tuple(refusals))

    def lost(self, reason: str) -> Failure:
        """Failure of a block whose worker was lost."""
        span = f"{self.origins[0]:%Y-%m-%d} to {self.origins[-1]:%Y-%m-%d}"
        return Failure(f"Provider {self.name!r} on {self._series} at origins {span} was lost with its worker: {reason}")

    def _broken(self, origin: pd.Timestamp, error: Exception) -> Failure:
        remedy = " Give each worker more with memory_gb." if isinstance(error, MemoryError) else ""
        where = f"Provider {self.name!r} broke on {self._series} at origin {origin:%Y-%m-%d}"
        return Failure(f"{where}: {type(error).__name__}: {error}{remedy}", traceback.format_exc())

    def _fit(self, history: History, day: pd.Timestamp, panel: Panel | None) -> Forecaster:
        seeded = with_seed(self.provider, derived_seed(self.seed, self.name, day))
        return seeded.fit(history.as_of(day) if panel is None else panel, self.target)

    @property
    def _series(self) -> str:
        return ", ".join(self.target.names)


def identity(provider: Provider) -> str:
    """All that a provider's forecasts depend on beside the data: its settings, and what stands in files they name.

    A provider that reads such files tells their state by an attribute ``files_fingerprint``; without it, what was kept
    would be taken for good after they changed.
    """
    return f"{provider!r}{getattr(provider, 'files_fingerprint', '')}"


Fitted: TypeAlias = dict[pd.Timestamp, Forecaster]
"""The day of the last fit and what was fitted; empty before the first."""


def outcomes(blocks: Mapping[int, Block], history: History) -> list[tuple[int, Outcome | Failure]]:
    """Outcome of each block of a task; a fit at the end of one serves the beginning of the next."""
    fitted: Fitted = {}
    with one_blas_thread():
        return [(number, block.run(history, fitted)) for number, block in blocks.items()]


def block_slices(fits: Sequence[pd.Timestamp], block: int) -> list[slice]:
    """Cuts between fits, each block holding at least `block` origins unless it is the last; anywhere where it is 1."""
    slices, start = [], 0
    for position in range(1, len(fits) + 1):
        at_cut = block == 1 or position == len(fits) or fits[position] != fits[position - 1]
        if at_cut and (position - start >= block or position == len(fits)):
            slices.append(slice(start, position))
            start = position
    return slices


def sharing_fits(blocks: Mapping[int, Block]) -> list[dict[int, Block]]:
    """Blocks of one walk in runs, of which each next block begins with the fit that the one before ended with."""
    runs: list[dict[int, Block]] = []
    for number, block in blocks.items():
        before = runs[-1].get(number - 1) if runs else None
        if before is not None and block.fits[0] == before.fits[-1]:
            runs[-1][number] = block
        else:
            runs.append({number: block})
    return runs


def derived_seed(run: int, name: str, origin: pd.Timestamp) -> int:
    """Seed of one fit: 32 bits of the SHA-256 of (run, name, origin), the same on every machine."""
    digest = hashlib.sha256(f"{run}|{name}|{origin:%Y-%m-%d}".encode()).digest()
    return int.from_bytes(digest[:4], "big")

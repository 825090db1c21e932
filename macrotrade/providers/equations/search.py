"""Every equation of a library, fitted; or those that a beam meets.

1. fit level after level, in pieces that are kept on disk if a folder is given (`fitting`, `search_store`)
2. try the best again with more starts, and the very best from random ones (`refining`)
3. keep every equation at or below its parents, and write the certificate (`certificate`)
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TypeAlias

import numpy as np

from macrotrade._typing import FloatArray, IntArray
from macrotrade.errors import SettingsError
from macrotrade.numerics.threads import one_blas_thread
from macrotrade.providers.equations.certificate import Certificate, versions
from macrotrade.providers.equations.data import EquationData
from macrotrade.providers.equations.fitting import FitSettings, Level, Parents, Task, fit_level, make_task, scan
from macrotrade.providers.equations.library import TermLibrary
from macrotrade.providers.equations.refining import Refinement, keep_order, refine, verify
from macrotrade.providers.equations.search_store import SearchStore, search_identity

__all__ = ["Discoveries", "Progress", "conclude", "join", "scan_in_pieces", "search"]

Progress: TypeAlias = Callable[[int, int], None]
"""Told how many equations are fitted, of how many."""

_PIECE = 16_384  # equations fitted between two reports
_SCAN_PIECE = 1_024
_MOST_BYTES = 1.5e9


@dataclass(frozen=True, eq=False)
class Discoveries:
    """What a search found.

    Attributes
    ----------
    library, data
        What was searched, and what it was fitted to.
    ranks
        Of every equation fitted, ascending; (n,).
    sse
        Their sums of squared residuals; (n,).
    best_ranks
        The best of them, the least sum of squares first; (n_best,).
    best_parameters
        Their parameters, in the order of `parameters`, filled up with NaN; (n_best, n_parameters).
    certificate
        The record of the search.
    """

    library: TermLibrary
    data: EquationData
    ranks: IntArray
    sse: FloatArray
    best_ranks: IntArray
    best_parameters: FloatArray
    certificate: Certificate

    @property
    def best_structures(self) -> IntArray:
        """Structures of the best; (n_best, max_terms)."""
        return self.library.unrank(self.best_ranks)

    @property
    def best_sse(self) -> FloatArray:
        """Sums of squared residuals of the best; (n_best,)."""
        return np.asarray(self.sse[np.searchsorted(self.ranks, self.best_ranks)], dtype=np.float64)


def search(
    library: TermLibrary,
    data: EquationData,
    *,
    settings: FitSettings | None = None,
    refinement: Refinement | None = None,
    n_best: int = 1_000,
    derivations: int | None = None,
    folder: Path | None = None,
    resume: bool = False,
    progress: Progress | None = None,
) -> Discoveries:
    """Fit every equation of the library.

    Parameters
    ----------
    library, data
        What to search, and what to fit it to.
    settings, refinement
        How hard to try every equation, and the best ones again.
    n_best
        How many equations' parameters to keep.
    derivations
        Sentences of the grammar that the library stands for, for the certificate.
    folder
        Where finished pieces are kept; nowhere by default.
    resume
        Whether to go on with the pieces that are there.
    progress
        Called after every piece.

    Raises
    ------
    FitError
        An equation reproduces the target: a variable gives it away. The message names it.
    SettingsError
        The library is too large to fit exhaustively in two gigabytes (take `beam.beam_search`), or the folder holds
        another search.
    """
    settings = settings or FitSettings()
    refuse_too_large(library)
    asked = {"library": asdict(library), "settings": asdict(settings)}
    store = SearchStore(folder, search_identity(data, **asked), resume=resume) if folder else None
    started = time.perf_counter(), time.process_time()
    with one_blas_thread():
        task = make_task(library, data, settings)
        levels: list[Level] = []
        done = 0
        for n_terms in range(library.max_terms + 1):
            levels.append(_search_level(task, n_terms, levels[-1] if levels else None, store, progress, done))
            done += levels[-1].ranks.size
        return conclude(task, levels, refinement or Refinement(), n_best, derivations, True, started)


def conclude(
    task: Task,
    levels: list[Level],
    refinement: Refinement,
    n_best: int,
    derivations: int | None,
    exhaustive: bool,
    started: tuple[float, float],
) -> Discoveries:
    """Refine the fitted levels and gather what was found.

    Parameters
    ----------
    task, levels
        What was fitted; the levels' arrays are improved in place.
    refinement, n_best, derivations
        As for `search`.
    exhaustive
        Whether every equation was fitted.
    started
        Clock and processor time when the search began.
    """
    steps = sum(int(level.iterations.sum()) for level in levels)
    fitted = sum(level.ranks.size for level in levels)
    n_refined, n_verified = min(refinement.n_refined, fitted), min(refinement.n_verified, fitted)
    if n_refined:
        steps += refine(task, levels, n_refined, refinement.n_starts)
    verification = verify(task, levels, n_verified, refinement.n_random_starts) if n_verified else None
    if n_refined or n_verified:
        steps += keep_order(task, levels)
    everything = join(levels)
    best = np.argsort(everything.sse, kind="stable")[:n_best]
    parameters = task.parameters(task.library.unrank(everything.ranks[best]), everything.thetas[best])
    certificate = Certificate(
        exhaustive=exhaustive,
        derivations=derivations,
        canonical=task.library.n_structures,
        fitted=fitted,
        iterations=steps + (verification.iterations if verification else 0),
        refined=n_refined,
        verified=n_verified,
        n_random_starts=refinement.n_random_starts if n_verified else 0,
        hit_rate=verification.hit_rate if verification else None,
        within_one_per_cent=verification.within_one_per_cent if verification else None,
        seconds=time.perf_counter() - started[0],
        processor_seconds=time.process_time() - started[1],
        versions=versions(),
    )
    return Discoveries(
        task.library, task.data, everything.ranks, everything.sse, everything.ranks[best], parameters, certificate
    )


def refuse_too_large(library: TermLibrary) -> None:
    """Raise where fitting everything would need more than two gigabytes.

    Raises
    ------
    SettingsError
        With what to do instead.
    """
    parents = int(library.level_starts[-2] - library.level_starts[-3]) if library.max_terms else 0
    per_equation = 8.0 * (3 + 6 * library.max_terms)
    need = parents * len(library.terms) * 32.0 + library.n_structures * per_equation
    if need > _MOST_BYTES:
        raise SettingsError(
            f"{library.n_structures:,} equations need {need / 1e9:.0f} GB to be fitted exhaustively; take fewer "
            f"variables, terms or kinds of terms, or a beam search"
        )


def scan_in_pieces(task: Task, level: Level) -> Parents:
    """`fitting.scan`, so many equations at a time that an interruption is heard."""
    pieces = [scan(task, _rows(level, start, start + _SCAN_PIECE)) for start in range(0, level.ranks.size, _SCAN_PIECE)]
    gains = np.concatenate([piece.gains for piece in pieces])
    return Parents(level, gains, np.concatenate([piece.starts for piece in pieces]))


def join(levels: list[Level]) -> Level:
    """All levels, or pieces of one, as one; ranks must ascend."""
    return Level(
        np.concatenate([level.ranks for level in levels]),
        np.concatenate([level.sse for level in levels]),
        np.concatenate([level.thetas for level in levels]),
        np.concatenate([level.iterations for level in levels]),
    )


def _search_level(
    task: Task, n_terms: int, above: Level | None, store: SearchStore | None, progress: Progress | None, done: int
) -> Level:
    """All allowed equations of one number of terms."""
    library = task.library
    first, end = library.level_starts[n_terms], library.level_starts[n_terms + 1]
    ranks = np.arange(first, end)
    ranks = ranks[library.allowed(library.unrank(ranks))] if library.forbidden else ranks
    pieces: list[Level] = []
    parents: Parents | None = None
    for number, start in enumerate(range(0, ranks.size, _PIECE)):
        name = f"level-{n_terms}-{number:05d}"
        kept = store.read(name) if store else None
        if kept is None:
            if parents is None and above is not None:
                parents = scan_in_pieces(task, above)
            kept = vars(fit_level(task, ranks[start : start + _PIECE], parents))
            if store:
                store.write(name, kept)
        pieces.append(Level(**kept))
        if progress:
            progress(done + min(start + _PIECE, ranks.size), library.n_structures)
    return join(pieces)


def _rows(level: Level, start: int, stop: int) -> Level:
    part = slice(start, stop)
    return replace(
        level,
        ranks=level.ranks[part],
        sse=level.sse[part],
        thetas=level.thetas[part],
        iterations=level.iterations[part],
    )

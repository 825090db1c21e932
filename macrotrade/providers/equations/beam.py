"""Search a language too large to be fitted whole: only the best equations of each size are carried on."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import numpy as np

from macrotrade._typing import IntArray
from macrotrade.errors import SettingsError
from macrotrade.numerics.threads import one_blas_thread
from macrotrade.providers.equations.data import EquationData
from macrotrade.providers.equations.fitting import FitSettings, Level, Parents, Task, fit_level, make_task
from macrotrade.providers.equations.library import TermLibrary
from macrotrade.providers.equations.refining import Refinement
from macrotrade.providers.equations.search import Discoveries, Progress, conclude, scan_in_pieces
from macrotrade.providers.equations.search_store import SearchStore, search_identity

__all__ = ["beam_search"]


def beam_search(
    library: TermLibrary,
    data: EquationData,
    *,
    width: int = 100,
    depth: int | None = None,
    settings: FitSettings | None = None,
    refinement: Refinement | None = None,
    n_best: int = 1_000,
    derivations: int | None = None,
    folder: Path | None = None,
    resume: bool = False,
    progress: Progress | None = None,
) -> Discoveries:
    """Fit every equation that adds one term to one of the ``width`` best of the size before; not exhaustive.

    Parameters
    ----------
    library, data, settings, refinement, n_best, derivations
        As for `search.search`.
    width
        Equations of each size that are carried on.
    depth
        Most terms beside the constant; the library's by default.
    folder, resume
        Where each finished size is kept, nowhere by default, and whether to go on with those that are there.
    progress
        Called after every size, with the equations fitted and an upper bound of those to come.

    Raises
    ------
    FitError
        An equation reproduces the target: a variable gives it away. The message names it.
    SettingsError
        A width or depth that is not positive, a depth beyond the library's, or a folder that holds another search.
    """
    deepest = library.max_terms if depth is None else depth
    if width < 1 or not 1 <= deepest <= library.max_terms:
        raise SettingsError(
            f"a beam needs a positive width and a depth from 1 to {library.max_terms}; {width} and {depth} came"
        )
    settings = settings or FitSettings()
    asked = {"library": asdict(library), "settings": asdict(settings), "width": width}
    store = SearchStore(folder, search_identity(data, **asked), resume=resume) if folder else None
    started = time.perf_counter(), time.process_time()
    with one_blas_thread():
        task = make_task(library, data, settings)
        levels = [fit_level(task, np.zeros(1, dtype=np.int64), None)]
        for n_terms in range(1, deepest + 1):
            levels.append(_kept(store, f"size-{n_terms}", lambda: _grown(task, best_of(levels[-1], width))))
            if progress:
                fitted = sum(level.ranks.size for level in levels)
                progress(fitted, fitted + (deepest - n_terms) * width * len(library.terms))
        fitted = sum(level.ranks.size for level in levels)
        exhaustive = fitted == library.n_structures
        return conclude(task, levels, refinement or Refinement(), n_best, derivations, exhaustive, started)


def _kept(store: SearchStore | None, name: str, fit: Callable[[], Level]) -> Level:
    """The level of that name in the store, fitted and put there where it is not."""
    kept = store.read(name) if store else None
    if kept is not None:
        return Level(**kept)
    level = fit()
    if store:
        store.write(name, vars(level))
    return level


def _grown(task: Task, level: Level) -> Level:
    """Equations of one term more than some."""
    parents = scan_in_pieces(task, level)
    return fit_level(task, children_of(task.library, parents), parents)


def best_of(level: Level, width: int) -> Level:
    """The ``width`` equations of least sum of squares, by rank."""
    rows = np.sort(np.argsort(level.sse, kind="stable")[:width])
    return Level(level.ranks[rows], level.sse[rows], level.thetas[rows], level.iterations[rows])


def children_of(library: TermLibrary, parents: Parents) -> IntArray:
    """Ranks of the allowed structures that add a term to one of the parents, ascending."""
    structures = library.unrank(parents.level.ranks)
    codes = np.arange(len(library.terms))
    n_terms = int((structures[0] >= 0).sum())
    grown = np.repeat(structures, codes.size, axis=0)
    grown[:, n_terms] = np.tile(codes, len(structures))
    grown[:, : n_terms + 1] = np.sort(grown[:, : n_terms + 1], axis=1)
    ranks = np.unique(library.rank(grown))
    ranks = ranks[ranks >= 0]
    return np.asarray(ranks[library.allowed(library.unrank(ranks))], dtype=np.int64)

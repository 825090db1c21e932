"""What a search left to choose from, alike on the fast path and the general one.

1. the language: a grammar's, or every term over the lags of the frame's columns
2. the search, whole or by a beam
3. the equations of least BIC, their constants, and how to fit them again to the first part of the sample only
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import pandas as pd

from macrotrade._typing import FloatArray, IntArray
from macrotrade.errors import DataError, SettingsError
from macrotrade.numerics.criteria import bic
from macrotrade.providers.equations.certificate import Certificate
from macrotrade.providers.equations.expression import Expression, length
from macrotrade.providers.equations.grammar import read_grammar
from macrotrade.providers.equations.language import Language
from macrotrade.providers.equations.library import TermLibrary
from macrotrade.providers.equations.library_terms import expression_of
from macrotrade.providers.equations.sample import Sample, sample_of
from macrotrade.providers.equations.settings import DiscoverySettings
from macrotrade.providers.equations.variables import TIME, Variable

if TYPE_CHECKING:
    from macrotrade.providers.equations.search import Discoveries

__all__ = ["Candidates", "Pool", "candidates_from", "fitted_in_threads", "language_of", "pool_of"]

Progress: TypeAlias = Callable[[int, int], None]

_FEWEST_PERIODS = 24


@dataclass(frozen=True)
class Pool:
    """A language and how it is fitted.

    Attributes
    ----------
    variables
        What its equations may read.
    library
        The language for the fast path; None where the general path takes it.
    language
        The grammar's language; None where there is no grammar.
    lone_sines
        Whether equations with a lone sine are kept on the general path.
    """

    variables: tuple[Variable, ...]
    library: TermLibrary | None
    language: Language | None
    lone_sines: bool = True

    @property
    def grammar_hash(self) -> str:
        """Fingerprint of the grammar; empty where there is none."""
        return "" if self.language is None else self.language.grammar.fingerprint()

    @property
    def n_derivations(self) -> int | None:
        """Sentences of the grammar."""
        return None if self.language is None else self.language.n_derivations

    def __str__(self) -> str:
        if self.language is not None:
            return str(self.language.size())
        assert self.library is not None
        names = ", ".join(map(str, self.variables))
        return f"language: {self.library.n_structures:,} canonical equations over {names}; separable fit"


@dataclass(frozen=True, eq=False)
class Candidates:
    """Equations of least BIC, with what it takes to choose among them.

    Attributes
    ----------
    sample
        What they are fitted to.
    expressions, parameters
        Right-hand sides, and the constants of each fitted to the whole sample.
    sse
        Shape (n_candidates,): sums of squared residuals.
    first_mse
        Mean squared residual of the constant alone: the first equation a search meets.
    longest
        Length of the language's longest equation, in symbols.
    refit
        By ascending sample sizes, the constants of each equation fitted to as many first observations,
        (n_ends, n_constants): none sees what comes after its end.
    certificate
        What was searched.
    """

    sample: Sample
    expressions: tuple[Expression, ...]
    parameters: tuple[FloatArray, ...]
    sse: FloatArray
    first_mse: float
    longest: int
    refit: Callable[[Sequence[int]], list[FloatArray]]
    certificate: Certificate


def pool_of(
    columns: Collection[str], target: str, settings: DiscoverySettings, forbidden: Collection[Variable] = ()
) -> Pool:
    """The language that the settings ask for.

    Parameters
    ----------
    columns
        Series of the data.
    target
        Series explained.
    settings
        Of the discovery.
    forbidden
        Variables that give the target away.
    """
    if settings.grammar is None:
        return _pool_of_columns(columns, target, settings, forbidden)
    language = language_of(target, settings, forbidden)
    language.grammar.check_columns(columns)
    library = language.term_library()
    if library is not None and not settings.lone_sines:
        terms = [term for term in library.terms if term.kind != "sine"]
        library = TermLibrary.of(library.variables, terms, max_terms=library.max_terms, trends=(TIME,))
    return Pool(language.variables, library, language, settings.lone_sines)


def language_of(target: str, settings: DiscoverySettings, forbidden: Collection[Variable] = ()) -> Language:
    """The language of the settings' grammar, less the forbidden variables and, unless they are asked for, trends.

    Raises
    ------
    SettingsError
        If the settings name no grammar, or nothing is left of it.
    """
    if settings.grammar is None:
        raise SettingsError("These settings name no grammar.")
    grammar = read_grammar(settings.grammar)
    if settings.max_terms is not None:
        grammar = replace(grammar, max_terms=settings.max_terms)
    unwanted = set(forbidden) if settings.trend_terms else {*forbidden, Variable(TIME)}
    present = grammar.variables_from(grammar.start(target))
    return Language(grammar, target, [variable for variable in present if variable in unwanted])


def candidates_from(
    pool: Pool,
    frame: pd.DataFrame,
    target: str,
    settings: DiscoverySettings,
    *,
    folder: Path | None = None,
    resume: bool = False,
    n_jobs: int = 1,
    progress: Progress | None = None,
) -> Candidates:
    """The pool searched, and the equations of least BIC.

    Parameters
    ----------
    pool
        Of the target.
    frame, target, settings, folder, resume, n_jobs, progress
        As for :func:`~macrotrade.providers.equations.discovery.discover`.
    """
    sample = sample_of(frame, target, pool.variables)
    if sample.n_periods < _FEWEST_PERIODS:
        raise DataError(
            f"Discovering equations of {target} needs {_FEWEST_PERIODS} periods with every value known; "
            f"{sample.periods[0]} to {sample.periods[-1]} are {sample.n_periods}."
        )
    if pool.library is None:
        from macrotrade.providers.equations.general_candidates import general_candidates

        return general_candidates(
            pool, sample, settings, folder=folder, resume=resume, n_jobs=n_jobs, progress=progress
        )
    with fitted_in_threads(n_jobs):
        return _library_candidates(pool.library, pool, sample, settings, folder, resume, progress)


@contextmanager
def fitted_in_threads(n_jobs: int) -> Iterator[None]:
    """Context in which compiled fits take so many threads, all of them for -1; results do not depend on it."""
    import numba

    before = numba.get_num_threads()
    most = int(numba.config.NUMBA_NUM_THREADS)  # type: ignore[attr-defined]
    numba.set_num_threads(most if n_jobs < 1 else min(n_jobs, most))
    try:
        yield
    finally:
        numba.set_num_threads(before)


def _pool_of_columns(
    columns: Collection[str], target: str, settings: DiscoverySettings, forbidden: Collection[Variable]
) -> Pool:
    """Every term of the published library over lags of the target, then of the other columns, then time."""
    names = dict.fromkeys([target, *columns])
    variables = [Variable(name, lag) for name in names for lag in range(1, settings.lags + 1)]
    variables += [Variable(TIME)] if settings.trend_terms else []
    kept = tuple(variable for variable in variables if variable not in set(forbidden))
    if not kept:
        raise SettingsError(f"Nothing is left to explain {target} without the forbidden variables.")
    library = TermLibrary.full(
        list(map(str, kept)), max_terms=settings.max_terms or 2, lone_sines=settings.lone_sines, trends=(TIME,)
    )
    return Pool(kept, library, None)


def _library_candidates(
    library: TermLibrary,
    pool: Pool,
    sample: Sample,
    settings: DiscoverySettings,
    folder: Path | None,
    resume: bool,
    progress: Progress | None,
) -> Candidates:
    found = _searched(library, pool, sample, settings, folder, resume, progress)
    structures = library.unrank(found.ranks[_least_bic(library, found, settings.n_filtered)])
    fits = _LibraryFits(library, sample, structures)
    parameters, sse = fits.whole(found)
    return Candidates(
        sample,
        fits.expressions,
        parameters,
        sse,
        float(np.var(sample.response)),
        _longest(library),
        fits.refit,
        found.certificate,
    )


def _searched(
    library: TermLibrary,
    pool: Pool,
    sample: Sample,
    settings: DiscoverySettings,
    folder: Path | None,
    resume: bool,
    progress: Progress | None,
) -> Discoveries:
    from macrotrade.providers.equations.beam import beam_search
    from macrotrade.providers.equations.refining import Refinement
    from macrotrade.providers.equations.search import search

    refinement = Refinement(
        n_refined=settings.n_refined, n_verified=settings.n_verified, n_random_starts=settings.n_random_starts
    )
    if settings.search == "beam":
        return beam_search(
            library,
            sample.data,
            width=settings.beam_width,
            refinement=refinement,
            derivations=pool.n_derivations,
            folder=folder,
            resume=resume,
            progress=progress,
        )
    return search(
        library,
        sample.data,
        refinement=refinement,
        derivations=pool.n_derivations,
        folder=folder,
        resume=resume,
        progress=progress,
    )


def _least_bic(library: TermLibrary, found: Discoveries, n: int) -> IntArray:
    """Rows of the `n` equations of least BIC, the least first."""
    from macrotrade.providers.equations.parameters import n_parameters

    parts = np.array_split(found.ranks, 1 + found.ranks.size // 65_536)  # a structure takes more room than its rank
    sizes = np.concatenate([n_parameters(library, library.unrank(part)) for part in parts])
    criterion = bic(found.sse, found.data.n, sizes)
    return np.argsort(criterion, kind="stable")[:n].astype(np.int64)


def _longest(library: TermLibrary) -> int:
    """Symbols of the longest equation."""
    terms = [length(expression_of(library, [code])) - 1 for code in range(len(library.terms))]
    return 1 + library.max_terms * max(terms, default=0)


class _LibraryFits:
    """Structures of a library, fitted to all or the first part of a sample."""

    def __init__(self, library: TermLibrary, sample: Sample, structures: IntArray) -> None:
        from macrotrade.providers.equations.fitting import FitSettings

        self.library, self.sample, self.structures = library, sample, structures
        self.expressions = tuple(expression_of(library, structure) for structure in structures)
        self.settings = FitSettings(n_starts=library.max_terms, n_iterations=100, tolerance=1e-10)

    def whole(self, found: Discoveries) -> tuple[tuple[FloatArray, ...], FloatArray]:
        """Constants and sums of squares on the whole sample: the search's where it kept them and they are better."""
        from macrotrade.providers.equations.fitting import fit_structures

        fitted = fit_structures(self.library, self.sample.data, self.structures, self.settings)
        parameters, sse = fitted.parameters.copy(), fitted.sse.copy()
        kept = {int(rank): row for row, rank in enumerate(found.best_ranks)}
        for place, rank in enumerate(self.library.rank(self.structures)):
            row = kept.get(int(rank))
            if row is not None and found.best_sse[row] < sse[place]:
                parameters[place], sse[place] = found.best_parameters[row], found.best_sse[row]
        return tuple(row[~np.isnan(row)] for row in parameters), sse

    def refit(self, ends: Sequence[int]) -> list[FloatArray]:
        """Constants of each structure on the first observations, (n_ends, n_constants)."""
        from macrotrade.providers.equations.fitting import fit_structures, refit_expanding

        data = self.sample.data
        start = fit_structures(self.library, data.until(ends[0]), self.structures, self.settings).parameters
        refitted = refit_expanding(self.library, data, self.structures, ends, start)
        return [refitted[:, place, ~np.isnan(start[place])] for place in range(len(self.structures))]

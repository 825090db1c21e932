"""Candidates of grammars that the separable fit cannot take: every equation fitted by the general one."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np

from macrotrade._typing import FloatArray
from macrotrade.errors import FitError, SettingsError
from macrotrade.numerics.criteria import bic
from macrotrade.providers.equations.candidates import Candidates, Pool
from macrotrade.providers.equations.certificate import Certificate, versions
from macrotrade.providers.equations.data import EquationData
from macrotrade.providers.equations.expression import (
    Apply,
    Constant,
    Expression,
    Product,
    Sum,
    count_constants,
    length,
)
from macrotrade.providers.equations.general import GeneralFit, GeneralSettings, fit_expression, fit_expressions
from macrotrade.providers.equations.sample import Sample
from macrotrade.providers.equations.search_store import SearchStore, search_identity
from macrotrade.providers.equations.settings import DiscoverySettings

__all__ = ["general_candidates"]

_CHUNK = 64


def general_candidates(
    pool: Pool,
    sample: Sample,
    settings: DiscoverySettings,
    *,
    folder: Path | None = None,
    resume: bool = False,
    n_jobs: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> Candidates:
    """Every equation of the pool's grammar fitted, those of least BIC kept.

    Parameters
    ----------
    pool, sample, settings
        The language, what it is fitted to, and how to choose.
    folder, resume
        Where finished pieces are kept, nowhere by default, and whether to go on with those that are there.
    n_jobs
        Processes, all cores for -1; every equation's fit depends on its own text alone.
    progress
        Told how many equations are fitted, of how many.

    Raises
    ------
    SettingsError
        If a beam is asked for, which only the fast path has, or the language is too large to list.
    FitError
        If a variable gives the target away, or no equation has a value in every period.
    """
    assert pool.language is not None
    if settings.search == "beam":
        raise SettingsError(
            f"A beam needs the separable fit, which does not take this grammar: {pool.language.why_general}. "
            "Lower its %max_terms and search exhaustively."
        )
    started = time.perf_counter(), time.process_time()
    everything = [one for one in pool.language.structures() if pool.lone_sines or not _has_lone_sine(one)]
    how = GeneralSettings(seed=settings.seed)
    asked = {"settings": asdict(how), "grammar": pool.grammar_hash, "lone_sines": pool.lone_sines}
    store = SearchStore(folder, search_identity(sample.data, **asked), resume=resume) if folder else None
    fits = _fitted(everything, sample.data, how, n_jobs, store, progress)
    sse = np.array([fit.sse for fit in fits])
    if not np.isfinite(sse).any():
        raise FitError(f"No equation of {sample.target} has a value in every period of the sample.")
    sizes = np.array([count_constants(one) for one in everything])
    with np.errstate(invalid="ignore"):
        order = np.argsort(bic(sse, sample.n_periods, sizes), kind="stable")
    kept = [int(row) for row in order[: settings.n_filtered] if np.isfinite(sse[row])]
    expressions = tuple(everything[row] for row in kept)
    certificate = Certificate(
        exhaustive=True,
        derivations=pool.language.n_derivations,
        canonical=len(everything),
        fitted=int(np.isfinite(sse).sum()),
        iterations=sum(fit.n_candidates for fit in fits),
        refined=0,
        verified=0,
        n_random_starts=0,
        hit_rate=None,
        within_one_per_cent=None,
        seconds=time.perf_counter() - started[0],
        processor_seconds=time.process_time() - started[1],
        versions=versions(),
    )
    return Candidates(
        sample,
        expressions,
        tuple(fits[row].parameters for row in kept),
        sse[kept],
        float(np.var(sample.response)),
        max(map(length, everything)),
        lambda ends: [_refitted(one, sample.data, ends, settings.seed) for one in expressions],
        certificate,
    )


def _fitted(
    expressions: Sequence[Expression],
    data: EquationData,
    settings: GeneralSettings,
    n_jobs: int,
    store: SearchStore | None,
    progress: Callable[[int, int], None] | None,
) -> list[GeneralFit]:
    from joblib import Parallel, delayed

    chunks = {
        f"piece-{number:05d}": expressions[start : start + _CHUNK]
        for number, start in enumerate(range(0, len(expressions), _CHUNK))
    }
    kept = {name: arrays for name in chunks if store is not None and (arrays := store.read(name)) is not None}
    fit = delayed(fit_expressions)
    parts: Iterator[list[GeneralFit]] = Parallel(n_jobs=n_jobs, return_as="generator")(
        fit(chunk, data, settings) for name, chunk in chunks.items() if name not in kept
    )
    found: list[GeneralFit] = []
    for name, chunk in chunks.items():
        if name in kept:
            found += _from_arrays(chunk, kept[name])
        else:
            part = next(parts)
            found += part
            if store is not None:
                store.write(name, _arrays(part))
        if progress:
            progress(len(found), len(expressions))
    return found


def _arrays(fits: Sequence[GeneralFit]) -> dict[str, np.ndarray]:
    """The fits without their expressions, constants one after another."""
    return {
        "parameters": np.concatenate([fit.parameters for fit in fits]),
        "sse": np.array([fit.sse for fit in fits]),
        "counts": np.array([[fit.n_candidates, fit.n_invalid, fit.n_agreeing] for fit in fits]),
    }


def _from_arrays(expressions: Sequence[Expression], kept: dict[str, np.ndarray]) -> list[GeneralFit]:
    """The fits that `_arrays` took apart."""
    parts = np.split(kept["parameters"], np.cumsum([count_constants(one) for one in expressions])[:-1])
    return [
        GeneralFit(expression, parameters, float(sse), *map(int, counts))
        for expression, parameters, sse, counts in zip(expressions, parts, kept["sse"], kept["counts"], strict=True)
    ]


def _refitted(expression: Expression, data: EquationData, ends: Sequence[int], seed: int) -> FloatArray:
    """Constants on the first observations, each fit starting where the one before it ended; (n_ends, n_constants)."""
    warm: list[FloatArray] = []
    rows = []
    hard, quick = GeneralSettings(seed=seed), GeneralSettings(n_candidates=1, n_starts=1, seed=seed)
    for end in ends:
        fit = fit_expression(expression, data.until(end), quick if warm else hard, warm)
        rows.append(fit.parameters)
        warm = [fit.parameters] if np.isfinite(fit.sse) else []
    return np.array(rows).reshape(len(ends), count_constants(expression))


def _has_lone_sine(expression: Expression) -> bool:
    """Whether c sin(c V + c) is one of its terms."""
    for term in expression.terms if isinstance(expression, Sum) else (expression,):
        factors = term.factors if isinstance(term, Product) else (term,)
        waves = [one for one in factors if isinstance(one, Apply) and one.function == "sin" and count_constants(one)]
        if len(waves) == 1 and all(isinstance(one, Constant) or one is waves[0] for one in factors):
            return True
    return False

"""A draft equation bettered: every change of a few terms, and what each gains.

After Todorovski and Dzeroski (2001), Theory revision in equation discovery.

1. the draft is fitted to the sample, starting from its own constants (`drafts`)
2. every structure within so many changes of it is fitted from the equations that lack one of its terms, and again from
   the draft's constants, where they have terms in common (`fitting`)
3. the changes are listed, the greatest gain in BIC first
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from macrotrade._typing import FloatArray, IntArray
from macrotrade.errors import SettingsError
from macrotrade.numerics.criteria import bic, n_scaled
from macrotrade.providers.equations.candidates import fitted_in_threads, pool_of
from macrotrade.providers.equations.drafts import Draft, read_draft
from macrotrade.providers.equations.equation import Equation, equation_of_fit
from macrotrade.providers.equations.expression import Constant, Expression, Sum, count_constants
from macrotrade.providers.equations.grammar import parse_equation
from macrotrade.providers.equations.library import TermLibrary
from macrotrade.providers.equations.library_terms import expression_of
from macrotrade.providers.equations.sample import Sample, sample_of
from macrotrade.providers.equations.settings import DiscoverySettings
from macrotrade.providers.equations.variables import Variable
from macrotrade.providers.equations.writing import text_of

__all__ = ["Edit", "Revision", "revise"]

_MOST_EDITS = 100_000


@dataclass(frozen=True, eq=False)
class Edit:
    """One way to change the draft.

    Attributes
    ----------
    equation
        The changed equation, fitted to the sample.
    changes
        What was added, taken away and put in another's place, in words.
    distance
        How many changes these are.
    gain
        Share of the draft's sum of squared residuals that is gone; negative where a term was taken away.
    bic_gain
        BIC of the draft less that of the equation: positive where the change pays for its constants.
    """

    equation: Equation
    changes: tuple[str, ...]
    distance: int
    gain: float
    bic_gain: float


@dataclass(frozen=True, eq=False)
class Revision:
    """A draft and every change of a few of its terms.

    Attributes
    ----------
    draft
        As given, with its sum of squares on the sample.
    refitted
        The draft's structure, its constants fitted to the sample.
    edits
        The greatest gain in BIC first.
    """

    draft: Equation
    refitted: Equation
    edits: tuple[Edit, ...]

    def record(self) -> dict[str, Any]:
        """The revision as plain values, for JSON."""
        edits = [
            {
                "equation": edit.equation.record(),
                "changes": list(edit.changes),
                "distance": edit.distance,
                "gain": edit.gain,
                "bic_gain": edit.bic_gain,
            }
            for edit in self.edits
        ]
        return {"draft": self.draft.record(), "refitted": self.refitted.record(), "edits": edits}


def revise(
    draft: Equation | str,
    frame: pd.DataFrame,
    settings: DiscoverySettings | None = None,
    *,
    distance: int = 1,
    forbidden: Collection[Variable] = (),
    n_jobs: int = 1,
) -> Revision:
    """Every equation within a few changes of a draft, fitted, with its gain.

    Parameters
    ----------
    draft
        An equation, or one as text with numbers, such as ``pi = -.5 + .9 pi[-1] + 3 sin(.2 pi[-2] + 2)``.
    frame
        Series in columns, a row a period without gaps.
    settings
        Their grammar or lags give the language that terms are taken from; the default ones where None. Equations have
        as many terms as they say at most; where they do not, as many as the draft and `distance` more.
    distance
        Most changes; each adds a term, takes one away, or puts one in another's place.
    forbidden
        Variables that must not explain the target.
    n_jobs
        Threads, -1 for all cores.

    Raises
    ------
    SettingsError
        If the draft is not of the language, the separable fit does not take the language, or the changes are too many.
    """
    target, expression, parameters = _parts(draft)
    n_terms = sum(not isinstance(term, Constant) for term in _terms(expression))
    asked = settings or DiscoverySettings()
    asked = replace(asked, max_terms=max(asked.max_terms or n_terms + distance, n_terms))
    pool = pool_of(list(frame.columns), target, asked, forbidden)
    if pool.library is None:
        assert pool.language is not None
        raise SettingsError(f"Revision needs the separable fit, which does not take this: {pool.language.why_general}.")
    sample = sample_of(frame, target, pool.variables)
    with fitted_in_threads(n_jobs):
        return _revised(pool.library, sample, expression, parameters, distance, pool.grammar_hash)


def _revised(
    library: TermLibrary, sample: Sample, expression: Expression, parameters: FloatArray, distance: int, grammar: str
) -> Revision:
    draft = read_draft(library, expression, parameters)
    given = equation_of_fit(sample, expression, parameters, grammar_hash=grammar, notes=("as given, not fitted",))
    structures = library.unrank(_near(library, draft.structure, distance))
    fitted = [
        equation_of_fit(sample, expression_of(library, structure), values, grammar_hash=grammar)
        for structure, values in zip(structures, _fits(library, sample, draft, structures), strict=True)
    ]
    place = int(np.flatnonzero((structures == draft.structure).all(axis=1))[0])
    refitted = fitted[place]
    edits = [
        _edit(library, draft.structure, structure, equation, refitted)
        for structure, equation in zip(structures, fitted, strict=True)
        if equation is not refitted
    ]
    return Revision(given, refitted, tuple(sorted(edits, key=lambda edit: -edit.bic_gain)))


def _parts(draft: Equation | str) -> tuple[str, Expression, FloatArray]:
    if isinstance(draft, Equation):
        return draft.target, draft.expression, draft.parameters
    return parse_equation(draft, "draft")


def _near(library: TermLibrary, structure: IntArray, distance: int) -> IntArray:
    """Ranks of the allowed structures within so many changes, ascending; the draft's own among them."""
    found = edge = set(library.rank(structure).tolist())
    for _ in range(distance):
        edge = {rank for row in library.unrank(np.array(sorted(edge))) for rank in _changed(library, row)} - found
        found = found | edge
        if len(found) > _MOST_EDITS:
            raise SettingsError(f"More than {_MOST_EDITS:,} equations lie within {distance} changes; ask for fewer.")
    ranks = np.array(sorted(found), dtype=np.int64)
    return ranks[library.allowed(library.unrank(ranks))]


def _changed(library: TermLibrary, row: IntArray) -> Iterable[int]:
    """Ranks of all structures one change away."""
    codes = [int(code) for code in row if code >= 0]
    every = range(len(library.terms))
    wanted = [codes[:place] + codes[place + 1 :] for place in range(len(codes))]
    wanted += [[*rest, code] for rest in list(wanted) for code in every]
    if len(codes) < library.max_terms:
        wanted += [[*codes, code] for code in every]
    rows = np.full((len(wanted), library.max_terms), -1, dtype=np.int64)
    for place, one in enumerate(wanted):
        rows[place, : len(one)] = sorted(one)
    return [int(rank) for rank in library.rank(rows) if rank >= 0]


def _fits(library: TermLibrary, sample: Sample, draft: Draft, structures: IntArray) -> list[FloatArray]:
    """Constants of each structure: the better of the fit from smaller equations and the fit from the draft's."""
    from macrotrade.providers.equations.fitting import FitSettings, fit_structures, refit_expanding
    from macrotrade.providers.equations.parameters import fitted_values

    data = sample.data
    hard = FitSettings(n_starts=library.max_terms, n_iterations=100, tolerance=1e-10)
    cold = fit_structures(library, data, structures, hard).parameters
    start = np.array([_warm(library, draft, structure, row) for structure, row in zip(structures, cold, strict=True)])
    warm = refit_expanding(library, data, structures, [data.n], start, n_iterations=100)[0]
    best = []
    for structure, *choices in zip(structures, cold, warm, strict=True):
        residuals = [data.target - fitted_values(library, data.values, structure, one) for one in choices]
        chosen = choices[int(np.argmin([part @ part for part in residuals]))]
        best.append(chosen[~np.isnan(chosen)])
    return best


def _warm(library: TermLibrary, draft: Draft, structure: IntArray, cold: FloatArray) -> FloatArray:
    """The constants that are there, the draft's in the terms they share."""
    shared: dict[int, list[tuple[float, ...]]] = {}
    for code, block in draft.blocks:
        shared.setdefault(code, []).append(block)
    out, column = cold.copy(), 1
    for code in map(int, structure[structure >= 0]):
        width = count_constants(expression_of(library, [code])) - 1
        if shared.get(code):
            out[column : column + width] = shared[code].pop(0)
        column += width
    return out


def _edit(library: TermLibrary, draft: IntArray, structure: IntArray, equation: Equation, refitted: Equation) -> Edit:
    before, after = (Counter(int(code) for code in row if code >= 0) for row in (draft, structure))
    gone, new = sorted((before - after).elements()), sorted((after - before).elements())
    n_swaps = min(len(gone), len(new))
    changes = [f"put {_written(library, b)} for {_written(library, a)}" for a, b in zip(gone, new, strict=False)]
    changes += [f"add {_written(library, code)}" for code in new[n_swaps:]]
    changes += [f"take away {_written(library, code)}" for code in gone[n_swaps:]]
    gain = 1.0 - equation.sse / refitted.sse
    return Edit(equation, tuple(changes), len(changes), gain, _bic(refitted) - _bic(equation))


def _bic(equation: Equation) -> float:
    n = equation.n_periods
    return float(n_scaled(bic(equation.sse, n, equation.n_constants), n))


def _written(library: TermLibrary, code: int) -> str:
    return text_of(_terms(expression_of(library, [code]))[1])


def _terms(expression: Expression) -> tuple[Expression, ...]:
    return expression.terms if isinstance(expression, Sum) else (expression,)

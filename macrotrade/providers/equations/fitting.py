"""Fit equations of the term library, each from the optima of the equations that lack one of its terms.

1. list the structures asked for and all their ancestors, by number of terms
2. scan every equation of one level for what each further term would gain, and in which cell (`kernels.scanning`)
3. fit every equation of the next level from its most promising parents (`kernels.lattice`)
4. write the constants as a reader does (`parameters`)

An equation's result depends on its ancestors alone, not on what else is fitted beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from macrotrade._typing import BoolArray, FloatArray, IntArray
from macrotrade.errors import FitError, SettingsError
from macrotrade.numerics.threads import one_blas_thread
from macrotrade.providers.equations.data import EquationData, centres_of, problem_of
from macrotrade.providers.equations.kernels.lattice import fit_from, scan_equations
from macrotrade.providers.equations.kernels.problem import Problem
from macrotrade.providers.equations.kernels.scanning import Dictionary, make_dictionary
from macrotrade.providers.equations.library import TermLibrary
from macrotrade.providers.equations.parameters import parameters_from, thetas_from, width_of_parameters

__all__ = [
    "FitSettings",
    "Fitted",
    "Level",
    "Parents",
    "Task",
    "ancestors",
    "fit_children",
    "fit_level",
    "fit_structures",
    "keep_better",
    "make_task",
    "refit_expanding",
    "refuse_leaks",
    "rows_of",
    "scan",
]


@dataclass(frozen=True)
class FitSettings:
    """How hard every equation is tried.

    Attributes
    ----------
    n_starts
        Parents that each equation is started from, those first that promise most.
    n_iterations
        Most steps from each.
    tolerance
        Share of the sum of squares below which a step's gain ends the search.
    n_cells
        Frequencies tried for each variable, per three cycles.
    leak
        Share of the target's variation below which a sum of squares is a leak, not a fit.
    """

    n_starts: int = 2
    n_iterations: int = 16
    tolerance: float = 1e-5
    n_cells: int = 10
    leak: float = 1e-6

    def __post_init__(self) -> None:
        if min(self.n_starts, self.n_iterations, self.n_cells) < 1 or self.tolerance < 0.0 or self.leak < 0.0:
            raise SettingsError(f"starts, iterations and cells must be positive and shares not negative: {self}")


@dataclass(frozen=True, eq=False)
class Task:
    """A library and data as the kernels read them.

    Attributes
    ----------
    library, data, settings
        What was asked.
    problem, dictionary
        What that means in arrays.
    """

    library: TermLibrary
    data: EquationData
    settings: FitSettings
    problem: Problem
    dictionary: Dictionary

    def parameters(self, structures: IntArray, thetas: FloatArray) -> FloatArray:
        """Parameters of structures fitted to ``thetas``, as a reader writes them."""
        _, coefficients, _ = fit_from(self.problem, structures, thetas.copy(), 0, 0.0)
        return parameters_from(self.library, centres_of(self.data), structures, thetas, coefficients)


@dataclass(frozen=True, eq=False)
class Level:
    """Fitted equations of one number of terms.

    Attributes
    ----------
    ranks
        Ascending; (n,).
    sse
        Sums of squared residuals; (n,).
    thetas
        Constants inside the sines as the kernels keep them; (n, max_terms, 3).
    iterations
        Steps taken; (n,).
    """

    ranks: IntArray
    sse: FloatArray
    thetas: FloatArray
    iterations: IntArray


@dataclass(frozen=True, eq=False)
class Parents:
    """A level and what each further term would do for its equations.

    Attributes
    ----------
    level
        The equations.
    gains, starts
        From `kernels.lattice.scan_equations`: (n, n_terms) and (n, n_terms, 3).
    """

    level: Level
    gains: FloatArray
    starts: FloatArray


@dataclass(frozen=True, eq=False)
class Fitted:
    """Fitted structures, in the order asked for.

    Attributes
    ----------
    structures
        As asked; (n, max_terms).
    sse
        Sums of squared residuals over the sample; (n,).
    parameters
        In the order of `parameters`, filled up with NaN; (n, n_parameters).
    ok
        Whether the structure was fitted: it is canonical and free of forbidden pairs; (n,).
    """

    structures: IntArray
    sse: FloatArray
    parameters: FloatArray
    ok: BoolArray


def fit_structures(
    library: TermLibrary, data: EquationData, structures: IntArray, settings: FitSettings | None = None
) -> Fitted:
    """The structures' constants by least squares, as an exhaustive search with these settings would find them.

    Parameters
    ----------
    library, data
        What the structures are of, and what to fit them to.
    structures
        Canonical rows (n, max_terms), from `TermLibrary.canonical` or `TermLibrary.unrank`.
    settings
        How hard to try.

    Raises
    ------
    FitError
        A structure, or an ancestor, reproduces the target: a variable gives it away.
    """
    structures = np.asarray(structures, dtype=np.int64).reshape(-1, library.max_terms)
    ranks = library.rank(structures)
    ok = (ranks >= 0) & library.allowed(structures)
    with one_blas_thread():
        task = make_task(library, data, settings or FitSettings())
        levels = _fit_levels(task, ancestors(library, ranks[ok]))
    sse = np.full(len(ranks), np.nan)
    parameters = np.full((len(ranks), width_of_parameters(library)), np.nan)
    if ok.any():
        found = np.concatenate([level.ranks for level in levels])
        place = np.searchsorted(found, ranks[ok])
        sse[ok] = np.concatenate([level.sse for level in levels])[place]
        thetas = np.concatenate([level.thetas for level in levels])[place]
        parameters[ok] = task.parameters(structures[ok], thetas)
    return Fitted(structures, sse, parameters, np.asarray(ok, dtype=np.bool_))


def refit_expanding(
    library: TermLibrary,
    data: EquationData,
    structures: IntArray,
    ends: Sequence[int],
    start_parameters: FloatArray,
    *,
    n_iterations: int = 15,
    tolerance: float = 1e-9,
) -> FloatArray:
    """Parameters (n_ends, n_structures, n_parameters) of structures refitted to the first ``end`` observations each.

    Every refit starts where the one before it ended, so that none sees an observation after its end.

    Parameters
    ----------
    library, data
        What the structures are of, and the whole sample.
    structures
        Canonical rows (n_structures, max_terms).
    ends
        Ascending sample sizes.
    start_parameters
        Where the first refit starts, (n_structures, n_parameters): fitted to no more than ``ends[0]`` observations.
    n_iterations, tolerance
        Most steps of a refit, and the share of the sum of squares whose gain ends one earlier.

    Raises
    ------
    SettingsError
        Ends that do not ascend within the sample.
    """
    wanted = [int(end) for end in ends]
    if wanted != sorted(wanted) or not wanted or wanted[0] < 2 or wanted[-1] > data.n:
        raise SettingsError(f"ends must ascend between 2 and {data.n}; these came: {wanted}")
    structures = np.ascontiguousarray(structures, dtype=np.int64)
    centres = centres_of(data.until(wanted[0]))
    thetas = thetas_from(library, centres, structures, start_parameters)
    found = []
    for end in wanted:
        problem = problem_of(library, data.until(end), centres)
        _, coefficients, _ = fit_from(problem, structures, thetas, n_iterations, tolerance)
        found.append(parameters_from(library, centres, structures, thetas, coefficients))
    return np.array(found)


def make_task(library: TermLibrary, data: EquationData, settings: FitSettings) -> Task:
    """The data as the kernels read them, with the grid of cells."""
    problem = problem_of(library, data)
    n_cells = np.maximum(settings.n_cells * np.array(library.cycles) // 3, 1).astype(np.int64)
    return Task(library, data, settings, problem, make_dictionary(problem, n_cells))


def ancestors(library: TermLibrary, ranks: IntArray) -> list[IntArray]:
    """Ranks and those of all structures that lack some of their terms, ascending, by number of terms."""
    starts = library.level_starts
    levels: list[IntArray] = []
    wanted = np.unique(np.append(ranks, 0))
    for n_terms in range(library.max_terms, -1, -1):
        here = wanted[wanted >= starts[n_terms]]
        levels.insert(0, here)
        parents = library.parents(library.unrank(here)) if n_terms else np.empty(0, dtype=np.int64)
        wanted = np.union1d(wanted[wanted < starts[n_terms]], parents[parents >= 0])
    return levels


def scan(task: Task, level: Level) -> Parents:
    """What every further term would gain each equation of a level."""
    structures = task.library.unrank(level.ranks)
    gains, starts = scan_equations(task.problem, task.dictionary, structures, level.thetas)
    return Parents(level, gains, starts)


def fit_level(task: Task, ranks: IntArray, parents: Parents | None) -> Level:
    """Equations of one number of terms, from those of one less; of the constant alone where there are none.

    Raises
    ------
    FitError
        An equation reproduces the target.
    """
    structures = task.library.unrank(ranks)
    if parents is None:
        thetas = np.zeros((ranks.size, task.library.max_terms, 3))
        sse, _, steps = fit_from(task.problem, structures, thetas, 0, 0.0)
        return Level(ranks, sse, thetas, steps)
    settings = task.settings
    level = fit_children(task, ranks, parents, settings.n_starts, settings.n_iterations, settings.tolerance)
    refuse_leaks(task, structures, level.sse)
    return level


def fit_children(
    task: Task, ranks: IntArray, parents: Parents, n_starts: int, n_iterations: int, tolerance: float
) -> Level:
    """Equations from their parents' optima and the best cells of the terms that those lack.

    With the parent's constants and any new term, least squares is never above the parent's sum of squares.

    Parameters
    ----------
    task, ranks, parents
        What to fit, and the equations of one term less; of each equation at least one must be there.
    n_starts
        How many parents to start from, those first that promise the least sum of squares.
    n_iterations, tolerance
        Most steps from each, and the share of the sum of squares whose gain ends one earlier.
    """
    structures = task.library.unrank(ranks)
    rows = rows_of(parents.level.ranks, task.library.parents(structures))
    reached = Level(
        ranks, np.full(ranks.size, np.inf), np.zeros((*structures.shape, 3)), np.zeros(ranks.size, dtype=np.int64)
    )

    def start(which: IntArray, places: IntArray) -> None:
        thetas = _starting_thetas(structures[which], rows[which], places, parents)
        sse, _, steps = fit_from(task.problem, structures[which], thetas, n_iterations, tolerance)
        reached.iterations[which] += steps
        keep_better(reached, which, sse, thetas)

    known = np.where(rows >= 0, parents.level.sse[rows], np.inf)
    promises = np.where(rows >= 0, known - parents.gains[rows, structures], np.inf)
    promises[:, 1:][structures[:, 1:] == structures[:, :-1]] = np.inf
    order = np.argsort(promises, axis=1, kind="stable")
    for nth in range(min(n_starts, task.library.max_terms)):
        places = order[:, nth]
        which = np.flatnonzero(np.isfinite(promises[np.arange(ranks.size), places]))
        start(which, places[which])
    # A promise is too good where a cap binds; then the lowest parent is one more start.
    above = np.flatnonzero(reached.sse > known.min(axis=1))
    if above.size:
        start(above, known[above].argmin(axis=1))
    return reached


def keep_better(level: Level, rows: IntArray, sse: FloatArray, thetas: FloatArray) -> None:
    """Take over, in place, what is better of other fits of some rows."""
    better = sse < level.sse[rows]
    level.sse[rows[better]] = sse[better]
    level.thetas[rows[better]] = thetas[better]


def refuse_leaks(task: Task, structures: IntArray, sse: FloatArray) -> None:
    """Raise where an equation reproduces the target.

    Raises
    ------
    FitError
        With the equation and its variables.
    """
    variation = float(((task.data.target - task.data.target.mean()) ** 2).sum())
    leaking = np.flatnonzero(sse < task.settings.leak * variation)
    if not leaking.size:
        return
    structure = structures[leaking[np.argmin((structures[leaking] >= 0).sum(axis=1))]]
    places = {place for code in structure if code >= 0 for place in task.library.terms[code].variables}
    names = " and ".join(task.library.variables[place] for place in sorted(places))
    raise FitError(
        f"{names} give {task.data.name} away: {task.library.written(structure)} reproduces it to within "
        f"{task.settings.leak:g} of its variation; leave a variable out, or forbid the pair"
    )


def _fit_levels(task: Task, ranks_by_level: Sequence[IntArray]) -> list[Level]:
    levels = [fit_level(task, ranks_by_level[0], None)]
    for ranks in ranks_by_level[1:]:
        if not ranks.size:
            break
        levels.append(fit_level(task, ranks, scan(task, levels[-1])))
    return levels


def rows_of(found: IntArray, wanted: IntArray) -> IntArray:
    """Row of each wanted rank among ascending ones, -1 where it is not there."""
    rows = np.minimum(np.searchsorted(found, wanted), found.size - 1)
    return np.where(found[rows] == wanted, rows, -1).astype(np.int64)


def _starting_thetas(structures: IntArray, rows: IntArray, places: IntArray, parents: Parents) -> FloatArray:
    """Constants of the parent that lacks the term in each place, with the term's best cell let in there."""
    each = np.arange(len(structures))
    parent = rows[each, places]
    shifted = np.arange(structures.shape[1])[None, :] - (np.arange(structures.shape[1])[None, :] > places[:, None])
    thetas = parents.level.thetas[parent[:, None], shifted]
    thetas[each, places] = parents.starts[parent, structures[each, places]]
    return np.ascontiguousarray(thetas)

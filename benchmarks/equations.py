"""Discovering equations: the whole published language, against fitting its equations one by one with scipy."""

from __future__ import annotations

import resource
import time
import warnings
from functools import cache

import numpy as np
import pandas as pd
from scipy.optimize import OptimizeWarning, curve_fit

from benchmarks._table import Row
from macrotrade._typing import FloatArray, IntArray
from macrotrade.providers.equations.area_wide import area_wide_frame
from macrotrade.providers.equations.data import EquationData, problem_of
from macrotrade.providers.equations.fitting import FitSettings, Task, fit_structures, make_task, refit_expanding
from macrotrade.providers.equations.library import TermLibrary
from macrotrade.providers.equations.parameters import fitted_values, n_parameters
from macrotrade.providers.equations.refining import Refinement, from_random
from macrotrade.providers.equations.search import Discoveries, search
from macrotrade.sources.euro_area import load_euro_area

_DERIVATIONS = 3_676_134  # of the published grammar, which has no lone sines
_N_NAIVE, _NAIVE_STARTS = 30, 20
_N_VERIFIED, _VERIFYING_STARTS = 200, 400


def rows() -> list[Row]:
    """The whole language, a sample of it by `curve_fit` and by many random starts, and expanding refits."""
    cold = _cold_seconds()
    return [_whole(cold), _against_curve_fit(), _against_random_starts(), _expanding()]


def _whole(cold: float) -> Row:
    found, wall, processor = _searched()
    record = found.certificate
    starts = f"{record.hit_rate:.0%} of {record.n_random_starts} random starts reach the best of each of the top"
    counts = (TermLibrary.full(_data().variables, lone_sines=False).n_structures, record.canonical)
    rate = record.fitted / processor
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    return Row(
        f"the published language, pi on seven variables: {record.canonical:,} equations, {_data().n} quarters",
        "",
        None,
        wall,
        f"under 30 s: {_met(wall < 30.0)}; 8,000 equations a second per core: {_met(rate >= 8000.0)}; "
        f"under 2 GB: {_met(peak < 2.0)}; "
        f"242,950 without lone sines, 291,040 with: {_met(counts == (242_950, 291_040))}",
        f"{_above_parents(found):.1e} above a parent at most",
        f"{processor:.1f} s of processor time, {rate:,.0f} equations a second per core, refining and verifying "
        f"included; {record.iterations:,} iterations; peak {peak:.2f} GB; {starts} {record.verified}; "
        f"compiling first took {cold:.0f} s",
    )


def _against_curve_fit() -> Row:
    library, data = _library(), _data()
    found, _, processor = _searched()
    ranks = np.sort(np.random.default_rng(2).choice(library.n_structures, _N_NAIVE, replace=False))
    started = time.process_time()
    plain = np.array([_curve_fit(library, data, structure) for structure in library.unrank(ranks)])
    naive = (time.process_time() - started) / _N_NAIVE
    started = time.process_time()
    for structure in library.unrank(ranks[:5]):
        _curve_fit(library, data, structure, bounded=False)
    free = (time.process_time() - started) / 5
    ours = processor / found.certificate.fitted
    ratio = found.sse[ranks] / plain
    better, worse = float((ratio < 0.999).mean()), float((ratio > 1.001).mean())
    return Row(
        f"a thousand equations of it; {_N_NAIVE} of them at random by curve_fit",
        f"scipy curve_fit, {_NAIVE_STARTS} starts, the same bounds and caps",
        naive * 1000,
        ours * 1000,
        f"1,500 times: {_met(naive / ours >= 1500)}; better or equal more often than not: {_met(worse < 0.5)}",
        f"sum of squares better {better:.0%}, equal to .1 % {1 - better - worse:.0%}, worse {worse:.0%}",
        f"both in processor time; without bounds, which fits another problem, curve_fit takes {free * 1000:.0f} s",
    )


def _against_random_starts() -> Row:
    library, data = _library(), _data()
    task: Task = make_task(library, data, FitSettings())
    ranks = np.sort(np.random.default_rng(7).choice(library.n_structures, _N_VERIFIED, replace=False))
    found, _, processor = _searched()
    started = time.process_time()
    reached, _, _ = from_random(task.problem, library.unrank(ranks), ranks, _VERIFYING_STARTS)
    naive = time.process_time() - started
    best = np.minimum(reached.min(axis=1), found.sse[ranks])
    within = float((found.sse[ranks] <= 1.01 * best).mean())
    random_within = float((reached.min(axis=1) <= 1.01 * best).mean())
    return Row(
        f"{_N_VERIFIED} of its equations at random, to within 1 % of the best sum of squares known",
        f"the same descent from {_VERIFYING_STARTS} random starts, 100 steps each",
        naive,
        processor / found.certificate.fitted * _N_VERIFIED,
        f"92 % of them: {_met(within >= 0.92)}",
        f"search {within:.1%}, random starts {random_within:.1%}",
        f"{(reached <= 1.01 * best[:, None]).mean():.0%} of the random starts end there; processor time",
    )


def _expanding() -> Row:
    library, data = _library(), _data()
    found, _, _ = _searched()
    structures = found.best_structures[:50]
    ends = list(range(data.n - 40, data.n + 1))
    start = fit_structures(library, data.until(ends[0]), structures).parameters
    refit_expanding(library, data, structures, ends[:1], start)
    begun = time.process_time()
    ours = refit_expanding(library, data, structures, ends, start)
    seconds = time.process_time() - begun
    begun = time.process_time()
    again = fit_structures(library, data, structures)
    anew = (time.process_time() - begun) * len(ends)
    pairs = zip(structures, ours[-1], strict=True)
    sums = np.array([((data.target - fitted_values(library, data.values, s, p)) ** 2).sum() for s, p in pairs])
    return Row(
        f"the 50 best refitted at {len(ends)} expanding ends",
        "fitted from nothing at every end (the last one timed)",
        anew,
        seconds,
        equal_to=f"sum of squares at the last end {np.median(sums / again.sse):.3f} of that, median",
        note="processor time",
    )


def _curve_fit(library: TermLibrary, data: EquationData, structure: IntArray, *, bounded: bool = True) -> float:
    """Least sum of squares of 20 random starts, every constant fitted, within the search's own bounds by default."""
    generator = np.random.default_rng(int(library.rank(structure)[0]))
    low, high, start_low, start_high = _bounds(library, data, structure)
    best = float(((data.target - data.target.mean()) ** 2).sum())
    for _ in range(_NAIVE_STARTS):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", OptimizeWarning)
                found, _ = curve_fit(
                    lambda _, *constants: fitted_values(library, data.values, structure, np.array(constants)),
                    np.arange(data.n),
                    data.target,
                    p0=generator.uniform(start_low, start_high),
                    bounds=(low, high) if bounded else (-np.inf, np.inf),
                )
        except RuntimeError:  # out of evaluations: scipy's default limit
            continue
        best = min(best, float(((data.target - fitted_values(library, data.values, structure, found)) ** 2).sum()))
    return best


def _bounds(
    library: TermLibrary, data: EquationData, structure: IntArray
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Bounds of every constant, and of where it starts."""
    problem = problem_of(library, data)
    deviation = float(data.target.std())
    found: list[tuple[float, float, float, float]] = [(-np.inf, np.inf, -deviation, deviation)]
    for code in structure[structure >= 0]:
        term = library.terms[code]
        if not term.is_sine:
            found.append((-np.inf, np.inf, -1.0, 1.0))
            continue
        cap = problem.caps[term.first if term.kind == "variable_sine" else -1]
        found.append((-cap, cap, -cap / 20.0, cap / 20.0))
        inners = {"variable_sine": (term.second,), "sine": (term.first,)}.get(term.kind, (term.first, term.second))
        for inner in inners:
            found.append((*(2 * (problem.lower[inner], problem.upper[inner])),))
            found.append((-np.inf, np.inf, -np.pi, np.pi))
    bounds = np.array(found)
    assert len(bounds) == n_parameters(library, structure)[0]
    return bounds[:, 0], bounds[:, 1], bounds[:, 2], bounds[:, 3]


def _cold_seconds() -> float:
    """First run in this process: seconds if the compiler's cache is cold, next to nothing if it is not."""
    data = _data().of(["pi_1", "t"])
    small = TermLibrary.full(data.variables, max_terms=2)
    started = time.perf_counter()
    search(small, data, refinement=Refinement(n_refined=5, n_starts=2, n_verified=2, n_random_starts=5))
    return time.perf_counter() - started


@cache
def _searched() -> tuple[Discoveries, float, float]:
    """The whole search, its wall-clock seconds and its processor seconds."""
    wall, processor = time.perf_counter(), time.process_time()
    found = search(_library(), _data(), derivations=_DERIVATIONS)
    return found, time.perf_counter() - wall, time.process_time() - processor


def _above_parents(found: Discoveries) -> float:
    """Largest share by which an equation's sum of squares is above that of one that lacks a term."""
    parents = found.library.parents(found.library.unrank(found.ranks))
    least = np.where(parents >= 0, found.sse[parents], np.inf).min(axis=1)
    return max(float((found.sse / least - 1.0).max()), 0.0)


@cache
def _library() -> TermLibrary:
    return TermLibrary.full(_data().variables)


@cache
def _data() -> EquationData:
    """pi on two lags of pi, y and i, and t: 1971Q3-2005Q1, the published sample."""
    frame = area_wide_frame(load_euro_area().as_of("2018-12-31"))
    table = pd.DataFrame({f"{name}_{lag}": frame[name].shift(lag) for name in ("pi", "y", "i") for lag in (1, 2)})
    table["t"] = np.arange(len(frame), dtype=float)
    table = table.loc["1971Q3":"2005Q1"]
    return EquationData("pi", frame.loc[table.index, "pi"].to_numpy(), tuple(table.columns), table.to_numpy())


def _met(whether: bool) -> str:
    return "met" if whether else "missed"

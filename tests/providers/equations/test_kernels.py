"""Every compiled kernel against the plain writing of it, on the euro area's data."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from macrotrade.providers.equations.data import EquationData, problem_of
from macrotrade.providers.equations.fitting import FitSettings, Task, make_task
from macrotrade.providers.equations.kernels.capping import cap_amplitudes
from macrotrade.providers.equations.kernels.marquardt import fill_slopes, fit_at, minimise
from macrotrade.providers.equations.kernels.problem import make_space
from macrotrade.providers.equations.kernels.projection import enter_structure
from macrotrade.providers.equations.kernels.scanning import N_PHASES, make_scan, scan_terms
from macrotrade.providers.equations.kernels.sines import sines_and_cosines
from macrotrade.providers.equations.library import TermLibrary
from macrotrade.providers.equations.refining import from_random
from tests.providers.equations.plain_fit import (
    capped_least_squares,
    design,
    least_squares,
    paper_data,
    plain_gain,
)


@pytest.fixture(scope="module")
def data(euro_area: pd.DataFrame) -> EquationData:
    return paper_data(euro_area)


@pytest.fixture(scope="module")
def library(data: EquationData) -> TermLibrary:
    return TermLibrary.full(data.variables)


@pytest.fixture(scope="module")
def task(library: TermLibrary, data: EquationData) -> Task:
    return make_task(library, data, FitSettings())


def structures_of_all_kinds(library: TermLibrary, n: int) -> np.ndarray:
    ranks = np.random.default_rng(3).choice(library.n_structures, n, replace=False)
    return library.unrank(np.sort(ranks))


def random_theta(task: Task, structure: np.ndarray, seed: int) -> np.ndarray:
    """Constants inside the sines, anywhere within their bounds."""
    from macrotrade.providers.equations.refining import _random_thetas

    return np.ascontiguousarray(_random_thetas(task.problem, structure, seed, 1)[0])


def test_sines_and_cosines_are_those_of_numpy() -> None:
    x = np.concatenate([np.linspace(-200.0, 200.0, 4001), np.pi / 2 * np.arange(-50, 51), [0.0, 1e-300]])
    sine, cosine = np.empty_like(x), np.empty_like(x)

    sines_and_cosines(x, 1.0, 0.0, sine, cosine)

    np.testing.assert_allclose(sine, np.sin(x), atol=5e-16, rtol=0)
    np.testing.assert_allclose(cosine, np.cos(x), atol=5e-16, rtol=0)


def test_the_linear_constants_are_those_of_least_squares(library: TermLibrary, task: Task) -> None:
    space = make_space(3, task.problem.target.size)
    compared = 0
    for row, structure in enumerate(structures_of_all_kinds(library, 60)):
        theta = random_theta(task, structure, row)
        columns = design(task.problem, library, structure, theta)
        coefficients, sse = least_squares(task.problem, columns)

        k = fit_at(task.problem, structure, theta, space)

        if not space.ridge[:k].any():
            compared += 1
            assert (space.residuals**2).sum() == pytest.approx(sse, rel=1e-9)
            np.testing.assert_allclose(columns @ space.coefficients[:k], columns @ coefficients, atol=1e-6)
    assert compared > 30


def test_a_cap_on_amplitudes_gives_the_constrained_minimum(library: TermLibrary, task: Task) -> None:
    generator = np.random.default_rng(5)
    space = make_space(3, task.problem.target.size)
    for _ in range(12):
        codes = generator.choice(np.arange(35, 119), 2)
        structure = library.canonical([0, *codes.tolist()])
        theta = random_theta(task, structure, int(generator.integers(1000)))
        k_base, n_sines, _ = enter_structure(task.problem, structure, space)
        k = fit_at(task.problem, structure, theta, space)
        columns = design(task.problem, library, structure, theta)
        free = np.linalg.lstsq(columns, task.data.target, rcond=None)[0]
        cap = 0.3 * min(np.hypot(*free[k_base:][:2]), np.hypot(*free[k_base + 2 :]))
        space.limits[:n_sines] = cap
        space.coefficients[:k] = np.linalg.solve(space.upper[:k, :k], space.projected[:k])

        cap_amplitudes(
            space.upper,
            space.projected,
            space.limits,
            k_base,
            n_sines,
            space.coefficients,
            space.ridge,
            space.system,
            space.solved,
        )

        sse = ((task.data.target - columns @ space.coefficients[:k]) ** 2).sum()
        amplitudes = np.hypot(space.coefficients[k_base:k:2], space.coefficients[k_base + 1 : k : 2])
        assert (amplitudes <= cap * (1.0 + 1e-8)).all()
        assert sse == pytest.approx(capped_least_squares(task.problem, columns, n_sines, cap), rel=1e-5)


def test_slopes_are_the_derivatives_of_the_fitted_values(library: TermLibrary, task: Task) -> None:
    space = make_space(3, task.problem.target.size)
    for row, structure in enumerate(structures_of_all_kinds(library, 25)):
        theta = random_theta(task, structure, row)
        k = fit_at(task.problem, structure, theta, space)
        k_base, n_sines, n_moving = enter_structure(task.problem, structure, space)
        coefficients = space.coefficients[:k].copy()

        fill_slopes(
            task.problem.inner, space.plan, n_sines, k_base, coefficients, space.columns, space.factors, space.slopes
        )

        moving = [
            (int(space.plan[s, 0]), column)
            for s in range(n_sines)
            for column in range(3 if space.plan[s, 3] >= 0 else 1)
        ]
        assert len(moving) == n_moving
        for m, place in enumerate(moving):
            step = np.zeros_like(theta)
            step[place] = 1e-6
            up = design(task.problem, library, structure, theta + step) @ coefficients
            down = design(task.problem, library, structure, theta - step) @ coefficients
            scale = np.abs(space.slopes[m]).max() + 1.0
            np.testing.assert_allclose(space.slopes[m, : task.problem.n], (up - down) / 2e-6, atol=1e-5 * scale)


def test_descent_ends_where_no_frequency_can_gain(library: TermLibrary, task: Task) -> None:
    structure = library.canonical([0, library.code("sine", "pi_2"), library.code("sine", "pi_1")])
    theta = np.array([[0.0, 0.0, 0.0], [0.28, 0.0, 0.0], [0.19, 0.0, 0.0]])
    space = make_space(3, task.problem.target.size)

    sse, _ = minimise(task.problem, structure, theta, 100, 1e-12, space)

    # The published equation 7 has .45 with its printed constants.
    assert np.sqrt(sse / task.problem.n) == pytest.approx(0.433, abs=5e-4)
    for place in (1, 2):
        for change in (0.99, 1.01):
            moved = theta.copy()
            moved[place, 0] *= change
            assert least_squares(task.problem, design(task.problem, library, structure, moved))[1] >= sse


def test_a_column_that_the_others_span_is_dropped(library: TermLibrary, task: Task) -> None:
    structure = library.canonical([library.code("sine", "y_1")] * 2)
    theta = np.array([[0.5, 0.0, 0.0], [0.5, 0.0, 0.0], [0.0, 0.0, 0.0]])
    once = library.canonical([library.code("sine", "y_1")])
    space = make_space(3, task.problem.target.size)

    k = fit_at(task.problem, structure, theta, space)

    assert (space.residuals**2).sum() == pytest.approx(
        least_squares(task.problem, design(task.problem, library, once, theta))[1], rel=1e-10
    )
    np.testing.assert_array_equal(space.coefficients[3:k], 0.0)


@pytest.mark.parametrize("codes", [[], [0], [0, 40], [90, 100], [85, 115]])
def test_the_scan_finds_the_gain_of_the_best_cell(library: TermLibrary, task: Task, codes: list[int]) -> None:
    structure = library.canonical(codes)
    theta = random_theta(task, structure, 1)
    space = make_space(3, task.problem.target.size)
    n = task.problem.n
    gains, starts = np.empty(len(library.terms)), np.empty((len(library.terms), 3))

    k = fit_at(task.problem, structure, theta, space)
    scan_terms(task.problem, task.dictionary, k, space, make_scan(task.dictionary, 7), gains, starts)

    basis, residuals = space.basis[:k, :n].T, space.residuals[:n]
    grid, cells = task.dictionary.frequencies, task.dictionary.starts
    for name in (("variable", "y_1"), ("product", "y_1", "i_1")):
        code = library.code(*name)  # type: ignore[arg-type]
        assert gains[code] == pytest.approx(
            plain_gain(basis, residuals, task.problem.linear[code, None, :n].T), rel=1e-5
        )
    for name in (("sine", "i_2"), ("variable_sine", "pi_1", "t"), ("sine_sine", "pi_2", "y_2")):
        code = library.code(*name)  # type: ignore[arg-type]
        term = library.terms[code]
        one = library.canonical([code])

        cap = task.problem.caps[term.first if term.kind == "variable_sine" else -1]

        def gain(theta: tuple[float, ...], one: np.ndarray = one, cap: float = cap) -> float:
            columns = design(task.problem, library, one, np.array([theta] * 3))[:, 1:]
            return plain_gain(basis, residuals, columns, cap)

        inner = term.second if term.kind != "sine" else term.first
        seconds = grid[cells[inner] : cells[inner + 1]]
        firsts = grid[cells[term.first] : cells[term.first + 1]] if term.kind == "sine_sine" else [0.0]
        phases = np.pi * np.arange(N_PHASES) / N_PHASES if term.kind == "sine_sine" else [0.0]
        best = max(gain((d, a, b)) for d in seconds for a in firsts for b in phases)
        assert gains[code] == pytest.approx(best, rel=1e-4)
        assert gains[code] == pytest.approx(gain(tuple(starts[code])), rel=1e-4)


def test_random_starts_stay_within_their_bounds_and_come_back_the_same(library: TermLibrary, task: Task) -> None:
    structures = structures_of_all_kinds(library, 5)

    first = from_random(task.problem, structures, np.arange(5), 6)
    again = from_random(task.problem, structures[2:], np.arange(2, 5), 6)

    np.testing.assert_array_equal(first[0][2:], again[0])
    assert np.isfinite(first[0]).all()


def test_bounds_follow_from_the_ranges(library: TermLibrary, data: EquationData) -> None:
    problem = problem_of(library, data)

    ranges = np.ptp(data.values, axis=0)

    np.testing.assert_allclose(problem.lower * ranges, 0.1)
    np.testing.assert_allclose(problem.upper * ranges, 2 * np.pi * np.array([3, 3, 3, 3, 3, 3, 9]))
    assert problem.caps[-1] == pytest.approx(20 * data.target.std())

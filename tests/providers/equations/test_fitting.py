"""Laws of the lattice of fits, on the euro area's data."""

from __future__ import annotations

import numba
import numpy as np
import pandas as pd
import pytest

from macrotrade.errors import DataError, FitError, SettingsError
from macrotrade.providers.equations.data import EquationData, problem_of
from macrotrade.providers.equations.fitting import FitSettings, fit_structures, refit_expanding
from macrotrade.providers.equations.library import TermLibrary
from macrotrade.providers.equations.parameters import fitted_values, n_parameters, parameters_from, thetas_from
from tests.providers.equations.plain_fit import paper_data


@pytest.fixture(scope="module")
def data(euro_area: pd.DataFrame) -> EquationData:
    return paper_data(euro_area)


@pytest.fixture(scope="module")
def library(data: EquationData) -> TermLibrary:
    return TermLibrary.full(data.variables)


@pytest.fixture(scope="module")
def structures(library: TermLibrary) -> np.ndarray:
    """A sample of the whole language."""
    return library.unrank(np.sort(np.random.default_rng(11).choice(library.n_structures, 60, replace=False)))


def test_the_parameters_give_the_sum_of_squares(
    library: TermLibrary, data: EquationData, structures: np.ndarray
) -> None:
    fitted = fit_structures(library, data, structures)

    for structure, sse, parameters in zip(structures, fitted.sse, fitted.parameters, strict=True):
        values = fitted_values(library, data.values, structure, parameters)
        assert ((data.target - values) ** 2).sum() == pytest.approx(sse, rel=1e-9)
    assert ((~np.isnan(fitted.parameters)).sum(axis=1) == n_parameters(library, structures)).all()
    assert fitted.ok.all()


def test_no_equation_fits_worse_than_one_that_lacks_a_term(
    library: TermLibrary, data: EquationData, structures: np.ndarray
) -> None:
    fitted = fit_structures(library, data, structures)

    for place in range(library.max_terms):
        ranks = library.parents(structures)[:, place]
        some = ranks >= 0
        parents = fit_structures(library, data, library.unrank(ranks[some]))
        assert (fitted.sse[some] <= parents.sse * (1 + 1e-9)).all()


def test_a_fit_does_not_depend_on_what_is_fitted_beside_it_or_on_threads(
    library: TermLibrary, data: EquationData, structures: np.ndarray
) -> None:
    together = fit_structures(library, data, structures)
    alone = fit_structures(library, data, structures[40:43])
    threads = numba.get_num_threads()
    try:
        numba.set_num_threads(1)
        single = fit_structures(library, data, structures)
    finally:
        numba.set_num_threads(threads)

    np.testing.assert_array_equal(together.parameters[40:43], alone.parameters)
    np.testing.assert_array_equal(together.parameters, single.parameters)


def test_the_order_of_the_variables_does_not_matter(data: EquationData) -> None:
    names = data.variables
    library = TermLibrary.full(names, max_terms=2)
    turned = TermLibrary.full(names[::-1], max_terms=2)
    terms = [("variable", "pi_1", None), ("variable_sine", "y_1", "pi_1"), ("sine_sine", "pi_2", "y_1")]
    pairs = [(a, b) for a in terms for b in terms[1:]]

    def sums(one: TermLibrary) -> np.ndarray:
        rows = [one.canonical([one.code(*a), one.code(*b)]) for a, b in pairs]  # type: ignore[arg-type]
        hard = FitSettings(n_starts=2, n_iterations=300, tolerance=0.0, n_cells=20)
        return fit_structures(one, data.of(one.variables), np.array(rows), hard).sse

    # The products' factors change places, which moves the grid of phases from one to the other.
    np.testing.assert_allclose(sums(library), sums(turned), rtol=2e-2)
    np.testing.assert_allclose(sums(library)[:2], sums(turned)[:2], rtol=1e-6)


def test_linear_equations_are_those_of_least_squares(library: TermLibrary, data: EquationData) -> None:
    structure = library.canonical([0, 1])

    fitted = fit_structures(library, data, structure)

    design = np.column_stack([np.ones(data.n), data.values[:, :2]])  # noqa: PD011
    expected = np.linalg.lstsq(design, data.target, rcond=None)[0]
    np.testing.assert_allclose(fitted.parameters[0, :3], expected, rtol=1e-9)
    # The published autoregression has .49 and .04, 1.49, -.50 on its own sample.
    assert np.sqrt(fitted.sse[0] / data.n) == pytest.approx(0.475, abs=1e-3)


def test_equation_7_refitted_reaches_what_it_should(library: TermLibrary, data: EquationData) -> None:
    structure = library.canonical(
        [library.code("variable", "pi_1"), library.code("sine", "pi_2"), library.code("sine", "pi_1")]
    )

    fitted = fit_structures(library, data, structure)

    assert np.sqrt(fitted.sse[0] / data.n) < 0.4335


def test_parameters_go_back_to_where_they_came_from(library: TermLibrary, structures: np.ndarray) -> None:
    generator = np.random.default_rng(1)
    thetas = generator.uniform(0.1, 1.0, (len(structures), 3, 3))
    centres = generator.uniform(-3.0, 3.0, 7)
    parameters = parameters_from(library, centres, structures, thetas, generator.normal(size=(len(structures), 7)))

    back = thetas_from(library, centres, structures, parameters)

    for structure, before, after in zip(structures, thetas, back, strict=True):
        for place, code in enumerate(structure):
            if code >= library.n_linear:
                used = 3 if library.terms[code].kind == "sine_sine" else 1
                np.testing.assert_allclose(after[place, :used], before[place, :used], rtol=1e-12)


def test_refits_see_nothing_after_their_end(library: TermLibrary, data: EquationData, structures: np.ndarray) -> None:
    some, ends = structures[::6], [80, 90, 100]
    start = fit_structures(library, data.until(80), some)
    other = EquationData(
        data.name,
        np.concatenate([data.target[:90], data.target[90:] * 3.0 - 1.0]),
        data.variables,
        np.concatenate([data.values[:90], data.values[90:] * 5.0 + 2.0]),  # noqa: PD011
    )

    refitted = refit_expanding(library, data, some, ends, start.parameters)
    under_another_future = refit_expanding(library, other, some, ends, start.parameters)

    np.testing.assert_array_equal(refitted[:2], under_another_future[:2])
    assert not np.array_equal(refitted[2], under_another_future[2], equal_nan=True)


def test_a_refit_is_at_least_as_good_as_its_start(
    library: TermLibrary, data: EquationData, structures: np.ndarray
) -> None:
    some, end = structures[::6], 100
    start = fit_structures(library, data.until(end), some)

    refitted = refit_expanding(library, data, some, [end], start.parameters)

    sample = data.until(end)
    for structure, sse, parameters in zip(some, start.sse, refitted[0], strict=True):
        values = fitted_values(library, sample.values, structure, parameters)
        assert ((sample.target - values) ** 2).sum() <= sse * (1 + 1e-9)


@pytest.mark.parametrize("ends", [[], [90, 80], [1], [10_000]])
def test_ends_that_do_not_ascend_within_the_sample_are_refused(
    library: TermLibrary, data: EquationData, structures: np.ndarray, ends: list[int]
) -> None:
    with pytest.raises(SettingsError, match="ends must ascend"):
        refit_expanding(library, data, structures[:1], ends, np.zeros((1, 16)))


def test_a_leak_is_refused_by_name(euro_area: pd.DataFrame, data: EquationData) -> None:
    """r[-1] = i[-1] - pi: the two together are the target."""
    real = euro_area["r"].shift(1).loc["1971Q3":"2005Q1"].to_numpy()  # type: ignore[misc]
    values = np.column_stack([data.values[:, [0, 4]], real])  # noqa: PD011
    leaking = EquationData("pi", data.target, ("pi_1", "i_1", "r_1"), values)
    library = TermLibrary.full(leaking.variables, max_terms=2)

    with pytest.raises(FitError, match="i_1 and r_1 give pi away"):
        fit_structures(library, leaking, library.canonical([1, 2]))


def test_a_structure_of_a_forbidden_pair_is_not_fitted(data: EquationData) -> None:
    library = TermLibrary.full(data.variables, forbidden=[("y_1", "i_1")])
    both = library.canonical([library.code("variable", "y_1"), library.code("variable", "i_1")])

    fitted = fit_structures(library, data, np.array([both, library.canonical([0])]))

    assert fitted.ok.tolist() == [False, True]
    assert np.isnan(fitted.sse[0])
    assert np.isnan(fitted.parameters[0]).all()


@pytest.mark.parametrize(
    ("target", "values", "message"),
    [
        ([1.0, np.nan, 2.0], [[1.0], [2.0], [3.0]], "'x' has values that are not numbers"),
        ([1.0, 2.0, 4.0], [[1.0], [1.0], [1.0]], "'z' never varies"),
        ([1.0, 2.0, 4.0], [[1.0, 2.0, 3.0]], "values of shape"),
    ],
)
def test_data_with_gaps_are_refused(target: list[float], values: list[list[float]], message: str) -> None:
    with pytest.raises(DataError, match=message):
        EquationData("x", np.array(target), ("z",), np.array(values))


def test_the_data_must_be_of_the_librarys_variables(library: TermLibrary, data: EquationData) -> None:
    with pytest.raises(DataError, match="the library is over"):
        problem_of(library, data.of(["pi_1"]))

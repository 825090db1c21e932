"""The general fit finds least squares where they are known, and agrees with the separable fit where both apply."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import least_squares

from macrotrade.errors import FitError, SettingsError
from macrotrade.providers.equations.data import AMPLITUDE_CAP, EquationData
from macrotrade.providers.equations.expression import Expression, evaluate
from macrotrade.providers.equations.fitting import FitSettings, fit_structures
from macrotrade.providers.equations.general import GeneralSettings, fit_expression, fit_expressions
from macrotrade.providers.equations.grammar import parse_grammar
from macrotrade.providers.equations.language import Language
from macrotrade.providers.equations.library import Term, TermLibrary
from macrotrade.providers.equations.library_terms import expression_of
from macrotrade.providers.equations.linear_constants import linear_constants
from macrotrade.providers.equations.sample import sample_of
from macrotrade.providers.equations.variables import Variable

QUICK = GeneralSettings(n_candidates=60, n_starts=6)


def only(text: str) -> Expression:
    """The richest equation of a small grammar."""
    return list(Language(parse_grammar(text)).structures())[-1]


def drawn(formula: str, n: int = 150, noise: float = 0.0) -> EquationData:
    """Two variables, and a target made of them by a formula in x and y."""
    generator = np.random.default_rng(11)
    x, y = generator.uniform(0.5, 4.0, n), generator.normal(size=n)
    target = eval(formula, {"x": x, "y": y, "np": np}) + noise * generator.normal(size=n)
    return EquationData("z", target, ("x[-1]", "y[-1]"), np.column_stack([x, y]))


def columns(data: EquationData) -> dict[Variable, np.ndarray]:
    return dict(zip(map(Variable.parse, data.variables), data.values.T, strict=True))  # noqa: PD011


def test_a_linear_equation_is_fitted_as_by_ordinary_least_squares() -> None:
    data = drawn("1 + 2 * x - 3 * x * y", noise=1.0)
    x, y = columns(data).values()
    design = np.column_stack([np.ones(data.n), x, x * y])
    solution, (sse,), *_ = np.linalg.lstsq(design, data.target)

    fit = fit_expression(only("E -> c + c * x[1] + c * x[1] * y[1] ;"), data)

    np.testing.assert_allclose(fit.parameters, solution, rtol=1e-10)
    assert fit.sse == pytest.approx(sse, rel=1e-12)


@pytest.mark.parametrize(
    ("grammar", "formula", "truth"),
    [
        ("E -> c + c * sin(c * x[1] + c) ;", "1 + 2 * np.sin(1.5 * x + 0.5)", None),
        ("E -> c + c * log(x[1] + c) ;", "1 + 2 * np.log(x + 0.7)", [1.0, 2.0, 0.7]),
        ("E -> c + c * exp(c * x[1]) ;", "1 + 0.5 * np.exp(-0.9 * x)", [1.0, 0.5, -0.9]),
        ("E -> c + c * y[1] / (x[1] + c[0..]) ;", "1 + 2 * y / (x + 0.4)", [1.0, 2.0, 0.4]),
        ("E -> c + c * tanh(c * y[1] + c) ;", "1 + 2 * np.tanh(1.2 * y - 0.3)", None),
        ("E -> c + c * y[1] + c * sqrt(x[1] + c) ;", "1 - y + 2 * np.sqrt(x + 0.3)", [1.0, -1.0, 2.0, 0.3]),
    ],
)
def test_the_constants_behind_the_data_are_found(grammar: str, formula: str, truth: list[float] | None) -> None:
    data = drawn(formula, noise=1e-2)

    fit = fit_expression(only(grammar), data, QUICK)

    assert fit.sse <= 1.2e-4 * data.n
    if truth is not None:
        np.testing.assert_allclose(fit.parameters, truth, atol=0.1)


def test_a_threshold_is_found_among_all_places_between_observations() -> None:
    data = drawn("1 + 2 * y * (x > 2.1)", noise=0.1)
    x, y = columns(data).values()

    fit = fit_expression(only("E -> c + c * y[1] * step(x[1] - c) ;"), data, QUICK)

    def sse(threshold: float) -> float:
        design = np.column_stack([np.ones(data.n), y * (x > threshold)])
        return float(((data.target - design @ np.linalg.lstsq(design, data.target)[0]) ** 2).sum())

    levels = np.sort(x)
    assert fit.sse == pytest.approx(min(map(sse, 0.5 * (levels[1:] + levels[:-1]))), rel=1e-12)


def test_bounds_hold_and_the_fit_is_the_best_within_them() -> None:
    data = drawn("1 + 2 * x - y", noise=0.5)
    expression = only("E -> c + c[0..1] * x[1] + c[-0.5..] * y[1] ;")

    fit = fit_expression(expression, data, QUICK)

    design = np.column_stack([np.ones(data.n), *columns(data).values()])
    bounded = least_squares(
        lambda p: design @ p - data.target, [0.0, 0.5, 0.0], bounds=([-np.inf, 0, -0.5], [np.inf, 1, np.inf])
    )
    np.testing.assert_allclose(fit.parameters, bounded.x, atol=1e-5)
    assert fit.parameters[1] == 1.0
    assert fit.sse <= 2.0 * bounded.cost * (1 + 1e-9)


def test_an_amplitude_stops_at_its_cap() -> None:
    data = drawn("x**2 + 0.2 * x**3", noise=0.0)
    expression = only("%max_terms 2 ; E -> c + c sin(c x[1] + c) | E + c sin(c x[1] + c) ;")

    fit = fit_expression(expression, data, GeneralSettings(n_candidates=100, n_starts=10, leak=0.0))

    largest = AMPLITUDE_CAP * data.target.std()
    assert np.abs(fit.parameters[[1, 4]]).max() <= largest * (1 + 1e-9)
    value = evaluate(expression, columns(data), fit.parameters)
    assert fit.sse == pytest.approx(((data.target - value) ** 2).sum(), rel=1e-6)


def test_linear_constants_are_those_that_multiply_no_other() -> None:
    free = only("E -> c + c * x[1] + c * y[1] * sin(c * x[1] + c) + c / (x[1] + c) ;")
    bounded = only("E -> c + c[0..1] * x[1] + c * exp(c * y[1]) ;")

    assert len(linear_constants(free)) == 4
    assert len(linear_constants(bounded)) == 2


def test_places_outside_the_domain_are_counted_and_the_fit_does_without() -> None:
    data = drawn("np.log(x - 0.3)", noise=0.01)

    fit = fit_expression(only("E -> c + c * log(x[1] + c) ;"), data, QUICK)
    hopeless = fit_expression(only("E -> c + c * log(c[-9..-5] * x[1]) ;"), data, QUICK)

    assert 0 < fit.n_invalid < fit.n_candidates
    assert np.isfinite(fit.sse)
    assert hopeless.n_invalid == hopeless.n_candidates
    assert np.isinf(hopeless.sse)
    assert np.isnan(hopeless.parameters).all()


def test_a_fit_depends_on_its_seed_and_on_no_other_equation() -> None:
    data = drawn("np.sin(2 * x) * y + 0.3 * x", noise=0.3)
    language = Language(parse_grammar("E -> c + T + T ; T -> c V | c V sin(c V + c) ; V -> x[1] | y[1] ;"))
    equations = list(language.structures())

    together = fit_expressions(equations, data, QUICK)
    alone = fit_expression(equations[-1], data, QUICK)

    assert together[-1].sse == alone.sse
    np.testing.assert_array_equal(together[-1].parameters, alone.parameters)


def test_a_warm_start_is_never_made_worse() -> None:
    data = drawn("np.sin(2 * x) * y + 0.3 * x", noise=0.3)
    expression = only("E -> c + c y[1] sin(c x[1] + c) ;")
    start = np.array([0.5, 1.0, 2.0, 0.0])
    before = ((data.target - evaluate(expression, columns(data), start)) ** 2).sum()
    poor = GeneralSettings(n_candidates=1, n_starts=1, max_iterations=1)

    (fit,) = fit_expressions([expression], data, poor, {expression: start})

    assert fit.sse <= before


def test_an_equation_that_reproduces_its_target_is_refused_by_name() -> None:
    data = drawn("2 * x - y")

    with pytest.raises(FitError, match=r"x\[-1\] and y\[-1\] give z away"):
        fit_expression(only("E -> c + c x[1] + c y[1] ;"), data)


def test_a_fit_without_starts_is_refused() -> None:
    with pytest.raises(SettingsError, match="at least one"):
        GeneralSettings(n_starts=0)


def test_both_fits_agree_on_equations_of_the_library(euro_area: pd.DataFrame) -> None:
    variables = [Variable("pi", 1), Variable("pi", 2), Variable("y", 1)]
    data = sample_of(euro_area, "pi", variables, last="2005Q1", t_origin="1971Q1").data
    terms = [Term("variable", 0), Term("product", 0, 2), Term("variable_sine", 1, 2), Term("sine_sine", 0, 2)]
    library = TermLibrary.of(data.variables, [*terms, Term("sine", 1)], max_terms=2)
    structures = library.structures()

    fast = fit_structures(library, data, structures, FitSettings(n_starts=3, n_iterations=200, tolerance=1e-12))

    expressions = [expression_of(library, structure) for structure in structures]
    optima = [row[np.isfinite(row)] for row in fast.parameters]
    from_there = fit_expressions(
        expressions, data, GeneralSettings(1, 1, 300), dict(zip(expressions, optima, strict=True))
    )
    from_scratch = fit_expressions(expressions, data)
    for expression, sse, optimum in zip(expressions, fast.sse, optima, strict=True):
        residuals = data.target - evaluate(expression, columns(data), optimum)
        assert residuals @ residuals == pytest.approx(sse, rel=1e-9)
    for fits in (from_there, from_scratch):  # mostly the same optimum, and otherwise a better one
        ratios = np.array([fit.sse for fit in fits]) / fast.sse
        assert ratios.max() <= 1 + 1e-6
        assert np.mean(ratios >= 1 - 1e-6) >= 0.7

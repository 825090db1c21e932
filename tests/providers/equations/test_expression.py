"""Expressions: value, counts, numbering, and the compiled reading against the plain one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from macrotrade.errors import DataError, SettingsError
from macrotrade.providers.equations.expression import (
    Apply,
    Constant,
    Expression,
    Fixed,
    Lagged,
    Power,
    Product,
    Ratio,
    Sum,
    constants,
    count_constants,
    depth,
    evaluate,
    length,
    numbered,
    sine,
    variables_of,
)
from macrotrade.providers.equations.stored import expression_from_record, expression_record
from macrotrade.providers.equations.tape import tape_of
from macrotrade.providers.equations.variables import Variable
from macrotrade.providers.equations.writing import sympy_of, text_of

PI, Y, T = Variable("pi", 1), Variable("y", 2), Variable("t")
VALUES = {
    PI: np.array([2.0, 1.0, 0.5, -1.0, 3.0]),
    Y: np.array([1.5, -0.5, 2.5, 0.0, 1.0]),
    T: np.arange(5.0),
}


def leaves() -> st.SearchStrategy[Expression]:
    return st.one_of(
        st.just(Constant()),
        st.sampled_from([PI, Y, T]).map(Lagged),
        st.floats(-3, 3).map(lambda value: Fixed(round(value, 3))),
    )


def branches(inner: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
    parts = st.lists(inner, min_size=2, max_size=3).map(tuple)
    return st.one_of(
        parts.map(Sum),
        parts.map(Product),
        st.builds(Ratio, inner, inner),
        st.builds(Power, inner, st.integers(2, 3)),
        st.builds(Apply, st.sampled_from(["sin", "cos", "log", "exp", "sqrt", "tanh", "step"]), inner),
    )


EXPRESSIONS = st.recursive(leaves(), branches, max_leaves=8).map(numbered)


def matrix() -> np.ndarray:
    return np.array([VALUES[PI], VALUES[Y], VALUES[T]])


def test_an_expression_has_the_value_of_its_formula() -> None:
    expression = numbered(Sum((Constant(), Product((Constant(), Lagged(Y), sine(Constant(), PI, Constant()))))))
    a, c, m, p = 0.3, -2.0, 1.1, 0.4

    value = evaluate(expression, VALUES, np.array([a, c, m, p]))

    np.testing.assert_allclose(value, a + c * VALUES[Y] * np.sin(m * VALUES[PI] + p))


def test_a_value_outside_the_domain_is_missing() -> None:
    value = evaluate(Apply("log", Lagged(PI)), VALUES, np.empty(0))

    assert np.isnan(value).tolist() == [False, False, False, True, False]
    assert np.isnan(evaluate(Ratio(Fixed(1.0), Lagged(Y)), VALUES, np.empty(0))).tolist() == [False] * 3 + [True, False]


def test_an_expression_says_how_large_it_is() -> None:
    expression = numbered(Sum((Constant(), Product((Constant(), sine(Constant(), PI, Constant()))))))

    assert count_constants(expression) == 4
    assert depth(expression) == 6
    assert length(expression) == 10  # c + c * sin ( c * pi + c ): five leaves, sin, four operators
    assert variables_of(expression) == (PI,)


def test_constants_without_gaps_are_asked_for() -> None:
    with pytest.raises(SettingsError, match=r"\[0, 2\]"):
        constants(Sum((Constant(0), Constant(2))))


def test_a_variable_without_values_is_refused_by_name() -> None:
    with pytest.raises(DataError, match=r"pi\[-4\].*there are values of pi\[-1\]"):
        evaluate(Lagged(Variable("pi", 4)), VALUES, np.empty(0))
    with pytest.raises(DataError, match=r"pi\[-4\]"):
        tape_of(Lagged(Variable("pi", 4)), (PI,))


@settings(deadline=None, max_examples=150)
@given(EXPRESSIONS, st.randoms(use_true_random=False))
def test_the_tape_agrees_with_the_plain_reading(expression: Expression, random: object) -> None:
    parameters = np.array([random.uniform(-2, 2) for _ in range(count_constants(expression))])  # type: ignore[attr-defined]
    tape = tape_of(expression, (PI, Y, T))

    plain = np.broadcast_to(evaluate(expression, VALUES, parameters), (5,))

    np.testing.assert_allclose(tape.value(matrix(), parameters), plain, rtol=1e-9, atol=1e-12)


@settings(deadline=None, max_examples=100)
@given(EXPRESSIONS, st.randoms(use_true_random=False))
def test_slopes_agree_with_sympy(expression: Expression, random: object) -> None:
    parameters = np.array([random.uniform(0.2, 2) for _ in range(count_constants(expression))])  # type: ignore[attr-defined]
    tape = tape_of(expression, (PI, Y, T))
    value, slopes = tape.value_and_slopes(matrix(), parameters)
    if "step" in text_of(expression) or not np.isfinite(value).all():
        return
    import sympy

    for index in range(len(parameters)):
        symbols = {sympy.Symbol(f"c_{k}"): parameters[k] for k in range(len(parameters))}
        derivative = sympy_of(expression).diff(sympy.Symbol(f"c_{index}")).subs(symbols)
        for row in range(5):
            here = dict(zip(sorted(derivative.free_symbols, key=str), [0.0] * 3, strict=False))
            for symbol in here:
                here[symbol] = {"pi_{t-1}": VALUES[PI], "y_{t-2}": VALUES[Y], "t": VALUES[T]}[symbol.name][row]
            exact = derivative.subs(here)
            if exact.is_number and exact.is_finite and exact.is_real and np.isfinite(slopes[index, row]):
                assert slopes[index, row] == pytest.approx(float(exact), rel=1e-6, abs=1e-8)


@given(EXPRESSIONS)
def test_an_expression_is_stored_and_read_back(expression: Expression) -> None:
    assert expression_from_record(expression_record(expression)) == expression


def test_a_stored_part_that_is_no_expression_is_refused() -> None:
    with pytest.raises(DataError, match="no expression"):
        expression_from_record({"difference": []})
    with pytest.raises(DataError, match="Did you mean 'sin'"):
        expression_from_record({"apply": "sine", "argument": {"fixed": 1.0}})

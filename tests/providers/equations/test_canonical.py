"""What is the same equation has one form; what is not keeps its own."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from macrotrade.providers.equations.canonical import Form
from macrotrade.providers.equations.expression import Expression, Fixed, Lagged, Product, Ratio, Sum, evaluate
from macrotrade.providers.equations.grammar import parse_grammar
from macrotrade.providers.equations.grammar.reading import expression_of_body
from macrotrade.providers.equations.variables import Variable
from macrotrade.providers.equations.writing import text_of

PLACES = {variable: place for place, variable in enumerate(map(Variable.parse, ["pi[1]", "pi[2]", "y[1]", "t"]))}


def form(text: str, *, ordered: bool = False) -> Expression:
    (body,) = parse_grammar(f"E -> {text} ;").alternatives["E"]
    return Form(PLACES, ordered).canonical(expression_of_body(body))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("c * y[1] * pi[1]", "c pi[1] y[1]"),
        ("c * y[1] + c + c pi[1]", "c + c pi[1] + c y[1]"),
        ("c pi[1] + c pi[1]", "c pi[1]"),
        ("c pi[1] + 2 pi[1]", "c pi[1]"),
        ("2 pi[1] + pi[1] + 0 * y[1]", "3 pi[1]"),
        ("c * c * pi[1]", "c pi[1]"),
        ("c + c + 2", "c"),
        ("c * (c * pi[1] + c * y[1]) + c", "c + c pi[1] + c y[1]"),
        ("c * pi[1] / (2 * y[1])", "c * (pi[1] / y[1])"),
        ("pi[1]^2 * c", "c pi[1] pi[1]"),
        ("c * cos(c + c * pi[1])", "c sin(c pi[1] + c)"),
        ("c sin(c y[1] + c) sin(c pi[1] + c)", "c sin(c pi[1] + c) sin(c y[1] + c)"),
        ("c[0..1] pi[1] + c[0..1] pi[1]", "c[0..1] pi[1]"),
        ("c[0..1] pi[1] + c[-1..0.5] pi[1]", "c[-1..1] pi[1]"),
        ("-2 * c[0..1] * pi[1]", "c[-2..0] pi[1]"),
        ("step(pi[1] - c)", "step(pi[1] + c)"),
        ("c * sin(0) + c", "c"),
    ],
)
def test_the_same_equation_has_one_form(one: str, other: str) -> None:
    assert form(one) == form(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("c sin(c pi[1] + c) + c sin(c pi[1] + c)", "c sin(c pi[1] + c)"),
        ("cos(c[0..1] + c * pi[1])", "sin(c[0..1] + c * pi[1])"),
        ("c * cos(c pi[1])", "c * sin(c pi[1])"),
        ("(c pi[1] + c)^2", "(c pi[1] + c) * (c pi[1] + c)"),
        ("c * (c pi[1] + y[1])", "c pi[1] + y[1]"),
        ("pi[1] / c[1..2]", "c[1..2] pi[1]"),
    ],
)
def test_different_equations_have_different_forms(one: str, other: str) -> None:
    assert form(one) != form(other)


def test_ordered_products_keep_their_order() -> None:
    assert form("c y[1] pi[1]", ordered=True) != form("c pi[1] y[1]", ordered=True)


def test_a_form_reads_as_an_equation_is_written() -> None:
    assert text_of(form("c sin(c + c y[1]) y[1] + c t + c pi[2] pi[1] + c pi[2] + c")) == (
        "c + c pi[-2] + c t + c pi[-1] pi[-2] + c y[-1] sin(c y[-1] + c)"
    )


LEAVES = st.one_of(st.sampled_from([-2.0, 0.0, 0.5, 1.0, 3.0]).map(Fixed), st.sampled_from(list(PLACES)).map(Lagged))
NUMERIC = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: Sum(tuple(parts))),
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: Product(tuple(parts))),
        st.builds(Ratio, inner, st.sampled_from([-2.0, 0.5]).map(Fixed)),
    ),
    max_leaves=8,
)


@settings(deadline=None)
@given(NUMERIC)
def test_an_expression_without_constants_keeps_its_value(expression: Expression) -> None:
    values = {variable: np.array([1.3, -0.7, 2.1]) + place for place, variable in enumerate(PLACES)}
    canonical = Form(PLACES).canonical(expression)

    assert Form(PLACES).canonical(canonical) == canonical
    np.testing.assert_allclose(
        evaluate(canonical, values, np.empty(0)), evaluate(expression, values, np.empty(0)), rtol=1e-9, atol=1e-9
    )

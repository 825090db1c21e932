"""Sines as a reader writes them: the same values, short phases, amplitudes above zero."""

from __future__ import annotations

import numpy as np
import pytest

from macrotrade.providers.equations.expression import Expression, evaluate
from macrotrade.providers.equations.grammar import parse_grammar
from macrotrade.providers.equations.language import Language
from macrotrade.providers.equations.phases import with_short_phases
from macrotrade.providers.equations.variables import Variable


def only(text: str) -> Expression:
    """The richest equation of a small grammar."""
    return list(Language(parse_grammar(text)).structures())[-1]


@pytest.mark.parametrize(
    ("grammar", "given", "wanted"),
    [
        ("E -> c + c * x[1] * sin(c * x[1] + c) ;", [0.5, -2.0, 0.3, 40.0], [0.5, 2.0, 0.3, 40.0 - 13 * np.pi]),
        ("E -> c + c * cos(c * x[1] + c) ;", [0.5, 2.0, 0.3, -7.0], [0.5, 2.0, 0.3, -7.0 + 2 * np.pi]),
        ("E -> c + c[-3..3] * sin(c * x[1] + c) ;", [0.5, -2.0, 0.3, 7.0], [0.5, -2.0, 0.3, 7.0 - 2 * np.pi]),
        ("E -> c + c * sin(c * x[1] + c[0..9]) ;", [0.5, -2.0, 0.3, 7.0], [0.5, -2.0, 0.3, 7.0]),
        ("E -> c + c * tanh(c * x[1] + c) ;", [0.5, -2.0, 0.3, 7.0], [0.5, -2.0, 0.3, 7.0]),
    ],
    ids=["product", "cosine", "bounded amplitude", "bounded phase", "no wave"],
)
def test_phases_are_short_and_amplitudes_not_negative_where_both_are_free(
    grammar: str, given: list[float], wanted: list[float]
) -> None:
    expression = only(grammar)
    values = {Variable("x", 1): np.linspace(-3.0, 5.0, 50)}

    found = with_short_phases(expression, np.array(given))

    np.testing.assert_allclose(found, wanted, atol=1e-12)
    before, after = (evaluate(expression, values, one) for one in (np.array(given), found))
    np.testing.assert_allclose(after, before, atol=1e-12)

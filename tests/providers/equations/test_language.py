"""Languages are counted, listed and handed to the fast fit; the counts are those of deriving everything by hand."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import numpy as np
import pytest

from macrotrade.errors import SettingsError
from macrotrade.providers.equations.canonical import Form
from macrotrade.providers.equations.expression import (
    Constant,
    Expression,
    Fixed,
    Lagged,
    Sum,
    count_constants,
    evaluate,
    numbered,
    rebuilt,
)
from macrotrade.providers.equations.grammar import Body, Grammar, Lags, Symbol, parse_grammar, read_grammar
from macrotrade.providers.equations.language import Language
from macrotrade.providers.equations.library import TermLibrary
from macrotrade.providers.equations.library_terms import expression_of
from macrotrade.providers.equations.parameters import fitted_values, n_parameters, width_of_parameters
from macrotrade.providers.equations.variables import Variable
from macrotrade.providers.equations.writing import text_of

NAMES = [f"{name}[-{lag}]" for name in ("pi", "y", "i") for lag in (1, 2)] + ["t"]


def brute(grammar: Grammar, body: Body, depth: int, in_sum: bool = True) -> Iterator[tuple[int, Expression]]:
    """Every derivation of a body: how many terms it adds up, and the expression; written apart from the package's."""
    head = body.head
    if isinstance(head, Symbol):
        if depth > 0:
            for alternative in grammar.alternatives[head.name]:
                yield from brute(grammar, alternative, depth - 1, in_sum)
    elif isinstance(head, Lags):
        for variable in head.variables:
            yield 1, Lagged(variable)
    elif isinstance(head, Constant | Fixed):
        yield 0, head
    elif in_sum and isinstance(head, Sum):
        for parts in product(*(list(brute(grammar, part, depth)) for part in body.parts)):
            yield sum(n for n, _ in parts), Sum(tuple(one for _, one in parts))
    else:
        for parts in product(*(list(brute(grammar, part, depth, in_sum=False)) for part in body.parts)):
            yield 1, rebuilt(head, tuple(one for _, one in parts)) if parts else head


def brute_counts(grammar: Grammar, depth: int) -> tuple[int, int]:
    """Number of derivations, and of different canonical forms with the constant alone among them."""
    most = grammar.max_terms or 10**9
    derived = [one for n, one in brute(grammar, Body(Symbol(grammar.start())), grammar.max_depth or depth) if n <= most]
    form = Form({variable: place for place, variable in enumerate(grammar.variables)}, grammar.ordered)
    forms = {form.sum_of(form.terms(one)) for one in derived}
    return len(derived), len(forms | {Constant()})


SMALL = {
    "linear": "%max_terms 3 ; E -> c + c * V | E + c * V ; V -> pi[1..2] | t ;",
    "library": "%max_terms 2 ; E -> c + T | E + T ; T -> c V | c V V | c V sin(c V + c) "
    "| c sin(c V + c) sin(c V + c) | c sin(c V + c) ; V -> pi[1..2] ;",
    "two sources": "%max_terms 3 ; E -> c + A | E + A | E + B ; A -> c * pi[1..2] ; B -> c sin(c V + c) ; "
    "V -> y[1..2] ;",
    "bounded": "E -> c + c[0..1] V + c[-1..0] V + T ; V -> pi[1..2] ; T -> c[0..1] exp(c V) | V ;",
    "nested": "%max_depth 4 ; E -> c + c * F ; F -> V | V * F | sin(F) ; V -> pi[1] | y[1] ;",
    "ordered": "%products ordered ; E -> c + c V W ; V -> pi[1] | y[1] ; W -> pi[1] | y[1] ;",
    "numbers": "E -> 2 V + V | 3 V - c | c (c V + c) + c * (2 * W) / 4 ; V -> pi[1..2] ; W -> y[1] | V ;",
    "depth of sums": "%max_depth 5 ; E -> c | E + c * V | E - c * cos(c V + c) ; V -> pi[1..2] ;",
    "two or three": "E -> c + T + T | c + T + T + T ; T -> c V | c sin(c V + c) ; V -> pi[1..3] ;",
}


@pytest.mark.parametrize("name", SMALL)
def test_a_small_language_has_as_many_equations_as_are_derived_one_by_one(name: str) -> None:
    grammar = parse_grammar(SMALL[name])

    language = Language(grammar)
    listed = list(language.structures())

    assert (language.n_derivations, language.n_canonical) == brute_counts(grammar, depth=6)
    assert len(listed) == len(set(listed)) == language.n_canonical == language.count_by_listing()


@pytest.mark.parametrize("name", SMALL)
def test_a_canonical_equation_is_its_own_canonical_form(name: str) -> None:
    language = Language(parse_grammar(SMALL[name]))

    for expression in language.structures():
        assert numbered(language.form.canonical(expression)) == expression


def test_the_published_terms_give_the_known_numbers_of_equations() -> None:
    with_lone_sines = Language(read_grammar("kazakov_tsenova"))
    text = str(read_grammar("kazakov_tsenova"))
    without = Language(parse_grammar(text.replace("| c * sin(c * V + c) ;", ";")))

    assert with_lone_sines.n_canonical == 291_040
    assert without.n_canonical == 242_950
    assert without.n_derivations == 154 + 154**2 + 154**3 == 3_676_134
    assert "3,676,134 derivations, 242,950 canonical equations; separable fit" in str(without.size())


def test_the_published_terms_are_the_fast_fits_library() -> None:
    library = Language(read_grammar("kazakov_tsenova")).term_library()

    assert library == TermLibrary.full(NAMES)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("%products ordered ; E -> c + T ; T -> c V ; V -> pi[1] ;", "ordered"),
        ("E -> c + T ; T -> c * log(V) ; V -> pi[1..2] ;", r"no term c log\(pi\[-1\]\)"),
        ("E -> c + T ; T -> c[0..1] V ; V -> pi[1..2] ;", "no term c pi"),
        ("E -> c + T + T ; T -> c V ; V -> pi[1..2] ;", "fewer terms"),
        ("E -> c + A | c + A + B ; A -> c pi[1] ; B -> c y[1] ;", "several sorts"),
        ("E -> T ; T -> c V ; V -> pi[1..2] ;", "several sorts"),
    ],
)
def test_a_language_says_why_the_fast_fit_cannot_take_it(text: str, reason: str) -> None:
    import re

    language = Language(parse_grammar(text))

    assert language.term_library() is None
    assert re.search(reason, language.why_general)
    assert language.why_general in str(language.size())


def test_part_of_the_library_is_a_library() -> None:
    grammar = parse_grammar("%max_terms 2 ; E -> c + T | E + T ; T -> c V | c V sin(c t + c) ; V -> pi[1] | y[1] ;")
    language = Language(grammar)

    library = language.term_library()

    assert library is not None
    assert library.n_structures == language.n_canonical
    listed = {library.written(row) for row in library.structures()}
    assert {text_of(one) for one in language.structures()} == listed


def test_a_grammar_limited_by_depth_alone_can_be_the_library() -> None:
    by_depth = Language(
        parse_grammar("%max_depth 5 ; E -> c + T | E + T ; T -> c V | c sin(c V + c) ; V -> pi[1..2] ;")
    )
    by_terms = Language(
        parse_grammar("%max_terms 3 ; E -> c + T | E + T ; T -> c V | c sin(c V + c) ; V -> pi[1..2] ;")
    )

    assert by_depth.n_canonical == by_terms.n_canonical
    assert by_depth.term_library() == by_terms.term_library() is not None


def test_a_structures_expression_has_the_librarys_value_and_order_of_constants() -> None:
    library = TermLibrary.full(NAMES)
    generator = np.random.default_rng(5)
    values = generator.normal(size=(20, 7))
    columns = dict(zip(map(Variable.parse, NAMES), values.T, strict=True))

    for structure in library.unrank(generator.integers(0, library.n_structures, 60)):
        expression = expression_of(library, structure)
        n = int(n_parameters(library, structure)[0])
        parameters = generator.normal(size=n)
        padded = np.concatenate([parameters, np.full(width_of_parameters(library) - n, np.nan)])

        assert count_constants(expression) == n
        np.testing.assert_allclose(
            evaluate(expression, columns, parameters), fitted_values(library, values, structure, padded), rtol=1e-12
        )


def test_every_structure_of_the_library_is_an_equation_of_the_language() -> None:
    language = Language(parse_grammar(SMALL["library"]))
    library = language.term_library()
    assert library is not None

    forms = {numbered(language.form.canonical(expression_of(library, row))) for row in library.structures()}

    assert forms == set(language.structures())


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        ("E -> c | E + c * pi[1] ;", "%max_terms or %max_depth"),
        ("%max_terms 3 ; E -> c + c * F ; F -> pi[1] | F * pi[1] ;", "%max_depth"),
        ("%max_terms 3 ; E -> c | E + c ;", "%max_depth"),
    ],
)
def test_a_language_without_end_is_refused(text: str, limit: str) -> None:
    with pytest.raises(SettingsError, match=f"no end.*{limit}"):
        Language(parse_grammar(text))


def test_unwanted_variables_are_left_out_of_the_count() -> None:
    grammar = read_grammar("kazakov_tsenova")

    language = Language(grammar, unwanted=[Variable("t")])

    assert language.n_canonical == Language(read_grammar("euro_area_system"), "pi").n_canonical == 127_309
    assert Variable("t") not in language.variables

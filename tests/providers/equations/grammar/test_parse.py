"""Grammars are read from text, written back, and refused with the place of what is wrong."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from macrotrade.errors import SettingsError
from macrotrade.providers.equations.expression import (
    Apply,
    Constant,
    Fixed,
    Lagged,
    Power,
    Product,
    Ratio,
    Sum,
)
from macrotrade.providers.equations.grammar import (
    Body,
    Grammar,
    Lags,
    Production,
    Symbol,
    parse_equation,
    parse_grammar,
    read_grammar,
    shipped_grammars,
)
from macrotrade.providers.equations.language import Language
from macrotrade.providers.equations.variables import Variable

ONE = Fixed(1.0)
NUMBERS = st.integers(-40, 40).map(lambda n: n / 8)
BOUNDED = st.tuples(NUMBERS, NUMBERS).filter(lambda pair: pair[0] < pair[1])
LEAVES = st.one_of(
    st.just(Constant()),
    BOUNDED.map(lambda pair: Constant(0, *pair)),
    NUMBERS.map(lambda low: Constant(0, lower=low)),
    BOUNDED.map(lambda pair: Constant(0, pair[0], pair[1], sum(pair) / 2)),
    NUMBERS.map(lambda start: Constant(initial=start)),
    NUMBERS.map(Fixed),
    st.sampled_from(["pi", "y", "S&P 500", "sin", "c"]).map(lambda name: Lagged(Variable(name, 2))),
    st.just(Lagged(Variable("t"))),
    st.tuples(st.sampled_from(["pi", "VIX close"]), st.integers(1, 3), st.integers(1, 3)).map(
        lambda parts: Lags(parts[0], parts[1], parts[1] + parts[2])
    ),
    st.just(Symbol("V")),
).map(Body)


def joined(head: Sum | Product, parts: list[Body]) -> Body:
    flat = [inner for part in parts for inner in (part.parts if type(part.head) is type(head) else (part,))]
    return Body(head, tuple(flat))


def branches(inner: st.SearchStrategy[Body]) -> st.SearchStrategy[Body]:
    several = st.lists(inner, min_size=2, max_size=3)
    return st.one_of(
        several.map(lambda parts: joined(Sum(()), parts)),
        several.map(lambda parts: joined(Product(()), parts)),
        st.tuples(inner, inner).map(lambda parts: Body(Ratio(ONE, ONE), parts)),
        st.tuples(inner, st.integers(2, 4)).map(lambda pair: Body(Power(ONE, pair[1]), (pair[0],))),
        st.tuples(st.sampled_from(["sin", "log", "step", "tanh"]), inner).map(
            lambda pair: Body(Apply(pair[0], ONE), (pair[1],))  # type: ignore[arg-type]
        ),
    )


BODIES = st.recursive(LEAVES, branches, max_leaves=7)
GRAMMARS = st.builds(
    lambda bodies, ends, terms, depth, ordered: Grammar(
        (
            Production("E", (*dict.fromkeys((*bodies, Body(Symbol("V")))),)),
            Production("V", tuple(dict.fromkeys(map(Body, ends)))),
        ),
        terms,
        depth,
        ordered,
        (("pi", "E"), ("S&P 500", "V")) if ordered else (),
    ),
    st.lists(BODIES, min_size=1, max_size=3),
    st.lists(st.sampled_from([Lagged(Variable("pi", 1)), Lags("y", 1, 2), Constant()]), min_size=1, max_size=3),
    st.none() | st.integers(1, 4),
    st.none() | st.integers(1, 4),
    st.booleans(),
)


@settings(deadline=None, max_examples=150)
@given(GRAMMARS)
def test_a_grammar_written_out_is_read_back(grammar: Grammar) -> None:
    back = parse_grammar(str(grammar))

    assert back == grammar
    assert back.fingerprint() == grammar.fingerprint()


@pytest.mark.parametrize("name", shipped_grammars())
def test_a_shipped_grammar_written_out_is_the_same_language(name: str) -> None:
    grammar = read_grammar(name)
    target = grammar.targets[0][0] if grammar.targets else None

    back = parse_grammar(str(grammar))

    assert back == grammar
    assert Language(back, target).n_canonical == Language(grammar, target).n_canonical


def test_the_shipped_grammars_are_these() -> None:
    assert set(shipped_grammars()) == {
        "euro_area_system", "is_curve", "kazakov_tsenova", "linear_ar", "phillips_curve", "policy_rule",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("E -> c + V ;\nV -> pi[1] ) ;", "line 2, column 12", r"expected ';' or '\|', found '\)'"),
        ("E -> c + pi[1]", "line 1, column 15", "found the end of the text"),
        ("", "line 1, column 1", "expected '%' or a name"),
        ("E -> c $ pi[1] ;", "line 1, column 8", r"found '\$'"),
        ("E -> c\n  + sine(pi[1]) ;", "line 2, column 5", "no function 'sine'. Did you mean 'sin'"),
        ("Es -> c + Ws ;\nW -> pi[1] ;", "line 1, column 11", "'Ws' is neither a symbol .* Did you mean 'W'"),
        ("E -> c + pi ;", "line 1, column 10", r"such as pi\[1\]"),
        ("E -> c + pi[0] ;", "line 1, column 13", "1 or more"),
        ("E -> c + pi[1.5] ;", "line 1, column 13", "whole number"),
        ("E -> c + pi[2..1] ;", "line 1, column 12", r"write pi\[1\.\.2\]"),
        ("E -> c + pi[1..] ;", "line 1, column 12", "needs both ends"),
        ("E -> c[1..0] ;", "line 1, column 7", "lower bound must be below"),
        ("E -> c[1] ;", "line 1, column 7", r"c\[0\.\.1\]"),
        ("E -> const[0:2:1] ;", "line 1, column 11", "within the bounds"),
        ("E -> c + t[1] ;", "line 1, column 10", "time has no lag"),
        ("E -> pi[1]^1.5 ;", "line 1, column 12", "exponent"),
        ("sin -> c ;", "line 1, column 1", "a meaning of its own"),
        ("%max_trems 3 ;\nE -> c ;", "line 1, column 2", "Did you mean 'max_terms'"),
        ("%max_terms many ;\nE -> c ;", "line 1, column 2", "whole number"),
        ("%products sorted ;\nE -> c ;", "line 1, column 2", "'symmetric' or 'ordered'"),
        ("E -> c + T\nT -> pi[1] ;", "line 2, column 4", "put ';' after it"),
        ("%target pi F ;\nE -> c ;", "line 1, column 12", "no production defines 'F'"),
    ],
)
def test_a_mistake_is_pointed_at(text: str, place: str, words: str) -> None:
    with pytest.raises(SettingsError, match=words) as refusal:
        parse_grammar(text, "my grammar")

    message = str(refusal.value)
    assert message.startswith(f"my grammar, {place}: ")
    line, column = (int(word) for word in place.replace("line ", "").replace("column ", "").split(", "))
    shown, caret = message.splitlines()[-2:]
    assert shown == "    " + (text.splitlines() or [""])[line - 1]
    assert caret == " " * (4 + column - 1) + "^"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("E -> E + c ;", "always leads back to itself"),
        ("E -> c ; F -> pi[1] ;", "'F' is never used"),
        ("%max_terms 2 ;", "no production"),
    ],
)
def test_a_grammar_that_says_nothing_is_refused(text: str, words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        parse_grammar(text)


def test_a_product_may_be_written_without_its_sign() -> None:
    assert parse_grammar("E -> c + c V sin(c V + c) + c (V + c) ; V -> pi[1] ;") == parse_grammar(
        "E -> c + c * V * sin(c * V + c) + c * (V + c) ; V -> pi[1] ;"
    )


def test_an_unknown_series_is_noticed_against_the_data() -> None:
    with pytest.raises(SettingsError, match=r"reads phi\[-1\].*Did you mean 'pi'"):
        parse_grammar("E -> c + c * phi[1] + t ;").check_columns(["pi", "y"])


def test_a_file_is_read_and_named_in_its_errors(tmp_path: Path) -> None:
    file = tmp_path / "mine.grammar"
    file.write_text("# mine\nE -> c + ;\n")

    with pytest.raises(SettingsError, match=r"mine\.grammar, line 2, column 10"):
        read_grammar(file)
    with pytest.raises(SettingsError, match="Did you mean 'phillips_curve'"):
        read_grammar("philips_curve")


def test_equations_of_a_system_start_from_their_own_symbols() -> None:
    grammar = parse_grammar("%target pi P ; %target y Y ; P -> c + c * pi[1] ; Y -> c + c * y[1] ;")

    assert [str(v) for v in Language(grammar, "pi").variables] == ["pi[-1]"]
    with pytest.raises(SettingsError, match="there is none for 'r'"):
        grammar.start("r")
    with pytest.raises(SettingsError, match="no target was named"):
        grammar.start()


def test_unwanted_variables_take_their_alternatives_with_them() -> None:
    grammar = parse_grammar("E -> c + c * V | c + T | c * pi[1..3] ; V -> pi[1..2] | r[1] ; T -> t | c * t ;")

    left = grammar.without([Variable("t"), Variable("r", 1), Variable("pi", 2)])

    assert left == parse_grammar("E -> c + c * V | c * pi[1] | c * pi[3] ; V -> pi[1] ;")
    with pytest.raises(SettingsError, match="no equation left"):
        parse_grammar("E -> c * t ;").without([Variable("t")])


def test_an_equation_gives_its_numbers_in_reading_order() -> None:
    target, _, parameters = parse_equation('"S&P 500" = 1.5 - 2 "VIX close"[-1] / (3 + y[2]^2) - exp(-.5 t)')

    assert target == "S&P 500"
    np.testing.assert_array_equal(parameters, [1.5, -2.0, 3.0, -1.0, -0.5])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("pi = c + 2 pi[1]", "line 1, column 6: an equation needs a number"),
        ("pi = 1 + 2 pi", "'pi' is a series with its lag"),
        ("pi + 1", "expected '='"),
    ],
)
def test_a_draft_that_is_no_equation_is_refused(text: str, words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        parse_equation(text)

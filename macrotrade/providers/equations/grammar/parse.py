"""Reading grammars, and single equations, from text."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np

from macrotrade._typing import FloatArray
from macrotrade.errors import SettingsError
from macrotrade.providers.equations.expression import Constant, Expression, Fixed, children, numbered, rebuilt, walk
from macrotrade.providers.equations.grammar.checks import check_symbols
from macrotrade.providers.equations.grammar.productions import Grammar, Production
from macrotrade.providers.equations.grammar.reading import Reader, expression_of_body
from macrotrade.providers.equations.grammar.words import expected_words, pointed_at

__all__ = ["parse_equation", "parse_grammar"]


def parse_grammar(text: str, source: str = "grammar") -> Grammar:
    """The grammar written in `text`; `source` names it in errors.

    A grammar is productions ``symbol -> alternative | alternative ;``. Alternatives are made of symbols, variables,
    constants, ``+ - * / ^``, and the functions sin, cos, log, exp, sqrt, tanh and step (1 above 0, otherwise 0);
    ``*`` may be left out. The first production's symbol starts every equation.

    =========================  ==========================================================================
    ``pi[1]``, ``pi[1..2]``    a series one period back; any one of the lags
    ``"S&P 500"[1]``           a series whose name would otherwise be read as something else
    ``t``                      time
    ``c``                      a constant to be fitted; ``const`` is the same
    ``c[0..1]``, ``c[0..]``    one that may only be fitted within bounds
    ``const[0:0.5:1]``         the same with where to start; ``_`` for no bound
    ``2.5``                    a number that stays
    ``%max_terms 3 ;``         most terms beside the constant, which lets a sum refer to itself
    ``%max_depth 5 ;``         most productions applied one within another
    ``%products ordered ;``    V W and W V are two equations, not one
    ``%target pi E ;``         equations of pi start from E; one such line for each series of a system
    ``# ...``                  a comment
    =========================  ==========================================================================

    Raises
    ------
    SettingsError
        With line and column, what was found there and what was expected.
    """
    tree = _tree(text, source, "grammar")
    reader = Reader(text, source)
    reader.symbols = {str(part.children[0]) for part in tree.children if part.data == "production"}
    alternatives: dict[str, list[Any]] = {}
    for part in tree.children:
        if part.data == "option":
            reader.read_option(part)
        else:
            symbol = reader.left_side(part.children[0])
            alternatives.setdefault(symbol, []).extend(map(reader.body, part.children[1:]))
    if not alternatives:
        raise SettingsError(f"{source} has no production; write at least one, such as E -> c + c * pi[1] ;")
    grammar = Grammar(
        tuple(Production(symbol, tuple(dict.fromkeys(bodies))) for symbol, bodies in alternatives.items()),
        reader.max_terms,
        reader.max_depth,
        reader.ordered,
        tuple(reader.targets.items()),
    )
    check_symbols(grammar, source)
    return grammar


def parse_equation(text: str, source: str = "equation") -> tuple[str, Expression, FloatArray]:
    """Target, right-hand side and its constants' values from an equation with numbers, such as ``Equation`` prints.

    Every number becomes a constant that a fit may change; exponents stay.

    >>> parse_equation("pi = -.51 + .89 pi[-1]")[2]
    array([-0.51,  0.89])
    """
    tree = _tree(text, source, "equation")
    reader = Reader(text, source)
    reader.only_numbers = True
    target = reader.name_of(tree.children[0])
    expression = expression_of_body(reader.body(tree.children[1]))
    parameters = [node.value for node in walk(expression) if isinstance(node, Fixed)]
    return target, numbered(_fixed_to_constants(expression)), np.array(parameters, dtype=np.float64)


def _fixed_to_constants(node: Expression) -> Expression:
    if isinstance(node, Fixed):
        return Constant()
    return rebuilt(node, tuple(map(_fixed_to_constants, children(node))))


def _tree(text: str, source: str, start: str) -> Any:
    from lark import UnexpectedInput
    from lark.exceptions import UnexpectedCharacters

    try:
        return _parser().parse(text, start=start)
    except UnexpectedInput as error:
        at_end = getattr(getattr(error, "token", None), "type", "") == "$END"
        line, column = _end(text) if at_end else (error.line, error.column)
        found = "the end of the text" if at_end else f"{text.splitlines()[line - 1][column - 1]!r}"
        names = error.allowed if isinstance(error, UnexpectedCharacters) else getattr(error, "accepts", None)
        expected = expected_words(names or getattr(error, "expected", ()) or ())
        message = f"expected {expected}, found {found}."
        if found == "'>'" and start == "grammar":  # of an arrow, whose dash was read as a minus
            message = "a production begins here, and the one before it has no end; put ';' after it."
        raise SettingsError(pointed_at(text, source, line, column, message)) from None


def _end(text: str) -> tuple[int, int]:
    lines = text.rstrip().splitlines() or [""]
    return len(lines), len(lines[-1]) + 1


@cache
def _parser() -> Any:
    from lark import Lark

    rules = files("macrotrade.providers.equations.grammar").joinpath("language.lark").read_text(encoding="utf-8")
    return Lark(rules, parser="lalr", start=["grammar", "equation"], propagate_positions=True, maybe_placeholders=False)

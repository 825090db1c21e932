"""Grammars of equations: what a user writes to say which equations may be considered."""

from macrotrade.providers.equations.grammar.parse import parse_equation, parse_grammar
from macrotrade.providers.equations.grammar.productions import Body, Grammar, Lags, Production, Symbol
from macrotrade.providers.equations.grammar.shelf import read_grammar, shipped_grammars

__all__ = [
    "Body",
    "Grammar",
    "Lags",
    "Production",
    "Symbol",
    "parse_equation",
    "parse_grammar",
    "read_grammar",
    "shipped_grammars",
]

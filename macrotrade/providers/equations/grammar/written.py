"""Grammars written out again, as :func:`parse_grammar` reads them."""

from __future__ import annotations

import math

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
from macrotrade.providers.equations.grammar.productions import Body, Grammar, Lags, Production, Symbol
from macrotrade.providers.equations.variables import quoted

__all__ = ["grammar_text"]


def grammar_text(grammar: Grammar) -> str:
    """The grammar as text: its options, then its productions, an alternative a line where there are several."""
    lines = []
    if grammar.max_terms is not None:
        lines.append(f"%max_terms {grammar.max_terms} ;")
    if grammar.max_depth is not None:
        lines.append(f"%max_depth {grammar.max_depth} ;")
    if grammar.ordered:
        lines.append("%products ordered ;")
    lines += [f"%target {quoted(target)} {symbol} ;" for target, symbol in grammar.targets]
    return "\n".join(lines + [_production(production) for production in grammar.productions]) + "\n"


def _production(production: Production) -> str:
    written = [_body(body) for body in production.alternatives]
    if sum(map(len, written)) < 80:
        return f"{production.symbol} -> {' | '.join(written)} ;"
    indent = " " * len(production.symbol)
    between = f"\n{indent}  | "
    return f"{production.symbol} -> {between.join(written)} ;"


def _body(body: Body) -> str:
    """A body where it stands alone."""
    match body.head:
        case Sum():
            return " + ".join(_bracketed(part, (Sum,)) for part in body.parts)
        case Product():
            first, *rest = body.parts
            return " * ".join([_bracketed(first, (Sum, Product, Ratio)), *map(_operand, rest)])
        case Ratio():
            above, below = body.parts
            return f"{_bracketed(above, (Sum, Ratio))} / {_operand(below)}"
        case Power(exponent=exponent):
            return f"{_bracketed(body.parts[0], (Sum, Product, Ratio, Power, Fixed))}^{exponent}"
        case Apply(function=name):
            return f"{name}({_body(body.parts[0])})"
        case Constant():
            return _constant(body.head)
        case Fixed(value=value):
            return _number(value)
        case Lagged(variable=variable):
            return "t" if variable.is_time else f"{quoted(variable.name)}[{variable.lag}]"
        case Lags(name=name, first=first_lag, last=last_lag):
            return f"{quoted(name)}[{first_lag}..{last_lag}]"
        case Symbol(name=name):
            return name


def _operand(body: Body) -> str:
    """A factor after the first, or a denominator."""
    negative = isinstance(body.head, Fixed) and body.head.value < 0
    return f"({_body(body)})" if negative else _bracketed(body, (Sum, Product, Ratio))


def _bracketed(body: Body, kinds: tuple[type, ...]) -> str:
    return f"({_body(body)})" if isinstance(body.head, kinds) else _body(body)


def _constant(constant: Constant) -> str:
    if constant.initial is not None:
        low = "_" if math.isinf(constant.lower) else _number(constant.lower)
        high = "_" if math.isinf(constant.upper) else _number(constant.upper)
        return f"const[{low}:{_number(constant.initial)}:{high}]"
    if constant.is_free:
        return "c"
    low = "" if math.isinf(constant.lower) else _number(constant.lower)
    high = "" if math.isinf(constant.upper) else _number(constant.upper)
    return f"c[{low}..{high}]"


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(value)

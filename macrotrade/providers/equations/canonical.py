"""One form for all the ways to write an equation down.

Two expressions over the same constants-to-be-fitted are the same equation when one can be had from the other by these
rules, applied from the leaves up:

- Sums and products are flat; their parts are sorted, constants first, variables in the order of the grammar. (Products
  keep their order where the grammar says so; in a function's argument the constant stands last.)
- Constants that meet are one: c c, c + c and 2 c are c. Terms alike in all but a constant before them are one term,
  unless constants are fitted inside them: two sines of one variable may differ in frequency.
- Where such like terms have bounded constants the one left may have any value that either might: bounds say what a
  coefficient can be, however often a grammar can derive it. Fixed numbers add up.
- c (c V + c W) is c V + c W, c V / W is c (V / W), V^2 is V V, and cos(c V + c) is sin(c V + c).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

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
    count_constants,
    walk,
)
from macrotrade.providers.equations.functions import FUNCTIONS
from macrotrade.providers.equations.variables import Variable

__all__ = ["Form", "SumTerm", "joined_terms"]

Number: TypeAlias = Constant | Fixed

_ONE = Fixed(1.0)


@dataclass(frozen=True)
class SumTerm:
    """A term of a sum: a number, and what it multiplies.

    Parameters
    ----------
    coefficient
        Constant to be fitted, or fixed.
    body
        The rest, without a number before it; None in the term that is a number alone.
    """

    coefficient: Number
    body: Expression | None

    @property
    def is_linear(self) -> bool:
        """Whether no constant is fitted inside it, so that two like it are one."""
        return self.body is None or not any(isinstance(node, Constant) for node in walk(self.body))

    @property
    def expression(self) -> Expression:
        """The term put together."""
        if self.body is None:
            return self.coefficient
        if self.coefficient == _ONE:
            return self.body
        factors = self.body.factors if isinstance(self.body, Product) else (self.body,)
        return Product((self.coefficient, *factors))


@dataclass(frozen=True, eq=False)
class Form:
    """The canonical form under one order of variables.

    Parameters
    ----------
    places
        Each variable's place in the order.
    ordered
        Whether products keep the order they were written in.
    """

    places: Mapping[Variable, int]
    ordered: bool = False

    def canonical(self, expression: Expression) -> Expression:
        """The expression in canonical form; every constant has index 0 in it, see ``numbered``."""
        match expression:
            case Constant(lower=lower, upper=upper, initial=initial):
                return Constant(0, lower, upper, initial)
            case Sum():
                return self.sum_of(self.terms(expression))
            case Product(factors=factors):
                return self._product([self.canonical(factor) for factor in factors])
            case Ratio(numerator=above, denominator=below):
                return self._ratio(self.canonical(above), self.canonical(below))
            case Power(base=base, exponent=exponent):
                return self._power(self.canonical(base), exponent)
            case Apply():
                return self._applied(expression)
            case _:
                return expression

    def terms(self, expression: Expression) -> tuple[SumTerm, ...]:
        """The canonical terms that the expression is a sum of, like ones joined, sorted."""
        parts = expression.terms if isinstance(expression, Sum) else (expression,)
        found: list[SumTerm] = []
        for part in parts:
            canonical = self.canonical(part)
            inner = canonical.terms if isinstance(canonical, Sum) else (canonical,)
            found += [_split(term) for term in inner]
        return tuple(sorted(joined_terms(found), key=self.term_key))

    def sum_of(self, terms: tuple[SumTerm, ...]) -> Expression:
        """The expression that is the sum of these terms, in this order."""
        written = tuple(term.expression for term in terms)
        return written[0] if len(written) == 1 else Sum(written) if written else Fixed(0.0)

    def term_key(self, term: SumTerm) -> tuple[Any, ...]:
        """What the terms of a sum are sorted by: the constant, then linear terms, then the others; short ones first."""
        if term.body is None:
            return (0, 0, (), self._key(term.coefficient))
        n_factors = len(term.body.factors) if isinstance(term.body, Product) else 1
        return (1 if term.is_linear else 2, n_factors, self._key(term.body), self._key(term.coefficient))

    def _key(self, node: Expression) -> tuple[Any, ...]:
        """Sorts any nodes: the first number tells the kind, the rest compares nodes of one kind."""
        match node:
            case Constant(lower=lower, upper=upper, initial=initial):
                return (0, lower, upper, math.inf if initial is None else initial)
            case Fixed(value=value):
                return (1, value)
            case Lagged(variable=variable):
                return (2, self.places.get(variable, len(self.places)), variable.name, variable.lag)
            case Product(factors=parts):
                return (3, len(parts), tuple(map(self._key, parts)))
            case Power(base=base, exponent=exponent):
                return (4, exponent, self._key(base))
            case Apply(function=name, argument=argument):
                return (5, FUNCTIONS[name].code, self._key(argument))
            case Ratio(numerator=above, denominator=below):
                return (6, self._key(above), self._key(below))
            case Sum(terms=parts):
                return (7, len(parts), tuple(map(self._key, parts)))

    def _product(self, factors: list[Expression]) -> Expression:
        coefficient: Number = _ONE
        rest: list[Expression] = []
        for factor in factors:
            split = _split(factor)
            coefficient = _times(coefficient, split.coefficient)
            if split.body is not None:
                rest += split.body.factors if isinstance(split.body, Product) else (split.body,)
        if coefficient == Fixed(0.0) or not rest:
            return coefficient
        if len(rest) == 1 and isinstance(rest[0], Sum) and _absorbs(coefficient, rest[0]):
            return rest[0]
        if not self.ordered:
            rest.sort(key=self._key)
        return SumTerm(coefficient, rest[0] if len(rest) == 1 else Product(tuple(rest))).expression

    def _ratio(self, above: Expression, below: Expression) -> Expression:
        over, under = _split(above), _split(below)
        inverse = _inverse(under.coefficient)
        if inverse is None:  # bounded: dividing by it is not multiplying by another bounded constant
            return self._product([over.coefficient, Ratio(over.body or _ONE, below)])
        quotient = (over.body or _ONE) if under.body is None else Ratio(over.body or _ONE, under.body)
        return self._product([over.coefficient, inverse, quotient])

    def _power(self, base: Expression, exponent: int) -> Expression:
        if isinstance(base, Fixed):
            return Fixed(base.value**exponent)
        if count_constants(base):  # its copies would be fitted apart
            return Power(base, exponent)
        return self._product([base] * exponent)

    def _applied(self, node: Apply) -> Expression:
        argument = self.canonical(node.argument)
        if isinstance(argument, Fixed):
            value = float(FUNCTIONS[node.function].value(argument.value))  # type: ignore[arg-type]
            return Fixed(value) if math.isfinite(value) else Apply(node.function, argument)
        if not isinstance(argument, Sum) or not isinstance(argument.terms[0], Constant | Fixed):
            return Apply(node.function, argument)
        constant, *others = argument.terms
        shifted = isinstance(constant, Constant) and constant.is_free and node.function == "cos"
        return Apply("sin" if shifted else node.function, Sum((*others, constant)))


def joined_terms(terms: list[SumTerm]) -> list[SumTerm]:
    """The terms with linear ones over the same body made one, and zeros left out."""
    joined: dict[Expression | None, Number] = {}
    others = []
    for term in terms:
        if not term.is_linear:
            others.append(term)
        elif term.body in joined:
            joined[term.body] = _plus(joined[term.body], term.coefficient)
        else:
            joined[term.body] = term.coefficient
    kept = [SumTerm(number, body) for body, number in joined.items() if number != Fixed(0.0)]
    return kept + [term for term in others if term.coefficient != Fixed(0.0)]


def _split(term: Expression) -> SumTerm:
    """A canonical term as its number and the rest."""
    match term:
        case Constant() | Fixed():
            return SumTerm(term, None)
        case Product(factors=(Constant() | Fixed() as coefficient, *rest)):
            return SumTerm(coefficient, rest[0] if len(rest) == 1 else Product(tuple(rest)))
        case _:
            return SumTerm(_ONE, term)


def _absorbs(coefficient: Number, inside: Sum) -> bool:
    """Whether every term of the sum has a free constant of its own, which makes a number before the sum idle."""
    if coefficient == Fixed(0.0):
        return False
    splits = map(_split, inside.terms)
    return all(isinstance(split.coefficient, Constant) and split.coefficient.is_free for split in splits)


def _times(left: Number, right: Number) -> Number:
    if isinstance(left, Fixed) and isinstance(right, Fixed):
        return Fixed(left.value * right.value)
    if left == _ONE or right == _ONE:
        return right if left == _ONE else left
    if Fixed(0.0) in (left, right):
        return Fixed(0.0)
    ends = [_end(a, b) for a in _ends(left) for b in _ends(right)]
    return Constant(0, min(ends), max(ends))


def _plus(left: Number, right: Number) -> Number:
    if left == right and isinstance(left, Constant):
        return left
    if isinstance(left, Fixed) and isinstance(right, Fixed):
        return Fixed(left.value + right.value)
    (low, high), (other_low, other_high) = _ends(left), _ends(right)
    if isinstance(left, Constant) and isinstance(right, Constant):
        return Constant(0, min(low, other_low), max(high, other_high))
    return Constant(0, low + other_low, high + other_high)


def _inverse(number: Number) -> Number | None:
    """1 / number as a number, or None where that is none: 1 / 0 and 1 / a bounded constant."""
    if isinstance(number, Fixed):
        return Fixed(1.0 / number.value) if number.value else None
    return Constant() if number.is_free else None


def _ends(number: Number) -> tuple[float, float]:
    return (number.value, number.value) if isinstance(number, Fixed) else (number.lower, number.upper)


def _end(a: float, b: float) -> float:
    """A product of bounds; that of zero and no bound is zero."""
    return 0.0 if a == 0.0 or b == 0.0 else a * b

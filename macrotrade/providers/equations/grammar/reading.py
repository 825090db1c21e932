"""From what the parser gives to the bodies of a grammar."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

from macrotrade.errors import SettingsError, near_misses
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
    rebuilt,
)
from macrotrade.providers.equations.functions import FUNCTIONS
from macrotrade.providers.equations.grammar.productions import Body, Lags, Symbol
from macrotrade.providers.equations.grammar.words import pointed_at
from macrotrade.providers.equations.variables import TIME, Variable, quoted

__all__ = ["Reader", "expression_of_body"]

_CONSTANTS = ("c", "const")
_OPTIONS = ("max_depth", "max_terms", "products", "target")


@dataclass
class Reader:
    """What has been read of a text so far, and how to read the rest.

    Parameters
    ----------
    text, source
        The text, and its name in errors.
    symbols
        Left sides of the grammar's productions.
    only_numbers
        Whether constants must have values: in an equation, not in a grammar.
    max_terms, max_depth, ordered, targets
        Options read.
    """

    text: str
    source: str
    symbols: set[str] = field(default_factory=set)
    only_numbers: bool = False
    max_terms: int | None = None
    max_depth: int | None = None
    ordered: bool = False
    targets: dict[str, str] = field(default_factory=dict)

    def refusal(self, token: Any, message: str) -> SettingsError:
        """The error about a token or a part of the tree, with its place."""
        place = getattr(token, "meta", token)
        return SettingsError(pointed_at(self.text, self.source, place.line, place.column, message))

    def left_side(self, token: Any) -> str:
        """Symbol of a production."""
        name = str(token)
        if name in (*_CONSTANTS, TIME) or name in FUNCTIONS:
            raise self.refusal(token, f"{name!r} has a meaning of its own and cannot be a symbol; choose another name.")
        return name

    def name_of(self, tree: Any) -> str:
        """A name, without its quotes."""
        return str(tree.children[0]).strip('"')

    def read_option(self, tree: Any) -> None:
        """Take an option such as ``%max_terms 3 ;``."""
        keyword, *values = tree.children
        written = [self.name_of(value) if hasattr(value, "data") else str(value) for value in values]
        match (str(keyword), written):
            case ("max_terms", [number]) if number.isdigit() and int(number) > 0:
                self.max_terms = int(number)
            case ("max_depth", [number]) if number.isdigit() and int(number) > 0:
                self.max_depth = int(number)
            case ("products", ["ordered" | "symmetric" as kind]):
                self.ordered = kind == "ordered"
            case ("target", [series, symbol]):
                if symbol not in self.symbols:
                    raise self.refusal(
                        values[1], f"no production defines {symbol!r}. {near_misses(symbol, self.symbols)}"
                    )
                if series in self.targets:
                    raise self.refusal(values[0], f"{series!r} is a target already; name each series once.")
                self.targets[series] = symbol
            case ("max_terms" | "max_depth" as name, _):
                raise self.refusal(keyword, f"%{name} takes one whole number, 1 or more, not {' '.join(written)!r}.")
            case ("products", _):
                raise self.refusal(keyword, f"%products takes 'symmetric' or 'ordered', not {' '.join(written)!r}.")
            case ("target", _):
                raise self.refusal(keyword, "%target takes a series and the symbol its equations start from.")
            case (name, _):
                raise self.refusal(keyword, f"there is no option {name!r}. {near_misses(name, _OPTIONS)}")

    def body(self, tree: Any) -> Body:
        """A tree of the parser as a body."""
        match tree.data:
            case "sum":
                return self._sum(tree)
            case "product":
                return self._product(tree)
            case "negative":
                return _negated(self.body(tree.children[-1]))
            case "power":
                return self._power(tree)
            case "number":
                return Body(Fixed(float(tree.children[0])))
            case "group":
                return self.body(tree.children[0])
            case "call":
                return self._call(tree)
            case _:
                return self._reference(tree)

    def _sum(self, tree: Any) -> Body:
        parts: list[Body] = [self.body(tree.children[0])]
        for sign, part in zip(tree.children[1::2], tree.children[2::2], strict=True):
            body = self.body(part)
            parts.append(_negated(body) if str(sign) == "-" else body)
        return _joined(Sum(()), parts)

    def _product(self, tree: Any) -> Body:
        made: Body | None = None
        over = False
        for child in tree.children:
            if not hasattr(child, "data"):
                over = str(child) == "/"
                continue
            body = self.body(child)
            if made is None:
                made = body
            elif over:
                made = Body(Ratio(Fixed(1.0), Fixed(1.0)), (made, body))
            else:
                made = _joined(Product(()), [made, body])
            over = False
        assert made is not None
        return made

    def _power(self, tree: Any) -> Body:
        base = self.body(tree.children[0])
        if len(tree.children) == 1:
            return base
        written = str(tree.children[1])
        if not written.isdigit() or int(written) < 2:
            raise self.refusal(tree.children[1], f"an exponent must be a whole number, 2 or more, not {written}.")
        return Body(Power(Fixed(1.0), int(written)), (base,))

    def _call(self, tree: Any) -> Body:
        name = self.name_of(tree.children[0])
        argument = self.body(tree.children[1])
        if name in FUNCTIONS:
            return Body(Apply(FUNCTIONS[name].name, Fixed(1.0)), (argument,))
        if name in self.symbols or name in (*_CONSTANTS, TIME):  # a product written without its sign: c (V + W)
            return _joined(Product(()), [self._named(tree.children[0], name), argument])
        raise self.refusal(tree, f"there is no function {name!r}. {near_misses(name, FUNCTIONS)}")

    def _reference(self, tree: Any) -> Body:
        name = self.name_of(tree.children[0])
        is_quoted = str(tree.children[0].children[0]).startswith('"')
        if len(tree.children) == 1:
            if is_quoted:
                raise self.refusal(tree, f"the series {name!r} needs a lag, such as {quoted(name)}[1].")
            return self._named(tree, name)
        bracket = tree.children[1]
        if name in _CONSTANTS and not is_quoted:
            return Body(self._bounded(bracket))
        if name in self.symbols and not is_quoted:
            raise self.refusal(
                tree, f"{name!r} is a symbol of this grammar and takes no lag; quote it if it is a series."
            )
        if name == TIME and not is_quoted:
            raise self.refusal(tree, "time has no lag; a phase does the same. Write t.")
        return self._lagged(name, bracket)

    def _named(self, place: Any, name: str) -> Body:
        if name in _CONSTANTS:
            if self.only_numbers:
                raise self.refusal(place, "an equation needs a number here, not a constant without a value.")
            return Body(Constant())
        if name == TIME:
            return Body(Lagged(Variable(TIME)))
        if name in self.symbols:
            return Body(Symbol(name))
        known = [*self.symbols, *FUNCTIONS, *_CONSTANTS, TIME]
        lagged = "" if self.only_numbers else "neither a symbol of this grammar nor "
        raise self.refusal(
            place, f"{name!r} is {lagged}a series with its lag, such as {name}[1]. {near_misses(name, known)}"
        )

    def _lagged(self, name: str, bracket: Any) -> Body:
        if bracket.data == "starting":
            raise self.refusal(
                bracket, f"{name!r} takes a lag, such as {quoted(name)}[1], or a range, {quoted(name)}[1..2]."
            )
        bounds = [part for part in bracket.children if hasattr(part, "data")]
        lags = [self._lag(bound) for bound in bounds]
        if bracket.data == "at":
            return Body(Lagged(Variable(name, lags[0])))
        if len(lags) < 2:
            raise self.refusal(bracket, f"a range of lags needs both ends, such as {quoted(name)}[1..2].")
        if lags[0] > lags[1]:
            raise self.refusal(bracket, f"a range of lags rises; write {quoted(name)}[{lags[1]}..{lags[0]}].")
        return Body(Lagged(Variable(name, lags[0]))) if lags[0] == lags[1] else Body(Lags(name, *lags))

    def _lag(self, bound: Any) -> int:
        """A lag, which equations write with a minus: pi[-1] is pi[1]."""
        value = self._number(bound)
        if math.isinf(value) or abs(value) != int(abs(value)) or value == 0:
            raise self.refusal(
                bound, "a lag is a whole number of periods back, 1 or more: an equation reads only the past."
            )
        return int(abs(value))

    def _bounded(self, bracket: Any) -> Constant:
        parts = [None if not hasattr(part, "data") else part for part in bracket.children]
        if bracket.data == "at" or self.only_numbers:
            raise self.refusal(bracket, "a bounded constant is written c[0..1], or const[0:0.5:1] with where to start.")
        if bracket.data == "starting":
            lower, initial, upper = (self._number(part) for part in parts)
            return self._checked(bracket, Constant(0, -abs(lower) if math.isinf(lower) else lower, upper, initial))
        place = parts.index(None)
        low = self._number(parts[0]) if place else math.inf
        high = self._number(parts[-1]) if place + 1 < len(parts) else math.inf
        return self._checked(bracket, Constant(0, -math.inf if math.isinf(low) else low, high))

    def _checked(self, bracket: Any, constant: Constant) -> Constant:
        if constant.lower >= constant.upper:
            raise self.refusal(
                bracket, "the lower bound must be below the upper; write a number where nothing is to choose."
            )
        if constant.initial is not None and not constant.lower <= constant.initial <= constant.upper:
            raise self.refusal(bracket, "the start must be a number within the bounds.")
        if constant.initial is not None and math.isinf(constant.initial):
            raise self.refusal(bracket, "the start must be a number.")
        return constant

    def _number(self, bound: Any) -> float:
        """A signed number; infinite for ``_``."""
        *sign, number = map(str, bound.children)
        return math.inf if number == "_" else float(number) * (-1.0 if sign == ["-"] else 1.0)


def expression_of_body(body: Body) -> Expression:
    """The expression of a body without choices."""
    if isinstance(body.head, Symbol | Lags):
        raise SettingsError(f"{body.head} is still to be chosen: this is no single expression.")
    return rebuilt(body.head, tuple(map(expression_of_body, body.parts))) if body.parts else body.head


def _joined(head: Sum | Product, parts: list[Body]) -> Body:
    """One sum or product of the parts, those of the same kind taken apart."""
    flat = [inner for part in parts for inner in (part.parts if type(part.head) is type(head) else (part,))]
    return flat[0] if len(flat) == 1 else Body(head, tuple(flat))


def _negated(body: Body) -> Body:
    """The body times -1, a leading number's sign or bounds turned instead where there is one."""
    match body.head:
        case Fixed(value=value):
            return Body(Fixed(-value))
        case Constant(lower=lower, upper=upper, initial=initial):
            return Body(Constant(0, -upper, -lower, None if initial is None else -initial))
        case Ratio():
            return Body(body.head, (_negated(body.parts[0]), body.parts[1]))
        case Product() if isinstance(body.parts[0].head, Fixed):
            return Body(body.head, (_negated(body.parts[0]), *body.parts[1:]))
        case _:
            return _joined(Product(()), [Body(Fixed(-1.0)), body])

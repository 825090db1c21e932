"""Expressions as plain values, for JSON."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from macrotrade.errors import DataError, near_misses
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
)
from macrotrade.providers.equations.functions import FUNCTIONS
from macrotrade.providers.equations.variables import Variable

__all__ = ["SCHEMA_VERSION", "expression_from_record", "expression_record"]

SCHEMA_VERSION = 1
"""Raised when a stored equation is written in another way."""


def expression_record(node: Expression) -> dict[str, Any]:
    """The expression as nested plain values, one key a node; bounds only where there are any."""
    match node:
        case Constant(index=index, lower=lower, upper=upper, initial=initial):
            record: dict[str, Any] = {"constant": index}
            record |= {} if math.isinf(lower) else {"lower": lower}
            record |= {} if math.isinf(upper) else {"upper": upper}
            return record | ({} if initial is None else {"initial": initial})
        case Fixed(value=value):
            return {"fixed": value}
        case Lagged(variable=variable):
            return {"variable": str(variable)}
        case Sum(terms=terms):
            return {"sum": [expression_record(term) for term in terms]}
        case Product(factors=factors):
            return {"product": [expression_record(factor) for factor in factors]}
        case Ratio(numerator=above, denominator=below):
            return {"ratio": [expression_record(above), expression_record(below)]}
        case Power(base=base, exponent=exponent):
            return {"power": expression_record(base), "exponent": exponent}
        case Apply(function=name, argument=argument):
            return {"apply": name, "argument": expression_record(argument)}


def expression_from_record(record: Mapping[str, Any]) -> Expression:
    """The expression that :func:`expression_record` wrote.

    Raises
    ------
    DataError
        If a node is of no known kind.
    """
    read = expression_from_record
    match record:
        case {"constant": int(index)}:
            lower, upper = float(record.get("lower", -math.inf)), float(record.get("upper", math.inf))
            return Constant(index, lower, upper, record.get("initial"))
        case {"fixed": float() | int() as value}:
            return Fixed(float(value))
        case {"variable": str(written)}:
            return Lagged(Variable.parse(written))
        case {"sum": [*terms]}:
            return Sum(tuple(map(read, terms)))
        case {"product": [*factors]}:
            return Product(tuple(map(read, factors)))
        case {"ratio": [above, below]}:
            return Ratio(read(above), read(below))
        case {"power": base, "exponent": int(exponent)}:
            return Power(read(base), exponent)
        case {"apply": str(name), "argument": argument}:
            if name not in FUNCTIONS:
                raise DataError(f"A stored equation applies {name!r}. {near_misses(name, FUNCTIONS)}")
            return Apply(FUNCTIONS[name].name, read(argument))
        case _:
            raise DataError(f"A stored equation has a part that is no expression: {record!r}.")

"""Constants inside sines written as a reader writes them: phases within pi of zero, amplitudes not negative."""

from __future__ import annotations

import math
from collections import Counter

from macrotrade._typing import FloatArray
from macrotrade.providers.equations.expression import Apply, Constant, Expression, Product, Sum, walk

__all__ = ["with_short_phases"]


def with_short_phases(expression: Expression, parameters: FloatArray) -> FloatArray:
    """The same equation with every free phase in [-pi, pi] and, where a free phase can carry its sign, c > 0.

    sin(x + b) = sin(x + b - 2 k pi), and -c sin(x + b) = c sin(x + b + pi); of cosines alike.

    Parameters
    ----------
    expression
        Constants numbered from 0.
    parameters
        Shape (n_constants,).
    """
    found = parameters.copy()
    occurrences = Counter(node.index for node in walk(expression) if isinstance(node, Constant))
    alone = {index for index, count in occurrences.items() if count == 1}
    for term in expression.terms if isinstance(expression, Sum) else (expression,):
        factors = term.factors if isinstance(term, Product) else (term,)
        phases = [index for factor in factors if (index := _phase(factor)) in alone]
        amplitude = next((one.index for one in factors if isinstance(one, Constant) and one.is_free), None)
        if phases and amplitude in alone and found[amplitude] < 0.0:
            found[amplitude] *= -1.0
            found[phases[-1]] += math.pi
    for node in walk(expression):
        if (index := _phase(node)) in alone:
            found[index] = math.remainder(found[index], 2.0 * math.pi)
    return found


def _phase(node: Expression) -> int | None:
    """Index of the free constant that is added inside a sine or cosine."""
    if not isinstance(node, Apply) or node.function not in ("sin", "cos") or not isinstance(node.argument, Sum):
        return None
    return next((part.index for part in node.argument.terms if isinstance(part, Constant) and part.is_free), None)

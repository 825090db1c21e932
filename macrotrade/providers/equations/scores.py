"""How good an equation is in sample, with a price for its length."""

from __future__ import annotations

import math

import numpy as np

from macrotrade._typing import FloatArray
from macrotrade.numerics.criteria import bic, n_scaled
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
    length,
    walk,
)
from macrotrade.providers.equations.sample import Sample

__all__ = ["esr_score", "mdl_score", "sample_scores", "slopes_of"]


def sample_scores(
    expression: Expression, parameters: FloatArray, sse: float, sample: Sample, *, first_mse: float, longest: int
) -> dict[str, float]:
    """``mse``, ``mdl``, ``bic`` and ``esr`` of a fitted equation; less is better.

    Parameters
    ----------
    expression, parameters, sse
        The equation, its constants, and its sum of squared residuals on the sample.
    sample
        What it was fitted to.
    first_mse, longest
        See :func:`mdl_score`.
    """
    n = sample.n_periods
    mse = sse / n
    return {
        "mse": mse,
        "mdl": mdl_score(mse, first_mse, length(expression), longest),
        "bic": float(n_scaled(bic(sse, n, count_constants(expression)), n)),
        "esr": esr_score(expression, parameters, sse, sample),
    }


def mdl_score(mse: float, first_mse: float, n_symbols: int, longest: int) -> float:
    """MSE + MSE_first n_symbols / (10 longest): what LAGRAMGE minimises (Todorovski and Dzeroski, 1997).

    Parameters
    ----------
    mse
        Mean squared residual of the equation.
    first_mse
        That of the first equation of the search, here the constant alone.
    n_symbols, longest
        Length of the equation, and of the longest of the language.
    """
    return mse + first_mse * n_symbols / (10.0 * longest)


def esr_score(expression: Expression, parameters: FloatArray, sse: float, sample: Sample) -> float:
    """Description length of data and equation, in nats (Bartlett, Desmond and Ferreira, 2022, equation 4).

    L = n/2 ln(2 pi e sse/n) + k ln(m) + sum_j ln|z_j| + sum_i max(ln|c_i| + ln(I_ii)/2 - ln(3)/2, ln 2)

    with k nodes of m different sorts, whole numbers z_j that are fixed in the equation, and constants c_i whose Fisher
    information is I = J'J n / sse. The floor is what a constant costs that is smaller than its own uncertainty, and in
    whose place the authors write 0.

    Parameters
    ----------
    expression, parameters, sse
        The equation, its constants, and its sum of squared residuals.
    sample
        What it was fitted to.
    """
    n = sample.n_periods
    fit = 0.5 * n * math.log(2.0 * math.pi * math.e * sse / n)
    form = length(expression) * math.log(_n_sorts(expression))
    numbers = [abs(node.value) for node in walk(expression) if isinstance(node, Fixed) and node.value]
    information = (slopes_of(expression, parameters, sample) ** 2).sum(axis=1) * n / sse
    with np.errstate(divide="ignore"):
        prices = np.log(np.abs(parameters)) + 0.5 * np.log(information) - 0.5 * math.log(3.0)
    return fit + form + float(np.log(numbers).sum() if numbers else 0.0) + float(np.maximum(prices, math.log(2)).sum())


def slopes_of(expression: Expression, parameters: FloatArray, sample: Sample) -> FloatArray:
    """Derivative of the equation by each constant at each row of the sample; (n_constants, n_periods)."""
    from macrotrade.providers.equations.tape import tape_of

    tape = tape_of(expression, sample.variables)
    return tape.value_and_slopes(np.ascontiguousarray(sample.regressors.T), parameters)[1]


def _n_sorts(expression: Expression) -> int:
    """Different symbols: operators, functions, variables, and one for constants."""
    sorts: set[object] = set()
    for node in walk(expression):
        match node:
            case Constant() | Fixed():
                sorts.add("number")
            case Lagged(variable=variable):
                sorts.add(variable)
            case Apply(function=name):
                sorts.add(name)
            case Sum() | Product() | Ratio() | Power():
                sorts.add(type(node))
    return len(sorts)

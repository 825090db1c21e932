"""The functions an expression may apply, each with its derivative and its names elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from macrotrade._typing import FloatArray

__all__ = ["FUNCTIONS", "Function", "FunctionName"]

FunctionName: TypeAlias = Literal["sin", "cos", "log", "exp", "sqrt", "tanh", "step"]
"""``step`` is 1 above 0 and 0 elsewhere: a threshold at c is ``step(V - c)``."""


@dataclass(frozen=True)
class Function:
    """A function of one real argument.

    Attributes
    ----------
    name
        As grammars and equations write it.
    code
        Number by which compiled tapes know it.
    value, derivative
        On arrays; NaN outside the domain.
    latex
        Its name in LaTeX.
    """

    name: FunctionName
    code: int
    value: Callable[[FloatArray], FloatArray]
    derivative: Callable[[FloatArray], FloatArray]
    latex: str


def _log(x: FloatArray) -> FloatArray:
    return np.log(np.where(x > 0.0, x, np.nan))


def _sqrt(x: FloatArray) -> FloatArray:
    return np.sqrt(np.where(x >= 0.0, x, np.nan))


def _exp(x: FloatArray) -> FloatArray:
    """Past 700 the exponential overflows: outside the domain of what a fit may use."""
    return np.exp(np.where(x <= 700.0, x, np.nan))


def _step(x: FloatArray) -> FloatArray:
    return np.where(np.isnan(x), np.nan, (x > 0.0).astype(np.float64))


FUNCTIONS: dict[str, Function] = {
    function.name: function
    for function in (
        Function("sin", 0, np.sin, np.cos, r"\sin"),
        Function("cos", 1, np.cos, lambda x: -np.sin(x), r"\cos"),
        Function("log", 2, _log, lambda x: 1.0 / np.where(x > 0.0, x, np.nan), r"\log"),
        Function("exp", 3, _exp, _exp, r"\exp"),
        Function("sqrt", 4, _sqrt, lambda x: 0.5 / np.sqrt(np.where(x > 0.0, x, np.nan)), r"\operatorname{sqrt}"),
        Function("tanh", 5, np.tanh, lambda x: 1.0 - np.tanh(x) ** 2, r"\tanh"),
        Function("step", 6, _step, np.zeros_like, r"\operatorname{step}"),
    )
}

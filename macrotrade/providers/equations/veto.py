"""Reasons to refuse an equation that fits: what an economist would object to, in rules.

Each rule gives its reason in words, which are kept with the ranked list.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

import numpy as np
import pandas as pd

from macrotrade._typing import FloatArray
from macrotrade.errors import SettingsError
from macrotrade.providers.equations.equation import Equation
from macrotrade.providers.equations.expression import Apply, Constant, Expression, Sum, evaluate, walk
from macrotrade.providers.equations.guards import Guards, limits_of, why_unsafe
from macrotrade.providers.equations.sample import Sample
from macrotrade.providers.equations.scores import slopes_of
from macrotrade.providers.equations.steady_state import steady_states
from macrotrade.providers.equations.variables import Variable

__all__ = ["Sign", "VetoRules", "objections"]

Sign: TypeAlias = Literal["+", "-"]

_STEP = 1e-5  # of a derivative, as a share of the variable's range


@dataclass(frozen=True)
class VetoRules:
    """What is refused. A rule that is None or empty is not asked.

    Attributes
    ----------
    trend_terms
        Whether terms in time are refused.
    signs
        Pairs of a variable, such as ``y[-1]``, and the sign that the equation's mean derivative by it must have;
        equations that do not read it pass.
    steady_state_margin
        How far beyond history its nearest steady state may lie, as a share of history's range; an equation without any
        is refused.
    unstable
        Whether equations are refused that the guards of a recursion would not let pass.
    largest_coefficient
        Largest standard deviation of a single term over the sample, in those of the target: larger terms cancel.
    largest_condition
        Largest condition number of the derivatives by the constants, each scaled to length 1.
    """

    trend_terms: bool = True
    signs: tuple[tuple[str, Sign], ...] = ()
    steady_state_margin: float | None = 0.5
    unstable: bool = True
    largest_coefficient: float | None = 20.0
    largest_condition: float | None = 1e8

    def __post_init__(self) -> None:
        for name, sign in self.signs:
            Variable.parse(name)
            if sign not in get_args(Sign):
                raise SettingsError(f"The sign of the derivative by {name} is '+' or '-', not {sign!r}.")


def objections(
    equation: Equation, sample: Sample, frame: pd.DataFrame, rules: VetoRules, guards: Guards, n_steps: int
) -> list[str]:
    """Why the equation is refused, a sentence a rule; empty if it is not.

    Parameters
    ----------
    equation
        Fitted to the sample.
    sample, frame
        What it was fitted to, and the history that it was taken from.
    rules
        What is asked.
    guards, n_steps
        Of the recursions that it is to make.
    """
    found = []
    if rules.trend_terms and any(variable.is_time for variable in equation.variables):
        found.append("it has a term in time")
    found += [reason for name, sign in rules.signs if (reason := _sign(equation, sample, name, sign))]
    if rules.largest_coefficient is not None:
        found += _large_terms(equation, sample, rules.largest_coefficient)
    if rules.largest_condition is not None:
        condition = _condition(equation, sample)
        if not condition <= rules.largest_condition:
            found.append(f"its constants are hardly told apart: condition number {condition:.3g}")
    if rules.steady_state_margin is not None and not steady_states(equation, frame, rules.steady_state_margin):
        low, high = limits_of(frame[equation.target].to_numpy(dtype=np.float64), rules.steady_state_margin)
        found.append(f"it has no steady state in [{low:.4g}, {high:.4g}]")
    if rules.unstable and (reason := why_unsafe([equation], frame, n_steps, guards)):
        found.append(reason)
    return found


def _sign(equation: Equation, sample: Sample, name: str, sign: Sign) -> str | None:
    variable = Variable.parse(name)
    if variable not in equation.variables:
        return None
    slope = _mean_slope(equation, sample, variable)
    right = slope > 0.0 if sign == "+" else slope < 0.0
    return None if right else f"its mean derivative by {variable} is {slope:.4g}, not {sign}"


def _mean_slope(equation: Equation, sample: Sample, variable: Variable) -> float:
    values = dict(sample.values)
    step = _STEP * float(np.ptp(values[variable]))
    ends = []
    for moved in (values[variable] + step, values[variable] - step):
        ends.append(evaluate(equation.expression, {**values, variable: moved}, equation.parameters))
    return float(np.mean((ends[0] - ends[1]) / (2.0 * step)))


def _large_terms(equation: Equation, sample: Sample, largest: float) -> list[str]:
    from macrotrade.providers.equations.writing import text_of

    found = []
    for term in _terms(equation.expression):
        values = np.broadcast_to(evaluate(term, sample.values, equation.parameters), sample.response.shape)
        size = float(values.std() / sample.response.std())
        if not size <= largest:
            text = text_of(term, equation.parameters)
            found.append(f"its term {text} varies {size:.3g} times as much as {equation.target}")
    return found


def _terms(expression: Expression) -> tuple[Expression, ...]:
    terms = expression.terms if isinstance(expression, Sum) else (expression,)
    return tuple(term for term in terms if not isinstance(term, Constant))


def _condition(equation: Equation, sample: Sample) -> float:
    """Of the derivatives by the constants, scaled; infinite where one of them has none.

    Thresholds are left out: between two values of the sample nothing depends on where they lie.
    """
    slopes: FloatArray = slopes_of(equation.expression, equation.parameters, sample)
    slopes = np.delete(slopes, sorted(_thresholds(equation.expression)), axis=0)
    if not len(slopes):
        return 1.0
    lengths = np.linalg.norm(slopes, axis=1)
    return float(np.linalg.cond(slopes / lengths[:, None])) if (lengths > 0.0).all() else float("inf")


def _thresholds(expression: Expression) -> set[int]:
    """Indices of the constants inside a step."""
    steps = (node for node in walk(expression) if isinstance(node, Apply) and node.function == "step")
    return {node.index for step in steps for node in walk(step) if isinstance(node, Constant)}

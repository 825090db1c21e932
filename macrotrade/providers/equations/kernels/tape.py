"""Expressions as tapes: a list of steps on a stack, read by one compiled function whatever the expression.

Compiling each of thousands of expressions would take far longer than fitting it.

Each step has a code and an operand:

====================  ===========================================================
code                  what it does
====================  ===========================================================
CONSTANT, i           puts constant i on the stack
NUMBER, i             puts the i-th fixed number on the stack
VARIABLE, i           puts the i-th variable's row on the stack
ADD, MULTIPLY,        replaces the two topmost rows by one
DIVIDE
POWER, p              raises the topmost row to the power p
APPLY + f             applies function f to the topmost row
====================  ===========================================================
"""

from __future__ import annotations

import math

from macrotrade._typing import BoolArray, FloatArray, IntArray
from macrotrade.providers.equations.kernels.compiled import compiled

__all__ = ["ADD", "APPLY", "CONSTANT", "DIVIDE", "MULTIPLY", "NUMBER", "POWER", "VARIABLE", "play"]

CONSTANT = 0
NUMBER = 1
VARIABLE = 2
ADD = 3
MULTIPLY = 4
DIVIDE = 5
POWER = 6
APPLY = 10

_SIN, _COS, _LOG, _EXP, _SQRT, _TANH = range(6)
_EXP_LIMIT = 700.0  # the exponential of more overflows


@compiled
def play(
    steps: IntArray,
    numbers: FloatArray,
    values: FloatArray,
    parameters: FloatArray,
    stack: FloatArray,
    slopes: FloatArray,
    live: BoolArray,
    with_slopes: bool,
) -> None:
    """Value of the expression in ``stack[0]`` and its derivatives by the constants in ``slopes[0]``.

    Parameters
    ----------
    steps : (n_steps, 2) code and operand.
    numbers : fixed numbers.
    values : (n_variables, n).
    parameters : (n_constants,).
    stack : (depth, n).
    slopes : (depth, n_constants, n); rows where ``live`` is False hold nothing and stand for zero.
    live : (depth, n_constants).
    with_slopes : whether derivatives are wanted.
    """
    n = stack.shape[1]
    n_constants = parameters.size
    top = -1
    for step in range(steps.shape[0]):
        code, operand = steps[step, 0], steps[step, 1]
        if code <= VARIABLE:
            top += 1
            for k in range(n_constants):
                live[top, k] = False
            for t in range(n):
                if code == VARIABLE:
                    stack[top, t] = values[operand, t]
                else:
                    stack[top, t] = parameters[operand] if code == CONSTANT else numbers[operand]
            if code == CONSTANT:
                live[top, operand] = True
                if with_slopes:
                    for t in range(n):
                        slopes[top, operand, t] = 1.0
        elif code in (ADD, MULTIPLY, DIVIDE):
            top -= 1
            if with_slopes:
                for k in range(n_constants):
                    _join(code, stack, slopes, live, top, k)
            for t in range(n):
                left, right = stack[top, t], stack[top + 1, t]
                if code == ADD:
                    stack[top, t] = left + right
                elif code == MULTIPLY:
                    stack[top, t] = left * right
                else:
                    stack[top, t] = left / right if right != 0.0 else math.nan
        else:
            _apply(code, operand, stack, slopes, live, top, with_slopes)


@compiled
def _join(code: int, stack: FloatArray, slopes: FloatArray, live: BoolArray, top: int, k: int) -> None:
    """Derivative by constant ``k`` of the two topmost rows joined: sum, product or quotient rule."""
    ours, theirs = live[top, k], live[top + 1, k]
    if not (ours or theirs):
        return
    for t in range(stack.shape[1]):
        left, right = stack[top, t], stack[top + 1, t]
        a = slopes[top, k, t] if ours else 0.0
        b = slopes[top + 1, k, t] if theirs else 0.0
        if code == ADD:
            slopes[top, k, t] = a + b
        elif code == MULTIPLY:
            slopes[top, k, t] = a * right + left * b
        else:
            slopes[top, k, t] = (a - b * left / right) / right if right != 0.0 else math.nan
    live[top, k] = True


@compiled
def _apply(
    code: int, operand: int, stack: FloatArray, slopes: FloatArray, live: BoolArray, top: int, with_slopes: bool
) -> None:
    """A function or a power of the topmost row, its derivatives by the chain rule."""
    for t in range(stack.shape[1]):
        value, slope = _function(code, operand, stack[top, t])
        stack[top, t] = value
        if with_slopes:
            for k in range(live.shape[1]):
                if live[top, k]:
                    slopes[top, k, t] *= slope


@compiled
def _function(code: int, operand: int, x: float) -> tuple[float, float]:
    """Value and derivative; NaN outside the domain."""
    if code == POWER:
        below = 1.0
        for _ in range(operand - 1):
            below *= x
        return below * x, operand * below
    function = code - APPLY
    if function == _SIN:
        return math.sin(x), math.cos(x)
    if function == _COS:
        return math.cos(x), -math.sin(x)
    if function == _LOG:
        return (math.log(x), 1.0 / x) if x > 0.0 else (math.nan, math.nan)
    if function == _EXP:
        value = math.exp(x) if x <= _EXP_LIMIT else math.nan
        return value, value
    if function == _SQRT:
        root = math.sqrt(x) if x >= 0.0 else math.nan
        return root, 0.5 / root if root > 0.0 else math.nan
    if function == _TANH:
        value = math.tanh(x)
        return value, 1.0 - value * value
    return (1.0 if x > 0.0 else 0.0 if x <= 0.0 else math.nan), 0.0

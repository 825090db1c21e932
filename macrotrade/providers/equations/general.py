"""Fitting any expression to a sample: slower than the separable fit, and free of its term library.

1. Constants in which the expression is linear are solved for, not searched (``linear_constants``).
2. Random starts for the others are drawn inside their ranges (``ranges``), and the best are improved (``kernels``).
3. An amplitude beyond its cap is bounded by it and the fit repeated, as in the separable fit: two slow sines of
   opposite sign could otherwise stand for a polynomial.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from macrotrade._typing import FloatArray, IntArray
from macrotrade.errors import FitError, SettingsError
from macrotrade.providers.equations.data import AMPLITUDE_CAP, EquationData
from macrotrade.providers.equations.expression import (
    Apply,
    Constant,
    Expression,
    Product,
    Sum,
    children,
    count_constants,
    evaluate,
    variables_of,
    walk,
)
from macrotrade.providers.equations.kernels.general import Regression, fit_from, make_workspace, project
from macrotrade.providers.equations.linear_constants import linear_constants
from macrotrade.providers.equations.phases import with_short_phases
from macrotrade.providers.equations.ranges import ConstantRange, ranges_of
from macrotrade.providers.equations.tape import Tape, tape_of
from macrotrade.providers.equations.variables import Variable
from macrotrade.providers.equations.writing import text_of

__all__ = ["GeneralFit", "GeneralSettings", "fit_expression", "fit_expressions"]


@dataclass(frozen=True)
class GeneralSettings:
    """How hard to look for each equation's constants.

    Attributes
    ----------
    n_candidates
        Random places at which the sum of squares is evaluated.
    n_starts
        How many of the best of them are improved.
    max_iterations
        Most steps from each.
    seed
        Of the random places. An equation's own text is mixed in, so that its fit depends on no other's.
    leak
        Share of the target's variation below which a sum of squares is a leak, not a fit.
    """

    n_candidates: int = 200
    n_starts: int = 20
    max_iterations: int = 100
    seed: int = 0
    leak: float = 1e-6

    def __post_init__(self) -> None:
        if min(self.n_candidates, self.n_starts, self.max_iterations) < 1:
            raise SettingsError(f"A general fit needs at least one candidate, start and iteration, not {self}.")


@dataclass(frozen=True, eq=False)
class GeneralFit:
    """The best fit found of one expression.

    Attributes
    ----------
    expression
        What was fitted.
    parameters
        Shape (n_constants,), by index; NaN where no start had a value in every period.
    sse
        Sum of squared residuals; infinite in that case.
    n_candidates, n_invalid
        Places tried, and how many of them left the domain of a function or divided by zero in some period.
    n_agreeing
        How many starts came within a millionth of the best sum of squares: evidence that it is the optimum.
    """

    expression: Expression
    parameters: FloatArray
    sse: float
    n_candidates: int
    n_invalid: int
    n_agreeing: int


def fit_expressions(
    expressions: Iterable[Expression],
    data: EquationData,
    settings: GeneralSettings | None = None,
    warm_starts: Mapping[Expression, FloatArray] | None = None,
) -> list[GeneralFit]:
    """The fit of each expression; see `fit_expression`.

    Parameters
    ----------
    expressions
        Constants numbered from 0 in each.
    data
        Variables named as :class:`~macrotrade.providers.equations.variables.Variable` prints them.
    settings
        How hard to look; the default settings where None.
    warm_starts
        By expression, one more place to start from.
    """
    warm = warm_starts or {}
    return [
        fit_expression(expression, data, settings, [warm[expression]] if expression in warm else ())
        for expression in expressions
    ]


def fit_expression(
    expression: Expression,
    data: EquationData,
    settings: GeneralSettings | None = None,
    warm_starts: Sequence[FloatArray] = (),
) -> GeneralFit:
    """The least-squares fit of one expression, from many starts.

    Parameters
    ----------
    expression
        Constants numbered from 0; each may occur once or more.
    data
        What it is fitted to.
    settings
        How hard to look; the default settings where None.
    warm_starts
        Parameters, shape (n_constants,) each, to start from besides the random ones.

    Raises
    ------
    FitError
        If the expression reproduces the target: a variable gives it away.
    """
    chosen = settings or GeneralSettings()
    values = {Variable.parse(name): column for name, column in zip(data.variables, data.values.T, strict=True)}
    task = _Task(expression, tape_of(expression, tuple(values)), data, ranges_of(expression, values, data.target))
    free = linear_constants(expression)
    fit = task.fit(free, chosen, warm_starts)
    caps = _amplitude_caps(expression, values, AMPLITUDE_CAP * float(data.target.std()))
    for _ in range(len(caps)):  # one amplitude may reach its cap only once another is held to its own
        beyond = {k: cap for k, cap in caps.items() if k in free and abs(fit.parameters[k]) > cap * (1.0 + 1e-12)}
        if not beyond:
            break
        free = tuple(index for index in free if index not in beyond)
        held = np.clip(fit.parameters, *task.cap(beyond))
        fit = task.fit(free, chosen, [held, *warm_starts])
    _refuse_leak(fit, data, chosen.leak)
    return replace(fit, parameters=with_short_phases(expression, fit.parameters))


def _refuse_leak(fit: GeneralFit, data: EquationData, leak: float) -> None:
    if fit.sse >= leak * float(((data.target - data.target.mean()) ** 2).sum()):
        return
    names = [str(variable) for variable in variables_of(fit.expression)]
    give = "gives" if len(names) == 1 else "give"
    raise FitError(
        f"{' and '.join(names)} {give} {data.name} away: {text_of(fit.expression)} reproduces it to within {leak:g} of "
        "its variation; leave a variable out"
    )


class _Task:
    """One expression and its data, ready to be fitted with any of its linear constants searched instead."""

    def __init__(
        self, expression: Expression, tape: Tape, data: EquationData, ranges: tuple[ConstantRange, ...]
    ) -> None:
        self.expression, self.tape, self.data, self.ranges = expression, tape, data, list(ranges)
        self.values = np.ascontiguousarray(data.values.T)

    def cap(self, beyond: Mapping[int, float]) -> tuple[FloatArray, FloatArray]:
        """Bound these constants on both sides; the bounds of all."""
        for index, cap in beyond.items():
            self.ranges[index] = ConstantRange(-cap, cap, -cap, cap)
        low = np.array([-beyond.get(index, math.inf) for index in range(len(self.ranges))])
        return low, -low

    def fit(self, linear: Sequence[int], settings: GeneralSettings, warm_starts: Sequence[FloatArray]) -> GeneralFit:
        """Best of many starts, the constants `linear` solved for."""
        regression = self._regression(linear)
        space = make_workspace(self.tape.height, self.data.n, len(regression.linear), len(regression.others))
        starts = self._starts(regression, settings, warm_starts)
        scores = np.array([project(regression, space, start) for start in starts])
        n_warm = len(warm_starts) + 1
        order = [*range(n_warm), *(n_warm + np.argsort(scores[n_warm:], kind="stable"))]
        kept = [start for start in order if math.isfinite(scores[start])][: settings.n_starts + n_warm]
        found = [(fit_from(regression, space, starts[start], settings.max_iterations), start) for start in kept]
        sse, best = min(found, default=(math.inf, -1))
        reached = sum(other <= sse * (1.0 + 1e-6) for other, _ in found)
        parameters = starts[best] if best >= 0 else np.full(self.tape.n_constants, np.nan)
        return GeneralFit(
            self.expression, parameters, sse, len(starts), int((~np.isfinite(scores)).sum()), int(reached)
        )

    def _regression(self, linear: Sequence[int]) -> Regression:
        others = [index for index in range(self.tape.n_constants) if index not in linear]
        return Regression(
            self.tape.steps,
            self.tape.numbers,
            self.values,
            self.data.target,
            _places(linear),
            _places(others),
            np.array([one.lower for one in self.ranges], dtype=np.float64),
            np.array([one.upper for one in self.ranges], dtype=np.float64),
        )

    def _starts(
        self, regression: Regression, settings: GeneralSettings, warm_starts: Sequence[FloatArray]
    ) -> FloatArray:
        """Warm starts, then the one the grammar asks for or the middle of every range, then random ones."""
        low, high = (np.array([getattr(one, end) for one in self.ranges]) for end in ("low", "high"))
        middle = 0.5 * (low + high)
        for node in walk(self.expression):
            if isinstance(node, Constant) and node.initial is not None:
                middle[node.index] = node.initial
        points = {index: one.points for index, one in enumerate(self.ranges) if one.points is not None}
        n_random = 0
        if regression.others.size:
            n_random = max([settings.n_candidates, *(2 * len(one) for one in points.values())])
        generator = np.random.default_rng([settings.seed, zlib.crc32(text_of(self.expression).encode())])
        drawn = low + generator.random((n_random, len(low))) * (high - low)
        for index, place in points.items():
            drawn[:, index] = np.resize(generator.permutation(place), n_random)
        starts = np.vstack([*(np.asarray(start, dtype=np.float64)[None] for start in warm_starts), middle[None], drawn])
        return np.ascontiguousarray(np.clip(starts, regression.lower, regression.upper))


def _places(indices: Sequence[int]) -> IntArray:
    return np.array(indices, dtype=np.int64)


def _amplitude_caps(expression: Expression, values: Mapping[Variable, FloatArray], largest: float) -> dict[int, float]:
    """Cap of each free constant before a sine or cosine: `largest` over the root mean square of what else it meets."""
    caps: dict[int, float] = {}
    for term in expression.terms if isinstance(expression, Sum) else (expression,):
        match term:
            case Product(factors=(Constant(index=index) as constant, *rest)) if constant.is_free:
                plain = [factor for factor in rest if not count_constants(factor)]
                if any(_is_wave(factor) for factor in rest):
                    outer = evaluate(Product(tuple(plain)), values, np.empty(0)) if plain else np.ones(1)
                    caps[index] = largest / (float(np.sqrt(np.mean(outer**2))) or 1.0)
            case _:
                continue
    return caps


def _is_wave(node: Expression) -> bool:
    inside = children(node)
    return isinstance(node, Apply) and node.function in ("sin", "cos") and bool(count_constants(inside[0]))

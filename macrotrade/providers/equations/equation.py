"""An equation with its numbers: what was found, on which data, and how well it fitted."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from macrotrade._files import atomically
from macrotrade._typing import FloatArray, Frequency
from macrotrade.errors import DataError, SettingsError
from macrotrade.providers.equations.expression import (
    Expression,
    constants,
    count_constants,
    evaluate,
    variables_of,
)
from macrotrade.providers.equations.sample import Sample, lagged_values
from macrotrade.providers.equations.stored import SCHEMA_VERSION, expression_from_record, expression_record
from macrotrade.providers.equations.variables import Variable, quoted
from macrotrade.providers.equations.writing import latex_of, latex_variable, sympy_of, text_of

__all__ = ["Equation", "System", "equation_of_fit", "load_system", "save_system"]


@dataclass(frozen=True, eq=False)
class Equation:
    """One series explained by earlier ones, with every constant's value.

    Attributes
    ----------
    target
        The series explained.
    expression
        The right-hand side.
    parameters
        Shape (n_constants,): value of each constant, by index.
    t_origin
        Period at which t = 0, also where t does not occur.
    first, last
        First and last period it was fitted to; the first may be as late as its lags require.
    sse
        Sum of squared residuals over them, units squared.
    n_periods
        How many periods that is.
    frequency
        Of the periods.
    units
        Of the target and of the residuals, in words.
    vintage
        Which data it was fitted to, in words, such as ``final`` or a vintage's day.
    data_hash
        Fingerprint of the sample.
    grammar_hash
        Fingerprint of the grammar whose language it was found in; empty where it was written by hand.
    notes
        What else to know, in words.
    """

    target: str
    expression: Expression
    parameters: FloatArray
    t_origin: pd.Period
    first: pd.Period
    last: pd.Period
    sse: float
    n_periods: int
    frequency: Frequency = "Q"
    units: str = ""
    vintage: str = ""
    data_hash: str = ""
    grammar_hash: str = ""
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        parameters = _checked(self.target, self.expression, self.parameters)
        parameters.setflags(write=False)
        object.__setattr__(self, "parameters", parameters)

    @property
    def variables(self) -> tuple[Variable, ...]:
        """What it reads, each once."""
        return variables_of(self.expression)

    @property
    def n_constants(self) -> int:
        """How many numbers were fitted."""
        return count_constants(self.expression)

    @property
    def longest_lag(self) -> int:
        """Periods of history it needs."""
        return max((variable.lag for variable in self.variables), default=0)

    @property
    def rmse(self) -> float:
        """Root mean squared residual in sample, sqrt(sse / n), the target's units."""
        return float(np.sqrt(self.sse / self.n_periods))

    def __str__(self) -> str:
        return self.text()

    def text(self, digits: int = 4) -> str:
        """The same with `digits` significant digits."""
        return f"{quoted(self.target)} = {text_of(self.expression, self.parameters, digits)}"

    def latex(self, digits: int = 4) -> str:
        """The equation in LaTeX, without delimiters."""
        return rf"{latex_variable(self.target, 0)} = {latex_of(self.expression, self.parameters, digits)}"

    def sympy(self) -> Any:
        """The equation as a sympy ``Eq``, the target a symbol such as ``pi_{t}``."""
        import sympy

        return sympy.Eq(sympy.Symbol(f"{self.target}_{{t}}", real=True), sympy_of(self.expression, self.parameters))

    def callable(self) -> Callable[[Sequence[float] | FloatArray], float]:
        """Compiled function of one period's values in the order of `variables`; NaN outside its domain."""
        from macrotrade.providers.equations.tape import tape_of

        tape = tape_of(self.expression, self.variables)
        parameters = self.parameters
        return lambda values: tape.at(np.asarray(values, dtype=np.float64), parameters)

    def predict(self, frame: pd.DataFrame) -> pd.Series:
        """One-step predictions, a value for each row of `frame`, each from the rows before it.

        Parameters
        ----------
        frame
            Series in columns, a row a period without gaps. NaN where a lag is unknown.
        """
        values = lagged_values(frame, self.variables, self.t_origin)
        predicted = evaluate(self.expression, values, self.parameters)
        return pd.Series(np.broadcast_to(predicted, (len(frame),)), index=frame.index, name=self.target)

    def record(self) -> dict[str, Any]:
        """The equation as plain values, for JSON."""
        return {
            "schema": SCHEMA_VERSION,
            "target": self.target,
            "text": self.text(8),
            "expression": expression_record(self.expression),
            "parameters": self.parameters.tolist(),
            "t_origin": str(self.t_origin),
            "sample": [str(self.first), str(self.last)],
            "sse": self.sse,
            "n_periods": self.n_periods,
            "frequency": self.frequency,
            "units": self.units,
            "vintage": self.vintage,
            "data_hash": self.data_hash,
            "grammar_hash": self.grammar_hash,
            "notes": list(self.notes),
        }

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Equation:
        """The equation that :meth:`record` wrote.

        Raises
        ------
        DataError
            If a part is missing, or it was written by a later version.
        """
        if record.get("schema", 0) != SCHEMA_VERSION:
            raise DataError(
                f"This equation has schema {record.get('schema')!r}; this version reads {SCHEMA_VERSION}. Discover it "
                "again, or read it with the version that wrote it."
            )
        try:
            frequency: Frequency = record["frequency"]
            first, last = record["sample"]
            return cls(
                target=record["target"],
                expression=expression_from_record(record["expression"]),
                parameters=np.array(record["parameters"], dtype=np.float64),
                t_origin=pd.Period(record["t_origin"], freq=frequency),
                first=pd.Period(first, freq=frequency),
                last=pd.Period(last, freq=frequency),
                sse=float(record["sse"]),
                n_periods=int(record["n_periods"]),
                frequency=frequency,
                units=record["units"],
                vintage=record["vintage"],
                data_hash=record["data_hash"],
                grammar_hash=record["grammar_hash"],
                notes=tuple(record["notes"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise DataError(f"A stored equation lacks or spoils {error}.") from error


@dataclass(frozen=True, eq=False)
class System:
    """Equations that forecast together, one a target.

    Attributes
    ----------
    equations
        Each explains another series; all of one frequency and one t-origin.
    grammar
        Text of the grammar file they share; empty where there is none.
    """

    equations: tuple[Equation, ...]
    grammar: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        targets = [equation.target for equation in self.equations]
        if not targets or len(set(targets)) < len(targets):
            raise SettingsError(f"A system needs one equation for each of its targets, not {targets}.")
        for what in ("frequency", "t_origin"):
            found = {str(getattr(equation, what)) for equation in self.equations}
            if len(found) > 1:
                raise SettingsError(f"The equations of a system share one {what}; these have {sorted(found)}.")

    @property
    def targets(self) -> tuple[str, ...]:
        """The series explained, in order."""
        return tuple(equation.target for equation in self.equations)

    @property
    def outside(self) -> tuple[str, ...]:
        """Series it reads and does not explain: a recursive forecast needs their path from elsewhere."""
        names = (variable.name for equation in self.equations for variable in equation.variables if variable.lag)
        return tuple(dict.fromkeys(name for name in names if name not in self.targets))

    def equation(self, target: str) -> Equation:
        """The equation of one series."""
        from macrotrade.errors import near_misses

        for equation in self.equations:
            if equation.target == target:
                return equation
        raise SettingsError(f"The system has no equation of {target!r}. {near_misses(target, self.targets)}")

    def __str__(self) -> str:
        return "\n".join(map(str, self.equations))

    def record(self) -> dict[str, Any]:
        """The system as plain values, for JSON."""
        return {
            "schema": SCHEMA_VERSION,
            "grammar": self.grammar,
            "equations": [equation.record() for equation in self.equations],
        }

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> System:
        """The system that :meth:`record` wrote."""
        if "equations" not in record:
            raise DataError("This is no stored system of equations: it has no part 'equations'.")
        return cls(tuple(map(Equation.from_record, record["equations"])), record.get("grammar", ""))


def equation_of_fit(
    sample: Sample, expression: Expression, parameters: FloatArray, *, grammar_hash: str = "", **labels: Any
) -> Equation:
    """The equation with these constants, its residuals counted on the sample.

    Parameters
    ----------
    sample
        What it was fitted to.
    expression, parameters
        Right-hand side, and the value of each constant.
    grammar_hash
        Of the grammar it was found in.
    labels
        ``units``, ``vintage`` and ``notes`` of :class:`Equation`.

    Raises
    ------
    DataError
        If the equation has no value in some period of the sample.
    """
    parameters = _checked(sample.target, expression, parameters)
    residuals = sample.response - evaluate(expression, sample.values, parameters)
    if not np.isfinite(residuals).all():
        period = sample.periods[int(np.flatnonzero(~np.isfinite(residuals))[0])]
        raise DataError(f"{sample.target} = {text_of(expression, parameters)} has no value in {period}.")
    frequency: Frequency = "D" if sample.t_origin.freqstr == "D" else "M" if sample.t_origin.freqstr == "M" else "Q"
    return Equation(
        target=sample.target,
        expression=expression,
        parameters=parameters,
        t_origin=sample.t_origin,
        first=sample.periods[0],
        last=sample.periods[-1],
        sse=float(residuals @ residuals),
        n_periods=sample.n_periods,
        frequency=frequency,
        data_hash=sample.fingerprint(),
        grammar_hash=grammar_hash,
        **labels,
    )


def _checked(target: str, expression: Expression, parameters: FloatArray) -> FloatArray:
    """A copy of the parameters, as many as the expression has constants."""
    found = np.array(parameters, dtype=np.float64)
    n_constants = len(constants(expression))
    if found.shape != (n_constants,) or not np.isfinite(found).all():
        raise SettingsError(f"The equation of {target} has {n_constants} constants; it was given {found.tolist()}.")
    return found


def save_system(system: System, file: Path) -> None:
    """Write the system as JSON; the file appears whole or not at all."""
    with atomically(file) as temporary:
        temporary.write_text(json.dumps(system.record(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def load_system(file: Path) -> System:
    """The system that :func:`save_system` wrote.

    Raises
    ------
    DataError
        If there is no such file, or it holds something else.
    """
    try:
        return System.from_record(json.loads(file.read_text(encoding="utf-8")))
    except (OSError, json.JSONDecodeError) as error:
        raise DataError(f"No equations could be read from {file}: {error}.") from error

"""One equation that a person can read and judge."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from macrotrade._typing import FloatArray
from macrotrade.providers.bma.conversion import Conversion

__all__ = ["Equation", "Origin", "Term", "TermKind", "TermRow", "evaluate"]

TermKind = Literal["intercept", "series", "season", "trend"]
Origin = Literal["machine", "autoregression", "seasonal autoregression", "no change"]


@dataclass(frozen=True)
class Term:
    """One regressor with its coefficient.

    Parameters
    ----------
    kind : what it is.
    coefficient : in the units of the converted series.
    t_statistic : from in-sample residuals.
    series, form, lag : for ``"series"``: name, converted form, periods back (0 is the same period).
    season : for ``"season"``: 0 is the year's first period. For ``"trend"`` the regressor is the panel's row number.
    """

    kind: TermKind
    coefficient: float
    t_statistic: float
    series: str = ""
    form: str = ""
    lag: int = 0
    season: int = 0

    @property
    def label(self) -> str:
        """The regressor in words, such as ``dlog PERMIT(t-1)``."""
        match self.kind:
            case "series":
                return f"{self.form} {self.series}({_when(self.lag)})"
            case "season":
                return f"season {self.season + 1}"
            case _:
                return self.kind


@dataclass(frozen=True)
class TermRow:
    """One line of an equation's table.

    Parameters
    ----------
    regressor : in words.
    series, lag : name and periods back; empty and 0 where the regressor is no series.
    coefficient, t_statistic : as in `Term`.
    """

    regressor: str
    series: str
    lag: int
    coefficient: float
    t_statistic: float


@dataclass(frozen=True)
class Equation:
    """The forecasting equation of one converted series, estimated by least squares.

    Parameters
    ----------
    target, conversion : the series and its stationary form.
    terms : the intercept first.
    origin : how the equation came about; the guard may have put an autoregression in a machine-built one's place.
    n_observations : rows it was estimated on.
    n_folds : folds of the cross-validation that chose it; 0 where none did.
    rss : in-sample residual sum of squares, converted units.
    rss_cross_validated : the same from residuals left out, with ``n_folds`` folds (0 folds: with ten).
    rss_tenfold : the same with ten folds, whatever chose the equation.
    """

    target: str
    conversion: Conversion
    terms: tuple[Term, ...]
    origin: Origin
    n_observations: int
    n_folds: int
    rss: float
    rss_cross_validated: float
    rss_tenfold: float

    @property
    def n_parameters(self) -> int:
        """Number of coefficients, the intercept counted."""
        return len(self.terms)

    @property
    def residual_deviation(self) -> float:
        """In-sample standard deviation of the residuals, sqrt(rss/(n-k)), converted units."""
        return float(np.sqrt(self.rss / max(self.n_observations - self.n_parameters, 1)))

    @property
    def left_out_deviation(self) -> float:
        """Root mean square of the residuals left out by tenfold cross-validation, converted units."""
        return float(np.sqrt(self.rss_tenfold / self.n_observations))

    @property
    def others(self) -> tuple[str, ...]:
        """Other series that inform this one, in order of entry."""
        return tuple(dict.fromkeys(t.series for t in self.terms if t.kind == "series" and t.series != self.target))

    @property
    def contemporaneous(self) -> tuple[str, ...]:
        """Series whose value in the same period enters."""
        return tuple(t.series for t in self.terms if t.kind == "series" and t.lag == 0)

    @property
    def longest_lag(self) -> int:
        """Periods of history that the equation needs."""
        return max((t.lag for t in self.terms), default=0)

    def table(self) -> tuple[TermRow, ...]:
        """One row a term: regressor, series, lag, coefficient, t statistic."""
        return tuple(TermRow(t.label, t.series, t.lag, t.coefficient, t.t_statistic) for t in self.terms)

    def __str__(self) -> str:
        head = f"{self.conversion} {self.target}(t) ="
        body = "\n".join(_two_lines(cells) for cells in _chunks(self.terms))
        note = (
            f"{self.origin}: n = {self.n_observations}, parameters = {self.n_parameters}, "
            f"residual deviation = {self.residual_deviation:.4g} in-sample, {self.left_out_deviation:.4g} left out"
        )
        if self.n_folds:
            note += f" (chosen with {self.n_folds} folds)"
        return f"{head}\n{body}\n{note}; t statistics in brackets"

    def to_latex(self) -> str:
        """The equation as a LaTeX ``aligned`` display with t statistics beneath the coefficients."""
        terms = " \\\\\n  & ".join(_latex_term(term, first=k == 0) for k, term in enumerate(self.terms))
        return (
            "\\begin{aligned}\n"
            f"{_latex_series(str(self.conversion), self.target, 0)} =\\; & {terms}\n"
            "\\end{aligned}"
        )


def _when(lag: int) -> str:
    return "t" if lag == 0 else f"t-{lag}"


def _chunks(terms: tuple[Term, ...], width: int = 96) -> Iterator[list[tuple[str, str]]]:
    """Terms in lines of at most ``width`` characters, each a pair of (coefficient and name, t statistic)."""
    line: list[tuple[str, str]] = []
    used = 0
    for k, term in enumerate(terms):
        sign = "-" if term.coefficient < 0 else ("+" if k else "")
        value = f"{sign} {abs(term.coefficient):.4g}".strip()
        name = "" if term.kind == "intercept" else f" {term.label}"
        cell = (f"{value}{name}", f"{' ' * (2 if sign else 0)}({term.t_statistic:.1f})")
        if line and used + len(cell[0]) > width:
            yield line
            line, used = [], 0
        line.append(cell)
        used += len(cell[0]) + 2
    yield line


def _two_lines(cells: list[tuple[str, str]]) -> str:
    widths = [max(len(a), len(b)) + 2 for a, b in cells]
    above = "".join(a.ljust(w) for (a, _), w in zip(cells, widths, strict=True)).rstrip()
    below = "".join(b.ljust(w) for (_, b), w in zip(cells, widths, strict=True)).rstrip()
    return textwrap.indent(f"{above}\n{below}", "    ")


def _latex_term(term: Term, *, first: bool) -> str:
    sign = "-" if term.coefficient < 0 else ("" if first else "+")
    number = f"\\underset{{({term.t_statistic:.1f})}}{{{abs(term.coefficient):.4g}}}"
    match term.kind:
        case "series":
            return f"{sign} {number}\\, {_latex_series(term.form, term.series, term.lag)}".strip()
        case "season":
            return f"{sign} {number}\\, S_{{{term.season + 1}}}".strip()
        case "trend":
            return f"{sign} {number}\\, t".strip()
        case _:
            return f"{sign} {number}".strip()


_LATEX_FORMS = {"level": "", "diff": "\\Delta ", "log": "\\ln ", "dlog": "\\Delta\\ln "}


def _latex_series(form: str, name: str, lag: int) -> str:
    safe = name.replace("_", "\\_").replace("&", "\\&").replace("%", "\\%")
    return f"{_LATEX_FORMS.get(form, form + ' ')}\\mathrm{{{safe}}}_{{{_when(lag)}}}"


def evaluate(equation: Equation, values: FloatArray, row: int, places: dict[str, int], season: int) -> float:
    """The equation's value in one row of converted values, from that row's and earlier rows' values.

    Parameters
    ----------
    values : (n_periods, n_series) converted values; ``places`` gives each name's column.
    row : period to evaluate, counted as the trend counts (row 0 is the panel's first).
    season : season of that row.
    """
    total = 0.0
    for term in equation.terms:
        match term.kind:
            case "intercept":
                total += term.coefficient
            case "series":
                total += term.coefficient * float(values[row - term.lag, places[term.series]])
            case "season":
                total += term.coefficient * (season == term.season)
            case "trend":
                total += term.coefficient * row
    return total

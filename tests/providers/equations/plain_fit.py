"""The fast fit's arithmetic written plainly, with numpy and scipy, to check it against."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.optimize import minimize

from macrotrade.providers.equations.data import EquationData
from macrotrade.providers.equations.kernels.problem import Problem
from macrotrade.providers.equations.library import TermLibrary

Array = npt.NDArray[np.float64]


def paper_data(frame: pd.DataFrame, *, trend: bool = True) -> EquationData:
    """pi on two lags of pi, y and i, and t, 1971Q3-2005Q1: the published sample."""
    columns = {f"{name}_{lag}": frame[name].shift(lag) for name in ("pi", "y", "i") for lag in (1, 2)}
    table = pd.DataFrame(columns)
    if trend:
        table["t"] = np.arange(len(frame), dtype=float)
    table = table.loc["1971Q3":"2005Q1"]  # type: ignore[misc]
    return EquationData("pi", frame.loc[table.index, "pi"].to_numpy(), tuple(table.columns), table.to_numpy())


def design(problem: Problem, library: TermLibrary, structure: Array, theta: Array) -> Array:
    """Columns (n, k) of an equation: the constant, linear terms, sine and cosine of each sine term."""
    n = problem.n
    columns = [np.ones(n)]
    for place, code in enumerate(structure):
        if code < 0:
            break
        term, (d, a, b) = library.terms[code], theta[place]
        if not term.is_sine:
            columns.append(problem.outer[term.first, :n] * (problem.outer[term.second, :n] if term.second >= 0 else 1))
            continue
        before = np.ones(n)
        inner = problem.inner[term.first if term.kind == "sine" else term.second, :n]
        if term.kind == "variable_sine":
            before = problem.outer[term.first, :n]
        if term.kind == "sine_sine":
            before = np.sin(a * problem.inner[term.first, :n] + b)
        columns += [before * np.sin(d * inner), before * np.cos(d * inner)]
    return np.column_stack(columns)


def least_squares(problem: Problem, columns: Array) -> tuple[Array, float]:
    """Coefficients and sum of squares without caps."""
    target = problem.target[: problem.n]
    coefficients = np.linalg.lstsq(columns, target, rcond=1e-12)[0]
    return coefficients, float(((target - columns @ coefficients) ** 2).sum())


def capped_least_squares(problem: Problem, columns: Array, n_sines: int, cap: float) -> float:
    """Least sum of squares with the amplitude of each pair of the last columns at most ``cap``, by a general solver."""
    target = problem.target[: problem.n]
    k_base = columns.shape[1] - 2 * n_sines
    basis, upper = np.linalg.qr(columns)
    projected = basis.T @ target
    rest = float(target @ target - projected @ projected)
    pairs = [slice(k_base + 2 * s, k_base + 2 * s + 2) for s in range(n_sines)]
    found = minimize(
        lambda c: float(((projected - upper @ c) ** 2).sum()),
        np.zeros(columns.shape[1]),
        jac=lambda c: -2.0 * upper.T @ (projected - upper @ c),
        method="SLSQP",
        constraints=[{"type": "ineq", "fun": lambda c, pair=pair: cap**2 - c[pair] @ c[pair]} for pair in pairs],
        options={"maxiter": 2000, "ftol": 1e-13},
    )
    return rest + float(found.fun)


def plain_gain(basis: Array, residuals: Array, columns: Array, cap: float = np.inf) -> float:
    """How much the columns lower the sum of squares of an equation with this orthonormal basis and these residuals.

    Coefficients of more than ``cap`` together are shrunk to it.
    """
    off = columns - basis @ (basis.T @ columns)
    coefficients = np.linalg.lstsq(off, residuals, rcond=1e-12)[0]
    fitted = off @ coefficients * min(1.0, cap / np.linalg.norm(coefficients))
    return float(residuals @ residuals - ((residuals - fitted) ** 2).sum())

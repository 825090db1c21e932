"""Ordinary least squares."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import solve_triangular

from macrotrade._typing import FloatArray
from macrotrade.errors import FitError

__all__ = ["LeastSquares", "least_squares"]

_SMALLEST_PIVOT = 1e-10


@dataclass(frozen=True, eq=False)
class LeastSquares:
    """A fitted linear regression.

    Attributes
    ----------
    coefficients
        Shape (n_parameters,).
    residuals
        Shape (n_observations,), y - X b.
    rss
        Residual sum of squares.
    root
        Shape (n_parameters, n_parameters), upper triangular R with R'R = X'X.
    """

    coefficients: FloatArray
    residuals: FloatArray
    rss: float
    root: FloatArray

    @property
    def n_observations(self) -> int:
        """Rows."""
        return self.residuals.size

    @property
    def n_parameters(self) -> int:
        """Columns."""
        return self.coefficients.size

    @property
    def scale(self) -> float:
        """Residual standard deviation, sqrt(RSS / (n - k)); 0 where nothing is left over."""
        spare = self.n_observations - self.n_parameters
        return float(np.sqrt(self.rss / spare)) if spare > 0 else 0.0

    @property
    def standard_errors(self) -> FloatArray:
        """Classical standard errors, shape (n_parameters,): scale * sqrt(diag (X'X)^-1)."""
        inverse = solve_triangular(self.root, np.eye(self.n_parameters))
        return np.asarray(self.scale * np.sqrt((inverse**2).sum(axis=1)))


def least_squares(X: FloatArray, y: FloatArray) -> LeastSquares:
    """Coefficients b that minimise |y - X b|^2.

    By the triangular factor of [X y]: with R'R = [X y]'[X y], b solves R_xx b = R_xy. No Q is formed, which halves
    the work of a QR solution at the same accuracy.

    Parameters
    ----------
    X
        Shape (n_observations, n_parameters), finite.
    y
        Shape (n_observations,), finite.

    Raises
    ------
    FitError
        If there are fewer rows than columns, or a column is a combination of those before it.
    """
    n_observations, n_parameters = X.shape
    if n_observations < n_parameters:
        raise FitError(f"A regression on {n_parameters} columns needs as many rows, not {n_observations}.")
    factor: FloatArray = np.asarray(np.linalg.qr(np.column_stack([X, y]), mode="r"))
    root = factor[:n_parameters, :n_parameters]
    pivots = np.abs(np.diag(root))
    dependent = np.flatnonzero(pivots <= _SMALLEST_PIVOT * np.linalg.norm(root, axis=0))
    if dependent.size:
        raise FitError(
            f"Column {int(dependent[0])} of {n_parameters} in a regression is constant at zero or a combination of the "
            "columns before it; leave one of them out."
        )
    coefficients = solve_triangular(root, factor[:n_parameters, n_parameters], check_finite=False)
    residuals = y - X @ coefficients
    return LeastSquares(coefficients, residuals, float(residuals @ residuals), root)

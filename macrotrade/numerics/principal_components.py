"""Principal components of a panel, and missing values filled by them.

With X of shape (n_periods, n_series), columns of mean zero and variance one, and V the r leading eigenvectors of X'X,
the factors are F = X V and the common component is F V'.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import eigh

from macrotrade._typing import FloatArray

__all__ = ["Completed", "fill_by_components", "fill_by_components_plainly", "leading_eigenvectors", "moments"]


@dataclass(frozen=True, eq=False)
class Completed:
    """A panel without gaps.

    Attributes
    ----------
    values
        Shape (n_periods, n_series), in the units given; known values as they were.
    n_components, n_iterations
        Principal components used, and rounds made.
    change
        Last round's change of the filled values: squares relative to the squares of the filled values.
    """

    values: FloatArray
    n_components: int
    n_iterations: int
    change: float


def fill_by_components(
    values: FloatArray, n_components: int = 8, *, tolerance: float = 1e-6, max_iterations: int = 50
) -> Completed:
    """Missing values replaced by the common component of the panel, iterated to convergence.

    The EM algorithm of Stock and Watson (2002), Journal of Business & Economic Statistics 20, appendix A, with the
    panel standardised anew in every round as in McCracken and Ng (2016). A missing value is first its column's mean. A
    round standardises the filled panel, takes the leading components, and sets each missing value to its common
    component in the column's units, until the filled values X_m, in standard units, change by

        sum (X_m - X_m,before)^2 <= tolerance * sum X_m^2.

    Only columns with gaps change between rounds, so only their rows and columns of X'X are computed again.

    Parameters
    ----------
    values
        Shape (n_periods, n_series), NaN where missing; each column has two different known values or more.
    n_components
        r; no more than half of the columns are used, and at least one.
    """
    missing = np.isnan(values)
    gappy = np.flatnonzero(missing.any(axis=0))
    if not gappy.size:
        return Completed(np.array(values), 0, 0, 0.0)
    r = _usable_components(n_components, values)
    rows = np.flatnonzero(missing.any(axis=1))
    holes = missing[:, gappy]
    hole_rows, hole_columns = np.nonzero(holes)
    place = np.searchsorted(rows, hole_rows)
    filled = np.where(holes, np.nanmean(values[:, gappy], axis=0), values[:, gappy])
    X = _standardised(np.where(missing, 0.0, values))
    gram = X.T @ X
    n_iterations, change, before = 0, np.inf, np.zeros(hole_rows.size)
    while n_iterations < max_iterations and change > tolerance:
        n_iterations += 1
        mean, deviation = moments(filled)
        X[:, gappy] = (filled - mean) / deviation
        columns = X.T @ X[:, gappy]
        gram[:, gappy], gram[gappy] = columns, columns.T
        V = leading_eigenvectors(gram, r)
        factors = X[rows] @ V
        common = np.einsum("ij,ij->i", factors[place], V[gappy[hole_columns]])
        filled[hole_rows, hole_columns] = common * deviation[hole_columns] + mean[hole_columns]
        change = float(((common - before) ** 2).sum() / max((common**2).sum(), np.finfo(float).tiny))
        before = common
    complete = np.array(values)
    complete[:, gappy] = filled
    return Completed(complete, r, n_iterations, change)


def fill_by_components_plainly(
    values: FloatArray, n_components: int = 8, *, tolerance: float = 1e-6, max_iterations: int = 50
) -> Completed:
    """The same as :func:`fill_by_components`, each round by a singular value decomposition of the whole panel."""
    missing = np.isnan(values)
    filled = np.where(missing, np.nanmean(values, axis=0), values)
    r = _usable_components(n_components, values)
    change, before, n_iterations = 0.0, np.zeros(int(missing.sum())), 0
    while missing.any() and n_iterations < max_iterations:
        mean, deviation = moments(filled)
        U, s, Vt = np.linalg.svd((filled - mean) / deviation, full_matrices=False)
        common = (U[:, :r] * s[:r]) @ Vt[:r]
        filled = np.where(missing, common * deviation + mean, filled)
        n_iterations += 1
        change = float(((common[missing] - before) ** 2).sum() / max((common[missing] ** 2).sum(), 1e-300))
        before = common[missing]
        if change <= tolerance:
            break
    return Completed(filled, r, n_iterations, change)


def leading_eigenvectors(gram: FloatArray, n_vectors: int) -> FloatArray:
    """Eigenvectors of the largest eigenvalues, largest first, shape (n, n_vectors); largest entry of each positive."""
    n = gram.shape[0]
    _, vectors = eigh(gram, subset_by_index=(n - n_vectors, n - 1), check_finite=False)
    vectors = vectors[:, ::-1]
    largest = np.abs(vectors).argmax(axis=0)
    return np.asarray(vectors * np.sign(vectors[largest, np.arange(n_vectors)]))


def moments(values: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Mean and standard deviation of each column, shape (n_series,) each; a deviation of zero is given as one."""
    mean, deviation = values.mean(axis=0), values.std(axis=0)
    return mean, np.where(deviation > 1e-12 * np.abs(mean), deviation, 1.0)


def _standardised(values: FloatArray) -> FloatArray:
    mean, deviation = moments(values)
    return (values - mean) / deviation


def _usable_components(n_components: int, values: FloatArray) -> int:
    n_periods, n_series = values.shape
    return int(max(1, min(n_components, n_series // 2, n_periods // 2)))

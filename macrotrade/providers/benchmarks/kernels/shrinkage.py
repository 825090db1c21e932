"""Paths of the LASSO, the elastic net and Ridge over their penalties.

Columns of X have mean zero and variance one and y has mean zero. With n rows, the coefficients b of penalty l and
share a of the absolute values minimise, as in Friedman, Hastie and Tibshirani (2010), Journal of Statistical Software
33(1),

    |y - X b|^2 / (2 n) + l (a |b|_1 + (1 - a) |b|^2 / 2).

With G = X'X/n, c = X'y/n and the gradient g = c - G b, they satisfy, with A the columns whose coefficient is not zero,

    g_j = l a sign(b_j) + l (1 - a) b_j   for j in A,      |g_j| <= l a   for the others.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit

from macrotrade._typing import FloatArray

__all__ = ["Path", "elastic_net_path", "largest_penalty", "ridge_path"]

_JITTER = 1e-12  # of the unit diagonal of G: keeps the system of two equal columns solvable
_SLACK = 1e-9


@dataclass(frozen=True, eq=False)
class Path:
    """Coefficients along penalties, greatest first; shorter than asked where the degrees of freedom reached their cap.

    Attributes
    ----------
    penalties
        Shape (n_penalties,).
    coefficients
        Shape (n_penalties, n_columns).
    rss
        Shape (n_penalties,), |y - X b|^2.
    degrees_of_freedom
        Shape (n_penalties,): trace of the matrix that turns y into X b, without the intercept; the number of
        coefficients not zero where all of the penalty is on absolute values.
    """

    penalties: FloatArray
    coefficients: FloatArray
    rss: FloatArray
    degrees_of_freedom: FloatArray


def elastic_net_path(
    gram: FloatArray,
    cross: FloatArray,
    total: float,
    n_rows: int,
    penalties: FloatArray,
    share: float,
    most_columns: int,
) -> Path:
    """Path of the elastic net, of the LASSO where `share` is 1.

    By coordinate descent on the columns that the strong rule leaves (Tibshirani and others (2012), Journal of the
    Royal Statistical Society B 74), with the gradient kept up to date by columns of G ("covariance updates"). Once a
    round leaves the active columns and their signs as they are, their equations are solved exactly; the solution is
    taken if it keeps the signs and no column outside breaks its condition.

    Parameters
    ----------
    gram, cross, total
        G of shape (n_columns, n_columns), c of shape (n_columns,) and |y|^2 / n.
    n_rows
        n.
    penalties
        Falling, positive.
    share
        a, above 0.
    most_columns
        The path stops before more columns than this are active.
    """
    coefficients, mean_square, degrees = _descend(gram, cross, total, penalties, share, most_columns)
    n_done = len(mean_square)
    return Path(penalties[:n_done], coefficients, n_rows * mean_square, degrees)


def largest_penalty(cross: FloatArray, share: float) -> float:
    """Least penalty at which all coefficients are zero: max |c_j| / a."""
    return float(np.abs(cross).max() / share)


def ridge_path(X: FloatArray, y: FloatArray, penalties: FloatArray, most_degrees: float) -> Path:
    """Path of Ridge, all of the penalty on squares, from one eigendecomposition.

    With K = X X'/n = U diag(d) U' and u = U'y, fit and coefficients are

        X b = U diag(d / (d + l)) u,    b = X' U diag(1 / (d + l)) u / n,    degrees of freedom = sum d / (d + l).

    The decomposition is of X'X/n where there are fewer columns than rows. The path stops before more than
    `most_degrees` of freedom.
    """
    n_rows, n_columns = X.shape
    wide = n_columns > n_rows
    d, vectors = np.linalg.eigh((X @ X.T if wide else X.T @ X) / n_rows)
    d = np.maximum(d, 0.0)
    u = vectors.T @ (y if wide else X.T @ y / n_rows)
    kept = 1.0 / (d + penalties[:, None])
    degrees = (d * kept).sum(axis=1)
    n_done = int(np.searchsorted(degrees, most_degrees, side="right"))
    kept, degrees = kept[:n_done], degrees[:n_done]
    if wide:
        coefficients = (kept * u) @ vectors.T @ X / n_rows
        rss = ((penalties[:n_done, None] * kept * u) ** 2).sum(axis=1)
    else:
        coefficients = (kept * u) @ vectors.T
        rss = y @ y - n_rows * ((2.0 * kept - d * kept**2) * u**2).sum(axis=1)
    return Path(penalties[:n_done], coefficients, rss, degrees)


@njit(cache=True, error_model="numpy")
def _descend(gram, cross, total, penalties, share, most_columns):  # type: ignore[no-untyped-def]
    """Coefficients, mean squares of the residuals and degrees of freedom, a row for each penalty."""
    n_columns, n_penalties = cross.size, penalties.size
    coefficients = np.zeros((n_penalties, n_columns))
    mean_square, degrees = np.empty(n_penalties), np.empty(n_penalties)
    b, gradient = np.zeros(n_columns), cross.copy()
    visited = np.zeros(n_columns, np.bool_)
    before = penalties[0]
    for row in range(n_penalties):
        penalty = penalties[row]
        absolute, square = penalty * share, penalty * (1.0 - share)
        strong = share * (2.0 * penalty - before)
        for j in range(n_columns):
            visited[j] = b[j] != 0.0 or abs(gradient[j]) >= strong
        done = False
        while not done:
            active = _settle(gram, cross, gradient, b, visited, absolute, square, most_columns)
            if active.size > most_columns:
                return coefficients[:row], mean_square[:row], degrees[:row]
            done = True
            for j in range(n_columns):
                if b[j] == 0.0 and abs(gradient[j]) > absolute * (1.0 + _SLACK):
                    visited[j], done = True, False
        coefficients[row] = b
        mean_square[row] = total - np.dot(b, cross) - np.dot(b, gradient)
        degrees[row] = _degrees(gram, active, square)
        before = penalty
    return coefficients, mean_square, degrees


@njit(cache=True, error_model="numpy")
def _settle(gram, cross, gradient, b, visited, absolute, square, most_columns):  # type: ignore[no-untyped-def]
    """Active columns at one penalty among those visited; b and the gradient are brought to their solution."""
    columns = np.flatnonzero(visited)
    tolerance = 1e-3
    while True:
        largest, flipped = 0.0, False
        for j in columns:
            move, flip = _update(gram, gradient, b, j, absolute, square)
            largest = max(largest, move)
            flipped = flipped or flip
        active = np.flatnonzero(b)
        if active.size > most_columns or active.size == 0:
            return active
        if not flipped and largest <= tolerance * np.abs(b).max():
            if _solve_exactly(gram, cross, gradient, b, active, absolute, square):
                settled = True
                for j in columns:
                    if b[j] == 0.0 and abs(gradient[j]) > absolute * (1.0 + _SLACK):
                        settled = False
                if settled:
                    return active
            if tolerance < 1e-14:
                return active
            tolerance *= 0.1


@njit(cache=True, error_model="numpy", fastmath={"contract"})
def _update(gram, gradient, b, j, absolute, square):  # type: ignore[no-untyped-def]
    """Best value of one coefficient given the others; how far it moved, and whether its sign changed."""
    before = b[j]
    pull = gradient[j] + before * gram[j, j]
    if pull > absolute:
        after = (pull - absolute) / (gram[j, j] + square)
    elif pull < -absolute:
        after = (pull + absolute) / (gram[j, j] + square)
    else:
        after = 0.0
    move = after - before
    if move != 0.0:
        b[j] = after
        column = gram[j]
        for k in range(gradient.size):
            gradient[k] -= move * column[k]
    return abs(move), np.sign(before) != np.sign(after)


@njit(cache=True, error_model="numpy")
def _solve_exactly(gram, cross, gradient, b, active, absolute, square):  # type: ignore[no-untyped-def]
    """Solve (G_AA + l (1 - a)) b_A = c_A - l a sign_A; false, and nothing changed, where a sign does not hold."""
    n = active.size
    system, right = np.empty((n, n)), np.empty(n)
    for i in range(n):
        for k in range(n):
            system[i, k] = gram[active[i], active[k]]
        system[i, i] += square + _JITTER
        right[i] = cross[active[i]] - absolute * np.sign(b[active[i]])
    solution = np.linalg.solve(system, right)
    for i in range(n):
        if solution[i] * b[active[i]] <= 0.0:
            return False
    gradient[:] = cross
    for i in range(n):
        j = active[i]
        b[j] = solution[i]
        gradient -= solution[i] * gram[j]
    return True


@njit(cache=True, error_model="numpy")
def _degrees(gram, active, square):  # type: ignore[no-untyped-def]
    """Trace of G_AA (G_AA + l (1 - a))^-1: the number of active columns without squares in the penalty."""
    n = active.size
    if square == 0.0 or n == 0:
        return float(n)
    system = np.empty((n, n))
    for i in range(n):
        for k in range(n):
            system[i, k] = gram[active[i], active[k]]
        system[i, i] += square
    return n - square * np.trace(np.linalg.inv(system))

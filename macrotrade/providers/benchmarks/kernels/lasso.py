"""Path of the LASSO from corner to corner.

Columns of X have mean zero and variance one and y has mean zero. With n rows, G = X'X/n and c = X'y/n, the coefficients
b of penalty l minimise |y - X b|^2 / (2 n) + l |b|_1, and are linear in l between the penalties at which a column joins
those whose coefficient is not zero, or leaves them (Osborne, Presnell and Turlach (2000), IMA Journal of Numerical
Analysis 20; Efron, Hastie, Johnstone and Tibshirani (2004), Annals of Statistics 32). With A those columns, s their
signs and g = c - G b the gradient, as l falls by z

    b_A moves by z d,   g moves by -z a,   d = G_AA^-1 s,   a = G_.A d,

until a column outside reaches |g_j| = l, at z = (l - g_j) / (1 - a_j) or (l + g_j) / (1 + a_j), or b_i is zero, at
z = -b_i / d_i. Columns of G are computed a few at a time, for the columns that are next to join as things stand.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from macrotrade._typing import FloatArray
from macrotrade.providers.benchmarks.kernels.shrinkage import Path, elastic_net_path

__all__ = ["lasso_path"]

_TOGETHER = 12  # columns of G computed at once
_LEAST_PIVOT = 1e-10  # of G's unit diagonal: what a column adds to those already in
_MOST_CORNERS = 6  # for each column that may be in


def lasso_path(X: FloatArray, y: FloatArray, penalties: FloatArray, most_columns: int) -> Path:
    """Path of the LASSO; the same as :func:`elastic_net_path` gives for a share of 1, without the whole of G.

    A column that is a combination of those already in stays out until one of them leaves. Where the corners are too
    many, so that rounding could turn the path in a circle, coordinate descent takes over.

    Parameters
    ----------
    X, y
        Shapes (n_rows, n_columns) and (n_rows,), standardised.
    penalties
        Falling, positive.
    most_columns
        The path stops where more columns than this come in; fewer than the rows.
    """
    n_rows = y.size
    X = np.ascontiguousarray(X)
    cross = X.T @ y / n_rows
    total = float(y @ y) / n_rows
    n_done, coefficients, mean_square, degrees = _walk(X, cross, total, penalties, most_columns)
    if n_done < 0:
        return elastic_net_path(X.T @ X / n_rows, cross, total, n_rows, penalties, 1.0, most_columns)
    return Path(penalties[:n_done], coefficients[:n_done], n_rows * mean_square[:n_done], degrees[:n_done])


@njit(cache=True, error_model="numpy")
def _walk(X, cross, total, penalties, most):  # type: ignore[no-untyped-def]
    """Number of penalties reached (-1: too many corners), coefficients, mean squares, columns in, at each of them."""
    n_columns, n_penalties = cross.size, penalties.size
    room = most + 2
    coefficients = np.zeros((n_penalties, n_columns))
    mean_square, degrees = np.zeros(n_penalties), np.zeros(n_penalties)
    known, place, n_known = np.empty((room + _TOGETHER, n_columns)), np.full(n_columns, -1, np.int64), 0
    active, sign, b = np.empty(room, np.int64), np.empty(room), np.zeros(room)
    gram, factor = np.empty((room, n_columns)), np.empty((room, room))
    barred = np.zeros(n_columns)  # infinite for columns that cannot join
    gradient, k, row, left = cross.copy(), 0, 0, -1
    entering = np.abs(cross).argmax()
    penalty = np.abs(cross[entering])
    distance = penalty - np.abs(cross)
    for _ in range(_MOST_CORNERS * room):
        if entering >= 0:
            if place[entering] < 0:
                if n_known + _TOGETHER > len(known):
                    known = np.concatenate((known, np.empty_like(known)))
                n_known = _more_of_gram(X, known, place, n_known, distance, entering)
            gram[k] = known[place[entering]]
            if _extended(gram, factor, active, k, entering):
                active[k], sign[k], b[k] = entering, np.sign(gradient[entering]), 0.0
                k += 1
            barred[entering] = np.inf
        direction = _solved(factor, sign, k)
        slope = np.dot(direction, gram[:k])
        step, entering = _next_to_join(gradient, slope, penalty, barred, distance)
        if left >= 0:
            barred[left] = 0.0
            left = -1
        leaving = -1
        for i in range(k):
            if b[i] * direction[i] < 0.0 and -b[i] / direction[i] < step:
                step, leaving, entering = -b[i] / direction[i], i, -1
        step = min(step, penalty)
        while row < n_penalties and penalties[row] >= penalty - step:
            if k > most and penalties[row] < penalty:
                return row, coefficients, mean_square, degrees
            z = max(penalty - penalties[row], 0.0)
            fit, absolute, n_in = 0.0, 0.0, 0
            for i in range(k):
                value = b[i] + z * direction[i]
                coefficients[row, active[i]] = value
                fit += value * cross[active[i]]
                absolute += value * sign[i]
                n_in += 1 if value != 0.0 else 0
            mean_square[row] = total - fit - min(penalties[row], penalty) * absolute
            degrees[row] = n_in
            row += 1
        if row == n_penalties or k > most:
            return row, coefficients, mean_square, degrees
        for i in range(k):
            b[i] += step * direction[i]
        gradient -= step * slope
        penalty -= step
        if leaving >= 0:
            left = active[leaving]
            k = _without(gram, factor, active, sign, b, k, leaving)
            barred[:] = 0.0
            barred[active[:k]] = np.inf
            barred[left] = np.inf  # for one step: it stands at |g_j| = l and moves inwards
    return -1, coefficients, mean_square, degrees


@njit(cache=True, error_model="numpy")
def _more_of_gram(X, known, place, n_known, distance, entering):  # type: ignore[no-untyped-def]
    """Rows of G for the column that joins and those nearest to joining."""
    waiting = np.where(place < 0, distance, np.inf)
    waiting[entering] = -1.0
    nearest = np.argsort(waiting)[:_TOGETHER]
    some = np.empty((X.shape[0], nearest.size))
    for r in range(X.shape[0]):
        for m in range(nearest.size):
            some[r, m] = X[r, nearest[m]]
    known[n_known : n_known + nearest.size] = np.dot(some.T, X) / X.shape[0]
    for m in range(nearest.size):
        place[nearest[m]] = n_known + m
    return n_known + nearest.size


@njit(cache=True, error_model="numpy", fastmath={"reassoc", "contract"})
def _extended(gram, factor, active, k, entering):  # type: ignore[no-untyped-def]
    """Add a row to the Cholesky factor of G_AA; false where the column adds nothing to those in."""
    pivot = gram[k, entering]
    for i in range(k):
        value = gram[k, active[i]]
        for m in range(i):
            value -= factor[i, m] * factor[k, m]
        factor[k, i] = value / factor[i, i]
        pivot -= factor[k, i] ** 2
    if pivot <= _LEAST_PIVOT:
        return False
    factor[k, k] = np.sqrt(pivot)
    return True


@njit(cache=True, error_model="numpy", fastmath={"reassoc", "contract"})
def _solved(factor, sign, k):  # type: ignore[no-untyped-def]
    """G_AA^-1 s by the factor's two triangles."""
    d = sign[:k].copy()
    for i in range(k):
        value = d[i]
        for m in range(i):
            value -= factor[i, m] * d[m]
        d[i] = value / factor[i, i]
    for i in range(k - 1, -1, -1):
        d[i] /= factor[i, i]
        for m in range(i):
            d[m] -= factor[i, m] * d[i]
    return d


@njit(cache=True, error_model="numpy")
def _next_to_join(gradient, slope, penalty, barred, distance):  # type: ignore[no-untyped-def]
    """Fall of the penalty at which the next column joins, and that column; every column's own fall in `distance`."""
    for j in range(gradient.size):
        above, below = 1.0 - slope[j], 1.0 + slope[j]
        up, down = (penalty - gradient[j]) / above, (penalty + gradient[j]) / below
        up = up if above > 0.0 else np.inf
        down = down if below > 0.0 else np.inf
        first = min(up, down)
        distance[j] = (first if first > 0.0 else 0.0) + barred[j]
    entering = np.argmin(distance)
    return distance[entering], (entering if distance[entering] < np.inf else -1)


@njit(cache=True, error_model="numpy")
def _without(gram, factor, active, sign, b, k, leaving):  # type: ignore[no-untyped-def]
    """The active columns without one of them, their factor made anew from its place on."""
    for i in range(leaving, k - 1):
        active[i], sign[i], b[i] = active[i + 1], sign[i + 1], b[i + 1]
        gram[i] = gram[i + 1]
    for i in range(leaving, k - 1):
        _extended(gram, factor, active, i, active[i])
    return k - 1

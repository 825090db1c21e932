"""What each further term would do for an equation, over a grid of what may stand inside its sines.

A *cell* is a variable and a frequency. With D the columns that a term adds in a cell, Q the equation's orthonormal
columns and e its residuals, the term lowers the sum of squares by g'S^-1 g, g = D'e and S = D'D - (D'Q)(D'Q)'. The
products D'D do not depend on the equation and are made once; D'[Q e] is one matrix product for all cells.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from macrotrade._typing import FloatArray, IntArray
from macrotrade.providers.equations.kernels.compiled import compiled, compiled_within
from macrotrade.providers.equations.kernels.problem import LONE_SINE, SINE_SINE, VARIABLE_SINE, Problem, Space
from macrotrade.providers.equations.kernels.sines import sines_and_cosines

__all__ = ["N_PHASES", "Dictionary", "Scan", "make_dictionary", "make_scan", "scan_terms"]

N_PHASES = 8
_RIDGE = (
    1e-9  # share of a column's square added to what is left of it, so that a column of the equation's own gains nothing
)


class Dictionary(NamedTuple):
    """Sines and cosines of every variable on its grid of frequencies.

    Parameters
    ----------
    starts : (n_variables + 1,) first cell of each variable.
    frequencies : (n_cells,).
    sines, cosines : (n_cells, width).
    single : (3, n_variables + 1, n_cells) sums over time of v^2 sin^2, v^2 sin cos and v^2 cos^2, v a row of ``outer``.
    double : (3, n_cells, 3, n_cells) sums of the products sin^2, sin cos, cos^2 of one cell with those of another.
    singles : (n_variables + 1, n_variables) codes of v sin(d W + e), by the row of ``outer`` and the variable, or -1.
    doubles : (n_variables, n_variables) codes of sin sin terms, the first variable not after the second, or -1.
    """

    starts: IntArray
    frequencies: FloatArray
    sines: FloatArray
    cosines: FloatArray
    single: FloatArray
    double: FloatArray
    singles: IntArray
    doubles: IntArray


class Scan(NamedTuple):
    """Memory to scan the cells in.

    Parameters
    ----------
    factors : (2 most_cells (k + 1), width) columns and residuals times what stands before a sine.
    on_sines, on_cosines : (rows of factors * n_cells,) products with the cells.
    sums : (10, n_cells) what is left of the products of a cell's four columns.
    gains : (n_cells,); phases : (n_cells,) best so far.
    """

    factors: FloatArray
    on_sines: FloatArray
    on_cosines: FloatArray
    sums: FloatArray
    gains: FloatArray
    phases: FloatArray


@compiled
def make_dictionary(problem: Problem, n_cells: IntArray) -> Dictionary:
    """Cells with ``n_cells`` frequencies a variable, evenly spaced between its bounds."""
    n_variables, width = problem.inner.shape
    starts = np.zeros(n_variables + 1, np.int64)
    for i in range(n_variables):
        starts[i + 1] = starts[i] + n_cells[i]
    total = starts[n_variables]
    frequencies = np.empty(total)
    sines = np.zeros((total, width))
    cosines = np.zeros((total, width))
    for i in range(n_variables):
        for cell in range(starts[i], starts[i + 1]):
            share = (cell - starts[i]) / max(n_cells[i] - 1, 1)
            frequencies[cell] = problem.lower[i] + share * (problem.upper[i] - problem.lower[i])
            sines_and_cosines(problem.inner[i], frequencies[cell], 0.0, sines[cell], cosines[cell])
            sines[cell, problem.n :] = 0.0
            cosines[cell, problem.n :] = 0.0
    products = np.empty((3, total, width))
    products[0] = sines * sines
    products[1] = sines * cosines
    products[2] = cosines * cosines
    single = np.empty((3, n_variables + 1, total))
    double = np.empty((3, total, 3, total))
    for a in range(3):
        single[a] = (problem.outer * problem.outer) @ products[a].T
        for b in range(3):
            double[a, :, b, :] = products[a] @ products[b].T
    singles = np.full((n_variables + 1, n_variables), -1, np.int64)
    doubles = np.full((n_variables, n_variables), -1, np.int64)
    for code in range(problem.kinds.shape[0]):
        first, second = problem.firsts[code], problem.seconds[code]
        if problem.kinds[code] == VARIABLE_SINE:
            singles[first, second] = code
        elif problem.kinds[code] == LONE_SINE:
            singles[n_variables, first] = code
        elif problem.kinds[code] == SINE_SINE:
            doubles[first, second] = code
    return Dictionary(starts, frequencies, sines, cosines, single, double, singles, doubles)


@compiled
def make_scan(dictionary: Dictionary, max_columns: int) -> Scan:
    """Memory for equations of up to ``max_columns`` columns."""
    total, width = dictionary.sines.shape
    most = 1
    for i in range(dictionary.starts.shape[0] - 1):
        most = max(most, dictionary.starts[i + 1] - dictionary.starts[i])
    rows = max(2 * most, dictionary.starts.shape[0]) * (max_columns + 1)
    return Scan(
        np.zeros((rows, width)),
        np.zeros(rows * total),
        np.zeros(rows * total),
        np.zeros((10, total)),
        np.zeros(total),
        np.zeros(total),
    )


@compiled
def scan_terms(
    problem: Problem, dictionary: Dictionary, k: int, space: Space, scan: Scan, gains: FloatArray, starts: FloatArray
) -> None:
    """Fill ``gains`` (n_terms,) and ``starts`` (n_terms, 3): what each term would gain, and its best cell as in theta.

    The equation is the one last fitted in ``space``, of ``k`` columns; ``scan`` is workspace for the ``dictionary``.
    """
    gains[:] = 0.0
    starts[:] = 0.0
    _scan_linear(problem, k, space, gains)
    _scan_singles(problem, dictionary, k, space, scan, gains, starts)
    for i in range(problem.inner.shape[0]):
        wanted = False
        for j in range(i, problem.inner.shape[0]):
            wanted = wanted or dictionary.doubles[i, j] >= 0
        if wanted:
            _scan_doubles(problem, dictionary, i, k, space, scan, gains, starts)


@compiled
def _scan_linear(problem: Problem, k: int, space: Space, gains: FloatArray) -> None:
    """Gain (v'e)^2 / |v off the columns|^2 of each linear term v."""
    width = problem.target.shape[0]
    for code in range(problem.linear.shape[0]):
        product = squares = 0.0
        for t in range(width):
            product += problem.linear[code, t] * space.residuals[t]
            squares += problem.linear[code, t] * problem.linear[code, t]
        left = squares * (1.0 + _RIDGE)
        for row in range(k):
            share = 0.0
            for t in range(width):
                share += problem.linear[code, t] * space.basis[row, t]
            left -= share * share
        gains[code] = product * product / left if left > 0.0 else 0.0


@compiled
def _scan_singles(
    problem: Problem, dictionary: Dictionary, k: int, space: Space, scan: Scan, gains: FloatArray, starts: FloatArray
) -> None:
    """Best cell of each term v sin(d W + e)."""
    n_outer, width = problem.outer.shape
    total = dictionary.frequencies.shape[0]
    for v in range(n_outer):
        for row in range(k + 1):
            source = space.basis[row] if row < k else space.residuals
            out = scan.factors[v * (k + 1) + row]
            for t in range(width):
                out[t] = problem.outer[v, t] * source[t]
    rows = n_outer * (k + 1)
    on_sines, on_cosines = _products(dictionary, 0, rows, scan)
    best = scan.gains
    for v in range(n_outer):
        limit = problem.caps[v] * problem.caps[v]
        s, c = on_sines[v * (k + 1) : (v + 1) * (k + 1)], on_cosines[v * (k + 1) : (v + 1) * (k + 1)]
        ss, sc, cc = scan.sums[0], scan.sums[1], scan.sums[2]
        for cell in range(total):
            ss[cell] = dictionary.single[0, v, cell]
            sc[cell] = dictionary.single[1, v, cell]
            cc[cell] = dictionary.single[2, v, cell]
        for row in range(k):
            for cell in range(total):
                ss[cell] -= s[row, cell] * s[row, cell]
                sc[cell] -= s[row, cell] * c[row, cell]
                cc[cell] -= c[row, cell] * c[row, cell]
        for cell in range(total):
            a = ss[cell] + _RIDGE * dictionary.single[0, v, cell]
            b = sc[cell]
            d = cc[cell] + _RIDGE * dictionary.single[2, v, cell]
            best[cell] = _pair_gain(a, b, d, s[k, cell], c[k, cell], limit)
        for j in range(problem.inner.shape[0]):
            code = dictionary.singles[v, j]
            if code >= 0:
                for cell in range(dictionary.starts[j], dictionary.starts[j + 1]):
                    if best[cell] > gains[code]:
                        gains[code] = best[cell]
                        starts[code, 0] = dictionary.frequencies[cell]


@compiled
def _scan_doubles(
    problem: Problem,
    dictionary: Dictionary,
    i: int,
    k: int,
    space: Space,
    scan: Scan,
    gains: FloatArray,
    starts: FloatArray,
) -> None:
    """Best pair of cells and phase of each term sin(a V + b) sin(d W + e) with V variable ``i``.

    A pair of cells has four columns, sin or cos of a V times sin or cos of d W; at phase b two combinations of them
    remain. The other parameters are those of `scan_terms`.
    """
    width = problem.target.shape[0]
    lo, hi = dictionary.starts[i], dictionary.starts[i + 1]
    per = k + 1
    for cell in range(lo, hi):
        for row in range(per):
            source = space.basis[row] if row < k else space.residuals
            sine, cosine = (
                scan.factors[2 * (cell - lo) * per + row],
                scan.factors[(2 * (cell - lo) + 1) * per + row],
            )
            for t in range(width):
                sine[t] = dictionary.sines[cell, t] * source[t]
            for t in range(width):
                cosine[t] = dictionary.cosines[cell, t] * source[t]
    rows = 2 * (hi - lo) * per
    on_sines, on_cosines = _products(dictionary, lo, rows, scan)
    limit = problem.caps[problem.outer.shape[0] - 1] ** 2
    for cell in range(lo, hi):
        at = 2 * (cell - lo) * per
        _subtract_projections(dictionary.double, cell, lo, on_sines, on_cosines, at, k, scan.sums)
        _best_phases(scan.sums, on_sines, on_cosines, at + k, at + per + k, limit, scan.gains, scan.phases)
        for j in range(i, problem.inner.shape[0]):
            code = dictionary.doubles[i, j]
            if code >= 0:
                for other in range(dictionary.starts[j] - lo, dictionary.starts[j + 1] - lo):
                    if scan.gains[other] > gains[code]:
                        gains[code] = scan.gains[other]
                        starts[code, 0] = dictionary.frequencies[lo + other]
                        starts[code, 1] = dictionary.frequencies[cell]
                        starts[code, 2] = scan.phases[other]


@compiled
def _products(dictionary: Dictionary, lo: int, rows: int, scan: Scan) -> tuple[FloatArray, FloatArray]:
    """Products of the first ``rows`` factors with the sines and with the cosines of the cells from ``lo`` on."""
    count = dictionary.frequencies.shape[0] - lo
    on_sines = scan.on_sines[: rows * count].reshape(rows, count)
    on_cosines = scan.on_cosines[: rows * count].reshape(rows, count)
    np.dot(scan.factors[:rows], dictionary.sines[lo:].T, on_sines)
    np.dot(scan.factors[:rows], dictionary.cosines[lo:].T, on_cosines)
    return on_sines, on_cosines


@compiled
def _subtract_projections(
    double: FloatArray,
    cell: int,
    lo: int,
    s: FloatArray,
    c: FloatArray,
    at: int,
    k: int,
    sums: FloatArray,
) -> None:
    """Fill ``sums`` with S of the four columns (sin sin, sin cos, cos sin, cos cos), a triangle, row by row.

    Parameters
    ----------
    double : of the dictionary.
    cell, lo : the first factor's cell, and the first cell of the second factor.
    s, c, at, k : products with the second factor's cells, the row at which this cell begins, and the columns.
    sums : filled, one column a cell of the second factor.
    """
    count = s.shape[1]
    for first in range(3):
        for second in range(3):
            # sin^2, sin cos, cos^2 of the two cells: sin sin times cos cos is the same as sin cos times cos sin
            place = (0, 1, 4, 2, 3, 6, 7, 8, 9)[3 * first + second]
            for other in range(count):
                sums[place, other] = double[first, cell, second, lo + other]
    for other in range(count):
        sums[5, other] = sums[3, other]
    for place in (0, 4, 7, 9):
        for other in range(count):
            sums[place, other] *= 1.0 + _RIDGE
    for row in range(k):
        p, q = at + row, at + k + 1 + row
        for other in range(count):
            w = s[p, other]
            x = c[p, other]
            y = s[q, other]
            z = c[q, other]
            sums[0, other] -= w * w
            sums[1, other] -= w * x
            sums[2, other] -= w * y
            sums[3, other] -= w * z
            sums[4, other] -= x * x
            sums[5, other] -= x * y
            sums[6, other] -= x * z
            sums[7, other] -= y * y
            sums[8, other] -= y * z
            sums[9, other] -= z * z


@compiled
def _best_phases(
    sums: FloatArray,
    on_sines: FloatArray,
    on_cosines: FloatArray,
    sine_row: int,
    cosine_row: int,
    limit: float,
    gains: FloatArray,
    phases: FloatArray,
) -> None:
    """Largest gain of each pair of cells over the phases of its first factor.

    Parameters
    ----------
    sums : from `_subtract_projections`.
    on_sines, on_cosines, sine_row, cosine_row : products with the residuals, and their rows for sin and cos of a V.
    limit : squared cap of the amplitude.
    gains, phases : filled.
    """
    count = on_sines.shape[1]
    for other in range(count):
        gains[other] = -1.0
        phases[other] = 0.0
    for p in range(N_PHASES):
        phase = np.pi * p / N_PHASES
        u = np.cos(phase)
        v = np.sin(phase)
        uu = u * u
        uv = u * v
        vv = v * v
        for other in range(count):
            a = uu * sums[0, other] + 2.0 * uv * sums[2, other] + vv * sums[7, other]
            b = uu * sums[1, other] + uv * (sums[3, other] + sums[5, other]) + vv * sums[8, other]
            d = uu * sums[4, other] + 2.0 * uv * sums[6, other] + vv * sums[9, other]
            g = u * on_sines[sine_row, other] + v * on_sines[cosine_row, other]
            h = u * on_cosines[sine_row, other] + v * on_cosines[cosine_row, other]
            gain = _pair_gain(a, b, d, g, h, limit)
            better = gain > gains[other]
            gains[other] = gain if better else gains[other]
            phases[other] = phase if better else phases[other]


@compiled_within
def _pair_gain(a: float, b: float, d: float, g: float, h: float, limit: float) -> float:
    """(g, h) S^-1 (g, h)' with S = [[a, b], [b, d]], or less where it needs more than the squared amplitude ``limit``.

    Coefficients shrunk by a factor s to the cap still gain s (2 - s) of it.
    """
    determinant = a * d - b * b
    determinant = determinant if determinant > 1e-12 * a * d else 1e-12 * a * d + 1e-300
    first = (d * g - b * h) / determinant
    second = (a * h - b * g) / determinant
    gain = g * first + h * second
    amplitude = first * first + second * second
    shrunk = np.sqrt(limit / amplitude) if amplitude > limit else 1.0
    return gain * shrunk * (2.0 - shrunk)

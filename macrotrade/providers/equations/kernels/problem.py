"""What fitting any equation reads, and the memory to fit one in."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from macrotrade._typing import BoolArray, FloatArray, IntArray
from macrotrade.providers.equations.kernels.compiled import compiled

__all__ = ["LONE_SINE", "SINE_SINE", "VARIABLE_SINE", "VECTOR", "Problem", "Space", "make_space", "padded"]

VECTOR = 8
VARIABLE_SINE = 2
SINE_SINE = 3
LONE_SINE = 4


class Problem(NamedTuple):
    """Everything that fitting any of the equations reads.

    Parameters
    ----------
    n : observations; every row beyond is zero.
    target : (width,).
    linear : (n_linear, width) values of the linear terms, uncentred.
    inner : (n_variables, width) variables less their centres, as they stand inside a sine.
    outer : (n_variables + 1, width) variables as they stand before a sine, then ones.
    lower, upper : (n_variables,) bounds of a frequency.
    caps : (n_variables + 1,) largest amplitude of a sine term by the row of ``outer`` before it.
    kinds, firsts, seconds : (n_terms,) kind of each term by its code, and the rows of its variables.
    """

    n: int
    target: FloatArray
    linear: FloatArray
    inner: FloatArray
    outer: FloatArray
    lower: FloatArray
    upper: FloatArray
    caps: FloatArray
    kinds: IntArray
    firsts: IntArray
    seconds: IntArray


class Space(NamedTuple):
    """Memory in which one equation is fitted at a time.

    Parameters
    ----------
    basis : (k, width) orthonormal columns, zero where a column was dropped.
    upper : (k, k) R of columns = basis R.
    projected, coefficients, ridge, best : (k,) products of the basis with the target; of the columns; see `capping`;
        coefficients at the best point so far.
    base_residuals, residuals : (width,) of the target on the constant and linear terms, and on all columns.
    columns : (2 max_terms, width) sine and cosine columns as they are.
    factors : (3 max_terms, width) of a product's sine term: sine and cosine of the second factor, slope of the first.
    slopes : (3 max_terms, width) derivatives of the fitted values by the constants inside the sines.
    turned : (3 max_terms, k) products of the slopes with the basis.
    hessian, damped : (3 max_terms, 3 max_terms).
    gradient, step, point, trial, lows, highs : (3 max_terms,) the constants inside the sines, one after another, where
        they are and are tried, and their bounds.
    held : (3 max_terms,) at a bound that the next step would cross.
    system, solved : (k, k) and (k, 3 max_terms).
    limits : (max_terms,) cap of the amplitude of each sine term.
    plan : (max_terms, 5) of each sine term: its place in the structure, first of its constants in ``point``, row of
        ``inner`` in the (second) sine, and in the first sine or -1, row of ``outer`` before it.
    """

    basis: FloatArray
    upper: FloatArray
    projected: FloatArray
    coefficients: FloatArray
    ridge: FloatArray
    best: FloatArray
    base_residuals: FloatArray
    residuals: FloatArray
    columns: FloatArray
    factors: FloatArray
    slopes: FloatArray
    turned: FloatArray
    hessian: FloatArray
    damped: FloatArray
    gradient: FloatArray
    step: FloatArray
    point: FloatArray
    trial: FloatArray
    lows: FloatArray
    highs: FloatArray
    held: BoolArray
    system: FloatArray
    solved: FloatArray
    limits: FloatArray
    plan: IntArray


@compiled
def padded(n: int) -> int:
    """``n`` rounded up to whole vectors."""
    return (n + VECTOR - 1) // VECTOR * VECTOR


@compiled
def make_space(max_terms: int, width: int) -> Space:
    """Memory for equations of up to ``max_terms`` terms."""
    k = 1 + 2 * max_terms
    m = 3 * max_terms
    return Space(
        basis=np.zeros((k, width)),
        upper=np.zeros((k, k)),
        projected=np.zeros(k),
        coefficients=np.zeros(k),
        ridge=np.zeros(k),
        best=np.zeros(k),
        base_residuals=np.zeros(width),
        residuals=np.zeros(width),
        columns=np.zeros((2 * max_terms, width)),
        factors=np.zeros((3 * max_terms, width)),
        slopes=np.zeros((m, width)),
        turned=np.zeros((m, k)),
        hessian=np.zeros((m, m)),
        damped=np.zeros((m, m)),
        gradient=np.zeros(m),
        step=np.zeros(m),
        point=np.zeros(m),
        trial=np.zeros(m),
        lows=np.zeros(m),
        highs=np.zeros(m),
        held=np.zeros(m, np.bool_),
        system=np.zeros((k, k)),
        solved=np.zeros((k, m)),
        limits=np.zeros(max_terms),
        plan=np.zeros((max_terms, 5), np.int64),
    )

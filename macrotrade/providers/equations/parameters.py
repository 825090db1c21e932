"""The constants of an equation as a reader writes them, from what the kernels keep, and back.

The parameters of a structure stand in this order: the constant; the coefficient of each linear term; and for each sine
term, in the structure's order, c, a, b of c V sin(a W + b) and of c sin(a V + b), and c, a, b, d, e of
c sin(a V + b) sin(d W + e). Variables are as they come, not centred; c is not negative and phases lie in [-pi, pi].
"""

from __future__ import annotations

import numpy as np

from macrotrade._typing import FloatArray, IntArray
from macrotrade.providers.equations.library import TermLibrary

__all__ = ["fitted_values", "n_parameters", "parameters_from", "thetas_from", "width_of_parameters"]


def width_of_parameters(library: TermLibrary) -> int:
    """Most parameters that an equation of the library can have."""
    return 1 + library.max_terms * max((_size(library, code) for code in range(len(library.terms))), default=0)


def n_parameters(library: TermLibrary, structures: IntArray) -> IntArray:
    """How many parameters each structure has; (n,)."""
    sizes = np.array([*(_size(library, code) for code in range(len(library.terms))), 0], dtype=np.int64)
    return np.asarray(1 + sizes[structures.reshape(-1, library.max_terms)].sum(axis=1), dtype=np.int64)


def parameters_from(
    library: TermLibrary, centres: FloatArray, structures: IntArray, thetas: FloatArray, coefficients: FloatArray
) -> FloatArray:
    """Parameters (n, `width_of_parameters`) of fitted structures, filled up with NaN.

    Parameters
    ----------
    library
        Of the structures.
    centres
        What the kernels subtract from each variable inside sines.
    structures, thetas, coefficients
        As the kernels keep them: (n, max_terms), (n, max_terms, 3) and (n, 1 + 2 max_terms).
    """
    out = np.full((len(structures), width_of_parameters(library)), np.nan)
    for row, structure in enumerate(structures):
        values, column = [coefficients[row, 0]], 1
        for place, code in enumerate(structure):
            if code < 0:
                break
            term = library.terms[code]
            if not term.is_sine:
                values.append(coefficients[row, column])
                column += 1
                continue
            p, q = coefficients[row, column : column + 2]
            column += 2
            d, a, b = thetas[row, place]
            amplitude, e = float(np.hypot(p, q)), float(np.arctan2(q, p))
            if term.kind == "sine_sine":
                b, e = b - a * centres[term.first], e - d * centres[term.second]
                values += [amplitude, a, _turned(b), d, _turned(e)]
            else:
                inner = term.second if term.kind == "variable_sine" else term.first
                values += [amplitude, d, _turned(e - d * centres[inner])]
        out[row, : len(values)] = values
    return out


def thetas_from(library: TermLibrary, centres: FloatArray, structures: IntArray, parameters: FloatArray) -> FloatArray:
    """Constants inside the sines as the kernels keep them, (n, max_terms, 3): the way back from `parameters_from`."""
    out = np.zeros((len(structures), library.max_terms, 3))
    for row, structure in enumerate(structures):
        column = 1
        for place, code in enumerate(structure):
            if code < 0:
                break
            term = library.terms[code]
            if term.kind == "sine_sine":
                a, b, d = parameters[row, column + 1 : column + 4]
                out[row, place] = d, a, _turned(b + a * centres[term.first])
            elif term.is_sine:
                out[row, place, 0] = parameters[row, column + 1]
            column += _size(library, code)
    return out


def fitted_values(library: TermLibrary, values: FloatArray, structure: IntArray, parameters: FloatArray) -> FloatArray:
    """What an equation says at each row of ``values`` (n, n_variables); (n,)."""
    out = np.full(len(values), parameters[0])
    column = 1
    for code in structure[structure >= 0]:
        term = library.terms[code]
        size = _size(library, int(code))
        constants = parameters[column : column + size]
        first, second = values[:, term.first], values[:, term.second]
        if term.kind == "variable":
            out += constants[0] * first
        elif term.kind == "product":
            out += constants[0] * first * second
        elif term.kind == "variable_sine":
            out += constants[0] * first * np.sin(constants[1] * second + constants[2])
        elif term.kind == "sine":
            out += constants[0] * np.sin(constants[1] * first + constants[2])
        else:
            slow = np.sin(constants[1] * first + constants[2])
            out += constants[0] * slow * np.sin(constants[3] * second + constants[4])
        column += size
    return out


def _size(library: TermLibrary, code: int) -> int:
    """Parameters of one term."""
    term = library.terms[code]
    if not term.is_sine:
        return 1
    return 5 if term.kind == "sine_sine" else 3


def _turned(angle: float) -> float:
    """The same angle within pi of zero."""
    return float(angle - 2.0 * np.pi * np.floor(angle / (2.0 * np.pi) + 0.5))

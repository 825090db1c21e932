"""Sine and cosine of many numbers at once, by polynomials that the compiler turns into vectors."""

from __future__ import annotations

from macrotrade._typing import FloatArray
from macrotrade.providers.equations.kernels.compiled import compiled_in_order

__all__ = ["sines_and_cosines"]

_ROUNDER = 6755399441055744.0  # 1.5 * 2^52: adding it and taking it away leaves the nearest whole number
_PER_PI = 0.3183098861837907
# pi in three parts, the first two with so few digits that their products with a small whole number are exact.
_PI_HIGH = 3.141592651605606
_PI_MIDDLE = 1.9841871479187034e-09
_PI_LOW = 1.1442377452219664e-17


@compiled_in_order
def sines_and_cosines(
    variable: FloatArray, frequency: float, phase: float, sine: FloatArray, cosine: FloatArray
) -> None:
    """Fill ``sine`` and ``cosine`` with those of frequency * variable + phase.

    With m the whole number nearest to x / pi, sin x = (-1)^m sin(x - m pi), and likewise the cosine: Taylor polynomials
    of degree 19 and 20 on [-pi/2, pi/2] (remainders 3e-16 and 2e-17), after the reduction of Cody, W. J. and Waite, W.
    (1980), Software manual for the elementary functions. Good to 1e-15 for |x| below a thousand.
    """
    for t in range(variable.shape[0]):
        x = frequency * variable[t] + phase
        m = (x * _PER_PI + _ROUNDER) - _ROUNDER
        odd = m - 2.0 * ((m * 0.5 + _ROUNDER) - _ROUNDER)
        sign = 1.0 - 2.0 * odd * odd
        r = ((x - m * _PI_HIGH) - m * _PI_MIDDLE) - m * _PI_LOW
        r2 = r * r
        s = -8.2206352466243295e-18
        s = s * r2 + 2.8114572543455206e-15
        s = s * r2 - 7.6471637318198164e-13
        s = s * r2 + 1.6059043836821613e-10
        s = s * r2 - 2.5052108385441720e-08
        s = s * r2 + 2.7557319223985893e-06
        s = s * r2 - 1.9841269841269841e-04
        s = s * r2 + 8.3333333333333332e-03
        s = s * r2 - 1.6666666666666666e-01
        c = 4.1103176233121648e-19
        c = c * r2 - 1.5619206968586225e-16
        c = c * r2 + 4.7794773323873853e-14
        c = c * r2 - 1.1470745597729725e-11
        c = c * r2 + 2.0876756987868100e-09
        c = c * r2 - 2.7557319223985888e-07
        c = c * r2 + 2.4801587301587302e-05
        c = c * r2 - 1.3888888888888889e-03
        c = c * r2 + 4.1666666666666664e-02
        c = c * r2 - 0.5
        sine[t] = sign * (r + r * r2 * s)
        cosine[t] = sign * (1.0 + r2 * c)

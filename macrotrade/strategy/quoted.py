"""Forecasts as a trader reads them: a change of a yield in basis points, of a price in per cent."""

from __future__ import annotations

import math

__all__ = ["amount_in_words", "quoted", "unit_of"]

_MINUS = "−"


def quoted(driver: str, point: float, low: float, high: float, measure: str) -> str:
    """A forecast with its interval.

    >>> quoted("DGS10", -0.1, -0.45, 0.25, "change")
    'DGS10 −10.0 (−45.0 to +25.0) bp'

    Parameters
    ----------
    driver
        Series.
    point, low, high
        In the measure.
    measure
        ``change`` in percentage points, ``log_change``, or ``level``.
    """
    middle, least, most = (amount_in_words(value, measure) for value in (point, low, high))
    return f"{driver} {middle} ({least} to {most}){unit_of(measure)}"


def amount_in_words(value: float, measure: str) -> str:
    """A number of a measure, signed; a level as it is."""
    if measure == "level":
        return f"{value:,.2f}".replace("-", _MINUS)
    text = f"{100.0 * (math.expm1(value) if 'log' in measure else value):+,.1f}"
    return text.replace("-", _MINUS) if text[1:] != "0.0" else "0.0"


def unit_of(measure: str) -> str:
    """Unit behind the number, with the space before it; none of a level.

    >>> unit_of("change"), unit_of("log_change"), unit_of("level")
    (' bp', ' %', '')
    """
    if "log" in measure:
        return " %"
    return "" if measure == "level" else " bp"

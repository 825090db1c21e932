"""The form in which a series is modelled: in levels or differences, of itself or of its logarithm."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

import numpy as np

from macrotrade._typing import FloatArray, Measure
from macrotrade.errors import SettingsError, near_misses
from macrotrade.inputs.known import KnownSeries
from macrotrade.panel.panel import SeriesInfo

__all__ = ["Conversion", "Form", "automatic_form", "check_conversion", "form_of", "form_of_measure", "recent_z"]

Conversion: TypeAlias = Literal[
    "auto", "level", "difference", "second_difference", "log", "log_difference", "second_log_difference"
]
"""``auto``: by the FRED-MD code of the series if it has one; else log differences for prices and differences."""


@dataclass(frozen=True)
class Form:
    """The d-th difference of z, where z is the series or its logarithm.

    Attributes
    ----------
    log
        Whether z is the logarithm.
    order
        d, from 0 to 2.
    """

    log: bool
    order: int

    @property
    def words(self) -> str:
        """Such as ``log differences``."""
        of = ("levels", "differences", "second differences")[self.order]
        return of if not self.log else ("logs", "log differences", "second log differences")[self.order]

    def z(self, values: FloatArray) -> FloatArray:
        """Values of z, NaN staying NaN."""
        return np.log(values) if self.log else values


_FORMS: dict[str, Form] = {
    "level": Form(log=False, order=0),
    "difference": Form(log=False, order=1),
    "second_difference": Form(log=False, order=2),
    "log": Form(log=True, order=0),
    "log_difference": Form(log=True, order=1),
    "second_log_difference": Form(log=True, order=2),
}

# Code 7, the change of the growth rate, is taken in logarithms, where it becomes code 6.
_BY_CODE: dict[int, str] = {
    1: "level",
    2: "difference",
    3: "second_difference",
    4: "log",
    5: "log_difference",
    6: "second_log_difference",
    7: "second_log_difference",
}


def form_of(known: KnownSeries, conversion: Conversion) -> Form:
    """Form asked for; with ``auto``, one in logarithms gives way to one in units where a value is not positive.

    Raises
    ------
    FitError
        If logarithms were asked for by name and a value is not positive.
    """
    if conversion == "auto":
        return automatic_form(known.info, positive=bool(np.nanmin(known.values) > 0))
    form = _FORMS[conversion]
    if form.log:
        known.require_positive(f"use conversion={conversion.replace('log_', '').replace('log', 'level')!r}.")
    return form


def automatic_form(info: SeriesInfo, *, positive: bool) -> Form:
    """Form by the FRED-MD code of a series or else by its kind, without logarithms where a value is not positive."""
    if info.tcode is not None and info.tcode in _BY_CODE:
        form = _FORMS[_BY_CODE[info.tcode]]
    else:
        form = _FORMS["log_difference" if info.kind == "price" else "difference"]
    return form if positive or not form.log else Form(log=False, order=form.order)


def form_of_measure(measure: Measure) -> Form:
    """First differences, of logarithms where the measure is a change of logarithms."""
    return Form(log=measure.endswith("log_change"), order=1)


def recent_z(known: KnownSeries, form: Form, n_periods: int) -> FloatArray:
    """Last values of z, shape (n_periods,), without gaps.

    A period never published is bridged by a straight line between its neighbours, both of which are known.

    Raises
    ------
    FitError
        If the panel holds fewer, or one that has no logarithm.
    """
    if known.values.size < n_periods:
        raise known.too_short(n_periods, "the forecast")
    if form.log:
        known.require_positive("fit again, or choose a conversion without logarithms.")
    recent = known.values[-n_periods:]
    if not np.isnan(recent).any():
        return form.z(recent)
    there = np.flatnonzero(~np.isnan(known.values))
    position = np.arange(known.values.size - n_periods, known.values.size)
    return np.interp(position, there, form.z(known.values[there]))


def check_conversion(conversion: str) -> None:
    """Raise SettingsError unless `conversion` is one of :data:`Conversion`."""
    known = get_args(Conversion)
    if conversion not in known:
        raise SettingsError(f"conversion={conversion!r} is not known. {near_misses(conversion, known)}")

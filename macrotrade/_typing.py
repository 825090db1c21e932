"""Array and choice types, named once."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

FloatArray: TypeAlias = npt.NDArray[np.float64]
IntArray: TypeAlias = npt.NDArray[np.int64]
BoolArray: TypeAlias = npt.NDArray[np.bool_]
AnyArray: TypeAlias = npt.NDArray[Any]

Frequency: TypeAlias = Literal["D", "M", "Q"]
"""Daily sessions, calendar months, calendar quarters."""

Measure: TypeAlias = Literal["level", "change", "log_change", "one_period_change", "one_period_log_change"]
"""What is forecast of a series y at horizon h from origin t.

========================  =======================================
level                     y[t+h], in reported units
change                    y[t+h] - y[t]
log_change                ln y[t+h] - ln y[t], decimal
one_period_change         y[t+h] - y[t+h-1]
one_period_log_change     ln y[t+h] - ln y[t+h-1], decimal
========================  =======================================
"""

SeriesKind: TypeAlias = Literal["macro", "yield", "price"]
"""Macro numbers are released late and revised; yields (per cent a year) and prices are neither."""

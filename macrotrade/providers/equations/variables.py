"""What an equation reads: a series some periods back, or time."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd

from macrotrade._typing import FloatArray
from macrotrade.errors import SettingsError
from macrotrade.providers.equations.functions import FUNCTIONS

__all__ = ["TIME", "Variable", "quoted", "time_index"]

TIME = "t"
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_&]*")
_WRITTEN = re.compile(r'("?)([^"]+)\1\[-?(\d+)\]')
_RESERVED = frozenset({"c", "const", TIME})


@dataclass(frozen=True, order=True)
class Variable:
    """A series `lag` periods before the period explained; or time itself, named ``t``, at lag 0.

    Parameters
    ----------
    name
        Column it is read from.
    lag
        Periods back, at least 1: an equation explains a period from earlier ones. 0 for time, and for time alone.

    Examples
    --------
    >>> str(Variable("pi", 2)), str(Variable("t"))
    ('pi[-2]', 't')
    """

    name: str
    lag: int = 0

    def __post_init__(self) -> None:
        if (self.name == TIME) != (self.lag == 0) or self.lag < 0:
            raise SettingsError(
                f"{self.name}[{self.lag}] is not a variable: a series needs a lag of 1 or more, and only time, "
                f"written {TIME!r}, has lag 0."
            )

    def __str__(self) -> str:
        return self.name if self.is_time else f"{quoted(self.name)}[-{self.lag}]"

    @property
    def is_time(self) -> bool:
        """Whether this is time, the number of periods since the t-origin."""
        return self.name == TIME

    @classmethod
    def parse(cls, text: str) -> Variable:
        """Variable written as ``pi[-1]``, ``pi[1]`` or ``t``."""
        if text == TIME:
            return cls(TIME)
        written = _WRITTEN.fullmatch(text)
        if written is None:
            raise SettingsError(f"{text!r} is not a variable; write a series with its lag, such as pi[-1], or t.")
        return cls(written[2], int(written[3]))


def quoted(name: str) -> str:
    """A series as grammars and equations write it: in quotes where it would be read as something else.

    >>> quoted("S&P 500"), quoted("pi")
    ('"S&P 500"', 'pi')
    """
    return name if _PLAIN.fullmatch(name) and name not in _RESERVED and name not in FUNCTIONS else f'"{name}"'


def time_index(periods: pd.PeriodIndex, t_origin: pd.Period) -> FloatArray:
    """Periods since `t_origin`, where t = 0; negative before it.

    >>> time_index(pd.period_range("1970Q4", "1971Q2", freq="Q"), pd.Period("1971Q1"))
    array([-1.,  0.,  1.])
    """
    if periods.freqstr != t_origin.freqstr:
        raise SettingsError(f"The t-origin {t_origin} is {t_origin.freqstr}, the periods are {periods.freqstr}.")
    return np.asarray(periods.asi8 - t_origin.ordinal, dtype=np.float64)

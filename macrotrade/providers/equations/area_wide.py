"""The columns of the published euro-area exercise, from the Area Wide Model database.

Kazakov, D. and Tsenova, T. (2009), Equation discovery for macroeconomic modelling, ICAART 2009, 318-323. Its column r
is called a nominal rate there; the four rows it prints are the real rate at realised inflation, STN[t] - pi[t+1].
"""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from macrotrade.errors import DataError
from macrotrade.panel.panel import Panel
from macrotrade.providers.equations.variables import Variable

__all__ = ["FIRST", "FORBIDDEN", "LAST_OF_TRAINING", "T_ORIGIN", "area_wide_frame", "leaks"]

FIRST = pd.Period("1971Q1")
"""First quarter of the published sample."""

T_ORIGIN = FIRST
"""Where t = 0."""

LAST_OF_TRAINING = pd.Period("2005Q1")
"""Last quarter that the published equations were fitted to; they were judged on the eight that followed."""

FORBIDDEN: Mapping[str, frozenset[Variable]] = {"pi": frozenset({Variable("r", 1)})}
"""By target, the variables that give it away: r[-1] is STN[-1] less this quarter's inflation."""


def area_wide_frame(panel: Panel) -> pd.DataFrame:
    """Columns pi, y, i and r by quarter, as far as the panel knows them.

    Parameters
    ----------
    panel
        With the quarterly series HICP, YER and STN.

    Returns
    -------
    pd.DataFrame
        PeriodIndex by quarter from the first in which inflation is known. In per cent: ``pi`` and ``y`` the changes of
        the consumer price index and of real GDP over four quarters, ``i`` the short nominal rate, ``r`` the real rate
        at realised inflation, STN[t] - pi[t+1], which is not known before the next quarter's prices are out: NaN in
        the last row. NaN too where a series has not been released yet.
    """
    quarterly = panel.quarterly
    missing = [name for name in ("HICP", "YER", "STN") if name not in quarterly.columns]
    if missing:
        raise DataError(f"The euro-area columns need HICP, YER and STN; the panel lacks {', '.join(missing)}.")
    frame = pd.DataFrame(
        {"pi": _annual_growth(quarterly["HICP"]), "y": _annual_growth(quarterly["YER"]), "i": quarterly["STN"]}
    )
    frame["r"] = frame["i"] - frame["pi"].shift(-1)
    return frame.loc[frame["pi"].first_valid_index() :]


def leaks(target: str, variables: tuple[Variable, ...]) -> tuple[Variable, ...]:
    """Those of the variables that must not explain the target, because they hold its value of the same quarter."""
    return tuple(variable for variable in variables if variable in FORBIDDEN.get(target, frozenset()))


def _annual_growth(levels: pd.Series) -> pd.Series:
    """100 (x[t] / x[t-4] - 1), per cent."""
    return 100.0 * (levels / levels.shift(4) - 1.0)

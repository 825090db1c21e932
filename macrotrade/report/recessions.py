"""Recessions of the United States, to draw behind lines; dated long afterwards, so nothing is ever fitted on them."""

from __future__ import annotations

from typing import Any

import pandas as pd

from macrotrade.report.colours import GRID

__all__ = ["RECESSIONS", "recession_shapes"]

RECESSIONS: tuple[tuple[str, str], ...] = (
    ("1945-02", "1945-10"),
    ("1948-11", "1949-10"),
    ("1953-07", "1954-05"),
    ("1957-08", "1958-04"),
    ("1960-04", "1961-02"),
    ("1969-12", "1970-11"),
    ("1973-11", "1975-03"),
    ("1980-01", "1980-07"),
    ("1981-07", "1982-11"),
    ("1990-07", "1991-03"),
    ("2001-03", "2001-11"),
    ("2007-12", "2009-06"),
    ("2020-02", "2020-04"),
)
"""Months of the peak and of the trough: National Bureau of Economic Research, US Business Cycle Expansions and
Contractions, https://www.nber.org/research/data/us-business-cycle-expansions-and-contractions."""


def recession_shapes(first: pd.Timestamp, last: pd.Timestamp) -> list[dict[str, Any]]:
    """Grey bands, in plotly's terms, from the month after each peak to the end of the trough's, within the two days."""
    bands = []
    for peak, trough in RECESSIONS:
        start = max(pd.Period(peak, "M").end_time.normalize(), first)
        end = min(pd.Period(trough, "M").end_time.normalize(), last)
        if start < end:
            bands.append((start, end))
    return [
        {
            "type": "rect", "layer": "below", "line": {"width": 0}, "fillcolor": GRID,
            "xref": "x", "x0": f"{start:%Y-%m-%d}", "x1": f"{end:%Y-%m-%d}", "yref": "paper", "y0": 0, "y1": 1,
        }
        for start, end in bands
    ]  # fmt: skip

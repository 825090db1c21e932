"""The euro area's shipped data: the Area Wide Model database, quarterly.

Fagan, G., Henry, J. and Mestre, R. (2001), An area-wide model (AWM) for the euro area, ECB Working Paper 42.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

import pandas as pd

from macrotrade.panel.panel import SeriesInfo
from macrotrade.panel.vintages import History, Releases
from macrotrade.sources.embedded_tables import read_table

__all__ = ["AreaWideModel", "load_euro_area"]

AreaWideModel: TypeAlias = Literal["awm18", "awm_update"]
"""Update 18 (1970Q1-2017Q4, the last the publisher made), or its continuation by gretl (to 2026Q3)."""

_DESCRIPTIONS: dict[str, str] = {
    "YER": "Real GDP",
    "HICP": "Harmonised index of consumer prices, not seasonally adjusted",
    "YED": "GDP deflator",
    "PCD": "Private consumption deflator",
    "STN": "Short-term nominal interest rate",
    "LTN": "Long-term nominal interest rate",
    "URX": "Unemployment rate",
}
_RATES = ("STN", "LTN", "URX")
# National accounts of a quarter follow after about 65 days; rates and prices are known sooner.
_DELAY_DAYS = {"HICP": 18, "STN": 1, "LTN": 1, "URX": 35}
_OTHER_DELAY_DAYS = 65


def load_euro_area(release: AreaWideModel = "awm18") -> History:
    """Euro-area GDP, prices, deflators, interest rates and some forty more series, quarterly.

    Parameters
    ----------
    release
        Which release of the database. Levels of the two have different base years: do not join them.

    Returns
    -------
    History
        Pseudo vintages: final numbers, public 1 (rates), 18 (HICP), 35 (unemployment) or 65 days after the quarter.
        ``frequency="Q"``; no market series.
    """
    table = read_table(release).dropna(axis="columns", how="all")
    quarterly = table.set_axis(pd.PeriodIndex(table.index, freq="Q"))
    info = {str(name): _info(str(name)) for name in quarterly.columns}
    delays = {name: _delay(name) for name in info}
    return History(
        name=f"euro-area {release}",
        vintages="pseudo",
        releases={"Q": Releases.from_final("Q", quarterly, delays)},
        market=pd.DataFrame(index=pd.DatetimeIndex([])),
        series=info,
        notes=("Area Wide Model database, final numbers, each held back by its publication delay",),
    )


def _info(name: str) -> SeriesInfo:
    return SeriesInfo(
        name,
        "Q",
        "macro",
        tcode=2 if name in _RATES else None,
        units="per cent a year" if name in ("STN", "LTN") else "",
        delay_days=_delay(name),
        description=_DESCRIPTIONS.get(name, ""),
    )


def _delay(name: str) -> int:
    return _DELAY_DAYS.get(name, _OTHER_DELAY_DAYS)

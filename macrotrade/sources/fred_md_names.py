"""What the series of FRED-MD are, those of past vintages included, and how their names changed."""

from __future__ import annotations

from functools import cache

from macrotrade.panel.panel import SeriesInfo
from macrotrade.sources.embedded_tables import read_table

__all__ = ["RENAMED", "fred_md_series_info"]

RENAMED: dict[str, str] = {
    "CUUR0000SA0L2": "CUSR0000SA0L2",  # in use from vintage 2015-01 to 2017-03
    "CUUR0000SAD": "CUSR0000SAD",  # likewise
    "PPIFGS": "WPSFD49207",  # to 2016-02
    "PPIFCG": "WPSFD49502",
    "PPIITM": "WPSID61",
    "PPICRM": "WPSID62",
    "AMBSL": "BOGMBASE",  # to 2019-12: adjusted, then unadjusted monetary base
    "TWEXMMTH": "TWEXAFEGSMTHx",  # to 2020-03: major currencies, then advanced foreign economies
    "VXOCLSx": "VIXCLSx",  # to 2021-11: volatility of the S&P 100, then of the S&P 500
}
"""Former name to the name of the latest vintages, which took its place: with it a series has one name throughout.

The concept of the last three changed with the name. Within one vintage each history is of one concept, so a panel is
sound; a rule that compares the level across vintages is not.
"""

# McCracken and Ng (2016), appendix: name, tcode, group. Delays are those of the same publication elsewhere.
_PAST_OR_OWNED: tuple[tuple[str, int, str, int, str], ...] = (
    ("AAA", 2, "rates_fx", 1, "Moody's Aaa corporate bond yield"),
    ("BAA", 2, "rates_fx", 1, "Moody's Baa corporate bond yield"),
    ("AAAFFM", 1, "rates_fx", 1, "Aaa yield less federal funds rate"),
    ("BAAFFM", 1, "rates_fx", 1, "Baa yield less federal funds rate"),
    ("S&P 500", 5, "stock_market", 1, "S&P composite index, monthly average"),
    ("S&P: indust", 5, "stock_market", 1, "S&P industrials index, monthly average"),
    ("S&P div yield", 2, "stock_market", 40, "S&P composite dividend yield"),
    ("S&P PE ratio", 5, "stock_market", 40, "S&P composite price-earnings ratio"),
    ("VIXCLSx", 1, "stock_market", 1, "CBOE volatility index"),
    ("UMCSENTx", 2, "consumption_orders", 1, "University of Michigan consumer sentiment"),
    ("MZMSL", 6, "money_credit", 25, "Money of zero maturity"),
    ("NAPM", 1, "consumption_orders", 2, "ISM manufacturing: composite index"),
    ("NAPMEI", 1, "labor", 2, "ISM manufacturing: employment"),
    ("NAPMII", 1, "consumption_orders", 2, "ISM manufacturing: inventories"),
    ("NAPMNOI", 1, "consumption_orders", 2, "ISM manufacturing: new orders"),
    ("NAPMPI", 1, "output_income", 2, "ISM manufacturing: production"),
    ("NAPMPRI", 1, "prices", 2, "ISM manufacturing: prices"),
    ("NAPMSDI", 1, "consumption_orders", 2, "ISM manufacturing: supplier deliveries"),
)
_UNKNOWN_DELAY_DAYS = 45


def fred_md_series_info(name: str, tcode: int | None = None) -> SeriesInfo:
    """Tcode, group, publication delay and description of a FRED-MD series.

    A former name is described as its successor is. A name of no known vintage keeps the `tcode` given, no group, and
    a delay of 45 days.
    """
    known = _known()
    found = known.get(name) or known.get(RENAMED.get(name, ""))
    if found is None:
        return SeriesInfo(name, tcode=tcode, delay_days=_UNKNOWN_DELAY_DAYS)
    return SeriesInfo(
        name=name,
        tcode=tcode if tcode is not None else found.tcode,
        group=found.group,
        units=found.units,
        delay_days=found.delay_days,
        description=found.description,
    )


@cache
def _known() -> dict[str, SeriesInfo]:
    shipped = read_table("fred_md_series").to_dict("index")
    listed = {
        str(name): SeriesInfo(
            name=str(name),
            tcode=int(row["tcode"]),
            group=row["group"],
            units=row["units"],
            delay_days=int(row["delay_days"]),
            description=row["description"],
        )
        for name, row in shipped.items()
    }
    added = {
        name: SeriesInfo(name, tcode=tcode, group=group, delay_days=delay, description=words)
        for name, tcode, group, delay, words in _PAST_OR_OWNED
    }
    return listed | added

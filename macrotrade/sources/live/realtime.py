"""Versions with the days on which they stood: read from FRED's rows, and joined where requests were cut."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from macrotrade.errors import SourceError
from macrotrade.sources.live.fetched import VINTAGES

__all__ = ["joined", "sorted_versions", "version_rows"]

_FOREVER = "9999-12-31"
_WANTED = ("date", "value", "realtime_start", "realtime_end")


def version_rows(rows: Sequence[Mapping[str, str]], series: str) -> pd.DataFrame:
    """Table of vintages of FRED's rows: a value of ``.`` is NaN, a version without an end stands still.

    Raises
    ------
    SourceError
        If a row lacks a column, or holds what is no date or number.
    """
    if not rows:
        raise SourceError(f"{series}: FRED gave no observation in these vintages. Try again later.")
    absent = [name for name in _WANTED if name not in rows[0]]
    if absent:
        raise SourceError(
            f"{series}: FRED's observations have the columns {sorted(rows[0])}, without {', '.join(absent)}. FRED's "
            "format may have changed; look for a newer macrotrade."
        )
    columns = {name: [row.get(name, "") for row in rows] for name in _WANTED}
    try:
        value = np.array([np.nan if text == "." else float(text) for text in columns["value"]])
        period, start, end = (_days(columns[name]) for name in ("date", "realtime_start", "realtime_end"))
    except ValueError as error:
        words = str(error)
    else:
        return sorted_versions(
            pd.DataFrame(
                {
                    "series": pd.Categorical([series] * len(rows)),
                    "period": period,
                    "value": value,
                    "realtime_start": start,
                    "realtime_end": end,
                }
            )
        )
    raise SourceError(f"{series}: FRED's observations hold what is no date or number ({words}). Try again later.")


def joined(earlier: pd.DataFrame, later: pd.DataFrame, edge: pd.Timestamp) -> pd.DataFrame:
    """Versions up to the day before `edge` and versions from `edge` on, as one request would have given them.

    A version that stood across the edge is in both tables, its days cut at the edge; it becomes one row again. What
    `earlier` says of days from `edge` on is replaced, which is how a later fetch replaces what was open before.

    Parameters
    ----------
    earlier, later
        Tables of vintages.
    edge
        First day that `later` tells of.
    """
    before = edge - pd.Timedelta(days=1)
    earlier, later = (table.astype({"series": object}) for table in (earlier, later))
    kept = earlier[earlier["realtime_start"] < edge]
    reaches = kept["realtime_end"].isna() | (kept["realtime_end"] >= before)
    keys = ["series", "period"]
    ended, cut = kept[~reaches], kept[reaches].assign(realtime_end=before)
    starting = later["realtime_start"] == edge
    continued = later[starting]
    paired = cut.merge(continued, on=keys, how="outer", suffixes=("", "_later"), indicator=True)
    same = (paired["_merge"] == "both") & (
        (paired["value"] == paired["value_later"]) | (paired["value"].isna() & paired["value_later"].isna())
    )
    whole = paired[same].drop(columns="realtime_end").rename(columns={"realtime_end_later": "realtime_end"})
    only_cut = paired[~same & (paired["_merge"] != "right_only")]
    only_later = paired[~same & (paired["_merge"] != "left_only")]
    renamed = only_later[[*keys, "value_later", "realtime_start_later", "realtime_end_later"]].set_axis(
        [*keys, "value", "realtime_start", "realtime_end"], axis=1
    )
    columns = list(VINTAGES)
    parts = [ended[columns], whole[columns], only_cut[columns], renamed[columns], later[~starting][columns]]
    # Parts without rows would take part in the choice of column types.
    return sorted_versions(pd.concat([part for part in parts if len(part)], ignore_index=True))


def sorted_versions(table: pd.DataFrame) -> pd.DataFrame:
    """The table in order of series, period and first day, with the types that every table of vintages has."""
    series = table["series"].astype(str)
    typed = pd.DataFrame(
        {
            "series": pd.Categorical(series, categories=sorted(series.unique())),
            "period": pd.DatetimeIndex(table["period"]).as_unit("ns"),
            "value": table["value"].to_numpy(np.float64),
            "realtime_start": pd.DatetimeIndex(table["realtime_start"]).as_unit("ns"),
            "realtime_end": pd.DatetimeIndex(table["realtime_end"]).as_unit("ns"),
        }
    )
    return typed.sort_values(["series", "period", "realtime_start"], ignore_index=True)


def _days(texts: Sequence[str]) -> pd.DatetimeIndex:
    """Dates of texts YYYY-MM-DD, each distinct one read once; the end of time is NaT."""
    codes, distinct = pd.factorize(np.array(texts, dtype=object))
    dates = [pd.NaT if text == _FOREVER else pd.Timestamp(pd.to_datetime(text, format="%Y-%m-%d")) for text in distinct]
    return pd.DatetimeIndex(dates)[codes]

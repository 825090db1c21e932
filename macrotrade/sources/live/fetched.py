"""What a fetch gives to whoever keeps it: one table, and where and when it came from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from macrotrade.errors import DataError

__all__ = ["QUOTES", "VINTAGES", "Fetched", "require_shape"]

VINTAGES = ("series", "period", "value", "realtime_start", "realtime_end")
"""Columns of a table of vintages, in order."""

QUOTES = ("date", "value")
"""Columns of a table of numbers that are never revised, in order."""


@dataclass(frozen=True, eq=False)
class Fetched:
    """One table as a publisher gave it: one file of a cache.

    Attributes
    ----------
    name
        Of the table: ``fred-md``, ``alfred-UNRATE``, ``fred-DGS10``, ``yahoo-SPX``; letters, digits, ``-`` and ``_``.
    frame
        Rows in one of two shapes, RangeIndex, missing dates NaT.

        Vintages (columns `VINTAGES`), one row a version of a number: `series` (category), `period` (first day of the
        month or quarter that the number describes), `value` (float64; NaN: published as missing), `realtime_start` and
        `realtime_end` (first and last day on which the version stood; NaT while it stands). Sorted by series, period,
        realtime_start.

        Quotes (columns `QUOTES`), one row a session or month: `date` (rising) and `value` (float64, never NaN).

        ``frame.attrs`` holds text that must be kept with the rows (a Parquet file written by pandas keeps it): `title`,
        `units`, `frequency` (``D``, ``M`` or ``Q``) where the publisher states them, and what a later fetch needs.
    source
        Publisher, in words.
    fetched_at
        When, UTC.
    url
        Asked of, without any secret.
    etag, last_modified
        What the server said of the file's version; sent back, an unchanged file is not sent again.
    note
        What was mended or left out on the way in, in words.

    Notes
    -----
    A fetch that finds nothing new gives the very frame it was given: ``fetched.frame is stored.frame``, with a new
    `fetched_at`. A fetch that fails raises and gives nothing.
    """

    name: str
    frame: pd.DataFrame
    source: str
    fetched_at: pd.Timestamp
    url: str
    etag: str | None = None
    last_modified: str | None = None
    note: str = ""

    def again(self, fetched_at: pd.Timestamp) -> Fetched:
        """The same table, found unchanged at a later time."""
        return replace(self, fetched_at=fetched_at)

    @property
    def last_day(self) -> pd.Timestamp:
        """Day of the newest number: last quote, or last day on which any version was released."""
        return pd.Timestamp(self.frame["date" if "date" in self.frame else "realtime_start"].max())


def require_shape(frame: pd.DataFrame, columns: Sequence[str], name: str) -> pd.DataFrame:
    """The table, refused unless it has exactly these columns, of the right types, and at least one row.

    Raises
    ------
    DataError
        Naming table and column. A table of a cache that fails here is fetched anew.
    """
    if tuple(frame.columns) != tuple(columns):
        raise DataError(
            f"table {name!r} has the columns {list(map(str, frame.columns))} where {list(columns)} are meant; "
            "it is of another version or damaged. Remove it from the cache and fetch it again."
        )
    if frame.empty:
        raise DataError(f"table {name!r} has no rows; remove it from the cache and fetch it again.")
    for column in columns:
        kind = frame[column].dtype
        right = {
            "value": kind == np.float64,
            "series": isinstance(kind, pd.CategoricalDtype),
        }.get(column, pd.api.types.is_datetime64_any_dtype(kind))
        if not right:
            raise DataError(
                f"table {name!r}: column {column!r} holds {kind}; it is of another version or damaged. Remove it from "
                "the cache and fetch it again."
            )
    return frame

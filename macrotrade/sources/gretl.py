"""Readers of gretl's two data formats: the native database and the ``.gdt`` file."""

from __future__ import annotations

import gzip
import re
import xml.etree.ElementTree as ElementTree

import numpy as np
import pandas as pd

from macrotrade.errors import DataError

__all__ = ["read_database", "read_gdt"]

_SPAN = re.compile(r"(?P<frequency>[MQA])\s+(?P<start>\S+)\s*-\s*\S+\s+n\s*=\s*(?P<count>\d+)")
_DATABASE_MISSING = -999.0


def read_database(index: bytes, values: bytes, frequency: str) -> pd.DataFrame:
    """Every series of one frequency in a gretl native database.

    The index is text: a title, then two lines a series, its name and description, then
    ``M 1959.01 - 2026.09  n = 813``. The values are little-endian 32-bit floats, end to end in
    the same order; -999 is missing.

    Parameters
    ----------
    index, values : bytes
        Content of the ``.idx`` and the ``.bin`` file.
    frequency : {"M", "Q"}
        Which series to return.

    Returns
    -------
    pandas.DataFrame
        ``(n_periods, n_series)``, indexed by period, in the publisher's units; each number is
        the shortest decimal that rounds to the stored 32-bit float (2.42, not 2.4200000763).

    Raises
    ------
    DataError
        If the counts of the index do not add up to the length of the values.
    """
    lines = [line for line in index.decode("utf-8", "replace").splitlines()[1:] if line.strip()]
    stored = np.frombuffer(values, "<f4")
    columns: dict[str, pd.Series] = {}
    offset = 0
    for heading, span in zip(lines[::2], lines[1::2], strict=True):
        match = _SPAN.match(span)
        if match is None:
            raise DataError(f"gretl database index: cannot read the span {span!r} of {heading!r}")
        count = int(match["count"])
        if match["frequency"] == frequency:
            periods = pd.period_range(_period(match["start"]), periods=count, freq=frequency)
            numbers = _shortest_decimals(stored[offset : offset + count])
            columns[heading.split(None, 1)[0]] = pd.Series(numbers, periods)
        offset += count
    if offset != stored.size:
        raise DataError(
            f"gretl database: the index counts {offset} values, the data file holds "
            f"{stored.size}; the two files are of different versions or one is truncated"
        )
    return pd.DataFrame(columns)


def read_gdt(content: bytes) -> pd.DataFrame:
    """The quarterly series of a gretl ``.gdt`` file, indexed by quarter; ``NA`` is NaN."""
    text = gzip.decompress(content) if content.startswith(b"\x1f\x8b") else content
    root = ElementTree.fromstring(re.sub(rb"<!DOCTYPE[^>]*>", b"", text))
    names = [variable.attrib["name"] for variable in root.iterfind("variables/variable")]
    rows = [
        [np.nan if word in ("NA", "-999") else float(word) for word in (row.text or "").split()]
        for row in root.iterfind("observations/obs")
    ]
    start = _period(root.attrib["startobs"])
    quarters = pd.period_range(start, periods=len(rows), freq="Q")
    return pd.DataFrame(rows, columns=names, index=quarters)


def _period(text: str) -> str:
    """``1959.01`` (month) and ``1947.1`` or ``1970:1`` (quarter) as pandas writes them."""
    year, _, part = text.replace(":", ".").partition(".")
    return f"{year}-{part}" if len(part) == 2 else f"{year}Q{part}"


def _shortest_decimals(stored: np.ndarray) -> np.ndarray:
    numbers = np.array([float(str(number)) for number in stored])
    return np.where(numbers == _DATABASE_MISSING, np.nan, numbers)

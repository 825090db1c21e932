"""How a table lies on disk: Parquet that says itself what it is, under a name made of its content."""

from __future__ import annotations

import hashlib
import io
import json
import re
from datetime import UTC, datetime
from typing import Any

import pandas as pd

from macrotrade.errors import DataError
from macrotrade.sources.cache.manifest import FORMAT, TableRecord
from macrotrade.sources.cache.secrecy import without_secrets
from macrotrade.sources.live.fetched import Fetched

__all__ = ["FOLDER", "content_of", "date_range", "file_name", "read_content", "record_of", "sha256", "utc"]

FOLDER = "tables"
"""Folder of the tables inside the cache."""

_KEY = b"macrotrade"


def content_of(table: Fetched) -> bytes:
    """Parquet of a table, what was fetched and when in its metadata, secrets left out."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    about = {
        "format": FORMAT,
        "name": table.name,
        "source": table.source,
        "url": without_secrets(table.url or ""),
        "fetched_at": utc(table.fetched_at).isoformat(),
        "etag": table.etag or "",
        "last_modified": table.last_modified or "",
        "note": without_secrets(table.note or ""),
        "attributes": dict(table.frame.attrs),
    }
    arrow = pa.Table.from_pandas(table.frame)
    arrow = arrow.replace_schema_metadata({**(arrow.schema.metadata or {}), _KEY: json.dumps(about).encode()})
    stream = io.BytesIO()
    pq.write_table(arrow, stream, compression="zstd")
    return stream.getvalue()


def read_content(content: bytes, file: str) -> Fetched:
    """The table of a file's content.

    Raises
    ------
    DataError
        If it is not a whole Parquet file, or is not one that the cache wrote in its present format.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        arrow = pq.read_table(pa.BufferReader(content))
        about: dict[str, Any] = json.loads((arrow.schema.metadata or {})[_KEY])
        if about["format"] != FORMAT:
            raise DataError(f"{file}: has format {about['format']}, not {FORMAT}; macrotrade data update fetches anew.")
        frame = arrow.to_pandas()
        frame.attrs = about["attributes"]
        return Fetched(
            name=about["name"],
            frame=frame,
            source=about["source"],
            fetched_at=pd.Timestamp(about["fetched_at"]),
            url=about["url"],
            etag=about["etag"] or None,
            last_modified=about["last_modified"] or None,
            note=about["note"],
        )
    except (OSError, ValueError, KeyError, TypeError, pa.ArrowException) as error:
        raise DataError(f"{file}: is not a table of the cache ({error}).") from error


def record_of(table: Fetched, content: bytes) -> TableRecord:
    """What the manifest says of a table with this content."""
    first, last = date_range(table.frame)
    return TableRecord(
        file=file_name(table.name, content),
        sha256=sha256(content),
        source=table.source,
        url=without_secrets(table.url or ""),
        fetched_at=utc(table.fetched_at),
        checked_at=utc(table.fetched_at),
        rows=len(table.frame),
        columns=table.frame.shape[1],
        first=first,
        last=last,
        etag=table.etag or "",
        last_modified=table.last_modified or "",
        note=without_secrets(table.note or ""),
    )


def file_name(name: str, content: bytes) -> str:
    """File name of a table with this content: readable, safe on every system, other content another name.

    >>> file_name("fred-DGS10", b"")
    'fred-DGS10-e3b0c44298fc1c14.parquet'
    """
    return f"{re.sub(r'[^A-Za-z0-9.-]+', '_', name)}-{sha256(content)[:16]}.parquet"


def sha256(content: bytes) -> str:
    """SHA-256 of bytes, hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def utc(moment: datetime) -> datetime:
    """A moment in UTC, without fractions of a second; one without a zone is taken as UTC."""
    aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    plain = pd.Timestamp(aware).to_pydatetime(warn=False)
    return plain.astimezone(UTC).replace(microsecond=0)


def date_range(frame: pd.DataFrame) -> tuple[str, str]:
    """First and last period or day of a table: of its index, or of the column that dates its rows."""
    labels = frame.index
    if not isinstance(labels, pd.DatetimeIndex | pd.PeriodIndex):
        dated = [name for name in ("period", "date") if name in frame.columns]
        if not dated:
            return "", ""
        labels = pd.Index(frame[dated[0]].dropna())
    if not len(labels):
        return "", ""
    return _label(labels.min()), _label(labels.max())


def _label(label: object) -> str:
    return f"{label:%Y-%m-%d}" if isinstance(label, datetime) else str(label)

"""The manifest of a cache: which file is which table, and where it came from."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from pathlib import Path
from types import MappingProxyType

from macrotrade.errors import DataError
from macrotrade.sources.cache.durable import Stage, nothing, write_durably

__all__ = ["FORMAT", "MANIFEST", "Manifest", "TableRecord", "read_manifest", "write_manifest"]

MANIFEST = "manifest.json"
FORMAT = 1
"""Version of the format of manifest and tables."""


@dataclass(frozen=True, slots=True)
class TableRecord:
    """What the manifest says of one table.

    Attributes
    ----------
    file
        Name of its Parquet file in the folder ``tables``.
    sha256
        Of the file.
    source, url
        Publisher or service, and the address asked, without keys.
    fetched_at
        When the content was fetched, UTC.
    checked_at
        When the source last said that this is still its content, UTC.
    rows, columns
        Size.
    first, last
        First and last period or day: ``YYYY-MM-DD``, ``YYYY-MM`` or ``YYYYQn``; empty where the table has none.
    etag, last_modified
        What the server said, to be asked next time whether anything is new.
    note
        What to know about the table.
    format
        Version of the format it was written in.
    """

    file: str
    sha256: str
    source: str
    url: str
    fetched_at: datetime
    checked_at: datetime
    rows: int
    columns: int
    first: str
    last: str
    etag: str = ""
    last_modified: str = ""
    note: str = ""
    format: int = FORMAT


@dataclass(frozen=True, slots=True)
class Manifest:
    """All tables of a cache.

    Attributes
    ----------
    tables
        Name to record, those of the present format only.
    outdated
        Names of tables that an older version of macrotrade wrote: they are not read, and are fetched anew.
    """

    tables: Mapping[str, TableRecord] = field(default_factory=dict)
    outdated: tuple[str, ...] = ()

    def with_table(self, name: str, record: TableRecord) -> Manifest:
        """The same with one table added or replaced."""
        return Manifest(
            MappingProxyType({**self.tables, name: record}), tuple(old for old in self.outdated if old != name)
        )

    def without(self, names: frozenset[str]) -> Manifest:
        """The same without these tables."""
        kept = {name: record for name, record in self.tables.items() if name not in names}
        return Manifest(MappingProxyType(kept), tuple(name for name in self.outdated if name not in names))


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a cache; an empty one where the folder or the file is not there yet.

    Raises
    ------
    DataError
        If the file cannot be read, is not a manifest, or is one of a newer version of macrotrade.
    """
    path = folder / MANIFEST
    try:
        text = path.read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return Manifest()
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}); allow reading it.") from error
    except UnicodeDecodeError as error:
        raise _broken(path, error) from error
    try:
        document = json.loads(text)
        version, entries = int(document["format"]), dict(document["tables"])
    except (ValueError, KeyError, TypeError) as error:
        raise _broken(path, error) from error
    if version > FORMAT:
        raise DataError(
            f"{path}: has format {version}, of a newer macrotrade than this (format {FORMAT}); upgrade macrotrade, or "
            "name another folder with --cache or MACROTRADE_CACHE."
        )
    present = {name: entry for name, entry in entries.items() if version == _format_of(entry, path) == FORMAT}
    records = {name: _record(entry, path) for name, entry in present.items()}
    return Manifest(MappingProxyType(records), tuple(sorted(set(entries) - set(records))))


def write_manifest(folder: Path, manifest: Manifest, at_stage: Stage = nothing) -> None:
    """Put a manifest in the place of the one before; stages as :func:`macrotrade.sources.cache.durable.write_durably`.

    Tables of an older format are left out: their files stay until they are pruned.
    """
    entries = {name: _entry(record) for name, record in sorted(manifest.tables.items())}
    text = json.dumps({"format": FORMAT, "tables": entries}, indent=1)
    write_durably(folder / MANIFEST, (text + "\n").encode(), lambda stage: at_stage(f"manifest {stage}"))


def _entry(record: TableRecord) -> dict[str, object]:
    times = {"fetched_at": record.fetched_at.isoformat(), "checked_at": record.checked_at.isoformat()}
    return {**asdict(record), **times}


def _format_of(entry: object, path: Path) -> int:
    if not isinstance(entry, dict):
        raise _broken(path, f"{entry!r} is no table")
    version = entry.get("format", 0)
    return version if isinstance(version, int) else 0


def _record(entry: dict[str, object], path: Path) -> TableRecord:
    known = {each.name for each in fields(TableRecord)}
    told: dict[str, object] = {name: value for name, value in entry.items() if name in known}
    try:
        for moment in ("fetched_at", "checked_at"):
            told[moment] = datetime.fromisoformat(str(told[moment]))
        return TableRecord(**told)  # type: ignore[arg-type]
    except (KeyError, TypeError, ValueError) as error:
        raise _broken(path, error) from error


def _broken(path: Path, why: object) -> DataError:
    return DataError(
        f"{path}: is not a whole manifest ({why}). 'macrotrade data check --repair' makes it anew from the tables that "
        "lie beside it."
    )

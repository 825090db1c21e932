"""What lies in a cache's folder and is not named by its manifest."""

from __future__ import annotations

from pathlib import Path

from macrotrade.errors import DataError
from macrotrade.sources.cache.manifest import Manifest, TableRecord
from macrotrade.sources.cache.table_file import FOLDER, file_name, read_content, record_of

__all__ = ["leftovers", "rebuilt"]


def leftovers(folder: Path, manifest: Manifest) -> tuple[Path, ...]:
    """Files that no reader opens: half-written ones of killed runs, replaced tables, tables of an older format."""
    named = {record.file for record in manifest.tables.values()}
    half_written = sorted(folder.glob(".part-*"))
    tables = sorted(path for path in (folder / FOLDER).glob("*") if path.is_file() and path.name not in named)
    return (*half_written, *tables)


def rebuilt(folder: Path) -> Manifest:
    """The manifest that the tables themselves tell: of each name the last fetched whose file is whole."""
    found: dict[str, TableRecord] = {}
    for path in sorted((folder / FOLDER).glob("*.parquet")):
        told = _told(path)
        if told is None:
            continue
        name, record = told
        if name not in found or record.fetched_at >= found[name].fetched_at:
            found[name] = record
    return Manifest(found)


def _told(path: Path) -> tuple[str, TableRecord] | None:
    try:
        content = path.read_bytes()
        table = read_content(content, str(path))
    except (OSError, DataError):
        return None
    # The name is made of the content, so a file that was changed after it was written has the wrong name.
    return (table.name, record_of(table, content)) if path.name == file_name(table.name, content) else None

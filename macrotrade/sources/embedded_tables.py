"""The embedded tables on disk: where they are, how they are read, whether they are intact."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

import pandas as pd

from macrotrade.errors import DataError

__all__ = [
    "FOLDER",
    "MANIFEST",
    "TableEntry",
    "check_embedded",
    "content_digest",
    "listed",
    "read_manifest",
    "read_table",
    "write_tables",
]

FOLDER = Path(__file__).parent / "data"
MANIFEST = "manifest.json"


@dataclass(frozen=True, slots=True)
class TableEntry:
    """What the manifest says of one table.

    Attributes
    ----------
    sha256 : str
        Digest of the Parquet file as shipped.
    content_sha256 : str
        Digest of the labels and numbers, the same whichever version of Parquet wrote them.
    rows, columns : int
    first, last : str
        First and last row label: a day ``YYYY-MM-DD``, month ``YYYY-MM``, quarter ``YYYYQn`` or
        a series name.
    packages : tuple of str
        Packages that the table was parsed from, ``name==version``.
    """

    sha256: str
    content_sha256: str
    rows: int
    columns: int
    first: str
    last: str
    packages: tuple[str, ...]


def read_table(name: str, folder: Path = FOLDER) -> pd.DataFrame:
    """One embedded table, rows labelled as text (see :class:`TableEntry`).

    Raises
    ------
    DataError
        If the file is absent or unreadable.
    """
    path = folder / f"{name}.parquet"
    try:
        return pd.read_parquet(path)
    except (OSError, ValueError) as error:
        raise DataError(
            f"embedded table {name!r}: cannot read {path} ({error}). Reinstall macrotrade, or "
            "rebuild the table with macrotrade.sources.build_embedded"
        ) from error


@cache
def read_manifest(folder: Path = FOLDER) -> dict[str, TableEntry]:
    """The manifest of a folder of tables: name to entry."""
    entries = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    return {name: TableEntry(**{**entry, "packages": tuple(entry["packages"])}) for name, entry in entries.items()}


def listed(folder: Path = FOLDER) -> pd.DataFrame:
    """The manifest as a table, a row for each embedded table: rows, columns, first and last label, packages."""
    entries = read_manifest(folder)
    table = pd.DataFrame(
        {
            name: [entry.rows, entry.columns, entry.first, entry.last, ", ".join(entry.packages)]
            for name, entry in entries.items()
        },
        index=["rows", "columns", "first", "last", "packages"],
    )
    return table.T.rename_axis("table")


def check_embedded(folder: Path = FOLDER) -> tuple[str, ...]:
    """What is wrong with the shipped tables, one sentence a problem; empty when all is well.

    A table is right when its file has the manifest's sha256, or, if another version of Parquet
    rewrote it, when its labels and numbers have.
    """
    problems = (_problem(name, entry, folder) for name, entry in read_manifest(folder).items())
    return tuple(problem for problem in problems if problem)


def write_tables(tables: dict[str, tuple[pd.DataFrame, tuple[str, ...]]], folder: Path) -> dict[str, TableEntry]:
    """Write tables and their manifest to a folder; return the manifest.

    Parameters
    ----------
    tables : dict
        Name to (table with text row labels, packages it came from).
    """
    folder.mkdir(parents=True, exist_ok=True)
    entries: dict[str, TableEntry] = {}
    for name, (table, packages) in tables.items():
        path = folder / f"{name}.parquet"
        table.to_parquet(path, compression="zstd", compression_level=19)
        entries[name] = TableEntry(
            sha256=_file_digest(path),
            content_sha256=content_digest(table),
            rows=len(table),
            columns=table.shape[1],
            first=str(table.index[0]),
            last=str(table.index[-1]),
            packages=packages,
        )
    text = json.dumps({name: asdict(entry) for name, entry in entries.items()}, indent=2)
    (folder / MANIFEST).write_text(text + "\n", encoding="utf-8")
    return entries


def content_digest(table: pd.DataFrame) -> str:
    """Digest of a table's row labels, column names and cells, whatever file holds it."""
    digest = hashlib.sha256()
    digest.update("\n".join(map(str, table.index)).encode())
    for name, column in table.items():
        digest.update(f"\n{name}\n".encode())
        if pd.api.types.is_numeric_dtype(column.dtype):
            digest.update(column.to_numpy("<f8").tobytes())
        else:
            digest.update("\n".join(map(str, column)).encode())
    return digest.hexdigest()


def _problem(name: str, entry: TableEntry, folder: Path) -> str | None:
    path = folder / f"{name}.parquet"
    remedy = "reinstall macrotrade, or rebuild it with macrotrade.sources.build_embedded"
    if not path.is_file():
        return f"{name}: {path} is absent; {remedy}"
    if _file_digest(path) == entry.sha256:
        return None
    try:
        same = content_digest(read_table(name, folder)) == entry.content_sha256
    except DataError as error:
        return f"{name}: {error}"
    return None if same else f"{name}: {path} differs from what was shipped; {remedy}"


def _file_digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()

"""A file as a table of text cells: CSV, gzipped CSV or Parquet, refused where it is something else."""

from __future__ import annotations

import gzip
import io
import zlib
from pathlib import Path

import pandas as pd

from macrotrade.errors import DataError

__all__ = ["csv_text", "read_raw_table", "text_table"]


def read_raw_table(path: str | Path) -> pd.DataFrame:
    """Every cell of a file as it was written.

    Parameters
    ----------
    path
        ``.csv``, ``.csv.gz`` or ``.parquet``.

    Returns
    -------
    pandas.DataFrame
        CSV cells are text, stripped of blanks, rows of separators only left out; Parquet columns keep their types, and
        a named or dated index becomes the first column.

    Raises
    ------
    DataError
        If the file is absent, empty, cut off, a web page, or not a table.
    """
    path = Path(path)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}); check the path.") from error
    if path.suffix == ".parquet":
        return _parquet_table(content, path)
    return text_table(content, str(path))


def text_table(content: bytes, file: str) -> pd.DataFrame:
    """The cells of CSV bytes (gzipped or not); `file` is named in errors."""
    text = csv_text(content, file)
    try:
        table = pd.read_csv(io.StringIO(text), dtype=str, keep_default_na=False, skip_blank_lines=True, index_col=False)
    except (pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise DataError(f"{file}: is not a table of comma-separated values ({error}); check the separator.") from error
    stripped = pd.DataFrame({str(name).strip(): column.str.strip() for name, column in table.items()})
    blank = (stripped == "").all(axis=1)
    return stripped[~blank].reset_index(drop=True)


def csv_text(content: bytes, file: str) -> str:
    """Text of CSV bytes (gzipped or not), refused where it is empty, a web page or cut off.

    The encoding is UTF-8, or cp1252 where that fails.
    """
    text = _decoded(_unzipped(content, file)).lstrip("\ufeff")
    head = text[:500].lstrip().lower()
    if not head:
        raise DataError(f"{file}: the file is empty; download it again.")
    if head.startswith(("<!doctype", "<html", "<?xml", "<head", "<body")):
        raise DataError(
            f"{file}: holds a web page (it starts {head[:40]!r}), where CSV was expected; the server answered with "
            "an error or a consent page. Open the address in a browser and save the data file itself."
        )
    _require_whole_lines(text, file)
    return text


def _parquet_table(content: bytes, path: Path) -> pd.DataFrame:
    try:
        table = pd.read_parquet(io.BytesIO(content))
    except (OSError, ValueError) as error:
        raise DataError(
            f"{path}: is not a whole Parquet file ({len(content)} bytes; {error}); the download was cut off or is "
            "something else. Download it again."
        ) from error
    return table if isinstance(table.index, pd.RangeIndex) else table.reset_index()


def _unzipped(content: bytes, file: str) -> bytes:
    if not content.startswith(b"\x1f\x8b"):
        return content
    try:
        return gzip.decompress(content)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise DataError(
            f"{file}: the gzip file ends too early or is damaged ({error}); the download was cut off. "
            "Download it again."
        ) from error


def _decoded(content: bytes) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")


def _require_whole_lines(text: str, file: str) -> None:
    """Refuse a last line that is short of cells or does not end: the mark of a download that was cut off."""
    lines = [line for line in text.splitlines() if line.strip()]
    header, last = lines[0], lines[-1]
    if len(lines) > 1 and '"' not in last and last.count(",") < header.count(","):
        raise DataError(
            f"{file}: the last line {last[:60]!r} has {last.count(',') + 1} cells, the header {header.count(',') + 1}; "
            "the download was cut off. Download it again."
        )
    if not text.endswith(("\n", "\r")):
        raise DataError(
            f"{file}: the last line {last[:60]!r} does not end; the download may have been cut off within it. Download "
            "it again, or, if the file is whole, end it with a new line."
        )

"""The whole ledger in another form, for those who check or study it elsewhere."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd

from macrotrade._files import atomically
from macrotrade.errors import SettingsError, near_misses
from macrotrade.ledger.ledger import Ledger

__all__ = ["FORMATS", "export", "plain_rows"]

FORMATS = (".csv", ".jsonl", ".parquet")
"""Endings of files that can be written."""


def export(out: str | Path, path: str | Path | None = None) -> int:
    """Write every row to a file, whole or not at all; gives how many there are.

    The form follows the ending: CSV, JSON lines or Parquet. Each row has all columns of the ledger, and the texts of
    its settings and environment, so that the chain can be checked from the file alone (numbers read back to the same
    bits). Moments are in UTC, days plain; reasons and data_until are JSON, texts in a CSV or a Parquet file.

    Parameters
    ----------
    out
        File to write.
    path
        File of the ledger; see :func:`macrotrade.ledger.place.ledger_path` for the default.
    """
    file = Path(out)
    if file.suffix not in FORMATS:
        raise SettingsError(
            f"{file} ends in {file.suffix or 'nothing'!r}; its ending says the form, {', '.join(FORMATS)}. "
            f"{near_misses(file.suffix, FORMATS)}"
        )
    with Ledger.read(path) as ledger:
        rows = ledger.frame()
        settings, environments = ledger.texts("settings"), ledger.texts("environments")
    texts = {"settings_text": rows["settings"].map(settings), "environment_text": rows["environment"].map(environments)}
    rows = rows.assign(**texts)
    with atomically(file) as temporary:
        _WRITERS[file.suffix](rows, temporary)
    return len(rows)


def plain_rows(rows: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as JSON has them: moments and days as text, missing numbers None, reasons and settings parsed."""
    parsed = {"reasons", "data_until", "settings_text", "environment_text"}
    return [
        {
            str(name): json.loads(value) if name in parsed else None if pd.isna(value) else value
            for name, value in row.items()
        }
        for row in _plain(rows).astype(object).to_dict("records")
    ]


def _plain(rows: pd.DataFrame) -> pd.DataFrame:
    """Moments, days and lists as text."""
    return rows.assign(
        written=rows["written"].dt.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        as_of=rows["as_of"].dt.strftime("%Y-%m-%d"),
        reasons=[json.dumps(list(reasons)) for reasons in rows["reasons"]],
        data_until=[json.dumps(until, sort_keys=True) for until in rows["data_until"]],
    )


def _csv(rows: pd.DataFrame, file: Path) -> None:
    _plain(rows).to_csv(file, index=False, lineterminator="\n")


def _json_lines(rows: pd.DataFrame, file: Path) -> None:
    with file.open("w", encoding="utf-8", newline="\n") as lines:
        lines.writelines(json.dumps(row, allow_nan=False) + "\n" for row in plain_rows(rows))


def _parquet(rows: pd.DataFrame, file: Path) -> None:
    _plain(rows).assign(written=rows["written"], as_of=rows["as_of"]).to_parquet(file, index=False)


_WRITERS = {".csv": _csv, ".jsonl": _json_lines, ".parquet": _parquet}

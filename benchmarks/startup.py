"""Starting, loading the archive of FRED-MD vintages, and cutting a panel from it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks._table import Row, seconds
from macrotrade.sources.fred_md import load_fred_md

SHARED = Path(os.environ.get("MACROTRADE_SHARED_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))
ARCHIVE = SHARED / "fredmd" / "fredmd_all_vintages_1999-08_2026-03.parquet"


def rows() -> list[Row]:
    """Start of the interpreter, the package and the command; load and cut of the archive where it is at hand."""
    started = _starts()
    if not ARCHIVE.exists():
        print(f"{ARCHIVE} is absent: the archive is not timed; set MACROTRADE_SHARED_DATA.")
        return started
    return [*started, *_archive()]


def _starts() -> list[Row]:
    package = seconds(_process("-c", "import macrotrade"))
    help_text = seconds(_process("-m", "macrotrade", "--help"))
    vectorbt = seconds(_process("-c", "import vectorbt"), repeats=2)
    bare = seconds(_process("-c", "pass"))
    note = f"a whole process, the interpreter's own start of {bare:.3f} s included; warm disk"
    return [
        Row("import macrotrade", "import vectorbt", vectorbt, package, _target(package, 0.15), "", note),
        Row("macrotrade --help", "import vectorbt", vectorbt, help_text, _target(help_text, 0.3), "", note),
    ]


def _process(*arguments: str) -> Callable[[], object]:
    return lambda: subprocess.run([sys.executable, *arguments], check=True, capture_output=True)


def _archive() -> list[Row]:
    table = pd.read_parquet(ARCHIVE)
    history = load_fred_md(ARCHIVE)
    n_vintages = pd.period_range(table["first_vintage"].min(), table["last_vintage"].max(), freq="M").size
    origins = pd.date_range(table["first_vintage"].min(), table["last_vintage"].max(), freq="MS") + pd.offsets.MonthEnd(
        0
    )
    ours, plain = history.as_of(origins[100]).monthly, _filtered(table, origins[100])
    np.testing.assert_array_equal(ours[plain.columns].to_numpy()[-len(plain) :], plain.to_numpy())
    load = seconds(lambda: load_fred_md(ARCHIVE))
    cut = seconds(lambda: [history.as_of(day) for day in origins]) / len(origins)
    filtered = seconds(lambda: [_filtered(table, day) for day in origins[::40]], repeats=2) / len(origins[::40])
    archive = f"the archive of {n_vintages} vintages"
    return [
        Row(
            f"load {archive}", "", None, load, _target(load, 1.0), "", "Parquet of intervals, read, checked and indexed"
        ),
        Row(
            f"as_of on {archive}",
            "pandas: filter the intervals and pivot",
            filtered,
            cut,
            _target(cut, 0.005),
            "every number",
            f"mean of {len(origins)} month ends",
        ),
    ]


def _filtered(table: pd.DataFrame, day: pd.Timestamp) -> pd.DataFrame:
    """One vintage as a user would cut it from the table of intervals."""
    vintage = f"{day:%Y-%m}"
    standing = table[(table["first_vintage"] <= vintage) & (table["last_vintage"] >= vintage)]
    return standing.pivot(index="date", columns="series", values="value")  # noqa: PD010  (one value a cell, no mean)


def _target(measured: float, limit: float) -> str:
    return f"under {limit:g} s: {'reached' if measured < limit else 'MISSED'}"

"""FRED-MD with its vintages: one file, a folder or zip archive of files, or the interval table.

McCracken, M. W. and Ng, S. (2016), FRED-MD: A Monthly Database for Macroeconomic Research, Journal of Business &
Economic Statistics 34(4), 574-589. The Federal Reserve Bank of St. Louis posts a vintage each month; the vintage of
month m shows numbers to month m - 1 and is taken as public on the last day of m.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from macrotrade.errors import DataError
from macrotrade.panel.panel import SeriesInfo
from macrotrade.panel.vintages import NEVER, History, Releases, days
from macrotrade.sources.checks import as_dates, as_numbers, require_columns, require_every_period, require_past
from macrotrade.sources.fred_md_names import fred_md_series_info
from macrotrade.sources.raw_table import csv_text

__all__ = ["FredMdVintage", "load_fred_md", "read_vintage"]

# 2019-10, 2025-04-MD, 2026-rev-08-md, FRED-MD_2024m03
_FILE_NAMES = (
    re.compile(r"^(\d{4})-(?:rev-)?(\d{2})(?:-md)?$", re.IGNORECASE),
    re.compile(r"^FRED-MD_(\d{4})m(\d{2})$", re.IGNORECASE),
)


def load_fred_md(
    path: str | Path,
    *,
    rename: Mapping[str, str] | None = None,
    market: pd.DataFrame | None = None,
    market_info: Mapping[str, SeriesInfo] | None = None,
    today: pd.Timestamp | None = None,
) -> History:
    """FRED-MD as it was known: each vintage public on the last day of its month.

    Parameters
    ----------
    path
        A vintage file (``.csv``, ``.csv.gz``), a folder or ``.zip`` of them in any of the publisher's three file-name
        styles, or the interval table: ``.parquet`` with columns series, date, first_vintage, last_vintage (both
        included, YYYY-MM) and value.
    rename
        Former name to present name. :data:`macrotrade.sources.fred_md_names.RENAMED` gives a series one name through
        all vintages; by default each vintage keeps the names it was published with, so a renamed series ends and
        another begins.
    market, market_info
        Daily yields and prices that join the panel, and what each is.
    today
        Vintages later than it are refused; the clock's day by default.

    Returns
    -------
    History
        With true vintages. A single file holds one vintage only: its values are then public with their publication
        delay, and the history says pseudo.

    Raises
    ------
    DataError
        Where a file is not FRED-MD, is cut off, has a bad cell, or two files are of one vintage.
    """
    path = Path(path)
    if path.suffix == ".parquet":
        vintages: list[FredMdVintage] = []
        releases, note = _interval_table(path)
    else:
        vintages = [read_vintage(content, file, today=today) for file, content in _vintage_files(path)]
        vintages.sort(key=lambda vintage: vintage.month)
        _require_one_file_each(vintages, path)
        releases, note = _from_vintages(vintages)
    tcodes = {name: code for vintage in vintages for name, code in vintage.tcodes.items()}
    former = {name: new for name, new in (rename or {}).items() if name in releases.names}
    renamed = _renamed(releases, former)
    series = {name: fred_md_series_info(name, tcodes.get(name)) for name in renamed.names}
    renames = tuple(f"{old} is called {new}" for old, new in former.items())
    return History(
        name="fred-md",
        vintages="pseudo" if len(vintages) == 1 else "true",
        releases={"M": renamed},
        market=market if market is not None else pd.DataFrame(index=pd.DatetimeIndex([])),
        series={**series, **(market_info or {})},
        notes=(note, *renames),
    )


@dataclass(frozen=True, eq=False)
class FredMdVintage:
    """One FRED-MD file.

    Attributes
    ----------
    month
        Vintage month, one after the last month with numbers.
    numbers
        Months x series, reported units, NaN where blank.
    tcodes
        Transformation code of each series.
    file
        Where it came from.
    """

    month: pd.Period
    numbers: pd.DataFrame
    tcodes: Mapping[str, int]
    file: str


def read_vintage(content: bytes, file: str, *, today: pd.Timestamp | None = None) -> FredMdVintage:
    """Content of one FRED-MD file (gzipped or not); `file` is its name, which may say the vintage.

    Row 1 is the header, row 2 (``Transform:``) the codes; dates are month/day/year; rows without a date at the end
    are left out, numbers may be padded with blanks.

    Raises
    ------
    DataError
        Where the content is not FRED-MD, or ends in another month than the file's name says.
    """
    text = csv_text(content, file)
    header, codes, *_ = [*text.splitlines()[:2], ""]
    if not header.lower().startswith("sasdate") or not codes.lower().startswith("transform"):
        raise DataError(
            f"{file}: does not start with the rows 'sasdate' and 'Transform:' of a FRED-MD file but with "
            f"{header[:40]!r}; for another macro panel use macrotrade.sources.macro_file."
        )
    body = pd.read_csv(io.StringIO(text), skiprows=[1], skipinitialspace=True)
    body = body.rename(columns=lambda name: str(name).strip()).dropna(subset=["sasdate"])
    dates = as_dates(body["sasdate"].reset_index(drop=True), file, "%m/%d/%Y")
    require_past(dates, file, today)
    periods = require_every_period(dates, "M", file)
    names = [str(name) for name in body.columns[1:] if not str(name).startswith("Unnamed")]
    numbers = pd.DataFrame({name: as_numbers(body[name], periods, file) for name in names})
    cells = [cell.strip() for cell in codes.split(",")[1:]]
    tcodes = {name: int(float(code)) for name, code in zip(names, cells, strict=False) if code}
    return FredMdVintage(_vintage_month(file, periods[-1]), numbers, tcodes, file)


def _vintage_files(path: Path) -> Iterator[tuple[str, bytes]]:
    """Name and content of every vintage file at a path."""
    found = False
    if path.is_dir():
        for member in sorted(path.iterdir()):
            if member.name.endswith((".csv", ".csv.gz")) and _named_month(member.name):
                found = True
                yield str(member), member.read_bytes()
    elif path.suffix == ".zip":
        for name, content in _zip_members(path):
            found = True
            yield f"{path}/{name}", content
    else:
        found = True
        try:
            yield str(path), path.read_bytes()
        except OSError as error:
            raise DataError(f"{path}: cannot be read ({error.strerror}); check the path.") from error
    if not found:
        raise DataError(
            f"{path}: holds no FRED-MD vintage; files are named YYYY-MM.csv, FRED-MD_YYYYmMM.csv or YYYY-MM-MD.csv."
        )


def _zip_members(path: Path) -> Iterator[tuple[str, bytes]]:
    try:
        with zipfile.ZipFile(path) as archive:
            for name in sorted(archive.namelist()):
                if name.endswith(".csv") and _named_month(name) and "__MACOSX" not in name:
                    yield name, archive.read(name)
    except (zipfile.BadZipFile, OSError) as error:
        raise DataError(f"{path}: is not a whole zip archive ({error}); download it again.") from error


def _named_month(file: str) -> pd.Period | None:
    """Vintage month that a file name says, if it does."""
    stem = Path(file).name.removesuffix(".gz").removesuffix(".csv")
    for form in _FILE_NAMES:
        match = form.match(stem)
        if match:
            return pd.Period(f"{match[1]}-{match[2]}", freq="M")
    return None


def _vintage_month(file: str, last: pd.Period) -> pd.Period:
    """Month after the last one with numbers, which must be the one that the name says."""
    named = _named_month(file)
    if named is not None and named != last + 1:
        raise DataError(
            f"{file}: is named as the vintage of {named} but its last row is {last}, as in that of {last + 1}; "
            "a cut-off or renamed file. Download it again or correct its name."
        )
    return last + 1


def _require_one_file_each(vintages: Sequence[FredMdVintage], path: Path) -> None:
    for one, other in pairwise(vintages):
        if one.month == other.month:
            raise DataError(f"{path}: {one.file} and {other.file} are both the vintage of {one.month}; keep one.")


def _from_vintages(vintages: Sequence[FredMdVintage]) -> tuple[Releases, str]:
    """Releases, and what to know about them."""
    if len(vintages) == 1:
        values = vintages[0].numbers
        delays = {name: fred_md_series_info(name).delay_days or 0 for name in values.columns}
        note = f"one vintage ({vintages[0].month}): final numbers, each held back by its publication delay"
        return Releases.from_final("M", values, delays), note
    span = pd.period_range(vintages[0].month, vintages[-1].month, freq="M")
    absent = span.difference(pd.PeriodIndex([vintage.month for vintage in vintages]))
    note = f"{len(vintages)} vintages {span[0]} to {span[-1]}"
    gaps = f"; {absent.size} months have none, the vintage before stands (first: {absent[0]})" if absent.size else ""
    return _intervals(vintages), note + gaps


def _intervals(vintages: Sequence[FredMdVintage]) -> Releases:
    """Each number with the vintage that brought it and the one that changed or withdrew it."""
    names = tuple(dict.fromkeys(name for vintage in vintages for name in vintage.numbers.columns))
    first = min(vintage.numbers.index[0] for vintage in vintages)
    periods = pd.period_range(first, vintages[-1].numbers.index[-1], freq="M")
    standing = np.full((len(periods), len(names)), np.nan)
    since = np.zeros(standing.shape, dtype=np.int32)
    pieces: list[
        tuple[npt.NDArray[np.intp], npt.NDArray[np.intp], npt.NDArray[np.int32], int, npt.NDArray[np.float64]]
    ] = []

    def close(cells: npt.NDArray[np.bool_], day: int) -> None:
        rows, columns = np.nonzero(cells & ~np.isnan(standing))
        pieces.append((rows, columns, since[rows, columns], day, standing[rows, columns]))

    for vintage in vintages:
        day = _public_day(vintage.month)
        arrived = vintage.numbers.reindex(index=periods, columns=list(names)).to_numpy(np.float64)
        changed = ~((arrived == standing) | (np.isnan(arrived) & np.isnan(standing)))
        close(changed, day)
        standing[changed] = arrived[changed]
        since[changed] = day
    close(np.ones(standing.shape, dtype=bool), NEVER)
    return Releases(
        "M",
        names,
        np.concatenate([columns for _, columns, _, _, _ in pieces]).astype(np.int16),
        (np.concatenate([rows for rows, *_ in pieces]) + periods[0].ordinal).astype(np.int32),
        np.concatenate([opened for _, _, opened, _, _ in pieces]),
        np.concatenate([np.full(rows.size, day, dtype=np.int32) for rows, _, _, day, _ in pieces]),
        np.concatenate([values for *_, values in pieces]),
    )


def _interval_table(path: Path) -> tuple[Releases, str]:
    """Releases of the Parquet interval table, and its span; each distinct text is decoded once."""
    columns = ["series", "date", "first_vintage", "last_vintage", "value"]
    try:
        table = pd.read_parquet(path)
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: is not a whole Parquet file ({error}); download it again.") from error
    require_columns(table, columns, str(path))
    codes = {name: pd.factorize(table[name], sort=True) for name in columns[:4]}
    series, names = codes["series"]
    released, first_vintages = codes["first_vintage"]
    ended, last_vintages = codes["last_vintage"]
    dates, months = codes["date"]
    opened = np.array([_public_day(pd.Period(month, "M")) for month in first_vintages], dtype=np.int32)
    newest = max(map(str, last_vintages))
    closed = [NEVER if month == newest else _public_day(pd.Period(month, "M") + 1) for month in last_vintages]
    releases = Releases(
        "M",
        tuple(map(str, names)),
        series.astype(np.int16),
        pd.PeriodIndex(months.str[:7], freq="M").asi8.astype(np.int32)[dates],
        opened[released],
        np.array(closed, dtype=np.int32)[ended],
        as_numbers(table["value"], table.index, str(path)).to_numpy(np.float64),
    )
    # A blank cell of a vintage stands in the table as a row without a value: it is no release.
    return releases.subset(~np.isnan(releases.value)), f"vintages {first_vintages[0]} to {newest}"


def _renamed(releases: Releases, former: Mapping[str, str]) -> Releases:
    """The same numbers under other names; former and present name share a column."""
    if not former:
        return releases
    present = [former.get(name, name) for name in releases.names]
    names = tuple(dict.fromkeys(present))
    place = np.array([names.index(name) for name in present], dtype=np.int16)
    joined = replace(releases, names=names, series=place[releases.series])
    for name in set(former.values()):
        rows = joined.series == names.index(name)
        order = np.lexsort((joined.released[rows], joined.period[rows]))
        period, opened, closed = (part[rows][order] for part in (joined.period, joined.released, joined.superseded))
        clash = np.flatnonzero((period[1:] == period[:-1]) & (opened[1:] < closed[:-1]))
        if clash.size:
            month = pd.Period(ordinal=int(period[clash[0]]), freq="M")
            olds = ", ".join(old for old, new in former.items() if new == name)
            raise DataError(f"rename: {olds} and {name} stand in one vintage (for {month}); they are two series.")
    return joined


def _public_day(vintage: pd.Period) -> int:
    return int(days([vintage.end_time.normalize()])[0])

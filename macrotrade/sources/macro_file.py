"""A macro panel from a file of one's own, for any country: final numbers, held back by their delay."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pandas as pd

from macrotrade._typing import Frequency
from macrotrade.errors import DataError, near_misses
from macrotrade.panel.panel import SeriesInfo
from macrotrade.panel.vintages import History, Releases
from macrotrade.sources.checks import (
    as_dates,
    as_numbers,
    require_columns,
    require_every_period,
    require_past,
    require_rising_dates,
    require_variation,
)
from macrotrade.sources.raw_table import read_raw_table

__all__ = ["MacroNotes", "load_macro_file"]

_DEFAULT_DELAY_DAYS: dict[Frequency, int] = {"M": 45, "Q": 90}


def load_macro_file(
    path: str | Path,
    notes: MacroNotes | None = None,
    *,
    market: pd.DataFrame | None = None,
    market_info: Mapping[str, SeriesInfo] | None = None,
    date_format: str | None = None,
    today: pd.Timestamp | None = None,
) -> History:
    """A panel of final macro numbers, of any country, as a History of pseudo vintages.

    Parameters
    ----------
    path
        First column the period (2008-01, 2008Q1 or a date in it), the others series in reported units.
    notes
        Frequency, tcodes, delays; by default read from ``NAME.toml`` beside ``NAME.csv``, or monthly with 45 days.
    market, market_info
        Daily yields and prices that join the panel, and what each is.
    date_format
        Of the first column; ISO 8601 or quarters by default.
    today
        Periods that begin after it are refused; the clock's day by default.

    Returns
    -------
    History
        A value of period p is public `delay_days` after the end of p.

    Raises
    ------
    DataError
        For bad input (:mod:`macrotrade.sources.checks`).
    """
    path, file = Path(path), str(path)
    notes = notes or _notes_beside(path)
    table = read_raw_table(path)
    dates = as_dates(_quarters_as_dates(table.iloc[:, 0]), file, date_format)
    require_rising_dates(dates, file)
    require_past(dates, file, today)
    periods = require_every_period(dates, notes.frequency, file)
    columns = {str(name): as_numbers(table[name], periods, file) for name in table.columns[1:]}
    for series in columns.values():
        require_variation(series, file)
    for name in notes.series:
        require_columns(table, (name,), file)
    info = {name: _info(name, notes) for name in columns}
    delays = {name: cast("int", entry.delay_days) for name, entry in info.items()}
    stem = path.name.split(".")[0]
    return History(
        name=notes.name or stem,
        vintages="pseudo",
        releases={notes.frequency: Releases.from_final(notes.frequency, pd.DataFrame(columns), delays)},
        market=market if market is not None else pd.DataFrame(index=pd.DatetimeIndex([])),
        series={**info, **(market_info or {})},
        notes=(f"{stem}: final numbers, each held back by its publication delay",),
    )


@dataclass(frozen=True)
class MacroNotes:
    """What a macro file does not say itself; read from the TOML file of the same name beside it.

    ::

        name = "norway"
        frequency = "M"            # or "Q"
        delay_days = 35            # of every series not listed below
        [series.CPI]
        tcode = 6
        delay_days = 10
        units = "index 2015 = 100"
        description = "Consumer prices, all items"

    Attributes
    ----------
    name
        Of the history; the file's stem by default.
    frequency
        ``M`` or ``Q``.
    delay_days
        Days from the end of a period to its release, for series without their own: 45 (monthly) or 90 (quarterly) where
        not given.
    series
        Per series: any of tcode, group, units, delay_days, description.
    """

    name: str = ""
    frequency: Frequency = "M"
    delay_days: int | None = None
    series: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @classmethod
    def from_toml(cls, path: Path) -> MacroNotes:
        """Notes of a TOML file; an unknown key is refused with the nearest known one."""
        try:
            content = tomllib.loads(path.read_text(encoding="utf-8"))
        except tomllib.TOMLDecodeError as error:
            raise DataError(f"{path}: is not TOML ({error}); correct that line.") from error
        _require_known_keys(content, ("name", "frequency", "delay_days", "series"), str(path))
        for name, entry in content.get("series", {}).items():
            _require_known_keys(
                entry, ("tcode", "group", "units", "delay_days", "description"), f"{path}, series {name}"
            )
        if content.get("frequency", "M") not in ("M", "Q"):
            raise DataError(f"{path}: frequency = {content['frequency']!r}; write 'M' (monthly) or 'Q' (quarterly).")
        return cls(**content)


def _quarters_as_dates(cells: pd.Series) -> pd.Series:
    """2008Q1 (or 2008-Q1, 2008:1) as the first month of the quarter; other cells as they are."""
    if pd.api.types.is_datetime64_any_dtype(cells.dtype):
        return cells
    text = cells.astype(str).str.strip()
    found = text.str.extract(r"^(\d{4})[-: ]?Q?([1-4])$")
    if found.isna().to_numpy().any():
        return cells
    month = (found[1].astype(int) * 3 - 2).astype(str).str.zfill(2)
    return found[0] + "-" + month


def _notes_beside(path: Path) -> MacroNotes:
    beside = path.with_name(path.name.split(".")[0] + ".toml")
    return MacroNotes.from_toml(beside) if beside.is_file() else MacroNotes()


def _info(name: str, notes: MacroNotes) -> SeriesInfo:
    default = notes.delay_days if notes.delay_days is not None else _DEFAULT_DELAY_DAYS[notes.frequency]
    given = {"delay_days": default, **notes.series.get(name, {})}
    return SeriesInfo(name=name, frequency=notes.frequency, kind="macro", **given)


def _require_known_keys(content: Mapping[str, Any], known: Sequence[str], where: str) -> None:
    for key in content:
        if key not in known:
            raise DataError(f"{where}: the key {key!r} is not known. {near_misses(key, known)}")

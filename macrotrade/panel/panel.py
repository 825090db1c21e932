"""A Panel: what was public at one moment, and nothing else."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Literal, TypeAlias, get_args

import numpy as np
import pandas as pd

from macrotrade._typing import Frequency, SeriesKind
from macrotrade.errors import DataError, near_misses
from macrotrade.panel.releases import days
from macrotrade.schedule import last_complete_period

__all__ = ["Panel", "SeriesInfo", "Vintages", "counted"]

Vintages: TypeAlias = Literal["true", "pseudo"]
"""``true``: numbers as first published and revised; ``pseudo``: final numbers, each held back by its delay."""


@dataclass(frozen=True)
class SeriesInfo:
    """What is known of a series besides its numbers.

    Attributes
    ----------
    name
        Publisher's mnemonic.
    frequency
        Frequency at which the publisher gives it.
    kind
        ``macro`` (released late, revised), ``yield`` (per cent a year) or ``price``; the last two are known at the
        close of their day and never revised.
    tcode
        FRED-MD transformation code 1-7, or None where none was given.
    group
        FRED-MD group 1-8 as text, or any label.
    units
        Units as reported.
    delay_days
        Days from the end of a period to its release, for pseudo vintages.
    description
        Words.
    """

    name: str
    frequency: Frequency = "M"
    kind: SeriesKind = "macro"
    tcode: int | None = None
    group: str = ""
    units: str = ""
    delay_days: int | None = None
    description: str = ""


@dataclass(frozen=True, eq=False)
class Panel:
    """Everything that was public at the end of the day `as_of`; frozen, and all that a provider sees.

    Built by :meth:`History.as_of`. Frames are copies: writing in one does not reach the panel.

    Attributes
    ----------
    as_of
        Calendar day, without time zone; what was released or traded by its end is inside.
    vintages
        Whether the macro numbers are those of the time (``true``) or final ones held back by their delay (``pseudo``).
    series
        Name to :class:`SeriesInfo` of every series in the panel.
    frames
        Frequency to its frame; see :meth:`frame`.
    notes
        What was spliced, dropped or imputed on the way in, in words.
    """

    as_of: pd.Timestamp
    vintages: Vintages
    series: Mapping[str, SeriesInfo]
    frames: Mapping[Frequency, pd.DataFrame] = field(repr=False)
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "series", MappingProxyType(dict(self.series)))
        object.__setattr__(self, "frames", _Copies(self.frames))

    def __repr__(self) -> str:
        return f"Panel(as_of={self.as_of:%Y-%m-%d}, vintages={self.vintages!r}, series={counted(self.series)})"

    def frame(self, frequency: Frequency = "M") -> pd.DataFrame:
        """Series at one frequency, in reported units: rows are periods (sessions for ``D``), columns series.

        The monthly and quarterly frames hold the macro series of that frequency, and market series by their last
        session of each complete period. Missing values are NaN: not yet released, or never published.
        """
        if frequency not in self.frames:
            raise DataError(
                f"The panel of {self.as_of:%Y-%m-%d} has no {frequency!r} series, only {sorted(self.frames)}."
            )
        return self.frames[frequency]

    @property
    def monthly(self) -> pd.DataFrame:
        """Monthly frame, PeriodIndex by month."""
        return self.frame("M")

    @property
    def quarterly(self) -> pd.DataFrame:
        """Quarterly frame, PeriodIndex by quarter."""
        return self.frame("Q")

    @property
    def daily(self) -> pd.DataFrame:
        """Daily market frame, DatetimeIndex of sessions."""
        return self.frame("D")

    @property
    def mixed(self) -> pd.DataFrame:
        """Monthly frame joined by the quarterly macro series, each in the last month of its quarter, NaN between."""
        monthly = self.monthly
        if "Q" not in self.frames:
            return monthly
        quarterly = self.quarterly.loc[:, lambda frame: ~frame.columns.isin(monthly.columns)]
        last_months = pd.PeriodIndex(quarterly.index).asfreq("M", how="E")
        return monthly.join(quarterly.set_axis(last_months), how="outer")

    def names(self, kind: SeriesKind | None = None, frequency: Frequency | None = None) -> tuple[str, ...]:
        """Names of the series, of one kind or all, present in the frame of one frequency or in any."""
        return tuple(
            name
            for name, info in self.series.items()
            if (kind is None or info.kind == kind) and (frequency is None or name in self.frames[frequency].columns)
        )

    def values(self, name: str, frequency: Frequency = "M") -> pd.Series:
        """One series from its first to its last known value; NaN only inside.

        Raises
        ------
        DataError
            If the series is not in the panel or has no value yet at `as_of`.
        """
        frame = self.frames.get(frequency)
        if frame is None or name not in frame.columns:
            known = frame.columns if frame is not None else ()
            raise DataError(
                f"Series {name!r} is not among the {frequency!r} series known at {self.as_of:%Y-%m-%d}. "
                f"{near_misses(name, map(str, known))}"
            )
        column = frame[name]
        known_rows = np.flatnonzero(~np.isnan(column.to_numpy(np.float64)))
        if known_rows.size == 0:
            raise DataError(f"Series {name!r} has no value released by {self.as_of:%Y-%m-%d}.")
        return column.iloc[known_rows[0] : known_rows[-1] + 1].copy()

    def period(self, frequency: Frequency = "M") -> pd.Period:
        """Last period that was over at `as_of`: horizon h means h periods after it, for every series."""
        return last_complete_period(self.as_of, frequency)

    def select(self, names: tuple[str, ...] | list[str]) -> Panel:
        """Panel of these series only, in this order."""
        for name in names:
            if name not in self.series:
                raise DataError(f"Series {name!r} is not in the panel. {near_misses(name, self.series)}")
        frames = {
            frequency: frame[[name for name in names if name in frame.columns]]
            for frequency, frame in self.frames.items()
        }
        return replace(self, series={name: self.series[name] for name in names}, frames=frames)

    def fingerprint(self) -> str:
        """SHA-256 of every number, label and date in the panel: equal panels, equal fingerprints."""
        digest = hashlib.sha256(f"{self.as_of:%Y-%m-%d}|{self.vintages}".encode())
        for frequency in sorted(self.frames):
            frame = self.frames[frequency]
            digest.update("|".join([frequency, *map(str, frame.columns)]).encode())
            index = frame.index
            labels = days(index) if isinstance(index, pd.DatetimeIndex) else pd.PeriodIndex(index).asi8
            digest.update(labels.tobytes())
            digest.update(np.ascontiguousarray(frame.to_numpy(dtype=np.float64)).tobytes())
        return digest.hexdigest()


def counted(series: Mapping[str, SeriesInfo]) -> str:
    """How many series there are of each kind, in words.

    >>> counted({"DGS10": SeriesInfo("DGS10", kind="yield"), "PAYEMS": SeriesInfo("PAYEMS"), "RPI": SeriesInfo("RPI")})
    '2 macro, 1 yield'
    """
    counts = Counter(info.kind for info in series.values())
    return ", ".join(f"{counts[kind]} {kind}" for kind in get_args(SeriesKind) if counts[kind]) or "none"


class _Copies(Mapping[Frequency, pd.DataFrame]):
    """Frames that are handed out as copies, so that no writer reaches them; a copy shares memory until written to."""

    def __init__(self, frames: Mapping[Frequency, pd.DataFrame]) -> None:
        self._frames = {frequency: frame.copy(deep=False) for frequency, frame in frames.items()}

    def __getitem__(self, frequency: Frequency) -> pd.DataFrame:
        return self._frames[frequency].copy(deep=False)

    def __iter__(self) -> Iterator[Frequency]:
        return iter(self._frames)

    def __len__(self) -> int:
        return len(self._frames)

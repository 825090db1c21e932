"""What equations are asked of: data, a target and settings, from the command line or a file."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import pandas as pd
from pydantic import Field, field_validator

from macrotrade._typing import Frequency
from macrotrade.errors import DataError, SettingsError, near_misses
from macrotrade.panel.panel import Panel, SeriesInfo
from macrotrade.panel.vintages import History
from macrotrade.providers.equations.area_wide import FORBIDDEN, area_wide_frame
from macrotrade.providers.equations.candidates import Pool, pool_of
from macrotrade.providers.equations.inputs import economy, known_target
from macrotrade.providers.equations.iterated import calendar_table
from macrotrade.providers.equations.provider import Equations
from macrotrade.providers.equations.settings import DiscoverySettings
from macrotrade.providers.equations.variables import Variable
from macrotrade.strategy.parts import DataOptions, Document, parse, read_toml

__all__ = ["EquationData", "EquationTask", "equation_data", "period_until", "read_task"]

_RATE = 8_000.0  # equations a second on one core, separable fit
_AREA_WIDE = ("HICP", "YER", "STN")
_COLUMNS = ("pi", "y", "i")
_UNITS = {
    "pi": "per cent, change over four quarters",
    "y": "per cent, change over four quarters",
    "i": "per cent a year",
    "r": "per cent a year",
    "inflation": "per cent, log change over a year",
    "output": "per cent, log change over a year",
    "unemployment": "percentage points, change over a year",
    "short_rate": "per cent a year",
    "spread": "percentage points",
}


class EquationTask(Document):
    """A discovery as a TOML file describes it.

    Attributes
    ----------
    name
        Of the discovery.
    targets
        What is explained: one series, or several for a system (TOML: ``target = "pi"``).
    columns
        What is read besides; everything that the data offer where none are named.
    until
        Last period used, such as ``2005Q1`` or ``2005-01``.
    data
        Where the numbers come from, the euro area's where nothing is said.
    discovery
        Settings of :class:`macrotrade.providers.equations.settings.DiscoverySettings` by name.
    """

    singulars: ClassVar[Mapping[str, str]] = {"target": "targets"}

    name: str = "equations"
    targets: tuple[str, ...] = ("pi",)
    columns: tuple[str, ...] = ()
    until: str | None = None
    data: DataOptions = DataOptions(source="euro-area")
    discovery: Mapping[str, Any] = Field(default_factory=dict)

    @field_validator("discovery")
    @classmethod
    def _settings(cls, given: Mapping[str, Any]) -> Mapping[str, Any]:
        known = [each.name for each in dataclasses.fields(DiscoverySettings)]
        for name in given:
            if name not in known:
                raise ValueError(f"{name!r} is no setting of a discovery. {near_misses(name, known)}")
        return dict(given)

    def settings(self) -> DiscoverySettings:
        """How equations are searched for and chosen.

        Raises
        ------
        SettingsError
            For a value that a setting cannot have.
        """
        from pydantic import TypeAdapter, ValidationError

        try:
            return TypeAdapter(DiscoverySettings).validate_python(dict(self.discovery))
        except ValidationError as error:
            problem = error.errors()[0]
            where = ".".join(map(str, problem["loc"]))
            raise SettingsError(f"{where} = {problem['input']!r} is not valid: {problem['msg']}.") from None

    def read(self) -> EquationData:
        """The data, cut at `until`."""
        return equation_data(self.data.load(), self.targets, self.until, self.columns)


@dataclass(frozen=True, eq=False)
class EquationData:
    """Columns that equations may read, and what they must not.

    Attributes
    ----------
    frame
        A row a period, NaN where not known.
    targets
        Columns explained.
    forbidden
        By target, variables that hold its value of the same period.
    source
        Which data these are, in words.
    units
        Of each target, in words; empty where its publisher says none.
    vintage
        Of which day the numbers are, in words.
    """

    frame: pd.DataFrame
    targets: tuple[str, ...]
    forbidden: Mapping[str, tuple[Variable, ...]]
    source: str
    units: Mapping[str, str] = field(default_factory=dict)
    vintage: str = ""

    def pools(self, settings: DiscoverySettings) -> dict[str, Pool]:
        """By target, the language that is searched."""
        columns = [str(name) for name in self.frame.columns]
        return {name: pool_of(columns, name, settings, self.forbidden.get(name, ())) for name in self.targets}

    def size(self, settings: DiscoverySettings) -> list[str]:
        """How large the language of each target is and how long all of it takes, in words."""
        lines = []
        for name, pool in self.pools(settings).items():
            words = str(pool)
            if pool.language is None and pool.library is not None:
                words += f", about {max(pool.library.n_structures / _RATE, 1.0):,.0f} s on one core"
            if settings.search == "beam":
                words += f"; searched by a beam of {settings.beam_width}"
            lines.append(f"{name}: {words}")
        return lines

    def n_equations(self, settings: DiscoverySettings) -> int | None:
        """Equations to fit in all; None where they are not counted."""
        counts = []
        for pool in self.pools(settings).values():
            counted = pool.library.n_structures if pool.library is not None else None
            counts.append(counted if counted is not None else pool.language.n_canonical if pool.language else None)
        known = [count for count in counts if count is not None]
        return sum(known) if len(known) == len(counts) else None


def read_task(file: Path) -> EquationTask:
    """The task in a TOML file; mistakes are told with the file and the key."""
    table = read_toml(file)
    table["data"] = {"source": "euro-area", **table.get("data", {})}
    return parse(EquationTask, table, str(file))


def equation_data(
    history: History, targets: tuple[str, ...], until: str | None = None, columns: tuple[str, ...] = ()
) -> EquationData:
    """What equations of the targets may read in a history.

    Parameters
    ----------
    history
        With the Area Wide Model's HICP, YER and STN, whose columns are pi, y and i (and r, where it is named); or any
        other, of which the target's own level (the log change of a price) is read, and the columns that the provider
        makes of the economy.
    targets
        Columns explained.
    until
        Last period used. Of histories with vintages the numbers are those known at its end.
    columns
        What is read besides the targets; everything by default, r excepted.

    Raises
    ------
    DataError
        If a target or column is not in the data, or `until` is no period of theirs.
    """
    frequency: Frequency = "Q" if set(_AREA_WIDE) <= set(history.series) else "M"
    period = None if until is None else period_until(until, frequency)
    day = history.last_day
    if frequency == "Q":
        found = _area_wide(history.as_of(day), targets, columns)
        frame = found if period is None else found.loc[:period]
    else:
        day = day if period is None else min(period.end_time.normalize(), day)
        frame = _economy(history.as_of(day), targets, frequency)
    wanted = [*dict.fromkeys([*targets, *(columns or map(str, frame.columns))])]
    for name in wanted:
        if name not in frame.columns:
            raise DataError(f"There is no column {name!r} in {history.name}. {near_misses(name, map(str, frame))}")
    kept = frame[wanted]
    kept = kept.loc[kept[list(targets)].first_valid_index() :]
    forbidden = {name: tuple(FORBIDDEN.get(name, ())) for name in targets} if frequency == "Q" else {}
    kind = "true vintages" if history.vintages == "true" else "final numbers, no vintages"
    return EquationData(
        kept,
        targets,
        forbidden,
        f"{history.name}, {kept.index[0]} to {kept.index[-1]}, {kind}",
        {name: _units(history.series.get(name), name, frequency) for name in targets},
        f"{history.name}, " + (f"as known on {day:%Y-%m-%d}" if history.vintages == "true" else kind),
    )


def period_until(until: str, frequency: Frequency) -> pd.Period:
    """The quarter or month that ``--until`` names; DataError where it is none."""
    try:
        return pd.Period(until, freq=frequency)
    except ValueError:
        example = "2005Q1" if frequency == "Q" else "2005-01"
        raise DataError(f"--until {until!r} is no period of these data; write one such as {example}.") from None


def _units(info: SeriesInfo | None, name: str, frequency: Frequency) -> str:
    if info is None or name in _UNITS:
        return _UNITS.get(name, "")
    if info.kind == "price":
        return f"per cent, log change over a {'quarter' if frequency == 'Q' else 'month'}"
    return info.units


def _area_wide(panel: Panel, targets: tuple[str, ...], columns: tuple[str, ...]) -> pd.DataFrame:
    """pi, y and i, and whatever else is named: r, or series of the database as they are."""
    frame = area_wide_frame(panel)
    named = [name for name in dict.fromkeys([*targets, *columns]) if name not in _COLUMNS]
    known = panel.quarterly
    for name in named:
        if name not in frame.columns and name in known.columns:
            frame[name] = known[name].reindex(frame.index)
    return frame[[*_COLUMNS, *(name for name in named if name in frame.columns)]]


def _economy(panel: Panel, targets: tuple[str, ...], frequency: Frequency) -> pd.DataFrame:
    """Each target as equations of the provider read it, and the columns of the economy."""
    made = economy(panel, frequency, Equations().inputs)
    own = [name for name in targets if name not in made.columns]
    tables = [calendar_table(known_target(panel, name, frequency, logarithms=False), made) for name in own]
    joined = pd.concat(tables or [made], axis=1).sort_index()
    return joined.loc[:, ~joined.columns.duplicated()]

"""The machine-built system and its Bayesian model average, as providers."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, TypeAlias

import pandas as pd

from macrotrade._typing import Frequency
from macrotrade.errors import DataError, FitError, SettingsError, near_misses
from macrotrade.forecast import Target
from macrotrade.panel.panel import Panel
from macrotrade.providers.bma.averaging import MA, MACHINE, MAS, Member, Weighting
from macrotrade.providers.bma.explain import explain_change
from macrotrade.providers.bma.explanation import ForecastChange
from macrotrade.providers.bma.forecaster import BMAForecaster
from macrotrade.providers.bma.reading import (
    SEASONS,
    Reading,
    SeriesChoice,
    chosen_series,
    first_period,
    read_panel,
    sample_start,
)
from macrotrade.providers.bma.remembered import remembered_system
from macrotrade.providers.bma.settings import SystemSettings
from macrotrade.providers.bma.system import System

__all__ = ["BMA", "Combination", "Machine"]

Combination: TypeAlias = Literal["machine", "ma", "mas"]
"""The published combinations: the system alone, with the autoregression, with both."""

_MEMBERS: dict[str, tuple[Member, ...]] = {"machine": MACHINE, "ma": MA, "mas": MAS}


@dataclass(frozen=True)
class BMA:
    """Bayesian model average of a machine-built system of equations and two autoregressions.

    One equation for each series of the panel is selected without human hands from the others that Granger-cause it;
    all are solved together, so that late series are completed before the horizons start. Series by series the result is
    averaged with an autoregression and with a first-order one that has seasons, weighted by what tenfold
    cross-validation makes of each (Automatic Macro Forecasting System, The Journal of Trading, 2016).

    Parameters
    ----------
    members
        ``"mas"`` for all three, ``"ma"`` without seasons, ``"machine"`` for the system alone, or names of members.
    weighting
        ``"per_observation"``, the published weights, or ``"n_scaled"``, the textbook posterior.
    start
        First period of the sample, such as ``"1998-01"``; the sample then grows. By default it is a moving window.
    window_years
        Length of the moving window where no `start` is given. Thirteen years are the longest published sample.
    series
        Series that take part besides the targets: ``"macro"``, ``"macro_and_yields"`` (month-end yields too), or names.
        Prices take part only as a target or by name.
    system
        Choices of :class:`macrotrade.providers.bma.SystemSettings` by name, such as ``{"criterion": "bic"}``; lags
        span a year where nothing else is said, and the length of the year follows from the target's frequency.
    """

    members: Combination | tuple[Member, ...] = "mas"
    weighting: Weighting = "per_observation"
    start: str | None = None
    window_years: int | None = 13
    series: SeriesChoice | tuple[str, ...] = "macro"
    system: Mapping[str, Any] = field(default_factory=dict, hash=False)

    demo_refit_every: ClassVar[int | None] = 6

    def __post_init__(self) -> None:
        known: tuple[str, ...] = (*_MEMBERS, *MAS)
        for member in (self.members,) if isinstance(self.members, str) else self.members:
            if member not in (known if not isinstance(self.members, str) else _MEMBERS):
                raise SettingsError(f"members={self.members!r} is not known. {near_misses(member, known)}")
        if not self.members or len(set(self.member_names)) != len(self.member_names):
            raise SettingsError(f"members must name each member once, not {self.members!r}.")
        if self.weighting not in ("per_observation", "n_scaled"):
            raise SettingsError(f"weighting is 'per_observation' or 'n_scaled', not {self.weighting!r}.")
        _check_sample(self.start, self.window_years, self.series)
        object.__setattr__(self, "system", checked_choices(self.system))

    @property
    def member_names(self) -> tuple[Member, ...]:
        """Members, spelt out."""
        return _MEMBERS[self.members] if isinstance(self.members, str) else tuple(self.members)

    def fit(self, panel: Panel, target: Target) -> BMAForecaster:
        """Forecaster with the system of this panel; raises FitError where a target cannot be modelled."""
        return _fit(self, panel, target, self.member_names, self.weighting)

    def explain(self, before: Panel, after: Panel, target: Target) -> tuple[ForecastChange, ...]:
        """Why the forecast changed between two panels; see :func:`macrotrade.providers.bma.explain.explain_change`."""
        return explain_change(self.fit(before, target), before, self.fit(after, target), after)


@dataclass(frozen=True)
class Machine:
    """Machine-built system of equations, one for each series, solved together; without the model average.

    The first member of :class:`BMA`; its parameters mean the same.

    Parameters
    ----------
    start, window_years
        First period of a growing sample, or length of a moving one.
    series
        ``"macro"``, ``"macro_and_yields"``, or names; the targets always take part.
    system
        Choices of :class:`macrotrade.providers.bma.SystemSettings` by name.
    """

    start: str | None = None
    window_years: int | None = 13
    series: SeriesChoice | tuple[str, ...] = "macro"
    system: Mapping[str, Any] = field(default_factory=dict, hash=False)

    demo_refit_every: ClassVar[int | None] = None

    def __post_init__(self) -> None:
        _check_sample(self.start, self.window_years, self.series)
        object.__setattr__(self, "system", checked_choices(self.system))

    def fit(self, panel: Panel, target: Target) -> BMAForecaster:
        """Forecaster with the system of this panel; raises FitError where a target cannot be modelled."""
        return _fit(self, panel, target, MACHINE, "per_observation")

    def explain(self, before: Panel, after: Panel, target: Target) -> tuple[ForecastChange, ...]:
        """Why the forecast changed between two panels; see :func:`macrotrade.providers.bma.explain.explain_change`."""
        return explain_change(self.fit(before, target), before, self.fit(after, target), after)


def settings_for(choices: Mapping[str, Any], frequency: Frequency) -> SystemSettings:
    """Settings of a system at one frequency: the published ones but for `choices`, lags a year long by default."""
    year = SEASONS[frequency]
    return SystemSettings(**{"season_length": year, "n_lags": year, "block_lags": year, **choices})


def checked_choices(choices: Mapping[str, Any] | SystemSettings) -> dict[str, Any]:
    """Choices with their types and names checked, lists turned to tuples.

    Raises
    ------
    SettingsError
        For a name that is no choice, or a value that is none of it.
    """
    from pydantic import TypeAdapter, ValidationError

    if isinstance(choices, SystemSettings):
        choices = {name: value for name, value in dataclasses.asdict(choices).items() if name != "season_length"}
    known = {each.name for each in dataclasses.fields(SystemSettings)} - {"season_length"}
    for name in choices:
        if name == "season_length":
            raise SettingsError("system.season_length follows from the target's frequency; leave it out.")
        if name not in known:
            raise SettingsError(f"system.{name} is no choice of a system. {near_misses(name, known)}")
    try:
        settings = TypeAdapter(SystemSettings).validate_json(json.dumps(dict(choices)), strict=True)
    except ValidationError as error:
        problem = error.errors()[0]
        where = ".".join(map(str, problem["loc"]))
        raise SettingsError(f"system.{where}={problem['input']!r} is not valid: {problem['msg']}.") from None
    return {name: getattr(settings, name) for name in choices}


def _check_sample(start: str | None, window_years: int | None, series: SeriesChoice | tuple[str, ...]) -> None:
    if start is None and (window_years is None or window_years < 1):
        raise SettingsError(f"Give a start, or window_years of 1 or more; they are {start!r} and {window_years!r}.")
    if start is not None:
        try:
            pd.Period(start, freq="M")
        except ValueError:
            raise SettingsError(f"start={start!r} is no period; write a month or quarter such as '1998-01'.") from None
    if isinstance(series, str) and series not in ("macro", "macro_and_yields"):
        raise SettingsError(
            f"series={series!r} is not known. {near_misses(series, ('macro', 'macro_and_yields'))} "
            "Series by name are given as a list."
        )


def _fit(
    provider: BMA | Machine, panel: Panel, target: Target, members: tuple[Member, ...], weighting: Weighting
) -> BMAForecaster:
    if target.frequency not in SEASONS:
        raise FitError(
            "The system is built on months or quarters, not days; ask for monthly or quarterly horizons, "
            "or use 'autoregression'."
        )
    if target.frequency not in panel.frames:
        raise FitError(f"The panel of {panel.as_of:%Y-%m-%d} has no {target.frequency!r} series yet.")
    names = chosen_series(panel, target, provider.series)
    start = sample_start(panel, target, provider.start, provider.window_years)
    first = first_period(panel, start, target.frequency)
    reading = read_panel(panel, names, first, target.frequency)
    settings = _reaching(settings_for(provider.system, target.frequency), reading, target)
    system = _built(reading, settings, start, panel, target)
    _require_targets(system, reading, panel, target)
    return BMAForecaster(system, names, first, members, weighting, target)


def _reaching(settings: SystemSettings, reading: Reading, target: Target) -> SystemSettings:
    """Settings whose longest delay covers the targets, up to a year; the window ends where the latest series ends."""
    delays = [len(reading.values) - 1 - reading.last_known(name) for name in target.names]
    covered = [delay for delay in delays if delay <= settings.season_length]
    return dataclasses.replace(settings, max_delay=max([settings.max_delay, *covered]))


def _built(reading: Reading, settings: SystemSettings, start: pd.Period, panel: Panel, target: Target) -> System:
    first_season = (reading.first.month if target.frequency == "M" else reading.first.quarter) - 1
    offset = start.ordinal - reading.first.ordinal
    try:
        return remembered_system(reading.values, reading.names, settings, first_season=first_season, start=offset)
    except (DataError, FitError) as error:
        frame = panel.frame(target.frequency)
        latest = max(target.names, key=lambda name: int(frame[name].notna().to_numpy().argmax()))
        raise FitError(
            f"No system for {', '.join(target.names[:5])} at {panel.as_of:%Y-%m-%d} from the sample {start} to "
            f"{reading.period(reading.origin_row)}; of the targets {latest} starts last, in "
            f"{frame.index[int(frame[latest].notna().to_numpy().argmax())]}. {error}"
        ) from error


def _require_targets(system: System, reading: Reading, panel: Panel, target: Target) -> None:
    reasons = {each.name: each.reason for each in system.left_out}
    for name in target.names:
        if name in reasons:
            raise FitError(
                f"{name} cannot be modelled at {panel.as_of:%Y-%m-%d}: {reasons[name]} (known to "
                f"{reading.period(reading.last_known(name))}, sample from {reading.period(system.sample.first_row)}). "
                "Start the origins later, or leave it out of the Target."
            )

"""A strategy as it is written down: a short TOML file, or the same fields in Python."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar, Literal

from pydantic import Field, field_validator, model_validator

from macrotrade._typing import Frequency
from macrotrade.errors import SettingsError
from macrotrade.instruments import Instrument, instrument
from macrotrade.schedule import Decide, Schedule
from macrotrade.signals.rules import Rule, RuleName
from macrotrade.strategy.assumptions import Published, SensitivityOptions
from macrotrade.strategy.engines import Engine
from macrotrade.strategy.parts import DataOptions, Document, Part, ProviderChoice, checked_day, parse, read_toml

__all__ = ["ProviderChoice", "Strategy", "read_strategy"]

_FREQUENCY: dict[Decide, Frequency] = {"daily": "D", "weekly": "M", "monthly": "M", "quarterly": "Q"}


class RuleOptions(Part):
    """Options of one rule; see :class:`macrotrade.signals.rules.Rule`."""

    threshold: float = 0.0
    hysteresis: float = 0.0
    size: Literal["full", "score"] = "full"


class PortfolioOptions(Part):
    """How positions are carried and charged.

    Attributes
    ----------
    costs
        ``futures`` charges each instrument's commission, spread and rolls; ``none`` charges nothing.
    bars
        ``daily`` or ``monthly`` sessions.
    delay
        Sessions between the first session after a decision and the one that carries it.
    volatility_target
        Annual volatility to which positions are scaled, decimal; none by default.
    maximum_leverage
        Largest exposure per instrument.
    """

    costs: Literal["futures", "none"] = "futures"
    bars: Literal["daily", "monthly"] = "daily"
    delay: int = Field(default=0, ge=0)
    volatility_target: float | None = Field(default=None, gt=0.0, le=2.0)
    maximum_leverage: float = Field(default=1.0, gt=0.0)


class Strategy(Document):
    """What is traded, on whose forecasts, by which rules, when, and at what cost.

    Attributes
    ----------
    name, description
        For the report.
    providers
        Providers with their settings (TOML: ``[[provider]]`` tables, or ``provider = "name"``).
    instruments
        Symbols; see :data:`macrotrade.instruments.INSTRUMENTS`.
    drivers
        Series whose forecast moves an instrument, by symbol, where it is not the usual one; of the same kind, so a
        yield for a bond. A position needs the change since the last known value of this series.
    rules
        Rules applied to every score (``rule = "long_short"`` for one).
    rule_options
        Options by rule (TOML: ``[rule_options.long_short]``).
    periods_ahead
        Which period after the origin a position is for. 1 holds the next period on a forecast of it; 2 holds the next
        period on a forecast made one period earlier, as one must where data arrive late.
    horizons
        Horizons whose scores vote on a one-ahead position; (1,) for no vote.
    vote
        ``mean`` of the horizons' scores, or ``majority`` of their signs.
    pool
        Whether a further provider named ``vote`` pools the providers' scores by the same rule.
    schedule
        When to decide and when to fit again.
    frequency
        Of the forecast periods; by default months, days for daily decisions, quarters for quarterly ones.
    start, end
        First and last origin; by default the first with ten years of prices, and the last with prices.
    seed
        From which every provider's draws and the coin flips derive.
    coin_flips
        Number of coin-tossing traders.
    max_age_days
        Oldest age of a driver's last value for a live decision.
    series_max_age_days
        The same by series, of drivers and any other; a series named here must be fresh for a live decision. What is
        not named follows from its frequency and publication delay.
    data, portfolio
        Where numbers come from, and how positions are carried and charged.
    sensitivity
        Which further assumptions a sensitivity table changes.
    published
        What was published for the same exercise, if anything.
    engine
        What carries the blocks; this process by default. The numbers do not depend on it, so it is no part of what is
        written down with them.
    """

    singulars: ClassVar[Mapping[str, str]] = {"provider": "providers", "rule": "rules", "instrument": "instruments"}

    name: str = "strategy"
    description: str = ""
    providers: tuple[ProviderChoice, ...]
    instruments: tuple[str, ...]
    drivers: Mapping[str, str] = Field(default_factory=dict)
    rules: tuple[RuleName, ...] = ("long_flat", "long_short")
    rule_options: Mapping[str, RuleOptions] = Field(default_factory=dict)
    periods_ahead: tuple[int, ...] = (1,)
    horizons: tuple[int, ...] = (1,)
    vote: Literal["mean", "majority"] = "mean"
    pool: bool = False
    schedule: Schedule = Schedule()
    frequency: Frequency | None = None
    start: str | None = None
    end: str | None = None
    seed: int = 0
    coin_flips: int = Field(default=200, ge=1)
    max_age_days: int = Field(default=10, ge=0)
    series_max_age_days: Mapping[str, int] = Field(default_factory=dict)
    data: DataOptions = DataOptions()
    portfolio: PortfolioOptions = PortfolioOptions()
    sensitivity: SensitivityOptions = SensitivityOptions()
    published: Published | None = None
    engine: Engine | None = Field(default=None, exclude=True)

    @field_validator("start", "end", mode="before")
    @classmethod
    def _a_day(cls, given: object) -> str | None:
        return checked_day(given)

    @field_validator("instruments")
    @classmethod
    def _known_instruments(cls, symbols: tuple[str, ...]) -> tuple[str, ...]:
        for symbol in symbols:
            try:
                instrument(symbol)
            except SettingsError as error:
                raise ValueError(str(error)) from None
        if not symbols:
            raise ValueError("name at least one instrument")
        return symbols

    @model_validator(mode="after")
    def _consistent(self) -> Strategy:
        titles = [choice.title for choice in self.providers]
        if not titles or len(set(titles)) != len(titles):
            raise ValueError(f"every provider needs a label of its own, got {titles}")
        unknown = set(self.rule_options) - set(self.rules)
        if unknown:
            raise ValueError(f"rule_options for {sorted(unknown)}, which is not among rules {list(self.rules)}")
        for where, named in (
            ("drivers", set(self.drivers)),
            ("published", {self.published.instrument} if self.published else set()),
        ):
            if not named <= set(self.instruments):
                raise ValueError(
                    f"{where} names {sorted(named - set(self.instruments))}, not among {list(self.instruments)}"
                )
        if min(self.periods_ahead) < 1 or min(self.horizons) < 1:
            raise ValueError("periods_ahead and horizons count from 1")
        if max(self.periods_ahead) > 1 and self.schedule.decide == "weekly":
            raise ValueError(
                "periods_ahead above 1 needs one decision a forecast period; decide monthly, daily or quarterly"
            )
        return self

    @property
    def traded(self) -> tuple[Instrument, ...]:
        """Instruments themselves, each with its driver."""
        return tuple(
            replace(instrument(symbol), driver=self.drivers[symbol]) if symbol in self.drivers else instrument(symbol)
            for symbol in self.instruments
        )

    @property
    def forecast_frequency(self) -> Frequency:
        """Frequency of the forecast periods."""
        return self.frequency or _FREQUENCY[self.schedule.decide]

    def rule(self, name: RuleName) -> Rule:
        """One rule with its options."""
        options = self.rule_options.get(name, RuleOptions())
        return Rule(name, options.threshold, options.hysteresis, options.size)

    def changed(self, **changes: Any) -> Strategy:
        """A copy with some fields changed, checked like the original."""
        return Strategy.model_validate({**{name: getattr(self, name) for name in type(self).model_fields}, **changes})


def read_strategy(file: str | Path) -> Strategy:
    """Strategy from a TOML file.

    Raises
    ------
    SettingsError
        Naming the file, the key, and the nearest known key or value.
    """
    return parse(Strategy, read_toml(file), str(file))

"""A strategy as it is written down: a short TOML file, or the same fields in Python."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from macrotrade._typing import Frequency
from macrotrade.errors import SettingsError, near_misses
from macrotrade.forecast import Provider
from macrotrade.instruments import Instrument, instrument
from macrotrade.schedule import Decide, Schedule
from macrotrade.signals.rules import Rule, RuleName

__all__ = ["ProviderChoice", "Strategy", "read_strategy"]

_FREQUENCY: dict[Decide, Frequency] = {"daily": "D", "weekly": "M", "monthly": "M", "quarterly": "Q"}


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)


class ProviderChoice(BaseModel):
    """A provider by name, with its settings; further keys are settings of the provider.

    Attributes
    ----------
    name
        As `macrotrade providers` lists it.
    label
        Name in reports; the provider's name where none is given.
    """

    model_config = ConfigDict(frozen=True, extra="allow")

    name: str
    label: str = ""

    @property
    def settings(self) -> dict[str, Any]:
        """Settings passed to the provider."""
        given = self.model_extra or {}
        return {key: tuple(value) if isinstance(value, list) else value for key, value in given.items()}

    @property
    def title(self) -> str:
        """Label, or the name."""
        return self.label or self.name

    def load(self) -> Provider:
        """The provider itself."""
        from macrotrade.providers.registry import load

        return load(self.name, **self.settings)


class RuleOptions(_Part):
    """Options of one rule; see :class:`macrotrade.signals.rules.Rule`."""

    threshold: float = 0.0
    hysteresis: float = 0.0
    size: Literal["full", "score"] = "full"


class DataOptions(_Part):
    """Where numbers come from.

    Attributes
    ----------
    source, path
        A name in :data:`macrotrade.sources.load.SOURCES`, and the file or folder it needs.
    prices, yields
        Symbol or series to file: market data of one's own in place of the source's.
    """

    source: str = "embedded"
    path: str | None = None
    prices: Mapping[str, str] = Field(default_factory=dict)
    yields: Mapping[str, str] = Field(default_factory=dict)


class PortfolioOptions(_Part):
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
    volatility_target: float | None = Field(default=None, gt=0.0)
    maximum_leverage: float = Field(default=1.0, gt=0.0)


class Strategy(_Part):
    """What is traded, on whose forecasts, by which rules, when, and at what cost.

    Attributes
    ----------
    name, description
        For the report.
    providers
        Providers with their settings (TOML: ``[[provider]]`` tables, or ``provider = "name"``).
    instruments
        Symbols; see :data:`macrotrade.instruments.INSTRUMENTS`.
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
    """

    name: str = "strategy"
    description: str = ""
    providers: tuple[ProviderChoice, ...]
    instruments: tuple[str, ...]
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
    data: DataOptions = DataOptions()
    portfolio: PortfolioOptions = PortfolioOptions()

    @model_validator(mode="before")
    @classmethod
    def _singulars(cls, given: Any) -> Any:
        """`provider = "bma"`, `rule = ...` and `instrument = ...` are the one-element plurals."""
        if not isinstance(given, Mapping):
            return given
        fields = dict(given)
        for singular, plural in (("provider", "providers"), ("rule", "rules"), ("instrument", "instruments")):
            if singular in fields:
                if plural in fields:
                    raise ValueError(f"give {singular!r} or {plural!r}, not both")
                value = fields.pop(singular)
                fields[plural] = list(value) if isinstance(value, list | tuple) else [value]
        if "providers" in fields:
            fields["providers"] = [_choice(value) for value in fields["providers"]]
        return fields

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
        if min(self.periods_ahead) < 1 or min(self.horizons) < 1:
            raise ValueError("periods_ahead and horizons count from 1")
        if max(self.periods_ahead) > 1 and self.schedule.decide == "weekly":
            raise ValueError(
                "periods_ahead above 1 needs one decision a forecast period; decide monthly, daily or quarterly"
            )
        return self

    @property
    def traded(self) -> tuple[Instrument, ...]:
        """Instruments themselves."""
        return tuple(instrument(symbol) for symbol in self.instruments)

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


def _choice(value: Any) -> Any:
    return {"name": value} if isinstance(value, str) else value


def read_strategy(file: str | Path) -> Strategy:
    """Strategy from a TOML file.

    Raises
    ------
    SettingsError
        Naming the file, the key, and the nearest known key or value.
    """
    path = Path(file)
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        near = [str(other) for other in path.parent.glob("*.toml")] if path.parent.is_dir() else []
        raise SettingsError(
            f"No strategy file {path}. {near_misses(str(path), near) if near else ''}".strip()
        ) from None
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path} is not TOML: {error}.") from None
    table.setdefault("name", path.stem.replace("_", " "))
    return parse_strategy(table, str(path))


def parse_strategy(table: Mapping[str, Any], origin: str = "strategy") -> Strategy:
    """Strategy from a mapping; problems are told one a line, with the nearest known name."""
    try:
        return Strategy.model_validate(dict(table))
    except ValidationError as error:
        lines = [_told(problem) for problem in error.errors()]
        raise SettingsError(f"{origin}: " + "\n".join(lines)) from None


_SECTIONS: dict[str, type[BaseModel]] = {
    "data": DataOptions,
    "portfolio": PortfolioOptions,
    "rule_options": RuleOptions,
}


def _told(problem: Any) -> str:
    place = [part for part in problem["loc"] if not str(part).startswith("function-")]
    key = ".".join(map(str, place))
    if problem["type"] == "extra_forbidden":
        section = _SECTIONS.get(str(place[0]), Strategy) if len(place) > 1 else Strategy
        known = [*section.model_fields, *(("provider", "rule", "instrument") if section is Strategy else ())]
        return f"unknown key {key!r}. {near_misses(str(place[-1]), known)}"
    if problem["type"] in {"unexpected_keyword_argument"}:
        return f"unknown key {key!r}. {near_misses(str(place[-1]), Schedule.__dataclass_fields__)}"
    if problem["type"] == "missing":
        return f"{key!r} is missing"
    words = re.sub(r"^Value error, ", "", problem["msg"])
    if problem["type"] == "literal_error":
        choices = re.findall(r"'([^']*)'", problem["ctx"]["expected"])
        given = str(problem["input"])
        return f"{key} = {given!r} is not one of {', '.join(choices)}. {near_misses(given, choices)}"
    return f"{key}: {words} (got {problem['input']!r})" if key else words

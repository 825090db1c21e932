"""What strategy and study files have in common: providers, data, and how mistakes are told."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any, ClassVar, TypeVar, get_args

import pandas as pd
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidatorFunctionWrapHandler,
    field_validator,
    model_validator,
)

from macrotrade.errors import SettingsError, near_misses
from macrotrade.forecast import Provider
from macrotrade.panel.vintages import History
from macrotrade.schedule import Schedule
from macrotrade.sources.cache.plan import LivePlan

__all__ = [
    "DataOptions",
    "Document",
    "Part",
    "ProviderChoice",
    "checked_day",
    "checked_month",
    "chosen",
    "parse",
    "read_toml",
]

_Model = TypeVar("_Model", bound=BaseModel)


class Part(BaseModel):
    """Settings that are frozen and know all their keys; one word or number where a list is meant is a list of one."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)

    @model_validator(mode="before")
    @classmethod
    def _list_of_one(cls, given: Any) -> Any:
        return _with_lists(cls, given)


class Document(Part):
    """A whole file: where one thing is meant, ``provider = "bma"`` says the same as a list of one."""

    singulars: ClassVar[Mapping[str, str]] = {"provider": "providers"}

    def __init__(self, **fields: Any) -> None:
        """The same fields as in a file; mistakes are told as a :class:`SettingsError`, one a line."""
        try:
            super().__init__(**fields)
        except ValidationError as error:
            raise SettingsError("\n".join(_lines(error, type(self)))) from None

    @model_validator(mode="before")
    @classmethod
    def _expand(cls, given: Any) -> Any:
        if not isinstance(given, Mapping):
            return given
        fields = dict(given)
        for singular, plural in cls.singulars.items():
            if singular in fields:
                if plural in fields:
                    raise ValueError(f"give {singular!r} or {plural!r}, not both")
                value = fields.pop(singular)
                fields[plural] = list(value) if isinstance(value, list | tuple) else [value]
        if isinstance(fields.get("providers"), str | Mapping):
            fields["providers"] = [fields["providers"]]
        if isinstance(fields.get("providers"), list | tuple):
            fields["providers"] = [chosen(value) for value in fields["providers"]]
        return fields


class ProviderChoice(BaseModel):
    """A provider by name, with its settings; further keys are settings of the provider.

    Attributes
    ----------
    name
        As `macrotrade providers` lists it.
    label
        Name in reports; the provider's name where none is given.
    refit_every
        Origins between fits of this provider, where it differs from the schedule's; see :meth:`fitted_every`.
    nests
        Labels of the providers that are special cases of this one. A study tests it against them by adjusted squared
        errors (Clark and West, 2007), since a larger model pays for parameters that are zero.
    """

    model_config = ConfigDict(frozen=True, extra="allow")

    name: str
    label: str = ""
    refit_every: int | None = Field(default=None, ge=1)
    nests: tuple[str, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _list_of_one(cls, given: Any) -> Any:
        return _with_lists(cls, given)

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

    def fitted_every(self, schedule: Schedule) -> int:
        """Origins between fits: as said here, else as the schedule says, else `default_refit_every` of the class.

        A provider whose fit takes long, and changes little from one origin to the next, carries that attribute; one
        without it is fitted at every origin, and so is one that was saved, which is only read.
        """
        from macrotrade.providers.registry import provider_class

        said = self.refit_every or schedule.refit_every
        if not said and self.settings.get("saved"):
            return 1
        return said or getattr(provider_class(self.name), "default_refit_every", None) or 1


class DataOptions(Part):
    """Where numbers come from.

    Attributes
    ----------
    source, path
        A name in :data:`macrotrade.sources.load.SOURCES`, and the file or folder it needs.
    months_earlier
        Months by which every macro release is taken as earlier than it was: 0, but 1 for designs that count horizons
        from the last month of data.
    prices, yields
        Symbol or series to file: market data of one's own in place of the source's.
    market
        Whether daily yields and prices are there at all; without them a study of a monthly database has its series and
        no others.
    averages
        Monthly series to make as averages of daily ones, such as ``{GS30 = "DGS30"}``; see
        :func:`macrotrade.panel.averages.with_monthly_averages`.
    flows
        Whether monthly fiscal flows, balances of the sectors and valuations of the United States join the history; see
        :data:`macrotrade.sources.flows.FLOWS`.
    live
        Which live data to keep and use, for the source ``live`` (TOML: ``[data.live]``); the usual ones by default.
    """

    source: str = "embedded"
    path: str | None = None
    months_earlier: int = Field(default=0, ge=0)
    prices: Mapping[str, str] = Field(default_factory=dict)
    yields: Mapping[str, str] = Field(default_factory=dict)
    averages: Mapping[str, str] = Field(default_factory=dict)
    flows: bool = False
    market: bool = True
    live: LivePlan | None = None

    @field_validator("live", mode="wrap")
    @classmethod
    def _a_plan(cls, given: object, check: ValidatorFunctionWrapHandler) -> LivePlan | None:
        try:
            found: LivePlan | None = check(given)
        except SettingsError as error:
            raise ValueError(str(error)) from None
        return found

    @model_validator(mode="after")
    def _flows_of_the_united_states(self) -> DataOptions:
        if self.flows and self.source in {"euro-area", "macro", "synthetic"}:
            raise ValueError(f"flows are those of the United States; they do not join source {self.source!r}")
        return self

    def load(self) -> History:
        """The history itself."""
        from macrotrade.panel.averages import with_monthly_averages
        from macrotrade.sources.load import load

        history = load(self.source, self.path, prices=self.prices, yields=self.yields, live=self.live)
        told = history.told_earlier(self.months_earlier) if self.months_earlier else history
        whole = self._with_flows(with_monthly_averages(told, self.averages))
        return whole if self.market else whole.with_tables(whole.releases, whole.market.iloc[:, :0])

    def _with_flows(self, history: History) -> History:
        if not self.flows:
            return history
        from macrotrade.sources.flows import with_flows

        return with_flows(history, shipped=self.source != "live")

    def nearby(self) -> pd.DataFrame:
        """Unadjusted prices, sessions x symbols, where `prices` names contracts; empty where there are none."""
        from macrotrade.sources.market_files import nearby_prices

        return nearby_prices(self.prices)


def checked_day(given: object) -> str | None:
    """Day or month as text, ``2008-01-31`` or ``2008-01``; a date without quotes in TOML will do."""
    words = given.isoformat() if isinstance(given, date) else given
    if words is None:
        return None
    if not isinstance(words, str) or not re.fullmatch(r"\d{4}-\d{2}(-\d{2})?", words):
        raise ValueError(f"{words!r} is no date; write YYYY-MM-DD or YYYY-MM")
    try:
        pd.Timestamp(words)
    except ValueError:
        raise ValueError(f"{words!r} is not in the calendar") from None
    return words


def checked_month(given: object) -> str | None:
    """Period as text, ``2008-01``, or a day or a quarter in it; a date without quotes in TOML will do."""
    words = given.isoformat() if isinstance(given, date) else given
    if words is None:
        return None
    try:
        if isinstance(words, str) and re.match(r"\d{4}", words):
            pd.Period(words, freq="M")
            return words
    except ValueError:
        pass
    raise ValueError(f"{words!r} is no month; write 1998-01")


def chosen(value: Any) -> Any:
    """A provider given by its name alone, as a table."""
    return {"name": value} if isinstance(value, str) else value


def read_toml(file: str | Path) -> dict[str, Any]:
    """Table of a TOML file, its name taken from the file where it gives none.

    Raises
    ------
    SettingsError
        If the file is absent (the nearest one there is offered) or is not TOML.
    """
    path = Path(file)
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        near = [str(other) for other in path.parent.glob("*.toml")] if path.parent.is_dir() else []
        raise SettingsError(f"No file {path}. {near_misses(str(path), near) if near else ''}".strip()) from None
    except OSError as error:
        raise SettingsError(f"{path} cannot be read: {error.strerror}.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} is not TOML: {error}.") from None
    table.setdefault("name", path.stem.replace("_", " "))
    return table


def parse(model: type[_Model], table: Mapping[str, Any], origin: str) -> _Model:
    """A model of a table; mistakes are told one a line, with the file, the key and the nearest known name."""
    try:
        return model.model_validate(dict(table))
    except SettingsError as error:  # a document's own
        raise SettingsError(f"{origin}: {error}") from None
    except ValidationError as error:
        raise SettingsError(f"{origin}: " + "\n".join(_lines(error, model))) from None


def _with_lists(model: type[BaseModel], given: Any) -> Any:
    """The table with a single word or number made a list of one, where the model has a list."""
    if not isinstance(given, Mapping):
        return given
    lists = {name for name, field in model.model_fields.items() if get_args(field.annotation)[1:] == (...,)}
    return {
        key: (value,) if key in lists and isinstance(value, str | int | float) else value
        for key, value in given.items()
    }


def _lines(error: ValidationError, model: type[BaseModel]) -> list[str]:
    """One line for each mistake; the choices of a key that may be of several kinds are told together."""
    by_key: dict[str, list[Any]] = {}
    for problem in error.errors():
        by_key.setdefault(_key(_place(problem)), []).append(problem)
    lines = []
    for key, problems in by_key.items():
        literal = [problem for problem in problems if problem["type"] == "literal_error"]
        if not literal:
            lines += [_told(problem, model) for problem in problems]
            continue
        choices = [name for problem in literal for name in re.findall(r"'([^']*)'", problem["ctx"]["expected"])]
        listed = " or a list" if any(problem["type"] == "tuple_type" for problem in problems) else ""
        given = str(literal[0]["input"])
        lines.append(f"{key} = {given!r} is not one of {', '.join(choices)}{listed}. {near_misses(given, choices)}")
    return lines


def _place(problem: Any) -> list[Any]:
    """Keys that lead to a mistake, without the kinds that were tried there."""
    return [part for part in problem["loc"] if not re.match(r"function-|(literal|tuple|list|dict)\[", str(part))]


def _key(place: list[Any]) -> str:
    """Keys as one word, the items of a list counted from 1."""
    return ".".join(str(part + 1) if isinstance(part, int) else str(part) for part in place)


def _told(problem: Any, model: type[BaseModel]) -> str:
    place = _place(problem)
    key = _key(place)
    if problem["type"] in {"extra_forbidden", "unexpected_keyword_argument"}:
        return f"unknown key {key!r}. {near_misses(str(place[-1]), _keys_at(model, place[:-1]))}"
    if problem["type"] == "missing":
        return f"{key!r} is missing"
    words = re.sub(r"^Value error, ", "", problem["msg"])
    if problem["type"] in {"tuple_type", "list_type"}:
        words = "should be a list"
    if problem["type"] == "model_type" and "ProviderChoice" in words:
        words = "should be a provider's name, 'module:Class', or a table such as {name = 'bma'}"
    return f"{key}: {words} (got {problem['input']!r})" if key else words


def _keys_at(model: type[BaseModel], place: list[Any]) -> list[str]:
    """Keys that the table at `place` knows; the one-element singulars are keys of a whole file."""
    found: Any = model
    for step in place:
        field = getattr(found, "model_fields", {}).get(str(step))
        if field is not None:
            found = next((kind for kind in (field.annotation, *get_args(field.annotation)) if _has_keys(kind)), found)
    names = list(getattr(found, "model_fields", None) or getattr(found, "__dataclass_fields__", {}))
    return [*names, *(getattr(model, "singulars", {}) if found is model else ())]


def _has_keys(kind: Any) -> bool:
    return hasattr(kind, "model_fields") or hasattr(kind, "__dataclass_fields__")

"""Which providers are installed: ours and anyone's, found through the entry-point group ``macrotrade.providers``."""

from __future__ import annotations

import dataclasses
import inspect
import json
import os
import re
import sys
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from typing import Any, cast, get_type_hints

from macrotrade.errors import SettingsError, near_misses
from macrotrade.forecast import Provider

__all__ = ["GROUP", "ProviderEntry", "Setting", "installed", "load", "name_of", "provider_class"]

GROUP = "macrotrade.providers"
"""Entry-point group under which a distribution registers its providers."""

_OWN = "macrotrade"


@dataclass(frozen=True)
class Setting:
    """One setting of a provider: its name, its type in words, and its default where `required` is false."""

    name: str
    type: str
    default: Any
    required: bool


@dataclass(frozen=True)
class ProviderEntry:
    """A registered provider. Its module is imported when the class, the description or the settings are asked for.

    Attributes
    ----------
    name
        What strategy files and commands call it.
    path
        ``module:Class``.
    distribution, version
        The installed distribution that registered it.
    """

    name: str
    path: str
    distribution: str
    version: str

    @property
    def is_own(self) -> bool:
        """Whether it comes with macrotrade."""
        return self.distribution == _OWN

    def provider_class(self) -> type[Provider]:
        """The class itself.

        Raises
        ------
        SettingsError
            If its module cannot be imported, has no such class, or the class has no ``fit``.
        """
        module, _, attribute = self.path.partition(":")
        advice = f"Reinstall or repair {self.distribution} {self.version}, or uninstall it."
        try:
            found: Any = import_module(module)
            for part in attribute.split("."):
                found = getattr(found, part)
        except Exception as error:  # whatever a stranger's module raises is reported under the provider's name
            raise SettingsError(
                f"Provider {self.name!r} ({self.path}) could not be imported: {type(error).__name__}: {error}. {advice}"
            ) from error
        if not (isinstance(found, type) and callable(getattr(found, "fit", None))):
            raise SettingsError(f"Provider {self.name!r}: {self.path} is not a class with a method fit. {advice}")
        return cast("type[Provider]", found)

    @property
    def description(self) -> str:
        """First line of the class's docstring, its references as plain names."""
        first = (inspect.getdoc(self.provider_class()) or "").partition("\n")[0]
        return re.sub(r":\w+:`~?([^`]+)`", r"\1", first)

    @property
    def settings(self) -> tuple[Setting, ...]:
        """What can be set, in order, with defaults."""
        return tuple(
            Setting(field.name, _type_words(field.type), _default(field), _is_required(field))
            for field in _fields(self.provider_class())
        )

    @property
    def problem(self) -> str | None:
        """Why it cannot be used, or None."""
        try:
            self.provider_class()
        except SettingsError as error:
            return str(error)
        return None


def installed() -> dict[str, ProviderEntry]:
    """Every registered provider by name, in alphabetical order; none of their modules is imported.

    Where two distributions register one name, macrotrade's own keeps it, else the first in the alphabet; the others are
    listed as ``distribution/name``.
    """
    return dict(_registered(tuple((place, _changed(place)) for place in sys.path)))


@lru_cache(maxsize=4)
def _registered(places: tuple[tuple[str, int], ...]) -> dict[str, ProviderEntry]:
    """Providers registered in these folders, read once for each state of them."""
    del places
    found = {_entry(point) for point in entry_points(group=GROUP)}
    entries: dict[str, ProviderEntry] = {}
    for entry in sorted(found, key=lambda entry: (not entry.is_own, entry.distribution, entry.name)):
        name = entry.name if entry.name not in entries else f"{entry.distribution}/{entry.name}"
        entries[name] = dataclasses.replace(entry, name=name)
    return dict(sorted(entries.items()))


def _changed(place: str) -> int:
    """When something was last installed in a folder or removed from it, 0 where there is no folder."""
    try:
        return os.stat(place or ".").st_mtime_ns
    except OSError:
        return 0


def load(name: str, **settings: Any) -> Provider:
    """Provider of that name with these settings; what is not given keeps its default.

    Parameters
    ----------
    name
        As in :func:`installed`, or ``module:Class`` for one that is not registered.
    **settings
        Fields of the provider. Lists are taken for tuples and tables for nested settings, as TOML gives them.

    Raises
    ------
    SettingsError
        For a name that is not registered, a package that cannot be imported, a setting that the provider does not have
        or lacks, or a value of the wrong type; near names are offered.

    Examples
    --------
    >>> load("autoregression", n_lags=6)
    Autoregression(n_lags=6, conversion='auto', window=None)
    """
    entry = _find(name)
    provider_class = entry.provider_class()
    fields = {field.name: field for field in _fields(provider_class)}
    for setting in settings:
        if setting not in fields:
            hint = near_misses(setting, fields) if fields else "It has no settings."
            raise SettingsError(f"Provider {name!r} has no setting {setting!r}. {hint}")
    missing = [field.name for field in fields.values() if _is_required(field) and field.name not in settings]
    if missing:
        raise SettingsError(f"Provider {name!r} needs {', '.join(missing)}; give a value for each.")
    hints = get_type_hints(provider_class) if settings else {}
    checked = {setting: _checked(name, setting, value, hints[setting]) for setting, value in settings.items()}
    return provider_class(**checked)


def provider_class(name: str) -> type[Provider]:
    """Class of the provider of that name, as :func:`load` finds it."""
    return _find(name).provider_class()


def name_of(provider: Provider) -> str:
    """Name under which the provider's class is registered, or ``module:Class`` where it is not."""
    cls = type(provider)
    path = f"{cls.__module__}:{cls.__qualname__}"
    entries = installed().values()
    for entry in entries:
        if entry.path == path:
            return entry.name
    for entry in entries:
        module, _, attribute = entry.path.partition(":")
        if getattr(sys.modules.get(module), attribute, None) is cls:
            return entry.name
    return path


def _find(name: str) -> ProviderEntry:
    entries = installed()
    if name in entries:
        return entries[name]
    if ":" in name:
        return ProviderEntry(name, name, name.partition(":")[0].partition(".")[0], "(not registered)")
    raise SettingsError(f"No provider {name!r} is installed. {near_misses(name, entries)}")


def _entry(point: EntryPoint) -> ProviderEntry:
    distribution = point.dist
    if distribution is None:
        return ProviderEntry(point.name, point.value, "unknown", "unknown")
    return ProviderEntry(point.name, point.value, distribution.name, distribution.version)


def _fields(provider_class: type[Any]) -> list[dataclasses.Field[Any]]:
    if not dataclasses.is_dataclass(provider_class):
        return []
    return [field for field in dataclasses.fields(provider_class) if field.init]


def _is_required(field: dataclasses.Field[Any]) -> bool:
    return field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING


def _default(field: dataclasses.Field[Any]) -> Any:
    if field.default_factory is not dataclasses.MISSING:
        return field.default_factory()
    return None if field.default is dataclasses.MISSING else field.default


def _type_words(annotation: Any) -> str:
    return annotation if isinstance(annotation, str) else getattr(annotation, "__name__", str(annotation))


def _checked(name: str, setting: str, value: Any, annotation: Any) -> Any:
    """The value as its annotation asks, lists turned to tuples; strict otherwise: "12" is no integer."""
    from pydantic import TypeAdapter, ValidationError

    adapter: TypeAdapter[Any] = TypeAdapter(annotation)
    try:
        try:
            as_json = json.dumps(value)
        except TypeError:  # not a plain value, such as settings built in Python
            return adapter.validate_python(value, strict=True)
        return adapter.validate_json(as_json, strict=True)
    except ValidationError as error:
        problem = error.errors()[0]
        raise SettingsError(
            f"Provider {name!r}: {setting}={value!r} is not valid ({problem['msg']}); "
            f"it must be {_type_words(annotation) if isinstance(annotation, type) else annotation}."
        ) from None

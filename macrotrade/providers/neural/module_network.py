"""Networks of a user's own: which class, how it is found, and what it reads."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

from macrotrade._files import content_hash
from macrotrade.errors import SettingsError, near_misses
from macrotrade.providers.neural.network import Network, Window

__all__ = [
    "AnyNetwork",
    "ModuleNetwork",
    "found_class",
    "register_module",
    "registered_modules",
    "require_module",
    "source_fingerprint",
]

_Class = TypeVar("_Class", bound=type[Any])

_REGISTERED: dict[str, type[Any]] = {}


@dataclass(frozen=True)
class ModuleNetwork:
    """A network that is a torch ``nn.Module`` of a user's.

    Attributes
    ----------
    module
        A name given to :func:`register_module`, or ``package.module:Class``. The class is built with the keywords
        `n_series`, `n_lags` and the settings. Its ``forward`` takes windows of shape (n_rows, n_lags, n_series), scaled
        and oldest period first, and gives a tensor of shape (n_rows,).
    in_order
        The window that it reads, of the tables ``in_order`` of a sample.
    settings
        Further keywords and their values.
    """

    module: str
    in_order: Window
    settings: tuple[tuple[str, Any], ...] = ()

    def __post_init__(self) -> None:
        if not self.in_order.size:
            raise SettingsError(f"{self.module} must read something: give in_order its series and lags.")

    @property
    def n_lags(self) -> int:
        """Periods that a row needs, the newest included."""
        return self.in_order.n_lags

    @property
    def keywords(self) -> dict[str, Any]:
        """What the class is built with."""
        return {"n_series": self.in_order.n_series, "n_lags": self.in_order.n_lags, **dict(self.settings)}


AnyNetwork: TypeAlias = Network | ModuleNetwork
"""One of ours, or a user's own."""


def register_module(name: str) -> Callable[[_Class], _Class]:
    """Decorator that lets an ``nn.Module`` be called by this name.

    Examples
    --------
    >>> @register_module("mean-of-window")
    ... class MeanOfWindow: ...
    >>> "mean-of-window" in registered_modules()
    True
    """

    def register(module: _Class) -> _Class:
        _REGISTERED[name] = module
        return module

    return register


def registered_modules() -> tuple[str, ...]:
    """Names given by :func:`register_module`, in alphabetical order."""
    return tuple(sorted(_REGISTERED))


def require_module(name: str) -> None:
    """Raise SettingsError unless the name is registered or its path leads to a module; nothing but packages is run."""
    path, _, attribute = name.partition(":")
    if name not in _REGISTERED and not attribute:
        known = near_misses(name, _REGISTERED) if _REGISTERED else "None is registered."
        raise SettingsError(f"No module {name!r} is registered. {known} A class is given as package.module:Class.")
    if name in _REGISTERED:
        return
    try:
        is_there = find_spec(path) is not None
    except (ImportError, ValueError):
        is_there = False
    if not is_there:
        raise SettingsError(f"{name}: there is no module {path}. Check that it is installed or on PYTHONPATH.")


def source_fingerprint(name: str) -> str:
    """Told from the same module before or after its file was edited; empty where there is no such file."""
    path = name.partition(":")[0]
    try:
        registered = _REGISTERED.get(name)
        file = getattr(find_spec(path), "origin", None) if registered is None else inspect.getsourcefile(registered)
    except (ImportError, OSError, TypeError, ValueError):
        return ""
    return content_hash(Path(file or ""))


def found_class(name: str) -> type[Any]:
    """The class of that name or path, whose module is imported.

    Raises
    ------
    SettingsError
        If nothing is registered under the name, or the path's module cannot be imported or has no such class.
    """
    require_module(name)
    if name in _REGISTERED:
        return _REGISTERED[name]
    path, _, attribute = name.partition(":")
    try:
        found: Any = import_module(path)
        for part in attribute.split("."):
            found = getattr(found, part)
    except Exception as error:  # whatever a stranger's module raises is reported under its path
        raise SettingsError(
            f"{name} could not be imported: {type(error).__name__}: {error}. Check that {path} is installed or on "
            "PYTHONPATH and has that class."
        ) from error
    if not isinstance(found, type):
        raise SettingsError(f"{name} is {type(found).__name__}, not a class; give the class of an nn.Module.")
    return found

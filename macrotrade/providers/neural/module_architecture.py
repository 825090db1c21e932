"""An architecture that is a user's own torch module, before it meets data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, TypeAlias, get_args

from macrotrade.errors import SettingsError, near_misses
from macrotrade.providers.neural.architecture import Architecture, Reads
from macrotrade.providers.neural.module_network import ModuleNetwork, require_module
from macrotrade.providers.neural.network import Window

__all__ = ["AnyArchitecture", "ModuleArchitecture"]


@dataclass(frozen=True)
class ModuleArchitecture:
    """A module and what it reads.

    Attributes
    ----------
    module, settings
        As in :class:`macrotrade.providers.neural.module_network.ModuleNetwork`.
    in_order
        Series read.
    n_lags
        Periods read, the newest included.
    """

    module: str
    in_order: Reads = "pool"
    n_lags: int = 48
    settings: tuple[tuple[str, Any], ...] = ()

    at_once: ClassVar[None] = None

    def __post_init__(self) -> None:
        if not self.module:
            raise SettingsError("module must name a registered module, or a class as package.module:Class.")
        require_module(self.module)
        if self.in_order not in get_args(Reads):
            raise SettingsError(f"reads={self.in_order!r} is not known. {near_misses(self.in_order, get_args(Reads))}")
        if self.n_lags < 1:
            raise SettingsError(f"lags must be at least 1, not {self.n_lags}.")

    @property
    def label(self) -> str:
        """Name of the class, or the name it is registered under."""
        return self.module.rpartition(":")[2]

    @property
    def sizes(self) -> str:
        """Such as ``on 48 lags``."""
        return f"on {self.n_lags} lags"

    def network(self, sizes: dict[Reads, int], groups: tuple[int, ...]) -> ModuleNetwork:
        """The network for that many series of each kind; groups are not told to a module."""
        del groups
        return ModuleNetwork(self.module, Window(sizes[self.in_order], self.n_lags), self.settings)


AnyArchitecture: TypeAlias = Architecture | ModuleArchitecture
"""One of ours, or a user's own."""

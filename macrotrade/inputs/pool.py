"""The series that a provider reads: all of a panel, or those it names."""

from __future__ import annotations

from dataclasses import dataclass

from macrotrade.errors import FitError, SettingsError, near_misses
from macrotrade.panel.panel import Panel

__all__ = ["Pool"]


@dataclass(frozen=True)
class Pool:
    """Series by name, beside those that are forecast.

    Attributes
    ----------
    names
        Series without which nothing is fitted; none for every series of the panel.
    optional
        Series that join them where the panel has them. That one is absent is told.
    """

    names: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "names", tuple(self.names))
        object.__setattr__(self, "optional", tuple(self.optional))
        if self.optional and not self.names:
            raise SettingsError(f"optional = {list(self.optional)} joins a pool: name the series of the pool too.")

    @property
    def essential(self) -> tuple[str, ...] | None:
        """Series without fresh values of which nothing is to be forecast; None where that may be the whole panel."""
        return self.names or None

    def chosen(self, known: tuple[str, ...], targets: tuple[str, ...], panel: Panel) -> tuple[str, ...]:
        """Those of the known series that are read, the targets among them.

        Raises
        ------
        FitError
            If a series that is not optional is absent.
        """
        if not self.names:
            return known
        for name in self.names:
            if name not in known:
                raise FitError(
                    f"{name} of the pool is not among the {len(known)} series known at {panel.as_of:%Y-%m-%d}. "
                    f"{near_misses(name, known)} Leave it out, or name it as optional."
                )
        wanted = {*self.names, *self.optional, *targets}
        return tuple(name for name in known if name in wanted)

    def left_out(self, used: tuple[str, ...]) -> tuple[str, ...]:
        """Optional series that are not among those used."""
        return tuple(name for name in self.optional if name not in used)

    def require(self, used: tuple[str, ...], panel: Panel) -> None:
        """Raise FitError where a series of the pool cannot be used, though the panel has it."""
        for name in self.names:
            if name not in used:
                raise FitError(
                    f"{name} of the pool has ended, is constant or is known for less than half of the rows at "
                    f"{panel.as_of:%Y-%m-%d}. Leave it out, or name it as optional."
                )

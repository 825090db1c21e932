"""An architecture with the name that its members carry, and the series that a user named for it."""

from __future__ import annotations

from dataclasses import dataclass

from macrotrade.providers.neural.module_architecture import AnyArchitecture

__all__ = ["NamedArchitecture"]


@dataclass(frozen=True)
class NamedArchitecture:
    """What one ensemble is made of.

    Attributes
    ----------
    label
        Name of its members.
    architecture
        Of every member.
    own, pool, optional
        As in :func:`macrotrade.providers.neural.inputs.inputs_of`.
    """

    label: str
    architecture: AnyArchitecture
    own: tuple[str, ...] = ()
    pool: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()

"""An architecture before it meets data: which series a network reads, over how many periods, and how it is built."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal, TypeAlias, get_args

from macrotrade.errors import SettingsError, near_misses
from macrotrade.providers.neural.network import Convolution, Network, Window

__all__ = ["Architecture", "Filters", "Reads"]

Reads: TypeAlias = Literal["own", "pool", "all"]
"""``own``: the target's own group; ``pool``: every other series; ``all``: both."""


@dataclass(frozen=True)
class Filters:
    """Sizes of a :class:`Convolution`, whose groups are those of the series read.

    Attributes
    ----------
    width, filters, mixed, pooled
        As there.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}  # else a misspelt size would be its default

    width: int = 3
    filters: int = 2
    mixed: int = 8
    pooled: int = 3


@dataclass(frozen=True)
class Architecture:
    """What a network reads at once and in order, and its sizes.

    Attributes
    ----------
    at_once, in_order
        Series read by the head as they are, and by the LSTM period by period; None for none.
    at_once_lags, in_order_lags
        Periods of each, the newest included.
    nodes, layers, factors
        As in :class:`Network`.
    filters
        Those before the LSTM, or None.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}  # else a misspelt size would be its default

    at_once: Reads | None = None
    in_order: Reads | None = None
    at_once_lags: int = 24
    in_order_lags: int = 48
    nodes: int = 128
    layers: int = 4
    factors: int = 2
    filters: Filters | None = None

    def __post_init__(self) -> None:
        for reads in (self.at_once, self.in_order):
            if reads is not None and reads not in get_args(Reads):
                raise SettingsError(f"reads={reads!r} is not known. {near_misses(reads, get_args(Reads))}")
        if self.at_once is None and self.in_order is None:
            raise SettingsError("An architecture must read something: at_once, in_order or both.")
        if self.filters is not None and self.in_order is None:
            raise SettingsError("Filters come before an LSTM: say what is read in_order.")
        for name in ("at_once_lags", "in_order_lags", "nodes", "layers", "factors"):
            if getattr(self, name) < 1:
                said = f"lags ({name})" if name.endswith("lags") else name
                raise SettingsError(f"{said} must be at least 1, not {getattr(self, name)}.")

    @property
    def label(self) -> str:
        """Such as ``LSTM-pool``: the kind of network, and what it reads where the kind does not say."""
        if self.filters is not None:
            return "CNN-LSTM"
        if self.at_once and self.in_order:
            return "FF-LSTM"
        return f"FF-{self.at_once}" if self.at_once else f"LSTM-{self.in_order}"

    @property
    def sizes(self) -> str:
        """Such as ``4 x 128 on 48 lags``."""
        return f"{self.layers} x {self.nodes} on {self.n_lags} lags"

    @property
    def n_lags(self) -> int:
        """Periods that a row needs, the newest included."""
        at_once = self.at_once_lags if self.at_once else 0
        in_order = self.in_order_lags if self.in_order else 0
        return max(at_once, in_order)

    def network(self, sizes: dict[Reads, int], groups: tuple[int, ...]) -> Network:
        """The network for that many series of each kind; `groups` counts the series of each group read in order."""
        return Network(
            Window(sizes[self.at_once], self.at_once_lags) if self.at_once else Window(),
            Window(sizes[self.in_order], self.in_order_lags) if self.in_order else Window(),
            self.nodes,
            self.layers,
            self.factors if self.in_order else 0,
            None if self.filters is None else Convolution(groups, **vars(self.filters)),
        )

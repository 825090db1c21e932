"""Providers of neural ensembles: feed-forward, LSTM, both joined, and an LSTM behind convolutions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from macrotrade.errors import SettingsError
from macrotrade.providers.neural.architecture import Architecture, Filters, Reads
from macrotrade.providers.neural.module_architecture import ModuleArchitecture
from macrotrade.providers.neural.module_network import source_fingerprint
from macrotrade.providers.neural.named import NamedArchitecture
from macrotrade.providers.neural.settings import NeuralSettings

__all__ = ["CNNLSTM", "FFLSTM", "LSTM", "FeedForward", "ModuleEnsemble", "Networks"]


@dataclass(frozen=True, kw_only=True)
class FeedForward(NeuralSettings):
    """Ensemble of feed-forward networks on the last values of the target's own group, or of the pool of other series.

    Layers with ReLU read all lags at once (Paranhos, 2023, section 2.1).

    Parameters
    ----------
    reads
        ``pool``, ``own`` or ``all``.
    lags
        Periods read, the newest included.
    nodes, layers
        Hidden layers and the nodes of each.
    own, pool, optional, window
        Series and periods read; see :class:`NeuralSettings`, as for all that follow.
    n_members, epochs, batch, learning_rate, n_judged, seed, device, saved
        How many members, and how they are trained and kept.
    start, forget_bias, orthogonal
        First weights.
    """

    reads: Reads = "pool"
    lags: int = 48
    nodes: int = 128
    layers: int = 3
    batch: int | None = 128

    def architectures(self) -> tuple[NamedArchitecture, ...]:
        """The one it is made of."""
        return self.named(
            Architecture(at_once=self.reads, at_once_lags=self.lags, nodes=self.nodes, layers=self.layers),
        )


@dataclass(frozen=True, kw_only=True)
class LSTM(NeuralSettings):
    """Ensemble of LSTM networks: a few factors drawn from many series, period by period, and a head on the last ones.

    As in Paranhos (2023), section 2.2; the factors can be looked at (docs/neural.md).

    Parameters
    ----------
    reads
        ``pool``, ``own`` or ``all``.
    lags
        Periods read, the newest included; the state is zero before the first.
    factors
        p, size of the LSTM's state.
    nodes, layers
        Hidden layers of the head and the nodes of each.
    own, pool, optional, window
        Series and periods read; see :class:`NeuralSettings`, as for all that follow.
    n_members, epochs, batch, learning_rate, n_judged, seed, device, saved
        How many members, and how they are trained and kept.
    start, forget_bias, orthogonal
        First weights.
    """

    reads: Reads = "pool"
    lags: int = 48
    factors: int = 2
    nodes: int = 128
    layers: int = 4

    demo_refit_every: ClassVar[int | None] = 240
    demo_settings: ClassVar[Mapping[str, Any]] = {
        "n_members": 16,
        "n_judged": 8,
        "epochs": 60,
        "learning_rate": 0.01,
        "nodes": 4,
        "lags": 24,
    }

    def architectures(self) -> tuple[NamedArchitecture, ...]:
        """The one it is made of."""
        return self.named(
            Architecture(
                in_order=self.reads,
                in_order_lags=self.lags,
                factors=self.factors,
                nodes=self.nodes,
                layers=self.layers,
            ),
        )


@dataclass(frozen=True, kw_only=True)
class FFLSTM(NeuralSettings):
    """Ensemble of networks whose head reads the target's own group at once, and an LSTM's factors of the pool.

    As in Paranhos (2023), section 2.3.

    Parameters
    ----------
    own_lags, lags
        Periods read of the own group and of the pool, the newest included.
    factors, nodes, layers
        As in :class:`LSTM`.
    own, pool, optional, window
        Series and periods read; see :class:`NeuralSettings`, as for all that follow.
    n_members, epochs, batch, learning_rate, n_judged, seed, device, saved
        How many members, and how they are trained and kept.
    start, forget_bias, orthogonal
        First weights.
    """

    own_lags: int = 24
    lags: int = 48
    factors: int = 2
    nodes: int = 128
    layers: int = 4
    batch: int | None = 128

    def architectures(self) -> tuple[NamedArchitecture, ...]:
        """The one it is made of."""
        return self.named(
            Architecture(
                at_once="own",
                in_order="pool",
                at_once_lags=self.own_lags,
                in_order_lags=self.lags,
                factors=self.factors,
                nodes=self.nodes,
                layers=self.layers,
            ),
        )


@dataclass(frozen=True, kw_only=True)
class CNNLSTM(NeuralSettings):
    """Ensemble of LSTM networks behind convolutions over time: filters within each group of series, then across groups.

    Groups are the publisher's, as the panel has them. Filters are causal and their outputs are averaged over a few
    periods before the LSTM reads them, so that slow flows, such as fiscal ones and the balances of sectors, are seen as
    such.

    Parameters
    ----------
    reads
        ``pool``, ``own`` or ``all``.
    lags
        Periods read, the newest included.
    width, filters, mixed, pooled
        Sizes of the convolutions; see :class:`macrotrade.providers.neural.network.Convolution`.
    factors, nodes, layers
        As in :class:`LSTM`.
    own, pool, optional, window
        Series and periods read; see :class:`NeuralSettings`, as for all that follow.
    n_members, epochs, batch, learning_rate, n_judged, seed, device, saved
        How many members, and how they are trained and kept.
    start, forget_bias, orthogonal
        First weights.
    """

    reads: Reads = "all"
    lags: int = 36
    width: int = 3
    filters: int = 2
    mixed: int = 8
    pooled: int = 3
    factors: int = 4
    nodes: int = 16
    layers: int = 1
    epochs: int = 200

    demo_refit_every: ClassVar[int | None] = 240
    demo_settings: ClassVar[Mapping[str, Any]] = {
        "n_members": 16,
        "n_judged": 8,
        "epochs": 30,
        "learning_rate": 0.01,
        "lags": 24,
    }

    def architectures(self) -> tuple[NamedArchitecture, ...]:
        """The one it is made of."""
        return self.named(
            Architecture(
                in_order=self.reads,
                in_order_lags=self.lags,
                factors=self.factors,
                nodes=self.nodes,
                layers=self.layers,
                filters=Filters(self.width, self.filters, self.mixed, self.pooled),
            ),
        )


@dataclass(frozen=True, kw_only=True)
class Networks(NeuralSettings):
    """Ensemble over architectures: members of each kind of network weigh the same in one forecast.

    No single size is trusted: the paper's conclusion advises to average over architectures as over first weights
    (Paranhos, 2023, section 8).

    Parameters
    ----------
    networks
        Architectures, each with `n_members` members; as tables in TOML, such as
        ``networks = [{in_order = "pool", nodes = 4}, {at_once = "own", at_once_lags = 24, nodes = 16}]``.
    own, pool, optional, window
        Series and periods read; see :class:`NeuralSettings`, as for all that follow.
    n_members, epochs, batch, learning_rate, n_judged, seed, device, saved
        How many members, and how they are trained and kept.
    start, forget_bias, orthogonal
        First weights.
    """

    networks: tuple[Architecture, ...] = (
        Architecture(at_once="pool", at_once_lags=24, nodes=16, layers=2),
        Architecture(in_order="pool", nodes=4),
        Architecture(in_order="pool", nodes=32),
        Architecture(at_once="own", in_order="pool", nodes=16),
    )

    def __post_init__(self) -> None:
        if not self.networks:
            raise SettingsError("networks must name at least one architecture.")
        super().__post_init__()

    def architectures(self) -> tuple[NamedArchitecture, ...]:
        """Those named, in order."""
        return self.named(*self.networks)


@dataclass(frozen=True, kw_only=True)
class ModuleEnsemble(NeuralSettings):
    """Ensemble of a torch module of your own, its members trained together where torch can.

    Each member is built from a seed of its own and draws its first weights itself, so `start`, `forget_bias` and
    `orthogonal` are not used.

    Parameters
    ----------
    module
        Its class as ``package.module:Class``, or a name given to
        :func:`macrotrade.providers.neural.module_network.register_module`. It is built with `n_series`, `n_lags` and
        `settings`; its ``forward`` takes windows of shape (n_rows, n_lags, n_series), scaled to [-1, 1] and oldest
        period first, and gives a tensor of shape (n_rows,).
    reads
        ``pool``, ``own`` or ``all``.
    lags
        Periods read, the newest included.
    settings
        Further keywords of the class, such as ``{width = 16}``.
    own, pool, optional, window
        Series and periods read; see :class:`NeuralSettings`, as for all that follow.
    n_members, epochs, batch, learning_rate, n_judged, seed, device, saved
        How many members, and how they are trained and kept.
    start, forget_bias, orthogonal
        First weights.
    """

    module: str
    reads: Reads = "pool"
    lags: int = 48
    settings: dict[str, Any] = field(default_factory=dict)

    @property
    def files_fingerprint(self) -> str:
        """State of the module's file, and of the saved forecaster where there is one."""
        return super().files_fingerprint + source_fingerprint(self.module)

    def architectures(self) -> tuple[NamedArchitecture, ...]:
        """The one it is made of."""
        return self.named(ModuleArchitecture(self.module, self.reads, self.lags, tuple(sorted(self.settings.items()))))

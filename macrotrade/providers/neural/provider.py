"""Providers of neural ensembles: feed-forward, LSTM, both joined, and an LSTM behind convolutions."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from macrotrade.errors import SettingsError
from macrotrade.forecast import Target
from macrotrade.inputs.known import check_window
from macrotrade.inputs.pool import Pool
from macrotrade.panel.panel import Panel
from macrotrade.providers.neural.architecture import Architecture, Filters, Reads
from macrotrade.providers.neural.ensemble import EnsembleSettings, Tell
from macrotrade.providers.neural.forecaster import NeuralForecaster, fit_ensembles
from macrotrade.providers.neural.initialisation import Initialisation, Start
from macrotrade.providers.neural.module_architecture import AnyArchitecture, ModuleArchitecture
from macrotrade.providers.neural.named import NamedArchitecture
from macrotrade.providers.neural.training import Training

__all__ = ["CNNLSTM", "FFLSTM", "LSTM", "FeedForward", "ModuleEnsemble", "Networks", "NeuralSettings"]

_MOST_JUDGED = 10


@dataclass(frozen=True, kw_only=True)
class NeuralSettings(ABC):
    """What all neural ensembles can be told.

    Series enter in stationary form as last known (:mod:`macrotrade.inputs.predictors`), scaled to [-1, 1] by their
    least and greatest values in sample, and so does what is forecast. Each horizon of each series has an ensemble of
    its own, trained on the outcome at that horizon.

    Parameters
    ----------
    own
        Series of the target's own group beside itself, such as the other consumer prices for a consumer price.
    pool
        Series of the pool; all that are not the own group's by default.
    optional
        Series that join a named pool where the panel has them.
    n_members
        K, networks of an ensemble, which differ in their first weights.
    epochs
        Passes over the rows.
    batch
        Rows in a step; None takes all.
    learning_rate
        Adam's.
    start, forget_bias, orthogonal
        First weights; see :class:`macrotrade.providers.neural.initialisation.Initialisation`.
    n_judged
        Members trained a second time without the last fifth of rows, from which the forecast's scale comes; at most
        `n_members`. With 0 the scale is the standard deviation of the outcome.
    window
        Periods used, the last ones known; None takes all.
    device
        ``cpu``, or a device of torch's such as ``cuda``.
    saved
        Folder of a forecaster saved by :func:`macrotrade.providers.neural.store.save_forecaster`, which is used instead
        of training; empty trains.
    seed
        Of first weights and of the order of rows.
    """

    own: tuple[str, ...] = ()
    pool: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    n_members: int = 100
    epochs: int = 400
    batch: int | None = None
    learning_rate: float = 1e-3
    start: Start = "glorot"
    forget_bias: float = 0.0
    orthogonal: bool = False
    n_judged: int = _MOST_JUDGED
    window: int | None = None
    device: str = "cpu"
    saved: str = ""
    seed: int = 0

    default_refit_every: ClassVar[int | None] = 48
    demo_refit_every: ClassVar[int | None] = None

    def __post_init__(self) -> None:
        if self.n_members < 1:
            raise SettingsError(f"n_members must be at least 1, not {self.n_members}.")
        if self.n_judged < 0:
            raise SettingsError(f"n_judged must be 0 or more, not {self.n_judged}.")
        check_window(self.window)
        Pool(self.pool, self.optional)
        self.ensemble_settings()
        self.architectures()  # all three check what they are given

    @property
    def essential_series(self) -> tuple[str, ...] | None:
        """Series of the own group and of the pool, where one is named."""
        pool = Pool(self.pool, self.optional).essential
        return (*self.own, *pool) if pool else None

    @abstractmethod
    def architectures(self) -> tuple[NamedArchitecture, ...]:
        """What the ensembles are made of."""

    def ensemble_settings(self) -> EnsembleSettings:
        """How they are trained."""
        return EnsembleSettings(
            self.n_members,
            min(self.n_judged, self.n_members),
            Training(self.epochs, self.batch, self.learning_rate, seed=self.seed),
            Initialisation(self.start, self.forget_bias, self.orthogonal),
            self.device,
            self.seed,
        )

    def fit(self, panel: Panel, target: Target) -> NeuralForecaster:
        """Forecaster with an ensemble for each series and horizon.

        Raises
        ------
        FitError
            If a series is too short, one that is named is not in the panel, or a saved forecaster was trained on later
            periods than the panel's.
        """
        return self.fit_telling(panel, target)

    def fit_telling(self, panel: Panel, target: Target, tell: Tell | None = None) -> NeuralForecaster:
        """The same, calling `tell` with what is trained, members done and members in all."""
        if self.saved:
            from macrotrade.providers.neural.store import load_for

            return load_for(Path(self.saved), panel, target)
        return fit_ensembles(panel, target, self.architectures(), self.ensemble_settings(), self.window, tell)

    def _named(self, *architectures: AnyArchitecture) -> tuple[NamedArchitecture, ...]:
        """Each with its label, and with its sizes where two share one."""
        labels = [one.label for one in architectures]
        return tuple(
            NamedArchitecture(
                label if labels.count(label) == 1 else f"{label} {one.sizes}",
                one,
                tuple(self.own),
                tuple(self.pool),
                tuple(self.optional),
            )
            for label, one in zip(labels, architectures, strict=True)
        )


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
        return self._named(
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
        return self._named(
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
        return self._named(
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
        return self._named(
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
        return self._named(*self.networks)


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

    def architectures(self) -> tuple[NamedArchitecture, ...]:
        """The one it is made of."""
        return self._named(ModuleArchitecture(self.module, self.reads, self.lags, tuple(sorted(self.settings.items()))))

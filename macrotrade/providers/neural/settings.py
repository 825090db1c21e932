"""What every provider of neural ensembles can be told, and how its ensembles are fitted or read back."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from numbers import Integral, Real
from pathlib import Path
from typing import Any, ClassVar

from macrotrade.errors import SettingsError
from macrotrade.forecast import Target
from macrotrade.inputs.known import check_window
from macrotrade.inputs.pool import Pool
from macrotrade.panel.panel import Panel
from macrotrade.providers.neural.ensemble import EnsembleSettings, Tell
from macrotrade.providers.neural.forecaster import NeuralForecaster, fit_ensembles
from macrotrade.providers.neural.initialisation import Initialisation, Start
from macrotrade.providers.neural.module_architecture import AnyArchitecture
from macrotrade.providers.neural.named import NamedArchitecture
from macrotrade.providers.neural.training import Training

__all__ = ["NeuralSettings"]

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
        self._check_kinds()
        if self.n_members < 1:
            raise SettingsError(f"n_members must be at least 1, not {self.n_members}.")
        if self.n_judged < 0:
            raise SettingsError(f"n_judged must be 0 or more, not {self.n_judged}.")
        if self.seed < 0:
            raise SettingsError(f"seed must be at least 0, not {self.seed}.")
        check_window(self.window)
        Pool(self.pool, self.optional)
        self.ensemble_settings()
        self.architectures()  # all three check what they are given

    def _check_kinds(self) -> None:
        """Say which setting is not of its kind; a strategy file's settings were checked before."""
        for name in ("own", "pool", "optional"):
            if isinstance(getattr(self, name), str):
                raise SettingsError(f"{name} must be a tuple of names, not the text {getattr(self, name)!r}.")
        for name in ("n_members", "epochs", "n_judged", "seed"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, Integral):
                raise SettingsError(f"{name} must be a whole number, not {value!r}.")
        for name in ("learning_rate", "forget_bias"):
            if not isinstance(getattr(self, name), Real):
                raise SettingsError(f"{name} must be a number, not {getattr(self, name)!r}.")
        batch: Any = self.batch
        if not (batch is None or isinstance(batch, Integral)):
            raise SettingsError(f"batch must be a whole number, or None for all rows, not {batch!r}.")

    @property
    def essential_series(self) -> tuple[str, ...] | None:
        """Series of the own group and of the pool, where one is named."""
        pool = Pool(self.pool, self.optional).essential
        return (*self.own, *pool) if pool else None

    @property
    def files_fingerprint(self) -> str:
        """State of the saved forecaster, empty where there is none."""
        if not self.saved:
            return ""
        from macrotrade.providers.neural.store import fingerprint

        return fingerprint(Path(self.saved))

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

    def named(self, *architectures: AnyArchitecture) -> tuple[NamedArchitecture, ...]:
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

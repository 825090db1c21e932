"""An ensemble for one series at one horizon: trained members, what they say, and how far they were off unseen rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from macrotrade._typing import BoolArray, FloatArray, IntArray
from macrotrade.errors import FitError
from macrotrade.providers.neural.initialisation import Initialisation, initial_weights
from macrotrade.providers.neural.inputs import FEWEST_ROWS, Inputs, Outcome
from macrotrade.providers.neural.module_architecture import AnyArchitecture
from macrotrade.providers.neural.module_network import AnyNetwork, ModuleNetwork
from macrotrade.providers.neural.sample import Sample, Scaling
from macrotrade.providers.neural.training import Training, respond, train

__all__ = ["Ensemble", "EnsembleSettings", "Tell", "held_out_rows", "train_ensemble"]

Tell = Callable[[str, int, int], None]
"""Called with what is trained, members done and members in all."""

_HELD_OUT = 5
_LEAST_SHARE_OF_SCALE = 0.1


@dataclass(frozen=True)
class EnsembleSettings:
    """How many members, where they start, and how they are trained.

    Attributes
    ----------
    n_members
        K.
    n_judged
        Members trained without the last fifth of rows, to see how far off an ensemble is there.
    training, initialisation, device
        As in :mod:`macrotrade.providers.neural.training`.
    seed
        Of the first weights.
    """

    n_members: int
    n_judged: int
    training: Training
    initialisation: Initialisation
    device: str = "cpu"
    seed: int = 0


@dataclass(frozen=True, eq=False)
class Ensemble:
    """Members that differ in their first weights only.

    Attributes
    ----------
    architecture, network
        What each of them is.
    weights
        Shape (n_members, n_parameters), float32.
    outcome_scaling
        Of what is forecast.
    scale
        Standard deviation of each member's Gaussian, in the measure's units.
    step
        Periods from the last known value.
    losses
        Shape (n_members,): mean squared error of the last epoch, in scaled units.
    constant_loss
        That of a constant, the mean of the outcome: members that do no better have not been trained long enough.
    """

    architecture: AnyArchitecture
    network: AnyNetwork
    weights: npt.NDArray[np.float32]
    outcome_scaling: Scaling
    scale: float
    step: int
    losses: npt.NDArray[np.float32]
    constant_loss: float

    @property
    def n_members(self) -> int:
        """K."""
        return len(self.weights)

    @property
    def is_undertrained(self) -> bool:
        """Whether half of the members fit their own rows no better than a constant."""
        return bool(np.median(self.losses) >= self.constant_loss)

    def says(self, sample: Sample, device: str = "cpu") -> FloatArray:
        """Forecasts of the members for the sample's rows, shape (n_members, n_rows), in the measure's units."""
        return self.outcome_scaling.reported(respond(self.network, self.weights, sample, device=device).outputs)

    def factors(self, sample: Sample, device: str = "cpu") -> npt.NDArray[np.float32]:
        """LSTM factors of the members for the sample's rows, shape (n_members, n_rows, p)."""
        return respond(self.network, self.weights, sample, device=device).factors

    def forecast(self, inputs: Inputs, recent: FloatArray, device: str = "cpu") -> FloatArray:
        """Forecasts of the members from the newest row of `recent`, shape (n_members,); see :meth:`Inputs.newest`."""
        return self.says(inputs.newest(self.architecture, recent), device)[:, 0]


def train_ensemble(
    architecture: AnyArchitecture,
    inputs: Inputs,
    outcome: Outcome,
    settings: EnsembleSettings,
    tell: Tell | None = None,
) -> Ensemble:
    """Ensemble trained on every row whose outcome is known.

    Its scale comes from rows that were not trained on: `n_judged` members are trained without the last fifth of rows
    and without those before it whose outcomes reach into it. With m the mean of the members and v their variance, the
    mixture's variance is scale^2 + v, so scale^2 is the mean of (y - m)^2 less the mean of v, and at least a tenth of
    the former.

    Parameters
    ----------
    architecture, inputs
        What every member is, and what it reads.
    outcome
        What is forecast.
    settings
        How many members, and how they are trained.
    tell
        Called with what is trained, members done and members in all.

    Raises
    ------
    FitError
        If fewer than 36 rows are known, or training ends in numbers that are not finite.
    """
    network = inputs.network(architecture)
    sample = inputs.sample(architecture, outcome)
    scale = _scale_of_unseen(network, sample, outcome, settings, tell)
    weights, losses = _trained(network, sample, settings, settings.n_members, "members", tell)
    constant_loss = float(sample.outcome.var())
    return Ensemble(architecture, network, weights, outcome.scaling, scale, outcome.step, losses, constant_loss)


def held_out_rows(ends: IntArray, step: int) -> tuple[int, BoolArray]:
    """Place of the first of the last fifth of rows, and which rows have their outcome, `step` periods on, by then."""
    first = ends.size - max(1, ends.size // _HELD_OUT)
    return first, ends + step <= ends[first]


def _scale_of_unseen(
    network: AnyNetwork, sample: Sample, outcome: Outcome, settings: EnsembleSettings, tell: Tell | None
) -> float:
    unit = float(outcome.scaling.half_range[0])
    first, seen = held_out_rows(sample.ends, outcome.step)
    if settings.n_judged == 0 or seen.sum() < FEWEST_ROWS:
        return unit * float(sample.outcome.std())
    unseen = sample.rows(slice(first, None))
    weights, _ = _trained(network, sample.rows(seen), settings, settings.n_judged, "members judged", tell)
    said = respond(network, weights, unseen, device=settings.device).outputs.astype(np.float64)
    squared_error = float(np.square(unseen.outcome - said.mean(axis=0)).mean())
    disagreement = float(said.var(axis=0).mean())
    return unit * float(np.sqrt(max(squared_error - disagreement, _LEAST_SHARE_OF_SCALE * squared_error)))


def _trained(
    network: AnyNetwork, sample: Sample, settings: EnsembleSettings, n_members: int, what: str, tell: Tell | None
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    first = _first_weights(network, settings, n_members)

    def progress(done: int, of: int) -> None:
        if tell is not None:
            tell(what, done, of)

    trained = train(network, sample, first, settings.training, device=settings.device, progress=progress)
    broken = ~np.isfinite(trained.weights).all(axis=1)
    if broken.any():
        raise FitError(
            f"{int(broken.sum())} of {n_members} networks ended in numbers that are not finite; lower learning_rate."
        )
    return trained.weights, trained.losses[:, -1]


def _first_weights(network: AnyNetwork, settings: EnsembleSettings, n_members: int) -> npt.NDArray[np.float32]:
    """As the initialisation draws them; a module of a user's draws its own."""
    if isinstance(network, ModuleNetwork):
        from macrotrade.providers.neural.modules import initial_modules

        return initial_modules(network, settings.seed, range(n_members))
    return initial_weights(network, settings.initialisation, settings.seed, range(n_members))

"""Training of many members at once: one door, behind which compiled loops or batched torch do the work."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from macrotrade._typing import IntArray
from macrotrade.errors import SettingsError
from macrotrade.providers.neural.module_network import AnyNetwork, ModuleNetwork
from macrotrade.providers.neural.sample import Sample

__all__ = ["Progress", "Responses", "Trained", "Training", "respond", "row_order", "train"]

Progress: TypeAlias = Callable[[int, int], None]
"""Called with members done and members in all."""


@dataclass(frozen=True)
class Training:
    """How weights are trained: Adam (Kingma and Ba, 2015) on mean squared errors, for a fixed number of epochs.

    Attributes
    ----------
    epochs
        Passes over the rows; nothing stops earlier.
    batch
        Rows in a step, drawn anew each epoch; None takes all of them in one step.
    learning_rate, first_moment, second_moment, epsilon
        Adam's alpha, beta_1, beta_2 and epsilon.
    seed
        Of the order of rows, which all members share.
    """

    epochs: int = 400
    batch: int | None = None
    learning_rate: float = 1e-3
    first_moment: float = 0.9
    second_moment: float = 0.999
    epsilon: float = 1e-8
    seed: int = 0

    def __post_init__(self) -> None:
        if self.epochs < 1:
            raise SettingsError(f"epochs must be at least 1, not {self.epochs}.")
        if self.batch is not None and self.batch < 1:
            raise SettingsError(f"batch must be None (all rows) or at least 1, not {self.batch}.")
        if not 0.0 < self.learning_rate < 1.0:
            raise SettingsError(f"learning_rate must lie inside (0, 1), not {self.learning_rate}.")


@dataclass(frozen=True, eq=False)
class Trained:
    """Members after training.

    Attributes
    ----------
    weights
        Shape (n_members, n_parameters), float32; see :attr:`Network.parameters`.
    losses
        Shape (n_members, epochs), float32: mean squared error over the rows of each epoch, in scaled units, each batch
        before its step.
    """

    weights: npt.NDArray[np.float32]
    losses: npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Responses:
    """What members say of some rows.

    Attributes
    ----------
    outputs
        Shape (n_members, n_rows), scaled, float32.
    factors
        Shape (n_members, n_rows, p), float32: last states f of the LSTM; p is 0 without one.
    """

    outputs: npt.NDArray[np.float32]
    factors: npt.NDArray[np.float32]


def train(
    network: AnyNetwork,
    sample: Sample,
    weights: npt.NDArray[np.float32],
    training: Training,
    *,
    device: str = "cpu",
    progress: Progress | None = None,
) -> Trained:
    """Members trained from these weights, which are left as they are.

    A member's result depends on its own weights only: not on the others, nor on how many are trained at once or on how
    many threads. On the processor, networks without a convolution are trained by compiled loops; others, and all on
    another device, by batched torch.

    Parameters
    ----------
    network, sample, training
        What is trained, on what, and how.
    weights
        Shape (n_members, n_parameters), as :func:`initial_weights` draws them.
    device
        ``cpu``, or a device of torch's such as ``cuda``.
    progress
        Called now and then with members done and members in all.
    """
    if isinstance(network, ModuleNetwork):
        from macrotrade.providers.neural.modules import train_modules

        return train_modules(network, sample, weights, training, device, progress)
    if device == "cpu" and network.convolution is None:
        from macrotrade.providers.neural.compiled_engine import train_compiled

        return train_compiled(network, sample, weights, training, progress)
    from macrotrade.providers.neural.torch_engine import train_batched

    return train_batched(network, sample, weights, training, device, progress)


def respond(network: AnyNetwork, weights: npt.NDArray[np.float32], sample: Sample, *, device: str = "cpu") -> Responses:
    """What members with these weights say of the sample's rows; its outcomes are not read."""
    if isinstance(network, ModuleNetwork):
        from macrotrade.providers.neural.modules import respond_modules

        return respond_modules(network, weights, sample, device)
    if device == "cpu" and network.convolution is None:
        from macrotrade.providers.neural.compiled_engine import respond_compiled

        return respond_compiled(network, weights, sample)
    from macrotrade.providers.neural.torch_engine import respond_batched

    return respond_batched(network, weights, sample, device)


def row_order(training: Training, epoch: int, n_rows: int) -> IntArray:
    """Order in which an epoch takes its rows, shape (n_rows,): drawn for each epoch, or as they are without batches."""
    if training.batch is None or training.batch >= n_rows:
        return np.arange(n_rows)
    return np.random.default_rng([training.seed, epoch]).permutation(n_rows)

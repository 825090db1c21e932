"""Training of many members at once by batched torch, on the processor or on another device.

1. Members are cut into blocks of one fixed size, the last filled up, so that what is computed for a member does not
   depend on how many are trained (`torch_blocks`).
2. A block's parameters are one array (members, parameters), seen as the arrays of `Network.parameters` with an ensemble
   axis; `torch_network` says what the members answer.
3. Losses are summed over members, whose gradients do not touch each other, and Adam moves the one array.

Blocks run side by side on as many threads as torch may take, each of them on one: results do not depend on their number
either.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from macrotrade.providers.neural.network import Network
from macrotrade.providers.neural.sample import Sample
from macrotrade.providers.neural.torch_blocks import by_blocks, torch_device
from macrotrade.providers.neural.torch_network import Reading, Workspace, outputs_and_factors, reading
from macrotrade.providers.neural.training import Progress, Responses, Trained, Training, row_order

__all__ = ["MEMORY", "block_size", "loss_gradients", "respond_batched", "train_batched"]

MEMORY = {"cpu": 256 * 2**20, "other": 4 * 2**30}
"""Bytes that the arrays of a block may take, about; a block has at least one member, and each thread has a block."""

_MOST_MEMBERS = {"cpu": 16, "other": 512}
_ALIGNED = 16  # numbers in 64 bytes: each member's parameters start where vector instructions like arrays to start


def train_batched(
    network: Network,
    sample: Sample,
    weights: npt.NDArray[np.float32],
    training: Training,
    device: str = "cpu",
    progress: Progress | None = None,
) -> Trained:
    """Members trained from these weights, which are left as they are.

    Parameters
    ----------
    network, sample, training
        What is trained, on what, and how.
    weights
        Shape (n_members, n_parameters).
    device
        ``cpu``, or a device of torch's such as ``cuda``.
    progress
        Called after each block with members done and members in all.

    Raises
    ------
    SettingsError
        If torch has no such device here.
    """
    place = torch_device(device)
    read, outcome = reading(network, sample, place), torch.tensor(sample.outcome, device=place)

    def train_block(block: npt.NDArray[np.float32]) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        return _train_block(network, read, outcome, _aligned(block, place), training)

    return Trained(*by_blocks(train_block, weights, block_size(network, sample, place.type), place, progress))


def respond_batched(
    network: Network, weights: npt.NDArray[np.float32], sample: Sample, device: str = "cpu"
) -> Responses:
    """What members with these weights say of the sample's rows; its outcomes are not read."""
    place = torch_device(device)
    read = reading(network, sample, place)

    @torch.no_grad()
    def respond_block(block: npt.NDArray[np.float32]) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        outputs, factors = outputs_and_factors(network, _arrays(network, _aligned(block, place)), read, Workspace())
        return outputs.cpu().numpy(), factors.mT.cpu().numpy()

    return Responses(*by_blocks(respond_block, weights, block_size(network, sample, place.type), place))


def loss_gradients(
    network: Network, sample: Sample, weights: npt.NDArray[np.float32], device: str = "cpu"
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Mean squared errors over the sample's rows, shape (n_members,), and their gradients, that of `weights`."""
    place = torch_device(device)
    read, outcome = reading(network, sample, place), torch.tensor(sample.outcome, device=place)
    flat = torch.tensor(weights, device=place, requires_grad=True)
    losses = _losses(network, flat, read, outcome, Workspace())
    (gradients,) = torch.autograd.grad(losses.sum(), flat)
    return losses.detach().cpu().numpy(), gradients.cpu().numpy()


def block_size(network: Network, sample: Sample, device: str) -> int:
    """Members trained at once: a power of two, by the bound of :data:`MEMORY` and whatever the number of members."""
    n_rows = sample.n_rows
    n_periods = int(np.ptp(sample.ends)) + network.n_lags
    convolution = network.convolution
    channels = 0 if convolution is None else convolution.filters * len(convolution.groups) + 2 * convolution.mixed
    numbers = (
        6 * network.n_parameters
        + n_rows * (6 * network.factors * network.n_steps + 4 * network.nodes * network.layers)
        + n_periods * (8 * network.factors + 3 * channels)
    )
    kind = device if device == "cpu" else "other"
    most = max(1, min(_MOST_MEMBERS[kind], MEMORY[kind] // (4 * numbers)))
    return 1 << (most.bit_length() - 1)


def _train_block(
    network: Network, read: Reading, outcome: Tensor, flat: Tensor, training: Training
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    optimiser = torch.optim.Adam(
        [flat.requires_grad_()],
        lr=training.learning_rate,
        betas=(training.first_moment, training.second_moment),
        eps=training.epsilon,
        fused=True,
    )
    workspace, epochs = Workspace(), []
    for epoch in range(training.epochs):
        loss = torch.zeros(flat.shape[0], device=flat.device)
        for rows, share in _batches(training, epoch, outcome):
            batch, wanted = (read, outcome) if rows is None else (read.rows(rows), outcome[rows])
            losses = _losses(network, flat, batch, wanted, workspace)
            (flat.grad,) = torch.autograd.grad(losses.sum(), flat)
            optimiser.step()
            loss += losses.detach() * share
        epochs.append(loss)
    return flat.detach().cpu().numpy()[:, : network.n_parameters], torch.stack(epochs, 1).cpu().numpy()


def _batches(training: Training, epoch: int, outcome: Tensor) -> Iterator[tuple[Tensor | None, float]]:
    """Rows of each step, None for all as they are, and their share in all rows."""
    n_rows = outcome.shape[0]
    if training.batch is None or training.batch >= n_rows:
        yield None, 1.0
        return
    order = torch.from_numpy(row_order(training, epoch, n_rows)).to(outcome.device)
    for rows in torch.split(order, training.batch):
        yield rows, len(rows) / n_rows


def _losses(network: Network, flat: Tensor, read: Reading, outcome: Tensor, workspace: Workspace) -> Tensor:
    outputs, _ = outputs_and_factors(network, _arrays(network, flat), read, workspace)
    return torch.mean((outputs - outcome) ** 2, 1)


def _arrays(network: Network, flat: Tensor) -> dict[str, Tensor]:
    """Parameters by name with the ensemble axis first; one split, whose gradient is one array again."""
    sizes = [one.size for one in network.parameters]
    pieces = torch.split(flat, [*sizes, flat.shape[1] - network.n_parameters], 1)
    return {one.name: piece.view(-1, *one.shape) for one, piece in zip(network.parameters, pieces, strict=False)}


def _aligned(block: npt.NDArray[np.float32], device: torch.device) -> Tensor:
    """A block's weights in rows of whole vectors, zeros after the last parameter."""
    flat = torch.zeros(block.shape[0], -(-block.shape[1] // _ALIGNED) * _ALIGNED, device=device)
    flat[:, : block.shape[1]] = torch.from_numpy(block)
    return flat

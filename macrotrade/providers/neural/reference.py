"""One network by torch's own layers: the plain, slow writing that the engines are tested against."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import cast

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from macrotrade.numerics.threads import at_most_threads
from macrotrade.providers.neural.network import Network
from macrotrade.providers.neural.sample import Sample
from macrotrade.providers.neural.training import Training, row_order

__all__ = ["PlainNetwork", "train_one", "windows"]


class PlainNetwork(nn.Module):
    """A :class:`Network` of ``nn.Conv1d``, ``nn.LSTM`` and ``nn.Linear``.

    ``nn.LSTM`` adds two bias vectors for each gate; the second is kept at zero, so that one is left to be trained.
    """

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.network = network
        self.filters = nn.ModuleList()
        self.mixing: nn.Linear | None = None
        self.lstm: nn.LSTM | None = None
        with torch.random.fork_rng(devices=[]):  # layers draw their weights, which `load` replaces
            self._build(network)

    def _build(self, network: Network) -> None:
        n_inputs, convolution = network.in_order.n_series, network.convolution
        if convolution is not None:
            self.filters.extend(nn.Conv1d(size, convolution.filters, convolution.width) for size in convolution.groups)
            self.mixing = nn.Linear(convolution.filters * len(convolution.groups), convolution.mixed)
            n_inputs = convolution.mixed
        if network.factors:
            self.lstm = nn.LSTM(n_inputs, network.factors, batch_first=True)
            nn.init.zeros_(self.lstm.get_parameter("bias_hh_l0")).requires_grad_(False)
        sizes = [network.head_inputs, *[network.nodes] * network.layers]
        self.hidden = nn.ModuleList(nn.Linear(n_in, network.nodes) for n_in in sizes[:-1])
        self.output = nn.Linear(network.nodes, 1)

    def forward(self, at_once: Tensor, in_order: Tensor) -> Tensor:
        """Outputs of shape (n_rows,) for windows as :func:`windows` gives them."""
        values = torch.cat([at_once, self.factors(in_order)], 1)
        for layer in self.hidden:
            values = torch.relu(layer(values))
        outputs: Tensor = self.output(values)
        return outputs[:, 0]

    def factors(self, in_order: Tensor) -> Tensor:
        """Last states of the LSTM, shape (n_rows, p), for windows of shape (n_rows, L, N), oldest period first."""
        if self.lstm is None:
            return in_order.new_zeros(in_order.shape[0], 0)
        states: Tensor = self.lstm(self._filtered(in_order))[0]
        return states[:, -1]

    def flat(self) -> npt.NDArray[np.float32]:
        """Its parameters in the layout of :attr:`Network.parameters`, shape (n_parameters,)."""
        return _joined(self._arrays(lambda parameter: parameter.detach()))

    def gradient(self) -> npt.NDArray[np.float32]:
        """Gradients of its parameters after a backward pass, in the same layout."""
        return _joined(self._arrays(lambda parameter: cast("Tensor", parameter.grad)))

    @torch.no_grad()
    def load(self, weights: npt.NDArray[np.float32]) -> PlainNetwork:
        """Itself with these parameters, shape (n_parameters,)."""
        arrays = self.network.split(weights)
        for name, tensor in self._arrays(lambda parameter: parameter).items():
            tensor.copy_(torch.tensor(arrays[name]))
        return self

    def _filtered(self, in_order: Tensor) -> Tensor:
        convolution = self.network.convolution
        if convolution is None or self.mixing is None:
            return in_order
        groups = torch.split(in_order.mT, list(convolution.groups), 1)
        filtered = torch.cat([torch.relu(layer(group)) for layer, group in zip(self.filters, groups, strict=True)], 1)
        mixed = torch.relu(self.mixing(filtered.mT)).mT
        whole = mixed[:, :, mixed.shape[2] % convolution.pooled :]
        return nn.functional.avg_pool1d(whole, convolution.pooled).mT

    def _arrays(self, of: Callable[[Tensor], Tensor]) -> dict[str, Tensor]:
        """Something of each parameter by our names and in our shapes, inputs first, as views."""
        arrays = {}
        for number, filters in enumerate(cast("Iterable[nn.Conv1d]", self.filters), start=1):
            arrays[f"convolution.{number}.weight"] = of(filters.weight).permute(2, 1, 0)
            arrays[f"convolution.{number}.bias"] = of(cast("Tensor", filters.bias))
        if self.mixing is not None:
            arrays |= {"mixing.weight": of(self.mixing.weight).mT, "mixing.bias": of(self.mixing.bias)}
        if self.lstm is not None:
            arrays["lstm.input"] = of(self.lstm.get_parameter("weight_ih_l0")).mT
            arrays["lstm.recurrent"] = of(self.lstm.get_parameter("weight_hh_l0")).mT
            arrays["lstm.bias"] = of(self.lstm.get_parameter("bias_ih_l0"))
        for number, layer in enumerate(cast("list[nn.Linear]", [*self.hidden, self.output]), start=1):
            arrays[f"head.{number}.weight"] = of(layer.weight).mT
            arrays[f"head.{number}.bias"] = of(layer.bias)
        return arrays


def windows(network: Network, sample: Sample) -> tuple[Tensor, Tensor]:
    """What each row reads: at once, (n_rows, M l), the newest period first; in order, (n_rows, L, N), oldest first."""
    newest_first = sample.ends[:, None] - np.arange(network.at_once.n_lags)
    oldest_first = sample.ends[:, None] - np.arange(network.in_order.n_lags)[::-1]
    at_once = sample.at_once[newest_first].reshape(sample.n_rows, network.at_once.size)
    return torch.from_numpy(at_once), torch.from_numpy(sample.in_order[oldest_first])


def train_one(
    network: Network, sample: Sample, weights: npt.NDArray[np.float32], training: Training
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Weights after training, shape (n_parameters,), and the loss of each epoch; see :class:`Trained`.

    `weights` are the first ones of one member, shape (n_parameters,). Torch keeps to one thread, as the engines do for
    a member: a second one waits in loops that cost more than arithmetic of this size.
    """
    with at_most_threads(1):
        return _train_one(network, sample, weights, training)


def _train_one(
    network: Network, sample: Sample, weights: npt.NDArray[np.float32], training: Training
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    model = PlainNetwork(network).load(weights)
    optimiser = torch.optim.Adam(
        [parameter for parameter in model.parameters() if parameter.requires_grad],
        lr=training.learning_rate,
        betas=(training.first_moment, training.second_moment),
        eps=training.epsilon,
    )
    at_once, in_order = windows(network, sample)
    outcome = torch.tensor(sample.outcome)
    losses = np.zeros(training.epochs, np.float32)
    for epoch in range(training.epochs):
        order = torch.from_numpy(row_order(training, epoch, sample.n_rows))
        for rows in torch.split(order, training.batch or sample.n_rows):
            optimiser.zero_grad()
            loss = torch.mean((model(at_once[rows], in_order[rows]) - outcome[rows]) ** 2)
            torch.autograd.backward(loss)
            optimiser.step()
            losses[epoch] += loss.item() * len(rows) / sample.n_rows
    return model.flat(), losses


def _joined(arrays: dict[str, Tensor]) -> npt.NDArray[np.float32]:
    return np.concatenate([array.numpy().ravel() for array in arrays.values()])

"""Gradients of what members say with respect to what they read."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from macrotrade.providers.neural.module_network import ModuleNetwork
from macrotrade.providers.neural.modules import built_module, loaded_module
from macrotrade.providers.neural.network import Network
from macrotrade.providers.neural.sample import Sample
from macrotrade.providers.neural.torch_blocks import torch_device
from macrotrade.providers.neural.torch_network import Workspace, outputs_and_factors, reading

__all__ = ["window_gradients"]

_Array = npt.NDArray[np.float64]

_MEMBERS = 64


def window_gradients(
    network: Network | ModuleNetwork, weights: npt.NDArray[np.float32], sample: Sample, device: str = "cpu"
) -> tuple[_Array, _Array]:
    """Gradients of the members' mean output of each row, in scaled units, with respect to the row's windows.

    Parameters
    ----------
    network, weights
        What the members are.
    sample
        Windows one after another: row r ends in period (r + 1) n_lags - 1 of the tables.
    device
        On which gradients are taken.

    Returns
    -------
    tuple
        Shapes (n_rows, n_lags, M) and (n_rows, n_lags, N): for both tables, the oldest period first; zero where a
        window is not read.
    """
    place = torch_device(device)
    if isinstance(network, ModuleNetwork):
        return np.zeros((sample.n_rows, network.n_lags, sample.at_once.shape[1])), _of_modules(
            network, weights, sample, place
        )
    total: list[Tensor] = []
    read = reading(network, sample, place)
    leaves = [read.at_once, *read.in_order]
    for leaf in leaves:
        leaf.requires_grad_()
    for first in range(0, len(weights), _MEMBERS):
        block = weights[first : first + _MEMBERS]
        arrays = {name: torch.tensor(array, device=place) for name, array in network.split(block).items()}
        outputs, _ = outputs_and_factors(network, arrays, read, Workspace())
        found = torch.autograd.grad(outputs.sum() / len(weights), leaves, allow_unused=True)
        now = [torch.zeros_like(leaf) if one is None else one for one, leaf in zip(found, leaves, strict=True)]
        total = now if not total else [a + b for a, b in zip(total, now, strict=True)]
    at_once, *in_order = (one.cpu().numpy().astype(np.float64) for one in total)
    return _of_head(network, at_once, sample), _of_recurrence(network, in_order, sample)


def _of_head(network: Network, gradient: _Array, sample: Sample) -> _Array:
    """From rows of all periods' series, newest first, to windows."""
    n_lags, n_series = network.at_once.n_lags, network.at_once.n_series
    windows = np.zeros((sample.n_rows, network.n_lags, n_series))
    if n_lags:
        windows[:, network.n_lags - n_lags :] = gradient.reshape(-1, n_lags, n_series)[:, ::-1]
    return windows


def _of_recurrence(network: Network, gradients: list[_Array], sample: Sample) -> _Array:
    """From columns of what the first map over each period reads, to windows.

    A column is a period, or with filters `width` of them, the oldest first: what a period adds to the columns it
    stands in is summed.
    """
    n_lags, n_series = network.in_order.n_lags, network.in_order.n_series
    windows = np.zeros((sample.n_rows, network.n_lags, n_series))
    if not n_lags:
        return windows
    convolution = network.convolution
    width, groups = (1, (n_series,)) if convolution is None else (convolution.width, convolution.groups)
    n_columns = n_lags - width + 1
    columns = network.n_lags * np.arange(sample.n_rows)[:, None] + np.arange(n_columns)
    oldest, left = network.n_lags - n_lags, 0
    for gradient, size in zip(gradients, groups, strict=True):
        by_period = gradient[:, columns].reshape(width, size, sample.n_rows, n_columns)
        for lag in range(width):
            rows = slice(oldest + lag, oldest + lag + n_columns)
            windows[:, rows, left : left + size] += by_period[lag].transpose(1, 2, 0)
        left += size
    return windows


def _of_modules(
    network: ModuleNetwork, weights: npt.NDArray[np.float32], sample: Sample, device: torch.device
) -> _Array:
    """Gradients of a user's modules, one after another."""
    windows = torch.tensor(
        sample.in_order.reshape(sample.n_rows, network.n_lags, -1), device=device, requires_grad=True
    )
    module = built_module(network)
    total = torch.zeros_like(windows)
    for member in weights:
        model = loaded_module(module, member, device).eval()
        # torch's own recurrent layers on CUDA give no gradients outside training.
        with torch.backends.cudnn.flags(enabled=False):
            (found,) = torch.autograd.grad(model(windows).sum(), windows)
        total += found / len(weights)
    return total.cpu().numpy().astype(np.float64)

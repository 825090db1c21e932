"""Ensembles of a user's own torch modules: first weights, training and responses, as of our own networks.

A module's vector of weights is its ``state_dict`` laid end to end in its own order: parameters, frozen ones too, and
buffers, so that a vector is all there is to save.

Members are trained together by ``torch.func``: stacked states, and ``vmap`` over a functional call. Some modules cannot
be: torch has no batching rule for ``nn.LSTM`` and its kin, dropout must draw for each member by itself, and buffers
that training moves, such as those of batch normalisation, must move for each. These are trained one by one.
"""

from __future__ import annotations

import warnings
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from copy import deepcopy
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.func import functional_call, stack_module_state, vmap

from macrotrade.errors import SettingsError
from macrotrade.providers.neural.module_network import ModuleNetwork, found_class
from macrotrade.providers.neural.sample import Sample
from macrotrade.providers.neural.torch_blocks import by_blocks, torch_device
from macrotrade.providers.neural.training import Progress, Responses, Trained, Training, row_order

__all__ = ["built_module", "initial_modules", "loaded_module", "respond_modules", "train_modules", "trains_together"]

_Array: TypeAlias = npt.NDArray[np.float32]

_MEMBERS_OF_A_BLOCK = {"cpu": 16, "other": 64}
_TRIED_ROWS = 3


def built_module(network: ModuleNetwork, seed: int = 0) -> nn.Module:
    """One module, in float32, its own way of drawing first weights started from this seed.

    Torch's generator is left as it was.

    Raises
    ------
    SettingsError
        If the class is not found, is no ``nn.Module``, cannot be built with its keywords, has nothing to train, or
        gives other than one number a row.
    """
    cls = found_class(network.module)
    if not issubclass(cls, nn.Module):
        raise SettingsError(f"{network.module} is not a torch.nn.Module: its class must inherit from that one.")
    with _seeded(seed):
        try:
            module: nn.Module = cls(**network.keywords).to(torch.float32)
        except Exception as error:  # whatever a stranger's class raises is reported under its name
            words = ", ".join(f"{key}={value!r}" for key, value in network.keywords.items())
            raise SettingsError(f"{network.module}({words}) failed: {type(error).__name__}: {error}.") from error
        _check_answer(network, module)
    if not any(parameter.requires_grad for parameter in module.parameters()):
        raise SettingsError(f"{network.module} has no parameters that require gradients: there is nothing to train.")
    return module


def initial_modules(network: ModuleNetwork, seed: int, members: Sequence[int]) -> _Array:
    """Weights of these members before training, shape (len(members), n_weights).

    Member k is built after torch's generator is seeded from a stream of its own, named by `seed` and k, so its weights
    do not depend on which members it is built with.
    """
    seeds = [int(np.random.default_rng([seed, member]).integers(2**63)) for member in members]
    return np.stack([_flat(built_module(network, one)) for one in seeds])


def train_modules(
    network: ModuleNetwork,
    sample: Sample,
    weights: _Array,
    training: Training,
    device: str = "cpu",
    progress: Progress | None = None,
) -> Trained:
    """Members trained from these weights, as :func:`initial_modules` gives them, which are left as they are.

    A member's result depends on its own weights only: not on the others, nor on how many are trained at once or on how
    many threads.

    Parameters
    ----------
    network, sample, training
        What is trained, on what, and how; of the sample's tables ``in_order`` is read.
    weights
        Shape (n_members, n_weights).
    device
        ``cpu``, or a device of torch's such as ``cuda``.
    progress
        Called now and then with members done and members in all.

    Raises
    ------
    SettingsError
        As :func:`built_module`, and if torch has no such device here.
    """
    place, template = torch_device(device), built_module(network)
    read, outcome = _windows(network, sample).to(place), torch.tensor(sample.outcome, device=place)

    def together(block: _Array) -> tuple[_Array, _Array]:
        return _train_together([loaded_module(template, one, place) for one in block], read, outcome, training)

    def alone(block: _Array) -> tuple[_Array, _Array]:
        with _seeded(_own_seed(block, training)) if draws else nullcontext():
            return _train_alone(loaded_module(template, block[0], place), read, outcome, training)

    few = read[:_TRIED_ROWS].cpu()
    if trains_together(template, few):
        return Trained(*by_blocks(together, weights, _block_size(place), place, progress))
    draws = _draws(template, few)  # and does so from the one generator that torch has for all threads
    return Trained(*by_blocks(alone, weights, 1, place, progress, side_by_side=not draws))


def respond_modules(network: ModuleNetwork, weights: _Array, sample: Sample, device: str = "cpu") -> Responses:
    """What members with these weights, after ``eval()``, say of the sample's rows; they have no factors."""
    place, template = torch_device(device), built_module(network)
    read = _windows(network, sample).to(place)

    @torch.no_grad()
    def respond(block: _Array) -> tuple[_Array, _Array]:
        outputs = loaded_module(template, block[0], place).eval()(read).cpu().numpy()
        return outputs[None], np.zeros((1, sample.n_rows, 0), np.float32)

    return Responses(*by_blocks(respond, weights, 1, place))


def trains_together(module: nn.Module, windows: Tensor) -> bool:
    """Whether members of this module can be trained by ``vmap``, tried on a few windows."""
    models = [deepcopy(module).train() for _ in range(2)]
    before = [buffer.clone() for buffer in module.buffers()]
    with torch.random.fork_rng(devices=[]), warnings.catch_warnings():
        warnings.filterwarnings("error", message=".*batching rule")
        try:
            answers = _together(models, *stack_module_state(models), windows)
            torch.autograd.backward(answers.sum())
        except (RuntimeError, UserWarning):  # no batching rule or a slow one, random numbers, a branch on values
            return False
        models[0](windows)
    return all(torch.equal(*pair) for pair in zip(before, models[0].buffers(), strict=True))


def _train_together(
    models: list[nn.Module], read: Tensor, outcome: Tensor, training: Training
) -> tuple[_Array, _Array]:
    parameters, buffers = stack_module_state([model.train() for model in models])
    trained = [parameter for parameter in parameters.values() if parameter.requires_grad]

    def errors(rows: Tensor) -> Tensor:
        return torch.mean((_together(models, parameters, buffers, read[rows]) - outcome[rows]) ** 2, 1)

    losses = _descend(trained, errors, training, outcome.shape[0])
    for number, model in enumerate(models):
        for name, parameter in model.named_parameters():
            parameter.detach().copy_(parameters[name][number].detach())
    return np.stack([_flat(model) for model in models]), losses


def _together(
    models: list[nn.Module], parameters: dict[str, Tensor], buffers: dict[str, Tensor], windows: Tensor
) -> Tensor:
    """Answers of all members, shape (n_members, n_rows); the first lends its shape, the stacked states the numbers."""

    def one(parameters: dict[str, Tensor], buffers: dict[str, Tensor]) -> Tensor:
        answer: Tensor = functional_call(models[0], (parameters, buffers), (windows,))
        return answer

    answers: Tensor = vmap(one)(parameters, buffers)
    return answers


def _train_alone(model: nn.Module, read: Tensor, outcome: Tensor, training: Training) -> tuple[_Array, _Array]:
    trained = [parameter for parameter in model.train().parameters() if parameter.requires_grad]

    def errors(rows: Tensor) -> Tensor:
        return torch.mean((model(read[rows]) - outcome[rows]) ** 2)[None]

    losses = _descend(trained, errors, training, outcome.shape[0])
    return _flat(model)[None], losses


def _draws(module: nn.Module, windows: Tensor) -> bool:
    """Whether its training draws random numbers, as dropout does."""
    with _seeded(0):
        before = torch.get_rng_state()
        deepcopy(module).train()(windows)
        return not torch.equal(before, torch.get_rng_state())


def _own_seed(weights: _Array, training: Training) -> int:
    """A seed by a member's first weights alone, so that it draws the same numbers in any company."""
    return int(np.random.default_rng([training.seed, zlib.crc32(weights.tobytes())]).integers(2**63))


def _descend(trained: Sequence[Tensor], errors: Callable[[Tensor], Tensor], training: Training, n_rows: int) -> _Array:
    """Loss of each member in each epoch, shape (n_members, epochs), the parameters moved in their places by Adam."""
    optimiser = torch.optim.Adam(
        trained,
        lr=training.learning_rate,
        betas=(training.first_moment, training.second_moment),
        eps=training.epsilon,
    )
    epochs = []
    for epoch in range(training.epochs):
        order = torch.from_numpy(row_order(training, epoch, n_rows)).to(trained[0].device)
        losses = []
        for rows in torch.split(order, training.batch or n_rows):
            optimiser.zero_grad()
            loss = errors(rows)
            torch.autograd.backward(loss.sum())
            optimiser.step()
            losses.append(loss.detach() * (len(rows) / n_rows))
        epochs.append(torch.stack(losses).sum(0))
    return np.asarray(torch.stack(epochs, 1).cpu().numpy(), np.float32)


def _check_answer(network: ModuleNetwork, module: nn.Module) -> None:
    """Ask for a few rows, which also gives lazy layers their sizes."""
    windows = torch.zeros(_TRIED_ROWS, network.in_order.n_lags, network.in_order.n_series)
    try:
        with torch.no_grad():
            answer = module.eval()(windows)
    except Exception as error:  # whatever a stranger's module raises is reported under its name
        raise SettingsError(
            f"{network.module} could not answer for windows of shape {tuple(windows.shape)} (rows, lags, series): "
            f"{type(error).__name__}: {error}."
        ) from error
    if not isinstance(answer, Tensor) or answer.shape != (_TRIED_ROWS,):
        got = tuple(answer.shape) if isinstance(answer, Tensor) else type(answer).__name__
        raise SettingsError(
            f"{network.module} gave {got} for {_TRIED_ROWS} rows; its forward must give one number a row, shape "
            f"({_TRIED_ROWS},). An axis of length 1 is dropped by squeeze(-1)."
        )


def _windows(network: ModuleNetwork, sample: Sample) -> Tensor:
    """What each row reads, shape (n_rows, n_lags, n_series), oldest period first."""
    return torch.from_numpy(sample.in_order[sample.ends[:, None] - np.arange(network.n_lags)[::-1]])


def _flat(module: nn.Module) -> _Array:
    """All numbers of a module's state in one vector."""
    state = [tensor.detach().cpu().to(torch.float32).reshape(-1) for tensor in module.state_dict().values()]
    return np.asarray(torch.cat(state).numpy())


def loaded_module(template: nn.Module, weights: _Array, device: torch.device) -> nn.Module:
    """A copy of the module with these numbers as its state."""
    module = deepcopy(template)
    state = module.state_dict().values()
    size = sum(tensor.numel() for tensor in state)
    if size != len(weights):
        raise SettingsError(f"{type(module).__name__} holds {size} numbers, the weights given {len(weights)}.")
    pieces = torch.split(torch.tensor(weights), [tensor.numel() for tensor in state])
    for tensor, piece in zip(state, pieces, strict=True):
        tensor.copy_(piece.view(tensor.shape))
    return module.to(device)


def _block_size(device: torch.device) -> int:
    return _MEMBERS_OF_A_BLOCK[device.type if device.type == "cpu" else "other"]


@contextmanager
def _seeded(seed: int) -> Iterator[None]:
    """Torch's generators started from this seed within, and as they were afterwards."""
    devices = list(range(torch.cuda.device_count()))
    with torch.random.fork_rng(devices=devices):
        torch.manual_seed(seed)
        yield

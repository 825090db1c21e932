"""Training of many members at once by compiled loops, on the processor.

1. Members are cut into blocks, each of which one thread trains from the first epoch to the last. No number of a member
   depends on its block, so the cut only spreads the work evenly (`_blocks`).
2. A block's weights are laid out as the kernels take them: `_SmallBlock` for heads of fewer than `LANES` nodes, whose
   members are worked out side by side, and `_WideBlock` for others (`compiled_blocks`).
3. Kernels run some epochs at a time, without the interpreter, which in between hears of interruptions.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from itertools import pairwise
from typing import TypeVar

import numba
import numpy as np
import numpy.typing as npt

from macrotrade._typing import IntArray
from macrotrade.providers.neural.compiled_blocks import Block, SmallBlock, Task, WideBlock
from macrotrade.providers.neural.kernels.lanes import LANES
from macrotrade.providers.neural.network import Network
from macrotrade.providers.neural.sample import Sample
from macrotrade.providers.neural.training import Progress, Responses, Trained, Training, row_order

__all__ = ["MEMORY", "respond_compiled", "train_compiled"]

MEMORY = 64 * 2**20
"""Bytes that the weights of a block's heads, their gradient and Adam's moments may take; a block has a member at least.

There are as many blocks at a time as threads, and to each belong the nodes of all rows of one head besides."""

_OPERATIONS_AT_A_TIME = 2e10  # some tenths of a second, between two looks at whether to stop

Answer = TypeVar("Answer")


def train_compiled(
    network: Network,
    sample: Sample,
    weights: npt.NDArray[np.float32],
    training: Training,
    progress: Progress | None = None,
) -> Trained:
    """Members trained from these weights.

    Memory beyond weights and losses does not grow with the number of members: see
    :data:`MEMORY`. A member's numbers are the same to the bit whatever the other members, their number and the threads.

    Parameters
    ----------
    network
        Has no convolution.
    sample, weights, training, progress
        As in :func:`~macrotrade.providers.neural.training.train`.
    """
    n_rows = sample.n_rows
    size = n_rows if training.batch is None else min(training.batch, n_rows)
    task = Task.of(network, sample, size)
    stop = threading.Event()
    trained = np.empty((len(weights), network.n_parameters), np.float32)
    losses = np.empty((len(weights), training.epochs), np.float32)

    def train_block(members: slice) -> int:
        block = _block(task, weights[members])
        at_a_time = max(1, int(_OPERATIONS_AT_A_TIME / _operations(network, n_rows, block.n_members)))
        for start in range(0, training.epochs, at_a_time):
            if stop.is_set():
                return 0
            epochs = range(start, min(start + at_a_time, training.epochs))
            losses[members, epochs.start : epochs.stop] = block.train(_orders(training, epochs, n_rows), training)
        trained[members] = block.weights()
        return block.n_members

    done = 0
    for n_members in _in_threads(train_block, _blocks(network, len(weights)), stop):
        done += n_members
        if progress is not None:
            progress(done, len(weights))
    return Trained(trained, losses)


def respond_compiled(network: Network, weights: npt.NDArray[np.float32], sample: Sample) -> Responses:
    """What members with these weights say of the sample's rows; its outcomes are not read."""
    outputs = np.empty((len(weights), sample.n_rows), np.float32)
    factors = np.empty((len(weights), sample.n_rows, network.factors), np.float32)
    if outputs.size == 0:
        return Responses(outputs, factors)
    task = Task.of(network, sample, sample.n_rows)

    def respond_block(members: slice) -> int:
        block = _block(task, weights[members])
        outputs[members], factors[members] = block.respond()
        return block.n_members

    for _ in _in_threads(respond_block, _blocks(network, len(weights)), threading.Event()):
        pass
    return Responses(outputs, factors)


def _block(task: Task, weights: npt.NDArray[np.float32]) -> Block:
    return (SmallBlock if _is_small(task.network) else WideBlock)(task, weights)


def _is_small(network: Network) -> bool:
    return network.nodes < LANES


def _blocks(network: Network, n_members: int) -> list[slice]:
    """Members of each block: as many in each as fit, but no fewer blocks than there are threads to work."""
    if _is_small(network):
        most = LANES
    elif network.factors:
        most = max(1, min(LANES, MEMORY // (4 * 4 * network.n_parameters)))
    else:
        most = 1
    n_blocks = -(-n_members // most)
    n_threads = numba.get_num_threads()
    n_blocks = min(n_members, -(-n_blocks // n_threads) * n_threads)
    bounds = [n_members * number // n_blocks for number in range(n_blocks + 1)] if n_blocks else [0]
    return [slice(start, stop) for start, stop in pairwise(bounds)]


def _orders(training: Training, epochs: range, n_rows: int) -> IntArray:
    """Order of rows of each epoch; those of one batch as they lie in the tables, which changes nothing but speed."""
    orders = np.stack([row_order(training, epoch, n_rows) for epoch in epochs]).astype(np.int64)
    if training.batch is not None:
        for start in range(0, n_rows, training.batch):
            orders[:, start : start + training.batch].sort(axis=1)
    return orders


def _operations(network: Network, n_rows: int, n_members: int) -> float:
    """Operations of an epoch, about."""
    cells = network.n_steps * network.factors * (30 + 4 * network.factors) if network.factors else 0
    head = network.n_parameters - (4 * network.factors * network.in_order.n_series)
    return 6.0 * n_members * n_rows * (head + cells)


def _in_threads(work: Callable[[slice], Answer], blocks: list[slice], stop: threading.Event) -> Iterator[Answer]:
    """Answers as they come; whatever ends the waiting for them stops the work."""
    n_threads = min(numba.get_num_threads(), len(blocks))
    if n_threads <= 1:
        yield from map(work, blocks)
        return
    with ThreadPoolExecutor(n_threads) as pool:
        answers: list[Future[Answer]] = [pool.submit(work, members) for members in blocks]
        try:
            for answer in as_completed(answers):
                yield answer.result()
        except BaseException:
            stop.set()
            for answer in answers:
                answer.cancel()
            raise

"""Where torch computes, and members cut into blocks that are computed side by side."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import torch

from macrotrade.errors import SettingsError
from macrotrade.numerics.threads import at_most_threads
from macrotrade.providers.neural.training import Progress

__all__ = ["by_blocks", "torch_device"]

_Array: TypeAlias = npt.NDArray[np.float32]


def torch_device(name: str) -> torch.device:
    """Torch's device of that name.

    Raises
    ------
    SettingsError
        If the name is not one of torch's, or this machine or torch's build lacks the device.
    """
    available = _available_devices()
    try:
        device = torch.device(name)
    except RuntimeError:
        raise SettingsError(f"device={name!r} is not a device of torch's. Known: {', '.join(available)}.") from None
    known = {torch.device(one).type for one in available}
    if device.type not in known or (device.index is not None and str(device) not in available):
        raise SettingsError(
            f"device={name!r} is not available: torch {torch.__version__} finds {', '.join(available)} here. Take one "
            "of these, or install a build of torch for that device and its driver."
        )
    return device


def by_blocks(
    work: Callable[[_Array], tuple[_Array, _Array]],
    weights: _Array,
    size: int,
    device: torch.device,
    progress: Progress | None = None,
    *,
    side_by_side: bool = True,
) -> tuple[_Array, _Array]:
    """Two results of each member, in the order of `weights`, computed block by block.

    Parameters
    ----------
    work
        Gives two arrays, members first, for the weights of `size` members. The last block is filled up with copies of
        its last member, so that what is computed for a member does not depend on how many there are.
    weights
        Shape (n_members, n_parameters).
    size
        Members of a block.
    device
        On the processor, blocks run on as many threads as torch may take, each of them on one.
    progress
        Called after each block with members done and members in all.
    side_by_side
        Whether blocks may run at the same time.
    """
    n_members = len(weights)
    starts = range(0, n_members, size)
    blocks = [weights[np.minimum(np.arange(start, start + size), n_members - 1)] for start in starts]
    n_workers = min(torch.get_num_threads(), len(blocks)) if device.type == "cpu" and side_by_side else 1
    done = []
    with at_most_threads(1), ThreadPoolExecutor(n_workers) as pool:
        for start, result in zip(starts, pool.map(work, blocks), strict=True):
            done.append(result)
            if progress is not None:
                progress(min(start + size, n_members), n_members)
    first, second = zip(*done, strict=True)
    return np.concatenate(first)[:n_members], np.concatenate(second)[:n_members]


def _available_devices() -> list[str]:
    devices = ["cpu", *(f"cuda:{number}" for number in range(torch.cuda.device_count()))]
    return [*devices, "mps"] if torch.backends.mps.is_available() else devices

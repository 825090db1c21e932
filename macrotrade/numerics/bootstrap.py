"""Rows drawn by block bootstraps of a time series."""

from __future__ import annotations

import numpy as np

from macrotrade._typing import IntArray
from macrotrade.errors import SettingsError

__all__ = ["circular_block_bootstrap", "stationary_bootstrap"]


def stationary_bootstrap(n_periods: int, mean_block: float, n_draws: int, seed: int | np.random.Generator) -> IntArray:
    """Row numbers, shape (n_draws, n_periods): blocks of geometric length from a circle (Politis and Romano, 1994).

    Each row is the one after its predecessor with probability 1 - 1/mean_block, else any row alike.
    """
    _check(n_periods, mean_block)
    generator = np.random.default_rng(seed)
    starts = generator.integers(0, n_periods, (n_draws, n_periods))
    begins = generator.random((n_draws, n_periods)) < 1.0 / mean_block
    begins[:, 0] = True
    return _blocks(starts, begins, n_periods)


def circular_block_bootstrap(n_periods: int, block: int, n_draws: int, seed: int | np.random.Generator) -> IntArray:
    """Row numbers, shape (n_draws, n_periods): blocks of fixed length from a circle (Politis and Romano, 1992)."""
    _check(n_periods, block)
    generator = np.random.default_rng(seed)
    starts = generator.integers(0, n_periods, (n_draws, n_periods))
    begins = np.broadcast_to(np.arange(n_periods) % block == 0, starts.shape)
    return _blocks(starts, begins, n_periods)


def _blocks(starts: IntArray, begins: np.ndarray, n_periods: int) -> IntArray:
    """Row of each position: the start drawn where its block began, plus the steps since."""
    position = np.arange(n_periods)
    began = np.maximum.accumulate(np.where(begins, position, 0), axis=1)
    return np.asarray((np.take_along_axis(starts, began, axis=1) + position - began) % n_periods)


def _check(n_periods: int, block: float) -> None:
    if not 1 <= block <= n_periods:
        raise SettingsError(f"A block must be between 1 and {n_periods} periods long, not {block}.")

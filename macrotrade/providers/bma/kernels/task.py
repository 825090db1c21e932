"""What building any equation reads, and the memory in which candidates are judged."""

from __future__ import annotations

from typing import NamedTuple

from macrotrade._typing import BoolArray, FloatArray, IntArray

__all__ = ["Scratch", "Task"]


class Task(NamedTuple):
    """Everything that building any of the equations reads.

    Parameters
    ----------
    columns, spread : (n_codes, n) standardised regressors and their variation about their means.
    stride : longest lag + 1; series j at lag d is code j * stride + d.
    p, q : own lags, and the last lag of a block.
    intercept : its code; ``n_seasons`` dummies follow it, and the last code is the trend.
    blocks, products, inverses, usable, floors : from `blocks.prepare_blocks`.
    season_block, season_products, season_floors : dummies as a block, one for all series; likewise the trend.
    fold_bounds, fold_counts : (n_schemes, most + 1), (n_schemes,).
    kind : criterion. share : parameters per observation at which forward selection pauses.
    joint : compare every block jointly. first_always : the first block enters whatever it does.
    """

    columns: FloatArray
    spread: FloatArray
    stride: int
    p: int
    q: int
    intercept: int
    n_seasons: int
    trend: bool
    final_in_sample: bool
    blocks: FloatArray
    products: FloatArray
    inverses: FloatArray
    usable: BoolArray
    floors: FloatArray
    season_block: FloatArray
    season_products: FloatArray
    season_floors: FloatArray
    trend_block: FloatArray
    trend_products: FloatArray
    trend_floors: FloatArray
    fold_bounds: IntArray
    fold_counts: IntArray
    kind: int
    share: float
    joint: bool
    first_always: bool


class Scratch(NamedTuple):
    """Memory for judging candidates, beside the two workspaces."""

    in_sample: FloatArray
    crosses: FloatArray
    moved: FloatArray
    schur: FloatArray
    turned: FloatArray
    gamma: FloatArray
    shift: FloatArray
    fold_sums: FloatArray
    fold_order: IntArray
    moments: FloatArray

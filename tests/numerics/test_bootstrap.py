"""Block bootstraps: what the draws must look like."""

from __future__ import annotations

import numpy as np
import pytest

from macrotrade.errors import SettingsError
from macrotrade.numerics.bootstrap import circular_block_bootstrap, stationary_bootstrap


def test_a_seed_gives_the_same_draws_and_another_gives_others() -> None:
    for bootstrap in (stationary_bootstrap, circular_block_bootstrap):
        first = bootstrap(50, 5, 20, 1)
        assert first.shape == (20, 50)
        np.testing.assert_array_equal(first, bootstrap(50, 5, 20, 1))
        assert (first != bootstrap(50, 5, 20, 2)).any()


def test_fixed_blocks_are_consecutive_rows_of_a_circle() -> None:
    draws = circular_block_bootstrap(23, 5, 200, 0)

    steps = np.diff(draws, axis=1) % 23
    inside = np.arange(1, 23) % 5 != 0
    assert (steps[:, inside] == 1).all()
    assert (steps[:, ~inside] != 1).mean() > 0.9


def test_stationary_blocks_go_on_with_the_stated_probability() -> None:
    draws = stationary_bootstrap(200, 8.0, 500, 0)

    goes_on = (np.diff(draws, axis=1) % 200 == 1).mean()

    # a new block starts at the next row by chance once in 200
    assert goes_on == pytest.approx(1 - 1 / 8 + 1 / 8 / 200, abs=0.003)


def test_every_row_is_as_likely_as_any_other() -> None:
    for draws in (stationary_bootstrap(20, 4.0, 20_000, 0), circular_block_bootstrap(20, 3, 20_000, 0)):
        counts = np.bincount(draws[:, 13], minlength=20)
        assert counts.min() > 850
        assert counts.max() < 1150


def test_blocks_of_one_are_the_plain_bootstrap() -> None:
    draws = stationary_bootstrap(1000, 1, 20, 0)

    assert (np.diff(draws, axis=1) % 1000 == 1).mean() < 0.005


@pytest.mark.parametrize("block", [0, 51])
def test_a_block_longer_than_the_sample_is_refused(block: int) -> None:
    with pytest.raises(SettingsError, match="between 1 and 50 periods long"):
        circular_block_bootstrap(50, block, 1, 0)

"""Combinatorial cross-validation against a plain writing; luck, skill and what cannot be split."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import rankdata

from macrotrade.errors import SettingsError
from macrotrade.evaluation.overfitting import overfitting_probability


def plain_logits(returns: pd.DataFrame, n_blocks: int) -> list[float]:
    """Each split in turn, from the returns themselves."""
    blocks = np.array_split(returns.to_numpy(), n_blocks)
    logits = []
    for chosen in combinations(range(n_blocks), n_blocks // 2):
        inside = np.concatenate([blocks[b] for b in chosen])
        outside = np.concatenate([blocks[b] for b in range(n_blocks) if b not in chosen])
        best = (inside.mean(axis=0) / inside.std(axis=0)).argmax()
        rank = rankdata(outside.mean(axis=0) / outside.std(axis=0))[best] / (returns.shape[1] + 1)
        logits.append(float(np.log(rank / (1 - rank))))
    return logits


def lucky(n_periods: int = 480, n_columns: int = 10, seed: int = 1) -> pd.DataFrame:
    return pd.DataFrame(np.random.default_rng(seed).normal(0, 0.04, (n_periods, n_columns)))


def test_every_split_is_that_of_a_plain_writing() -> None:
    returns = lucky(160)

    found = overfitting_probability(returns, 8)

    np.testing.assert_allclose(found.logits, plain_logits(returns, 8))
    assert found.probability == np.mean(np.array(plain_logits(returns, 8)) <= 1e-12)
    assert found.logits.size == 70


def test_luck_ranks_in_the_lower_half_every_other_time() -> None:
    found = [overfitting_probability(lucky(seed=seed), 10).probability for seed in range(60)]

    assert np.mean(found) == pytest.approx(0.5, abs=0.09)


def test_skill_stays() -> None:
    returns = lucky()
    returns[3] += 0.02

    found = overfitting_probability(returns)

    assert found.probability == 0.0
    assert found.probability_of_loss == 0.0
    assert found.chosen_share.idxmax() == 3
    assert found.logits.size == 12_870


def test_where_gains_must_turn_choosing_harms() -> None:
    """Every column earns nothing over the whole sample, so what it gains on one half it loses on the other."""
    returns = lucky()
    returns -= returns.mean()

    found = overfitting_probability(returns, criterion="mean")

    assert found.probability > 0.95
    assert found.probability_of_loss > 0.95
    assert found.slope == pytest.approx(-1.0)


@pytest.mark.parametrize(
    ("returns", "reason"),
    [
        (lucky(n_columns=1), "1 trial's returns vary; a choice needs 2"),
        (lucky(2), "2 periods; 16 blocks need 32"),
        (pd.DataFrame(np.full((100, 3), np.nan)), "no trial's returns vary"),
        (pd.DataFrame(np.zeros((100, 3))), "no trial's returns vary"),
    ],
    ids=["single", "two observations", "no returns", "no trades"],
)
def test_nothing_to_choose_from_gives_a_reason(returns: pd.DataFrame, reason: str) -> None:
    found = overfitting_probability(returns)

    assert np.isnan(found.probability)
    assert found.note.startswith(reason)


def test_what_is_left_out_is_counted() -> None:
    returns = lucky(481).assign(flat=0.0, empty=np.nan)
    returns.iloc[7, 2] = np.nan

    found = overfitting_probability(returns)

    assert (found.n_trials, found.n_periods) == (10, 480)
    assert found.note == "1 of 481 periods have no number; 2 of 12 trials never traded or have no returns"


@pytest.mark.parametrize("n_blocks", [5, 0, 30])
def test_odd_and_far_too_many_blocks_are_refused(n_blocks: int) -> None:
    with pytest.raises(SettingsError, match="even"):
        overfitting_probability(lucky(), n_blocks)

"""The model confidence set against a plain writing on the same draws; copies, ties and gaps; its coverage."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from arch.bootstrap import StationaryBootstrap

from macrotrade._typing import FloatArray
from macrotrade.errors import SettingsError
from macrotrade.evaluation.confidence_set import model_confidence_set


def plain_p_values(losses: FloatArray, block: int, n_draws: int, seed: int) -> FloatArray:
    """Steps of Hansen, Lunde and Nason (2011), section 3.1.2, with the range statistic, pair by pair."""
    bootstrap = StationaryBootstrap(block, np.arange(len(losses)), seed=np.random.default_rng(seed))
    draws = [losses[data[0][0]].mean(axis=0) for (data,) in zip(bootstrap.bootstrap(n_draws), strict=True)]
    mean, n_models = losses.mean(axis=0), losses.shape[1]
    deviation = {
        (i, j): np.sqrt(np.mean([((draw[i] - draw[j]) - (mean[i] - mean[j])) ** 2 for draw in draws]))
        for i in range(n_models)
        for j in range(n_models)
        if i != j
    }
    inside, p_values, highest = set(range(n_models)), np.ones(n_models), 0.0
    while len(inside) > 1:
        pairs = [pair for pair in deviation if set(pair) <= inside]
        worst = max(pairs, key=lambda pair: (mean[pair[0]] - mean[pair[1]]) / deviation[pair])
        statistic = (mean[worst[0]] - mean[worst[1]]) / deviation[worst]
        ranges = [
            max(abs((draw[i] - draw[j]) - (mean[i] - mean[j])) / deviation[i, j] for i, j in pairs) for draw in draws
        ]
        highest = max(highest, float(np.mean(np.array(ranges) > statistic)))
        p_values[worst[0]] = highest
        inside.remove(worst[0])
    return p_values


@pytest.fixture
def losses() -> pd.DataFrame:
    values = np.random.default_rng(1).standard_normal((120, 5)) * [1.0, 1.02, 1.1, 1.3, 2.0]
    return pd.DataFrame(values**2, columns=list("abcde"))


def test_p_values_are_those_of_a_plain_writing(losses: pd.DataFrame) -> None:
    found = model_confidence_set(losses, block=4, n_draws=300, seed=5)

    np.testing.assert_allclose(found.frame["p_value"], plain_p_values(losses.to_numpy(), 4, 300, 5), atol=1e-12)
    assert found.members(0.75) == tuple(found.frame.index[found.frame["in_75"]])
    assert set(found.members(0.75)) <= set(found.members(0.90))
    assert "e" not in found.members(0.90)


def test_copies_stand_or_fall_together(losses: pd.DataFrame) -> None:
    alone = model_confidence_set(losses, block=4, n_draws=300)

    found = model_confidence_set(losses.assign(copy=losses["b"]), block=4, n_draws=300)

    assert found.frame.loc["copy", "p_value"] == found.frame.loc["b", "p_value"] == alone.frame.loc["b", "p_value"]
    assert found.frame.loc["copy", "note"] == "identical losses to b"


def test_a_loss_that_is_always_higher_by_the_same_amount_is_out(losses: pd.DataFrame) -> None:
    found = model_confidence_set(losses.assign(shifted=losses["a"] + 0.01), n_draws=300)

    assert found.frame.loc["shifted", "p_value"] == 0.0
    assert "always worse than a" in found.frame.loc["shifted", "note"]


def test_models_with_as_many_misses_are_told_apart_by_nothing() -> None:
    misses = np.tile([[0.0, 1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]], (20, 1))

    found = model_confidence_set(pd.DataFrame(misses, columns=list("abc")), n_draws=300)

    assert (found.frame["p_value"] > 0.9).all()


@pytest.mark.parametrize("elimination", ["R", "max"])
def test_both_statistics_keep_the_best_and_drop_the_worst(losses: pd.DataFrame, elimination: str) -> None:
    found = model_confidence_set(losses, n_draws=300, elimination=elimination)  # type: ignore[arg-type]

    best = losses.mean().idxmin()
    assert found.frame.loc[best, "p_value"] == 1.0
    assert found.frame.loc["e", "p_value"] < 0.05


def test_models_without_losses_and_single_models_are_named(losses: pd.DataFrame) -> None:
    found = model_confidence_set(losses.assign(absent=np.nan), n_draws=300)
    single = model_confidence_set(losses[["a"]], n_draws=300)

    assert found.frame.loc["absent", "note"] == "no losses"
    assert not found.frame.loc["absent", "in_90"]
    assert found.n == 120
    assert single.frame.loc["a", "p_value"] == 1.0


def test_too_few_periods_give_no_set_and_a_reason(losses: pd.DataFrame) -> None:
    found = model_confidence_set(losses[:2])

    assert found.members(0.90) == ()
    assert "2 periods" in found.note
    assert (found.frame["note"] != "").all()


def test_gaps_are_left_out_for_all_and_counted(losses: pd.DataFrame) -> None:
    gap = losses.copy()
    gap.iloc[5, 2] = np.nan

    found = model_confidence_set(gap, block=4, n_draws=300)

    expected = model_confidence_set(losses.drop(index=5), block=4, n_draws=300)
    pd.testing.assert_frame_equal(found.frame, expected.frame)
    assert found.note == "1 of 120 periods have no number"


def test_levels_outside_zero_and_one_are_refused(losses: pd.DataFrame) -> None:
    with pytest.raises(SettingsError, match="between 0 and 1"):
        model_confidence_set(losses, levels=(75,))


def test_equally_good_models_stay_about_as_often_as_the_level_says() -> None:
    """All of three equal models are kept in three of four samples, at 75 per cent."""
    generator = np.random.default_rng(2)
    kept = [
        len(
            model_confidence_set(
                pd.DataFrame(generator.standard_normal((100, 3)) ** 2), block=2, n_draws=200, seed=draw
            ).members(0.75)
        )
        == 3
        for draw in range(120)
    ]

    assert 0.63 < np.mean(kept) < 0.87

"""SPA, reality check and stepwise test against a plain writing on the same draws, and on truths we know."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from arch.bootstrap import StationaryBootstrap

from macrotrade._typing import FloatArray
from macrotrade.errors import DataError
from macrotrade.evaluation.blocks import bootstrap_block
from macrotrade.evaluation.superiority import bootstrap_deviation, superior_losses, superior_returns

BLOCK, N_DRAWS = 3, 400


@pytest.fixture
def losses() -> pd.DataFrame:
    generator = np.random.default_rng(1)
    values = generator.standard_normal((150, 5)) * [1.0, 0.9, 1.0, 1.4, 3.0]
    return pd.DataFrame(values**2, columns=["base", "better", "equal", "worse", "wild"])


def plain_deviations(d: FloatArray, block: int) -> FloatArray:
    """Politis and Romano's variance of a stationary bootstrap mean, lag by lag."""
    n, q = len(d), 1 / block
    centred = d - d.mean(axis=0)
    variance = (centred**2).mean(axis=0)
    for i in range(1, n):
        kernel = (1 - i / n) * (1 - q) ** i + i / n * (1 - q) ** (n - i)
        variance += 2 * kernel * (centred[i:] * centred[:-i]).sum(axis=0) / n
    return np.asarray(np.sqrt(variance))


def plain_spa(d: FloatArray, seed: int) -> dict[str, float]:
    """Hansen (2005), section 3, and White (2000), one draw at a time."""
    n, deviation, mean = len(d), plain_deviations(d, BLOCK), d.mean(axis=0)
    statistic = max(0.0, float((np.sqrt(n) * mean / deviation).max()))
    near = mean >= -deviation * np.sqrt(2 * np.log(np.log(n)) / n)
    centre = {"lower": np.maximum(mean, 0.0), "consistent": np.where(near, mean, 0.0), "upper": mean}
    beyond = dict.fromkeys([*centre, "check"], 0)
    bootstrap = StationaryBootstrap(BLOCK, d, seed=np.random.default_rng(seed))
    for data in bootstrap.bootstrap(N_DRAWS):
        drawn = data[0][0].mean(axis=0)
        for name, middle in centre.items():
            beyond[name] += max(0.0, float((np.sqrt(n) * (drawn - middle) / deviation).max())) > statistic
        beyond["check"] += float((drawn - mean).max()) > float(mean.max())
    return {name: count / N_DRAWS for name, count in beyond.items()}


def test_all_p_values_are_those_of_a_plain_writing(losses: pd.DataFrame) -> None:
    models = losses.drop(columns="base")
    plain = plain_spa(losses[["base"]].to_numpy() - models.to_numpy(), 7)

    found = superior_losses(losses["base"], models, block=BLOCK, n_draws=N_DRAWS, seed=7)

    assert (found.lower, found.spa.p_value, found.upper) == (plain["lower"], plain["consistent"], plain["upper"])
    assert found.reality_check.p_value == plain["check"]
    assert found.lower <= found.spa.p_value <= found.upper


def test_a_wild_loser_hides_a_winner_from_the_reality_check_only(losses: pd.DataFrame) -> None:
    losses["better"] = losses["base"] - 0.3 + 0.2 * np.random.default_rng(2).standard_normal(150)

    found = superior_losses(losses["base"], losses.drop(columns="base"), block=BLOCK, n_draws=N_DRAWS)

    assert found.spa.p_value < 0.01
    assert found.reality_check.p_value > found.spa.p_value
    assert found.superior == ("better",)


def test_deviations_are_politis_and_romanos() -> None:
    values = np.random.default_rng(3).standard_normal((97, 3)).cumsum(axis=0)

    np.testing.assert_allclose(bootstrap_deviation(values, 6), plain_deviations(values, 6), rtol=1e-9)


def test_the_steps_may_find_every_model() -> None:
    """The second model is found only after the wilder first is set aside, and then none is left."""
    generator = np.random.default_rng(0)
    models = pd.DataFrame(
        {"wild": -3 + 3 * generator.standard_normal(100), "calm": -0.15 + 0.3 * generator.standard_normal(100)}
    )

    found = superior_losses(pd.Series(np.zeros(100)), models, n_draws=N_DRAWS)

    assert found.superior == ("wild", "calm")


def test_higher_returns_are_lower_losses(losses: pd.DataFrame) -> None:
    models = losses.drop(columns="base")

    found = superior_returns(-losses["base"], -models, block=BLOCK, n_draws=N_DRAWS)

    expected = superior_losses(losses["base"], models, block=BLOCK, n_draws=N_DRAWS)
    assert (found.spa, found.reality_check, found.superior) == (expected.spa, expected.reality_check, expected.superior)


def test_copies_of_the_base_and_absent_models_are_left_out_by_name(losses: pd.DataFrame) -> None:
    models = losses[["better"]].assign(copy=losses["base"], absent=np.nan)

    found = superior_losses(losses["base"], models, n_draws=N_DRAWS)

    assert found.left_out == ("absent: no losses", "copy: the difference to the base is the same in every period")
    assert found.spa.n == 150


def test_nothing_to_test_gives_a_reason(losses: pd.DataFrame) -> None:
    same = superior_losses(losses["base"], losses[["base"]])
    short = superior_losses(losses["base"][:2], losses[["better"]][:2])

    assert "same in every period" in same.spa.note
    assert "2 periods" in short.reality_check.note
    assert same.superior == short.superior == ()


def test_other_labels_are_refused(losses: pd.DataFrame) -> None:
    with pytest.raises(DataError, match="labels differ"):
        superior_losses(losses["base"], losses[["better"]].shift(1).dropna())


def test_the_best_of_many_equals_is_seldom_called_better() -> None:
    generator = np.random.default_rng(4)
    p_values = [
        superior_losses(
            pd.Series(np.zeros(120)), pd.DataFrame(generator.standard_normal((120, 10))), block=2, n_draws=200
        ).spa.p_value
        for _ in range(100)
    ]

    assert np.mean(np.array(p_values) < 0.10) < 0.20


def test_blocks_grow_with_persistence_and_horizon() -> None:
    generator = np.random.default_rng(5)
    noise = generator.standard_normal((400, 2))
    persistent = noise.copy()
    for t in range(1, 400):
        persistent[t] += 0.9 * persistent[t - 1]

    assert bootstrap_block(noise) < bootstrap_block(persistent) <= 100
    assert bootstrap_block(noise, horizon=24) == 24
    assert bootstrap_block(np.ones((50, 2))) == 1
    assert bootstrap_block(noise[:4]) == 1

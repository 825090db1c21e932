"""Ties, constants, copies, gaps, few numbers: every test says something or says why not, without a warning."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from macrotrade.evaluation.comparison import clark_west, diebold_mariano
from macrotrade.evaluation.confidence_set import model_confidence_set
from macrotrade.evaluation.deflated_sharpe import deflated_sharpe
from macrotrade.evaluation.direction_tests import direction_tests
from macrotrade.evaluation.fluctuation import fluctuation
from macrotrade.evaluation.overfitting import overfitting_probability
from macrotrade.evaluation.superiority import superior_losses


def awkward(case: int) -> pd.DataFrame:
    """Coarse numbers with ties, in a few columns of a few rows; some with gaps, a constant or two columns alike."""
    generator = np.random.default_rng(case)
    shape = int(generator.integers(0, 40)), int(generator.integers(2, 5))
    values = np.round(generator.normal(size=shape), int(generator.integers(0, 3)))
    if case % 3 == 0:
        values[generator.random(shape) < 0.1] = np.nan
    if case % 4 == 1:
        values[:, 0] = 1.0
    if case % 5 == 2:
        values[:, -1] = values[:, 0]
    return pd.DataFrame(values)


@pytest.mark.parametrize("case", range(40))
def test_every_test_says_something_or_says_why_not(case: int) -> None:
    frame = awkward(case)
    first, last = (frame[column].to_numpy() for column in (0, frame.columns[-1]))
    losses = frame**2
    window = max(1, round(0.3 * int((losses[0] - losses[frame.columns[-1]]).notna().sum())))

    directions = direction_tests(first, last)
    kept = model_confidence_set(losses, n_draws=40).frame
    ratios = deflated_sharpe(frame)
    overfitted = overfitting_probability(frame, 4)
    superior = superior_losses(losses[0], losses.drop(columns=0), n_draws=40)
    verdicts = [
        fluctuation(losses[0], losses[frame.columns[-1]], window).verdict,
        *(diebold_mariano(first**2, last**2, horizon) for horizon in (1, 3, 12)),
        diebold_mariano(first**2, last**2, 3, kernel="rectangular"),
        clark_west(first, 0.5 * first, last),
        superior.spa,
        superior.reality_check,
    ]

    for table in (directions, kept, ratios.rename(columns={"probability": "p_value"})):
        assert (table["p_value"].between(0, 1) | (table["note"] != "")).all()
    assert 0 <= overfitted.probability <= 1 or overfitted.note
    assert all(0 <= verdict.p_value <= 1 or verdict.note for verdict in verdicts)

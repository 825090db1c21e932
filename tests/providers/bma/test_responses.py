"""Derivatives of a forecast, against one large linear system of all its cells."""

from __future__ import annotations

import numpy as np
import pytest

from macrotrade.forecast import Target
from macrotrade.providers.bma import BMA
from macrotrade.providers.bma.responses import Solved, solve_members
from tests.providers.bma.conftest import FEW

HORIZON = 5


def stacked(solved: Solved) -> np.ndarray:
    """B of x = B x + known + shock over all cells of all rows, known cells having no equation."""
    lags, missing = solved.form.lag_matrices, np.isnan(solved.edge.converted)
    n_rows, n_series = missing.shape
    everything = np.zeros((n_rows * n_series, n_rows * n_series))
    for row, column in np.argwhere(missing):
        for lag in range(len(lags)):
            sources = everything[row * n_series + column].reshape(n_rows, n_series)
            sources[row - lag] += lags[lag, column]
    return everything


@pytest.fixture(scope="module")
def solved(embedded) -> tuple[Solved, int]:
    """A system with contemporaneous links and late series, and the origin's row."""
    panel = embedded.as_of("2008-01-31")
    forecaster = BMA(series=FEW, window_years=11).fit(panel, Target("INDPRO"))
    reading = forecaster.read(panel)
    (members,) = solve_members(forecaster.system, reading, (HORIZON,), ("machine",)).values()
    return members[0], reading.origin_row


@pytest.mark.parametrize("name", FEW)
@pytest.mark.parametrize("one_period", [False, True])
def test_a_derivative_is_the_column_of_the_inverse(solved, name, one_period):
    member, origin = solved
    place, last = member.system.place(name), origin + HORIZON
    weights = {last: 1.0, last - 1: -1.0} if one_period else {last: 1.0}
    rows, n_series = member.edge.converted.shape
    assert member.system.conversions[place].order == 1

    gradient = member.gradient(place, weights)

    asked = np.zeros((rows, n_series))
    if one_period:
        asked[last, place] = 1.0
    else:
        asked[int(member.edge.last_known[place]) + 1 : last + 1, place] = 1.0
    whole = np.linalg.solve((np.eye(rows * n_series) - stacked(member)).T, asked.ravel()).reshape(rows, n_series)
    np.testing.assert_allclose(gradient, whole[last + 1 - len(gradient) : last + 1], atol=1e-12)
    assert not whole[: last + 1 - len(gradient)].any()


def test_a_deviation_adds_up_all_shocks(solved):
    member, origin = solved
    place, last = member.system.place("HOUST"), origin + HORIZON
    generator = np.random.default_rng(0)
    missing = np.isnan(member.edge.converted)
    rows, n_series = missing.shape
    draws = generator.standard_normal((20_000, rows, n_series)) * member.shocks * missing
    effects = np.linalg.inv(np.eye(rows * n_series) - stacked(member))
    asked = np.zeros((rows, n_series))
    asked[int(member.edge.last_known[place]) + 1 : last + 1, place] = 1.0

    simulated = draws.reshape(len(draws), -1) @ (effects.T @ asked.ravel())

    assert member.deviation(place, {last: 1.0}) == pytest.approx(simulated.std(), rel=0.02)

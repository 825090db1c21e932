"""Scores of equations, each against an independent writing of its formula."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from macrotrade.providers.equations.expression import length, variables_of
from macrotrade.providers.equations.grammar import parse_equation
from macrotrade.providers.equations.rolling import rolling_ends
from macrotrade.providers.equations.sample import Sample, sample_of
from macrotrade.providers.equations.scores import esr_score, mdl_score, sample_scores, slopes_of


@pytest.fixture
def sample() -> Sample:
    generator = np.random.default_rng(2)
    frame = pd.DataFrame(
        {"x": generator.normal(size=50), "z": generator.normal(size=50)},
        index=pd.period_range("2000Q1", periods=50, freq="Q"),
    )
    return sample_of(frame, "x", variables_of(parse_equation("x = 1 x[-1] + 1 z[-1]")[1]))


EQUATION = "x = 0.3 + 0.5 x[-1] + 0.4 z[-1] sin(0.7 x[-1] + 0.2)"


def residuals_by_hand(sample: Sample, c: np.ndarray) -> np.ndarray:
    x, z = sample.regressors.T
    return sample.response - (c[0] + c[1] * x + c[2] * z * np.sin(c[3] * x + c[4]))


def test_slopes_are_the_differences_of_the_residuals(sample: Sample) -> None:
    _, expression, parameters = parse_equation(EQUATION)

    slopes = slopes_of(expression, parameters, sample)

    for place in range(5):
        up, down = parameters.copy(), parameters.copy()
        up[place] += 1e-6
        down[place] -= 1e-6
        by_hand = (residuals_by_hand(sample, down) - residuals_by_hand(sample, up)) / 2e-6
        np.testing.assert_allclose(slopes[place], by_hand, atol=1e-8)


def test_the_description_length_is_the_published_formula(sample: Sample) -> None:
    _, expression, parameters = parse_equation(EQUATION)
    residuals = residuals_by_hand(sample, parameters)
    sse, n = float(residuals @ residuals), residuals.size

    found = esr_score(expression, parameters, sse, sample)

    variance = sse / n
    negative_log_likelihood = 0.5 * n * math.log(2 * math.pi * variance) + sse / (2 * variance)
    # 0.3 + (0.5 * x) + (0.4 * z * sin((0.7 * x) + 0.2)): leaves, operators and the function counted one by one
    n_nodes, n_sorts = 8 + 7 + 1, len({"number", "x", "z", "+", "*", "sin"})
    price = 0.0
    for constant, slope in zip(parameters, slopes_of(expression, parameters, sample), strict=True):
        information = float(slope @ slope) / variance
        precision = math.sqrt(12.0 / information)
        price += max(math.log(abs(constant) / precision) + math.log(2.0), math.log(2.0))
    assert length(expression) == n_nodes
    assert found == pytest.approx(negative_log_likelihood + n_nodes * math.log(n_sorts) + price, rel=1e-10)


def test_a_constant_of_zero_costs_its_sign_alone(sample: Sample) -> None:
    _, expression, parameters = parse_equation("x = 0.3 + 0 x[-1]")

    assert math.isfinite(esr_score(expression, parameters, 10.0, sample))


def test_longer_equations_pay_as_lagramge_has_them_pay(sample: Sample) -> None:
    _, expression, parameters = parse_equation(EQUATION)
    residuals = residuals_by_hand(sample, parameters)
    sse, n = float(residuals @ residuals), residuals.size

    scores = sample_scores(expression, parameters, sse, sample, first_mse=1.5, longest=40)

    assert scores["mse"] == pytest.approx(np.mean(residuals**2))
    assert scores["mdl"] == pytest.approx(np.mean(residuals**2) + 1.5 * 16 / (10 * 40))
    assert scores["bic"] == pytest.approx(n * math.log(sse / n) + 5 * math.log(n))
    assert mdl_score(1.0, 2.0, 10, 20) == pytest.approx(1.1)


def test_origins_leave_half_of_the_sample_before_and_the_horizon_after() -> None:
    ends = rolling_ends(137, 8, 16)

    assert ends[0] == 69
    assert ends[-1] == 129
    assert len(ends) == 16
    assert set(np.diff(ends)) <= {4}
    assert rolling_ends(40, 8, 100) == tuple(range(20, 33))

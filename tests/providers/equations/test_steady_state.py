"""Where equations rest, against algebra."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from macrotrade.providers.equations.equation import Equation, System, equation_of_fit
from macrotrade.providers.equations.grammar import parse_equation
from macrotrade.providers.equations.sample import sample_of
from macrotrade.providers.equations.steady_state import steady_state_of_system, steady_states

PERIODS = pd.period_range("1990Q1", periods=40, freq="Q")


@pytest.fixture
def frame() -> pd.DataFrame:
    generator = np.random.default_rng(0)
    return pd.DataFrame({"x": 2.0 + generator.normal(size=40), "z": 1.0 + generator.normal(size=40)}, index=PERIODS)


def written(text: str, frame: pd.DataFrame) -> Equation:
    target, expression, parameters = parse_equation(text)
    from macrotrade.providers.equations.expression import variables_of

    return equation_of_fit(sample_of(frame, target, variables_of(expression)), expression, parameters)


def test_a_linear_equation_rests_where_algebra_says(frame: pd.DataFrame) -> None:
    (state,) = steady_states(written("x = 0.6 + 0.5 x[-1] + 0.2 x[-2]", frame), frame)

    assert state.levels["x"] == pytest.approx(0.6 / 0.3, rel=1e-9)
    roots = np.roots([1.0, -0.5, -0.2])
    assert state.spectral_radius == pytest.approx(np.abs(roots).max(), rel=1e-6)


def test_other_series_rest_at_their_means(frame: pd.DataFrame) -> None:
    (state,) = steady_states(written("x = 0.5 + 0.4 x[-1] + 0.3 z[-1]", frame), frame)

    assert state.levels["x"] == pytest.approx((0.5 + 0.3 * frame["z"].mean()) / 0.6, rel=1e-9)


def test_every_rest_of_a_curve_is_found_and_the_unstable_one_named(frame: pd.DataFrame) -> None:
    wide = frame.assign(x=np.linspace(-1.5, 1.5, 40))

    states = steady_states(written("x = 0.5 x[-1] + 0.7 sin(2 x[-1] + 0)", wide), wide)

    assert len(states) == 3
    assert states[0].levels["x"] == pytest.approx(0.0, abs=1e-9)
    assert states[0].spectral_radius == pytest.approx(0.5 + 1.4, rel=1e-6)
    for state in states[1:]:
        x = state.levels["x"]
        assert 0.5 * x + 0.7 * math.sin(2 * x) == pytest.approx(x, abs=1e-9)
        assert state.spectral_radius == pytest.approx(abs(0.5 + 1.4 * math.cos(2 * x)), rel=1e-5)


def test_a_random_walk_with_drift_rests_nowhere(frame: pd.DataFrame) -> None:
    assert steady_states(written("x = 0.1 + 1.0 x[-1]", frame), frame) == ()


def test_a_system_rests_where_its_equations_agree(frame: pd.DataFrame) -> None:
    system = System(
        (written("x = 0.4 + 0.5 x[-1] + 0.2 z[-1]", frame), written("z = 0.3 + 0.1 x[-2] + 0.6 z[-1]", frame))
    )

    state = steady_state_of_system(system, frame)

    assert state is not None
    solved = np.linalg.solve([[0.5, -0.2], [-0.1, 0.4]], [0.4, 0.3])
    assert [state.levels["x"], state.levels["z"]] == pytest.approx(solved.tolist(), rel=1e-6)
    companion = np.array([[0.5, 0.2, 0, 0], [0, 0.6, 0.1, 0], [1, 0, 0, 0], [0, 1, 0, 0]])
    assert state.spectral_radius == pytest.approx(np.abs(np.linalg.eigvals(companion)).max(), rel=1e-6)

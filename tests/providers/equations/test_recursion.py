"""Recursive forecasts, against loops written out, and their guards."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from macrotrade.errors import DataError, SettingsError
from macrotrade.providers.equations.autoregressive import autoregression_of, carried_on
from macrotrade.providers.equations.equation import Equation, System, equation_of_fit
from macrotrade.providers.equations.expression import variables_of
from macrotrade.providers.equations.grammar import parse_equation
from macrotrade.providers.equations.recursion import Guards, recurse
from macrotrade.providers.equations.sample import sample_of

PERIODS = pd.period_range("1990Q1", periods=60, freq="Q")
OPEN = Guards(margin=1e6, largest_radius=None, every_origin=False)


@pytest.fixture
def frame() -> pd.DataFrame:
    generator = np.random.default_rng(1)
    x, z = np.full(60, 2.0), np.full(60, 1.0)
    for row in range(2, 60):
        x[row] = 0.4 + 0.7 * x[row - 1] + 0.1 * x[row - 2] + 0.3 * generator.normal()
        z[row] = 0.2 + 0.8 * z[row - 1] + 0.2 * generator.normal()
    return pd.DataFrame({"x": x, "z": z}, index=PERIODS)


def written(text: str, frame: pd.DataFrame) -> Equation:
    target, expression, parameters = parse_equation(text)
    return equation_of_fit(sample_of(frame, target, variables_of(expression)), expression, parameters)


def test_a_path_is_the_loop_written_out(frame: pd.DataFrame) -> None:
    equation = written("x = 0.3 + 0.5 x[-1] + 0.4 x[-2] sin(0.7 x[-1] + 0.2)", frame)

    found = recurse(equation, frame, 6, OPEN)

    values = frame["x"].tolist()
    for _ in range(6):
        values.append(0.3 + 0.5 * values[-1] + 0.4 * values[-2] * math.sin(0.7 * values[-1] + 0.2))
    np.testing.assert_allclose(found.path, values[60:], rtol=1e-12)
    assert found.flags == ()
    assert list(found.paths.index) == list(pd.period_range("2005Q1", periods=6, freq="Q"))


def test_time_goes_on_counting(frame: pd.DataFrame) -> None:
    equation = written("x = 1.0 + 0.5 x[-1] + 0.01 t", frame)

    found = recurse(equation, frame, 3, OPEN)

    values = frame["x"].tolist()
    for step in range(3):
        values.append(1.0 + 0.5 * values[-1] + 0.01 * (60 + step))
    np.testing.assert_allclose(found.path, values[60:], rtol=1e-12)


def test_a_system_reads_its_own_forecasts(frame: pd.DataFrame) -> None:
    system = System((written("x = 0.2 + 0.6 x[-1] + 0.2 z[-1]", frame), written("z = 0.1 + 0.7 z[-1] x[-2]", frame)))

    found = recurse(system, frame, 4, OPEN)

    x, z = frame["x"].tolist(), frame["z"].tolist()
    for _ in range(4):
        new = 0.2 + 0.6 * x[-1] + 0.2 * z[-1], 0.1 + 0.7 * z[-1] * x[-2]
        x.append(new[0])
        z.append(new[1])
    np.testing.assert_allclose(found.paths.to_numpy(), np.column_stack([x[60:], z[60:]]), rtol=1e-12)


def test_a_series_that_is_not_explained_is_carried_on_by_its_autoregression(frame: pd.DataFrame) -> None:
    equation = written("x = 0.2 + 0.6 x[-1] + 0.2 z[-1]", frame)

    found = recurse(equation, frame, 3, OPEN)

    ahead = carried_on(frame["z"].to_numpy(), 3)
    x, z = frame["x"].tolist(), [*frame["z"], *ahead]
    for step in range(3):
        x.append(0.2 + 0.6 * x[-1] + 0.2 * z[59 + step])
    np.testing.assert_allclose(found.path, x[60:], rtol=1e-12)
    np.testing.assert_allclose(found.outside["z"].to_numpy(), ahead, rtol=1e-12)


def test_what_is_known_already_stands(frame: pd.DataFrame) -> None:
    system = System((written("x = 0.2 + 0.6 x[-1] + 0.2 z[-1]", frame), written("z = 0.1 + 0.7 z[-1]", frame)))
    ragged = frame.copy()
    ragged.loc[PERIODS[-1], "x"] = np.nan

    found = recurse(system, ragged, 3, OPEN)

    assert found.paths.index[0] == PERIODS[-1]
    assert found.paths["z"].iloc[0] == frame["z"].iloc[-1]
    assert found.paths["x"].iloc[0] == pytest.approx(0.2 + 0.6 * frame["x"].iloc[-2] + 0.2 * frame["z"].iloc[-2])


def test_members_forecast_by_their_median_shrunk_toward_the_autoregression(frame: pd.DataFrame) -> None:
    members = [written(f"x = {constant} + 0.6 x[-1]", frame) for constant in (0.5, 0.8, 1.0)]

    found = recurse(members, frame, 4, OPEN, shrink=0.25)

    middle = recurse(members[1], frame, 4, OPEN).path
    anchor = recurse(autoregression_of(frame, "x"), frame, 4, OPEN).path
    np.testing.assert_allclose(found.member_paths[1].to_numpy(), middle, rtol=1e-12)
    np.testing.assert_allclose(found.path, 0.75 * middle + 0.25 * anchor, rtol=1e-12)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("x = 0.1 + 1.4 x[-1]", "leaves"),
        ("x = 3.0 - 0.4 x[-1] x[-1] x[-1]", "leaves"),
        ("x = 10 + 1.0 x[-1] exp(3 x[-1])", "leaves"),
    ],
)
def test_an_explosive_equation_falls_back_with_a_flag(frame: pd.DataFrame, text: str, word: str) -> None:
    found = recurse(written(text, frame), frame, 40)

    assert found.fallen_back == (True,)
    assert any("replaced by the autoregression" in flag and word in flag for flag in found.flags)
    np.testing.assert_array_equal(found.path, found.anchor_paths["x"].to_numpy())
    assert np.isfinite(found.paths.to_numpy()).all()


def test_an_equation_that_turns_round_an_unstable_rest_falls_back(frame: pd.DataFrame) -> None:
    wide = frame.assign(x=frame["x"] - frame["x"].mean())
    cycling = written("x = 1.2 sin(-1.5 x[-1] + 0)", wide)

    strict, lax = recurse(cycling, wide, 8), recurse(cycling, wide, 8, Guards(largest_radius=None))

    assert strict.fallen_back == (True,)
    assert "spectral radius" in strict.flags[0]
    assert lax.fallen_back == (False,)


def test_steps_beyond_history_are_clipped_and_said(frame: pd.DataFrame) -> None:
    guards = Guards(margin=0.0, largest_radius=None, every_origin=False)

    found = recurse(written("x = 0.5 + 1.2 x[-1]", frame), frame, 30, guards)

    assert found.path.max() == pytest.approx(frame["x"].max())
    assert any("clipped" in flag for flag in found.flags)


def test_an_equation_without_a_value_falls_back(frame: pd.DataFrame) -> None:
    equation = written("x = 1.0 + 0.5 log(x[-1])", frame)
    last = frame.copy()
    last.loc[PERIODS[-1], "x"] = -1.0

    found = recurse(equation, last, 3, Guards(largest_radius=None, every_origin=False))

    assert found.fallen_back == (True,)
    assert "no value" in found.flags[0]
    assert np.isfinite(found.path).all()


def test_a_constant_series_is_carried_as_a_random_walk_and_said() -> None:
    flat = pd.DataFrame({"x": np.full(30, 4.0)}, index=PERIODS[:30])
    equation = autoregression_of(flat, "x")

    found = recurse(equation, flat, 5)

    np.testing.assert_array_equal(found.path, np.full(5, 4.0))
    assert any("random walk" in flag for flag in found.flags)


def test_carrying_on_an_explosive_series_stays_near_history() -> None:
    values = 1.2 ** np.arange(30.0)

    path = carried_on(values, 50)

    assert path.max() <= values.max() + 0.5 * np.ptp(values)


def test_what_is_missing_is_named(frame: pd.DataFrame) -> None:
    equation = written("x = 0.2 + 0.6 x[-1] + 0.2 z[-1]", frame)
    gap = frame.copy()
    gap.loc[PERIODS[20], "z"] = np.nan

    with pytest.raises(DataError, match="'z'"):
        recurse(equation, frame[["x"]], 3)
    with pytest.raises(DataError, match="1995Q1"):
        recurse(equation, gap, 3)
    with pytest.raises(DataError, match="Nothing is known"):
        recurse(equation, frame.assign(z=np.nan), 3)
    with pytest.raises(SettingsError, match="1 step or more"):
        recurse(equation, frame, 0)
    with pytest.raises(SettingsError, match="System"):
        recurse([equation, written("z = 0.1 + 0.7 z[-1]", frame)], frame, 3)

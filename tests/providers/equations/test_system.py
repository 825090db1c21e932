"""Systems of discovered equations."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from macrotrade.errors import DataError, SettingsError
from macrotrade.providers.equations.recursion import Guards, recurse
from macrotrade.providers.equations.settings import DiscoverySettings
from macrotrade.providers.equations.system import SystemDiscovery, discover_system, load_system_discovery

QUICK = DiscoverySettings(
    max_terms=2, n_filtered=8, n_members=2, n_origins=3, horizon=4, n_refined=0, n_verified=0, lone_sines=False
)


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    generator = np.random.default_rng(6)
    x, z = np.zeros(80), np.zeros(80)
    for row in range(1, 80):
        z[row] = 0.7 * z[row - 1] - 0.2 * x[row - 1] + generator.normal()
        x[row] = 0.5 + 0.6 * x[row - 1] + 0.4 * z[row - 1] + 0.3 * generator.normal()
    return pd.DataFrame({"x": x, "z": z}, index=pd.period_range("1990Q1", periods=80, freq="Q"))


@pytest.fixture(scope="module")
def found(frame: pd.DataFrame) -> SystemDiscovery:
    return discover_system(frame, ["x", "z"], QUICK)


def test_the_best_system_is_of_the_best_equations_that_stand_together(found: SystemDiscovery) -> None:
    assert found.targets == ("x", "z")
    assert 1 <= len(found.systems) <= 2
    assert str(found.systems[0].equation("x")) in map(str, found.discoveries[0].members)


def test_its_forecast_is_the_median_of_its_systems_shrunk(frame: pd.DataFrame, found: SystemDiscovery) -> None:
    forecast = found.forecast(frame, 5)

    runs = [recurse(system, frame, 5, QUICK.guards).paths for system in found.systems]
    median = np.median([run.to_numpy() for run in runs], axis=0)
    anchors = forecast.anchor_paths.to_numpy()
    np.testing.assert_allclose(forecast.paths.to_numpy(), 0.5 * median + 0.5 * anchors, rtol=1e-12)
    assert list(forecast.paths.columns) == ["x", "z"]


def test_where_no_system_stands_the_autoregressions_forecast_and_say_so(frame: pd.DataFrame) -> None:
    strict = replace(QUICK, guards=Guards(largest_radius=1e-6), vetoes=replace(QUICK.vetoes, unstable=False))
    found = discover_system(frame, ["x", "z"], strict)

    forecast = found.forecast(frame, 5)

    assert found.systems == ()
    assert all("spectral radius" in reason for _, reason in found.refused)
    assert "no system passed" in forecast.flags[0]
    assert all(forecast.fallen_back)
    np.testing.assert_allclose(forecast.paths.to_numpy(), forecast.anchor_paths.to_numpy())


def test_a_system_is_the_same_read_back(frame: pd.DataFrame, found: SystemDiscovery, tmp_path: Path) -> None:
    found.save(tmp_path / "system.json")

    back = load_system_discovery(tmp_path / "system.json")

    assert back.refused == found.refused
    np.testing.assert_array_equal(back.forecast(frame, 4).paths, found.forecast(frame, 4).paths)


def test_what_is_no_system_is_refused(found: SystemDiscovery, tmp_path: Path) -> None:
    (tmp_path / "other.json").write_text("{}")
    with pytest.raises(DataError, match="no discovered system"):
        load_system_discovery(tmp_path / "other.json")
    with pytest.raises(DataError, match="No system"):
        load_system_discovery(tmp_path / "none.json")
    with pytest.raises(SettingsError, match="different targets"):
        SystemDiscovery((found.discoveries[0], found.discoveries[0]), ())

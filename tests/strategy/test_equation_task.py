"""What equations are asked of: data by the name of a source, cut where it is told."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from macrotrade.errors import DataError, SettingsError
from macrotrade.providers.equations.settings import DiscoverySettings
from macrotrade.providers.equations.variables import Variable
from macrotrade.sources.embedded import load_embedded
from macrotrade.sources.euro_area import load_euro_area
from macrotrade.strategy.equation_task import EquationTask, equation_data, read_task


def test_the_euro_area_is_what_is_read_where_nothing_is_said() -> None:
    found = EquationTask(until="2005Q1").read()

    assert list(found.frame.columns) == ["pi", "y", "i"]
    assert (found.frame.index[0], found.frame.index[-1]) == (pd.Period("1971Q1"), pd.Period("2005Q1"))
    assert "no vintages" in found.source


def test_what_gives_inflation_away_is_forbidden() -> None:
    found = equation_data(load_euro_area(), ("pi",), columns=("r",))

    assert list(found.frame.columns) == ["pi", "r"]
    assert found.forbidden["pi"] == (Variable("r", 1),)
    assert Variable("r", 1) not in found.pools(DiscoverySettings())["pi"].variables


def test_a_yield_is_read_in_levels_with_the_economy_and_a_price_in_log_changes() -> None:
    history = load_embedded()

    found = equation_data(history, ("DGS10", "SPX"), "2004-12")

    panel = history.as_of("2004-12-31").monthly
    assert list(found.frame.columns[:3]) == ["DGS10", "SPX", "inflation"]
    assert found.frame.loc["2004-12", "DGS10"] == panel.loc["2004-12", "DGS10"]
    change = 100 * np.log(panel.loc["2004-12", "SPX"] / panel.loc["2004-11", "SPX"])
    assert found.frame.loc["2004-12", "SPX"] == pytest.approx(change)
    assert np.isnan(found.frame.loc["2004-12", "inflation"]), "not released by then"


def test_the_size_is_told_for_each_target() -> None:
    found = EquationTask(until="2005Q1", targets=("pi", "i"), columns=("pi", "i")).read()

    lines = found.size(DiscoverySettings(max_terms=1, search="beam", beam_width=7))

    assert [line.split(":")[0] for line in lines] == ["pi", "i"]
    assert all("on one core; searched by a beam of 7" in line for line in lines)
    assert found.n_equations(DiscoverySettings(max_terms=1)) == 2 * (1 + 4 + 10 + 16 + 10 + 4)


def test_settings_of_a_file_are_those_of_a_discovery(tmp_path: Path) -> None:
    file = tmp_path / "task.toml"
    file.write_text('target = "i"\n[discovery]\nn_members = 3\n[discovery.vetoes]\nlargest_condition = 1e6\n')

    task = read_task(file)

    assert (task.targets, task.data.source) == (("i",), "euro-area")
    assert task.settings().n_members == 3
    assert task.settings().vetoes.largest_condition == 1e6


def test_a_value_that_is_none_of_a_setting_is_named() -> None:
    with pytest.raises(SettingsError, match="n_members = 'many'"):
        EquationTask(discovery={"n_members": "many"}).settings()


def test_a_column_that_is_not_there_is_named_with_the_near_ones() -> None:
    with pytest.raises(DataError, match="Did you mean 'y'"):
        equation_data(load_euro_area(), ("pi",), columns=("yy",))

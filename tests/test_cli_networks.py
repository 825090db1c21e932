"""``macrotrade networks``: what its commands print and leave behind, and how they end."""

from __future__ import annotations

import json
import sys
import tomllib
from pathlib import Path

import pandas as pd
import pytest

from macrotrade.__main__ import main

SELECTION = """
name = "a short search"
series = "INDPRO"
measure = "log_change"
spans = [["2005-01", "2005-02"], ["2005-01", "2005-04"]]
n_repeats = 2

[settings]
reads = "own"
nodes = 2
layers = 1
lags = 2

[[network]]
name = "feed-forward"
label = "FF"
[[network.stage]]
epochs = [1, 2]
"""


def typed(*words: str) -> int:
    """Exit code of the command line."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["macrotrade", "networks", *words])
        with pytest.raises(SystemExit) as ended:
            main()
    return int(ended.value.code or 0)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    found = tmp_path / "search.toml"
    found.write_text(SELECTION, encoding="utf-8")
    return found


def test_a_selection_prints_what_was_chosen_and_leaves_a_provider_for_a_strategy(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"

    assert typed("select", str(file), "--out", str(out)) == 0
    said = capsys.readouterr()
    assert typed("select", str(file), "--out", str(out), "--json") == 0

    (provider,) = tomllib.loads((out / "selected.toml").read_text())["provider"]
    candidates = pd.read_csv(out / "candidates.csv")
    assert "a short search: errors of the mean of 2 members" in said.out
    assert "2005-01 to 2005-04" in said.out
    assert said.err.startswith("FF, stage 1: epochs 1: 0.0")
    best = candidates.loc[candidates["score"].idxmin(), "settings"]
    assert best == f"epochs {provider['epochs']}"
    assert [row["settings"] for row in json.loads(capsys.readouterr().out)] == list(candidates["settings"])
    assert len(list((out / "candidates").iterdir())) == 2


def test_members_can_be_told_on_the_command_line(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert typed("select", str(file), "--out", str(tmp_path / "out"), "--repeats", "1") == 0

    assert "the mean of 1 members" in capsys.readouterr().out


def test_a_mistake_is_told_with_its_file_and_key(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file.write_text(SELECTION.replace("n_repeats", "n_repeat"), encoding="utf-8")

    assert typed("select", str(file)) == 2
    assert "search.toml: unknown key 'n_repeat'. Did you mean 'n_repeats'" in capsys.readouterr().err


def test_help_has_an_example(capsys: pytest.CaptureFixture[str]) -> None:
    assert typed("select", "--help") == 0
    assert "Example: macrotrade networks select" in capsys.readouterr().out

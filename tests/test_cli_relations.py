"""`macrotrade networks relate`: what it prints and writes, and mistakes in its file."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from macrotrade.cli import app
from macrotrade.errors import SettingsError
from macrotrade.strategy.relation_study import read_relations

SHIPPED = Path(__file__).resolve().parents[1] / "strategies" / "networks" / "flows_to_sectors.toml"
SMALL = """
name = "small"
as_of = "1990-12-31"
horizon = 1
n_folds = 1
n_draws = 100
placebo = false

[data]
flows = true

[flows]
"federal outlays" = ["FEDERAL_OUTLAYS_GDP"]

[sectors]
"jobs: manufacturing" = "MANEMP"

[provider]
name = "feed-forward"
reads = "all"
lags = 2
nodes = 3
layers = 1
n_members = 2
epochs = 5
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "small.toml"
    path.write_text(SMALL, encoding="utf-8")
    return path


def test_it_prints_the_matrix_and_writes_a_page_and_tables(file: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"

    result = CliRunner().invoke(app, ["networks", "relate", str(file), "--out", str(out), "--members", "3"])

    assert result.exit_code == 0, result.output
    assert "manufacturing" in result.stdout
    page = (out / "report.html").read_text(encoding="utf-8")
    assert "3 networks (FF-all, " in page
    assert "From flows to sectors" in (out / "report.md").read_text(encoding="utf-8")
    table = pd.read_parquet(out / "relations.parquet")
    written = json.loads((out / "results.json").read_text(encoding="utf-8"))["relations"]
    assert [row["change"] for row in written] == list(table["change"])
    assert len(table) == 1


def test_a_provider_that_is_no_network_is_told(file: Path) -> None:
    file.write_text(SMALL.replace('"feed-forward"', '"naive"').split("reads")[0], encoding="utf-8")

    result = CliRunner().invoke(app, ["networks", "relate", str(file)])

    assert isinstance(result.exception, SettingsError)
    assert "no neural ensemble" in str(result.exception)


def test_the_shipped_study_can_be_asked() -> None:
    study = read_relations(SHIPPED).study()

    assert study.n_fits == 13 * 4 * 9
    assert study.provider.n_members == 16

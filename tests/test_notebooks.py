"""Notebooks are told in order and kept small; that they run is checked by running them (pytest collects them)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

NOTEBOOKS = sorted((Path(__file__).resolve().parents[1] / "notebooks").glob("*.ipynb"))
LARGEST_BYTES = 100_000


def test_notebooks_are_numbered_without_a_gap() -> None:
    assert [int(file.name[:2]) for file in NOTEBOOKS] == list(range(1, len(NOTEBOOKS) + 1))


@pytest.mark.parametrize("file", NOTEBOOKS, ids=lambda file: file.stem)
def test_a_notebook_starts_with_its_title_and_keeps_only_small_outputs(file: Path) -> None:
    cells = json.loads(file.read_text(encoding="utf-8"))["cells"]
    outputs = [output for cell in cells for output in cell.get("outputs", [])]

    assert "".join(cells[0]["source"]).startswith("# ")
    assert file.stat().st_size < LARGEST_BYTES
    assert not [output for output in outputs if output["output_type"] == "error"]
    assert not [output for output in outputs if output.get("name") == "stderr"]

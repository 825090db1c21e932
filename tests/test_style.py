"""The tools that keep the style agree with the tree."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.mark.parametrize(
    "command",
    ["ruff check --quiet --no-cache", "ruff format --check --quiet --no-cache", "mypy --no-error-summary"],
    ids=["ruff-check", "ruff-format", "mypy-strict"],
)
def test_the_tree_pleases(command: str) -> None:
    run = subprocess.run(
        [sys.executable, "-m", *command.split()], cwd=ROOT, capture_output=True, text=True, timeout=900, check=False
    )

    assert run.returncode == 0, run.stdout + run.stderr

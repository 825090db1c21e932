"""The import contracts of pyproject.toml hold on the tree, and each is noticed when it is broken."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
import tomllib
from itertools import pairwise
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
NAMES = {contract["id"]: contract["name"] for contract in CONTRACTS}
LAYERS = [
    layer.replace("(", "").replace(")", "").split(" | ")
    for layer in next(c for c in CONTRACTS if c["id"] == "layers")["layers"]
]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Root of a copy of the package that a test may spoil."""
    shutil.copytree(
        ROOT / "macrotrade", tmp_path / "macrotrade", ignore=shutil.ignore_patterns("__pycache__", "*.parquet")
    )
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def broken_contracts(root: Path) -> set[str]:
    """Ids of the contracts that the tree under `root` breaks."""
    run = lint_imports(root)
    broken = {identifier for identifier, name in NAMES.items() if f"{name} BROKEN" in " ".join(run.stdout.split())}
    assert (run.returncode != 0) == bool(broken), run.stdout + run.stderr
    return broken


def lint_imports(root: Path) -> subprocess.CompletedProcess[str]:
    script = "import sys; from importlinter.cli import lint_imports_command; lint_imports_command(sys.argv[1:])"
    return subprocess.run(
        [sys.executable, "-c", script, "--no-cache", "--no-logo", "--config", "pyproject.toml"],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def module_file(root: Path, layer: str) -> Path:
    folder = root / "macrotrade" / layer
    return folder / "__init__.py" if folder.is_dir() else root / "macrotrade" / f"{layer}.py"


def spoil(file: Path, line: str) -> None:
    """Write `line` at the end of `file`, which is made where it does not exist."""
    file.parent.mkdir(parents=True, exist_ok=True)
    for folder in file.parents:
        if folder.name == "macrotrade":
            break
        (folder / "__init__.py").touch()
    file.write_text((file.read_text() if file.exists() else "") + f"\n{line}\n")


def test_every_contract_holds_on_the_tree() -> None:
    run = lint_imports(ROOT)

    assert run.returncode == 0, run.stdout + run.stderr


@pytest.mark.parametrize(("lower", "upper"), [(low[0], up[0]) for up, low in pairwise(LAYERS)])
def test_a_layer_that_imports_the_one_above_is_noticed(copy: Path, lower: str, upper: str) -> None:
    spoil(module_file(copy, lower), f"import macrotrade.{upper}")

    assert "layers" in broken_contracts(copy)


@pytest.mark.parametrize(
    ("one", "other"),
    [pair for layer in LAYERS for pair in zip(layer, layer[1:] + layer[:1], strict=True) if len(layer) > 1],
)
def test_a_layer_that_imports_its_sibling_is_noticed(copy: Path, one: str, other: str) -> None:
    spoil(module_file(copy, other), "")
    spoil(module_file(copy, one), f"import macrotrade.{other}")

    assert "layers" in broken_contracts(copy)


def test_a_module_outside_the_story_is_noticed(copy: Path) -> None:
    spoil(copy / "macrotrade" / "misc.py", '"""Odds and ends."""')

    run = lint_imports(copy)

    assert run.returncode != 0
    assert "misc" in run.stdout + run.stderr


def test_a_provider_family_that_imports_another_is_noticed(copy: Path) -> None:
    spoil(copy / "macrotrade" / "providers" / "example" / "model.py", "import macrotrade.providers.benchmarks")

    assert broken_contracts(copy) == {"families"}


@pytest.mark.parametrize("room", ["report/stray.py", "signals/stray.py", "providers/example/stray.py"])
def test_a_second_door_to_vectorbt_is_noticed(copy: Path, room: str) -> None:
    spoil(copy / "macrotrade" / room, "def late():\n    import vectorbt")

    assert broken_contracts(copy) == {"door"}


@pytest.mark.parametrize(
    "kernel",
    ["numerics/stray.py", "evaluation/kernels.py", "portfolio/kernels/stray.py", "providers/example/kernels/stray.py"],
)
@pytest.mark.parametrize("line", ["import pandas", "import macrotrade.panel.panel"])
def test_a_kernel_that_knows_labels_is_noticed(copy: Path, kernel: str, line: str) -> None:
    spoil(copy / "macrotrade" / kernel, line)

    assert "kernels" in broken_contracts(copy)


def test_a_kernel_may_use_arrays_and_other_kernels(copy: Path) -> None:
    spoil(copy / "macrotrade" / "portfolio" / "kernels.py", "import numpy\nimport scipy\nimport macrotrade.numerics")

    assert broken_contracts(copy) == set()


def test_rooms_take_nothing_but_the_version_from_the_front_door() -> None:
    """The front door names every room, so a room that imports through it would pass by the layers."""
    taken = {
        (str(file.relative_to(ROOT)), alias.name)
        for file in sorted((ROOT / "macrotrade").rglob("*.py"))
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom | ast.Import)
        for alias in node.names
        if getattr(node, "module", alias.name) == "macrotrade" and alias.name != "__version__"
    }

    assert not {(file, name) for file, name in taken if not module_file(ROOT, name).exists()}

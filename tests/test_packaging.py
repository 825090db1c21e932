"""What is declared, what is imported and what is pinned agree."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
DEPENDENCIES = [Requirement(line) for line in PROJECT["dependencies"]]
EXTRAS = [Requirement(line) for lines in PROJECT["optional-dependencies"].values() for line in lines]
PINS = {
    canonicalize_name(name): version
    for name, version in re.findall(
        r"^([\w.-]+)==(\S+)$", (ROOT / "constraints.txt").read_text(encoding="utf-8"), flags=re.MULTILINE
    )
}


def imported_distributions(folder: Path) -> dict[str, str]:
    """Distribution of every third-party import under `folder`, with a file that imports it."""
    homes = packages_distributions()
    found: dict[str, str] = {}
    for file in sorted(folder.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                names = [node.module or ""]
            else:
                continue
            for name in {name.split(".")[0] for name in names} - set(sys.stdlib_module_names) - {"macrotrade"}:
                found[canonicalize_name(homes.get(name, [name])[0])] = str(file.relative_to(ROOT))
    return found


def test_every_library_the_package_imports_is_declared() -> None:
    declared = {canonicalize_name(requirement.name) for requirement in DEPENDENCIES}
    extras = {"vectorbt-rust", "apprise", "dask", "distributed", "ray"}  # used where they are installed

    undeclared = {
        name: file
        for name, file in imported_distributions(ROOT / "macrotrade").items()
        if name not in declared | extras
    }

    assert not undeclared


def test_every_declared_library_is_pinned_at_a_version_it_allows() -> None:
    unmet = [
        str(requirement)
        for requirement in [*DEPENDENCIES, *EXTRAS]
        if PINS.get(canonicalize_name(requirement.name)) not in requirement.specifier
    ]

    assert not unmet


def test_pins_are_plain_versions_from_any_registry() -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()

    odd = [line for line in lines if not re.fullmatch(r"#.*|[a-z0-9-]+==[0-9][0-9a-z.]*", line)]

    assert not odd


def test_every_provider_entry_point_can_be_loaded() -> None:
    for path in PROJECT["entry-points"]["macrotrade.providers"].values():
        module, _, name = path.partition(":")
        file = ROOT / Path(*module.split(".")).with_suffix(".py")
        classes = {
            node.name for node in ast.parse(file.read_text(encoding="utf-8")).body if isinstance(node, ast.ClassDef)
        }
        assert name in classes, f"{path} names no class of {file.name}"

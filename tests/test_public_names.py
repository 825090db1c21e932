"""The names others may use are the names that are there."""

from __future__ import annotations

import ast
from importlib import import_module
from pathlib import Path

import pytest

import macrotrade

PACKAGE = Path(macrotrade.__file__).parent
MODULES = sorted(PACKAGE.rglob("*.py"))


def module_name(file: Path) -> str:
    parts = file.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def type_checking_imports(tree: ast.Module) -> dict[str, str]:
    """Name to home of what a type checker is told the package offers."""
    guarded = [node for node in tree.body if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"]
    return {
        alias.asname or alias.name: (node.module or "").removeprefix("macrotrade.")
        for block in guarded
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }


def listed_names(tree: ast.Module) -> list[str] | None:
    for node in tree.body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            return list(ast.literal_eval(node.value))
    return None


def defined_names(tree: ast.Module) -> set[str]:
    kinds = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
    return {node.name for node in tree.body if isinstance(node, kinds) and not node.name.startswith("_")}


@pytest.mark.parametrize("name", macrotrade.__all__)
def test_a_public_name_is_there(name: str) -> None:
    assert getattr(macrotrade, name) is not None
    assert name in dir(macrotrade)


def test_the_three_lists_of_the_front_door_agree() -> None:
    tree = ast.parse((PACKAGE / "__init__.py").read_text(encoding="utf-8"))

    assert sorted(macrotrade.__all__) == sorted(macrotrade._HOME)
    assert type_checking_imports(tree) == macrotrade._HOME


def test_a_public_name_is_public_at_home() -> None:
    private = [
        name for name, home in macrotrade._HOME.items() if name not in import_module(f"macrotrade.{home}").__all__
    ]

    assert not private


def test_a_name_that_is_not_there_is_refused() -> None:
    with pytest.raises(AttributeError, match="no attribute 'forcast'"):
        macrotrade.forcast  # noqa: B018


@pytest.mark.parametrize("file", [file for file in MODULES if "def __getattr__" in file.read_text()], ids=module_name)
def test_no_name_that_is_fetched_late_is_also_a_submodule(file: Path) -> None:
    """Which of the two the package would give would depend on what had been imported before."""
    submodules = {path.stem for path in file.parent.glob("*.py")} | {
        path.parent.name for path in file.parent.glob("*/__init__.py")
    }

    assert not set(listed_names(ast.parse(file.read_text(encoding="utf-8"))) or []) & submodules


@pytest.mark.parametrize("file", MODULES, ids=module_name)
def test_a_module_says_what_it_is_and_what_it_offers(file: Path) -> None:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    listed = listed_names(tree)

    assert ast.get_docstring(tree), "the module has no docstring"
    if defined_names(tree):
        assert listed is not None, "the module defines public names and has no __all__"


@pytest.mark.parametrize("file", [file for file in MODULES if file.name != "__main__.py"], ids=module_name)
def test_a_module_has_what_it_lists(file: Path) -> None:
    module = import_module(module_name(file))

    missing = [name for name in getattr(module, "__all__", []) if not hasattr(module, name)]

    assert not missing

"""Public things say what they give back, what their parts are, and name no part they do not have."""

from __future__ import annotations

import dataclasses
import inspect
import re
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

import macrotrade

PACKAGE = Path(macrotrade.__file__).parent
MANY_PARAMETERS = 5


def public_things() -> Iterator[tuple[str, Any]]:
    """Qualified name and object of every function and class listed by the module that defines it."""
    for file in sorted(PACKAGE.rglob("*.py")):
        if file.name == "__main__.py":
            continue
        parts = file.relative_to(PACKAGE.parent).with_suffix("").parts
        module = import_module(".".join(part for part in parts if part != "__init__"))
        for name in getattr(module, "__all__", []):
            thing = getattr(module, name)
            is_named = inspect.isclass(thing) or inspect.isfunction(inspect.unwrap(thing))
            if is_named and thing.__module__ == module.__name__:
                yield f"{module.__name__}.{name}", thing


THINGS = dict(public_things())
CLASSES = {name: thing for name, thing in THINGS.items() if inspect.isclass(thing)}
FUNCTIONS = {name: thing for name, thing in THINGS.items() if name not in CLASSES}


def sections(docstring: str) -> dict[str, list[str]]:
    """Names listed in each numpydoc section of a docstring."""
    found: dict[str, list[str]] = {}
    lines = inspect.cleandoc(docstring).splitlines()
    title = ""
    for line, below in zip(lines, [*lines[1:], ""], strict=True):
        if re.fullmatch(r"-{3,}", below):
            title = line
        elif title and re.fullmatch(r"[*\w]+(, [*\w]+)*( ?:.*)?", line):
            names = line.split(":")[0].split(",")
            found.setdefault(title, []).extend(name.strip(" *") for name in names)
    return found


def shared_notation(module: str) -> set[str]:
    """Names that a package of kernels explains at its head, once for all its functions."""
    package, found, _ = module.partition(".kernels")
    return set(sections(import_module(package + found).__doc__ or found).get("Notation", [])) if found else set()


def parameters(thing: Callable[..., Any]) -> list[str]:
    return [name for name in inspect.signature(thing).parameters if name not in {"self", "cls"}]


@pytest.mark.parametrize("name", THINGS)
def test_the_first_line_says_what_it_is(name: str) -> None:
    docstring = inspect.getdoc(THINGS[name])

    assert docstring, f"{name} has no docstring"
    assert docstring.splitlines()[0].strip()


@pytest.mark.parametrize("name", [name for name, thing in CLASSES.items() if dataclasses.is_dataclass(thing)])
def test_every_field_of_a_dataclass_is_explained(name: str) -> None:
    docstring = CLASSES[name].__doc__ or ""
    fields = [field.name for field in dataclasses.fields(CLASSES[name]) if not field.name.startswith("_")]

    unexplained = [field for field in fields if not re.search(rf"\b{field}\b", docstring)]

    assert not unexplained


# The options of a command are explained by its help.
@pytest.mark.parametrize("name", [name for name in FUNCTIONS if not name.startswith("macrotrade.cli.")])
def test_every_one_of_many_parameters_is_explained(name: str) -> None:
    taken = parameters(FUNCTIONS[name])
    docstring = inspect.getdoc(FUNCTIONS[name]) or ""

    unexplained = {parameter for parameter in taken if not re.search(rf"\b{parameter}\b", docstring)}
    unexplained -= shared_notation(FUNCTIONS[name].__module__)

    assert len(taken) < MANY_PARAMETERS or not unexplained


@pytest.mark.parametrize("name", THINGS)
def test_no_parameter_is_explained_that_is_not_taken(name: str) -> None:
    thing = THINGS[name]
    listed = sections(inspect.getdoc(thing) or "").get("Parameters", [])
    try:
        taken = parameters(thing)
    except (TypeError, ValueError):  # a class without a signature of its own
        taken = []

    assert set(listed) <= set(taken)

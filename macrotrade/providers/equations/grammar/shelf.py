"""The grammars that come with the package, and those in files."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from macrotrade.errors import SettingsError, near_misses
from macrotrade.providers.equations.grammar.parse import parse_grammar
from macrotrade.providers.equations.grammar.productions import Grammar

__all__ = ["read_grammar", "shipped_grammars"]

_ENDING = ".grammar"


def shipped_grammars() -> dict[str, str]:
    """Name and text of every grammar of the package."""
    folder = files("macrotrade.providers.equations.grammar").joinpath("shipped")
    found = sorted((file for file in folder.iterdir() if file.name.endswith(_ENDING)), key=lambda file: file.name)
    return {file.name.removesuffix(_ENDING): file.read_text(encoding="utf-8") for file in found}


def read_grammar(name: str | Path) -> Grammar:
    """The grammar of this name in the package, or in the file at this path.

    Raises
    ------
    SettingsError
        If there is neither, or the grammar cannot be read.
    """
    shipped = shipped_grammars()
    if str(name) in shipped:
        return parse_grammar(shipped[str(name)], f"grammar {name}")
    path = Path(name)
    if path.is_file():
        return parse_grammar(path.read_text(encoding="utf-8"), str(path))
    raise SettingsError(
        f"There is no grammar {str(name)!r}, nor a file of that name. {near_misses(str(name), shipped)}"
    )

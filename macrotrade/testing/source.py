"""Names in a provider's source that look ahead by design."""

from __future__ import annotations

import ast
import inspect
import sys
from pathlib import Path

from macrotrade.forecast import Provider

__all__ = ["LOOK_AHEAD_NAMES", "look_ahead_names", "provider_sources"]

LOOK_AHEAD_NAMES = frozenset({"FMEAN", "FSTD", "FMIN", "FMAX", "FIXLB", "MEANLB", "LEXLB", "TRENDLB", "BOLB"})
"""Look-ahead indicators and label generators of vectorbt, which read future prices on purpose."""


def look_ahead_names(provider: Provider) -> tuple[tuple[str, str, int], ...]:
    """Each use of one of :data:`LOOK_AHEAD_NAMES` in the provider's source, as (name, file, line)."""
    found = []
    for file, text in provider_sources(provider).items():
        for node in ast.walk(ast.parse(text)):
            name = _name(node)
            if name in LOOK_AHEAD_NAMES:
                found.append((name, file, getattr(node, "lineno", 0)))
    return tuple(found)


def provider_sources(provider: Provider) -> dict[str, str]:
    """Text of each module that defines the provider's class or a base of it; empty where there is no source file."""
    sources: dict[str, str] = {}
    for cls in type(provider).__mro__:
        module = sys.modules.get(cls.__module__)
        if module is None or cls.__module__ in ("builtins", "typing", "macrotrade.forecast"):
            continue
        try:
            sources[Path(inspect.getfile(module)).name] = inspect.getsource(module)
        except (OSError, TypeError):  # defined at a prompt or compiled
            continue
    return sources


def _name(node: ast.AST) -> str | None:
    if isinstance(node, ast.Attribute):
        return node.attr
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.alias):
        return node.name.rpartition(".")[2]
    return None

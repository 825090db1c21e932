"""What is told: one self-contained page, with the same in Markdown and JSON.

Names below are imported when first used: figures need plotly, which a terminal does not.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from macrotrade.report.document import make_report
    from macrotrade.report.finished import Report
    from macrotrade.report.parts import Card, Cards, Choice, Column, Figure, Section, Table, Words

_HOME = {
    "Card": "parts",
    "Cards": "parts",
    "Choice": "parts",
    "Column": "parts",
    "Figure": "parts",
    "Report": "finished",
    "Section": "parts",
    "Table": "parts",
    "Words": "parts",
    "make_report": "document",
}

__all__ = ["Card", "Cards", "Choice", "Column", "Figure", "Report", "Section", "Table", "Words", "make_report"]


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(f"macrotrade.report.{_HOME[name]}"), name)
    raise AttributeError(f"module 'macrotrade.report' has no attribute {name!r}")

"""A finished report, and how it is written to disk."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from macrotrade._files import atomically

__all__ = ["Report"]


@dataclass(frozen=True)
class Report:
    """A finished report.

    Attributes
    ----------
    title
        Name of the strategy.
    html
        One self-contained page.
    markdown
        Words and tables.
    results
        Everything numeric, in full precision, of plain types.
    latex
        Tables for a paper; empty where none are offered.
    frames
        Name to table, for those who go on working with the numbers.
    """

    title: str
    html: str
    markdown: str
    results: Mapping[str, Any]
    latex: str = ""
    frames: Mapping[str, pd.DataFrame] = field(default_factory=dict)

    def save(self, path: str | Path) -> Path:
        """Write ``report.html``, ``report.md`` and ``results.json`` into a folder; gives back the path of the page.

        A path that ends in ``.html`` names the page itself; the others stand beside it: where the report has them also
        ``tables.tex`` and a Parquet file for each table. Each file appears whole or not at all, ``results.json`` last.
        """
        place = Path(path)
        page_path = place if place.suffix == ".html" else place / "report.html"
        _write(page_path.with_suffix(".md"), self.markdown)
        if self.latex:
            _write(page_path.with_name("tables.tex"), self.latex)
        for name, frame in self.frames.items():
            with atomically(page_path.with_name(f"{name}.parquet")) as temporary:
                frame.to_parquet(temporary, index=False)
        _write(page_path, self.html)
        _write(page_path.with_name("results.json"), json.dumps(self.results, indent=1, allow_nan=False) + "\n")
        return page_path


def _write(path: Path, text: str) -> None:
    with atomically(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")

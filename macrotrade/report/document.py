"""A report: one run told as a page, as Markdown and as JSON.

1. who was in the run                      cast.py
2. how good they were                      judgement.py and luck.py, by way of macrotrade.evaluation
3. what is told, in order                  contents.py, from tables.py, figures.py, signals.py, summary.py
4. how it is told                          page.py, markdown.py, machine.py
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from macrotrade._files import atomically
from macrotrade.report.cast import cast_of
from macrotrade.report.contents import contents
from macrotrade.report.judgement import judge
from macrotrade.report.machine import results
from macrotrade.report.markdown import markdown
from macrotrade.report.page import page
from macrotrade.report.parts import Section
from macrotrade.report.sensitivity import sensitivity_section
from macrotrade.report.summary import lead
from macrotrade.strategy.result import Backtest
from macrotrade.strategy.sensitivity import Sensitivity

__all__ = ["Report", "make_report"]


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
        ``tables.tex`` and a Parquet file for each table. Each file appears whole or not at all.
        """
        place = Path(path)
        page_path = place if place.suffix == ".html" else place / "report.html"
        _write(page_path.with_name("results.json"), json.dumps(self.results, indent=1, allow_nan=False) + "\n")
        _write(page_path.with_suffix(".md"), self.markdown)
        if self.latex:
            _write(page_path.with_name("tables.tex"), self.latex)
        for name, frame in self.frames.items():
            with atomically(page_path.with_name(f"{name}.parquet")) as temporary:
                frame.to_parquet(temporary, index=False)
        _write(page_path, self.html)
        return page_path


def make_report(
    backtest: Backtest, sections: Sequence[Section] = (), *, sensitivity: Sensitivity | None = None
) -> Report:
    """Report of a finished run.

    Parameters
    ----------
    backtest
        From :mod:`macrotrade.strategy.run`.
    sections
        Further sections, put after the instruments: what a provider has to tell beyond its forecasts.
    sensitivity
        The run under other assumptions, from :func:`macrotrade.strategy.sensitivity.sensitivity`: a section in place of
        the short table, and every row of it in the results.

    Examples
    --------
    ::

        make_report(backtest, [Section("Weights through time", figure)]).save("out")
    """
    cast, judgement = cast_of(backtest), judge(backtest)
    further = (*sections, *((sensitivity_section(sensitivity, backtest),) if sensitivity is not None else ()))
    told = contents(backtest, cast, judgement, further)
    title, opening = backtest.strategy.name, lead(backtest, cast)
    title = title[:1].upper() + title[1:]
    return Report(
        title=title,
        html=page(title, opening, told),
        markdown=markdown(title, opening, told),
        results=results(backtest, cast, judgement, sensitivity),
    )


def _write(path: Path, text: str) -> None:
    with atomically(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")

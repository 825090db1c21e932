"""Tables as LaTeX, for papers: one table environment each, ruled by booktabs."""

from __future__ import annotations

from macrotrade.report.parts import Section, Table, walk
from macrotrade.report.words import with_error

__all__ = ["latex"]

_SPECIAL = str.maketrans(
    {
        "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_", "{": r"\{", "}": r"\}",
        "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "<": "$<$", ">": "$>$", "−": "$-$", "–": "--",
        "±": r"$\pm$", "†": r"$\dagger$", "×": r"$\times$", "°": r"$^\circ$",
    }
)  # fmt: skip


def latex(sections: tuple[Section, ...]) -> str:
    """Every table of a report in order, to be read into a paper that uses the package booktabs."""
    tables = [part for section in sections for part in walk(section.parts) if isinstance(part, Table)]
    return "% needs \\usepackage{booktabs}\n\n" + "\n".join(map(_table, tables))


def _table(table: Table) -> str:
    shape = "".join("l" if column.kind in ("text", "prose") else "r" for column in table.columns)
    rows = ([with_error(row, column) for column in table.columns] for row in table.records())
    lines = [
        r"\begin{table}[htbp]",
        r"\centering",
        rf"\caption{{{_escaped(table.title)}}}",
        rf"\begin{{tabular}}{{{shape}}}",
        r"\toprule",
        _row([column.title for column in table.columns]),
        r"\midrule",
        *map(_row, rows),
        r"\bottomrule",
        r"\end{tabular}",
        *([rf"\par\smallskip\footnotesize {_escaped(table.note)}"] if table.note else []),
        r"\end{table}",
    ]
    return "\n".join(lines) + "\n"


def _row(cells: list[str]) -> str:
    return " & ".join(map(_escaped, cells)) + r" \\"


def _escaped(text: str) -> str:
    return text.translate(_SPECIAL)

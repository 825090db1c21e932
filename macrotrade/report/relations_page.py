"""The page of a study of relations: from flows to sectors."""

from __future__ import annotations

import pandas as pd

from macrotrade.providers.neural.relations import Relations, RelationStudy, relation_exhibits
from macrotrade.report.exhibits import drawn
from macrotrade.report.finished import Report
from macrotrade.report.markdown import markdown
from macrotrade.report.page import page
from macrotrade.report.parts import Section, Words
from macrotrade.report.words import cardinal, count, sentence

__all__ = ["relations_report"]


def relations_report(
    found: Relations, study: RelationStudy, source: str, name: str = "From flows to sectors"
) -> Report:
    """Page, Markdown and results of what was found.

    Parameters
    ----------
    found, study
        What was found, and what was asked.
    source
        Which data these are, in words.
    name
        Title.
    """
    title = name[:1].upper() + name[1:]
    lead = (
        f"{count(len(study.sectors), 'sector')} forecast {count(study.horizon, 'period')} ahead with and without each "
        f"of {count(len(study.flows), 'flow')}, on {source}."
    )
    named, provider = study.provider.architectures()[0], study.provider
    networks = f"{provider.n_members} networks ({named.label}, {named.architecture.sizes}, {provider.epochs} epochs)"
    how = Words(
        f"Each sector is forecast by the mean of {networks} that read its own past and every flow. "
        "They are trained again from the same first weights with the series of one flow held still, and the errors of "
        "both are compared on rows that neither was trained on: information in the sense of Granger, beside everything "
        "else that is read. It says nothing about causes, and of two flows that say the same each is of no use. The "
        "placebo is made of the flows turned round in time by half the sample: what it shows is chance."
    )
    flows = Words(
        "The flows",
        terms={label: sentence(cardinal(list(names))) for label, names in study.flows.items()},
    )
    sections = (
        Section("What was found", (how, *(part for one in relation_exhibits(found) for part in drawn(one)))),
        Section("What was read", (flows,)),
    )
    return Report(
        title=title,
        html=page(title, lead, sections, "relations"),
        markdown=markdown(title, lead, sections),
        results={"source": source, "relations": _plain(found.table), "sectors": _plain(found.sectors)},
        frames={"relations": found.table, "sectors": found.sectors},
    )


def _plain(table: pd.DataFrame) -> list[dict[str, object]]:
    """Rows of plain types, None where there is no number."""
    return [
        {str(key): None if pd.isna(value) else value for key, value in row.items()}
        for row in table.astype(object).to_dict("records")
    ]

"""The report as Markdown: words and tables, for terminals, issues and machines that read."""

from __future__ import annotations

from macrotrade.report.parts import Card, Cards, Choice, Figure, Part, Section, Table, Words
from macrotrade.report.words import with_error

__all__ = ["markdown"]


def markdown(title: str, lead: str, sections: tuple[Section, ...]) -> str:
    """Markdown of a report; figures are named by their captions, since the page draws them."""
    blocks = [f"# {title}", lead]
    for section in sections:
        blocks += [f"## {section.title}", *_blocks(section.parts)]
    return "\n\n".join(block for block in blocks if block) + "\n"


def _blocks(parts: tuple[Part, ...]) -> list[str]:
    return [block for part in parts for block in _block(part)]


def _block(part: Part) -> list[str]:
    match part:
        case Table():
            return [f"### {part.title}" if part.title else "", _table(part), part.note]
        case Cards():
            return [_card(card) for card in part.items]
        case Choice():
            return _options(part)
        case Figure():
            return []
        case Words():
            return _words(part)


def _options(choice: Choice) -> list[str]:
    """What stands behind every option; under its name where two options have tables of the same title."""
    blocks = {name: _blocks(inner) for name, inner in choice.options.items()}
    titles = [title for inner in blocks.values() for title in {block for block in inner if block.startswith("### ")}]
    if len(set(titles)) == len(titles):
        return [block for inner in blocks.values() for block in inner]
    return [block for name, inner in blocks.items() for block in (f"**{name}**", *inner)]


def _table(table: Table) -> str:
    header = "| " + " | ".join(_escaped(column.title) for column in table.columns) + " |"
    rule = "|" + "|".join(" --- " if column.kind in ("text", "prose") else " ---: " for column in table.columns) + "|"
    rows = (
        "| " + " | ".join(_escaped(with_error(row, column)) for column in table.columns) + " |"
        for row in table.records()
    )
    return "\n".join([header, rule, *rows])


def _card(card: Card) -> str:
    facts = "\n".join(f"- {label}: {value}" for label, value in card.facts.items())
    reasons = "\n".join(f"- {reason}" for reason in card.reasons)
    return "\n".join(text for text in (f"**{card.title}, {card.subtitle}: {card.headline}**\n", facts, reasons) if text)


def _words(words: Words) -> list[str]:
    terms = "\n".join(f"- **{term}**: {text}" for term, text in (words.terms or {}).items())
    return [str(words.text), "\n".join(f"- {item}" for item in words.items), terms]


def _escaped(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")

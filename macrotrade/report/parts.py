"""What a report is made of: sections of words, tables, figures, cards and choices between them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import pandas as pd
from markupsafe import Markup

from macrotrade.errors import SettingsError

__all__ = ["Card", "Cards", "Choice", "Column", "Figure", "Part", "Section", "Table", "Words", "walk"]

Kind: TypeAlias = Literal[
    "text", "prose", "number", "signed", "percent", "signed_percent", "integer", "p_value", "date"
]
"""How a column is written; see :func:`macrotrade.report.words.written`."""


@dataclass(frozen=True)
class Column:
    """One column of a table.

    Attributes
    ----------
    key
        Name in the table's rows.
    title
        Heading, with its unit where it has one.
    kind
        How values are written; ``prose`` is text that runs over several lines.
    digits
        Decimals; for ``percent`` of the percentage.
    help
        What the number is, in a sentence, shown on the heading.
    error
        Key of the standard error written after the number, if any.
    mark
        Key of the stars or daggers written after the number, if any.
    """

    key: str
    title: str
    kind: Kind = "text"
    digits: int = 2
    help: str = ""
    error: str = ""
    mark: str = ""


@dataclass(frozen=True, eq=False)
class Table:
    """Rows of numbers under headings.

    Attributes
    ----------
    title
        Caption.
    columns
        In order; the first one heads each row.
    rows
        A frame with every column's key; a further boolean column ``quiet`` greys benchmark rows.
    note
        What a reader must know to read it, in words.
    """

    title: str
    columns: tuple[Column, ...]
    rows: pd.DataFrame
    note: str = ""

    def records(self) -> list[dict[str, Any]]:
        """Rows in order, each by key."""
        return [{str(key): value for key, value in row.items()} for row in self.rows.to_dict("records")]

    @classmethod
    def of(cls, frame: pd.DataFrame, title: str = "", note: str = "") -> Table:
        """Table of any frame: headings from its columns, numbers to four significant places."""
        flat = frame if isinstance(frame.index, pd.RangeIndex) else frame.reset_index()
        flat = flat.rename(columns=str)
        columns = tuple(
            Column(name, name, "number" if pd.api.types.is_numeric_dtype(flat[name]) else "text", digits=4)
            for name in flat.columns
        )
        return cls(title, columns, flat, note)


@dataclass(frozen=True, eq=False)
class Figure:
    """One plotly figure.

    Attributes
    ----------
    title
        Caption, in words.
    figure
        A ``plotly.graph_objects.Figure`` or its plain dictionary.
    note
        What the figure shows and in what units; also read out to those who cannot see it.
    height
        Pixels.
    """

    title: str
    figure: Any
    note: str = ""
    height: int = 380


@dataclass(frozen=True)
class Card:
    """One current signal.

    Attributes
    ----------
    title, subtitle
        Instrument; provider and rule.
    stance
        ``long``, ``short`` or ``flat``.
    headline
        The position in words.
    facts
        Label to value, in words.
    members
        (name, weight) of the heaviest members.
    reasons
        What is behind it, most important first.
    """

    title: str
    subtitle: str
    stance: Literal["long", "short", "flat"]
    headline: str
    facts: Mapping[str, str]
    members: tuple[tuple[str, float], ...] = ()
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True)
class Cards:
    """Current signals, its `items`, side by side."""

    items: tuple[Card, ...]


@dataclass(frozen=True)
class Words:
    """Sentences: a paragraph, a list, or terms with their definitions.

    Attributes
    ----------
    text
        A paragraph; a :class:`markupsafe.Markup` is taken as HTML as it stands.
    items
        Points of a list.
    terms
        Term to definition.
    """

    text: str = ""
    items: tuple[str, ...] = ()
    terms: Mapping[str, str] | None = None


@dataclass(frozen=True, eq=False)
class Choice:
    """Alternatives of which the page shows one at a time.

    Attributes
    ----------
    label
        What is chosen, such as ``Rule``; choices of one label in a section move together.
    options
        Name of each alternative to its parts.
    """

    label: str
    options: Mapping[str, tuple[Part, ...]]


Part: TypeAlias = Words | Table | Figure | Cards | Choice


@dataclass(frozen=True, eq=False)
class Section:
    """A titled stretch of the page; also how others add theirs to a report.

    Attributes
    ----------
    title
        Heading, and its entry in the page's contents.
    parts
        Parts in order. Besides the parts of this module: a plotly figure, a frame, a string (a paragraph), or a
        ``markupsafe.Markup`` (HTML). One part need not be put into a tuple.

    Examples
    --------
    >>> Section("Weights", "Weights are equal by design.").parts
    (Words(text='Weights are equal by design.', items=(), terms=None),)
    >>> Section("How the weights moved", ()).anchor
    'how-the-weights-moved'
    """

    title: str
    parts: Any

    def __post_init__(self) -> None:
        given = self.parts if isinstance(self.parts, (tuple, list)) else (self.parts,)
        object.__setattr__(self, "parts", tuple(_part(item, self.title) for item in given))

    @property
    def anchor(self) -> str:
        """Name of the section in links."""
        return re.sub(r"[^a-z0-9]+", "-", self.title.lower()).strip("-")


def walk(parts: tuple[Part, ...]) -> Iterator[Part]:
    """Every part, those inside choices included, in reading order."""
    for part in parts:
        yield part
        if isinstance(part, Choice):
            for option in part.options.values():
                yield from walk(option)


def _part(item: Any, section: str) -> Part:
    if isinstance(item, (Words, Table, Figure, Cards, Choice)):
        return item
    if isinstance(item, (Markup, str)):
        return Words(item)
    if isinstance(item, pd.DataFrame):
        return Table.of(item)
    if hasattr(item, "to_plotly_json"):
        title = item.layout.title.text or ""
        return Figure(title, item.update_layout(title=None), height=int(item.layout.height or 380))
    raise SettingsError(
        f"Section {section!r} cannot hold a {type(item).__name__}. Give a string, a Markup, a frame, a plotly figure, "
        "or a part from macrotrade.report.parts."
    )

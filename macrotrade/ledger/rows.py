"""From an entry to the row that is written, and from rows to a frame."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from macrotrade.ledger.chain import COLUMNS, FORM, canonical, row_hash
from macrotrade.ledger.entry import NUMBERS, SAID, Entry
from macrotrade.ledger.secrecy import without_secrets

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["framed", "row_of", "said", "said_of"]


def row_of(
    entry: Entry, sequence: int, written: str, settings: str, environment: str, corrects: int | None, previous: str
) -> tuple[Any, ...]:
    """Row of an entry in the order of COLUMNS, its hash last.

    Parameters
    ----------
    entry
        What is said.
    sequence, written
        Number and moment of the row.
    settings, environment
        Hashes under which their texts are kept.
    corrects
        Row that said something else of the same thing.
    previous
        Hash of the row before.
    """
    row = (
        FORM,
        sequence,
        written,
        f"{entry.as_of:%Y-%m-%d}",
        entry.strategy,
        "correction" if corrects is not None else entry.kind,
        entry.instrument,
        entry.provider,
        entry.provider_name,
        entry.rule,
        entry.ahead,
        entry.driver,
        entry.measure,
        *(getattr(entry, name) for name in NUMBERS),
        _reasons(entry),
        entry.source,
        entry.vintages,
        entry.data_hash,
        canonical(dict(entry.data_until)),
        settings,
        environment,
        entry.seed,
        corrects,
        previous,
    )
    return (*row, row_hash(row))


def said(entry: Entry) -> tuple[Any, ...]:
    """What an entry says, to be compared with :func:`said_of` a row.

    Of a refusal the reasons are part of it; of a decision they are not, so that other words for equal numbers are no
    correction.
    """
    return (*(getattr(entry, name) for name in SAID), _reasons(entry) if entry.score is None else None)


def said_of(row: Sequence[Any]) -> tuple[Any, ...]:
    """What a row says, given its columns SAID and then its reasons."""
    *values, reasons = row
    return (*values, reasons if values[SAID.index("score")] is None else None)


def framed(rows: Iterable[Sequence[Any]], columns: Sequence[str] = COLUMNS) -> pd.DataFrame:
    """Rows as a frame: `written` in UTC, `as_of` a day, missing numbers NaN, reasons a tuple, data_until a dict."""
    import pandas as pd

    frame = pd.DataFrame(list(rows), columns=list(columns))
    frame["written"] = pd.to_datetime(frame["written"], utc=True, format="ISO8601")
    frame["as_of"] = pd.to_datetime(frame["as_of"], format="%Y-%m-%d")
    for name in NUMBERS:
        frame[name] = frame[name].astype("float64")
    frame["corrects"] = frame["corrects"].astype("Int64")
    frame["reasons"] = [tuple(json.loads(text)) for text in frame["reasons"]]
    frame["data_until"] = [json.loads(text) for text in frame["data_until"]]
    return frame


def _reasons(entry: Entry) -> str:
    return canonical([without_secrets(reason) for reason in entry.reasons])

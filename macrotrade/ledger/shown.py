"""Rows, and what differs in them, for the eye: moments in local time, one column a thing."""

from __future__ import annotations

from collections.abc import Collection
from datetime import tzinfo
from typing import Any

import pandas as pd

from macrotrade.ledger.ledger import Appended
from macrotrade.ledger.replays import Replay
from macrotrade.strategy.quoted import quoted

__all__ = ["appended_words", "causes", "differing", "shown"]


def shown(rows: pd.DataFrame, zone: tzinfo | None = None) -> pd.DataFrame:
    """Rows of :meth:`macrotrade.ledger.ledger.Ledger.frame` as text for a table.

    Parameters
    ----------
    rows
        To show.
    zone
        In which moments are shown, with their offset from UTC, so that the hour that comes twice in autumn is told
        apart; the machine's own by default.
    """
    several = len(set(rows["strategy"])) > 1
    records: list[dict[Any, Any]] = rows.to_dict("records")
    return pd.DataFrame(
        {
            "row": [str(row["sequence"]) for row in records],
            "written": [_local(row["written"], zone) for row in records],
            "as of": [f"{row['as_of']:%Y-%m-%d}" for row in records],
            **({"strategy": list(rows["strategy"])} if several else {}),
            "": list(rows["instrument"]),
            "provider": list(rows["provider"]),
            "rule": list(rows["rule"]),
            "position": [_number(row["position"], "+.2f") for row in records],
            "P(up)": [_number(row["probability_up"], ".0%") for row in records],
            "said": [_said(row) for row in records],
        }
    )


def appended_words(appended: Appended, voices: Collection[tuple[str, str, str]]) -> str:
    """What an append did, its head, and which positions it gives otherwise than before.

    Parameters
    ----------
    appended
        What it did.
    voices
        Instrument, provider and rule of those to name.
    """
    if not appended.new:
        return f"ledger: nothing new, head {appended.head}"
    rows = f"{len(appended.new)} new row{'s' if len(appended.new) > 1 else ''}"
    corrected = f", {len(appended.corrections)} of them corrections" if appended.corrections else ""
    turned = [
        f"\ncorrected: {each.instrument}, {each.provider}, {each.rule}: {_position(each.after)}, was "
        f"{_position(each.before)} in row {each.corrects}"
        for each in appended.turned
        if (each.instrument, each.provider, each.rule) in voices
    ]
    return f"ledger: {rows}{corrected}, head {appended.head}{''.join(turned)}"


def differing(found: Replay, most: int = 40) -> pd.DataFrame:
    """The first `most` differences of a replay as text; their causes are told by :func:`causes`."""
    table = found.table().drop(columns="cause").head(most)
    return table.assign(as_of=table["as_of"].dt.strftime("%Y-%m-%d")).map(_plain)


def causes(found: Replay) -> dict[str, str]:
    """Each cause of differences to its rows, in words.

    >>> _runs([1, 2, 3, 7])
    '1 to 3, 7'
    """
    rows: dict[str, set[int]] = {}
    for difference in found.differences:
        rows.setdefault(difference.cause, set()).add(difference.row)
    return {cause: _runs(sorted(numbers)) for cause, numbers in rows.items()}


def _runs(numbers: list[int]) -> str:
    """Rising numbers in words, those that follow one another as a span."""
    spans: list[list[int]] = []
    for number in numbers:
        if spans and spans[-1][-1] == number - 1:
            spans[-1].append(number)
        else:
            spans.append([number])
    return ", ".join(f"{span[0]} to {span[-1]}" if len(span) > 1 else f"{span[0]}" for span in spans)


def _plain(cell: Any) -> str:
    return "" if cell is None or cell != cell else f"{cell:.10g}" if isinstance(cell, float) else str(cell)


def _local(moment: pd.Timestamp, zone: tzinfo | None) -> str:
    local = moment.to_pydatetime().astimezone(zone)
    return f"{local:%Y-%m-%d %H:%M}{local:%z}"


def _said(row: dict[Any, Any]) -> str:
    """What stands behind it: the forecast, or why there is none; of a correction, of which row."""
    correction = "" if pd.isna(row["corrects"]) else f"corrects {row['corrects']}; "
    if pd.isna(row["point"]):
        return correction + (row["reasons"][0] if row["reasons"] else "")
    return correction + quoted(row["driver"], row["point"], row["low"], row["high"], row["measure"])


def _position(value: float | None) -> str:
    return "no position" if value is None else f"{value:+.2f}"


def _number(value: float, form: str) -> str:
    return "" if pd.isna(value) else format(value, form)

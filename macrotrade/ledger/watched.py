"""A watchlist's decisions and refusals, written down together."""

from __future__ import annotations

from pathlib import Path

from macrotrade.ledger.entries import entries_of, refusal
from macrotrade.ledger.entry import Entry
from macrotrade.ledger.ledger import Appended, Ledger
from macrotrade.strategy.watch import Watched

__all__ = ["record"]


def record(watched: Watched, path: str | Path | None = None) -> Appended:
    """Append what a watchlist said on a day, refusals with their reasons, in one transaction.

    Parameters
    ----------
    watched
        What was said.
    path
        File of the ledger; see :func:`macrotrade.ledger.place.ledger_path` for the default.
    """
    history, entries = watched.history, list[Entry]()
    if history is not None:
        for group in watched.decided:
            entries += entries_of(group.strategy, group.decisions, history)
    for refused in watched.refused:
        entries += refusal(refused.strategy, refused.as_of, refused.reason, history=history)
    with Ledger.open(path) as ledger:
        return ledger.append(entries)

"""What was said and when: an append-only file that can be proved whole, computed again, and judged later.

A run that decides writes it down so::

    from macrotrade.ledger import Ledger, entries_of, refusal

    with Ledger.open() as ledger:                    # MACROTRADE_LEDGER, or the user's own data folder
        try:
            entries = entries_of(strategy, decide(strategy, history, as_of), history)
        except MacrotradeError as error:             # stale data, for one: the reason belongs in the ledger too
            entries = refusal(strategy, as_of, str(error), history=history)
        appended = ledger.append(entries)            # one transaction: on the disk afterwards, all of it or none
    print(appended.new, appended.corrections)        # both empty where nothing new was said
    print(appended.head)                             # for the mail of cron: whoever keeps it is a witness

1. what is said                              entry.py, entries.py, settings.py, secrecy.py
2. how it becomes a row, and the chain       rows.py, chain.py, environment.py
3. the file, its guards and versions         ledger.py, file.py, schema.py, place.py
4. is it whole                               verification.py
5. does it come out again                    replays.py
6. was it right                              scores.py, positions.py
7. how it is taken elsewhere                 exports.py, shown.py

Each row carries the hash of the row before it, so no row can be changed without all that follow it; see `chain.py`. A
chain cannot show that its last rows are gone: that needs a head which somebody else noted.
"""

from __future__ import annotations

from macrotrade.ledger.entries import entries_of, refusal
from macrotrade.ledger.entry import Entry
from macrotrade.ledger.exports import export
from macrotrade.ledger.ledger import Appended, Head, Ledger, Turned
from macrotrade.ledger.place import ledger_path
from macrotrade.ledger.replays import Difference, Replay, replay
from macrotrade.ledger.scores import Score, score
from macrotrade.ledger.verification import Verification, verify

__all__ = [
    "Appended",
    "Difference",
    "Entry",
    "Head",
    "Ledger",
    "Replay",
    "Score",
    "Turned",
    "Verification",
    "entries_of",
    "export",
    "ledger_path",
    "refusal",
    "replay",
    "score",
    "verify",
]

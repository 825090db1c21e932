"""A watchlist as a short message, and its sending to whoever asked for it."""

from __future__ import annotations

import os
from typing import Any

from macrotrade.errors import SettingsError, SourceError
from macrotrade.report.watch_lines import forecast_words, probability_words, watch_lines
from macrotrade.report.words import rule_of
from macrotrade.strategy.watch import Watched

__all__ = ["VARIABLE", "addressed", "message", "send"]

VARIABLE = "MACROTRADE_NOTIFY"
"""Environment variable with the addresses, separated by spaces, as apprise writes them; they may hold passwords."""


def addressed(addresses: str | None = None) -> Any:
    """What sends to every address, an ``apprise.Apprise``; asked for before the work, so that a mistake costs none.

    Parameters
    ----------
    addresses
        As in :data:`VARIABLE`, which is read by default: they are kept out of files since they may hold passwords.

    Raises
    ------
    SettingsError
        If there is no address, one is not understood, or apprise is not installed.
    """
    given = (addresses if addresses is not None else os.environ.get(VARIABLE, "")).split()
    if not given:
        raise SettingsError(
            f"There is no address to notify; set {VARIABLE}, such as {VARIABLE}=mailto://user:pass@host."
        )
    try:
        from apprise import Apprise
    except ImportError:
        raise SettingsError('Messages need apprise; install it with: pip install "macrotrade[notify]"') from None
    notifier = Apprise()
    for number, address in enumerate(given, 1):
        if not notifier.add(address):
            raise SettingsError(f"Address {number} of {VARIABLE} is none that apprise understands; compare its list.")
    return notifier


def message(watched: Watched, head: str = "") -> str:
    """A line for each instrument and for each refusal, and the ledger's head if there is one, in plain text."""
    lines = [
        f"{line.said.instrument}: {', '.join(f'{rule_of(rule)} {held}' for rule, held in line.held.items())}, "
        f"P(up) {probability_words(line.said)}, {forecast_words(line.said)}"
        for line in watch_lines(watched)
    ]
    lines += [
        f"{', '.join(instruments)}: no decision. {reason}" for reason, instruments in watched.reasons_refused.items()
    ]
    return "\n".join([*lines, *([f"ledger head {head}"] if head else [])])


def send(watched: Watched, notifier: Any, head: str = "") -> None:
    """Send the message to every address.

    Parameters
    ----------
    watched
        What to tell.
    notifier
        From :func:`addressed`.
    head
        The ledger's last row: whoever keeps the message is a witness to it.

    Raises
    ------
    SourceError
        If a message could not be delivered.
    """
    title = f"{watched.watchlist.name}, {watched.as_of:%Y-%m-%d}"
    if not notifier.notify(body=message(watched, head), title=title):
        raise SourceError(
            f"The message about {title} did not reach every address in {VARIABLE}; the decision itself is made and "
            "written down. Try the address with apprise's own command."
        )

"""What can go wrong, as a tree.

::

    MacrotradeError
    ├── DataError            a number, file or series is not what it must be
    │   ├── SourceError      a publisher's server did not answer, or not with what was asked for
    │   └── StaleDataError   the data is fine but too old for a live signal
    ├── SettingsError        a setting, strategy file or name was not understood
    ├── FitError             a provider could not be fitted to the panel it was given
    └── LookAheadError       a provider's forecast moved when only the future was changed

A class exists only where somebody would catch it. Every message says what was asked, what arrived and what to do.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

__all__ = [
    "DataError",
    "FitError",
    "LookAheadError",
    "MacrotradeError",
    "SettingsError",
    "SourceError",
    "StaleDataError",
    "near_misses",
]


class MacrotradeError(Exception):
    """Base of every error that macrotrade raises on purpose."""


class DataError(MacrotradeError):
    """A file, series or value is not what it must be; the message names file, series, date and remedy."""


class SourceError(DataError):
    """A publisher's server did not answer, or not with what was asked for; the message names both, never a key.

    `status` is the HTTP status of its refusal, None where it did not refuse. `for_all` says that whatever else were
    asked of this publisher now would fare the same: it cannot be reached, wants fewer requests, or refuses the key.
    """

    status: int | None = None
    for_all: bool = False


class StaleDataError(DataError):
    """The last value is older than a live signal allows."""


class SettingsError(MacrotradeError):
    """A setting, a strategy file or a name was not understood."""


class FitError(MacrotradeError):
    """A provider could not be fitted to the panel it was given."""


class LookAheadError(MacrotradeError):
    """A provider broke a law of point-in-time forecasting."""


def near_misses(wanted: str, known: Iterable[str]) -> str:
    """Sentence that offers the names nearest to `wanted`, or lists what is known.

    >>> near_misses("naiv", ["naive", "autoregression"])
    "Did you mean 'naive'?"
    """
    names = sorted(known)
    near = get_close_matches(wanted, names, n=3, cutoff=0.5)
    if near:
        return f"Did you mean {' or '.join(repr(name) for name in near)}?"
    return f"Known: {', '.join(names[:20])}{', ...' if len(names) > 20 else ''}."

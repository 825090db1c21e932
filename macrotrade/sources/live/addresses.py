"""Where each publisher answers, and how to send a fetch to a mirror instead."""

from __future__ import annotations

import os

from macrotrade.errors import SettingsError, near_misses

__all__ = ["ADDRESSES", "address"]

ADDRESSES: dict[str, str] = {
    "fred": "https://api.stlouisfed.org/fred",
    "fred-md": "https://www.stlouisfed.org/-/media/project/frbstl/stlouisfed/research/fred-md",
    "yahoo": "https://query2.finance.yahoo.com",
}
"""Publisher to the address that its paths are put after.

An environment variable sends a fetch elsewhere, to a mirror or a server of one's own: ``MACROTRADE_FRED_URL``,
``MACROTRADE_FRED_MD_URL``, ``MACROTRADE_YAHOO_URL``.
"""


def address(publisher: str) -> str:
    """Base address of a publisher in `ADDRESSES`, without a slash at its end.

    >>> address("fred")
    'https://api.stlouisfed.org/fred'
    """
    if publisher not in ADDRESSES:
        raise SettingsError(f"No publisher {publisher!r}. {near_misses(publisher, ADDRESSES)}")
    variable = f"MACROTRADE_{publisher.upper().replace('-', '_')}_URL"
    found = os.environ.get(variable, "").strip().rstrip("/") or ADDRESSES[publisher]
    if not found.startswith(("https://", "http://")):
        raise SettingsError(f"{variable}={found!r} is no address; write it as https://host/path.")
    return found

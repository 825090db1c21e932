"""Keys are kept out of what is written down."""

from __future__ import annotations

import re

from macrotrade.sources.live.credentials import scrubbed

__all__ = ["without_secrets"]

_SECRET_PARAMETER = re.compile(r"([?&;](?:api_?key|key|token|secret|password|crumb)=)[^&;#\s'\"]*", re.IGNORECASE)
_USER_OF_AN_ADDRESS = re.compile(r"(\w+://)[^/@\s]+@")


def without_secrets(text: str) -> str:
    """The text without keys, tokens and passwords of addresses, and without a key that the environment holds.

    >>> without_secrets("https://api.stlouisfed.org/fred/series?series_id=GS10&api_key=abc")
    'https://api.stlouisfed.org/fred/series?series_id=GS10&api_key=...'
    """
    return scrubbed(_USER_OF_AN_ADDRESS.sub(r"\1", _SECRET_PARAMETER.sub(r"\1...", text)))
